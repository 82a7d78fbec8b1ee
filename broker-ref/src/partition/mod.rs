//! One replica of one partition: its log, who leads it, and who waits for it to grow.
//!
//! Replicas do not copy from each other yet. The leader alone holds the records, the other replicas are listed as in
//! sync with logs that stay empty, and the high watermark is the end of the leader's log. So `acks=all` and
//! `min.insync.replicas` behave towards clients as on a healthy cluster, and nothing survives the loss of a leader.

mod checking;
mod record_fault;
mod validate;
mod waiter;

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::{Bytes, BytesMut};
use ottla_protocol::{
    compression::Decompressor,
    error_code::ErrorCode,
    types::{NodeId, TopicName},
};

use self::validate::Unchecked;
pub(crate) use self::{
    checking::{Checking, LongChecks},
    record_fault::RecordFault,
    validate::ProduceRefusal,
    waiter::{FetchWaiter, Registration},
};
use crate::{
    config::TopicConfig,
    controller::PartitionRegistration,
    log::{
        Append, AppendError, AppendInfo, AppendOrigin, EpochEndOffset, Fetched, Log, LogConfig, LogError, LogHandle,
        LogOffsets, ProducerEntry, Read, ReadError, ReadPlan, TimestampOffset,
    },
    metrics::NodeMeter,
};

/// A replica on this node.
#[derive(Debug)]
pub(crate) struct Partition {
    place: Place,
    /// Locked after `state` where both are.
    log: LogHandle,
    state: Mutex<State>,
    /// Held by whoever flushes: those who wait for it find their records flushed too (group commit).
    flushing: tokio::sync::Mutex<()>,
    /// Whether the log could not be written the last time. It is said when that changes, not for each batch.
    failing: AtomicBool,
}

/// Which replica it is, and where.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) topic: TopicName,
    pub(crate) index: i32,
    pub(crate) node: NodeId,
    pub(crate) meter: Arc<NodeMeter>,
}

#[derive(Debug)]
struct State {
    registration: PartitionRegistration,
    config: Arc<TopicConfig>,
    waiters: Vec<Arc<FetchWaiter>>,
    /// The topic is gone.
    closed: bool,
}

/// Who leads a partition, as told to a client that asked the wrong node or with the wrong leader epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leadership {
    pub(crate) leader: NodeId,
    pub(crate) leader_epoch: i32,
}

/// What a client appends.
#[derive(Debug)]
pub(crate) struct ClientBatch {
    pub(crate) records: Bytes,
    /// The version of the Produce request.
    pub(crate) version: i16,
    /// Whether the client waits for all in-sync replicas.
    pub(crate) all_replicas: bool,
    pub(crate) now_ms: i64,
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base_offset: i64,
    /// The offset after the last record.
    pub(crate) end_offset: i64,
    /// Set where the topic has log append time.
    pub(crate) log_append_time: Option<i64>,
    pub(crate) log_start_offset: i64,
}

/// What a reader wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchSpec {
    pub(crate) offset: i64,
    pub(crate) max_bytes: usize,
    pub(crate) min_one_message: bool,
    /// Stop at the last stable offset.
    pub(crate) committed_only: bool,
    /// What the reader believes the leader epoch to be, or -1.
    pub(crate) current_leader_epoch: i32,
    /// The leader epoch of the last record that the reader has, or -1.
    pub(crate) last_fetched_epoch: i32,
    /// The node that reads for its replica; `None` for a consumer.
    pub(crate) follower: Option<NodeId>,
}

/// Where to read, found under the lock.
#[derive(Debug)]
pub(crate) enum PlannedFetch {
    Read(ReadPlan),
    /// The reader's log is not a prefix of this one: where they part.
    Diverging(EpochEndOffset, LogOffsets),
}

impl Partition {
    pub(crate) fn new(
        place: Place,
        log: LogHandle,
        registration: PartitionRegistration,
        config: Arc<TopicConfig>,
    ) -> Self {
        advance_high_watermark(&mut log.lock());
        let state = Mutex::new(State { registration, config, waiters: Vec::new(), closed: false });
        Self { place, log, state, flushing: tokio::sync::Mutex::new(()), failing: AtomicBool::new(false) }
    }

