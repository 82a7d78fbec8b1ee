//! What the client knows about the cluster: an immutable picture that a refresh replaces.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::metadata::{MetadataResponse, MetadataResponsePartition, MetadataResponseTopic},
    types::{NodeId, TopicName},
    wire::Uuid,
};

use crate::config::ServerAddress;

/// A broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its id.
    pub id: NodeId,
    /// Where it listens.
    pub address: ServerAddress,
    /// Its rack, if it has one.
    pub rack: Option<String>,
}

/// A partition: its leader and replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// Its index, from 0 on.
    pub index: i32,
    /// The leader, unless there is none now.
    pub leader: Option<NodeId>,
    /// The leader's epoch; -1 where the broker does not say.
    pub leader_epoch: i32,
    /// All replicas, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// The replicas in sync.
    pub in_sync_replicas: Vec<NodeId>,
    /// The replicas that are down.
    pub offline_replicas: Vec<NodeId>,
    /// Why there is no leader, say.
    pub error: ErrorCode,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicMetadata {
    /// Its name.
    pub name: TopicName,
    /// Its id; zero where the broker has none (before 2.8).
    pub id: Uuid,
    /// Whether Kafka itself uses it, as `__consumer_offsets`.
    pub is_internal: bool,
    /// Its partitions by index.
    pub partitions: Vec<PartitionMetadata>,
}

impl TopicMetadata {
    /// The partition with this index.
    pub fn partition(&self, index: i32) -> Option<&PartitionMetadata> {
        // Indexes have no gaps, so the position is the index.
        usize::try_from(index).ok().and_then(|position| self.partitions.get(position))
    }

    /// How many partitions there are.
    pub fn partition_count(&self) -> i32 {
        self.partitions.len() as i32
    }
}

/// The cluster as one broker described it last.
#[derive(Clone, Debug, Default)]
pub struct ClusterMetadata {
    /// The cluster's id, if the broker says.
    pub cluster_id: Option<String>,
    /// The broker to send admin requests to.
    pub controller: Option<NodeId>,
    /// The brokers by id.
    pub brokers: BTreeMap<NodeId, Broker>,
    /// The topics that were asked for and are there.
    pub topics: HashMap<TopicName, Arc<TopicMetadata>>,
    /// The topics that were asked for and why they are not there.
    pub errors: HashMap<TopicName, ErrorCode>,
    names: HashMap<Uuid, TopicName>,
    /// How often it has changed.
    pub(crate) generation: u64,
    /// How often it was asked for, in part or all of it.
    pub(crate) refreshes: u64,
    /// How often all of it was.
    pub(crate) whole_refreshes: u64,
}

impl ClusterMetadata {
    /// The address of a broker.
    pub fn broker(&self, id: NodeId) -> Option<&Broker> {
        self.brokers.get(&id)
    }

    /// A topic by name.
    pub fn topic(&self, name: &str) -> Option<&Arc<TopicMetadata>> {
        self.topics.get(name)
    }

    /// The name of the topic with this id.
    pub fn topic_name(&self, id: Uuid) -> Option<&TopicName> {
        self.names.get(&id)
    }

    /// The leader of a partition, if it is known.
    pub fn leader(&self, topic: &str, partition: i32) -> Option<NodeId> {
        self.topic(topic)?.partition(partition)?.leader
    }

    /// The picture after a response. What the response does not speak of is kept if it is in `keep`: a refresh for one
    /// topic must not forget the others, nor what is wrong with them.
    pub(crate) fn updated(&self, response: &MetadataResponse, keep: impl Fn(&str) -> bool) -> Self {
        let mut next = Self {
            cluster_id: response.cluster_id.as_ref().map(ToString::to_string),
            controller: Some(response.controller_id).filter(|id| id.0 >= 0),
            brokers: brokers(response),
            topics: self.topics.iter().filter(|(name, _)| keep(name)).map(|(n, t)| (n.clone(), t.clone())).collect(),
            errors: self.errors.iter().filter(|(name, _)| keep(name)).map(|(n, code)| (n.clone(), *code)).collect(),
            names: HashMap::new(),
            generation: self.generation + 1,
            refreshes: self.refreshes + 1,
            whole_refreshes: self.whole_refreshes,
        };
        for topic in &response.topics {
            next.put_topic(topic);
        }
        next.names =
            next.topics.values().filter(|t| !t.id.is_zero()).map(|topic| (topic.id, topic.name.clone())).collect();
        next
    }

