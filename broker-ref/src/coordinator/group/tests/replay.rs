use super::*;

#[test]
fn a_new_group_survives_a_failover() {
    let mut bench = Bench::new();
    bench.join_with(9, &request(""));
    let (key, value) = bench.log[0].encode().expect("encodable");
    assert_eq!(key, &b"\0\x02\0\x01g"[..]);
    assert_eq!(value.expect("a value"), &b"\0\x03\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\x0f\x42\x40\0\0\0\0"[..]);
    bench.fail_over();
    assert_eq!(bench.state(), "Empty");
}

#[test]
fn members_survive_a_failover_and_must_be_heard_of() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    bench.fail_over();
    let described = bench.described();
    assert_eq!((&*described.group_state, &*described.protocol_data), ("Stable", "range"));
    assert_eq!(described.members.len(), 2);
    assert_eq!(described.members[0].member_assignment, described.members[0].member_id.as_bytes());
    assert_eq!(described.members[0].member_metadata, SUBSCRIPTION);
    assert_eq!(described.members[0].client_host, "/127.0.0.1");
    assert_eq!(bench.heartbeat(1, &follower.member_id), ErrorCode::NONE);
    bench.pass_alive(i64::from(SESSION_MS), &[&follower]);
    assert_eq!(bench.heartbeat(1, &leader.member_id), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn who_waits_when_the_coordinator_moves_is_told_to_look_for_it() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    let joining = bench.rejoin(&leader.member_id);
    bench.fail_over();
    assert_eq!(bench.joined(joining).error_code, ErrorCode::NOT_COORDINATOR);
    bench.rejoin(&leader.member_id);
    bench.rejoin(&follower.member_id);
    assert_eq!(bench.state(), "CompletingRebalance");
    let waiting = bench.sync_with(&SyncGroupRequest {
        group_id: GROUP.into(),
        generation_id: 2,
        member_id: follower.member_id.clone(),
        ..Default::default()
    });
    bench.fail_over();
    assert_eq!(bench.synced(waiting).error_code, ErrorCode::NOT_COORDINATOR);
}

#[test]
fn a_group_that_is_larger_than_now_allowed_shrinks() {
    let mut bench = Bench::new();
    let [leader, follower] = bench.pair();
    bench.coordinator.config.max_size = 1;
    bench.fail_over();
    assert_eq!(bench.state(), "PreparingRebalance");
    let first = bench.rejoin(&leader.member_id);
    let second = bench.rejoin(&follower.member_id);
    assert_eq!(bench.joined(second).error_code, ErrorCode::GROUP_MAX_SIZE_REACHED);
    bench.pass(i64::from(REBALANCE_MS));
    assert_eq!(bench.joined(first).members.len(), 1);
}

#[test]
fn an_unknown_group_is_dead_and_from_version_6_on_an_error() {
    let bench = Bench::new();
    let describe = |version| bench.coordinator.describe_groups(version, &["nosuch".into()]).remove(0);
    assert_eq!((describe(5).error_code, &*describe(5).group_state), (ErrorCode::NONE, "Dead"));
    assert_eq!(describe(6).error_code, ErrorCode::GROUP_ID_NOT_FOUND);
    assert!(describe(6).error_message.is_some());
}

#[test]
fn groups_are_listed_by_state_and_type() {
    let mut bench = Bench::new();
    bench.single();
    let list = |states: &[&'static str], types: &[&'static str]| {
        let texts = |names: &[&'static str]| names.iter().map(|name| Str::from_static(name)).collect::<Vec<_>>();
        bench.coordinator.list_groups(&texts(states), &texts(types)).len()
    };
    assert_eq!(list(&[], &[]), 1);
    assert_eq!(list(&["stable"], &["Classic"]), 1);
    assert_eq!(list(&["Empty"], &[]), 0);
    assert_eq!(list(&["Empty", "Stable"], &["consumer", "classic"]), 1);
    assert_eq!(list(&[], &["consumer"]), 0);
    let listed = bench.coordinator.list_groups(&[], &[]).remove(0);
    assert_eq!((&*listed.group_state, &*listed.group_type, &*listed.protocol_type), ("Stable", "classic", "consumer"));
}

#[test]
fn a_group_that_rebalances_is_described_without_metadata() {
    let mut bench = Bench::new();
    bench.single();
    bench.join();
    let described = bench.described();
    assert_eq!((&*described.group_state, &*described.protocol_data), ("PreparingRebalance", ""));
    assert_eq!(described.members.len(), 2);
    assert!(described.members.iter().all(|member| member.member_metadata.is_empty()));
}
