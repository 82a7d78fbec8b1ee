//! Where the batches of a Produce request are checked, and how much work that may be.

use std::{cell::RefCell, sync::Arc};

use ottla_protocol::{
    compression::{Compressor, DecompressError, DecompressLimits, Decompressor},
    record::{
        RecordError,
        validate::{BatchSummary, InvalidBatch},
    },
};
use tokio::sync::Semaphore;

use super::{
    record_fault::MAX_FAULTS_PER_REQUEST,
    validate::{ProduceRefusal, Unchecked, ValidBatch},
};

/// A batch that is no longer than this when decompressed is checked at once: that takes less than a millisecond. It is
/// also how much is checked before other tasks have their turn.
const SMALL_BYTES: usize = 256 * 1024;

/// Codecs' contexts and buffers.
#[derive(Debug, Default)]
pub(super) struct Codecs {
    pub(super) compressor: Compressor,
    pub(super) decompressor: Decompressor,
}

thread_local! {
    /// Contexts are slow to make next to a small batch, so each thread keeps some. Their buffers stay small, as large
    /// batches have codecs of their own.
    static CODECS: RefCell<Codecs> = RefCell::default();
}

/// The checks of a node that take long, of all connections together.
#[derive(Clone, Debug)]
pub(crate) struct LongChecks {
    /// As many at a time as there are processors: more would not be done earlier, and each has buffers.
    permits: Arc<Semaphore>,
}

impl Default for LongChecks {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { permits: Arc::new(Semaphore::new(processors)) }
    }
}

/// The checks that one request needs.
///
/// How much work a compressed batch is shows when it is decompressed: a kilobyte may become gigabytes. So a batch that
/// looks small is decompressed up to a limit at once, and from the start on another thread if that is not enough. What
/// all batches of a request may take together is limited too.
#[derive(Debug)]
pub(crate) struct Checking<'a> {
    long: &'a LongChecks,
    /// Bytes that the rest of the request may have when decompressed.
    allowance: usize,
    /// Bytes gone through since other tasks had their turn.
    busy: usize,
    /// How many more records may be told to be at fault.
    faults: usize,
}

impl<'a> Checking<'a> {
    /// For a request whose compressed batches may take so many bytes together when they are decompressed.
    pub(crate) fn new(long: &'a LongChecks, allowance: usize) -> Self {
        Self { long, allowance, busy: 0, faults: MAX_FAULTS_PER_REQUEST }
    }

    /// Checks a batch and makes it ready to be appended.
    ///
    /// Cancel safe: nothing has happened yet when this returns.
    pub(super) async fn check(&mut self, batch: Unchecked) -> Result<ValidBatch, ProduceRefusal> {
        self.check_anywhere(batch).await.map_err(|mut refusal| {
            refusal.faults.truncate(self.faults);
            self.faults -= refusal.faults.len();
            refusal
        })
    }

    async fn check_anywhere(&mut self, batch: Unchecked) -> Result<ValidBatch, ProduceRefusal> {
        if self.busy >= SMALL_BYTES {
            self.busy = 0;
            tokio::task::yield_now().await;
        }
        if !batch.is_large() {
            let limit = self.allowance.min(SMALL_BYTES);
            let inspected = CODECS.with_borrow_mut(|codecs| batch.inspect(limit, codecs));
            if limit == self.allowance || !is_too_large(&inspected) {
                self.book(&inspected, &batch, limit);
                return CODECS.with_borrow_mut(|codecs| batch.finish(inspected?, codecs));
            }
        }
        self.check_elsewhere(batch).await
    }

    async fn check_elsewhere(&mut self, batch: Unchecked) -> Result<ValidBatch, ProduceRefusal> {
        let limit = self.allowance;
        // Nobody closes it.
        let permit = self.long.permits.clone().acquire_owned().await.ok();
        let checked = tokio::task::spawn_blocking(move || {
            let mut codecs = Codecs::default();
            let inspected = batch.inspect(limit, &mut codecs);
            let spent = spent(&inspected, &batch, limit);
            let result = inspected.map_err(ProduceRefusal::from).and_then(|summary| batch.finish(summary, &mut codecs));
            // A caller that has gone away does not end the work, so its permit stays with it.
            drop(permit);
            (spent, result)
        });
        let (spent, result) = checked.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        self.allowance -= spent;
        result
    }

    fn book(&mut self, inspected: &Result<BatchSummary, InvalidBatch>, batch: &Unchecked, limit: usize) {
        let spent = spent(inspected, batch, limit);
        self.allowance -= spent;
        self.busy += spent.max(batch.size_bytes());
    }
}

/// How much of a limit the inspection of a batch took. One that failed half way has used it up.
fn spent(inspected: &Result<BatchSummary, InvalidBatch>, batch: &Unchecked, limit: usize) -> usize {
    match inspected {
        _ if !batch.is_compressed() => 0,
        Ok(summary) => summary.size_bytes.min(limit),
        Err(InvalidBatch::Record(_)) => limit,
        Err(_) => 0,
    }
}

