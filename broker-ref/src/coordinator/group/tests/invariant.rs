//! Random operations: whatever happens, the group stays consistent and everybody gets exactly one reply.

use std::collections::BTreeSet;

use super::*;
use crate::coordinator::group::timer::TimerKey;

/// What a client knows of itself.
#[derive(Clone, Default)]
struct Client {
    instance_id: Option<Str>,
    member_id: Str,
    generation_id: i32,
    members: Vec<Str>,
}

struct World {
    bench: Bench,
    random: fastrand::Rng,
    clients: Vec<Client>,
    /// Requests to join that may still get a reply, and whose they are.
    joining: Vec<(Token, usize)>,
    asked: BTreeSet<Token>,
}

impl World {
    fn new(seed: u64) -> Self {
        let client = |i: usize| Client { instance_id: (i < 2).then(|| format!("i{i}").into()), ..Default::default() };
        Self {
            bench: Bench::with(GroupConfig { max_size: 4, ..GroupConfig::default() }),
            random: fastrand::Rng::with_seed(seed),
            clients: (0..6).map(client).collect(),
            joining: Vec::new(),
            asked: BTreeSet::new(),
        }
    }

    fn step(&mut self) {
        let i = self.random.usize(..self.clients.len());
        self.bench.append_error =
            self.random.choice([None, None, None, Some(ErrorCode::KAFKA_STORAGE_ERROR)]).flatten();
        match self.random.u8(..12) {
            0..=3 => self.join(i),
            4..=6 => self.sync(i),
            7 => {
                self.bench.heartbeat(self.clients[i].generation_id, &self.clients[i].member_id.clone());
            }
            8 => self.leave(i),
            9 => {
                let ms = self.random.i64(0..15_000);
                self.bench.pass(ms);
            }
            10 => self.clients[i].member_id = Str::default(),
            _ if self.random.u8(..10) == 0 => self.bench.fail_over(),
            _ => {}
        }
        self.learn();
    }

    fn join(&mut self, i: usize) {
        let client = &self.clients[i];
        let metadata: &'static [u8] = if self.random.bool() { SUBSCRIPTION } else { b"other" };
        let names: &[&'static str] = if self.random.bool() { &["range"] } else { &["roundrobin", "range"] };
        let protocols = names.iter().map(|name| protocol(name, metadata)).collect();
        let group_instance_id = client.instance_id.clone();
        let request = JoinGroupRequest { protocols, group_instance_id, ..request(&client.member_id) };
        let api_version = self.random.i16(3..=9);
        let token = self.bench.join_with(api_version, &request);
        self.asked.insert(token);
        self.joining.push((token, i));
    }

    fn sync(&mut self, i: usize) {
        let client = &self.clients[i];
        let assign = |member_id: &Str| SyncGroupRequestAssignment {
            member_id: member_id.clone(),
            assignment: Bytes::copy_from_slice(member_id.as_bytes()),
        };
        let request = SyncGroupRequest {
            group_id: GROUP.into(),
            generation_id: client.generation_id,
            member_id: client.member_id.clone(),
            group_instance_id: client.instance_id.clone(),
            assignments: client.members.iter().map(assign).collect(),
            ..Default::default()
        };
        let token = self.bench.sync_with(&request);
        self.asked.insert(token);
    }

    fn leave(&mut self, i: usize) {
        let Client { instance_id, member_id, .. } = self.clients[i].clone();
        self.bench.leave(&[(&member_id, instance_id.as_deref())]);
    }

    /// Takes over what replies to joins say.
    fn learn(&mut self) {
        let Self { bench, clients, joining, .. } = self;
        joining.retain(|(token, i)| {
            let Some(Reply::JoinGroup(response)) = bench.replies.get(token) else { return true };
            if matches!(response.error_code, ErrorCode::NONE | ErrorCode::MEMBER_ID_REQUIRED) {
                let client = &mut clients[*i];
                client.member_id = response.member_id.clone();
                client.generation_id = response.generation_id;
                client.members = response.members.iter().map(|member| member.member_id.clone()).collect();
            }
            false
        });
    }

    fn check(&self) {
        let coordinator = &self.bench.coordinator;
        for group in coordinator.groups.values() {
            group.check_invariants();
        }
        for key in coordinator.timers.keys() {
            let (TimerKey::Join(id) | TimerKey::Sync(id) | TimerKey::Heartbeat(id, _)) = key;
            let group = coordinator.groups.get(id).expect("a timer of a group that is gone");
            if let TimerKey::Heartbeat(_, member_id) = key {
                let is_there = group.members.contains_key(member_id) || group.pending_join.contains(member_id);
                assert!(is_there, "a timer of a member that is gone");
            }
        }
    }
}

#[test]
fn whatever_happens_the_group_is_consistent_and_nobody_waits_for_ever() {
    let mut generations = 0;
    for seed in 0..300 {
        let mut world = World::new(seed);
        for _ in 0..200 {
            world.step();
            world.check();
        }
        generations += world.clients.iter().map(|client| client.generation_id).max().unwrap_or(0);
        // Nobody calls any more: time alone answers everybody and empties the group.
        world.bench.append_error = None;
        world.bench.pass(10 * 60_000);
        world.check();
        let unanswered: Vec<_> = world.asked.iter().filter(|token| world.bench.is_waiting(**token)).collect();
        assert!(unanswered.is_empty(), "seed {seed}: no reply to {unanswered:?}");
        assert!(world.bench.coordinator.groups.values().all(|group| group.is_empty()), "seed {seed}");
        assert_eq!(world.bench.coordinator.next_deadline(), None, "seed {seed}");
    }
    assert!(generations > 1000, "only {generations} generations: the clients get nowhere");
}
