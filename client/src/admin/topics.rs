//! Creating, growing and deleting topics.

use std::{collections::HashMap, fmt::Display, hash::Hash};

use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::{
        create_partitions::{CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic},
        create_topics::{
            CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatableTopicResult, CreateTopicsRequest,
        },
        delete_topics::{DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest},
        metadata::{MetadataRequest, MetadataRequestTopic},
    },
    types::{NodeId, TopicName},
    wire::Uuid,
};

use super::{
    Admin, AdminError, ConfigEntry, Outcomes,
    call::{Call, Route},
    error::needs,
    propagation::{Wanted, wait_everywhere},
    rounds::Rule,
};

/// A topic to create.
///
/// Partitions and replication factor are the broker's defaults (`num.partitions`, `default.replication.factor`) unless set
/// here, which takes a broker from 2.4 on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing is created before `Admin::create_topic`"]
pub struct NewTopic {
    name: TopicName,
    partitions: Option<i32>,
    replication_factor: Option<i16>,
    assignments: Vec<Vec<NodeId>>,
    configs: Vec<(String, Option<String>)>,
}

impl NewTopic {
    /// A topic of this name.
    pub fn new(name: impl Into<TopicName>) -> Self {
        Self {
            name: name.into(),
            partitions: None,
            replication_factor: None,
            assignments: Vec::new(),
            configs: Vec::new(),
        }
    }

    /// How many partitions it has.
    pub fn partitions(mut self, partitions: i32) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// How many replicas each partition has.
    pub fn replication_factor(mut self, replicas: i16) -> Self {
        self.replication_factor = Some(replicas);
        self
    }

    /// The brokers of each partition, the preferred leader first, instead of the two numbers.
    pub fn assignments(mut self, partitions: impl IntoIterator<Item = Vec<NodeId>>) -> Self {
        self.assignments = partitions.into_iter().collect();
        self
    }

    /// One of its settings, such as `cleanup.policy`.
    pub fn config(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.configs.push((name.into(), Some(value.into())));
        self
    }

    /// Some of its settings.
    pub fn configs<N: Into<String>, V: Into<String>>(mut self, configs: impl IntoIterator<Item = (N, V)>) -> Self {
        self.configs.extend(configs.into_iter().map(|(name, value)| (name.into(), Some(value.into()))));
        self
    }

    fn uses_defaults(&self) -> bool {
        self.assignments.is_empty() && (self.partitions.is_none() || self.replication_factor.is_none())
    }

    fn to_wire(&self) -> CreatableTopic {
        let assignments = self.assignments.iter().zip(0..).map(|(brokers, partition_index)| {
            CreatableReplicaAssignment { partition_index, broker_ids: brokers.clone() }
        });
        CreatableTopic {
            name: self.name.clone(),
            num_partitions: self.partitions.unwrap_or(-1),
            replication_factor: self.replication_factor.unwrap_or(-1),
            assignments: assignments.collect(),
            configs: self
                .configs
                .iter()
                .map(|(name, value)| CreatableTopicConfig {
                    name: name.as_str().into(),
                    value: value.as_deref().map(Into::into),
                })
                .collect(),
        }
    }
}

/// A topic that was created (KIP-525).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreatedTopic {
    /// Its id; zero where the broker does not say (before 2.8), and if it was only validated.
    pub id: Uuid,
    /// How many partitions it has, if the broker says (from 2.4 on).
    pub partitions: Option<i32>,
    /// How many replicas each has, if the broker says (from 2.4 on).
    pub replication_factor: Option<i16>,
    /// Its settings, if the broker says (from 2.4 on) and this client may see them.
    pub configs: Option<Vec<ConfigEntry>>,
}

impl CreatedTopic {
    fn from_wire(result: &CreatableTopicResult) -> Self {
        Self {
            id: result.topic_id,
            partitions: Some(result.num_partitions).filter(|count| *count >= 0),
            replication_factor: Some(result.replication_factor).filter(|count| *count >= 0),
            configs: result.configs.as_ref().map(|configs| configs.iter().map(ConfigEntry::from_created).collect()),
        }
    }
}

/// A topic to add partitions to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing is created before `Admin::create_partitions`"]
pub struct NewPartitions {
    topic: TopicName,
    count: i32,
    assignments: Option<Vec<Vec<NodeId>>>,
}

impl NewPartitions {
    /// Grows a topic to `count` partitions in all.
    pub fn new(topic: impl Into<TopicName>, count: i32) -> Self {
        Self { topic: topic.into(), count, assignments: None }
    }

    /// The brokers of each partition that is added, in order, the preferred leader first.
    pub fn assignments(mut self, partitions: impl IntoIterator<Item = Vec<NodeId>>) -> Self {
        self.assignments = Some(partitions.into_iter().collect());
        self
    }

