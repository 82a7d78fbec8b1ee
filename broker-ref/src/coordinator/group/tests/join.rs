use super::*;

#[test]
fn a_stranger_is_told_an_id_and_has_to_come_back_with_it() {
    let mut bench = Bench::new();
    let token = bench.join_with(4, &request(""));
    let told = bench.joined(token);
    assert_eq!(told.error_code, ErrorCode::MEMBER_ID_REQUIRED);
    assert!(told.member_id.starts_with("client-"), "{}", told.member_id);
    assert_eq!(told.member_id.len(), "client-".len() + 36);
    let again = bench.rejoin(&told.member_id);
    assert!(bench.is_waiting(again));
    bench.pass(2 * INITIAL_DELAY_MS);
    assert_eq!(bench.joined(again).member_id, told.member_id);
}

#[test]
fn before_version_4_a_stranger_joins_at_once() {
    let mut bench = Bench::new();
    let token = bench.join_with(3, &request(""));
    assert!(bench.is_waiting(token));
    bench.pass(INITIAL_DELAY_MS);
    let joined = bench.joined(token);
    assert_eq!((joined.error_code, joined.generation_id), (ErrorCode::NONE, 1));
    assert_eq!(joined.leader, joined.member_id);
}

#[test]
fn a_static_member_joins_at_once() {
    let mut bench = Bench::new();
    let token = bench.join_with(9, &static_request("i", ""));
    bench.pass(INITIAL_DELAY_MS);
    let joined = bench.joined(token);
    assert_eq!(joined.error_code, ErrorCode::NONE);
    assert!(joined.member_id.starts_with("i-"));
}

