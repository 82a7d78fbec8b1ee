//! The partitions that are assigned to a consumer and where it is in each: what to look up, what to fetch from whom,
//! what is ready to be taken.
//!
//! A partition goes through the phases of [`Phase`]. Whoever acts on it, a lookup or a fetch, carries the *version* of its
//! position, and what comes back for an older version is dropped: that is how a seek or a rebalance makes everything under
//! way void without waiting for it.
//!
//! Bytes are bounded three times: in total, per partition (a fair share of the total), and per response. A partition is
//! asked for `max.partition.fetch.bytes`, or half its share if that is less, while no more than as much again is buffered:
//! enough to read from while the answer is on its way, and little enough to be in the caches of the processor. A single
//! batch larger than that comes whole.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    time::Duration,
};

use ottla_protocol::{error_code::ErrorCode, messages::fetch::PartitionData, types::NodeId, wire::Uuid};
use tokio::time::Instant;

use crate::{
    TopicPartition,
    backoff::Backoff,
    config::{ConsumerConfig, IsolationLevel, OffsetReset},
    explain::{Wait, WaitSubject},
    metadata::ClusterMetadata,
};

use super::{
    error::{BadBatch, ConsumeError},
    fetch::{Chunk, ChunkError, UnderWay, Wanted, position_after},
    metrics::ConsumerMetrics,
    position::{OffsetAndMetadata, Position, SeekTo, Watermarks},
};

/// What stands between an assigned partition and its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The group's committed offset is to be looked up.
    Committed,
    /// An offset is to be looked up.
    Lookup(OffsetTarget),
    /// The leader changed, so the log up to the position may have: that is to be checked.
    Validate,
    /// Records can be fetched.
    Fetch,
    /// An error waits for the application to decide.
    Failed,
}

/// An offset to look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OffsetTarget {
    Earliest,
    Latest,
    /// Milliseconds since the epoch.
    Timestamp(i64),
    /// So long ago.
    Age(Duration),
}

/// Where to begin with a partition.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// At the group's committed offset.
    Committed,
    /// As `auto.offset.reset` says.
    Reset,
}

/// A partition at a version of its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) partition: TopicPartition,
    pub(super) version: u64,
}

/// Something to look up.
#[derive(Clone, Debug)]
pub(super) enum Lookup {
    /// Committed offsets, at the coordinator.
    Committed(Vec<Ticket>),
    /// Offsets, at a leader.
    Offsets(NodeId, Vec<OffsetLookup>),
    /// Whether positions are still in the log, at a leader.
    Epochs(NodeId, Vec<EpochLookup>),
}

#[derive(Clone, Debug)]
pub(super) struct OffsetLookup {
    pub(super) ticket: Ticket,
    pub(super) target: OffsetTarget,
    pub(super) current_leader_epoch: i32,
}

#[derive(Clone, Debug)]
pub(super) struct EpochLookup {
    pub(super) ticket: Ticket,
    pub(super) leader_epoch: i32,
    pub(super) current_leader_epoch: i32,
}

/// What to do next.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) lookups: Vec<Lookup>,
    /// The brokers to fetch from.
    pub(super) nodes: Vec<NodeId>,
    /// Whether newer metadata is needed.
    pub(super) refresh: bool,
    /// When to ask again without an event.
    pub(super) next: Option<Instant>,
}

/// What to fetch from a broker.
#[derive(Debug, Default)]
pub(super) struct FetchPlan {
    pub(super) wanted: Vec<Wanted>,
    /// Bytes that are set aside for the response; give them back with [`Assignment::unreserve`].
    pub(super) max_bytes: usize,
    /// When to ask again without an event.
    pub(super) next: Option<Instant>,
}

impl FetchPlan {
    /// Begins with another partition each round.
    pub(super) fn rotate(&mut self, round: u64) {
        if let Some(turn) = (round as usize).checked_rem(self.wanted.len()) {
            self.wanted.rotate_left(turn);
        }
    }
}

/// What is ready for the application.
#[derive(Debug)]
pub(super) enum Ready {
    Chunk(Chunk),
    Error(ConsumeError),
}

/// Settings that matter here.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    reset: OffsetReset,
    max_buffered_bytes: usize,
    fetch_max_bytes: usize,
    max_partition_fetch_bytes: usize,
    read_committed: bool,
    /// For how long a follower is fetched from before the leader is asked again.
    follower_lease: Duration,
    backoff: Backoff,
}

impl Settings {
    pub(super) fn new(config: &ConsumerConfig, backoff: Backoff, follower_lease: Duration) -> Self {
        Self {
            reset: config.auto_offset_reset,
            max_buffered_bytes: config.max_buffered_bytes,
            fetch_max_bytes: config.fetch_max_bytes,
            max_partition_fetch_bytes: config.max_partition_fetch_bytes,
            read_committed: config.isolation_level == IsolationLevel::ReadCommitted,
            follower_lease,
            backoff,
        }
    }
}

