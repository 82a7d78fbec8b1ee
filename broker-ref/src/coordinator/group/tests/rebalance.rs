use super::*;

#[test]
fn the_first_rebalance_waits_for_the_initial_delay() {
    let mut bench = Bench::new();
    let token = bench.join();
    bench.pass(INITIAL_DELAY_MS - 1);
    assert!(bench.is_waiting(token));
    bench.pass(1);
    assert_eq!(bench.joined(token).generation_id, 1);
}

#[test]
fn members_that_join_extend_the_initial_delay() {
    let mut bench = Bench::new();
    let first = bench.join();
    bench.pass(INITIAL_DELAY_MS - 500);
    let second = bench.join();
    bench.pass(1000);
    assert!(bench.is_waiting(first));
    bench.pass(INITIAL_DELAY_MS);
    assert_eq!(bench.joined(first).generation_id, 1);
    assert_eq!(bench.joined(second).generation_id, 1);
}

#[test]
fn the_initial_delay_is_extended_up_to_the_rebalance_timeout() {
    let mut bench = Bench::new();
    let mut join = |ms| {
        let token = bench.join_with(3, &JoinGroupRequest { rebalance_timeout_ms: 7_000, ..request("") });
        bench.pass(ms);
        (token, bench.is_waiting(token))
    };
    for _ in 0..6 {
        assert!(join(1000).1);
    }
    let (last, waiting) = join(1000);
    assert!(!waiting, "3 s, again 3 s, and the 1 s that is left");
    assert_eq!(bench.joined(last).generation_id, 1);
}

#[test]
fn without_initial_delay_the_first_member_need_not_wait() {
    let mut bench = Bench::with(GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() });
    let token = bench.join();
    bench.pass(0);
    assert_eq!(bench.joined(token).generation_id, 1);
}

#[test]
fn a_later_rebalance_ends_when_everybody_has_rejoined() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    let third = bench.join();
    bench.rejoin(&follower.member_id);
    assert!(bench.is_waiting(third));
    bench.rejoin(&leader.member_id);
    assert_eq!(bench.joined(third).generation_id, 2);
}

#[test]
fn a_later_rebalance_ends_at_the_longest_rebalance_timeout_without_who_is_missing() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    let long = i64::from(REBALANCE_MS) + 10_000;
    let rebalance_timeout_ms = i32::try_from(long).expect("small");
    let third = bench.join_with(3, &JoinGroupRequest { rebalance_timeout_ms, ..request("") });
    bench.rejoin(&follower.member_id);
    bench.pass_alive(long - 1000, &[&leader]);
    assert!(bench.is_waiting(third));
    bench.pass_alive(1000, &[&leader]);
    let third = bench.joined(third);
    assert_eq!(third.generation_id, 2);
    assert_ne!(third.leader, leader.member_id);
    assert_eq!(bench.heartbeat(2, &leader.member_id), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_member_that_is_silent_for_its_session_timeout_is_out() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    bench.pass_alive(i64::from(SESSION_MS) - 1000, &[&follower]);
    assert_eq!(bench.state(), "Stable");
    bench.pass_alive(1000, &[&follower]);
    assert_eq!(bench.state(), "PreparingRebalance");
    assert_eq!(bench.heartbeat(1, &leader.member_id), ErrorCode::UNKNOWN_MEMBER_ID);
    let token = bench.rejoin(&follower.member_id);
    let joined = bench.joined(token);
    assert_eq!((joined.generation_id, joined.members.len()), (2, 1));
}

#[test]
fn a_group_that_loses_its_last_member_is_empty_and_stored() {
    let mut bench = Bench::new();
    bench.single();
    bench.pass(i64::from(SESSION_MS));
    assert_eq!(bench.state(), "Empty");
    let Some(CoordinatorRecord::GroupMetadata { value: Some(value), .. }) = bench.log.last() else {
        panic!("no record of the group")
    };
    assert_eq!((value.generation, value.members.len(), &value.leader), (2, 0, &None));
    assert_eq!(&*value.protocol_type, "consumer");
    assert_eq!(bench.coordinator.next_deadline(), None);
}

