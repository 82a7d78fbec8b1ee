//! What the sticky assignors guarantee, on groups drawn at random.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    TopicPartition,
    assignor::vectors::{Group, GroupMember, Groups},
    config::AssignorName::{self, CooperativeSticky, Sticky},
};

const SEEDS: std::ops::Range<u64> = 0..600;

/// Groups of every kind, of the eager assignor.
fn groups() -> impl Iterator<Item = Group> {
    SEEDS.flat_map(|seed| {
        [Groups::new(seed).fresh(Sticky), Groups::new(seed).rebalanced(Sticky), Groups::new(seed).contradictory(Sticky)]
    })
}

/// Groups of members that own what they were assigned, without racks.
fn settled(equal_subscriptions: bool) -> impl Iterator<Item = Group> {
    SEEDS.map(move |seed| {
        let mut group = Groups::new(seed).rebalanced(Sticky);
        let topics: Vec<String> = group.topics.iter().map(|(name, _)| name.clone()).collect();
        for member in &mut group.members {
            member.rack.clear();
            if equal_subscriptions {
                member.topics.clone_from(&topics);
            }
        }
        Groups::settle(&mut group);
        group
    })
}

/// The partitions that somebody subscribes to.
fn subscribed(group: &Group) -> BTreeSet<TopicPartition> {
    let topics: BTreeSet<&String> = group.members.iter().flat_map(|member| &member.topics).collect();
    let topics = group.topics.iter().filter(|(name, _)| topics.contains(name));
    topics
        .flat_map(|(name, racks)| (0..racks.len()).map(move |index| TopicPartition::new(name, index as i32)))
        .collect()
}

fn subscribes(member: &GroupMember, partition: &TopicPartition) -> bool {
    member.topics.iter().any(|topic| **topic == *partition.topic)
}

fn owned(group: &Group) -> Vec<Vec<TopicPartition>> {
    group.members.iter().map(|member| member.owned.clone()).collect()
}

/// How many partitions a member that owned them did not get again.
fn lost(member: &GroupMember, assigned: &[TopicPartition]) -> usize {
    member.owned.iter().filter(|partition| !assigned.contains(partition)).count()
}

#[test]
fn each_partition_goes_to_exactly_one_member_that_subscribes_to_it() {
    for group in groups() {
        let assigned = group.assign();
        let all: Vec<&TopicPartition> = assigned.iter().flatten().collect();
        let distinct: BTreeSet<TopicPartition> = all.iter().copied().cloned().collect();
        assert_eq!(all.len(), distinct.len(), "a partition is assigned twice: {group}");
        assert_eq!(distinct, subscribed(&group), "{group}");
        for (member, partitions) in group.members.iter().zip(&assigned) {
            assert!(partitions.iter().all(|partition| subscribes(member, partition)), "{} of {group}", member.id);
        }
    }
}

#[test]
fn no_move_would_bring_two_loads_closer() {
    for group in groups() {
        let assigned = group.assign();
        for from in &assigned {
            for (member, to) in group.members.iter().zip(&assigned).filter(|(_, to)| from.len() > to.len() + 1) {
                let movable = from.iter().find(|partition| subscribes(member, partition));
                assert_eq!(movable, None, "from {from:?} to {to:?}: {group}");
            }
        }
    }
}

#[test]
fn nothing_moves_when_nothing_changed() {
    for group in settled(true).chain(settled(false)) {
        assert_eq!(group.assign(), owned(&group), "{group}");
    }
}

#[test]
fn members_that_stay_lose_nothing_when_one_leaves() {
    for mut group in settled(true).filter(|group| group.members.len() > 1) {
        group.members.pop();
        for (member, assigned) in group.members.iter().zip(group.assign()) {
            assert_eq!(lost(member, &assigned), 0, "{} of {group}", member.id);
        }
    }
}

#[test]
fn only_what_a_new_member_gets_moves_when_one_joins() {
    for mut group in settled(true) {
        let topics = group.members[0].topics.clone();
        group.members.push(GroupMember { id: "new".into(), topics, ..GroupMember::default() });
        let assigned = group.assign();
        let moved: usize = group.members.iter().zip(&assigned).map(|(member, assigned)| lost(member, assigned)).sum();
        assert_eq!(moved, assigned[group.members.len() - 1].len(), "{group}");
    }
}

#[test]
fn a_restarted_member_with_a_new_id_disturbs_nobody_else() {
    for mut group in settled(true) {
        let restarted = &mut group.members[0];
        *restarted = GroupMember { id: "new".into(), topics: restarted.topics.clone(), ..GroupMember::default() };
        for (member, assigned) in group.members.iter().zip(group.assign()) {
            assert_eq!(lost(member, &assigned), 0, "{} of {group}", member.id);
        }
    }
}

