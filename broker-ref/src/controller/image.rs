//! What the cluster looks like: the state that the controller's records add up to.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use ottla_protocol::{
    types::{NodeId, TopicName},
    wire::{Str, Uuid},
};

use super::record::ControllerRecord;
use crate::{config::ConfigMap, network::Endpoint};

/// A running node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broker {
    pub(crate) node_id: NodeId,
    pub(crate) rack: Option<Str>,
    /// The address of each listener, by its name.
    pub(crate) endpoints: Vec<(Str, Endpoint)>,
}

impl Broker {
    /// The address of the listener with this name.
    pub(crate) fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|(name, _)| *name == listener).map(|(_, endpoint)| endpoint)
    }
}

/// Who holds a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartitionRegistration {
    pub(crate) leader: NodeId,
    pub(crate) leader_epoch: i32,
    pub(crate) replicas: Vec<NodeId>,
    pub(crate) isr: Vec<NodeId>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) name: TopicName,
    pub(crate) id: Uuid,
    pub(crate) partitions: Vec<PartitionRegistration>,
    pub(crate) configs: ConfigMap,
}

impl Topic {
    /// Whether it is one of Kafka's own.
    pub(crate) fn is_internal(&self) -> bool {
        is_internal(&self.name)
    }

    pub(crate) fn partition(&self, index: i32) -> Option<&PartitionRegistration> {
        self.partitions.get(usize::try_from(index).ok()?)
    }
}

/// Who serves a partition at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Serving {
    /// [`NodeId::NONE`] while the leader does not run, or cannot open the log.
    pub(crate) leader: NodeId,
    pub(crate) in_sync: Vec<NodeId>,
    /// The replicas of nodes that do not run, or cannot open the log.
    pub(crate) offline: Vec<NodeId>,
}

/// Partitions, by the ids of their topics.
pub(crate) type Partitions = HashSet<(Uuid, i32)>;

/// Topics that Kafka keeps for itself.
pub(crate) fn is_internal(topic: &str) -> bool {
    matches!(topic, "__consumer_offsets" | "__transaction_state" | "__share_group_state")
}

/// Everything that nodes need to know about the cluster. Immutable; a change makes a new one.
#[derive(Clone, Debug, Default)]
pub(crate) struct MetadataImage {
    /// Grows by one with each change.
    pub(crate) version: u64,
    pub(crate) cluster_id: Str,
    pub(crate) brokers: BTreeMap<NodeId, Broker>,
    /// The replicas whose logs a running node cannot open.
    pub(super) offline: BTreeMap<NodeId, Partitions>,
    topics: BTreeMap<TopicName, Arc<Topic>>,
    topic_names: HashMap<Uuid, TopicName>,
    /// Dynamic broker settings; `None` is the default of all brokers.
    broker_configs: BTreeMap<Option<NodeId>, ConfigMap>,
    /// Groups with settings of their own, whether or not they have members.
    group_configs: BTreeMap<String, ConfigMap>,
    next_producer_id: i64,
}

impl MetadataImage {
    pub(crate) fn topic(&self, name: &str) -> Option<&Arc<Topic>> {
        self.topics.get(name)
    }