    fn to_wire(&self) -> CreatePartitionsTopic {
        let assignment = |brokers: &Vec<NodeId>| CreatePartitionsAssignment { broker_ids: brokers.clone() };
        CreatePartitionsTopic {
            name: self.topic.clone(),
            count: self.count,
            assignments: self.assignments.as_ref().map(|all| all.iter().map(assignment).collect()),
        }
    }
}

const CREATE: Rule = Rule { already_done: &[ErrorCode::TOPIC_ALREADY_EXISTS], ..Rule::CHANGE };
/// The code for a count that is not above the present one.
const GROW: Rule = Rule { already_done: &[ErrorCode::INVALID_PARTITIONS], ..Rule::CHANGE };
const DELETE: Rule =
    Rule { already_done: &[ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ErrorCode::UNKNOWN_TOPIC_ID], ..Rule::CHANGE };

impl Admin {
    /// Creates a topic, and waits until the brokers know it: it can be used at once.
    ///
    /// Not cancel safe: the topic may be created although the future was dropped.
    ///
    /// # Errors
    /// [`AdminError::Refused`] with [`ErrorCode::TOPIC_ALREADY_EXISTS`], [`ErrorCode::INVALID_CONFIG`] and so on;
    /// [`AdminError::Uncertain`] if the topic is there after an attempt whose answer was lost.
    pub async fn create_topic(&self, topic: NewTopic) -> Result<CreatedTopic, AdminError> {
        self.create_topics([topic]).await.only("topics")
    }

    /// Creates topics, and waits until the brokers know them. Of several with one name, the last counts.
    ///
    /// Not cancel safe: topics may be created although the future was dropped.
    ///
    /// Errors: see [`create_topic`](Self::create_topic).
    pub async fn create_topics(&self, topics: impl IntoIterator<Item = NewTopic>) -> Outcomes<TopicName, CreatedTopic> {
        self.create_or_validate(topics, false).await
    }

    /// Checks whether topics could be created, and with what settings, and creates none. Cancel safe.
    ///
    /// Errors: see [`create_topic`](Self::create_topic).
    pub async fn validate_new_topics(
        &self,
        topics: impl IntoIterator<Item = NewTopic>,
    ) -> Outcomes<TopicName, CreatedTopic> {
        self.create_or_validate(topics, true).await
    }

    async fn create_or_validate(
        &self,
        topics: impl IntoIterator<Item = NewTopic>,
        validate_only: bool,
    ) -> Outcomes<TopicName, CreatedTopic> {
        let (names, topics) = by_key(topics, |topic| topic.name.clone());
        let rule = if validate_only { Rule::READ } else { CREATE };
        let mut rounds = self.rounds(ApiKey::CREATE_TOPICS, rule, names);
        while let Some(open) = rounds.next().await {
            let asked = open.iter().filter_map(|name| topics.get(name));
            let timeout_ms = rounds.call.broker_timeout_ms();
            let build = |version| create_request(version, asked, timeout_ms, validate_only);
            match rounds.call.send(Route::Controller, build).await {
                Err(error) => rounds.progress.fail(&open, &error),
                Ok(response) => {
                    for result in &response.topics {
                        let value = || CreatedTopic::from_wire(result);
                        let message = result.error_message.as_ref();
                        rounds.progress.answer(&result.name, result.error_code, message, value);
                    }
                }
            }
        }
        let call = rounds.call.clone();
        let outcomes = rounds.finish();
        if !validate_only {
            let count = |topic: &CreatedTopic| topic.partitions.and_then(|count| count.try_into().ok()).unwrap_or(1);
            let counts = outcomes.done().map(|(name, topic)| (name.clone(), count(topic)));
            wait_present(&call, counts.collect()).await;
        }
        outcomes
    }

    /// Adds partitions to topics, and waits until the brokers know them. Keyed records of before stay where they are, new
    /// ones may go elsewhere.
    ///
    /// Not cancel safe: partitions may be added although the future was dropped.
    ///
    /// Errors: [`AdminError::Refused`] with [`ErrorCode::INVALID_PARTITIONS`] if the topic has as many already,
    /// [`ErrorCode::INVALID_REPLICA_ASSIGNMENT`] and so on.
    pub async fn create_partitions(&self, topics: impl IntoIterator<Item = NewPartitions>) -> Outcomes<TopicName, ()> {
        self.grow_or_validate(topics, false).await
    }

    /// Checks whether partitions could be added, and adds none. Cancel safe.
    ///
    /// Errors: see [`create_partitions`](Self::create_partitions).
    pub async fn validate_new_partitions(
        &self,
        topics: impl IntoIterator<Item = NewPartitions>,
    ) -> Outcomes<TopicName, ()> {
        self.grow_or_validate(topics, true).await
    }