    pub(crate) fn index(&self) -> i32 {
        self.place.index
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is a single assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, if this node leads the partition and the client's leader epoch (-1: it has none) is the present one.
    fn lock_leader(&self, client_epoch: i32) -> Result<MutexGuard<'_, State>, ErrorCode> {
        let state = self.lock();
        if state.closed {
            return Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        }
        if state.registration.leader != self.place.node {
            return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        }
        match client_epoch {
            -1 => Ok(state),
            epoch if epoch < state.registration.leader_epoch => Err(ErrorCode::FENCED_LEADER_EPOCH),
            epoch if epoch > state.registration.leader_epoch => Err(ErrorCode::UNKNOWN_LEADER_EPOCH),
            _ => Ok(state),
        }
    }

    pub(crate) fn leadership(&self) -> Leadership {
        let state = self.lock();
        Leadership { leader: state.registration.leader, leader_epoch: state.registration.leader_epoch }
    }

    /// Takes in what the controller and the settings say now.
    pub(crate) fn update(
        &self,
        registration: &PartitionRegistration,
        config: &Arc<TopicConfig>,
        log_config: LogConfig,
    ) {
        let mut state = self.lock();
        let moved = state.registration.leader != registration.leader;
        state.registration = registration.clone();
        state.config = config.clone();
        self.log.lock().set_config(log_config);
        if moved {
            state.interrupt_waiters();
        }
    }

