//! Creating, growing and deleting topics.

use std::collections::{HashMap, HashSet};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        create_partitions::{
            CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic, CreatePartitionsTopicResult,
        },
        create_topics::{CreatableTopic, CreatableTopicConfigs, CreatableTopicResult, CreateTopicsRequest},
        delete_topics::{DeletableTopicResult, DeleteTopicState},
    },
    types::{NodeId, TopicName},
    wire::{Str, Uuid},
};

use super::{Change, ControllerRecord, MetadataImage, PartitionRegistration, Topic, placement::Placement};
use crate::{
    adoption::AdoptedTopic,
    config::{ConfigError, ConfigMap, ConfigScope, TopicConfig, describe_topic},
};

/// Partitions that one request may create.
const MAX_NEW_PARTITIONS: usize = 10_000;
/// The longest name of a topic, so that its directories have legal names.
const MAX_NAME_LEN: usize = 249;

/// Why something about a topic cannot be done: what the client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        Self { code: error.error_code(ConfigScope::Topic), message: error.to_string() }
    }
}

/// The largest producer id that is believed to be one. At a million a second, a controller counts up to it in 146,000
/// years.
const LARGEST_PRODUCER_ID: i64 = i64::MAX / 2;

/// Why a name cannot be that of a topic.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let invalid = |why: String| Err(Refusal::new(ErrorCode::INVALID_TOPIC_EXCEPTION, why));
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match name {
        "" => invalid("a topic name must not be empty".to_owned()),
        "." | ".." => invalid(format!("a topic cannot be named '{name}'")),
        name if name.len() > MAX_NAME_LEN => {
            invalid(format!("a topic name has at most {MAX_NAME_LEN} characters, this one has {}", name.len()))
        }
        name if !name.chars().all(legal) => {
            invalid("a topic name consists of ASCII letters, digits, '.', '_' and '-'".to_owned())
        }
        _ => Ok(()),
    }
}

/// The names of topics as metrics have them, with dots replaced by underscores: a new one must differ by more than that
/// from those that there are before the request. They are gathered once for it, with its first name that could collide,
/// and so without those of its own.
#[derive(Default)]
struct MetricNames(Option<HashMap<String, TopicName>>);

impl MetricNames {
    /// The topic whose name a new one would collide with.
    fn collision(&mut self, name: &TopicName, image: &MetadataImage) -> Option<&TopicName> {
        if !name.contains(['.', '_']) {
            return None;
        }
        let gather = || image.topics().map(|topic| (metric_name(&topic.name), topic.name.clone())).collect();
        self.0.get_or_insert_with(gather).get(&metric_name(name))
    }
}

fn metric_name(topic: &str) -> String {
    topic.replace('.', "_")
}

/// The next new topic, and what it would be.
struct NewTopic {
    partitions: Vec<PartitionRegistration>,
    configs: ConfigMap,
}

