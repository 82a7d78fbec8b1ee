//! Which topics there are, and their partitions.

use std::collections::HashMap;

use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::{
        describe_topic_partitions::{
            Cursor, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponsePartition,
            DescribeTopicPartitionsResponseTopic, TopicRequest,
        },
        metadata::{
            MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponsePartition, MetadataResponseTopic,
        },
    },
    types::{NodeId, TopicName},
    wire::Uuid,
};

use super::{
    Admin, AdminError, Outcomes,
    call::{Call, Route},
    cluster::Cluster,
    rounds::Rule,
};
use crate::net::RequestError;

/// A topic in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicListing {
    /// Its name.
    pub name: TopicName,
    /// Its id; zero where the broker has none (before 2.8).
    pub id: Uuid,
    /// Whether Kafka itself uses it, as `__consumer_offsets`.
    pub is_internal: bool,
    /// How many partitions it has.
    pub partitions: i32,
    /// How many replicas its first partition has.
    pub replication_factor: i16,
}

/// A topic with its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicDescription {
    /// Its name.
    pub name: TopicName,
    /// Its id; zero where the broker has none (before 2.8).
    pub id: Uuid,
    /// Whether Kafka itself uses it, as `__consumer_offsets`.
    pub is_internal: bool,
    /// Its partitions by index.
    pub partitions: Vec<PartitionDescription>,
}

/// A partition and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionDescription {
    /// Its index, from 0 on.
    pub index: i32,
    /// The leader, unless there is none now.
    pub leader: Option<NodeId>,
    /// The leader's epoch, if the broker says (from 2.1 on).
    pub leader_epoch: Option<i32>,
    /// All replicas, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// The replicas in sync.
    pub in_sync_replicas: Vec<NodeId>,
    /// The replicas out of sync that hold everything committed all the same, if the broker says (KIP-966).
    pub eligible_leader_replicas: Option<Vec<NodeId>>,
    /// The replicas that were eligible before they shut down uncleanly, if the broker says.
    pub last_known_eligible_leader_replicas: Option<Vec<NodeId>>,
    /// The replicas that are down.
    pub offline_replicas: Vec<NodeId>,
}

impl TopicDescription {
    fn from_metadata(name: &TopicName, topic: &MetadataResponseTopic) -> Self {
        let mut partitions: Vec<_> = topic.partitions.iter().map(PartitionDescription::from_metadata).collect();
        partitions.sort_by_key(|partition| partition.index);
        Self { name: name.detach(), id: topic.topic_id, is_internal: topic.is_internal, partitions }
    }
}

fn known_epoch(epoch: i32) -> Option<i32> {
    Some(epoch).filter(|epoch| *epoch >= 0)
}

fn known_node(node: NodeId) -> Option<NodeId> {
    Some(node).filter(|node| node.0 >= 0)
}

impl PartitionDescription {
    fn from_metadata(partition: &MetadataResponsePartition) -> Self {
        Self {
            index: partition.partition_index,
            leader: known_node(partition.leader_id),
            leader_epoch: known_epoch(partition.leader_epoch),
            replicas: partition.replica_nodes.clone(),
            in_sync_replicas: partition.isr_nodes.clone(),
            eligible_leader_replicas: None,
            last_known_eligible_leader_replicas: None,
            offline_replicas: partition.offline_replicas.clone(),
        }
    }

    fn from_page(partition: DescribeTopicPartitionsResponsePartition) -> Self {
        Self {
            index: partition.partition_index,
            leader: known_node(partition.leader_id),
            leader_epoch: known_epoch(partition.leader_epoch),
            replicas: partition.replica_nodes,
            in_sync_replicas: partition.isr_nodes,
            eligible_leader_replicas: partition.eligible_leader_replicas,
            last_known_eligible_leader_replicas: partition.last_known_elr,
            offline_replicas: partition.offline_replicas,
        }
    }
}

/// What is known of the topics asked for so far, put together from pages. A page may end within a topic.
#[derive(Debug, Default)]
struct Pages {
    topics: HashMap<TopicName, (ErrorCode, TopicDescription)>,
    cursor: Option<Cursor>,
}

impl Pages {
    /// Adds a page; `false` if it is the last, or if the broker does not move on and would never come to an end.
    fn add(&mut self, topics: Vec<DescribeTopicPartitionsResponseTopic>, next: Option<Cursor>) -> bool {
        for page in topics {
            let Some(name) = page.name.as_ref().map(TopicName::detach) else { continue };
            let (_, topic) = self.topics.entry(name.clone()).or_insert_with(|| {
                let (id, is_internal) = (page.topic_id, page.is_internal);
                (page.error_code, TopicDescription { name, id, is_internal, partitions: Vec::new() })
            });
            topic.partitions.extend(page.partitions.into_iter().map(PartitionDescription::from_page));
        }
        let place = |cursor: &Cursor| (cursor.topic_name.detach(), cursor.partition_index);
        let moved_on =
            next.as_ref().is_some_and(|next| self.cursor.as_ref().is_none_or(|old| place(next) > place(old)));
        self.cursor = next;
        moved_on
    }
}

impl Admin {
    /// Lists all topics that this client may see, those that Kafka itself uses included, by name. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError`] if no broker answers.
    pub async fn list_topics(&self) -> Result<Vec<TopicListing>, AdminError> {
        let mut rounds = self.rounds(ApiKey::METADATA, Rule::READ, [Cluster]);
        while rounds.next().await.is_some() {
            let response = rounds.call.send(Route::Any, |_| Ok(metadata_request(None))).await;
            rounds.progress.settle(&Cluster, response.map(|response| listed(&response)));
        }
        rounds.finish().only("cluster")
    }

