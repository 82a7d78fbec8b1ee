//! How far a group is behind.

use std::collections::BTreeMap;

use ottla::TopicPartition;

use crate::output::{Cell, Column, Paint, Table, bar};

/// A bar for the largest lag is so many characters wide.
const BAR_WIDTH: u32 = 20;

/// Where a group is in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartitionLag {
    pub(super) partition: TopicPartition,
    /// The offset of the next record to read, if the group has committed one.
    pub(super) committed: Option<i64>,
    /// The offset after the last record, unless the topic is gone.
    pub(super) end: Option<i64>,
    /// Who reads it, by client id and host, if anybody does.
    pub(super) member: Option<(String, String)>,
}

impl PartitionLag {
    /// Records that are not read yet.
    pub(super) fn lag(&self) -> Option<u64> {
        let lag = self.end?.saturating_sub(self.committed?);
        // The end was asked for after the committed offset, but may be of another leader.
        Some(u64::try_from(lag).unwrap_or(0))
    }
}

/// The sum over partitions whose lag is known.
pub(super) fn total(lags: &[PartitionLag]) -> u64 {
    lags.iter().filter_map(PartitionLag::lag).sum()
}

/// A row for each partition, with its lag as a bar.
pub(super) fn partitions_table(lags: &[PartitionLag]) -> Table {
    let most = lags.iter().filter_map(PartitionLag::lag).max().unwrap_or(0);
    let mut table = Table::new([
        Column::text("TOPIC", "topic"),
        Column::number("PARTITION", "partition"),
        Column::number("COMMITTED", "committed"),
        Column::number("END", "end"),
        Column::number("LAG", "lag"),
        Column::picture(""),
        Column::text("CLIENT", "client_id"),
        Column::text("HOST", "host"),
    ]);
    for row in lags {
        let (client, host) = row.member.clone().unzip();
        let lag = row.lag();
        table.row([
            row.partition.topic.to_string().into(),
            row.partition.partition.into(),
            row.committed.into(),
            row.end.into(),
            lag.into(),
            bar_cell(lag.unwrap_or(0), most),
            client.into(),
            host.into(),
        ]);
    }
    table
}

fn bar_cell(lag: u64, most: u64) -> Cell {
    let bar = bar(lag, most, BAR_WIDTH);
    let paint = if lag > most / 2 { Paint::Yellow } else { Paint::Green };
    if bar.is_empty() { Cell::from("") } else { Cell::from(bar).paint(paint) }
}

/// A row for each topic of each group. Its lag is that of the partitions whose lag is known, if any is.
pub(super) fn topics_table(groups: &[(String, Vec<PartitionLag>)]) -> Table {
    let mut sums: BTreeMap<(&str, &str), (usize, Option<u64>)> = BTreeMap::new();
    for (group, lags) in groups {
        for row in lags {
            let (partitions, lag) = sums.entry((group, &row.partition.topic)).or_default();
            *partitions += 1;
            *lag = row.lag().map(|of_partition| lag.unwrap_or(0) + of_partition).or(*lag);
        }
    }
    let most = sums.values().filter_map(|(_, lag)| *lag).max().unwrap_or(0);
    let mut table = Table::new([
        Column::text("GROUP", "group"),
        Column::text("TOPIC", "topic"),
        Column::number("PARTITIONS", "partitions"),
        Column::number("LAG", "lag"),
        Column::picture(""),
    ]);
    for ((group, topic), (partitions, lag)) in sums {
        table.row([group.into(), topic.into(), partitions.into(), lag.into(), bar_cell(lag.unwrap_or(0), most)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lag(partition: i32, committed: Option<i64>, end: Option<i64>) -> PartitionLag {
        PartitionLag { partition: TopicPartition::new("orders", partition), committed, end, member: None }
    }

    #[test]
    fn lag_needs_a_committed_offset_and_an_end() {
        assert_eq!(lag(0, Some(3), Some(10)).lag(), Some(7));
        assert_eq!(lag(0, Some(11), Some(10)).lag(), Some(0));
        assert_eq!(lag(0, None, Some(10)).lag(), None);
        assert_eq!(lag(0, Some(3), None).lag(), None);
    }

    #[test]
    fn the_bar_of_the_largest_lag_is_full() {
        let mut lags = vec![lag(0, Some(0), Some(100)), lag(1, Some(90), Some(100)), lag(2, Some(100), Some(100))];
        lags[1].member = Some(("app".to_owned(), "/10.0.0.1".to_owned()));
        let expected = "\
TOPIC   PARTITION  COMMITTED  END  LAG                        CLIENT  HOST
orders          0          0  100  100  ████████████████████  -       -
orders          1         90  100   10  ██                    app     /10.0.0.1
orders          2        100  100    0                        -       -
";
        assert_eq!(partitions_table(&lags).render(false), expected);
        assert_eq!(total(&lags), 110);
    }

    #[test]
    fn lags_add_up_by_topic() {
        let of_group = |name: &str, ends: [Option<i64>; 3]| {
            (name.to_owned(), ends.into_iter().zip(0..).map(|(end, partition)| lag(partition, Some(0), end)).collect())
        };
        let groups = [of_group("a", [Some(4), None, Some(3)]), of_group("b", [None; 3]), of_group("c", [Some(0); 3])];
        let expected = "\
GROUP  TOPIC   PARTITIONS  LAG
a      orders           3    7  ████████████████████
b      orders           3    -
c      orders           3    0
";
        assert_eq!(topics_table(&groups).render(false), expected);
    }
}