impl Change<'_> {
    /// Creates topics, each of them or with a reason why not.
    pub(crate) fn create_topics(&mut self, request: &CreateTopicsRequest) -> Vec<CreatableTopicResult> {
        let mut times: HashMap<&TopicName, usize> = HashMap::new();
        for topic in &request.topics {
            *times.entry(&topic.name).or_default() += 1;
        }
        let mut budget = MAX_NEW_PARTITIONS;
        let mut taken = MetricNames::default();
        let mut named = HashSet::new();
        let mut results = Vec::new();
        for topic in &request.topics {
            if !named.insert(&topic.name) {
                continue;
            }
            let result = match times.get(&topic.name) {
                Some(&1) => self.create_topic(topic, request.validate_only, &mut budget, &mut taken),
                _ => Err(Refusal::new(ErrorCode::INVALID_REQUEST, "the topic is in the request more than once")),
            };
            results.push(result.unwrap_or_else(|refusal| CreatableTopicResult {
                name: topic.name.clone(),
                error_code: refusal.code,
                error_message: Some(refusal.message.into()),
                configs: None,
                ..Default::default()
            }));
        }
        results
    }

    fn create_topic(
        &mut self,
        topic: &CreatableTopic,
        validate_only: bool,
        budget: &mut usize,
        taken: &mut MetricNames,
    ) -> Result<CreatableTopicResult, Refusal> {
        check_name(&topic.name)?;
        // A directory of this name is Kafka's log of the controller, and not one of a topic.
        if topic.name.as_str() == "__cluster_metadata" {
            let why = "the topic __cluster_metadata is the cluster's own";
            return Err(Refusal::new(ErrorCode::INVALID_REQUEST, why));
        }
        self.check_free(&topic.name, taken)?;
        // Whoever names a million topics is not to have the settings of each looked at.
        within_budget(1, *budget)?;
        let new = self.decide_topic(topic, *budget)?;
        *budget -= new.partitions.len();
        let (count, factor) = (new.partitions.len(), new.partitions.first().map_or(0, |p| p.replicas.len()));
        let configs = self.describe(&new.configs);
        let topic_id = if validate_only { Uuid::ZERO } else { self.add_topic(&topic.name.detach(), new) };
        Ok(CreatableTopicResult {
            name: topic.name.clone(),
            topic_id,
            // Both are bounded: partitions by the budget, replicas by the number of nodes.
            num_partitions: count as i32,
            replication_factor: factor as i16,
            configs: Some(configs),
            ..Default::default()
        })
    }

    fn check_free(&self, name: &TopicName, taken: &mut MetricNames) -> Result<(), Refusal> {
        if self.image.topic(name).is_some() {
            return Err(Refusal::new(ErrorCode::TOPIC_ALREADY_EXISTS, format!("topic '{name}' exists already")));
        }
        match taken.collision(name, &self.image) {
            Some(other) => {
                let why = format!("topic '{name}' collides with '{other}': they differ only in '.' and '_'");
                Err(Refusal::new(ErrorCode::INVALID_TOPIC_EXCEPTION, why))
            }
            None => Ok(()),
        }
    }

    fn decide_topic(&mut self, topic: &CreatableTopic, budget: usize) -> Result<NewTopic, Refusal> {
        let configs = topic_configs(topic)?;
        TopicConfig::new(&self.settings().layers, &configs)?;
        let partitions = if topic.assignments.is_empty() {
            self.place_topic(topic, budget)?
        } else {
            self.assigned_topic(topic, budget)?
        };
        Ok(NewTopic { partitions, configs })
    }

    fn place_topic(&mut self, topic: &CreatableTopic, budget: usize) -> Result<Vec<PartitionRegistration>, Refusal> {
        let settings = self.settings();
        let broker = &settings.config;
        let count = match topic.num_partitions {
            -1 => broker.num_partitions,
            n if n < 1 => {
                let why = format!("{n} partitions: at least 1 is needed, or -1 for the broker's default");
                return Err(Refusal::new(ErrorCode::INVALID_PARTITIONS, why));
            }
            n => n,
        };
        let factor = match topic.replication_factor {
            -1 => broker.default_replication_factor,
            n if n < 1 => {
                let why = format!("replication factor {n}: at least 1 is needed, or -1 for the broker's default");
                return Err(Refusal::new(ErrorCode::INVALID_REPLICATION_FACTOR, why));
            }
            n => n.into(),
        };
        let factor = self.check_factor(factor)?;
        let count = within_budget(usize::try_from(count).unwrap_or(usize::MAX), budget)?;
        Ok(self.place(0, count, factor))
    }

    fn check_factor(&self, factor: i32) -> Result<usize, Refusal> {
        let nodes = self.image.brokers.len();
        match usize::try_from(factor) {
            Ok(factor) if factor <= nodes => Ok(factor),
            _ => {
                let why = format!("replication factor {factor} is larger than the number of nodes, {nodes}");
                Err(Refusal::new(ErrorCode::INVALID_REPLICATION_FACTOR, why))
            }
        }
    }

    /// Places `count` partitions from index `first` on.
    fn place(&mut self, first: usize, count: usize, factor: usize) -> Vec<PartitionRegistration> {
        let nodes: Vec<NodeId> = self.image.brokers.keys().copied().collect();
        let start = self.random.usize(..nodes.len().max(1));
        let shift = self.random.usize(..nodes.len().max(1));
        let placement = Placement::new(&nodes, start, shift);
        (first..first + count).map(|index| registration(placement.replicas(index, factor))).collect()
    }

    fn assigned_topic(&self, topic: &CreatableTopic, budget: usize) -> Result<Vec<PartitionRegistration>, Refusal> {
        if topic.num_partitions != -1 || topic.replication_factor != -1 {
            let why = "with an assignment, the number of partitions and the replication factor must be -1";
            return Err(Refusal::new(ErrorCode::INVALID_REQUEST, why));
        }
        within_budget(topic.assignments.len(), budget)?;
        let mut assignments: Vec<_> = topic.assignments.iter().collect();
        assignments.sort_by_key(|assignment| assignment.partition_index);
        let indexes = assignments.iter().map(|assignment| assignment.partition_index);
        if !indexes.eq(0..assignments.len() as i32) {
            let why = "the assigned partitions must be numbered from 0 on, without gaps";
            return Err(Refusal::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, why));
        }
        let factor = assignments.first().map_or(0, |assignment| assignment.broker_ids.len());
        assignments.into_iter().map(|assignment| self.assigned(&assignment.broker_ids, factor)).collect()
    }

    fn assigned(&self, replicas: &[NodeId], factor: usize) -> Result<PartitionRegistration, Refusal> {
        let invalid = |why: String| Err(Refusal::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, why));
        let distinct: HashSet<_> = replicas.iter().collect();
        if replicas.is_empty() || distinct.len() != replicas.len() {
            return invalid("each partition needs at least one replica, and no two on one node".to_owned());
        }
        if replicas.len() != factor {
            return invalid(format!("all partitions must have as many replicas as the first, {factor}"));
        }
        if let Some(unknown) = replicas.iter().find(|node| !self.image.brokers.contains_key(node)) {
            return invalid(format!("node {unknown} does not run"));
        }
        Ok(registration(replicas.to_vec()))
    }

    fn add_topic(&mut self, name: &TopicName, new: NewTopic) -> Uuid {
        let id = self.random_id();
        self.push(ControllerRecord::Topic { name: name.clone(), id });
        self.add_partitions(id, 0, new.partitions);
        for (key, value) in new.configs {
            self.push(ControllerRecord::TopicConfig { topic: id, key: key.into(), value: Some(value.into()) });
        }
        id
    }

    fn add_partitions(&mut self, topic: Uuid, first: i32, partitions: Vec<PartitionRegistration>) {
        for (registration, index) in partitions.into_iter().zip(first..) {
            self.push(ControllerRecord::Partition { topic, index, registration });
        }
    }

    fn describe(&self, configs: &ConfigMap) -> Vec<CreatableTopicConfigs> {
        let Ok(entries) = describe_topic(&self.settings().layers, configs) else { return Vec::new() };
        let row = |entry: crate::config::ConfigEntry| CreatableTopicConfigs {
            name: entry.name.into(),
            value: entry.value.map(Str::from),
            read_only: entry.read_only,
            config_source: entry.source.id(),
            is_sensitive: entry.is_sensitive,
        };
        entries.into_iter().map(row).collect()
    }

    /// Takes in topics that the logs of nodes tell of.
    pub(crate) fn adopt_topics(&mut self, topics: Vec<AdoptedTopic>) {
        // Told apart from now on from a store that nothing was decided in, even if all topics are deleted.
        self.push(ControllerRecord::ProducerIds { next: self.image.next_producer_id() });
        for AdoptedTopic { name, id, leaders, configs } in topics {
            let topic = id.unwrap_or_else(|| self.random_id());
            self.push(ControllerRecord::Topic { name: name.into(), id: topic });
            self.add_partitions(topic, 0, leaders.into_iter().map(|leader| registration(vec![leader])).collect());
            for (key, value) in configs {
                self.push(ControllerRecord::TopicConfig { topic, key: key.into(), value: Some(value.into()) });
            }
        }
    }

    /// Hands out no producer id up to this one again: a log that remembers it would take a new producer's batches for
    /// repetitions of the old one's.
    ///
    /// An id that no controller can have come to is a stranger's own invention, which leaves no room above it.
    pub(crate) fn pass_over_producer_ids(&mut self, largest_used: i64) {
        if largest_used > LARGEST_PRODUCER_ID {
            tracing::warn!(producer_id = largest_used, "a log has a producer id that was never handed out");
            return;
        }
        let next = largest_used.saturating_add(1);
        if self.image.next_producer_id() < next {
            self.push(ControllerRecord::ProducerIds { next });
        }
    }

    /// Deletes topics, each of them or with a reason why not.
    pub(crate) fn delete_topics(&mut self, topics: &[DeleteTopicState]) -> Vec<DeletableTopicResult> {
        let mut ids = HashSet::new();
        let mut results = Vec::new();
        for state in topics {
            let result = self.delete_topic(state, &mut ids);
            let (topic_id, name) = match &result {
                Ok(topic) => (topic.id, Some(topic.name.clone())),
                Err(_) => (state.topic_id, state.name.clone()),
            };
            let refusal = result.err();
            results.push(DeletableTopicResult {
                name,
                topic_id,
                error_code: refusal.as_ref().map_or(ErrorCode::NONE, |refusal| refusal.code),
                error_message: refusal.map(|refusal| refusal.message.into()),
            });
        }
        results
    }

    fn delete_topic(&mut self, state: &DeleteTopicState, seen: &mut HashSet<Uuid>) -> Result<Topic, Refusal> {
        if state.name.is_some() && !state.topic_id.is_zero() {
            return Err(Refusal::new(ErrorCode::INVALID_REQUEST, "name the topic or give its id, not both"));
        }
        let topic = match &state.name {
            Some(name) => self.image.topic(name),
            None => self.image.topic_by_id(state.topic_id),
        };
        let Some(topic) = topic.map(|topic| Topic::clone(topic)) else {
            let code = match state.name {
                Some(_) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                None => ErrorCode::UNKNOWN_TOPIC_ID,
            };
            return Err(Refusal::new(code, "there is no such topic"));
        };
        if !self.settings().config.delete_topic_enable {
            return Err(Refusal::new(ErrorCode::TOPIC_DELETION_DISABLED, "delete.topic.enable is false"));
        }
        if !seen.insert(topic.id) {
            return Err(Refusal::new(ErrorCode::INVALID_REQUEST, "the topic is in the request more than once"));
        }
        self.push(ControllerRecord::RemoveTopic { id: topic.id });
        Ok(topic)
    }

    /// Adds partitions to topics, to each of them or with a reason why not.
    pub(crate) fn create_partitions(&mut self, request: &CreatePartitionsRequest) -> Vec<CreatePartitionsTopicResult> {
        let mut times: HashMap<&TopicName, usize> = HashMap::new();
        for topic in &request.topics {
            *times.entry(&topic.name).or_default() += 1;
        }
        let mut named = HashSet::new();
        let mut budget = MAX_NEW_PARTITIONS;
        let mut results = Vec::new();
        for topic in request.topics.iter().filter(|topic| named.insert(&topic.name)) {
            let refusal = match times.get(&topic.name) {
                Some(&1) => self.grow_topic(topic, request.validate_only, &mut budget).err(),
                _ => Some(Refusal::new(ErrorCode::INVALID_REQUEST, "the topic is in the request more than once")),
            };
            results.push(CreatePartitionsTopicResult {
                name: topic.name.clone(),
                error_code: refusal.as_ref().map_or(ErrorCode::NONE, |refusal| refusal.code),
                error_message: refusal.map(|refusal| refusal.message.into()),
            });
        }
        results
    }

    fn grow_topic(
        &mut self,
        request: &CreatePartitionsTopic,
        validate_only: bool,
        budget: &mut usize,
    ) -> Result<(), Refusal> {
        let Some(topic) = self.image.topic(&request.name) else {
            return Err(Refusal::new(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "there is no such topic"));
        };
        let (id, present) = (topic.id, topic.partitions.len());
        let factor = topic.partitions.first().map_or(1, |partition| partition.replicas.len());
        let Some(added) = usize::try_from(request.count).ok().and_then(|count| count.checked_sub(present)) else {
            let why = format!("the topic has {present} partitions, which cannot become {}", request.count);
            return Err(Refusal::new(ErrorCode::INVALID_PARTITIONS, why));
        };
        if added == 0 {
            let why = format!("the topic has {present} partitions already");
            return Err(Refusal::new(ErrorCode::INVALID_PARTITIONS, why));
        }
        within_budget(added, *budget)?;
        let partitions = match &request.assignments {
            Some(assignments) => self.assigned_growth(assignments, added, factor)?,
            None => {
                let factor = self.check_factor(factor as i32)?;
                self.place(present, added, factor)
            }
        };
        *budget -= added;
        if !validate_only {
            self.add_partitions(id, present as i32, partitions);
        }
        Ok(())
    }

    fn assigned_growth(
        &self,
        assignments: &[CreatePartitionsAssignment],
        added: usize,
        factor: usize,
    ) -> Result<Vec<PartitionRegistration>, Refusal> {
        if assignments.len() != added {
            let why = format!("{added} partitions are to be added, but {} are assigned", assignments.len());
            return Err(Refusal::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, why));
        }
        assignments.iter().map(|assignment| self.assigned(&assignment.broker_ids, factor)).collect()
    }
}

fn topic_configs(topic: &CreatableTopic) -> Result<ConfigMap, Refusal> {
    let mut configs = ConfigMap::new();
    for config in &topic.configs {
        let Some(value) = &config.value else {
            return Err(ConfigError::NullTopicConfig { name: config.name.to_string() }.into());
        };
        configs.insert(config.name.to_string(), value.to_string());
    }
    Ok(configs)
}

fn within_budget(count: usize, budget: usize) -> Result<usize, Refusal> {
    if count <= budget {
        return Ok(count);
    }
    let why = format!("one request may create at most {MAX_NEW_PARTITIONS} partitions");
    Err(Refusal::new(ErrorCode::POLICY_VIOLATION, why))
}

/// Every replica starts in sync; see [`partition`](crate::partition) for what that means before replication exists.
fn registration(replicas: Vec<NodeId>) -> PartitionRegistration {
    PartitionRegistration {
        leader: replicas.first().copied().unwrap_or(NodeId::NONE),
        leader_epoch: 0,
        isr: replicas.clone(),
        replicas,
    }
}
