//! What an application does when partitions come and go.

use std::{collections::HashMap, fmt, future::Future, pin::Pin, sync::Arc};

use tokio::{sync::mpsc, time::Instant};

use crate::{
    TopicPartition,
    consumer::{
        commit::{Commit, Deadline},
        error::{CommitError, OffsetError},
        handle::{Committing, send_commit, send_commit_until},
        position::{OffsetAndMetadata, SeekTo},
        query,
        shared::Shared,
    },
};

/// A future on the heap, as methods of a trait object return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Is told when partitions come and go, to load and save state that belongs to them.
///
/// The methods run within the application's calls of [`recv`](crate::consumer::Consumer::recv) and its like, and no
/// record is handed out before they are done. If such a call is dropped meanwhile, the next one goes on with the same
/// future. The group waits for the member to give partitions up for no longer than `max.poll.interval.ms`.
pub trait RebalanceListener: Send + Sync + 'static {
    /// These partitions were assigned, in addition to those that the member has already. Seek here to begin elsewhere than
    /// at the committed offsets.
    fn on_assigned<'a>(&'a self, context: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        let _ = (context, partitions);
        Box::pin(std::future::ready(()))
    }

    /// These partitions are about to be given up. They still belong to this member: commit what was processed. With
    /// automatic commits, the positions are committed afterwards, for at most `default.api.timeout.ms` or
    /// `max.poll.interval.ms`, whichever is less.
    fn on_revoked<'a>(&'a self, context: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        let _ = (context, partitions);
        Box::pin(std::future::ready(()))
    }

    /// These partitions were taken away: other members may have them already, and nothing can be committed for them.
    fn on_lost<'a>(&'a self, context: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        let _ = (context, partitions);
        Box::pin(std::future::ready(()))
    }
}

/// What a [`RebalanceListener`] can do with its consumer.
#[derive(Clone)]
pub struct RebalanceContext {
    pub(in crate::consumer) shared: Arc<Shared>,
    pub(in crate::consumer) commits: mpsc::UnboundedSender<Commit>,
}

impl RebalanceContext {
    /// Commits the positions of all partitions: every record handed out so far counts as processed. The commit goes on
    /// whether or not the returned future is awaited.
    pub fn commit(&self) -> Committing {
        let offsets = self.shared.assignment().uncommitted();
        send_commit(&self.shared, &self.commits, offsets)
    }

    /// Commits these offsets, each the next one to read. The commit goes on whether or not the returned future is awaited.
    pub fn commit_offsets(&self, offsets: impl IntoIterator<Item = (TopicPartition, OffsetAndMetadata)>) -> Committing {
        send_commit(&self.shared, &self.commits, offsets.into_iter().collect())
    }

    /// What the group has committed for these partitions; those without a committed offset are left out.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`OffsetError`].
    pub async fn committed(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Result<HashMap<TopicPartition, OffsetAndMetadata>, OffsetError> {
        let group = self.shared.group.as_ref().ok_or(OffsetError::NoGroup)?;
        let partitions: Vec<_> = partitions.into_iter().collect();
        query::committed(&self.shared.inner, group, &partitions).await
    }

    /// The offset of the next record to be handed out, if it is known.
    pub fn position(&self, partition: &TopicPartition) -> Option<i64> {
        self.shared.assignment().position(partition).map(|position| position.offset)
    }

    /// Goes on from another place in a partition.
    ///
    /// # Errors
    /// [`OffsetError::NotAssigned`].
    #[expect(clippy::disallowed_methods, reason = "the application seeks now")]
    pub fn seek(&self, partition: &TopicPartition, to: SeekTo) -> Result<(), OffsetError> {
        let moved = self.shared.assignment().seek(Instant::now(), partition, to, -1);
        self.shared.wake_all();
        if moved { Ok(()) } else { Err(OffsetError::NotAssigned { partition: partition.clone() }) }
    }

    /// Commits the positions of these partitions, in the time that a rebalance has.
    pub(super) async fn commit_positions(&self, partitions: &[TopicPartition]) -> Result<(), CommitError> {
        let mut offsets = self.shared.assignment().uncommitted();
        offsets.retain(|partition, _| partitions.contains(partition));
        if offsets.is_empty() {
            return Ok(());
        }
        let deadline = Deadline::after(self.shared.handover_timeout());
        let committing = send_commit_until(&self.shared, &self.commits, offsets, deadline);
        // An earlier commit may take longer.
        let committed = tokio::time::timeout_at(deadline.at, committing).await;
        committed.unwrap_or(Err(CommitError::Timeout { after: deadline.after, cause: None }))
    }
}

impl fmt::Debug for RebalanceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RebalanceContext").field("group", &self.shared.group).finish_non_exhaustive()
    }
}
