//! Where the tailer stands, as kept in the compacted topic.

use std::{fmt, str::FromStr};

use anyhow::{Context, Result};
use ottla::{Client, TopicPartition};

use crate::POSITIONS;

/// A place in a file that is known by its inode, for its name may be another's after a rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) inode: u64,
    pub(crate) bytes: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.inode, self.bytes)
    }
}

impl FromStr for Position {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (inode, bytes) = text.split_once(' ').with_context(|| format!("{text:?} is no position"))?;
        Ok(Self { inode: inode.parse()?, bytes: bytes.parse()? })
    }
}

/// The last position of a file, if there is one.
pub(crate) async fn read(client: &Client, file: &str) -> Result<Option<Position>> {
    let partition = TopicPartition::new(POSITIONS, 0);
    let mut consumer = client.consumer_without_group().from_beginning().assign([partition.clone()]).build().await?;
    let end = consumer.end_offsets([partition.clone()]).await?.get(&partition).copied().unwrap_or(0);
    let (mut last, mut next) = (None, 0);
    while next < end {
        for record in &consumer.recv().await? {
            if record.key() == Some(file.as_bytes()) {
                let text = record.value().map(String::from_utf8_lossy);
                last = text.map(|text| text.parse()).transpose()?;
            }
            next = record.offset() + 1;
        }
    }
    Ok(last)
}
