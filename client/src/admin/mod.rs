//! Administration: topics, records, offsets, settings, groups, brokers.
//!
//! [`Client::admin`] gives an [`Admin`], which has one method for each thing to do. What holds for all of them:
//!
//! - A call that names several things gives [`Outcomes`], a result for each. [`Outcomes::all`] is the shortest way to say
//!   that none may fail.
//! - A call finds the right broker by itself: the leader of a partition, the coordinator of a group, the broker whose
//!   settings are asked for, or else any.
//! - What may pass (a leader that moves, a connection that breaks) is tried again, with backoff, until `default.api.timeout.ms`
//!   is over, or the [`timeout`](Admin::timeout) set for this handle. Attempts that change something and whose outcome
//!   is not known are not glossed over: see [`AdminError::Uncertain`] and [`AdminError::possibly_done`].
//! - What the broker is too old for is an error that names the version it lacks.
//! - Calls that read are cancel safe. Those that change something are not, for a request that was sent is carried out
//!   although the future was dropped; the client and later calls are unharmed in any case.
//!
//! ```no_run
//! use ottla_client::{Client, admin::NewTopic};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let admin = Client::connect("localhost:9092")?.admin();
//! let orders = admin.create_topic(NewTopic::new("orders").partitions(6).config("retention.ms", "86400000")).await?;
//! println!("created with id {}", orders.id);
//! # Ok(())
//! # }
//! ```

#[expect(clippy::disallowed_methods, reason = "an edge: a call has a deadline")]
mod call;
mod cluster;
mod configs;
mod describe_topics;
mod error;
mod group_lag;
mod group_offsets;
mod group_reset;
mod groups;
mod leaders;
mod log_dirs;
mod offsets;
mod outcomes;
mod producers;
#[expect(clippy::disallowed_methods, reason = "an edge: it waits for brokers")]
mod propagation;
mod quorum;
mod records;
mod rounds;
mod topics;

use std::time::Duration;

use ottla_protocol::api_key::ApiKey;

use self::{
    call::Call,
    rounds::{Rounds, Rule},
};
pub use self::{
    cluster::{BrokerDescription, ClusterDescription},
    configs::{
        ConfigChange, ConfigDetail, ConfigEntry, ConfigResource, ConfigResourceType, ConfigSource, ConfigSynonym,
        ConfigType,
    },
    describe_topics::{PartitionDescription, TopicDescription, TopicListing},
    error::AdminError,
    group_lag::PartitionLag,
    group_offsets::{GroupOffsets, GroupOffsetsQuery},
    group_reset::{OffsetMove, ResetScope, ResetTarget},
    groups::{GroupDescription, GroupFilter, GroupListing, GroupMember, MemberToRemove},
    log_dirs::{LogDirDescription, ReplicaDescription},
    offsets::{EpochEnd, ListedOffset, OffsetSpec},
    outcomes::Outcomes,
    producers::ProducerState,
    quorum::{QuorumDescription, QuorumEndpoint, QuorumReplica},
    records::RecordsToDelete,
    topics::{CreatedTopic, NewPartitions, NewTopic},
};
use crate::Client;

/// Administers a cluster. Clones are cheap and share the client's connections.
#[derive(Clone, Debug)]
pub struct Admin {
    client: Client,
    timeout: Duration,
}

impl Client {
    /// Administration of the cluster.
    pub fn admin(&self) -> Admin {
        Admin { client: self.clone(), timeout: self.config().default_api_timeout }
    }
}

impl Admin {
    /// Limits each call of this handle, with all its attempts, to this time instead of `default.api.timeout.ms`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The client it belongs to.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn rounds<K, T>(&self, api: ApiKey, rule: Rule, keys: impl IntoIterator<Item = K>) -> Rounds<K, T>
    where
        K: Clone + Eq + std::hash::Hash + std::fmt::Display,
    {
        Rounds::new(Call::new(self.client.inner().clone(), api, self.timeout), api, rule, keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TopicPartition, config::IsolationLevel};

    fn spawnable<F: Future + Send>(_: F) {}

    #[tokio::test]
    async fn calls_can_be_spawned() {
        let admin = Client::connect("localhost:1").expect("valid servers").admin();
        let partition = || TopicPartition::new("t", 0);
        spawnable(admin.create_topics([NewTopic::new("t")]));
        spawnable(admin.delete_topics(["t"]));
        spawnable(admin.describe_topics(["t"]));
        spawnable(admin.list_offsets([(partition(), OffsetSpec::Latest)], IsolationLevel::ReadUncommitted));
        spawnable(admin.delete_records([(partition(), RecordsToDelete::All)]));
        spawnable(admin.describe_configs([ConfigResource::topic("t")]));
        spawnable(admin.incremental_alter_configs([(ConfigResource::topic("t"), Vec::new())]));
        spawnable(admin.describe_log_dirs([], None));
        spawnable(admin.list_groups(&GroupFilter::default()));
        spawnable(admin.describe_groups(["g"]));
        spawnable(admin.remove_members_from_group("g", [], ""));
        spawnable(admin.list_offsets_of_groups([], false));
        spawnable(admin.alter_group_offsets("g", [(partition(), 0)]));
        spawnable(admin.reset_group_offsets("g", ResetScope::Committed, ResetTarget::Latest));
    }
}
