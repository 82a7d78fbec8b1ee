//! A stream that gives up on a peer with whom nothing moves.

use std::{
    future::Future,
    io::{self, IoSlice},
    time::Duration,
};

use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A stream on which every single read and write must move something within a time, `connections.max.idle.ms`.
///
/// The time starts anew with each byte, however long a frame takes as a whole: a peer that is slow is not idle. One that
/// does not read its responses is, and would keep them in memory.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    max_idle: Option<Duration>,
}

impl<S> Patient<S> {
    /// `None` waits for ever.
    pub(super) fn new(stream: S, max_idle: Option<Duration>) -> Self {
        Self { stream, max_idle }
    }
}

impl<S: AsyncRead + Unpin> Patient<S> {
    /// Reads what there is. Cancel safe.
    pub(super) async fn read_buf(&mut self, buffer: &mut impl BufMut) -> io::Result<usize> {
        within(self.max_idle, self.stream.read_buf(buffer)).await
    }
}

impl<S: AsyncWrite + Unpin> Patient<S> {
    /// Writes as much as there is room for. Cancel safe.
    pub(super) async fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        within(self.max_idle, self.stream.write_vectored(slices)).await
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        within(self.max_idle, self.stream.flush()).await
    }
}

impl<S> Patient<S> {
    /// Waits for something else in the meantime, in which nothing moves either.
    pub(super) async fn wait_for<T>(&self, step: impl Future<Output = T>) -> io::Result<T> {
        within(self.max_idle, async { Ok(step.await) }).await
    }
}

async fn within<T>(max_idle: Option<Duration>, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match max_idle {
        Some(idle) => tokio::time::timeout(idle, step).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        None => step.await,
    }
}
