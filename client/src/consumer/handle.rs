//! The handle of a consumer.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use ottla_protocol::{compression::Decompressor, types::TopicName};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
    time::Instant,
};
use tracing::Instrument;

use crate::{
    Client, TopicPartition,
    backoff::Backoff,
    config::{ConsumerConfig, IsolationLevel},
    explain::{Wait, WaitSubject},
    net::Purpose,
};

use super::{
    assignment::{Assignment, OffsetTarget, Ready, Settings, Start},
    commit::{self, Commit, Deadline, Issuer, Offsets},
    driver,
    error::{CommitError, ConsumeError, OffsetError, SubscribeError},
    fetch::ChunkReader,
    group::{self, BoxFuture, GroupMetadata, Handover, Member, RebalanceContext, RebalanceListener, Topics, hand_over},
    metrics::ConsumerMetrics,
    offsets::OffsetAndTimestamp,
    position::{OffsetAndMetadata, SeekTo, Watermarks},
    query,
    records::{RecordView, Records},
    shared::Shared,
    stream::RecordStream,
};

/// Reads records of the partitions that it is assigned, by hand or by its group.
///
/// Records are fetched ahead in the background, one loop per broker, up to `max_buffered_bytes`. Those handed out count as
/// processed when the next ones are asked for: that is what is committed, by [`commit`](Self::commit) or automatically.
///
/// Dropping it leaves the group in the background and without a commit; [`close`](Self::close) waits and commits.
pub struct Consumer {
    client: Client,
    shared: Arc<Shared>,
    commits: mpsc::UnboundedSender<Commit>,
    /// What is left of the chunk that records are taken from.
    reader: Option<ChunkReader>,
    decompressor: Decompressor,
    auto_commit: Option<AutoCommit>,
    listener: Option<Arc<dyn RebalanceListener>>,
    /// What a rebalance takes of the application and is under way. It outlives a call that is dropped. The lock is never
    /// contended: it makes the consumer `Sync`.
    handing_over: Mutex<Option<BoxFuture<'static, ()>>>,
    /// When it goes away, the member leaves its group.
    closed: watch::Sender<bool>,
    group_task: Option<JoinHandle<()>>,
    tasks: JoinSet<()>,
}

/// Tells the member whether the application asks for records.
struct Polling(Arc<Shared>);

impl Polling {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.member().polls();
        Self(shared.clone())
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        self.0.member().polled(Instant::now());
    }
}

#[derive(Debug)]
struct AutoCommit {
    interval: Duration,
    next: Instant,
}

impl Consumer {
    pub(super) fn new(
        client: Client,
        config: ConsumerConfig,
        group: Option<group::Settings>,
        listener: Option<Arc<dyn RebalanceListener>>,
    ) -> Self {
        let mut rng = fastrand::Rng::new();
        let inner = client.inner().clone();
        let backoff = Backoff::retry(&inner.config);
        let settings = Settings::new(&config, backoff, inner.config.metadata_max_age);
        let auto_commit = (config.enable_auto_commit && config.group_id.is_some()).then(|| AutoCommit {
            interval: config.auto_commit_interval,
            next: Instant::now() + config.auto_commit_interval,
        });
        let member = Member::new(Instant::now(), group, rng.fork());
        let shared = Arc::new(Shared::new(inner, config, Assignment::new(settings, rng.fork()), member));
        let (commits, queue) = mpsc::unbounded_channel();
        // It ends with the last sender, after what is in line.
        tokio::spawn(commit::run(shared.clone(), queue, rng.fork()));
        let mut tasks = JoinSet::new();
        tasks.spawn(driver::run(shared.clone(), rng.fork()));
        let closed = watch::Sender::new(false);
        let in_group = shared.group.is_some();
        // It outlives the handle for as long as it takes to leave the group.
        let group_task = in_group.then(|| {
            let membership = tracing::debug_span!(
                parent: None,
                "membership",
                group = shared.group.as_deref(),
                instance = shared.config.group_instance_id.as_deref(),
            );
            tokio::spawn(group::run(client.clone(), shared.clone(), closed.subscribe()).instrument(membership))
        });
        Self {
            client,
            shared,
            commits,
            reader: None,
            decompressor: Decompressor::default(),
            auto_commit,
            listener,
            handing_over: Mutex::default(),
            closed,
            group_task,
            tasks,
        }
    }