#[test]
fn heartbeats_say_what_a_member_has_to_do() {
    let mut bench = Bench::new();
    let first = bench.join();
    let second = bench.join();
    bench.pass(2 * INITIAL_DELAY_MS);
    let (first, second) = (bench.joined(first), bench.joined(second));
    assert_eq!(bench.state(), "CompletingRebalance");
    assert_eq!(bench.heartbeat(1, &first.member_id), ErrorCode::NONE);
    bench.sync(&first);
    bench.sync(&second);
    assert_eq!(bench.heartbeat(1, &first.member_id), ErrorCode::NONE);
    assert_eq!(bench.heartbeat(0, &first.member_id), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(bench.heartbeat(2, &first.member_id), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(bench.heartbeat(1, "nobody"), ErrorCode::UNKNOWN_MEMBER_ID);
    bench.join();
    assert_eq!(bench.heartbeat(1, &first.member_id), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn a_heartbeat_in_a_rebalance_keeps_the_session() {
    let mut bench = Bench::new();
    let member = bench.single();
    bench.join();
    bench.pass_alive(3 * i64::from(SESSION_MS), &[&member]);
    assert_eq!(bench.heartbeat(1, &member.member_id), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn a_heartbeat_to_an_empty_or_unknown_group_is_from_nobody() {
    let mut bench = Bench::new();
    assert_eq!(bench.heartbeat(1, "m"), ErrorCode::UNKNOWN_MEMBER_ID);
    let member = bench.single();
    bench.leave(&[(&member.member_id, None)]);
    assert_eq!(bench.heartbeat(1, &member.member_id), ErrorCode::UNKNOWN_MEMBER_ID);
    let no_group = HeartbeatRequest { group_id: "".into(), ..Default::default() };
    assert_eq!(bench.heartbeat_with(&no_group), ErrorCode::INVALID_GROUP_ID);
}

#[test]
fn members_that_never_ask_for_their_assignment_are_out_after_the_rebalance_timeout() {
    let mut bench = Bench::new();
    let tokens = [bench.join(), bench.join()];
    bench.pass(2 * INITIAL_DELAY_MS);
    let [first, second] = tokens.map(|token| bench.joined(token));
    let (leader, follower) = if first.leader == first.member_id { (first, second) } else { (second, first) };
    bench.sync(&leader);
    assert_eq!(bench.state(), "Stable");
    bench.pass_alive(i64::from(REBALANCE_MS) - 1000 - INITIAL_DELAY_MS, &[&leader, &follower]);
    assert_eq!(bench.state(), "Stable");
    bench.pass_alive(1000 + INITIAL_DELAY_MS, &[&leader, &follower]);
    assert_eq!(bench.state(), "PreparingRebalance");
    assert_eq!(bench.heartbeat(1, &follower.member_id), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(bench.heartbeat(1, &leader.member_id), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn a_leader_that_never_assigns_is_out_and_the_others_join_again() {
    let mut bench = Bench::new();
    let tokens = [bench.join(), bench.join()];
    bench.pass(2 * INITIAL_DELAY_MS);
    let [first, second] = tokens.map(|token| bench.joined(token));
    let (leader, follower) = if first.leader == first.member_id { (first, second) } else { (second, first) };
    let waiting = bench.sync(&follower);
    bench.pass_alive(i64::from(REBALANCE_MS), &[&leader]);
    assert_eq!(bench.synced(waiting).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
    let token = bench.rejoin(&follower.member_id);
    assert_eq!(bench.joined(token).leader, follower.member_id);
}

#[test]
fn who_waits_is_not_expected_to_send_heartbeats() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    let waiting = bench.rejoin(&leader.member_id);
    bench.pass_alive(3 * i64::from(SESSION_MS), &[&follower]);
    assert!(bench.is_waiting(waiting));
    bench.rejoin(&follower.member_id);
    assert_eq!(bench.joined(waiting).generation_id, 2);
}

#[test]
fn a_clock_that_is_set_expires_no_member_and_keeps_none() {
    let mut bench = Bench::new();
    let member = bench.single();
    bench.ahead_ms += 24 * 60 * 60 * 1000;
    bench.pass(i64::from(SESSION_MS) - 1);
    assert_eq!(bench.heartbeat(member.generation_id, &member.member_id), ErrorCode::NONE);
    bench.ahead_ms -= 48 * 60 * 60 * 1000;
    bench.pass(i64::from(SESSION_MS));
    assert_eq!(bench.heartbeat(member.generation_id, &member.member_id), ErrorCode::UNKNOWN_MEMBER_ID);
}
