//! A consumer as a stream of records.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use tokio::sync::mpsc;

use super::{
    commit::Commit,
    error::ConsumeError,
    handle::{Committing, Consumer, send_commit},
    position::{OffsetAndMetadata, SeekTo},
    records::{ConsumerRecord, IntoRecords, Records},
    shared::Shared,
};

/// The records of a consumer one at a time; see [`Consumer::stream`]. It never ends.
pub struct RecordStream<'a> {
    shared: Arc<Shared>,
    commits: mpsc::UnboundedSender<Commit>,
    current: IntoRecords,
    receiving: Option<Receiving<'a>>,
    consumer: Option<&'a mut Consumer>,
}

type Receiving<'a> = Pin<Box<dyn Future<Output = (&'a mut Consumer, Result<Records, ConsumeError>)> + Send + 'a>>;

impl<'a> RecordStream<'a> {
    pub(super) fn new(consumer: &'a mut Consumer, shared: Arc<Shared>, commits: mpsc::UnboundedSender<Commit>) -> Self {
        let current = Records::default().into_iter();
        Self { shared, commits, current, receiving: None, consumer: Some(consumer) }
    }

    /// Commits the positions after the records that the stream has returned, as [`Consumer::commit_async`].
    pub fn commit(&self) -> Committing {
        let mut offsets = self.shared.assignment().uncommitted();
        for (partition, offset) in self.current.first_offsets() {
            offsets.insert(partition.clone(), OffsetAndMetadata::new(offset));
        }
        send_commit(&self.shared, &self.commits, offsets)
    }
}

impl Stream for RecordStream<'_> {
    type Item = Result<ConsumerRecord, ConsumeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(record) = self.current.next() {
                return Poll::Ready(Some(Ok(record)));
            }
            if let Some(consumer) = self.consumer.take() {
                self.receiving = Some(Box::pin(async move {
                    let result = consumer.recv().await;
                    (consumer, result)
                }));
            }
            let Some(receiving) = self.receiving.as_mut() else { return Poll::Ready(None) };
            let (consumer, result) = ready!(receiving.as_mut().poll(cx));
            self.receiving = None;
            self.consumer = Some(consumer);
            match result {
                Ok(records) => self.current = records.into_iter(),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}

impl Drop for RecordStream<'_> {
    /// Records that the stream did not return are for the next call of the consumer.
    #[expect(clippy::disallowed_methods, reason = "the application drops it now")]
    fn drop(&mut self) {
        let now = tokio::time::Instant::now();
        let mut assignment = self.shared.assignment();
        for (partition, offset) in self.current.first_offsets() {
            assignment.seek(now, partition, SeekTo::Offset(offset), -1);
        }
        drop(assignment);
        self.shared.wake_all();
    }
}

impl fmt::Debug for RecordStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordStream").finish_non_exhaustive()
    }
}