    async fn grow_or_validate(
        &self,
        topics: impl IntoIterator<Item = NewPartitions>,
        validate_only: bool,
    ) -> Outcomes<TopicName, ()> {
        let (names, topics) = by_key(topics, |topic| topic.topic.clone());
        let rule = if validate_only { Rule::READ } else { GROW };
        let mut rounds = self.rounds(ApiKey::CREATE_PARTITIONS, rule, names);
        while let Some(open) = rounds.next().await {
            let request = CreatePartitionsRequest {
                topics: open.iter().filter_map(|name| topics.get(name)).map(NewPartitions::to_wire).collect(),
                timeout_ms: rounds.call.broker_timeout_ms(),
                validate_only,
            };
            match rounds.call.send(Route::Controller, |_| Ok(request)).await {
                Err(error) => rounds.progress.fail(&open, &error),
                Ok(response) => {
                    for result in &response.results {
                        let message = result.error_message.as_ref();
                        rounds.progress.answer(&result.name, result.error_code, message, || ());
                    }
                }
            }
        }
        let call = rounds.call.clone();
        let outcomes = rounds.finish();
        if !validate_only {
            let count = |name| topics.get(name).and_then(|topic| topic.count.try_into().ok()).unwrap_or(1);
            let counts = outcomes.done().map(|(name, ())| (name.clone(), count(name)));
            wait_present(&call, counts.collect()).await;
        }
        outcomes
    }

    /// Deletes topics by name, with all their records, and waits until the brokers know.
    ///
    /// Not cancel safe: topics may be deleted although the future was dropped.
    ///
    /// Errors: [`AdminError::Refused`] with [`ErrorCode::UNKNOWN_TOPIC_OR_PARTITION`],
    /// [`ErrorCode::TOPIC_DELETION_DISABLED`] and so on; [`AdminError::Uncertain`] if the topic is not there after an
    /// attempt whose answer was lost.
    pub async fn delete_topics(
        &self,
        names: impl IntoIterator<Item = impl Into<TopicName>>,
    ) -> Outcomes<TopicName, ()> {
        let names: Vec<TopicName> = names.into_iter().map(Into::into).collect();
        self.delete(names, delete_by_name, |result| result.name.clone(), by_name).await
    }

    /// Deletes topics by id, from version 6 of the API on (Kafka 2.8). A topic created anew under the name of a deleted
    /// one has another id and is safe.
    ///
    /// Not cancel safe: topics may be deleted although the future was dropped.
    ///
    /// Errors: see [`delete_topics`](Self::delete_topics); [`AdminError::Unsupported`] by an older broker.
    pub async fn delete_topics_by_id(&self, ids: impl IntoIterator<Item = Uuid>) -> Outcomes<Uuid, ()> {
        self.delete(ids, delete_by_id, |result| Some(result.topic_id), by_id).await
    }

    async fn delete<K: Clone + Eq + Hash + Display>(
        &self,
        keys: impl IntoIterator<Item = K>,
        build: fn(i16, &[K], i32) -> Result<DeleteTopicsRequest, AdminError>,
        key: fn(&DeletableTopicResult) -> Option<K>,
        lookup: fn(&K) -> MetadataRequestTopic,
    ) -> Outcomes<K, ()> {
        let mut rounds = self.rounds(ApiKey::DELETE_TOPICS, DELETE, keys);
        while let Some(open) = rounds.next().await {
            let timeout_ms = rounds.call.broker_timeout_ms();
            match rounds.call.send(Route::Controller, |version| build(version, &open, timeout_ms)).await {
                Err(error) => rounds.progress.fail(&open, &error),
                Ok(response) => {
                    for result in &response.responses {
                        if let Some(key) = key(result) {
                            rounds.progress.answer(&key, result.error_code, result.error_message.as_ref(), || ());
                        }
                    }
                }
            }
        }
        let call = rounds.call.clone();
        let outcomes = rounds.finish();
        let gone = outcomes.done().map(|(key, ())| lookup(key)).collect();
        wait_everywhere(&call, look_up(gone), Wanted::Absent).await;
        outcomes
    }
}

/// Waits until the brokers know of the topics and of so many partitions.
async fn wait_present(call: &Call, counts: Vec<(TopicName, usize)>) {
    let topics = counts.iter().map(|(name, _)| by_name(name)).collect();
    wait_everywhere(call, look_up(topics), Wanted::Present(counts)).await;
}

fn look_up(topics: Vec<MetadataRequestTopic>) -> MetadataRequest {
    MetadataRequest { topics: Some(topics), allow_auto_topic_creation: false, ..MetadataRequest::default() }
}