fn is_too_large(inspected: &Result<BatchSummary, InvalidBatch>) -> bool {
    let too_large = |error: &DecompressError| matches!(error, DecompressError::TooLarge { .. });
    matches!(inspected, Err(InvalidBatch::Record(RecordError::Decompress(error))) if too_large(error))
}

impl Codecs {
    /// The decompressor for what is to be read by any client, with a limit on what it writes.
    pub(super) fn limited(&mut self, max_output_bytes: usize) -> &mut Decompressor {
        let limits = DecompressLimits::with_max_output(max_output_bytes);
        self.decompressor.set_limits(DecompressLimits { lz4_independent_blocks_only: true, ..limits });
        &mut self.decompressor
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use bytes::Bytes;
    use ottla_protocol::{
        error_code::ErrorCode,
        record::{BatchSettings, Compression, RecordBatchBuilder},
    };

    use super::*;
    use crate::config::{BrokerLayers, ConfigMap, TopicConfig};

    const VERSION: i16 = 9;

    /// A batch of one record with so many zeros.
    fn zeros(compression: Compression, len: usize) -> Bytes {
        let settings = BatchSettings { compression: compression.into(), ..Default::default() };
        let mut builder = RecordBatchBuilder::new(settings);
        builder.append(0, Some(b"k"), Some(&vec![0; len]), []).unwrap();
        builder.seal(&mut Compressor::default()).unwrap()
    }

    fn topic() -> Arc<TopicConfig> {
        let configs = ConfigMap::from([("max.message.bytes".to_owned(), (64 << 20).to_string())]);
        Arc::new(TopicConfig::new(&BrokerLayers::default(), &configs).unwrap())
    }

    async fn check(checking: &mut Checking<'_>, records: Bytes) -> Result<(), ErrorCode> {
        let batch = Unchecked::parse(records, VERSION, topic(), 0).unwrap();
        checking.check(batch).await.map(drop).map_err(|refusal| refusal.code)
    }

    /// Whether another task had its turn while this one ran.
    async fn others_go_on(work: impl Future<Output = Result<(), ErrorCode>>) -> bool {
        let ran = Arc::new(AtomicBool::new(false));
        tokio::spawn({
            let ran = ran.clone();
            async move { ran.store(true, Ordering::SeqCst) }
        });
        work.await.unwrap();
        ran.load(Ordering::SeqCst)
    }

    /// Whether another task has its turn while a batch is checked. A long check has to wait until it had.
    async fn others_go_on_during_check(records: Bytes) -> bool {
        let long = LongChecks { permits: Arc::new(Semaphore::new(0)) };
        let mut checking = Checking::new(&long, 100 << 20);
        let (ran, permits) = (Arc::new(AtomicBool::new(false)), long.permits.clone());
        tokio::spawn({
            let ran = ran.clone();
            async move {
                ran.store(true, Ordering::SeqCst);
                permits.add_permits(1);
            }
        });
        check(&mut checking, records).await.unwrap();
        ran.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn a_small_batch_is_checked_at_once_and_a_large_one_while_others_go_on() {
        for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
            assert!(!others_go_on_during_check(zeros(codec, 100_000)).await, "{}", codec.name());
            assert!(others_go_on_during_check(zeros(codec, 10 << 20)).await, "{}", codec.name());
        }
        assert!(!others_go_on_during_check(zeros(Compression::None, 1_000_000)).await);
        assert!(others_go_on_during_check(zeros(Compression::None, 10 << 20)).await);
    }

    #[tokio::test]
    async fn others_have_their_turn_between_many_small_batches() {
        let long = LongChecks::default();
        let mut checking = Checking::new(&long, 100 << 20);
        let batch = zeros(Compression::Zstd, 100_000);
        let many = async {
            for _ in 0..4 {
                check(&mut checking, batch.clone()).await?;
            }
            Ok(())
        };
        assert!(others_go_on(many).await);
    }

    #[tokio::test]
    async fn the_batches_of_a_request_may_take_so_much_together_when_decompressed() {
        let long = LongChecks::default();
        let mut checking = Checking::new(&long, 1 << 20);
        let small = zeros(Compression::Gzip, 400_000);
        assert_eq!(check(&mut checking, small.clone()).await, Ok(()));
        assert_eq!(check(&mut checking, small.clone()).await, Ok(()));
        assert_eq!(check(&mut checking, small.clone()).await, Err(ErrorCode::MESSAGE_TOO_LARGE));
        assert_eq!(check(&mut checking, zeros(Compression::Gzip, 10)).await, Err(ErrorCode::MESSAGE_TOO_LARGE));
        assert_eq!(check(&mut checking, zeros(Compression::None, 400_000)).await, Ok(()), "nothing to decompress");
        let mut next_request = Checking::new(&long, 1 << 20);
        assert_eq!(check(&mut next_request, small).await, Ok(()));
    }

    #[tokio::test]
    async fn a_bomb_uses_up_what_its_request_may_take() {
        let long = LongChecks::default();
        let mut checking = Checking::new(&long, 1 << 20);
        assert_eq!(check(&mut checking, zeros(Compression::Zstd, 32 << 20)).await, Err(ErrorCode::MESSAGE_TOO_LARGE));
        assert_eq!(checking.allowance, 0);
    }
}