#[test]
fn under_the_cooperative_protocol_nobody_gets_what_another_one_still_holds() {
    for seed in SEEDS {
        let group = Groups::new(seed).contradictory(CooperativeSticky);
        for (rank, assigned) in group.assign().iter().enumerate() {
            for partition in assigned.iter().filter(|partition| !group.members[rank].owned.contains(partition)) {
                let holds = |member: &GroupMember| member.owned.contains(partition);
                assert!(!group.members.iter().any(holds), "{partition} of {group}");
            }
        }
    }
}

#[test]
fn a_cooperative_rebalance_ends_after_members_gave_up_what_they_lost() {
    for seed in SEEDS {
        let mut group = Groups::new(seed).contradictory(CooperativeSticky);
        group.members.iter_mut().for_each(|member| member.rack.clear());
        // The first round takes partitions away, the second hands them out, the third changes nothing.
        for generation in 10..12 {
            let assigned = group.assign();
            for (member, partitions) in group.members.iter_mut().zip(assigned) {
                member.owned = partitions;
                member.generation = Some(generation);
            }
        }
        let held: Vec<TopicPartition> = group.members.iter().flat_map(|member| member.owned.clone()).collect();
        assert_eq!(held.len(), subscribed(&group).len(), "{group}");
        assert_eq!(group.assign(), owned(&group), "{group}");
    }
}

/// The assignments of members A, B and so on that subscribe to topic `t` with six partitions and claim these.
fn claimed(assignor: AssignorName, claims: &[(i32, &[i32])]) -> Vec<Vec<i32>> {
    let members = claims.iter().zip('A'..).map(|((generation, partitions), id)| GroupMember {
        id: id.into(),
        generation: Some(*generation),
        topics: vec!["t".into()],
        owned: partitions.iter().map(|partition| TopicPartition::new("t", *partition)).collect(),
        ..GroupMember::default()
    });
    let topics = vec![("t".to_owned(), vec![Vec::new(); 6])];
    let assigned = Group { assignor, topics, members: members.collect() }.assign();
    assigned.into_iter().map(|partitions| partitions.iter().map(|partition| partition.partition).collect()).collect()
}

#[test]
fn a_claim_of_an_older_generation_yields_to_a_newer_one() {
    let claims: [(i32, &[i32]); 2] = [(4, &[0, 1, 2]), (5, &[2, 1, 5])];
    assert_eq!(claimed(Sticky, &claims), [vec![0, 3, 4], vec![1, 2, 5]]);
    // Nobody holds 3 and 4, so they go out at once.
    assert_eq!(claimed(CooperativeSticky, &claims), [vec![0, 3, 4], vec![1, 2, 5]]);
}

#[test]
fn a_claim_of_an_older_generation_holds_while_nobody_contradicts_it() {
    assert_eq!(claimed(Sticky, &[(4, &[0, 3, 5]), (9, &[1, 2, 4])]), [vec![0, 3, 5], vec![1, 2, 4]]);
}

#[test]
fn a_partition_that_two_members_claim_is_assigned_anew() {
    let claims: [(i32, &[i32]); 2] = [(5, &[0, 1, 2]), (5, &[2, 3, 4])];
    let eager = claimed(Sticky, &claims);
    assert_eq!(eager, [vec![0, 1, 2], vec![3, 4, 5]]);
    // Either may be reading it, so both must let go of it first.
    assert_eq!(claimed(CooperativeSticky, &claims), [vec![0, 1], vec![3, 4, 5]]);
}

#[test]
fn claims_of_partitions_that_do_not_exist_count_for_nothing() {
    assert_eq!(claimed(Sticky, &[(5, &[0, 1, 2, 3, 4, 5, 6, -1, i32::MAX])]), [vec![0, 1, 2, 3, 4, 5]]);
    assert_eq!(claimed(CooperativeSticky, &[(5, &[7]), (5, &[-1])]), [vec![0, 2, 4], vec![1, 3, 5]]);
}

#[test]
fn loads_follow_subscriptions_where_these_differ() {
    // A alone may have a, and both b and c: then b and c go to B.
    let member = |id: &str, topics: &[&str]| GroupMember {
        id: id.into(),
        topics: topics.iter().copied().map(str::to_owned).collect(),
        ..GroupMember::default()
    };
    let topics = ["a", "b", "c"].map(|name| (name.to_owned(), vec![Vec::new(); 2])).to_vec();
    let members = vec![member("A", &["a", "b", "c"]), member("B", &["b", "c"])];
    let assigned = Group { assignor: Sticky, topics, members }.assign();
    let loads: BTreeMap<&str, usize> = ["A", "B"].into_iter().zip(assigned.iter().map(Vec::len)).collect();
    assert_eq!(loads, BTreeMap::from([("A", 3), ("B", 3)]));
    assert!(assigned[0].iter().filter(|partition| *partition.topic == *"a").count() == 2);
}
