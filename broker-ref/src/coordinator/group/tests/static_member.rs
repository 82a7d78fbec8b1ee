use super::*;

/// A stable group of two static members, `a` and `b`: the leader and the follower.
fn static_pair(bench: &mut Bench) -> [(&'static str, JoinGroupResponse); 2] {
    let tokens = ["a", "b"].map(|instance_id| (instance_id, bench.join_with(9, &static_request(instance_id, ""))));
    bench.pass(2 * INITIAL_DELAY_MS);
    let mut joined = tokens.map(|(instance_id, token)| (instance_id, bench.joined(token)));
    joined.sort_by_key(|(_, member)| member.leader != member.member_id);
    for (_, member) in &joined {
        bench.sync(member);
    }
    assert_eq!(bench.state(), "Stable");
    joined
}

#[test]
fn a_follower_that_restarts_keeps_its_assignment_without_a_rebalance() {
    let mut bench = Bench::new();
    let [(_, leader), (instance_id, follower)] = static_pair(&mut bench);
    let token = bench.join_with(9, &static_request(instance_id, ""));
    let restarted = bench.joined(token);
    assert_eq!((restarted.error_code, restarted.generation_id), (ErrorCode::NONE, 1));
    assert_ne!(restarted.member_id, follower.member_id);
    assert_eq!((&restarted.leader, restarted.skip_assignment), (&leader.member_id, false));
    assert_eq!(bench.state(), "Stable");
    let token = bench.sync(&restarted);
    assert_eq!(bench.synced(token).assignment, follower.member_id.as_bytes());
}

#[test]
fn a_leader_that_restarts_is_told_to_skip_the_assignment() {
    let mut bench = Bench::new();
    let [(instance_id, leader), _] = static_pair(&mut bench);
    let token = bench.join_with(9, &static_request(instance_id, ""));
    let restarted = bench.joined(token);
    assert!(restarted.skip_assignment);
    assert_eq!(restarted.leader, restarted.member_id);
    assert_eq!(restarted.members.len(), 2);
    let token = bench.sync_with(&SyncGroupRequest {
        group_id: GROUP.into(),
        generation_id: 1,
        member_id: restarted.member_id,
        group_instance_id: Some(instance_id.into()),
        ..Default::default()
    });
    assert_eq!(bench.synced(token).assignment, leader.member_id.as_bytes());
}

#[test]
fn before_version_9_a_leader_that_restarts_does_not_know_that_it_leads() {
    let mut bench = Bench::new();
    let [(instance_id, leader), _] = static_pair(&mut bench);
    let token = bench.join_with(8, &static_request(instance_id, ""));
    let restarted = bench.joined(token);
    assert_eq!((&restarted.leader, restarted.members.len()), (&leader.member_id, 0));
    assert!(!restarted.skip_assignment);
}

#[test]
fn the_former_id_of_a_member_that_restarted_is_fenced() {
    let mut bench = Bench::new();
    let [_, (instance_id, follower)] = static_pair(&mut bench);
    bench.join_with(9, &static_request(instance_id, ""));
    let (group_id, member_id) = (GROUP.into(), follower.member_id.clone());
    let group_instance_id = Some(instance_id.into());
    let heartbeat = HeartbeatRequest { group_id, generation_id: 1, member_id, group_instance_id };
    assert_eq!(bench.heartbeat_with(&heartbeat), ErrorCode::FENCED_INSTANCE_ID);
    let token = bench.join_with(9, &static_request(instance_id, &follower.member_id));
    assert_eq!(bench.joined(token).error_code, ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(bench.heartbeat(1, &follower.member_id), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn the_new_id_is_stored() {
    let mut bench = Bench::new();
    let [_, (instance_id, _)] = static_pair(&mut bench);
    let token = bench.join_with(9, &static_request(instance_id, ""));
    let restarted = bench.joined(token);
    bench.fail_over();
    assert_eq!(bench.heartbeat(1, &restarted.member_id), ErrorCode::NONE);
}

#[test]
fn a_new_id_that_cannot_be_stored_is_not_given() {
    let mut bench = Bench::new();
    let [(_, leader), (instance_id, follower)] = static_pair(&mut bench);
    bench.append_error = Some(ErrorCode::KAFKA_STORAGE_ERROR);
    let token = bench.join_with(9, &static_request(instance_id, ""));
    assert_eq!(bench.joined(token).error_code, ErrorCode::NOT_COORDINATOR);
    assert_eq!(bench.state(), "Stable");
    for member in [&leader, &follower] {
        assert_eq!(bench.heartbeat(1, &member.member_id), ErrorCode::NONE);
    }
    let token = bench.sync(&follower);
    assert_eq!(bench.synced(token).assignment, follower.member_id.as_bytes());
}

#[test]
fn a_restart_that_changes_the_assignor_begins_a_rebalance() {
    let mut bench = Bench::new();
    let [_, (instance_id, _)] = static_pair(&mut bench);
    let protocols = vec![protocol("roundrobin", SUBSCRIPTION)];
    let token = bench.join_with(9, &JoinGroupRequest { protocols, ..static_request(instance_id, "") });
    assert!(bench.is_waiting(token));
    assert_eq!(bench.state(), "PreparingRebalance");
}

#[test]
fn a_restart_before_the_assignment_begins_a_rebalance() {
    let mut bench = Bench::new();
    let tokens = ["a", "b"].map(|instance_id| bench.join_with(9, &static_request(instance_id, "")));
    bench.pass(2 * INITIAL_DELAY_MS);
    let joined = tokens.map(|token| bench.joined(token));
    assert_eq!(bench.state(), "CompletingRebalance");
    let follower = joined.iter().find(|member| member.leader != member.member_id).expect("a follower");
    let waiting = bench.sync(follower);
    let instance_id = follower.member_id.split('-').next().expect("an instance id");
    bench.join_with(9, &static_request(instance_id, ""));
    assert_eq!(bench.synced(waiting).error_code, ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(bench.state(), "PreparingRebalance");
}

#[test]
fn who_waits_to_join_is_fenced_by_a_second_client_with_its_instance_id() {
    let mut bench = Bench::new();
    let first = bench.join_with(9, &static_request("a", ""));
    let second = bench.join_with(9, &static_request("a", ""));
    assert_eq!(bench.joined(first).error_code, ErrorCode::FENCED_INSTANCE_ID);
    bench.pass(2 * INITIAL_DELAY_MS);
    let joined = bench.joined(second);
    assert_eq!((joined.error_code, joined.members.len()), (ErrorCode::NONE, 1));
}

#[test]
fn an_instance_id_that_nobody_has_is_unknown() {
    let mut bench = Bench::new();
    let [(_, leader), _] = static_pair(&mut bench);
    let token = bench.join_with(9, &static_request("c", &leader.member_id));
    assert_eq!(bench.joined(token).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_static_member_that_is_away_when_a_rebalance_ends_stays_until_its_session_timeout() {
    let mut bench = Bench::new();
    let long = JoinGroupRequest { session_timeout_ms: 120_000, ..static_request("a", "") };
    let away = bench.join_with(9, &long);
    let here = bench.join_with(9, &static_request("b", ""));
    bench.pass(2 * INITIAL_DELAY_MS);
    let [away, here] = [away, here].map(|token| bench.joined(token));
    for member in [&away, &here] {
        bench.sync(member);
    }
    bench.sync(&away);
    let protocols = vec![protocol("range", b"something else")];
    let rejoined = JoinGroupRequest { protocols, ..static_request("b", &here.member_id) };
    let token = bench.join_with(9, &rejoined);
    bench.pass(i64::from(REBALANCE_MS));
    assert_eq!(bench.joined(token).generation_id, 2);
    assert_eq!(bench.described().members.len(), 2);
}

#[test]
fn what_a_member_says_with_a_new_id_that_cannot_be_stored_does_not_count() {
    let mut bench = Bench::new();
    let [_, (instance_id, follower)] = static_pair(&mut bench);
    bench.append_error = Some(ErrorCode::KAFKA_STORAGE_ERROR);
    let protocols = vec![protocol("range", b"something else")];
    bench.join_with(9, &JoinGroupRequest { protocols, ..static_request(instance_id, "") });
    bench.append_error = None;
    let token = bench.join_with(9, &static_request(instance_id, &follower.member_id));
    assert_eq!(bench.joined(token).generation_id, 1);
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn a_member_that_restarts_before_it_asked_for_its_assignment_still_has_to_ask() {
    let mut bench = Bench::new();
    let tokens = ["a", "b"].map(|instance_id| (instance_id, bench.join_with(9, &static_request(instance_id, ""))));
    bench.pass(2 * INITIAL_DELAY_MS);
    let mut joined = tokens.map(|(instance_id, token)| (instance_id, bench.joined(token)));
    joined.sort_by_key(|(_, member)| member.leader != member.member_id);
    let [(_, leader), (instance_id, _)] = joined;
    bench.sync(&leader);
    let token = bench.join_with(9, &static_request(instance_id, ""));
    let restarted = bench.joined(token);
    assert_eq!(bench.state(), "Stable");
    bench.pass_alive(i64::from(REBALANCE_MS), &[&leader, &restarted]);
    assert_eq!(bench.state(), "PreparingRebalance");
    assert_eq!(bench.heartbeat(1, &restarted.member_id), ErrorCode::UNKNOWN_MEMBER_ID);
}