#[test]
fn the_place_of_a_pending_member_is_kept_for_its_session_timeout() {
    let mut bench = Bench::new();
    let token = bench.join_with(9, &request(""));
    let told = bench.joined(token);
    bench.pass(i64::from(SESSION_MS));
    let late = bench.rejoin(&told.member_id);
    assert_eq!(bench.joined(late).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_rebalance_waits_for_pending_members() {
    let mut bench = Bench::new();
    let first = bench.single();
    let asked = bench.join_with(9, &request(""));
    assert_eq!(bench.state(), "Stable");
    let rejoined = bench.rejoin(&first.member_id);
    assert!(bench.is_waiting(rejoined));
    let told = bench.joined(asked).member_id;
    let second = bench.rejoin(&told);
    assert_eq!(bench.joined(rejoined).generation_id, 2);
    assert_eq!(bench.joined(second).generation_id, 2);
}

#[test]
fn a_rebalance_goes_on_without_a_pending_member_that_does_not_come_back() {
    let mut bench = Bench::new();
    let first = bench.single();
    let asked = bench.join_with(9, &request(""));
    assert_eq!(bench.joined(asked).error_code, ErrorCode::MEMBER_ID_REQUIRED);
    let rejoined = bench.rejoin(&first.member_id);
    bench.pass(i64::from(SESSION_MS) - 1);
    assert!(bench.is_waiting(rejoined));
    bench.pass(1);
    assert_eq!(bench.joined(rejoined).generation_id, 2);
}

#[test]
fn session_timeouts_outside_the_range_are_refused() {
    let mut bench = Bench::new();
    for (session_timeout_ms, refused) in [(5_999, true), (6_000, false), (1_800_000, false), (1_800_001, true)] {
        let token = bench.join_with(9, &JoinGroupRequest { session_timeout_ms, ..request("") });
        let code = if refused { ErrorCode::INVALID_SESSION_TIMEOUT } else { ErrorCode::MEMBER_ID_REQUIRED };
        assert_eq!(bench.joined(token).error_code, code, "{session_timeout_ms}");
    }
}

#[test]
fn an_empty_group_id_is_refused() {
    let mut bench = Bench::new();
    let token = bench.join_with(9, &JoinGroupRequest { group_id: "".into(), ..request("m") });
    let refused = bench.joined(token);
    assert_eq!((refused.error_code, &*refused.member_id), (ErrorCode::INVALID_GROUP_ID, "m"));
}

#[test]
fn a_member_of_a_group_that_does_not_exist_is_unknown() {
    let mut bench = Bench::new();
    let token = bench.rejoin("m");
    assert_eq!(bench.joined(token).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(bench.state(), "Dead");
}

#[test]
fn a_join_without_assignors_makes_no_group() {
    let mut bench = Bench::new();
    let no_protocols = JoinGroupRequest { protocols: vec![], ..request("") };
    let no_type = JoinGroupRequest { protocol_type: "".into(), ..request("") };
    for request in [no_protocols, no_type] {
        let token = bench.join_with(9, &request);
        assert_eq!(bench.joined(token).error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    }
    assert_eq!(bench.state(), "Dead");
    assert_eq!(bench.log, []);
}

#[test]
fn a_member_must_share_an_assignor_and_the_type_with_all_others() {
    let mut bench = Bench::new();
    bench.single();
    let other_type = JoinGroupRequest { protocol_type: "connect".into(), ..request("") };
    let other_assignor = JoinGroupRequest { protocols: vec![protocol("sticky", b"")], ..request("") };
    for request in [other_type, other_assignor] {
        let token = bench.join_with(9, &request);
        assert_eq!(bench.joined(token).error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    }
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn an_empty_group_takes_members_of_another_type() {
    let mut bench = Bench::new();
    let member = bench.single();
    bench.leave(&[(&member.member_id, None)]);
    assert_eq!(bench.state(), "Empty");
    let token = bench.join_with(3, &JoinGroupRequest { protocol_type: "connect".into(), ..request("") });
    bench.pass(INITIAL_DELAY_MS);
    assert_eq!(bench.joined(token).protocol_type.as_deref(), Some("connect"));
}

#[test]
fn the_assignor_is_the_one_that_most_members_prefer_of_those_that_all_know() {
    let mut bench = Bench::new();
    let join = |bench: &mut Bench, names: &[&'static str]| {
        let protocols = names.iter().map(|name| protocol(name, SUBSCRIPTION)).collect();
        bench.join_with(3, &JoinGroupRequest { protocols, ..request("") })
    };
    let token = join(&mut bench, &["sticky", "range", "roundrobin"]);
    join(&mut bench, &["roundrobin", "range"]);
    join(&mut bench, &["roundrobin", "range", "sticky"]);
    bench.pass(3 * INITIAL_DELAY_MS);
    assert_eq!(bench.joined(token).protocol_name.as_deref(), Some("roundrobin"));
}

#[test]
fn a_full_group_refuses_members() {
    let mut bench = Bench::with(GroupConfig { max_size: 2, ..GroupConfig::default() });
    bench.pair();
    let token = bench.join_with(9, &request(""));
    let refused = bench.joined(token);
    assert_eq!((refused.error_code, &*refused.member_id), (ErrorCode::GROUP_MAX_SIZE_REACHED, ""));
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn a_group_that_fills_up_while_members_join_refuses_the_last() {
    let mut bench = Bench::with(GroupConfig { max_size: 1, ..GroupConfig::default() });
    let first = bench.join_with(3, &request(""));
    let second = bench.join_with(3, &request(""));
    assert_eq!(bench.joined(second).error_code, ErrorCode::GROUP_MAX_SIZE_REACHED);
    bench.pass(2 * INITIAL_DELAY_MS);
    assert_eq!(bench.joined(first).error_code, ErrorCode::NONE);
}

#[test]
fn members_are_listed_for_the_leader_alone() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    assert_eq!(leader.members.len(), 2);
    assert_eq!(leader.members[0].metadata, SUBSCRIPTION);
    assert_eq!(follower.members, []);
    assert_eq!(follower.leader, leader.member_id);
}

#[test]
fn an_unchanged_follower_of_a_stable_group_gets_the_present_generation() {
    let mut bench = Bench::new();
    let [_, follower] = bench.pair();
    let token = bench.rejoin(&follower.member_id);
    let again = bench.joined(token);
    assert_eq!((again.error_code, again.generation_id, again.members.len()), (ErrorCode::NONE, 1, 0));
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn a_leader_that_rejoins_a_stable_group_begins_a_rebalance() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    let token = bench.rejoin(&leader.member_id);
    assert!(bench.is_waiting(token));
    assert_eq!(bench.heartbeat(1, &follower.member_id), ErrorCode::REBALANCE_IN_PROGRESS);
    bench.rejoin(&follower.member_id);
    assert_eq!(bench.joined(token).generation_id, 2);
}

#[test]
fn a_follower_with_changes_begins_a_rebalance() {
    let mut bench = Bench::new();
    let [_, follower] = bench.pair();
    let protocols = vec![protocol("range", b"something else")];
    let token = bench.join_with(9, &JoinGroupRequest { protocols, ..request(&follower.member_id) });
    assert!(bench.is_waiting(token));
    assert_eq!(bench.state(), "PreparingRebalance");
}

#[test]
fn an_unchanged_member_that_rejoins_before_the_assignment_gets_the_same_generation() {
    let mut bench = Bench::new();
    let tokens = [bench.join(), bench.join()];
    bench.pass(2 * INITIAL_DELAY_MS);
    for joined in tokens.map(|token| bench.joined(token)) {
        let token = bench.rejoin(&joined.member_id);
        assert_eq!(bench.joined(token), joined);
    }
    assert_eq!(bench.state(), "CompletingRebalance");
}

#[test]
fn a_member_with_changes_that_rejoins_before_the_assignment_begins_a_rebalance() {
    let mut bench = Bench::new();
    let token = bench.join();
    bench.pass(INITIAL_DELAY_MS * 2);
    let member_id = bench.joined(token).member_id;
    let protocols = vec![protocol("range", b"something else")];
    let token = bench.join_with(9, &JoinGroupRequest { protocols, ..request(&member_id) });
    assert_eq!(bench.joined(token).generation_id, 2);
}

#[test]
fn of_two_joins_of_one_member_the_later_counts() {
    let mut bench = Bench::new();
    let first = bench.join();
    let asked = bench.join_with(9, &request(""));
    bench.pass(1000);
    let told = bench.joined(asked).member_id;
    let former = bench.rejoin(&told);
    let later = bench.rejoin(&told);
    assert_eq!(bench.joined(former).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
    bench.pass(3 * INITIAL_DELAY_MS);
    assert_eq!(bench.joined(later).generation_id, 1);
    assert_eq!(bench.joined(first).generation_id, 1);
}

#[test]
fn a_new_member_that_has_no_reply_for_5_minutes_is_out() {
    let mut bench = Bench::new();
    let first = bench.single();
    let long = JoinGroupRequest { rebalance_timeout_ms: 3_600_000, session_timeout_ms: 1_800_000, ..request("") };
    // The group waits for its first member, which lives and does not rejoin.
    let rejoined = bench.join_with(3, &JoinGroupRequest { member_id: first.member_id, ..long.clone() });
    let member = bench.joined(rejoined);
    bench.sync(&member);
    let stranger = bench.join_with(3, &long);
    bench.pass_alive(299_000, &[&member]);
    assert!(bench.is_waiting(stranger));
    bench.pass_alive(1_000, &[&member]);
    assert_eq!(bench.joined(stranger).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_group_that_cannot_be_stored_is_gone_and_its_first_member_told() {
    let mut bench = Bench::new();
    bench.append_error = Some(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    let waiting = bench.join_with(3, &request(""));
    assert_eq!(bench.joined(waiting).error_code, ErrorCode::NOT_COORDINATOR);
    let told = bench.join_with(9, &request(""));
    assert_eq!(bench.joined(told).error_code, ErrorCode::MEMBER_ID_REQUIRED);
    assert_eq!(bench.state(), "Dead");
    assert_eq!(bench.coordinator.next_deadline(), None);
}

#[test]
fn version_0_has_one_timeout_for_both() {
    let mut bench = Bench::new();
    let member = bench.join_with(0, &JoinGroupRequest { rebalance_timeout_ms: -1, ..request("") });
    bench.pass(INITIAL_DELAY_MS);
    let member = bench.joined(member);
    bench.sync(&member);
    let joining = bench.join_with(0, &JoinGroupRequest { rebalance_timeout_ms: -1, ..request("") });
    bench.pass_alive(i64::from(SESSION_MS) - 1000, &[&member]);
    assert!(bench.is_waiting(joining));
    bench.pass_alive(1000, &[&member]);
    assert_eq!(bench.joined(joining).generation_id, 2);
}
