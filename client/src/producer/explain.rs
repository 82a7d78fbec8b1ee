//! What a producer waits for.

use std::{borrow::Cow, sync::atomic::Ordering};

use ottla_protocol::types::NodeId;
use tokio::time::Instant;

use super::shared::{Partition, Shared};
use crate::{TopicPartition, Wait, WaitSubject};

pub(super) fn explain(shared: &Shared) -> Vec<Wait> {
    let client = shared.client.inner();
    let metadata = client.metadata();
    let mut waits: Vec<_> = shared
        .all_partitions()
        .iter()
        .filter_map(|partition| {
            let leader = metadata.leader(&partition.topic, partition.index);
            explain_partition(shared, partition, leader)
        })
        .collect();
    if let Some((since, error)) = client.trouble() {
        waits.push(Wait::new(WaitSubject::Cluster, format!("no metadata: {error}"), since));
    }
    waits.sort_by_key(|wait| wait.since);
    if shared.waiting_for_memory.load(Ordering::Relaxed) > 0 {
        // It waits for the oldest batch, whatever that waits for.
        if let Some(since) = waits.first().map(|wait| wait.since) {
            let reason = "send waits for buffer.memory, which is free again when batches are delivered";
            waits.push(Wait::new(WaitSubject::Application, reason, since));
        }
    }
    waits
}

fn explain_partition(shared: &Shared, partition: &Partition, leader: Option<NodeId>) -> Option<Wait> {
    let queue = partition.lock();
    let (since, error) = queue.trouble()?;
    let in_flight = queue.in_flight_batches();
    let reason: Cow<'static, str> = match (leader, error) {
        (None, _) => "the partition has no leader".into(),
        (Some(node), _) if shared.sender_trouble(node).is_some() => {
            let trouble = shared.sender_trouble(node).map(|(_, error)| error).unwrap_or_default();
            format!("its leader, broker {node}, does not answer: {trouble}").into()
        }
        (Some(node), _) if shared.is_throttled(node, Instant::now()) => {
            format!("its leader, broker {node}, throttles this client").into()
        }
        (Some(node), Some(error)) => format!("being sent again to broker {node} after: {error}").into(),
        (Some(node), None) if in_flight > 0 => {
            format!("{in_flight} batches are under way to broker {node}, {} wait", queue.waiting_batches()).into()
        }
        (Some(_), None) => "the batch takes more records until linger.ms is over".into(),
    };
    let subject = WaitSubject::Partition(TopicPartition::new(partition.topic.clone(), partition.index));
    Some(Wait::new(subject, reason, since))
}