    /// Ends all waits: the topic is deleted.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.interrupt_waiters();
    }

    /// Whether the topic is deleted, or the node stops.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Appends a producer's batch as the leader.
    ///
    /// Cancel safe: the append itself is the last step, and does not wait.
    pub(crate) async fn append(
        &self,
        batch: ClientBatch,
        checking: &mut Checking<'_>,
    ) -> Result<Appended, ProduceRefusal> {
        let config = {
            let state = self.lock_leader(-1).map_err(|code| ProduceRefusal::new(code, code.message()))?;
            state.check_replicas(batch.all_replicas)?;
            state.config.clone()
        };
        let ClientBatch { records, version, now_ms, .. } = batch;
        let valid = checking.check(Unchecked::parse(records, version, config, now_ms)?).await?;
        if valid.is_transactional {
            return Err(ProduceRefusal::new(ErrorCode::INVALID_TXN_STATE, "transactions are not served"));
        }
        let mut appended = self.append_valid(valid.bytes, AppendOrigin::Client, now_ms)?;
        // A duplicate is answered with the time that the original got.
        appended.log_append_time = valid.log_append_time.map(|now| appended.log_append_time.unwrap_or(now));
        Ok(appended)
    }

    /// Appends a coordinator's batch as the leader.
    pub(crate) fn append_internal(&self, records: BytesMut, now_ms: i64) -> Result<Appended, ProduceRefusal> {
        self.append_valid(records, AppendOrigin::Coordinator, now_ms)
    }

    fn append_valid(&self, records: BytesMut, origin: AppendOrigin, now_ms: i64) -> Result<Appended, ProduceRefusal> {
        // At most as large as a frame.
        let size = records.len() as i64;
        let state = self.lock_leader(-1).map_err(|code| ProduceRefusal::new(code, code.message()))?;
        let mut log = self.log.lock();
        let append = Append { leader_epoch: state.registration.leader_epoch, origin, now_ms };
        let info = log.append(records, append).map_err(|error| self.refusal(&error))?;
        self.storage_works();
        if info.duplicate_timestamp.is_none() {
            advance_high_watermark(&mut log);
            state.waiters.iter().for_each(|waiter| waiter.grew(size));
        }
        Ok(Appended::new(&info, &log))
    }

    /// Finds out what a reader gets. Running a [`ReadPlan`] may block.
    pub(crate) fn plan_fetch(&self, spec: &FetchSpec) -> Result<PlannedFetch, ErrorCode> {
        let state = self.lock_leader(spec.current_leader_epoch)?;
        if spec.follower.is_some_and(|node| !state.is_follower(node)) {
            return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        }
        let log = self.log.lock();
        if spec.last_fetched_epoch >= 0 {
            let end = log.end_offset_for_epoch(spec.last_fetched_epoch);
            if end == EpochEndOffset::UNDEFINED {
                return Err(ErrorCode::OFFSET_OUT_OF_RANGE);
            }
            if end.epoch < spec.last_fetched_epoch || end.end_offset < spec.offset {
                return Ok(PlannedFetch::Diverging(end, log.offsets()));
            }
        }
        let read = Read {
            offset: spec.offset,
            max_bytes: spec.max_bytes,
            min_one_message: spec.min_one_message,
            upper_bound: readable_end(&log, spec.committed_only),
        };
        log.plan_read(read).map(PlannedFetch::Read).map_err(|error| read_code(&error))
    }

    /// Finds out what the leader reads to take in all that is sound in its log; damage is passed over. Running a
    /// [`ReadPlan`] may block.
    pub(crate) fn plan_replay(&self, offset: i64, max_bytes: usize) -> Result<ReadPlan, ErrorCode> {
        let _leading = self.lock_leader(-1)?;
        self.log.lock().plan_replay(offset, max_bytes).map_err(|error| read_code(&error))
    }

    /// Where readers stop now.
    pub(crate) fn offsets(&self) -> LogOffsets {
        self.log.lock().offsets()
    }

    /// Looks something up in the log of the leader.
    pub(crate) fn look_up<R>(&self, client_epoch: i32, f: impl FnOnce(&Log) -> R) -> Result<R, ErrorCode> {
        let _leading = self.lock_leader(client_epoch)?;
        Ok(f(&self.log.lock()))
    }

    /// The first record that is not older than a timestamp and that readers may see. Blocks.
    pub(crate) fn find_by_timestamp(
        &self,
        client_epoch: i32,
        timestamp: TimestampQuery,
        committed_only: bool,
    ) -> Result<Option<TimestampOffset>, ErrorCode> {
        drop(self.lock_leader(client_epoch)?);
        let (search, end) = {
            let log = self.log.lock();
            let search = match timestamp {
                TimestampQuery::NotBefore(timestamp) => log.plan_find_by_timestamp(timestamp),
                TimestampQuery::Max => log.plan_find_max_timestamp(),
            };
            (search, readable_end(&log, committed_only))
        };
        // Without the lock: this reads files and decompresses.
        match search.run(&mut Decompressor::default()) {
            Ok(found) => Ok(found.filter(|found| found.offset < end)),
            Err(error) => Err(read_failed(&error)),
        }
    }

    /// Moves the log start offset to one that a client names, or with -1 to the high watermark. Blocks.
    pub(crate) fn delete_records(&self, offset: i64, now_ms: i64) -> Result<i64, ErrorCode> {
        let (offset, flush) = {
            let state = self.lock_leader(-1)?;
            if state.config.cleanup_policy.compact && !state.config.cleanup_policy.delete {
                return Err(ErrorCode::POLICY_VIOLATION);
            }
            let log = self.log.lock();
            let offset = if offset == -1 { log.high_watermark() } else { offset };
            (offset, log.start_flush().filter(|_| (log.recovery_point()..=log.high_watermark()).contains(&offset)))
        };
        // A log must not be able to end before it begins, or a crash would bring back what was deleted.
        if let Some(flush) = flush {
            let flushed = flush.run();
            self.log.lock().finish_flush(flushed).map_err(|error| self.storage_failed(&error))?;
        }
        let state = self.lock_leader(-1)?;
        let start = self.log.lock().delete_records(offset, now_ms).map_err(|error| read_code(&error))?;
        state.interrupt_waiters();
        Ok(start)
    }

    /// The producers that the leader remembers.
    pub(crate) fn producers(&self) -> Result<Vec<ProducerEntry>, ErrorCode> {
        self.look_up(-1, |log| log.producers().cloned().collect())
    }

    /// Whether the settings want everything flushed that is not.
    pub(crate) fn flush_is_due(&self, now_ms: i64) -> bool {
        let log = self.log.lock();
        let config = log.config();
        (config.flush_messages.is_some() || config.flush_ms.is_some())
            && log.due_flush(now_ms).is_some_and(|flush| flush.end_offset() == log.end_offset())
    }

    /// Makes everything below an offset durable; returns when it is. Appends that wait at the same time share a flush.
    ///
    /// Cancel safe.
    pub(crate) async fn flush_to(self: &Arc<Self>, end_offset: i64) -> Result<(), ErrorCode> {
        self.place.meter.flush_waits.increment();
        loop {
            if self.log.lock().recovery_point() >= end_offset {
                return Ok(());
            }
            let _turn = self.flushing.lock().await;
            let Some(flush) = self.log.lock().start_flush() else { return Ok(()) };
            self.place.meter.flushes.increment();
            let flushed = tokio::task::spawn_blocking(move || flush.run()).await;
            let flushed = flushed.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
            let finished = self.log.lock().finish_flush(flushed);
            finished.map_err(|error| self.storage_failed(&error))?;
        }
    }

    fn refusal(&self, error: &AppendError) -> ProduceRefusal {
        let refusal = ProduceRefusal::from(error);
        if refusal.code == ErrorCode::KAFKA_STORAGE_ERROR {
            self.storage_failed(error);
        }
        refusal
    }

    fn storage_failed(&self, error: &dyn fmt::Display) -> ErrorCode {
        if !self.failing.swap(true, Ordering::Relaxed) {
            let Place { topic, index, .. } = &self.place;
            tracing::error!(%topic, partition = index, %error, "the log cannot be written, batches are refused");
        }
        ErrorCode::KAFKA_STORAGE_ERROR
    }

    fn storage_works(&self) {
        if self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed) {
            tracing::warn!(topic = %self.place.topic, partition = self.place.index, "the log can be written again");
        }
    }

    /// Adds a waiter unless readers have already got more than it has seen.
    fn add_waiter(&self, waiter: &Arc<FetchWaiter>, seen_end_offset: i64, committed_only: bool) -> bool {
        let mut state = self.lock();
        let may_wait = !state.closed
            && state.registration.leader == self.place.node
            && readable_end(&self.log.lock(), committed_only) == seen_end_offset;
        if may_wait {
            state.waiters.push(waiter.clone());
        }
        may_wait
    }

    fn remove_waiter(&self, waiter: &Arc<FetchWaiter>) {
        let mut state = self.lock();
        if let Some(place) = state.waiters.iter().position(|other| Arc::ptr_eq(other, waiter)) {
            state.waiters.swap_remove(place);
        }
    }
}

