//! What arrives at the broker's port from somebody who is broken or means harm.

use std::time::Duration;

use ottla::{
    broker::{Cluster, MemoryStream},
    producer::Record,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{client, start};

async fn connect(cluster: &Cluster) -> MemoryStream {
    let servers = cluster.bootstrap_servers();
    let (host, port) = servers.rsplit_once(':').unwrap();
    cluster.network().unwrap().connect(host, port.parse().unwrap()).await.unwrap()
}

/// A frame of this API and version with correlation id 7, no client id, and a body.
fn frame(key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let header = [&key.to_be_bytes()[..], &version.to_be_bytes(), &7i32.to_be_bytes(), &(-1i16).to_be_bytes()].concat();
    [&((header.len() + body.len()) as i32).to_be_bytes()[..], &header, body].concat()
}

/// What the broker answers, or `None` if it closes the connection instead: both at once, and not when the connection has
/// been idle for too long.
async fn answer(cluster: &Cluster, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut stream = connect(cluster).await;
    stream.write_all(bytes).await.unwrap();
    let read = async {
        let mut size = [0; 4];
        stream.read_exact(&mut size).await.ok()?;
        let mut answer = vec![0; usize::try_from(i32::from_be_bytes(size)).unwrap()];
        stream.read_exact(&mut answer).await.ok()?;
        Some(answer)
    };
    tokio::time::timeout(Duration::from_secs(1), read).await.expect("an answer, or the end of the connection")
}

#[tokio::test(start_paused = true)]
async fn frames_that_cannot_be_are_answered_by_closing_the_connection() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let cases: [(&str, Vec<u8>); 8] = [
        ("a negative length", (-1i32).to_be_bytes().to_vec()),
        ("a length beyond socket.request.max.bytes", (200_i32 << 20).to_be_bytes().to_vec()),
        ("the largest length", i32::MAX.to_be_bytes().to_vec()),
        ("an empty frame", 0i32.to_be_bytes().to_vec()),
        ("a frame too short for a header", [&3i32.to_be_bytes()[..], b"abc"].concat()),
        ("an API that there is not", frame(999, 0, b"")),
        ("a version that there is not", frame(3, 99, b"")),
        ("a body that ends too early", frame(3, 4, b"\0\0\0\x05")),
    ];
    for (what, bytes) in cases {
        assert_eq!(answer(&cluster, &bytes).await, None, "{what}");
    }
    let produced = client(&cluster).producer().build().unwrap().send(Record::to("t").value("v")).await.unwrap();
    assert_eq!(produced.await.unwrap().offset, 0, "others are not concerned");
}

#[tokio::test(start_paused = true)]
async fn requests_before_any_about_api_versions_are_answered() {
    let cluster = start(|c| c.topic("t", 1)).await;
    // Metadata version 0 of all topics, which begins with one broker, and ListOffsets version 1 of none.
    let cases: [(_, _, &[u8], &[u8]); 2] =
        [(3, 0, b"\0\0\0\0", b"\0\0\0\x01"), (2, 1, b"\xff\xff\xff\xff\0\0\0\0", b"\0\0\0\0")];
    for (key, version, body, begins) in cases {
        let answer = answer(&cluster, &frame(key, version, body)).await.unwrap();
        assert_eq!(&answer[..4], b"\0\0\0\x07", "API {key}");
        assert_eq!(&answer[4..8], begins, "API {key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_newer_than_the_broker_learns_which_versions_there_are() {
    let cluster = start(|c| c).await;
    let answer = answer(&cluster, &frame(18, 99, b"")).await.unwrap();
    // Correlation id, UNSUPPORTED_VERSION, one API: its own key and versions.
    assert_eq!(&answer[..10], b"\0\0\0\x07\0\x23\0\0\0\x01");
    assert_eq!(&answer[10..14], b"\0\x12\0\0");
}

#[tokio::test(start_paused = true)]
async fn counts_that_lie_close_the_connection_at_once() {
    let cluster = start(|c| c.topic("t", 1)).await;
    for count in [-2, i32::MAX, i32::MIN] {
        // Metadata version 1: an array of topics.
        assert_eq!(answer(&cluster, &frame(3, 1, &count.to_be_bytes())).await, None, "{count}");
    }
    let all = answer(&cluster, &frame(3, 1, &(-1i32).to_be_bytes())).await;
    assert!(all.is_some(), "null asks for all topics");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_comes_a_byte_at_a_time_is_a_frame() {
    let cluster = start(|c| c).await;
    let mut stream = connect(&cluster).await;
    for byte in frame(18, 0, b"") {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut size = [0; 4];
    stream.read_exact(&mut size).await.unwrap();
    assert!(i32::from_be_bytes(size) > 100, "all APIs with their versions");
}
