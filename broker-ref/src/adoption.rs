//! Topics without metadata: they are told by their logs.
//!
//! A directory that Kafka wrote, or one whose `ottla-metadata` is lost, has the names, ids and partitions of its topics,
//! but not their settings. Nothing that is in the logs may go on that account: each topic keeps all its records until
//! somebody says otherwise.

use std::collections::BTreeMap;

use ottla_protocol::{types::NodeId, wire::Uuid};

use crate::{
    config::BrokerConfig,
    groups,
    log::{FoundLog, LogExtent},
};

/// Partitions without a log that are made up, in all. Kafka nodes hold a part of each topic's partitions only.
const MOST_MISSING: usize = 10_000;

/// What keeps every record, whatever the broker's settings are.
const KEEP_ALL: [(&str, &str); 3] = [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")];

/// Why topics cannot be taken over from the directories of their logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdoptionError {
    /// The name of a directory stands for a partition that cannot be one.
    #[error(
        "there is no metadata, and {path} is called as one partition of so many that {missing} others are missing: move \
         it away, or restore the others"
    )]
    TooManyMissing {
        /// The directory.
        path: String,
        /// The partitions that there would be no log of.
        missing: usize,
    },
    /// One of two directories is a copy, or has the wrong name.
    #[error(
        "there is no metadata, and {path} and {other} hold logs of one topic under two names: move the wrong one away"
    )]
    TwoNames {
        /// The one directory.
        path: String,
        /// The other one.
        other: String,
    },
}

/// A topic by its logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdoptedTopic {
    pub(crate) name: String,
    /// `None` if no log has it, as before Kafka 2.8.
    pub(crate) id: Option<Uuid>,
    /// The node whose log of each partition reaches furthest.
    pub(crate) leaders: Vec<NodeId>,
    pub(crate) configs: Vec<(&'static str, String)>,
}

/// The topics that logs belong to. Where the logs of one name are of several topics, the others will be strays.
pub(crate) fn adopted_topics(
    nodes: &[(NodeId, &[FoundLog])],
    config: &BrokerConfig,
) -> Result<Vec<AdoptedTopic>, AdoptionError> {
    let mut topics: BTreeMap<&str, Vec<(NodeId, &FoundLog)>> = BTreeMap::new();
    let mut ids: BTreeMap<Uuid, &FoundLog> = BTreeMap::new();
    for (node, found) in nodes.iter().flat_map(|(node, found)| found.iter().map(|found| (*node, found))) {
        topics.entry(found.partition.topic()).or_default().push((node, found));
        let Some(id) = found.topic_id else { continue };
        let first = ids.entry(id).or_insert(found);
        if first.partition.topic() != found.partition.topic() {
            return Err(AdoptionError::TwoNames { path: first.path.clone(), other: found.path.clone() });
        }
    }
    let mut most_missing = MOST_MISSING;
    topics.into_iter().map(|(name, logs)| adopted_topic(name, &logs, config, &mut most_missing)).collect()
}