    /// The records one at a time, as a stream. Records that it has fetched but not returned when it is dropped are
    /// handed out by the next call.
    pub fn stream(&mut self) -> RecordStream<'_> {
        let (shared, commits) = (self.shared.clone(), self.commits.clone());
        RecordStream::new(self, shared, commits)
    }

    /// The next records, at least one; waits for them as long as it takes.
    ///
    /// Cancel safe: records are either returned or handed out by the next call.
    ///
    /// # Errors
    /// [`ConsumeError`]. Unless it [is fatal](ConsumeError::is_fatal), later calls go on with what can be read.
    pub async fn recv(&mut self) -> Result<Records, ConsumeError> {
        let _polling = Polling::begin(&self.shared);
        loop {
            self.hand_over_all().await;
            self.check_member()?;
            self.commit_if_due();
            let records = self.take_ready()?;
            if !records.is_empty() {
                return Ok(records);
            }
            let is_empty = self.shared.assignment().is_empty();
            if is_empty && !self.shared.member().is_subscribed() {
                return Err(ConsumeError::NothingAssigned);
            }
            self.wait().await;
        }
    }

    /// The next records; none if there are none within `timeout`.
    ///
    /// Cancel safe, as [`recv`](Self::recv).
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub async fn poll(&mut self, timeout: Duration) -> Result<Records, ConsumeError> {
        tokio::time::timeout(timeout, self.recv()).await.unwrap_or_else(|_| Ok(Records::default()))
    }

    /// Does what rebalances take of the application, the one begun by an earlier call first.
    async fn hand_over_all(&mut self) {
        loop {
            let handing_over = self.handing_over.get_mut().unwrap_or_else(PoisonError::into_inner);
            if let Some(running) = handing_over {
                running.as_mut().await;
                *handing_over = None;
            }
            let Some(next) = self.shared.member().take_handover() else { return };
            self.begin_handover(next);
        }
    }

    fn begin_handover(&mut self, handover: Handover) {
        let context = RebalanceContext { shared: self.shared.clone(), commits: self.commits.clone() };
        let running = hand_over(context, self.listener.clone(), handover);
        *self.handing_over.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(running));
    }

    fn check_member(&self) -> Result<(), ConsumeError> {
        let mut member = self.shared.member();
        if let Some(interval) = member.take_poll_interval_exceeded(Instant::now()) {
            drop(member);
            self.shared.group_work.notify_one();
            return Err(ConsumeError::PollIntervalExceeded { interval });
        }
        match (member.failure(), &self.shared.group) {
            (Some(reason), Some(group)) => Err(ConsumeError::Group { group: group.to_string(), reason }),
            _ => Ok(()),
        }
    }

    /// Waits until something may have changed.
    async fn wait(&self) {
        let ready = self.shared.ready.notified();
        match &self.auto_commit {
            Some(auto) => drop(tokio::time::timeout_at(auto.next, ready).await),
            None => ready.await,
        }
    }

    /// What was fetched already, up to `max.poll.records`.
    fn take_ready(&mut self) -> Result<Records, ConsumeError> {
        let max = self.shared.config.max_poll_records;
        let mut records = Records::default();
        while records.count < max {
            let Some(mut reader) = self.next_reader(&records)? else { break };
            let read = reader.next(max - records.count, &mut self.decompressor);
            self.shared.counters.read(reader.take_tally());
            match read {
                Ok(Some(run)) => {
                    records.push(run);
                    self.reader = Some(reader);
                }
                Ok(None) => self.finish(&reader),
                Err(error) => {
                    let offset = reader.position().offset;
                    let mut assignment = self.shared.assignment();
                    // What was read before the bad batch is good, and counts as handed out.
                    let now = Instant::now();
                    assignment.consumed(now, reader.partition(), reader.version(), reader.position());
                    assignment.bad_batch(now, reader.partition(), offset, error);
                    drop(assignment);
                    self.shared.wake_all();
                }
            }
        }
        if let Some(reader) = &self.reader {
            let now = Instant::now();
            self.shared.assignment().consumed(now, reader.partition(), reader.version(), reader.position());
        }
        self.shared.counters.records.add(records.count as u64);
        Ok(records)
    }

    /// The reader to go on with: the last one, unless its partition was moved, taken away or paused.
    fn next_reader(&mut self, records: &Records) -> Result<Option<ChunkReader>, ConsumeError> {
        let mut assignment = self.shared.assignment();
        if let Some(reader) = self.reader.take() {
            if assignment.may_hand_out(reader.partition(), reader.version()) {
                return Ok(Some(reader));
            }
            if assignment.is_current(reader.partition(), reader.version()) {
                assignment.put_back(reader.into_chunk());
            }
        }
        let same = records.runs.last().map(|run| &run.partition);
        match assignment.take(same) {
            Some(Ready::Chunk(chunk)) => {
                let read_committed = self.shared.config.isolation_level == IsolationLevel::ReadCommitted;
                Ok(Some(ChunkReader::new(chunk, read_committed, self.shared.config.check_crcs)))
            }
            Some(Ready::Error(error)) if records.is_empty() => Err(error),
            Some(Ready::Error(error)) => {
                assignment.put_back_error(error);
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn finish(&self, reader: &ChunkReader) {
        let mut assignment = self.shared.assignment();
        assignment.consumed(Instant::now(), reader.partition(), reader.version(), reader.position());
        let wanted = assignment.release(reader.partition(), reader.version(), reader.size_bytes());
        drop(assignment);
        if wanted {
            self.shared.wake_fetchers();
        }
    }

    // --- What to read ---

    /// Shares the partitions of these topics with the other members of the group from now on, in place of what was
    /// subscribed to or assigned before. The group is joined in the background.
    ///
    /// # Errors
    /// [`SubscribeError::NoGroup`].
    pub fn subscribe(&mut self, topics: impl IntoIterator<Item = impl Into<TopicName>>) -> Result<(), SubscribeError> {
        self.subscribe_to(Topics::names(topics))
    }

    /// The same for every topic whose whole name matches a regular expression, those that are created later too.
    ///
    /// # Errors
    /// [`SubscribeError::NoGroup`], or [`SubscribeError::BadPattern`].
    pub fn subscribe_pattern(&mut self, pattern: &str) -> Result<(), SubscribeError> {
        let internal = !self.shared.config.exclude_internal_topics;
        let topics = Topics::pattern(pattern, internal)
            .map_err(|error| SubscribeError::BadPattern { pattern: pattern.to_owned(), reason: error.to_string() })?;
        self.subscribe_to(topics)
    }

    pub(super) fn subscribe_to(&self, topics: Topics) -> Result<(), SubscribeError> {
        if self.shared.group.is_none() {
            return Err(SubscribeError::NoGroup);
        }
        let mut member = self.shared.member();
        let was_subscribed = member.is_subscribed();
        member.subscribe(Instant::now(), topics);
        drop(member);
        if !was_subscribed {
            self.shared.assignment().clear();
        }
        self.shared.wake_all();
        Ok(())
    }

    /// Gives all partitions up, as in a rebalance, and leaves the group. Without a subscription, the partitions assigned
    /// by hand are gone.
    ///
    /// Not cancel safe: if the future is dropped, some partitions may be given up and others not. Call it again.
    pub async fn unsubscribe(&mut self) {
        self.give_up_all().await;
        self.shared.member().leave(Instant::now(), "the consumer unsubscribed");
        self.shared.assignment().clear();
        self.shared.wake_all();
    }

    async fn give_up_all(&mut self) {
        loop {
            self.hand_over_all().await;
            let Some(next) = self.shared.member().give_up() else { return };
            self.begin_handover(next);
        }
    }

    /// Reads exactly these partitions from now on, in place of those assigned before; a subscription ends, and with it
    /// the membership, without a word to the [`RebalanceListener`]. One that was assigned keeps its
    /// position; another begins at the committed offset if there is a group, else where `auto.offset.reset` says.
    pub fn assign(&mut self, partitions: impl IntoIterator<Item = TopicPartition>) {
        let partitions: HashSet<_> = partitions.into_iter().collect();
        *self.handing_over.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        if self.shared.member().is_subscribed() {
            self.shared.member().leave(Instant::now(), "partitions are assigned by hand");
        }
        let start = if self.shared.group.is_some() { Start::Committed } else { Start::Reset };
        let now = Instant::now();
        let mut assignment = self.shared.assignment();
        let gone: Vec<_> = assignment.partitions().filter(|known| !partitions.contains(*known)).cloned().collect();
        gone.iter().for_each(|partition| assignment.remove(partition));
        partitions.iter().for_each(|partition| assignment.add(now, partition, start));
        drop(assignment);
        partitions.iter().for_each(|partition| self.shared.inner.take_interest(&partition.topic));
        self.shared.wake_all();
    }

    /// The partitions that are assigned now.
    pub fn assignment(&self) -> Vec<TopicPartition> {
        let mut partitions: Vec<_> = self.shared.assignment().partitions().cloned().collect();
        partitions.sort_unstable();
        partitions
    }

    /// Goes on from another place in a partition. What was fetched ahead is dropped, and nothing is looked up before
    /// records are asked for.
    ///
    /// # Errors
    /// [`OffsetError::NotAssigned`].
    pub fn seek(&self, partition: &TopicPartition, to: SeekTo) -> Result<(), OffsetError> {
        self.move_to(partition, to, -1)
    }

    /// Goes on from an offset whose leader epoch is known, so that a log that was truncated meanwhile is found out.
    ///
    /// # Errors
    /// [`OffsetError::NotAssigned`].
    pub fn seek_to(&self, partition: &TopicPartition, offset: &OffsetAndMetadata) -> Result<(), OffsetError> {
        self.move_to(partition, SeekTo::Offset(offset.offset), offset.leader_epoch.unwrap_or(-1))
    }

    fn move_to(&self, partition: &TopicPartition, to: SeekTo, leader_epoch: i32) -> Result<(), OffsetError> {
        let moved = self.shared.assignment().seek(Instant::now(), partition, to, leader_epoch);
        self.shared.wake_all();
        if moved { Ok(()) } else { Err(OffsetError::NotAssigned { partition: partition.clone() }) }
    }

    /// Hands out nothing of these partitions until [`resume`](Self::resume). What is fetched stays.
    ///
    /// # Errors
    /// [`OffsetError::NotAssigned`] for the first that is not; the others are paused.
    pub fn pause<'a>(&self, partitions: impl IntoIterator<Item = &'a TopicPartition>) -> Result<(), OffsetError> {
        self.set_paused(partitions, true)
    }

    /// Hands out records of these partitions again.
    ///
    /// # Errors
    /// [`OffsetError::NotAssigned`] for the first that is not; the others are resumed.
    pub fn resume<'a>(&self, partitions: impl IntoIterator<Item = &'a TopicPartition>) -> Result<(), OffsetError> {
        self.set_paused(partitions, false)
    }

    fn set_paused<'a>(
        &self,
        partitions: impl IntoIterator<Item = &'a TopicPartition>,
        paused: bool,
    ) -> Result<(), OffsetError> {
        let now = Instant::now();
        let mut result = Ok(());
        let mut assignment = self.shared.assignment();
        for partition in partitions {
            if !assignment.set_paused(now, partition, paused) && result.is_ok() {
                result = Err(OffsetError::NotAssigned { partition: partition.clone() });
            }
        }
        drop(assignment);
        self.shared.wake_all();
        result
    }

    /// The assigned partitions that are paused.
    pub fn paused(&self) -> Vec<TopicPartition> {
        let assignment = self.shared.assignment();
        assignment.partitions().filter(|partition| assignment.is_paused(partition)).cloned().collect()
    }

    /// The offset of the next record to be handed out, or `None` if the partition is not assigned or the place to begin
    /// is still being looked up.
    pub fn position(&self, partition: &TopicPartition) -> Option<i64> {
        self.shared.assignment().position(partition).map(|position| position.offset)
    }

    /// How many offsets are between the position and the end of the partition as of the last fetch; `None` before that.
    /// With `read_committed` the end is the last stable offset.
    pub fn lag(&self, partition: &TopicPartition) -> Option<u64> {
        self.shared.assignment().lag(partition)
    }

    /// Where the log of an assigned partition begins and ends, as of the last fetch; `None` before that.
    pub fn watermarks(&self, partition: &TopicPartition) -> Option<Watermarks> {
        self.shared.assignment().watermarks(partition)
    }

    // --- Offsets ---

    /// Commits the position of every partition: all records handed out so far count as processed.
    ///
    /// Cancel safe: once called, the commit goes on without the future.
    ///
    /// # Errors
    /// [`CommitError`].
    pub async fn commit(&self) -> Result<(), CommitError> {
        self.commit_async().await
    }

    /// The same without waiting: the commit goes on whether or not the returned future is awaited. Commits take effect
    /// in the order of the calls.
    pub fn commit_async(&self) -> Committing {
        let offsets = self.shared.assignment().uncommitted();
        self.send_commit(offsets)
    }

    /// Commits these offsets, each the next one to read.
    ///
    /// Cancel safe: once called, the commit goes on without the future. Dropping it unpolled commits nothing.
    ///
    /// # Errors
    /// [`CommitError`].
    pub async fn commit_offsets(
        &self,
        offsets: impl IntoIterator<Item = (TopicPartition, OffsetAndMetadata)>,
    ) -> Result<(), CommitError> {
        self.send_commit(offsets.into_iter().collect()).await
    }

    /// Commits the offset after a record, with text to keep with it.
    ///
    /// Cancel safe: as [`commit_offsets`](Self::commit_offsets).
    ///
    /// # Errors
    /// [`CommitError`].
    pub async fn commit_record(&self, record: &RecordView<'_>, metadata: &str) -> Result<(), CommitError> {
        let offset = OffsetAndMetadata::new(record.offset() + 1)
            .with_leader_epoch(record.leader_epoch())
            .with_metadata(metadata);
        self.commit_offsets([(record.topic_partition().clone(), offset)]).await
    }

    fn send_commit(&self, offsets: Offsets) -> Committing {
        send_commit(&self.shared, &self.commits, offsets)
    }

    fn commit_if_due(&mut self) {
        let now = Instant::now();
        let Some(auto) = self.auto_commit.as_mut().filter(|auto| auto.next <= now) else { return };
        auto.next = now + auto.interval;
        drop(self.commit_async());
    }

    /// What the group has committed for these partitions; those without a committed offset are left out.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`OffsetError`].
    pub async fn committed(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Result<HashMap<TopicPartition, OffsetAndMetadata>, OffsetError> {
        let group = self.shared.group.as_ref().ok_or(OffsetError::NoGroup)?;
        let partitions: Vec<_> = partitions.into_iter().collect();
        query::committed(&self.shared.inner, group, &partitions).await
    }

    /// The offset of the first record of each of these partitions.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`OffsetError`].
    pub async fn beginning_offsets(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Result<HashMap<TopicPartition, i64>, OffsetError> {
        self.edge_offsets(partitions, OffsetTarget::Earliest).await
    }

    /// The offset after the last record of each of these partitions; with `read_committed` the last stable offset.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`OffsetError`].
    pub async fn end_offsets(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Result<HashMap<TopicPartition, i64>, OffsetError> {
        self.edge_offsets(partitions, OffsetTarget::Latest).await
    }

    async fn edge_offsets(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
        target: OffsetTarget,
    ) -> Result<HashMap<TopicPartition, i64>, OffsetError> {
        let targets: Vec<_> = partitions.into_iter().map(|partition| (partition, target)).collect();
        let found = query::offsets(&self.shared.inner, self.shared.config.isolation_level.code(), &targets).await?;
        Ok(found.into_iter().filter_map(|(partition, found)| Some((partition, found?.offset))).collect())
    }

    /// The first record of each partition that is not older than the timestamp, in milliseconds since the epoch; a
    /// partition without one is left out.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`OffsetError`].
    pub async fn offsets_for_times(
        &self,
        timestamps: impl IntoIterator<Item = (TopicPartition, i64)>,
    ) -> Result<HashMap<TopicPartition, OffsetAndTimestamp>, OffsetError> {
        let targets: Vec<_> =
            timestamps.into_iter().map(|(partition, time)| (partition, OffsetTarget::Timestamp(time))).collect();
        let found = query::offsets(&self.shared.inner, self.shared.config.isolation_level.code(), &targets).await?;
        Ok(found.into_iter().filter_map(|(partition, found)| Some((partition, found?))).collect())
    }

    // --- The consumer itself ---

    /// What the consumer is waiting for, by partition, broker and group, and since when.
    pub fn explain(&self) -> Vec<Wait> {
        let mut waits = Vec::new();
        if let Some((since, error)) = self.shared.inner.trouble() {
            waits.push(Wait::new(WaitSubject::Cluster, format!("metadata: {error}"), since));
        }
        let metadata = self.shared.inner.metadata();
        let now = Instant::now();
        self.shared.member().explain(now, &metadata, &mut waits);
        if let Some((committing, group)) = self.shared.committing().zip(self.shared.group.as_ref()) {
            waits.push(committing.explain(group));
        }
        self.shared.assignment().explain(now, &metadata, &mut waits);
        waits
    }

    /// Who the consumer is in its group, for a producer that commits offsets in a transaction. `None` while it is not a
    /// member, or has partitions assigned by hand.
    pub fn group_metadata(&self) -> Option<GroupMetadata> {
        let identity = self.shared.identity()?;
        Some(GroupMetadata {
            group_id: self.shared.group.clone()?,
            generation_id: identity.generation,
            member_id: identity.member_id,
            group_instance_id: self.shared.config.group_instance_id.as_deref().map(Into::into),
        })
    }

    /// Bytes that were fetched and wait to be taken.
    pub fn buffered_bytes(&self) -> usize {
        self.shared.assignment().buffered_bytes()
    }

    /// Counters since the consumer was made.
    pub fn metrics(&self) -> ConsumerMetrics {
        let mut metrics = self.shared.counters.snapshot();
        metrics.rebalances = self.shared.member().rebalances();
        self.shared.assignment().describe(&mut metrics);
        metrics
    }

    /// The settings.
    pub fn config(&self) -> &ConsumerConfig {
        &self.shared.config
    }

    /// The client that it was made from.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Commits, if that is automatic, leaves the group, so that its partitions go to other members at once, and ends the
    /// fetch sessions at the brokers.
    ///
    /// Not cancel safe: a future that is dropped may not have committed or left.
    ///
    /// # Errors
    /// [`CommitError`] if the last commit failed; the consumer is closed all the same.
    pub async fn close(mut self) -> Result<(), CommitError> {
        let committed = if self.auto_commit.is_some() { self.commit().await } else { Ok(()) };
        self.give_up_all().await;
        self.shared.closing.send_replace(true);
        let _ = self.closed.send(true);
        while self.tasks.join_next().await.is_some() {
            // In bounded time, answered or not; leaving goes on meanwhile.
        }
        if let Some(task) = self.group_task.take() {
            // It ends in bounded time, answered or not.
            let _ = task.await;
        }
        committed
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.tasks.abort_all();
        for purpose in [Purpose::Fetch, Purpose::FetchAside] {
            self.shared.inner.pool.release(purpose(self.shared.number));
        }
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("group", &self.shared.group)
            .field("assignment", &self.assignment())
            .finish_non_exhaustive()
    }
}

/// Puts a commit in line.
pub(super) fn send_commit(shared: &Shared, commits: &mpsc::UnboundedSender<Commit>, offsets: Offsets) -> Committing {
    if shared.group.is_none() {
        return Committing(State::Done(Some(Err(CommitError::NoGroup))));
    }
    if offsets.is_empty() {
        return Committing(State::Done(Some(Ok(()))));
    }
    let deadline = Deadline::after(shared.inner.config.default_api_timeout);
    send_commit_until(shared, commits, offsets, deadline)
}

/// The same with a deadline of its own.
pub(super) fn send_commit_until(
    shared: &Shared,
    commits: &mpsc::UnboundedSender<Commit>,
    offsets: Offsets,
    deadline: Deadline,
) -> Committing {
    let (done, result) = oneshot::channel();
    let issuer = Issuer::now(shared, &offsets);
    // A task that went away drops the other end, which tells.
    let _ = commits.send(Commit { offsets, issuer, deadline, done });
    Committing(State::Waiting(result))
}

/// A commit under way, which goes on whether or not this future is awaited.
#[derive(Debug)]
pub struct Committing(State);

#[derive(Debug)]
enum State {
    Waiting(oneshot::Receiver<Result<(), CommitError>>),
    Done(Option<Result<(), CommitError>>),
}

impl Future for Committing {
    type Output = Result<(), CommitError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Waiting(result) => {
                Pin::new(result).poll(cx).map(|result| result.unwrap_or(Err(CommitError::Closed)))
            }
            State::Done(result) => Poll::Ready(result.take().unwrap_or(Err(CommitError::Closed))),
        }
    }
}