    /// Nothing is known any more; those that wait for something newer still do.
    pub(crate) fn forgotten(&self) -> Self {
        let Self { refreshes, whole_refreshes, .. } = *self;
        Self { generation: self.generation + 1, refreshes, whole_refreshes, ..Self::default() }
    }

    fn put_topic(&mut self, response: &MetadataResponseTopic) {
        let Some(name) = response.name.as_ref().map(TopicName::detach) else { return };
        if response.error_code != ErrorCode::NONE {
            // A topic that has partitions but trouble with some is described all the same; one without is not there.
            self.errors.insert(name.clone(), response.error_code);
            if response.error_code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION {
                self.topics.remove(&name);
            }
            return;
        }
        self.errors.remove(&name);
        let old = self.topics.get(&name);
        let partitions = partitions(&response.partitions, old.filter(|old| old.id == response.topic_id));
        let topic =
            TopicMetadata { name: name.clone(), id: response.topic_id, is_internal: response.is_internal, partitions };
        self.topics.insert(name, Arc::new(topic));
    }

    /// The picture after a broker said who leads a partition (KIP-951). `None` if that is not news.
    pub(crate) fn with_leader(
        &self,
        topic: &str,
        partition: i32,
        leader: NodeId,
        leader_epoch: i32,
        endpoints: impl IntoIterator<Item = Broker>,
    ) -> Option<Self> {
        let known = self.topic(topic)?;
        if leader.0 < 0 || known.partition(partition)?.leader_epoch >= leader_epoch {
            return None;
        }
        let mut next = self.clone();
        next.generation += 1;
        next.brokers.extend(endpoints.into_iter().map(|broker| (broker.id, broker)));
        if !next.brokers.contains_key(&leader) {
            return None;
        }
        let mut changed = TopicMetadata::clone(known);
        let position = usize::try_from(partition).ok()?;
        let entry = changed.partitions.get_mut(position)?;
        entry.leader = Some(leader);
        entry.leader_epoch = leader_epoch;
        next.topics.insert(changed.name.clone(), Arc::new(changed));
        Some(next)
    }
}

fn brokers(response: &MetadataResponse) -> BTreeMap<NodeId, Broker> {
    let address = |host: &str, port: i32| Some(ServerAddress::new(host, u16::try_from(port).ok()?));
    response
        .brokers
        .iter()
        .filter_map(|broker| {
            let address = address(&broker.host, broker.port)?;
            let rack = broker.rack.as_ref().map(ToString::to_string);
            Some((broker.node_id, Broker { id: broker.node_id, address, rack }))
        })
        .collect()
}

/// The partitions by index. A response from a broker that lags must not undo a newer leader, unless the topic was
/// created anew (`old` is `None` then), for epochs begin again with it.
fn partitions(response: &[MetadataResponsePartition], old: Option<&Arc<TopicMetadata>>) -> Vec<PartitionMetadata> {
    let mut partitions: Vec<_> = response
        .iter()
        // It would hide those behind it.
        .filter(|partition| partition.partition_index >= 0)
        .map(|partition| {
            let newer = old
                .and_then(|old| old.partition(partition.partition_index))
                .filter(|old| partition.leader_epoch >= 0 && old.leader_epoch > partition.leader_epoch);
            newer.cloned().unwrap_or_else(|| PartitionMetadata {
                index: partition.partition_index,
                leader: Some(partition.leader_id).filter(|id| id.0 >= 0),
                leader_epoch: partition.leader_epoch,
                replicas: partition.replica_nodes.clone(),
                in_sync_replicas: partition.isr_nodes.clone(),
                offline_replicas: partition.offline_replicas.clone(),
                error: partition.error_code,
            })
        })
        .collect();
    partitions.sort_by_key(|partition| partition.index);
    partitions.dedup_by_key(|partition| partition.index);
    // Positions are indexes everywhere else: a list with gaps ends at the first.
    let whole = partitions.iter().zip(0..).take_while(|(partition, index)| partition.index == *index).count();
    // A view that omits a partition just added must not make it vanish.
    let mut kept = partitions;
    kept.truncate(whole);
    if let Some(old) = old {
        kept.extend(old.partitions.iter().skip(kept.len()).cloned());
    }
    kept
}

#[cfg(test)]
mod tests {
    use ottla_protocol::messages::metadata::MetadataResponseBroker;

    use super::*;