    /// Describes a topic. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError::Refused`] with [`ErrorCode::UNKNOWN_TOPIC_OR_PARTITION`] and so on.
    pub async fn describe_topic(&self, name: impl Into<TopicName>) -> Result<TopicDescription, AdminError> {
        self.describe_topics([name]).await.only("topics")
    }

    /// Describes topics, page by page where the broker can (from 3.8 on), so that neither side needs memory for all the
    /// partitions at once. Never creates one. Cancel safe.
    ///
    /// Errors: see [`describe_topic`](Self::describe_topic).
    pub async fn describe_topics(
        &self,
        names: impl IntoIterator<Item = impl Into<TopicName>>,
    ) -> Outcomes<TopicName, TopicDescription> {
        let names: Vec<TopicName> = names.into_iter().map(Into::into).collect();
        let mut rounds = self.rounds(ApiKey::DESCRIBE_TOPIC_PARTITIONS, Rule::READ, names);
        while let Some(open) = rounds.next().await {
            match describe(&rounds.call, &open).await {
                Err(error) => rounds.progress.fail(&open, &error),
                Ok(topics) => {
                    for (code, topic) in topics {
                        rounds.progress.answer(&topic.name.clone(), code, None, || topic);
                    }
                }
            }
        }
        rounds.finish()
    }
}

/// Describes topics with the API made for it or, by a broker that does not have that, with Metadata.
async fn describe(call: &Call, names: &[TopicName]) -> Result<Vec<(ErrorCode, TopicDescription)>, AdminError> {
    match describe_by_page(call, names).await {
        Err(AdminError::Request(RequestError::Unsupported { .. })) => describe_at_once(call, names).await,
        described => described,
    }
}

async fn describe_by_page(call: &Call, names: &[TopicName]) -> Result<Vec<(ErrorCode, TopicDescription)>, AdminError> {
    // An empty list would ask for every topic.
    let mut pages = Pages::default();
    while !names.is_empty() {
        let request = page_request(names, pages.cursor.clone());
        let response = call.send(Route::Any, |_| Ok(request)).await?;
        if !pages.add(response.topics, response.next_cursor) {
            break;
        }
    }
    Ok(pages.topics.into_values().collect())
}

async fn describe_at_once(call: &Call, names: &[TopicName]) -> Result<Vec<(ErrorCode, TopicDescription)>, AdminError> {
    let response = call.send(Route::Any, |_| Ok(metadata_request(Some(names)))).await?;
    let topic = |topic: &MetadataResponseTopic| {
        let name = topic.name.as_ref()?;
        Some((topic.error_code, TopicDescription::from_metadata(name, topic)))
    };
    Ok(response.topics.iter().filter_map(topic).collect())
}

fn page_request(names: &[TopicName], cursor: Option<Cursor>) -> DescribeTopicPartitionsRequest {
    let topics = names.iter().map(|name| TopicRequest { name: name.clone() });
    DescribeTopicPartitionsRequest { topics: topics.collect(), cursor, ..DescribeTopicPartitionsRequest::default() }
}

/// Looking at a topic must not create it.
pub(super) fn metadata_request(names: Option<&[TopicName]>) -> MetadataRequest {
    let topic = |name: &TopicName| MetadataRequestTopic { name: Some(name.clone()), ..MetadataRequestTopic::default() };
    MetadataRequest {
        topics: names.map(|names| names.iter().map(topic).collect()),
        allow_auto_topic_creation: false,
        ..MetadataRequest::default()
    }
}

fn listed(response: &MetadataResponse) -> Vec<TopicListing> {
    let listing = |topic: &MetadataResponseTopic| {
        let replicas = topic.partitions.first().map_or(0, |partition| partition.replica_nodes.len());
        Some(TopicListing {
            name: topic.name.as_ref()?.detach(),
            id: topic.topic_id,
            is_internal: topic.is_internal,
            partitions: i32::try_from(topic.partitions.len()).ok()?,
            replication_factor: i16::try_from(replicas).ok()?,
        })
    };
    let mut topics: Vec<_> = response.topics.iter().filter_map(listing).collect();
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    topics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str, indexes: std::ops::Range<i32>) -> DescribeTopicPartitionsResponseTopic {
        let partition = |partition_index| DescribeTopicPartitionsResponsePartition {
            partition_index,
            leader_id: NodeId::NONE,
            ..DescribeTopicPartitionsResponsePartition::default()
        };
        DescribeTopicPartitionsResponseTopic {
            name: Some(name.into()),
            partitions: indexes.map(partition).collect(),
            ..DescribeTopicPartitionsResponseTopic::default()
        }
    }

    fn cursor(topic: &str, partition_index: i32) -> Option<Cursor> {
        Some(Cursor { topic_name: topic.into(), partition_index })
    }

    #[test]
    fn a_topic_that_spans_pages_is_one_topic() {
        let mut pages = Pages::default();
        assert!(pages.add(vec![page("a", 0..1), page("b", 0..2)], cursor("b", 2)));
        assert!(!pages.add(vec![page("b", 2..5)], None));
        let indexes: Vec<_> = pages.topics["b"].1.partitions.iter().map(|partition| partition.index).collect();
        assert_eq!(indexes, [0, 1, 2, 3, 4]);
        assert_eq!(pages.topics["b"].1.partitions[0].leader, None);
    }

    #[test]
    fn a_cursor_that_does_not_move_on_ends_the_pages() {
        let mut pages = Pages::default();
        assert!(pages.add(Vec::new(), cursor("b", 2)));
        assert!(!pages.add(Vec::new(), cursor("b", 2)));
    }

    #[test]
    fn looking_at_topics_never_creates_them() {
        assert!(!metadata_request(Some(&["t".into()])).allow_auto_topic_creation);
        assert_eq!(metadata_request(None).topics, None);
    }
}