fn adopted_topic(
    name: &str,
    logs: &[(NodeId, &FoundLog)],
    config: &BrokerConfig,
    most_missing: &mut usize,
) -> Result<AdoptedTopic, AdoptionError> {
    let id = logs.iter().find_map(|(_, found)| found.topic_id);
    let mut largest: BTreeMap<usize, (LogExtent, NodeId)> = BTreeMap::new();
    for (node, found) in logs.iter().filter(|(_, found)| found.topic_id.is_none() || found.topic_id == id) {
        // Of the index there is no doubt that it is positive.
        let index = usize::try_from(found.partition.partition()).unwrap_or(0);
        let (extent, leader) = largest.entry(index).or_insert((found.extent, *node));
        if found.extent > *extent {
            (*extent, *leader) = (found.extent, *node);
        }
    }
    let count = largest.last_key_value().map_or(0, |(index, _)| index + 1);
    let missing = count - largest.len();
    let Some(rest) = most_missing.checked_sub(missing) else {
        let last = logs.iter().max_by_key(|(_, found)| found.partition.partition());
        let path = last.map(|(_, found)| found.path.clone()).unwrap_or_default();
        return Err(AdoptionError::TooManyMissing { path, missing });
    };
    *most_missing = rest;
    let first = logs.first().map_or(NodeId::NONE, |(node, _)| *node);
    let leaders = (0..count).map(|index| largest.get(&index).map_or(first, |(_, node)| *node)).collect();
    let configs = match name == groups::TOPIC.as_str() {
        true => groups::topic_settings(config).to_vec(),
        false => KEEP_ALL.map(|(key, value)| (key, value.to_owned())).to_vec(),
    };
    Ok(AdoptedTopic { name: name.to_owned(), id, leaders, configs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::TopicPartition;

    fn log(topic: &str, partition: i32, id: u8, last_size: u64) -> FoundLog {
        let topic_id = (id > 0).then_some(Uuid([id; 16]));
        let partition = TopicPartition::new(topic, partition).unwrap();
        let extent = LogExtent { last_size, ..LogExtent::default() };
        FoundLog { path: format!("/data/{partition}"), partition, topic_id, extent }
    }

    fn adopt(nodes: &[&[FoundLog]]) -> Result<Vec<AdoptedTopic>, String> {
        let nodes: Vec<_> = nodes.iter().zip(1..).map(|(found, id)| (NodeId(id), *found)).collect();
        adopted_topics(&nodes, &BrokerConfig::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn each_partition_is_led_where_its_log_reaches_furthest_and_nothing_is_deleted() {
        let first = [log("t", 0, 7, 10), log("t", 3, 7, 10)];
        let second = [log("t", 0, 7, 5), log("t", 1, 7, 0), log("t", 3, 7, 11)];
        let [topic] = adopt(&[&first, &second]).unwrap().try_into().unwrap();
        assert_eq!((topic.name.as_str(), topic.id), ("t", Some(Uuid([7; 16]))));
        assert_eq!(topic.leaders, [1, 2, 1, 2].map(NodeId), "the one that nobody has goes to the first");
        let extents = [(0, 9, 99), (1, 0, 1), (1, 5, 0), (1, 5, 7)];
        let extents = extents.map(|(leader_epoch, last_base_offset, last_size)| LogExtent {
            leader_epoch,
            last_base_offset,
            last_size,
        });
        assert!(extents.is_sorted(), "a later epoch wins over a longer log, and a later segment over a larger one");
        let keeps = |key: &str, value: &str| topic.configs.contains(&(key, value.to_owned()));
        assert!(keeps("retention.ms", "-1") && keeps("retention.bytes", "-1") && keeps("cleanup.policy", "delete"));
    }

    #[test]
    fn offsets_of_groups_stay_compacted() {
        let [topic] = adopt(&[&[log("__consumer_offsets", 0, 7, 1)]]).unwrap().try_into().unwrap();
        assert!(topic.configs.contains(&("cleanup.policy", "compact".to_owned())));
    }

    #[test]
    fn logs_from_before_there_were_topic_ids_are_those_of_a_topic_too() {
        let [topic] = adopt(&[&[log("t", 0, 0, 1), log("t", 1, 0, 1)]]).unwrap().try_into().unwrap();
        assert_eq!((topic.id, topic.leaders.len()), (None, 2));
        let [mixed] = adopt(&[&[log("t", 0, 0, 1), log("t", 1, 7, 1)]]).unwrap().try_into().unwrap();
        assert_eq!((mixed.id, mixed.leaders.len()), (Some(Uuid([7; 16])), 2));
    }

    #[test]
    fn a_directory_that_is_called_like_a_partition_out_of_millions_is_not_believed() {
        assert_eq!(adopt(&[&[log("t", 10_000, 7, 1)]]).unwrap()[0].leaders.len(), 10_001);
        let refused = adopt(&[&[log("s", 0, 6, 1), log("t", 0, 7, 1), log("t", 1_500_000, 7, 1)]]).unwrap_err();
        assert_eq!(
            refused,
            "there is no metadata, and /data/t-1500000 is called as one partition of so many that 1499999 others are \
             missing: move it away, or restore the others"
        );
    }

    #[test]
    fn one_topic_under_two_names_is_refused() {
        let refused = adopt(&[&[log("copy", 0, 7, 1), log("t", 0, 7, 1)]]).unwrap_err();
        let both = "/data/copy-0 and /data/t-0 hold logs of one topic under two names";
        assert!(refused.contains(both), "{refused}");
    }
}
