//! Making a consumer.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use ottla_protocol::types::{GroupId, TopicName};

use crate::{
    Client, TopicPartition,
    assignor::{Assignor, RebalanceProtocol},
    backoff::Backoff,
    config::{AssignorName, ConsumerConfig, IsolationLevel, OffsetReset},
};

use super::{
    error::SubscribeError,
    group::{RebalanceListener, Settings, Topics},
    handle::Consumer,
};

/// Makes a [`Consumer`].
#[derive(Clone)]
#[must_use = "nothing is read before `build`"]
pub struct ConsumerBuilder {
    client: Client,
    config: ConsumerConfig,
    assigned: Vec<TopicPartition>,
    topics: Vec<TopicName>,
    pattern: Option<String>,
    assignors: Option<Vec<Arc<dyn Assignor>>>,
    listener: Option<Arc<dyn RebalanceListener>>,
}

impl fmt::Debug for ConsumerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerBuilder")
            .field("config", &self.config)
            .field("assigned", &self.assigned)
            .field("topics", &self.topics)
            .field("pattern", &self.pattern)
            .field("assignors", &self.assignors)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A consumer that belongs to a group: it shares the partitions of the topics that it subscribes to with the other
    /// members, and commits offsets.
    pub fn consumer(&self, group: impl Into<String>) -> ConsumerBuilder {
        let config = ConsumerConfig { group_id: Some(group.into()), ..ConsumerConfig::default() };
        ConsumerBuilder::new(self.clone(), config)
    }

    /// A consumer that reads the partitions it is assigned by hand, and keeps track of its offsets itself.
    pub fn consumer_without_group(&self) -> ConsumerBuilder {
        ConsumerBuilder::new(self.clone(), ConsumerConfig::default())
    }

    /// A consumer with these settings.
    pub fn consumer_from(&self, config: ConsumerConfig) -> ConsumerBuilder {
        ConsumerBuilder::new(self.clone(), config)
    }
}

impl ConsumerBuilder {
    fn new(client: Client, config: ConsumerConfig) -> Self {
        Self {
            client,
            config,
            assigned: Vec::new(),
            topics: Vec::new(),
            pattern: None,
            assignors: None,
            listener: None,
        }
    }

    /// Changes any setting.
    pub fn configure(mut self, change: impl FnOnce(&mut ConsumerConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Begins at the first record there is where no offset is committed (`auto.offset.reset`).
    pub fn from_beginning(self) -> Self {
        self.offset_reset(OffsetReset::Earliest)
    }

    /// Begins after the last record there is where no offset is committed (`auto.offset.reset`). The default.
    pub fn from_end(self) -> Self {
        self.offset_reset(OffsetReset::Latest)
    }

    /// Where to begin where no offset is committed, or the committed one is gone (`auto.offset.reset`).
    pub fn offset_reset(mut self, reset: OffsetReset) -> Self {
        self.config.auto_offset_reset = reset;
        self
    }

    /// Whether to hand out records of open and aborted transactions (`isolation.level`).
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.config.isolation_level = level;
        self
    }

    /// Commits only when told to (`enable.auto.commit`).
    pub fn manual_commit(mut self) -> Self {
        self.config.enable_auto_commit = false;
        self
    }

    /// How often to commit automatically (`auto.commit.interval.ms`).
    pub fn auto_commit_interval(mut self, interval: Duration) -> Self {
        self.config.enable_auto_commit = true;
        self.config.auto_commit_interval = interval;
        self
    }

    /// Hands out at most this many records at once (`max.poll.records`).
    pub fn max_poll_records(mut self, records: usize) -> Self {
        self.config.max_poll_records = records;
        self
    }

    /// The name of a static member, which may restart without a rebalance (`group.instance.id`).
    pub fn group_instance_id(mut self, id: impl Into<String>) -> Self {
        self.config.group_instance_id = Some(id.into());
        self
    }

    /// Assignors in order of preference (`partition.assignment.strategy`).
    pub fn assignors(mut self, assignors: impl IntoIterator<Item = AssignorName>) -> Self {
        self.config.assignors = assignors.into_iter().collect();
        self
    }

    /// Assignors in order of preference, of the application's own too; they take the place of
    /// [`assignors`](Self::assignors).
    pub fn assign_with(mut self, assignors: impl IntoIterator<Item = Arc<dyn Assignor>>) -> Self {
        self.assignors = Some(assignors.into_iter().collect());
        self
    }

    /// Is told when partitions come and go.
    pub fn rebalance_listener(mut self, listener: impl RebalanceListener) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Shares the partitions of these topics with the other members of the group. Topics that are not there yet are
    /// waited for.
    pub fn subscribe(mut self, topics: impl IntoIterator<Item = impl Into<TopicName>>) -> Self {
        self.topics.extend(topics.into_iter().map(Into::into));
        self
    }

    /// Shares the partitions of every topic whose whole name matches a regular expression, those that are created later
    /// too; in place of topics by name. Internal topics match only without `exclude.internal.topics`.
    pub fn subscribe_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// Reads exactly these partitions, whatever other consumers of the group do.
    pub fn assign(mut self, partitions: impl IntoIterator<Item = TopicPartition>) -> Self {
        self.assigned.extend(partitions);
        self
    }

    /// Makes the consumer. It joins its group and begins to fetch in the background; nothing is waited for.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`SubscribeError`] if the settings contradict each other or the subscription.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[expect(clippy::unused_async, reason = "what is subscribed to may need an answer from the cluster one day")]
    pub async fn build(self) -> Result<Consumer, SubscribeError> {
        self.config.validate(self.client.config())?;
        let settings = self.group_settings()?;
        let is_subscribed = self.pattern.is_some() || !self.topics.is_empty();
        if is_subscribed && !self.assigned.is_empty() {
            return Err(SubscribeError::SubscribedAndAssigned);
        }
        let mut consumer = Consumer::new(self.client, self.config, settings, self.listener);
        if let Some(pattern) = &self.pattern {
            consumer.subscribe_pattern(pattern)?;
        } else if is_subscribed {
            consumer.subscribe_to(Topics::names(self.topics))?;
        } else if !self.assigned.is_empty() {
            consumer.assign(self.assigned);
        }
        Ok(consumer)
    }

    fn group_settings(&self) -> Result<Option<Settings>, SubscribeError> {
        let Some(group) = self.config.group_id.as_deref().map(GroupId::from) else { return Ok(None) };
        let assignors = match &self.assignors {
            Some(assignors) => assignors.clone(),
            None => self.config.assignors.iter().map(|name| name.assignor()).collect(),
        };
        let names: HashSet<_> = assignors.iter().map(|assignor| assignor.name()).collect();
        let protocol = RebalanceProtocol::common(&assignors).filter(|_| names.len() == assignors.len());
        Ok(Some(Settings {
            group,
            instance: self.config.group_instance_id.as_deref().map(Into::into),
            rack: self.client.config().client_rack.as_deref().map(Into::into),
            session_timeout: self.config.session_timeout,
            heartbeat_interval: self.config.heartbeat_interval,
            max_poll_interval: self.config.max_poll_interval,
            protocol: protocol.ok_or(SubscribeError::BadAssignors)?,
            backoff: Backoff::retry(self.client.config()),
            assignors,
        }))
    }
}