fn by_name(name: &TopicName) -> MetadataRequestTopic {
    MetadataRequestTopic { name: Some(name.clone()), topic_id: Uuid::ZERO }
}

fn by_id(id: &Uuid) -> MetadataRequestTopic {
    MetadataRequestTopic { name: None, topic_id: *id }
}

/// The keys in order, and the things by key.
pub(super) fn by_key<K: Clone + Eq + Hash, T>(
    things: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> (Vec<K>, HashMap<K, T>) {
    let mut keys = Vec::new();
    let mut map = HashMap::new();
    for thing in things {
        let key = key(&thing);
        keys.push(key.clone());
        map.insert(key, thing);
    }
    (keys, map)
}

fn create_request<'a>(
    version: i16,
    topics: impl Iterator<Item = &'a NewTopic> + Clone,
    timeout_ms: i32,
    validate_only: bool,
) -> Result<CreateTopicsRequest, AdminError> {
    if topics.clone().any(NewTopic::uses_defaults) {
        needs(ApiKey::CREATE_TOPICS, "a topic with the broker's defaults", 4, version)?;
    }
    Ok(CreateTopicsRequest { topics: topics.map(NewTopic::to_wire).collect(), timeout_ms, validate_only })
}

fn delete_by_name(version: i16, names: &[TopicName], timeout_ms: i32) -> Result<DeleteTopicsRequest, AdminError> {
    let topic = |name: &TopicName| DeleteTopicState { name: Some(name.clone()), topic_id: Uuid::ZERO };
    Ok(if version >= 6 {
        DeleteTopicsRequest { topics: names.iter().map(topic).collect(), topic_names: Vec::new(), timeout_ms }
    } else {
        DeleteTopicsRequest { topics: Vec::new(), topic_names: names.to_vec(), timeout_ms }
    })
}

fn delete_by_id(version: i16, ids: &[Uuid], timeout_ms: i32) -> Result<DeleteTopicsRequest, AdminError> {
    needs(ApiKey::DELETE_TOPICS, "deleting topics by id", 6, version)?;
    let topic = |id: &Uuid| DeleteTopicState { name: None, topic_id: *id };
    Ok(DeleteTopicsRequest { topics: ids.iter().map(topic).collect(), topic_names: Vec::new(), timeout_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(version: i16, topic: &NewTopic) -> Result<CreateTopicsRequest, AdminError> {
        create_request(version, std::iter::once(topic), 1000, false)
    }

    #[test]
    fn a_topic_with_numbers_suits_every_version() {
        let topic = NewTopic::new("t").partitions(3).replication_factor(1).config("retention.ms", "1");
        for version in [2, 7] {
            let request = create(version, &topic).expect("a request");
            assert_eq!((request.topics[0].num_partitions, request.topics[0].replication_factor), (3, 1));
            assert_eq!(request.topics[0].configs[0].value.as_deref(), Some("1"));
        }
    }

    #[test]
    fn the_brokers_defaults_take_version_4() {
        let topic = NewTopic::new("t").partitions(3);
        let error = create(3, &topic).expect_err("too old");
        assert!(matches!(error, AdminError::Unsupported { needs: 4, broker: 3, .. }), "{error}");
        assert_eq!(create(4, &topic).expect("a request").topics[0].replication_factor, -1);
    }

    #[test]
    fn assignments_stand_in_for_the_numbers_in_every_version() {
        let topic = NewTopic::new("t").assignments([vec![NodeId(1), NodeId(2)], vec![NodeId(2), NodeId(1)]]);
        let request = create(2, &topic).expect("a request");
        let indexes: Vec<_> = request.topics[0].assignments.iter().map(|a| a.partition_index).collect();
        assert_eq!(indexes, [0, 1]);
        assert_eq!((request.topics[0].num_partitions, request.topics[0].replication_factor), (-1, -1));
    }

    #[test]
    fn topics_are_deleted_by_name_in_the_field_that_the_version_has() {
        let names = [TopicName::from("t")];
        let old = delete_by_name(5, &names, 1).expect("a request");
        assert!(old.topics.is_empty() && old.topic_names == names);
        let new = delete_by_name(6, &names, 1).expect("a request");
        assert!(new.topic_names.is_empty() && new.topics[0].name.as_deref() == Some("t"));
    }

    #[test]
    fn topics_are_deleted_by_id_from_version_6_on() {
        let ids = [Uuid([7; 16])];
        assert!(matches!(delete_by_id(5, &ids, 1), Err(AdminError::Unsupported { needs: 6, broker: 5, .. })));
        assert_eq!(delete_by_id(6, &ids, 1).expect("a request").topics[0].name, None);
    }
}
