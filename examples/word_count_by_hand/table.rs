//! The counts of one partition, and their changelog.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use ottla::{Client, TopicPartition};

use crate::{CHANGELOG, changelog_of};

/// The counts of the words of one partition.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) counts: HashMap<String, u64>,
    /// The offset of the first word that is not counted yet.
    pub(crate) next_offset: i64,
}

/// The header in which a change says which word it is of.
pub(crate) const OFFSET_HEADER: &str = "offset";

impl Table {
    /// Reads a changelog from its beginning to its present end.
    pub(crate) async fn restore(client: &Client, words: &TopicPartition) -> Result<Self> {
        let changelog = changelog_of(words);
        let mut table = Self::default();
        let mut consumer = client.consumer_without_group().from_beginning().assign([changelog.clone()]).build().await?;
        let ends = consumer.end_offsets([changelog.clone()]).await?;
        let end = ends.get(&changelog).copied().unwrap_or(0);
        let mut position = 0;
        while position < end {
            let records = consumer.recv().await?;
            for record in &records {
                let word = String::from_utf8_lossy(record.key().context("a change has no key")?).into_owned();
                let count = parse(record.value()).context("a change has no count")?;
                table.counts.insert(word, count);
                let offset = record.header(OFFSET_HEADER).and_then(|header| parse(header.value));
                table.next_offset = table.next_offset.max(offset.map_or(0, |offset: i64| offset + 1));
                position = record.offset() + 1;
            }
        }
        Ok(table)
    }
}

fn parse<T: std::str::FromStr>(bytes: Option<&[u8]>) -> Option<T> {
    std::str::from_utf8(bytes?).ok()?.parse().ok()
}

/// All counts, of all partitions.
pub(crate) async fn read_all(client: &Client, partitions: i32) -> Result<BTreeMap<String, u64>> {
    let mut all = BTreeMap::new();
    for index in 0..partitions {
        all.extend(Table::restore(client, &TopicPartition::new(CHANGELOG, index)).await?.counts);
    }
    Ok(all)
}