/// Which record to look for by its timestamp.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TimestampQuery {
    /// The first that is not older.
    NotBefore(i64),
    /// The first with the largest timestamp.
    Max,
}

impl State {
    fn is_follower(&self, node: NodeId) -> bool {
        node != self.registration.leader && self.registration.replicas.contains(&node)
    }

    /// A partition cannot be asked for more replicas in sync than it has, as in Kafka 4.3.
    fn check_replicas(&self, all_replicas: bool) -> Result<(), ProduceRefusal> {
        let wanted = usize::try_from(self.config.min_insync_replicas).unwrap_or(0);
        let needed = wanted.min(self.registration.replicas.len());
        let in_sync = self.registration.isr.len();
        if !all_replicas || in_sync >= needed {
            return Ok(());
        }
        let why = format!("{in_sync} replicas are in sync, min.insync.replicas is {needed}");
        Err(ProduceRefusal::new(ErrorCode::NOT_ENOUGH_REPLICAS, why))
    }

    fn interrupt_waiters(&self) {
        self.waiters.iter().for_each(|waiter| waiter.interrupt());
    }
}

impl Appended {
    fn new(info: &AppendInfo, log: &Log) -> Self {
        Self {
            base_offset: info.base_offset,
            end_offset: info.last_offset.saturating_add(1),
            log_append_time: info.duplicate_timestamp,
            log_start_offset: log.log_start_offset(),
        }
    }
}

fn readable_end(log: &Log, committed_only: bool) -> i64 {
    if committed_only { log.last_stable_offset() } else { log.high_watermark() }
}

fn advance_high_watermark(log: &mut Log) {
    let end = log.end_offset();
    log.set_high_watermark(end);
}

fn read_code(error: &ReadError) -> ErrorCode {
    match error {
        ReadError::OffsetOutOfRange { .. } => ErrorCode::OFFSET_OUT_OF_RANGE,
        ReadError::Log(error) => read_failed(error),
    }
}

/// Reads what was planned; files on a thread that may block.
pub(crate) async fn run_plan(plan: ReadPlan) -> Result<Fetched, ErrorCode> {
    let result = match plan {
        ReadPlan::Ready(fetched) => return Ok(fetched),
        ReadPlan::File(read) => tokio::task::spawn_blocking(move || read.run()).await,
    };
    let result = result.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    result.map_err(|error| read_failed(&error))
}

/// A client does not go on asking for what is damaged as it does for what cannot be read now. The log has said what is
/// damaged, once; clients that ask for it again and again must not fill the broker's own log.
fn read_failed(error: &LogError) -> ErrorCode {
    match error {
        LogError::Corrupt { .. } => {
            tracing::debug!(%error, "a client asks for what is damaged");
            ErrorCode::CORRUPT_MESSAGE
        }
        _ => {
            tracing::error!(%error, "a log cannot be read");
            ErrorCode::KAFKA_STORAGE_ERROR
        }
    }
}

