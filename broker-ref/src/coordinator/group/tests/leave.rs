use super::*;

#[test]
fn a_member_that_leaves_begins_a_rebalance() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    let left = bench.leave(&[(&leader.member_id, None)]);
    assert_eq!((left.error_code, left.members[0].error_code), (ErrorCode::NONE, ErrorCode::NONE));
    assert_eq!(bench.heartbeat(1, &follower.member_id), ErrorCode::REBALANCE_IN_PROGRESS);
    let token = bench.rejoin(&follower.member_id);
    assert_eq!(bench.joined(token).leader, follower.member_id);
}

#[test]
fn a_batch_says_of_each_member_whether_it_left() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    let joining = bench.join_with(9, &static_request("i", ""));
    let tokens = [&leader, &follower].map(|member| bench.rejoin(&member.member_id));
    let static_member = bench.joined(joining);
    assert_eq!(tokens.map(|token| bench.joined(token).generation_id), [2, 2]);
    let left = bench.leave(&[
        ("", Some("i")),
        ("", Some("nobody")),
        ("", None),
        ("nobody", None),
        (&follower.member_id, Some("nobody")),
        (&follower.member_id, None),
        (&follower.member_id, None),
    ]);
    let codes: Vec<ErrorCode> = left.members.iter().map(|member| member.error_code).collect();
    let (none, unknown) = (ErrorCode::NONE, ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(codes, [none, unknown, unknown, unknown, unknown, none, unknown]);
    assert_eq!(bench.heartbeat(2, &static_member.member_id), unknown);
    assert_eq!(bench.state(), "PreparingRebalance");
}

#[test]
fn a_static_member_with_a_former_id_cannot_leave() {
    let mut bench = Bench::new();
    bench.join_with(9, &static_request("i", ""));
    bench.pass(INITIAL_DELAY_MS);
    let left = bench.leave(&[("former", Some("i"))]);
    assert_eq!(left.members[0].error_code, ErrorCode::FENCED_INSTANCE_ID);
}

#[test]
fn a_batch_in_which_nobody_left_begins_no_rebalance() {
    let mut bench = Bench::new();
    bench.pair();
    bench.leave(&[("nobody", None)]);
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn a_pending_member_can_leave() {
    let mut bench = Bench::new();
    let first = bench.single();
    let asked = bench.join_with(9, &request(""));
    let told = bench.joined(asked).member_id;
    let waiting = bench.rejoin(&first.member_id);
    assert!(bench.is_waiting(waiting));
    let left = bench.leave(&[(&told, None)]);
    assert_eq!(left.members[0].error_code, ErrorCode::NONE);
    assert_eq!(bench.joined(waiting).generation_id, 2);
}

#[test]
fn who_leaves_while_it_waits_is_told_so() {
    let mut bench = Bench::new();
    let [leader, _] = bench.pair();
    let waiting = bench.rejoin(&leader.member_id);
    bench.leave(&[(&leader.member_id, None)]);
    assert_eq!(bench.joined(waiting).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn who_leaves_while_it_waits_for_an_assignment_is_told_so() {
    let mut bench = Bench::new();
    let tokens = [bench.join(), bench.join()];
    bench.pass(2 * INITIAL_DELAY_MS);
    let joined = tokens.map(|token| bench.joined(token));
    let follower = joined.iter().find(|member| member.leader != member.member_id).expect("a follower");
    let waiting = bench.sync(follower);
    bench.leave(&[(&follower.member_id, None)]);
    assert_eq!(bench.synced(waiting).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn the_last_member_leaves_an_empty_group() {
    let mut bench = Bench::new();
    let member = bench.single();
    bench.leave(&[(&member.member_id, None)]);
    assert_eq!(bench.state(), "Empty");
    assert_eq!(bench.coordinator.next_deadline(), None);
    bench.fail_over();
    assert_eq!(bench.state(), "Empty");
}

#[test]
fn up_to_version_2_the_result_is_that_of_the_only_member() {
    let mut bench = Bench::new();
    let member = bench.single();
    let mut leave = |group: &str, member_id: &str| {
        let (group_id, member_id) = (group.into(), member_id.into());
        let left = bench.leave_with(2, &LeaveGroupRequest { group_id, member_id, ..Default::default() });
        assert_eq!(left.members, []);
        left.error_code
    };
    assert_eq!(leave("", "m"), ErrorCode::INVALID_GROUP_ID);
    assert_eq!(leave("nosuch", "m"), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(leave(GROUP, "nobody"), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(leave(GROUP, &member.member_id), ErrorCode::NONE);
}
