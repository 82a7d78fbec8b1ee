//! One connection: requests in, responses out, one at a time and in order.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    ResponseFrame,
    frame::{FrameError, FrameReader},
};

/// What bounds a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// `socket.request.max.bytes`.
    pub(crate) max_request_bytes: usize,
    /// `connections.max.idle.ms`; `None` for no limit.
    pub(crate) max_idle: Option<Duration>,
}

/// What to do after a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Send this.
    Respond(ResponseFrame),
    /// Send nothing, as the request asked for.
    Silent,
    /// Close the connection: the request cannot be answered.
    Close,
}

/// Whoever answers the requests of one connection.
pub(crate) trait Service: Send {
    /// Answers one frame.
    fn call(&mut self, frame: Bytes) -> impl Future<Output = Outcome> + Send;
}

/// Serves a connection until the peer closes it, breaks the protocol or falls silent.
///
/// The next request is not read before the response to the last has been written: that is what keeps responses in
/// order and pipelined produce requests from overtaking one another.
pub(crate) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    mut service: impl Service,
    limits: ConnectionLimits,
) {
    let mut frames = FrameReader::new(limits.max_request_bytes);
    loop {
        let frame = match next_frame(&mut frames, &mut stream, limits.max_idle).await {
            Ok(frame) => frame,
            Err(error) => {
                tracing::debug!(%error, "connection ends");
                return;
            }
        };
        match service.call(frame).await {
            Outcome::Respond(response) => {
                if let Err(error) = response.write(&mut stream).await {
                    tracing::debug!(%error, "response not sent");
                    return;
                }
            }
            Outcome::Silent => {}
            Outcome::Close => return,
        }
    }
}

async fn next_frame(
    frames: &mut FrameReader,
    stream: &mut (impl AsyncRead + Unpin),
    max_idle: Option<Duration>,
) -> Result<Bytes, FrameError> {
    match max_idle {
        Some(idle) => tokio::time::timeout(idle, frames.read(stream)).await.unwrap_or(Err(FrameError::Closed)),
        None => frames.read(stream).await,
    }
}
