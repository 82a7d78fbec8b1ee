//! One connection: requests in, responses out, one at a time and in order.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{ResponseFrame, frame::FrameReader, patience::Patient};

/// What bounds a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// `socket.request.max.bytes`.
    pub(crate) max_request_bytes: usize,
    /// `connections.max.idle.ms`: how long a connection is kept on which not a byte moves, whether the peer has to send or
    /// to take something or its request waits. `None` for no limit.
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
    /// Answers one frame. It is dropped if it takes longer than the connection may be idle.
    fn call(&mut self, frame: Bytes) -> impl Future<Output = Outcome> + Send;
}

/// Serves a connection until the peer closes it, breaks the protocol or lets nothing move.
///
/// The next request is not read before the response to the last has been written. That keeps responses in order and
/// pipelined produce requests from overtaking one another, and a peer that does not read has one response waiting for it
/// at most.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    mut service: impl Service,
    limits: ConnectionLimits,
) {
    let mut stream = Patient::new(stream, limits.max_idle);
    let mut frames = FrameReader::new(limits.max_request_bytes);
    loop {
        let frame = match frames.read(&mut stream).await {
            Ok(frame) => frame,
            Err(error) => {
                tracing::debug!(%error, "connection ends");
                return;
            }
        };
        // A request may ask to be answered in weeks, and whoever sent it may be gone.
        let Ok(outcome) = stream.wait_for(service.call(frame)).await else {
            tracing::debug!("connection ends: a request has taken longer than it may be idle");
            return;
        };
        match outcome {
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

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use ottla_protocol::wire::Encoder;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
        task::JoinHandle,
        time::Instant,
    };

    use super::*;

    const IDLE: Duration = Duration::from_secs(600);
    const RESPONSE_BYTES: usize = 1 << 20;

    /// Answers every request with a megabyte, and counts them.
    struct Megabytes(Arc<AtomicUsize>);

    impl Service for Megabytes {
        async fn call(&mut self, _frame: Bytes) -> Outcome {
            self.0.fetch_add(1, Ordering::SeqCst);
            let out = Encoder::with_buffer(vec![7; RESPONSE_BYTES].as_slice().into(), 0, false);
            Outcome::Respond(ResponseFrame::new(out).unwrap())
        }
    }

    fn start() -> (DuplexStream, JoinHandle<()>, Arc<AtomicUsize>) {
        let (client, server) = tokio::io::duplex(1024);
        let calls = Arc::new(AtomicUsize::new(0));
        let limits = ConnectionLimits { max_request_bytes: 1 << 20, max_idle: Some(IDLE) };
        (client, tokio::spawn(serve(server, Megabytes(calls.clone()), limits)), calls)
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_has_one_response_waiting_and_is_given_up_after_the_idle_time() {
        let (mut client, served, calls) = start();
        let begun = Instant::now();
        for _ in 0..50 {
            client.write_all(&[0, 0, 0, 1, b'x']).await.unwrap();
        }
        served.await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert_eq!(begun.elapsed().as_secs(), IDLE.as_secs());
    }

    /// Answers nothing in a lifetime.
    struct Never;

    impl Service for Never {
        async fn call(&mut self, _frame: Bytes) -> Outcome {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_answered_in_weeks_keeps_its_connection_for_the_idle_time() {
        let (mut client, server) = tokio::io::duplex(1024);
        let limits = ConnectionLimits { max_request_bytes: 1 << 20, max_idle: Some(IDLE) };
        let served = tokio::spawn(serve(server, Never, limits));
        let begun = Instant::now();
        client.write_all(&[0, 0, 0, 1, b'x']).await.unwrap();
        drop(client);
        served.await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), IDLE.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_slowly_is_not_idle() {
        let (mut client, served, _) = start();
        client.write_all(&[0, 0, 0, 1, b'x']).await.unwrap();
        let mut left = 4 + RESPONSE_BYTES;
        while left > 0 {
            tokio::time::sleep(IDLE - Duration::from_secs(1)).await;
            let mut some = vec![0; 1024 * 64];
            let read = client.read(&mut some).await.unwrap();
            assert!(read > 0, "cut off with {left} bytes left");
            left -= read;
        }
        drop(client);
        served.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_may_take_longer_than_the_idle_time_as_long_as_bytes_come() {
        let (mut client, _served, _) = start();
        for byte in [0, 0, 0, 3, b'x', b'y', b'z'] {
            client.write_all(&[byte]).await.unwrap();
            tokio::time::sleep(IDLE - Duration::from_secs(1)).await;
        }
        let mut size = [0; 4];
        client.read_exact(&mut size).await.unwrap();
        assert_eq!(i32::from_be_bytes(size), RESPONSE_BYTES as i32);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stops_within_a_frame_is_given_up_an_idle_time_after_its_last_byte() {
        let (mut client, served, _) = start();
        let begun = Instant::now();
        client.write_all(&[0, 0]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(500)).await;
        client.write_all(&[0]).await.unwrap();
        served.await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 500 + IDLE.as_secs());
    }
}