    fn response(topic_id: u8, leaders: &[(i32, i32)]) -> MetadataResponse {
        MetadataResponse {
            brokers: vec![MetadataResponseBroker {
                node_id: NodeId(1),
                host: "h".into(),
                port: 9092,
                ..MetadataResponseBroker::default()
            }],
            topics: vec![MetadataResponseTopic {
                name: Some("t".into()),
                topic_id: Uuid([topic_id; 16]),
                partitions: leaders
                    .iter()
                    .zip(0..)
                    .map(|(&(leader, epoch), index)| MetadataResponsePartition {
                        partition_index: index,
                        leader_id: NodeId(leader),
                        leader_epoch: epoch,
                        ..MetadataResponsePartition::default()
                    })
                    .collect(),
                ..MetadataResponseTopic::default()
            }],
            ..MetadataResponse::default()
        }
    }

    fn after(old: &ClusterMetadata, response: &MetadataResponse) -> ClusterMetadata {
        old.updated(response, |_| true)
    }

    #[test]
    fn an_older_leader_epoch_does_not_undo_a_newer_one() {
        let first = after(&ClusterMetadata::default(), &response(1, &[(1, 5)]));
        let stale = after(&first, &response(1, &[(2, 4)]));
        assert_eq!(stale.leader("t", 0), Some(NodeId(1)));
        let newer = after(&stale, &response(1, &[(2, 6)]));
        assert_eq!(newer.leader("t", 0), Some(NodeId(2)));
    }

    #[test]
    fn a_topic_created_anew_starts_from_its_own_epochs() {
        let first = after(&ClusterMetadata::default(), &response(1, &[(1, 5)]));
        let anew = after(&first, &response(2, &[(2, 0)]));
        assert_eq!(anew.leader("t", 0), Some(NodeId(2)));
        assert_eq!(anew.topic_name(Uuid([1; 16])), None);
    }

    #[test]
    fn a_partition_below_zero_hides_no_other() {
        let mut lie = response(1, &[(1, 0), (1, 0)]);
        let below = MetadataResponsePartition { partition_index: -1, ..lie.topics[0].partitions[0].clone() };
        lie.topics[0].partitions.push(below);
        assert_eq!(after(&ClusterMetadata::default(), &lie).topic("t").unwrap().partition_count(), 2);
    }

    #[test]
    fn a_view_that_omits_a_new_partition_keeps_it() {
        let first = after(&ClusterMetadata::default(), &response(1, &[(1, 0), (1, 0)]));
        let lagging = after(&first, &response(1, &[(1, 0)]));
        assert_eq!(lagging.topic("t").unwrap().partition_count(), 2);
    }

    #[test]
    fn a_leader_named_in_an_error_counts_if_it_is_news() {
        let first = after(&ClusterMetadata::default(), &response(1, &[(1, 5)]));
        assert!(first.with_leader("t", 0, NodeId(1), 5, []).is_none());
        assert!(first.with_leader("t", 0, NodeId(9), 6, []).is_none(), "an unknown broker without an address");
        let address = ServerAddress::new("h", 1);
        let broker = Broker { id: NodeId(9), address, rack: None };
        let moved = first.with_leader("t", 0, NodeId(9), 6, [broker]).unwrap();
        assert_eq!(moved.leader("t", 0), Some(NodeId(9)));
    }

    #[test]
    fn a_topic_that_is_gone_is_forgotten_and_the_error_told() {
        let first = after(&ClusterMetadata::default(), &response(1, &[(1, 5)]));
        let mut gone = response(1, &[]);
        gone.topics[0].error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        let next = after(&first, &gone);
        assert!(next.topic("t").is_none());
        assert_eq!(next.errors.get("t"), Some(&ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    }

    #[test]
    fn what_is_wrong_with_a_topic_stays_true_until_the_topic_is_spoken_of() {
        let mut refused = response(1, &[]);
        refused.topics[0].error_code = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
        let first = after(&ClusterMetadata::default(), &refused);
        let mut others = response(2, &[(1, 0)]);
        others.topics[0].name = Some("u".into());
        let still = after(&first, &others);
        assert_eq!(still.errors.get("t"), Some(&ErrorCode::TOPIC_AUTHORIZATION_FAILED));
        assert!(first.updated(&others, |name| name != "t").errors.is_empty(), "nobody wants it any more");
        assert!(after(&still, &response(1, &[(1, 0)])).errors.is_empty());
    }
}
