//! The application's part in a rebalance.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Handover, RebalanceContext, RebalanceListener};
use crate::TopicPartition;

/// Does what a handover takes, and tells the member.
pub(in crate::consumer) async fn hand_over(
    context: RebalanceContext,
    listener: Option<Arc<dyn RebalanceListener>>,
    handover: Handover,
) {
    match &handover {
        Handover::Assigned(partitions) => {
            if let Some(listener) = listener {
                listener.on_assigned(&context, partitions).await;
            }
        }
        Handover::Revoke(partitions) => {
            if let Some(listener) = listener {
                listener.on_revoked(&context, partitions).await;
            }
            commit(&context, partitions).await;
            remove(&context, partitions);
        }
        Handover::Lost(partitions) => {
            if let Some(listener) = listener {
                listener.on_lost(&context, partitions).await;
            }
            remove(&context, partitions);
        }
    }
    context.shared.member().handed_over(Instant::now());
    context.shared.wake_all();
}

/// What was handed out counts as processed, for the application asks for more.
async fn commit(context: &RebalanceContext, partitions: &[TopicPartition]) {
    if !context.shared.config.enable_auto_commit {
        return;
    }
    if let Err(error) = context.commit_positions(partitions).await {
        tracing::warn!(%error, "partitions were given up without a commit; some records will be read again");
    }
}

fn remove(context: &RebalanceContext, partitions: &[TopicPartition]) {
    let mut assignment = context.shared.assignment();
    partitions.iter().for_each(|partition| assignment.remove(partition));
}