/// The assigned partitions.
#[derive(Debug)]
pub(super) struct Assignment {
    settings: Settings,
    partitions: HashMap<TopicPartition, Partition>,
    /// Partitions with chunks, in the order in which to take from them.
    ready: VecDeque<TopicPartition>,
    /// Brokers that are left alone for a while: since when, until when and why.
    held_off: HashMap<NodeId, (Instant, Instant, String)>,
    buffered: usize,
    reserved: usize,
    next_version: u64,
    resets: u64,
    truncations: u64,
    rng: fastrand::Rng,
}

#[derive(Debug)]
struct Partition {
    version: u64,
    /// The version at which it was assigned.
    assigned_version: u64,
    topic_id: Uuid,
    /// The leader's epoch by metadata, for which the position was found to be in the log.
    leader_epoch: i32,
    phase: Phase,
    since: Instant,
    retry: Retry,
    /// Where the application is, once that is known.
    position: Option<Position>,
    /// What the group has as committed, as far as this consumer knows.
    committed: Option<i64>,
    /// Where to fetch.
    fetch: Position,
    paused: Option<Instant>,
    chunks: VecDeque<Chunk>,
    /// Since when the application has taken nothing of what there is.
    waiting_since: Instant,
    /// Bytes in the chunks and in those taken but not released.
    buffered: usize,
    high_watermark: i64,
    last_stable_offset: i64,
    log_start_offset: i64,
    /// A follower to fetch from and until when.
    follower: Option<(NodeId, Instant)>,
    left_out: bool,
    error: Option<ConsumeError>,
}

/// Attempts at what the phase needs.
#[derive(Debug, Default)]
struct Retry {
    in_flight: bool,
    failures: u32,
    not_before: Option<Instant>,
    /// Why the last attempt failed, and since when none succeeds.
    trouble: Option<(Cow<'static, str>, Instant)>,
}

impl Retry {
    fn fail(&mut self, now: Instant, delay: Duration, reason: impl Into<Cow<'static, str>>) {
        self.in_flight = false;
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now + delay);
        let since = self.trouble.as_ref().map_or(now, |(_, since)| *since);
        self.trouble = Some((reason.into(), since));
    }

    /// When to try, if that is not now.
    fn later(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|at| *at > now)
    }
}

impl Partition {
    fn enter(&mut self, now: Instant, phase: Phase) {
        self.phase = phase;
        self.since = now;
        self.retry = Retry::default();
    }

    fn fail(&mut self, now: Instant, error: ConsumeError) {
        self.enter(now, Phase::Failed);
        self.error = Some(error);
    }

    /// Goes on from here, with nothing buffered.
    fn go_to(&mut self, now: Instant, position: Position) {
        self.position = Some(position);
        self.fetch = position;
        // An epoch tells whether the leader's log is the one that the offset comes from.
        self.enter(now, if position.leader_epoch >= 0 { Phase::Validate } else { Phase::Fetch });
    }

    fn node(&self, partition: &TopicPartition, now: Instant, metadata: &ClusterMetadata) -> Option<NodeId> {
        let follower = self.follower.filter(|(node, until)| *until > now && metadata.broker(*node).is_some());
        follower.map(|(node, _)| node).or_else(|| metadata.leader(&partition.topic, partition.partition))
    }

    fn end_offset(&self, read_committed: bool) -> i64 {
        if read_committed { self.last_stable_offset } else { self.high_watermark }
    }
}

