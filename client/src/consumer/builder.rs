//! Making a consumer.

use std::time::Duration;

use crate::{
    Client, TopicPartition,
    config::{AssignorName, ConsumerConfig, IsolationLevel, OffsetReset},
};

use super::{error::SubscribeError, handle::Consumer};

/// Makes a [`Consumer`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `build`"]
pub struct ConsumerBuilder {
    client: Client,
    config: ConsumerConfig,
    assigned: Vec<TopicPartition>,
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
        Self { client, config, assigned: Vec::new() }
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

    /// Reads exactly these partitions, whatever other consumers of the group do.
    pub fn assign(mut self, partitions: impl IntoIterator<Item = TopicPartition>) -> Self {
        self.assigned.extend(partitions);
        self
    }

    /// Makes the consumer. It begins to fetch in the background; nothing is waited for.
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
        let mut consumer = Consumer::new(self.client, self.config);
        if !self.assigned.is_empty() {
            consumer.assign(self.assigned);
        }
        Ok(consumer)
    }
}
