use super::*;

fn request_of(member: &JoinGroupResponse) -> SyncGroupRequest {
    SyncGroupRequest {
        group_id: GROUP.into(),
        generation_id: member.generation_id,
        member_id: member.member_id.clone(),
        ..Default::default()
    }
}

/// Two members of a group that waits for its leader to assign: the leader and the follower.
fn assigning(bench: &mut Bench) -> [JoinGroupResponse; 2] {
    let tokens = [bench.join(), bench.join()];
    bench.pass(2 * INITIAL_DELAY_MS);
    let mut joined = tokens.map(|token| bench.joined(token));
    joined.sort_by_key(|member| member.leader != member.member_id);
    joined
}

#[test]
fn a_follower_waits_for_the_leader_to_assign() {
    let mut bench = Bench::new();
    let [leader, follower] = assigning(&mut bench);
    let waiting = bench.sync(&follower);
    assert!(bench.is_waiting(waiting));
    let own = bench.sync(&leader);
    for (token, member) in [(waiting, &follower), (own, &leader)] {
        let synced = bench.synced(token);
        assert_eq!(synced.assignment, member.member_id.as_bytes());
        assert_eq!(
            (synced.protocol_type.as_deref(), synced.protocol_name.as_deref()),
            (Some("consumer"), Some("range"))
        );
    }
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn a_member_that_asks_late_or_again_gets_its_assignment_at_once() {
    let mut bench = Bench::new();
    let [leader, follower] = assigning(&mut bench);
    bench.sync(&leader);
    for _ in 0..2 {
        let token = bench.sync_with(&request_of(&follower));
        assert_eq!(bench.synced(token).assignment, follower.member_id.as_bytes());
    }
}

#[test]
fn members_that_the_leader_leaves_out_get_an_empty_assignment() {
    let mut bench = Bench::new();
    let [leader, follower] = assigning(&mut bench);
    let waiting = bench.sync(&follower);
    bench.sync_with(&request_of(&leader));
    assert_eq!(bench.synced(waiting).error_code, ErrorCode::NONE);
    assert!(bench.synced(waiting).assignment.is_empty());
}

#[test]
fn a_sync_must_be_of_a_member_of_the_generation_and_its_assignor() {
    let mut bench = Bench::new();
    let [leader, _] = assigning(&mut bench);
    let cases = [
        (SyncGroupRequest { group_id: "".into(), ..request_of(&leader) }, ErrorCode::INVALID_GROUP_ID),
        (SyncGroupRequest { group_id: "nosuch".into(), ..request_of(&leader) }, ErrorCode::UNKNOWN_MEMBER_ID),
        (SyncGroupRequest { member_id: "nobody".into(), ..request_of(&leader) }, ErrorCode::UNKNOWN_MEMBER_ID),
        (SyncGroupRequest { group_instance_id: Some("i".into()), ..request_of(&leader) }, ErrorCode::UNKNOWN_MEMBER_ID),
        (SyncGroupRequest { generation_id: 2, ..request_of(&leader) }, ErrorCode::ILLEGAL_GENERATION),
        (
            SyncGroupRequest { protocol_type: Some("connect".into()), ..request_of(&leader) },
            ErrorCode::INCONSISTENT_GROUP_PROTOCOL,
        ),
        (
            SyncGroupRequest { protocol_name: Some("roundrobin".into()), ..request_of(&leader) },
            ErrorCode::INCONSISTENT_GROUP_PROTOCOL,
        ),
    ];
    for (request, code) in cases {
        let token = bench.sync_with(&request);
        assert_eq!(bench.synced(token).error_code, code, "{request:?}");
    }
}

#[test]
fn a_sync_while_members_join_is_told_so() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    bench.rejoin(&leader.member_id);
    let token = bench.sync_with(&request_of(&follower));
    assert_eq!(bench.synced(token).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn who_waits_for_an_assignment_is_told_of_a_new_rebalance() {
    let mut bench = Bench::new();
    let [_, follower] = assigning(&mut bench);
    let waiting = bench.sync(&follower);
    bench.join();
    let told = bench.synced(waiting);
    assert_eq!((told.error_code, told.protocol_name), (ErrorCode::REBALANCE_IN_PROGRESS, None));
}

#[test]
fn of_two_syncs_of_one_member_the_later_counts() {
    let mut bench = Bench::new();
    let [leader, follower] = assigning(&mut bench);
    let former = bench.sync(&follower);
    let later = bench.sync(&follower);
    assert_eq!(bench.synced(former).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
    bench.sync(&leader);
    assert_eq!(bench.synced(later).error_code, ErrorCode::NONE);
}

#[test]
fn an_assignment_that_cannot_be_stored_is_not_given() {
    let mut bench = Bench::new();
    let [leader, follower] = assigning(&mut bench);
    let waiting = bench.sync(&follower);
    bench.append_error = Some(ErrorCode::NOT_ENOUGH_REPLICAS);
    let own = bench.sync(&leader);
    for token in [waiting, own] {
        let told = bench.synced(token);
        assert_eq!((told.error_code, told.assignment.len()), (ErrorCode::COORDINATOR_NOT_AVAILABLE, 0));
    }
    bench.append_error = None;
    assert_eq!(bench.state(), "PreparingRebalance");
    let tokens = [&leader, &follower].map(|member| bench.rejoin(&member.member_id));
    assert_eq!(tokens.map(|token| bench.joined(token).generation_id), [2, 2]);
}
