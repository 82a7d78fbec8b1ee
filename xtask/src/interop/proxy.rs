//! A proxy in front of a broker that cuts connections where it hurts: after the append, before its answer.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use bytes::Bytes;

const PRODUCE: i16 = 0;

/// What has gone through it, shared by all its threads.
#[derive(Debug, Default)]
struct Record {
    /// Produce requests, without their length.
    produced: Mutex<Vec<Bytes>>,
    cuts: AtomicUsize,
}

/// A proxy that serves until the process ends.
#[derive(Debug)]
pub(super) struct Proxy {
    listener: TcpListener,
    record: Arc<Record>,
}

impl Proxy {
    /// Takes a port; nobody is served yet.
    pub(super) fn bind() -> Result<Self> {
        Ok(Self { listener: TcpListener::bind("127.0.0.1:0")?, record: Arc::default() })
    }

    /// Its address.
    pub(super) fn address(&self) -> Result<String> {
        Ok(self.listener.local_addr()?.to_string())
    }

    /// Serves from now on. Of all Produce requests the `every`-th is answered by the end of its connection, `most` times.
    pub(super) fn serve(&self, broker: String, every: usize, most: usize) -> Result<()> {
        let (listener, record) = (self.listener.try_clone()?, Arc::clone(&self.record));
        thread::spawn(move || {
            for client in listener.incoming().map_while(io::Result::ok) {
                // A broker that does not answer is for the client to notice.
                let Ok(upstream) = TcpStream::connect(&broker) else { continue };
                let _ = Connection::begin(client, upstream, &record, every, most);
            }
        });
        Ok(())
    }

    /// How many connections were cut.
    pub(super) fn cuts(&self) -> usize {
        self.record.cuts.load(Ordering::Relaxed)
    }

    /// All Produce requests that have gone to the broker, with their headers.
    pub(super) fn produced(&self) -> Vec<Bytes> {
        locked(&self.record.produced).clone()
    }
}

/// The answers that are to be cut off, by correlation id.
type Doomed = Arc<Mutex<BTreeSet<i32>>>;

struct Connection;

impl Connection {
    fn begin(
        client: TcpStream,
        upstream: TcpStream,
        record: &Arc<Record>,
        every: usize,
        most: usize,
    ) -> io::Result<()> {
        let doomed = Doomed::default();
        let (from_client, to_client) = (client.try_clone()?, client);
        let (to_broker, from_broker) = (upstream.try_clone()?, upstream);
        let (its_record, its_doomed) = (Arc::clone(record), Arc::clone(&doomed));
        thread::spawn(move || {
            let mut from = from_client;
            let mut to = to_broker;
            while let Ok(frame) = frame(&mut from) {
                its_record.note(&frame, &its_doomed, every, most);
                if send(&mut to, &frame).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
        let record = Arc::clone(record);
        thread::spawn(move || {
            let (mut from, mut to) = (from_broker, to_client);
            while let Ok(frame) = frame(&mut from) {
                let is_doomed = number(&frame, 0).is_some_and(|id| locked(&doomed).remove(&id));
                if is_doomed {
                    record.cuts.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                if send(&mut to, &frame).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        });
        Ok(())
    }
}

impl Record {
    fn note(&self, frame: &Bytes, doomed: &Doomed, every: usize, most: usize) {
        let key = frame.first_chunk::<2>().map(|bytes| i16::from_be_bytes(*bytes));
        if key != Some(PRODUCE) {
            return;
        }
        let mut produced = locked(&self.produced);
        produced.push(frame.clone());
        if produced.len().is_multiple_of(every) && produced.len() <= every * most {
            locked(doomed).extend(number(frame, 4));
        }
    }
}

fn frame(stream: &mut TcpStream) -> Result<Bytes> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut bytes = vec![0; usize::try_from(i32::from_be_bytes(length)).context("a length below zero")?];
    stream.read_exact(&mut bytes)?;
    Ok(bytes.into())
}

fn send(stream: &mut TcpStream, frame: &Bytes) -> Result<()> {
    stream.write_all(&i32::try_from(frame.len())?.to_be_bytes())?;
    Ok(stream.write_all(frame)?)
}

fn number(frame: &Bytes, at: usize) -> Option<i32> {
    frame.get(at..)?.first_chunk::<4>().map(|bytes| i32::from_be_bytes(*bytes))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