    pub(crate) fn topic_by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.topics.get(self.topic_names.get(&id)?)
    }

    /// All topics, by name.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.topics.values()
    }

    /// All topics from this name on, by name.
    pub(crate) fn topics_from(&self, name: &str) -> impl Iterator<Item = &Arc<Topic>> {
        self.topics.range::<str, _>((std::ops::Bound::Included(name), std::ops::Bound::Unbounded)).map(|(_, t)| t)
    }

    /// Who serves a partition of a topic.
    pub(crate) fn serving(&self, topic: &Topic, index: i32, partition: &PartitionRegistration) -> Serving {
        let is_online = |node: &NodeId| {
            let is_offline = |partitions: &Partitions| partitions.contains(&(topic.id, index));
            self.brokers.contains_key(node) && !self.offline.get(node).is_some_and(is_offline)
        };
        let PartitionRegistration { leader, replicas, isr, .. } = partition;
        Serving {
            leader: if is_online(leader) { *leader } else { NodeId::NONE },
            in_sync: isr.iter().filter(|node| is_online(node)).copied().collect(),
            offline: replicas.iter().filter(|node| !is_online(node)).copied().collect(),
        }
    }

    /// The dynamic settings of one broker, or with `None` those that all have.
    pub(crate) fn broker_configs(&self, node: Option<NodeId>) -> Option<&ConfigMap> {
        self.broker_configs.get(&node)
    }

    /// The settings of a group; none where it has none of its own.
    pub(crate) fn group_configs(&self, group: &str) -> Option<&ConfigMap> {
        self.group_configs.get(group)
    }

    /// The groups that have settings of their own.
    pub(crate) fn configured_groups(&self) -> impl Iterator<Item = &str> {
        self.group_configs.keys().map(String::as_str)
    }

    /// The first producer id that was not given out.
    pub(crate) fn next_producer_id(&self) -> i64 {
        self.next_producer_id
    }

    /// The node that admin requests are sent to. Every node answers them, so any that runs will do.
    pub(crate) fn controller_id(&self) -> NodeId {
        self.brokers.keys().next().copied().unwrap_or(NodeId::NONE)
    }

    /// The records that make an empty image into this one.
    pub(crate) fn to_records(&self) -> Vec<ControllerRecord> {
        let mut records = vec![ControllerRecord::ClusterId(self.cluster_id.clone())];
        records.push(ControllerRecord::ProducerIds { next: self.next_producer_id });
        for (node, configs) in &self.broker_configs {
            records.extend(configs.iter().map(|(key, value)| ControllerRecord::BrokerConfig {
                node: *node,
                key: key.as_str().into(),
                value: Some(value.as_str().into()),
            }));
        }
        for (group, configs) in &self.group_configs {
            records.extend(configs.iter().map(|(key, value)| ControllerRecord::GroupConfig {
                group: group.as_str().into(),
                key: key.as_str().into(),
                value: Some(value.as_str().into()),
            }));
        }
        for topic in self.topics.values() {
            records.push(ControllerRecord::Topic { name: topic.name.clone(), id: topic.id });
            records.extend(topic.partitions.iter().zip(0..).map(|(partition, index)| ControllerRecord::Partition {
                topic: topic.id,
                index,
                registration: partition.clone(),
            }));
            records.extend(topic.configs.iter().map(|(key, value)| ControllerRecord::TopicConfig {
                topic: topic.id,
                key: key.as_str().into(),
                value: Some(value.as_str().into()),
            }));
        }
        records
    }

    /// Takes a record into account. One that refers to what does not exist changes nothing.
    pub(crate) fn replay(&mut self, record: &ControllerRecord) {
        match record {
            ControllerRecord::ClusterId(id) => self.cluster_id = id.clone(),
            ControllerRecord::ProducerIds { next } => self.next_producer_id = *next,
            ControllerRecord::Topic { name, id } => self.add_topic(name, *id),
            ControllerRecord::RemoveTopic { id } => self.remove_topic(*id),
            ControllerRecord::Partition { topic, index, registration } => {
                self.change_topic(*topic, |topic| set_partition(&mut topic.partitions, *index, registration));
            }
            ControllerRecord::TopicConfig { topic, key, value } => {
                self.change_topic(*topic, |topic| set_config(&mut topic.configs, key, value.as_ref()));
            }
            ControllerRecord::BrokerConfig { node, key, value } => {
                let configs = self.broker_configs.entry(*node).or_default();
                set_config(configs, key, value.as_ref());
                if configs.is_empty() {
                    self.broker_configs.remove(node);
                }
            }
            ControllerRecord::GroupConfig { group, key, value } => {
                let configs = self.group_configs.entry(group.to_string()).or_default();
                set_config(configs, key, value.as_ref());
                if configs.is_empty() {
                    self.group_configs.remove(group.as_str());
                }
            }
        }
    }

    fn add_topic(&mut self, name: &TopicName, id: Uuid) {
        let topic = Topic { name: name.clone(), id, partitions: Vec::new(), configs: ConfigMap::new() };
        self.topic_names.insert(id, name.clone());
        self.topics.insert(name.clone(), Arc::new(topic));
    }

    fn remove_topic(&mut self, id: Uuid) {
        if let Some(name) = self.topic_names.remove(&id) {
            self.topics.remove(&name);
        }
    }

    fn change_topic(&mut self, id: Uuid, change: impl FnOnce(&mut Topic)) {
        let topic = self.topic_names.get(&id).and_then(|name| self.topics.get_mut(name));
        if let Some(topic) = topic {
            change(Arc::make_mut(topic));
        }
    }
}