impl Assignment {
    pub(super) fn new(settings: Settings, rng: fastrand::Rng) -> Self {
        Self {
            settings,
            partitions: HashMap::new(),
            ready: VecDeque::new(),
            held_off: HashMap::new(),
            buffered: 0,
            reserved: 0,
            next_version: 0,
            resets: 0,
            truncations: 0,
            rng,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    pub(super) fn partitions(&self) -> impl Iterator<Item = &TopicPartition> {
        self.partitions.keys()
    }

    /// Adds a partition, unless it is there already.
    pub(super) fn add(&mut self, now: Instant, partition: &TopicPartition, start: Start) {
        if self.partitions.contains_key(partition) {
            return;
        }
        let version = self.new_version();
        let mut new = Partition {
            version,
            assigned_version: version,
            topic_id: Uuid::ZERO,
            leader_epoch: -1,
            phase: Phase::Committed,
            since: now,
            retry: Retry::default(),
            position: None,
            committed: None,
            fetch: Position::new(0, -1),
            paused: None,
            chunks: VecDeque::new(),
            waiting_since: now,
            buffered: 0,
            high_watermark: -1,
            last_stable_offset: -1,
            log_start_offset: -1,
            follower: None,
            left_out: false,
            error: None,
        };
        match start {
            Start::Committed => {}
            Start::Reset => {
                let error = || ConsumeError::NoOffset { partition: partition.clone() };
                reset(self.settings.reset, now, partition, &mut new, error);
                self.resets += 1;
            }
        }
        self.partitions.insert(partition.clone(), new);
    }

    /// Removes a partition and what is buffered of it.
    pub(super) fn remove(&mut self, partition: &TopicPartition) {
        self.discard(partition);
        self.partitions.remove(partition);
    }

    /// Removes all partitions.
    pub(super) fn clear(&mut self) {
        self.partitions.clear();
        self.ready.clear();
        self.buffered = 0;
    }

    /// Moves a partition. False if it is not assigned.
    pub(super) fn seek(&mut self, now: Instant, partition: &TopicPartition, to: SeekTo, leader_epoch: i32) -> bool {
        if !self.partitions.contains_key(partition) {
            return false;
        }
        self.discard(partition);
        let version = self.new_version();
        let Some(state) = self.partitions.get_mut(partition) else { return false };
        state.version = version;
        state.error = None;
        match to {
            SeekTo::Offset(offset) => state.go_to(now, Position::new(offset, leader_epoch)),
            SeekTo::Beginning => state.enter(now, Phase::Lookup(OffsetTarget::Earliest)),
            SeekTo::End => state.enter(now, Phase::Lookup(OffsetTarget::Latest)),
            SeekTo::Timestamp(timestamp) => state.enter(now, Phase::Lookup(OffsetTarget::Timestamp(timestamp))),
        }
        if !matches!(to, SeekTo::Offset(_)) {
            state.position = None;
        }
        true
    }

    /// Stops or goes on handing out a partition. False if it is not assigned.
    pub(super) fn set_paused(&mut self, now: Instant, partition: &TopicPartition, paused: bool) -> bool {
        let Some(state) = self.partitions.get_mut(partition) else { return false };
        state.paused = paused.then(|| state.paused.unwrap_or(now));
        true
    }

    pub(super) fn is_paused(&self, partition: &TopicPartition) -> bool {
        self.partitions.get(partition).is_some_and(|state| state.paused.is_some())
    }

    /// At which version a partition was assigned: another one after it was taken away and came back.
    pub(super) fn assigned_version(&self, partition: &TopicPartition) -> Option<u64> {
        self.partitions.get(partition).map(|state| state.assigned_version)
    }

    pub(super) fn position(&self, partition: &TopicPartition) -> Option<Position> {
        self.partitions.get(partition)?.position
    }

    /// How many records are between the position and the end, if both are known.
    pub(super) fn lag(&self, partition: &TopicPartition) -> Option<u64> {
        let state = self.partitions.get(partition)?;
        let end = Some(state.end_offset(self.settings.read_committed)).filter(|end| *end >= 0)?;
        Some(u64::try_from(end - state.position?.offset).unwrap_or(0))
    }

    /// The edges of the log as of the last fetch, if there was one.
    pub(super) fn watermarks(&self, partition: &TopicPartition) -> Option<Watermarks> {
        let state = self.partitions.get(partition).filter(|state| state.high_watermark >= 0)?;
        Some(Watermarks {
            log_start_offset: state.log_start_offset,
            last_stable_offset: state.last_stable_offset,
            high_watermark: state.high_watermark,
        })
    }

    /// Bytes that wait to be taken.
    pub(super) fn buffered_bytes(&self) -> usize {
        self.buffered
    }

    fn new_version(&mut self) -> u64 {
        self.next_version += 1;
        self.next_version
    }

    /// Drops what is buffered of a partition.
    fn discard(&mut self, partition: &TopicPartition) {
        if let Some(state) = self.partitions.get_mut(partition) {
            state.chunks.clear();
            self.buffered -= std::mem::take(&mut state.buffered);
        }
        self.ready.retain(|ready| ready != partition);
    }

    fn delay(&mut self, failures: u32) -> Duration {
        self.settings.backoff.delay(failures + 1, &mut self.rng)
    }

    /// The positions that are not committed yet.
    pub(super) fn uncommitted(&self) -> HashMap<TopicPartition, OffsetAndMetadata> {
        let uncommitted = self.partitions.iter().filter_map(|(partition, state)| {
            let position = state.position.filter(|position| state.committed != Some(position.offset))?;
            Some((partition.clone(), position.into()))
        });
        uncommitted.collect()
    }

    /// Notes what the group has as committed.
    pub(super) fn note_committed(&mut self, partition: &TopicPartition, offset: i64) {
        if let Some(state) = self.partitions.get_mut(partition) {
            state.committed = Some(offset);
        }
    }

    // --- Lookups ---

    /// Takes over what metadata says and tells what to do next.
    pub(super) fn work(&mut self, now: Instant, metadata: &ClusterMetadata) -> Work {
        self.note_metadata(now, metadata);
        let mut work = Work::default();
        let mut committed = Vec::new();
        let mut offsets: HashMap<NodeId, Vec<OffsetLookup>> = HashMap::new();
        let mut epochs: HashMap<NodeId, Vec<EpochLookup>> = HashMap::new();
        for (partition, state) in &mut self.partitions {
            if state.phase == Phase::Failed || state.retry.in_flight {
                continue;
            }
            if let Some(at) = state.retry.later(now) {
                earliest(&mut work.next, at);
                continue;
            }
            let ticket = || Ticket { partition: partition.clone(), version: state.version };
            if state.phase == Phase::Committed {
                committed.push(ticket());
                state.retry.in_flight = true;
                continue;
            }
            let Some(node) = metadata.leader(&partition.topic, partition.partition) else {
                work.refresh = true;
                let delay = self.settings.backoff.delay(state.retry.failures + 1, &mut self.rng);
                state.retry.fail(now, delay, missing_leader(metadata, partition));
                earliest(&mut work.next, now + delay);
                continue;
            };
            let current_leader_epoch = state.leader_epoch;
            match state.phase {
                Phase::Lookup(target) => {
                    offsets.entry(node).or_default().push(OffsetLookup {
                        ticket: ticket(),
                        target,
                        current_leader_epoch,
                    });
                    state.retry.in_flight = true;
                }
                Phase::Validate => {
                    let leader_epoch = state.fetch.leader_epoch;
                    let lookup = EpochLookup { ticket: ticket(), leader_epoch, current_leader_epoch };
                    epochs.entry(node).or_default().push(lookup);
                    state.retry.in_flight = true;
                }
                Phase::Fetch => {
                    let node = state.node(partition, now, metadata).unwrap_or(node);
                    if !work.nodes.contains(&node) {
                        work.nodes.push(node);
                    }
                }
                Phase::Committed | Phase::Failed => {}
            }
        }
        if !committed.is_empty() {
            work.lookups.push(Lookup::Committed(committed));
        }
        work.lookups.extend(offsets.into_iter().map(|(node, lookups)| Lookup::Offsets(node, lookups)));
        work.lookups.extend(epochs.into_iter().map(|(node, lookups)| Lookup::Epochs(node, lookups)));
        work
    }

    fn note_metadata(&mut self, now: Instant, metadata: &ClusterMetadata) {
        let mut anew = Vec::new();
        for (partition, state) in &mut self.partitions {
            let Some(topic) = metadata.topic(&partition.topic) else { continue };
            let Some(known) = topic.partition(partition.partition) else { continue };
            if topic.id != state.topic_id {
                if !state.topic_id.is_zero() && !topic.id.is_zero() {
                    anew.push(partition.clone());
                    // Epochs begin again with the topic.
                    state.leader_epoch = -1;
                }
                state.topic_id = topic.id;
            }
            if known.leader_epoch > state.leader_epoch {
                let changed = state.leader_epoch >= 0;
                state.leader_epoch = known.leader_epoch;
                state.follower = None;
                if changed && state.phase == Phase::Fetch && state.fetch.leader_epoch >= 0 {
                    state.enter(now, Phase::Validate);
                }
            }
        }
        for partition in anew {
            self.created_anew(now, &partition);
        }
    }

    /// The log of a topic that was created anew begins at 0, and nothing of it has been read.
    fn created_anew(&mut self, now: Instant, partition: &TopicPartition) {
        self.discard(partition);
        let version = self.new_version();
        let Some(state) = self.partitions.get_mut(partition) else { return };
        tracing::debug!(%partition, "the topic was created anew");
        state.version = version;
        state.follower = None;
        if self.settings.reset == OffsetReset::Error {
            state.fail(now, ConsumeError::TopicCreatedAnew { partition: partition.clone() });
        } else {
            state.enter(now, Phase::Lookup(OffsetTarget::Earliest));
        }
    }

    /// The partition that a ticket is for, unless it has moved on.
    fn redeem(&mut self, ticket: &Ticket) -> Option<&mut Partition> {
        let state = self.partitions.get_mut(&ticket.partition).filter(|state| state.version == ticket.version)?;
        state.retry.in_flight = false;
        Some(state)
    }

    /// Notes the group's committed offset; `None` if there is none.
    pub(super) fn found_committed(&mut self, now: Instant, ticket: &Ticket, offset: Option<Position>) {
        let policy = self.settings.reset;
        let Some(state) = self.redeem(ticket).filter(|state| state.phase == Phase::Committed) else { return };
        match offset {
            Some(position) => {
                state.committed = Some(position.offset);
                state.go_to(now, position);
            }
            None => {
                let error = || ConsumeError::NoOffset { partition: ticket.partition.clone() };
                reset(policy, now, &ticket.partition, state, error);
                self.resets += 1;
            }
        }
    }

    /// Notes an offset that was looked up; `None` if no record is as young as that.
    pub(super) fn found_offset(&mut self, now: Instant, ticket: &Ticket, offset: Option<i64>) {
        let Some(state) = self.redeem(ticket) else { return };
        if !matches!(state.phase, Phase::Lookup(_)) {
            return;
        }
        let Some(offset) = offset else {
            state.enter(now, Phase::Lookup(OffsetTarget::Latest));
            return;
        };
        let position = Position::new(offset, -1);
        // What is buffered comes first, and so does the rest of a chunk that was taken: the position follows with it.
        if state.buffered == 0 {
            state.position = Some(position);
        }
        state.fetch = position;
        state.enter(now, Phase::Fetch);
    }

    /// Notes where the leader's log ends for the epoch of the position; `None` if it does not know the epoch.
    pub(super) fn found_epoch_end(&mut self, now: Instant, ticket: &Ticket, end: Option<Position>) {
        let policy = self.settings.reset;
        let Some(state) = self.redeem(ticket).filter(|state| state.phase == Phase::Validate) else { return };
        let fetch = state.fetch;
        match end {
            Some(end) if end.offset >= fetch.offset => state.enter(now, Phase::Fetch),
            end => self.truncated(now, &ticket.partition, policy, end),
        }
    }

    /// The log no longer has the records before the position.
    fn truncated(&mut self, now: Instant, partition: &TopicPartition, policy: OffsetReset, end: Option<Position>) {
        self.truncations += 1;
        self.discard(partition);
        let version = self.new_version();
        let Some(state) = self.partitions.get_mut(partition) else { return };
        state.version = version;
        let position = state.position.unwrap_or(state.fetch);
        tracing::debug!(%partition, ?position, ?end, "the log was truncated");
        match end {
            // Only what was fetched ahead is affected.
            Some(end) if end.offset >= position.offset => {
                state.fetch = position;
                state.enter(now, Phase::Fetch);
            }
            // Where the logs part is the best place to go on: nothing is skipped, nothing read twice.
            Some(end) if policy != OffsetReset::Error => {
                let position = Position::new(end.offset, end.leader_epoch);
                state.position = Some(position);
                state.fetch = position;
                state.enter(now, Phase::Fetch);
            }
            _ => {
                let error = || ConsumeError::LogTruncated {
                    partition: partition.clone(),
                    offset: position.offset,
                    end_offset: end.map(|end| end.offset),
                };
                reset(policy, now, partition, state, error);
                self.resets += 1;
            }
        }
    }

    /// Notes that positions need no check because the leader cannot do it.
    pub(super) fn cannot_validate(&mut self, now: Instant, ticket: &Ticket) {
        if let Some(state) = self.redeem(ticket).filter(|state| state.phase == Phase::Validate) {
            state.enter(now, Phase::Fetch);
        }
    }

    /// Notes that a lookup failed and is to be tried again.
    pub(super) fn lookup_failed(&mut self, now: Instant, ticket: &Ticket, reason: impl Into<Cow<'static, str>>) {
        let failures = self.partitions.get(&ticket.partition).map_or(0, |state| state.retry.failures);
        let delay = self.delay(failures);
        if let Some(state) = self.redeem(ticket) {
            state.retry.fail(now, delay, reason);
        }
    }

    /// Notes that a lookup was refused for good.
    pub(super) fn lookup_refused(&mut self, now: Instant, ticket: &Ticket, code: ErrorCode) {
        if let Some(state) = self.redeem(ticket) {
            state.fail(now, ConsumeError::Refused { partition: ticket.partition.clone(), code });
        }
    }

    // --- Fetches ---

    /// What to fetch from a broker now, beside what is under way: `most` bytes at most.
    pub(super) fn plan(
        &mut self,
        now: Instant,
        node: NodeId,
        metadata: &ClusterMetadata,
        under_way: &UnderWay,
        most: usize,
    ) -> FetchPlan {
        let mut plan = FetchPlan::default();
        let share = (self.settings.max_buffered_bytes / self.partitions.len().max(1)).max(1);
        let max_bytes = self.settings.max_partition_fetch_bytes.min((share / 2).max(1));
        for (partition, state) in &mut self.partitions {
            if state.phase != Phase::Fetch
                || state.paused.is_some()
                || state.node(partition, now, metadata) != Some(node)
                || under_way.covers(partition, state.version, state.fetch.offset)
            {
                continue;
            }
            if let Some(at) = state.retry.later(now) {
                earliest(&mut plan.next, at);
                continue;
            }
            state.left_out = state.buffered > max_bytes;
            if state.left_out {
                continue;
            }
            plan.wanted.push(Wanted {
                partition: partition.clone(),
                topic_id: state.topic_id,
                version: state.version,
                offset: state.fetch.offset,
                current_leader_epoch: state.leader_epoch,
                max_bytes: i32::try_from(max_bytes).unwrap_or(i32::MAX),
            });
        }
        self.reserve(&mut plan, metadata.brokers.len(), most);
        plan
    }

    /// Sets bytes aside for the response, and drops the plan if there are none.
    fn reserve(&mut self, plan: &mut FetchPlan, nodes: usize, most: usize) {
        let total = self.settings.max_buffered_bytes;
        let free = total.saturating_sub(self.buffered + self.reserved);
        let wanted =
            plan.wanted.iter().map(|want| want.max_bytes.unsigned_abs() as usize).fold(0, usize::saturating_add);
        plan.max_bytes =
            self.settings.fetch_max_bytes.min(most).min(wanted).min(free).min((total / nodes.max(1)).max(1));
        if plan.max_bytes == 0 && !plan.wanted.is_empty() {
            for want in plan.wanted.drain(..) {
                if let Some(state) = self.partitions.get_mut(&want.partition) {
                    state.left_out = true;
                }
            }
        }
        if plan.wanted.is_empty() {
            plan.max_bytes = 0;
        }
        self.reserved += plan.max_bytes;
    }

    /// Gives back what a plan set aside, after its response or its failure.
    pub(super) fn unreserve(&mut self, bytes: usize) {
        self.reserved -= bytes;
    }

    /// The partition that was fetched, unless it has moved on.
    fn current(&mut self, want: &Wanted) -> Option<&mut Partition> {
        self.partitions.get_mut(&want.partition).filter(|state| {
            state.version == want.version && state.phase == Phase::Fetch && state.fetch.offset == want.offset
        })
    }

    /// Takes what a broker returned for a partition. True if newer metadata is needed.
    pub(super) fn fetched(&mut self, now: Instant, node: NodeId, want: &Wanted, data: &PartitionData) -> bool {
        let policy = self.settings.reset;
        let lease = self.settings.follower_lease;
        let Some(state) = self.current(want) else { return false };
        if data.error_code != ErrorCode::NONE {
            return self.fetch_refused(now, node, want, data.error_code);
        }
        if data.diverging_epoch.end_offset >= 0 {
            let end = Position::new(data.diverging_epoch.end_offset, data.diverging_epoch.epoch);
            self.truncated(now, &want.partition, policy, Some(end));
            return false;
        }
        state.retry = Retry::default();
        state.high_watermark = data.high_watermark;
        state.last_stable_offset =
            if data.last_stable_offset >= 0 { data.last_stable_offset } else { data.high_watermark };
        state.log_start_offset = data.log_start_offset;
        if data.preferred_read_replica.0 >= 0 {
            state.follower = Some((data.preferred_read_replica, now + lease));
        }
        let Some(bytes) = data.records.as_ref().filter(|records| !records.is_empty()) else { return false };
        match position_after(bytes) {
            Ok(Some(end)) if end.offset <= want.offset => self.retry_fetch(
                now,
                &want.partition,
                "the broker returned records before the position, and none after it",
            ),
            Ok(Some(end)) => {
                let aborted = data.aborted_transactions.clone().unwrap_or_default();
                self.buffer(now, want, end, bytes.0.clone(), aborted);
                false
            }
            // A broker that cuts off the first batch is too old to return it whole.
            Ok(None) => self.retry_fetch(now, &want.partition, "a batch larger than max.partition.fetch.bytes"),
            Err(error) => self.unreadable(now, want, BadBatch::from(ChunkError::from(error))),
        }
    }

    /// The batch at the position to fetch from is bad. What is buffered before it stays, and is handed out first.
    fn unreadable(&mut self, now: Instant, want: &Wanted, reason: BadBatch) -> bool {
        self.retry_fetch(now, &want.partition, reason.to_string());
        if let Some(state) = self.partitions.get_mut(&want.partition) {
            let (partition, offset) = (want.partition.clone(), want.offset);
            state.error = Some(ConsumeError::BadBatch { partition, offset, reason });
        }
        false
    }

    fn buffer(
        &mut self,
        now: Instant,
        want: &Wanted,
        end: Position,
        bytes: bytes::Bytes,
        aborted: Vec<ottla_protocol::messages::fetch::AbortedTransaction>,
    ) {
        let Some(state) = self.partitions.get_mut(&want.partition) else { return };
        let offset = state.fetch.offset;
        state.fetch = end;
        state.since = now;
        if state.buffered == 0 {
            state.waiting_since = now;
        }
        state.buffered += bytes.len();
        self.buffered += bytes.len();
        if state.chunks.is_empty() {
            self.ready.push_back(want.partition.clone());
        }
        state.chunks.push_back(Chunk {
            partition: want.partition.clone(),
            version: want.version,
            offset,
            bytes,
            aborted,
        });
    }

    fn fetch_refused(&mut self, now: Instant, node: NodeId, want: &Wanted, code: ErrorCode) -> bool {
        let policy = self.settings.reset;
        let Some(state) = self.current(want) else { return false };
        let from_follower = state.follower.is_some_and(|(follower, _)| follower == node);
        if from_follower {
            // The leader knows better.
            state.follower = None;
            state.since = now;
            return code.invalidates_metadata();
        }
        match code {
            ErrorCode::OFFSET_OUT_OF_RANGE => {
                let (partition, offset) = (want.partition.clone(), want.offset);
                tracing::debug!(%partition, offset, "out of range");
                reset(policy, now, &want.partition, state, || ConsumeError::OffsetOutOfRange { partition, offset });
                self.resets += 1;
                false
            }
            ErrorCode::TOPIC_AUTHORIZATION_FAILED | ErrorCode::INVALID_TOPIC_EXCEPTION => {
                state.fail(now, ConsumeError::Refused { partition: want.partition.clone(), code });
                false
            }
            // It will not get better by itself, so it must not be waited for without a word.
            ErrorCode::CORRUPT_MESSAGE => self.unreadable(now, want, BadBatch::Stored),
            // The one that is behind is the client.
            ErrorCode::FENCED_LEADER_EPOCH
            | ErrorCode::UNKNOWN_TOPIC_ID
            | ErrorCode::INCONSISTENT_TOPIC_ID
            | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {
                self.retry_fetch(now, &want.partition, code.to_string());
                true
            }
            code => {
                self.retry_fetch(now, &want.partition, code.to_string());
                code.invalidates_metadata()
            }
        }
    }

    fn retry_fetch(&mut self, now: Instant, partition: &TopicPartition, reason: impl Into<Cow<'static, str>>) -> bool {
        let failures = self.partitions.get(partition).map_or(0, |state| state.retry.failures);
        let delay = self.delay(failures);
        if let Some(state) = self.partitions.get_mut(partition) {
            state.retry.fail(now, delay, reason);
        }
        false
    }

    /// Notes that a fetch of these partitions got no response.
    pub(super) fn fetch_failed(&mut self, now: Instant, wanted: &[Wanted], reason: &str) {
        for want in wanted {
            let Some(state) = self.partitions.get_mut(&want.partition) else { continue };
            // A follower that does not answer is not worth waiting for.
            state.follower = None;
            let since = state.retry.trouble.as_ref().map_or(now, |(_, since)| *since);
            state.retry.trouble = Some((reason.to_owned().into(), since));
        }
    }

    /// Notes that nothing is fetched from a broker for a while.
    pub(super) fn hold_off(&mut self, now: Instant, node: NodeId, until: Instant, reason: String) {
        self.held_off.retain(|_, (_, until, _)| *until >= now);
        let since = self.held_off.get(&node).map_or(now, |(since, ..)| *since);
        self.held_off.insert(node, (since, until, reason));
    }

    /// Goes back to where the application is, for what was buffered cannot be read; the application is told.
    pub(super) fn bad_batch(&mut self, now: Instant, partition: &TopicPartition, offset: i64, error: ChunkError) {
        self.discard(partition);
        let version = self.new_version();
        let delay = self.delay(0);
        let Some(state) = self.partitions.get_mut(partition) else { return };
        state.version = version;
        if let Some(position) = state.position {
            state.fetch = position;
        }
        let reason = BadBatch::from(error);
        state.retry.fail(now, delay, reason.to_string());
        state.error = Some(ConsumeError::BadBatch { partition: partition.clone(), offset, reason });
    }

    // --- Taking ---

    /// The next chunk or error, of `same` if that has more. It counts as buffered until it is released.
    pub(super) fn take(&mut self, same: Option<&TopicPartition>) -> Option<Ready> {
        let is_free =
            |partition: &TopicPartition| self.partitions.get(partition).is_some_and(|state| state.paused.is_none());
        let same = same.and_then(|same| self.ready.iter().position(|ready| ready == same && is_free(ready)));
        let index = same.or_else(|| self.ready.iter().position(is_free));
        let Some(partition) = index.and_then(|index| self.ready.remove(index)) else { return self.take_error() };
        let state = self.partitions.get_mut(&partition)?;
        let chunk = state.chunks.pop_front()?;
        if !state.chunks.is_empty() {
            self.ready.push_back(partition);
        }
        Some(Ready::Chunk(chunk))
    }

    fn take_error(&mut self) -> Option<Ready> {
        let failed = self.partitions.values_mut().find(|state| state.error.is_some() && state.chunks.is_empty())?;
        failed.error.take().map(Ready::Error)
    }

    /// Puts back an error, for records are to be handed out first.
    pub(super) fn put_back_error(&mut self, error: ConsumeError) {
        if let Some(state) = error.partition().and_then(|partition| self.partitions.get_mut(partition)) {
            state.error = Some(error);
        }
    }

    /// Puts back what is left of a chunk.
    pub(super) fn put_back(&mut self, chunk: Chunk) {
        let Some(state) = self.partitions.get_mut(&chunk.partition).filter(|state| state.version == chunk.version)
        else {
            return;
        };
        if state.chunks.is_empty() {
            self.ready.push_back(chunk.partition.clone());
        }
        state.chunks.push_front(chunk);
    }

    /// Whether what was taken at this version may be handed out.
    pub(super) fn may_hand_out(&self, partition: &TopicPartition, version: u64) -> bool {
        self.partitions.get(partition).is_some_and(|state| state.version == version && state.paused.is_none())
    }

    /// Whether what was taken at this version is still good.
    pub(super) fn is_current(&self, partition: &TopicPartition, version: u64) -> bool {
        self.partitions.get(partition).is_some_and(|state| state.version == version)
    }

    /// Notes that records before this position were handed out.
    pub(super) fn consumed(&mut self, now: Instant, partition: &TopicPartition, version: u64, position: Position) {
        let state = self.partitions.get_mut(partition).filter(|state| state.version == version);
        if let Some(state) = state {
            state.position = Some(position);
            state.waiting_since = now;
        }
    }

    /// Gives back the memory of a chunk. True if something may be fetched now that was left out.
    pub(super) fn release(&mut self, partition: &TopicPartition, version: u64, bytes: usize) -> bool {
        let Some(state) = self.partitions.get_mut(partition).filter(|state| state.version == version) else {
            return false;
        };
        // What a change of version discarded is not counted any more.
        let bytes = bytes.min(state.buffered);
        state.buffered -= bytes;
        self.buffered -= bytes;
        // Memory in total may have been what another one waits for.
        state.left_out || self.partitions.values().any(|state| state.left_out)
    }

    /// Fills in what is not counted elsewhere.
    pub(super) fn describe(&self, metrics: &mut ConsumerMetrics) {
        metrics.offset_resets = self.resets;
        metrics.truncations = self.truncations;
        metrics.assigned_partitions = self.partitions.len() as u64;
        metrics.paused_partitions = self.partitions.values().filter(|state| state.paused.is_some()).count() as u64;
        metrics.buffered_bytes = self.buffered as u64;
        metrics.lag_max = self.partitions.keys().filter_map(|partition| self.lag(partition)).max();
    }

    /// What is being waited for.
    pub(super) fn explain(&self, now: Instant, metadata: &ClusterMetadata, waits: &mut Vec<Wait>) {
        for (partition, state) in &self.partitions {
            let (reason, since) = self.reason(now, metadata, partition, state);
            waits.push(Wait::new(WaitSubject::Partition(partition.clone()), reason, since));
        }
    }

    fn reason(
        &self,
        now: Instant,
        metadata: &ClusterMetadata,
        partition: &TopicPartition,
        state: &Partition,
    ) -> (Cow<'static, str>, Instant) {
        if let Some(since) = state.paused {
            return ("it is paused".into(), since);
        }
        if state.phase == Phase::Failed {
            return ("it failed, and waits for the application to seek".into(), state.since);
        }
        if !state.chunks.is_empty() || state.buffered > 0 {
            return ("records are buffered and wait to be taken".into(), state.waiting_since);
        }
        if let Some((reason, since)) = &state.retry.trouble {
            return (reason.clone(), *since);
        }
        let node = state.node(partition, now, metadata);
        let held_off = node.and_then(|node| self.held_off.get(&node)).filter(|(_, until, _)| *until > now);
        if let Some((node, (since, _, reason))) = node.zip(held_off).filter(|_| state.phase == Phase::Fetch) {
            return (format!("broker {node} is left alone for a while: {reason}").into(), *since);
        }
        let reason = match state.phase {
            Phase::Committed => "the coordinator is asked for the committed offset".into(),
            Phase::Lookup(_) => "the leader is asked for an offset".into(),
            Phase::Validate => "the new leader is asked whether its log has the position".into(),
            _ if state.left_out => "other partitions have filled the buffer".into(),
            _ => match node {
                Some(node) => format!("broker {node} has no record at offset {} yet", state.fetch.offset).into(),
                None => missing_leader(metadata, partition),
            },
        };
        (reason, state.since)
    }
}

/// Goes where `auto.offset.reset` says, or fails.
fn reset(
    policy: OffsetReset,
    now: Instant,
    partition: &TopicPartition,
    state: &mut Partition,
    error: impl FnOnce() -> ConsumeError,
) {
    tracing::debug!(%partition, ?policy, "offset reset");
    match policy {
        OffsetReset::Earliest => state.enter(now, Phase::Lookup(OffsetTarget::Earliest)),
        OffsetReset::Latest => state.enter(now, Phase::Lookup(OffsetTarget::Latest)),
        OffsetReset::ByDuration(age) => state.enter(now, Phase::Lookup(OffsetTarget::Age(age))),
        OffsetReset::Error => state.fail(now, error()),
    }
}

fn missing_leader(metadata: &ClusterMetadata, partition: &TopicPartition) -> Cow<'static, str> {
    let Some(topic) = metadata.topic(&partition.topic) else {
        return match metadata.errors.get(&partition.topic) {
            Some(code) => format!("metadata: {code}").into(),
            None => "metadata does not have the topic yet".into(),
        };
    };
    match topic.partition(partition.partition) {
        Some(_) => "the partition has no leader".into(),
        None => "the topic has no such partition".into(),
    }
}

fn earliest(next: &mut Option<Instant>, at: Instant) {
    *next = Some(next.map_or(at, |next| next.min(at)));
}

#[cfg(test)]
mod tests;
