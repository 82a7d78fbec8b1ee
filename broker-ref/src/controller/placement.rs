//! Which nodes hold a new partition.

use ottla_protocol::types::NodeId;

/// Spreads partitions over nodes as Kafka does without racks: partition i starts at node (i + start) mod n, and its
/// further replicas follow at a distance that grows by one with every round.
#[derive(Clone, Debug)]
pub(crate) struct Placement<'a> {
    nodes: &'a [NodeId],
    start: usize,
    shift: usize,
}

impl<'a> Placement<'a> {
    /// Over these nodes, beginning at the `start`-th.
    pub(crate) fn new(nodes: &'a [NodeId], start: usize, shift: usize) -> Self {
        Self { nodes, start, shift }
    }

    /// The replicas of a partition, the preferred leader first.
    pub(crate) fn replicas(&self, partition: usize, replication_factor: usize) -> Vec<NodeId> {
        let n = self.nodes.len();
        if n == 0 {
            return Vec::new();
        }
        let first = (partition + self.start) % n;
        let shift = self.shift + partition / n;
        let follower = |j: usize| (first + 1 + (shift + j) % (n - 1).max(1)) % n;
        let places = std::iter::once(first).chain((0..replication_factor.saturating_sub(1)).map(follower));
        places.take(n).filter_map(|place| self.nodes.get(place).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn leaders_go_round_and_followers_are_distinct() {
        let nodes: Vec<NodeId> = (1..=5).map(NodeId).collect();
        let placement = Placement::new(&nodes, 2, 0);
        for partition in 0..20 {
            let replicas = placement.replicas(partition, 3);
            assert_eq!(replicas[0], nodes[(partition + 2) % 5]);
            assert_eq!(replicas.iter().collect::<HashSet<_>>().len(), 3, "{replicas:?}");
        }
        // The second round leads from the same nodes with other followers.
        assert_ne!(placement.replicas(0, 3)[1..], placement.replicas(5, 3)[1..]);
    }

    #[test]
    fn one_node_holds_everything() {
        let placement = Placement::new(&[NodeId(1)], 0, 0);
        assert_eq!(placement.replicas(3, 1), [NodeId(1)]);
    }
}