/// Partitions are registered in the order of their indexes; a gap would be a damaged store and is left out.
fn set_partition(partitions: &mut Vec<PartitionRegistration>, index: i32, registration: &PartitionRegistration) {
    let Ok(index) = usize::try_from(index) else { return };
    if index == partitions.len() {
        partitions.push(registration.clone());
    } else if let Some(partition) = partitions.get_mut(index) {
        *partition = registration.clone();
    }
}

fn set_config(configs: &mut ConfigMap, key: &str, value: Option<&Str>) {
    match value {
        Some(value) => configs.insert(key.to_owned(), value.to_string()),
        None => configs.remove(key),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One record of each kind that leaves something behind, in the order in which an image is written.
    fn one_of_each() -> Vec<ControllerRecord> {
        let topic = Uuid::from_random_bits(7);
        let registration = PartitionRegistration {
            leader: NodeId(1),
            leader_epoch: 2,
            replicas: vec![NodeId(1)],
            isr: vec![NodeId(1)],
        };
        let value = Some(Str::from("1"));
        vec![
            ControllerRecord::ClusterId("cluster".into()),
            ControllerRecord::ProducerIds { next: 1000 },
            ControllerRecord::BrokerConfig { node: None, key: "log.retention.ms".into(), value: value.clone() },
            ControllerRecord::BrokerConfig { node: Some(NodeId(1)), key: "k".into(), value: value.clone() },
            ControllerRecord::GroupConfig { group: "g".into(), key: "k".into(), value: value.clone() },
            ControllerRecord::Topic { name: TopicName("orders".into()), id: topic },
            ControllerRecord::Partition { topic, index: 0, registration },
            ControllerRecord::TopicConfig { topic, key: "retention.ms".into(), value },
        ]
    }

    fn image_of(records: &[ControllerRecord]) -> MetadataImage {
        let mut image = MetadataImage::default();
        records.iter().for_each(|record| image.replay(record));
        image
    }

    #[test]
    fn nothing_is_lost_when_an_image_is_written_anew() {
        assert_eq!(image_of(&one_of_each()).to_records(), one_of_each());
    }

    #[test]
    fn a_setting_that_is_unset_leaves_nothing_behind() {
        let unset = one_of_each().into_iter().filter_map(|record| match record {
            ControllerRecord::BrokerConfig { node, key, .. } => {
                Some(ControllerRecord::BrokerConfig { node, key, value: None })
            }
            ControllerRecord::GroupConfig { group, key, .. } => {
                Some(ControllerRecord::GroupConfig { group, key, value: None })
            }
            ControllerRecord::TopicConfig { topic, key, .. } => {
                Some(ControllerRecord::TopicConfig { topic, key, value: None })
            }
            _ => None,
        });
        let records: Vec<_> = one_of_each().into_iter().chain(unset).collect();
        let image = image_of(&records);
        let is_config = |record: &&ControllerRecord| {
            use ControllerRecord::{BrokerConfig, GroupConfig, TopicConfig};
            matches!(record, BrokerConfig { .. } | GroupConfig { .. } | TopicConfig { .. })
        };
        assert_eq!(image.to_records().iter().find(is_config), None);
        assert_eq!(image.configured_groups().next(), None);
    }
}
