//! Very many connections that do nothing.

use std::{
    io::{ErrorKind, Write as _},
    net::TcpStream,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    client::{is_served, runtime},
    process::{memory_mb, raise_descriptor_limit},
    support::Broker,
};

/// What this process needs besides.
const OWN_DESCRIPTORS: u64 = 500;
const MOST_MEMORY_MB: u64 = 200;
const LEAST_CROWD: usize = 500;

/// As many connections as wanted, or as there may be, with these bytes sent on each.
fn crowd(server: &str, wanted: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let room = usize::try_from(raise_descriptor_limit().saturating_sub(OWN_DESCRIPTORS)).unwrap();
    if room < wanted {
        eprintln!("{room} connections in place of {wanted}: the hard limit on file descriptors allows no more");
    }
    let connect = |_| {
        let mut stream = TcpStream::connect(server).unwrap();
        stream.write_all(bytes).unwrap();
        stream
    };
    (0..wanted.min(room)).map(connect).collect()
}

/// Two crowds at a time are more than a process may have descriptors for.
static CROWDED: Mutex<()> = Mutex::new(());

fn assert_harmless(count: usize, bytes: &[u8]) {
    let _turn = CROWDED.lock().unwrap_or_else(PoisonError::into_inner);
    let broker = Broker::with_topic("orders", 1);
    let began = Instant::now();
    let crowd = crowd(&broker.servers[0], count, bytes);
    runtime().block_on(is_served(&broker.servers[0], "orders", Duration::from_secs(20)));
    let memory = memory_mb(broker.pid());
    println!("{} connections in {:.1?}, each with {} bytes: {memory} MB", crowd.len(), began.elapsed(), bytes.len());
    assert!(memory < MOST_MEMORY_MB, "{memory} MB");
    let open = crowd.iter().filter(|stream| is_open(stream)).count();
    assert_eq!(open, crowd.len(), "all are still there");
    assert!(open >= LEAST_CROWD, "{open} connections are no crowd: raise the hard limit on file descriptors");
}

/// Whether the broker has neither said anything nor hung up.
fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn ten_thousand_connections_that_send_a_byte_and_nothing_more_cost_little_and_nobody_else_anything() {
    assert_harmless(10_000, &[0]);
}

#[test]
fn two_thousand_frames_of_a_hundred_megabytes_that_never_come_cost_little_and_nobody_else_anything() {
    // The size, and the first bytes of a header.
    assert_harmless(2000, &[&(100_000_000_i32).to_be_bytes()[..], &[0, 0, 0, 9, 0, 0]].concat());
}