impl From<&AppendError> for ProduceRefusal {
    fn from(error: &AppendError) -> Self {
        let code = match error {
            AppendError::InvalidBatch(_) | AppendError::Empty => ErrorCode::INVALID_RECORD,
            AppendError::RecordListTooLarge { .. } => ErrorCode::RECORD_LIST_TOO_LARGE,
            AppendError::OutOfOrderSequence { .. } => ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER,
            AppendError::InvalidProducerEpoch { .. } => ErrorCode::INVALID_PRODUCER_EPOCH,
            AppendError::InvalidTransactionState { .. } => ErrorCode::INVALID_TXN_STATE,
            AppendError::OffsetsOutOfOrder { .. } | AppendError::OffsetsExhausted { .. } => {
                ErrorCode::UNKNOWN_SERVER_ERROR
            }
            _ => ErrorCode::KAFKA_STORAGE_ERROR,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use ottla_protocol::{
        compression::Compressor,
        record::{BatchSettings, RecordBatchBuilder},
    };

    use super::*;
    use crate::log::{MemoryStorage, OpenLog, TopicPartition};

    fn partition() -> Partition {
        let (storage, name) = (Arc::new(MemoryStorage::new()), TopicPartition::new("t", 0).unwrap());
        let log = Log::open(storage, name, LogConfig::default(), OpenLog::default()).unwrap();
        let nodes = vec![NodeId(1)];
        let registration =
            PartitionRegistration { leader: NodeId(1), leader_epoch: 0, replicas: nodes.clone(), isr: nodes };
        let place = Place { topic: "t".into(), index: 0, node: NodeId(1), meter: Arc::default() };
        Partition::new(place, LogHandle::new(log), registration, Arc::default())
    }

    #[test]
    fn too_few_replicas_in_sync_are_an_error_for_acks_all_only() {
        let partition = partition();
        let refused = |in_sync: &[i32], all_replicas, wanted| {
            let nodes = |ids: &[i32]| ids.iter().copied().map(NodeId).collect();
            let registration = PartitionRegistration {
                leader: NodeId(1),
                leader_epoch: 0,
                replicas: nodes(&[1, 2, 3]),
                isr: nodes(in_sync),
            };
            let config = TopicConfig { min_insync_replicas: wanted, ..TopicConfig::default() };
            partition.update(&registration, &Arc::new(config), LogConfig::default());
            partition.lock().check_replicas(all_replicas).err().map(|refusal| refusal.code)
        };
        assert_eq!(refused(&[1], true, 2), Some(ErrorCode::NOT_ENOUGH_REPLICAS));
        assert_eq!(refused(&[1], false, 2), None);
        assert_eq!(refused(&[1, 3], true, 2), None);
        assert_eq!(refused(&[1, 3], true, 100), Some(ErrorCode::NOT_ENOUGH_REPLICAS));
        assert_eq!(refused(&[1, 2, 3], true, 100), None, "all that there are");
    }

    #[test]
    fn a_log_is_durable_up_to_where_it_begins_after_records_were_deleted() {
        let partition = partition();
        for _ in 0..4 {
            let mut builder = RecordBatchBuilder::new(BatchSettings::default());
            builder.append(5, None, Some(b"v"), std::iter::empty()).unwrap();
            let records = BytesMut::from(&builder.seal(&mut Compressor::default()).unwrap()[..]);
            partition.append_internal(records, 5).unwrap();
        }
        assert_eq!(partition.delete_records(9, 5), Err(ErrorCode::OFFSET_OUT_OF_RANGE));
        assert_eq!(partition.log.lock().recovery_point(), 0);
        assert_eq!(partition.delete_records(2, 5), Ok(2));
        assert!(partition.log.lock().recovery_point() >= 2);
    }

    #[test]
    fn clients_are_told_what_is_damaged_from_what_cannot_be_read_now() {
        let damaged = LogError::Corrupt { path: String::new(), reason: String::new(), remedy: "" };
        assert_eq!(read_failed(&damaged), ErrorCode::CORRUPT_MESSAGE);
        let failed = LogError::Io { action: "read", path: String::new(), source: std::io::ErrorKind::Other.into() };
        assert_eq!(read_failed(&failed), ErrorCode::KAFKA_STORAGE_ERROR);
    }
}
