//! `ottla produce`.

use std::fs;

use rustix::process::Signal;

use crate::support::{Broker, assert_documented};

fn values(broker: &Broker, topic: &str) -> String {
    broker.ottla("consume --exit-at-end --format %k=%v").arg(topic).done()
}

#[test]
fn each_line_of_the_input_is_a_record() {
    let broker = Broker::with_topic("orders", 1);
    broker.produce("orders", "a\r\n\nlast");
    assert_eq!(values(&broker, "orders"), "=a\n=\n=last\n");
}

#[test]
fn a_file_is_read_in_place_of_the_input() {
    let broker = Broker::with_topic("orders", 1);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders.txt");
    fs::write(&file, "ann:3 apples\nbob:1:2\nnobody\n:empty\n").unwrap();
    let produced = broker.ottla("produce orders --key-separator : --file").arg(&file).json();
    assert_documented("produce", &produced);
    assert_eq!((&produced["records"], &produced["bytes"], &produced["failed"]), (&4.into(), &28.into(), &0.into()));
    assert_eq!(values(&broker, "orders"), "ann=3 apples\nbob=1:2\n=nobody\n=empty\n");
    let keys = broker.ottla("consume orders --exit-at-end --format %K").done();
    assert_eq!(keys, "3\n3\n-1\n0\n");

    let error = broker.ottla("produce orders --file").arg(dir.path().join("none")).fails(1);
    assert!(error.contains("none") && error.contains("No such file"), "{error}");
    let error = broker.ottla("produce orders --file").arg(dir.path()).fails(1);
    assert!(error.contains("is a directory"), "{error}");
}

#[test]
fn partition_headers_and_null_values_are_as_asked_for() {
    let broker = Broker::with_topic("orders", 4);
    broker.ottla("produce orders -p 3 -H source=shell -H note=a=b -K : -Z").input("ann:\n").done();
    let record = broker.ottla("consume orders --exit-at-end").json();
    assert_eq!((&record["partition"], &record["key"], &record["value"]), (&3.into(), &"ann".into(), &().into()));
    let headers = serde_json::json!([{"name": "source", "value": "shell"}, {"name": "note", "value": "a=b"}]);
    assert_eq!(record["headers"], headers);
    let error = broker.ottla("produce orders --partition 4").input("a\nb\n").fails(1);
    assert_eq!(error, "error: line 1: orders has 4 partitions, so there is no partition 4\n");
}

#[test]
fn every_codec_and_every_kind_of_acknowledgement_works() {
    let broker = Broker::with_topic("orders", 1);
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        broker.ottla("produce orders --compression").arg(codec).input(format!("{codec}\n")).done();
    }
    for acks in ["all", "1", "0"] {
        broker.ottla("produce orders --acks").arg(acks).input(format!("{acks}\n")).done();
    }
    // Nobody says when the last one is written, so there is no end to exit at yet.
    let read = broker.ottla("consume orders --from beginning --max 8 --format =%v\\n").done();
    assert_eq!(read, "=none\n=gzip\n=snappy\n=lz4\n=zstd\n=all\n=1\n=0\n");
    for bad in ["--compression brotli", "--acks 2", "--partition -1", "--header x", "--set linger=5"] {
        broker.ottla("produce orders").args(bad).fails(2);
    }
}

#[test]
fn a_line_that_is_too_long_is_told_by_its_number_and_the_others_are_delivered() {
    let broker = Broker::with_topic("orders", 1);
    let input = format!("a\nb\n{}\nc\n", "x".repeat(3000));
    let finished = broker.ottla("produce orders --set max.request.size=2000").input(input.clone()).run();
    assert_eq!(finished.code, 1);
    assert!(finished.err.starts_with("error: line 3: the record takes up to "), "{}", finished.err);
    assert!(finished.err.ends_with("error: 1 of 4 records not delivered\n"), "{}", finished.err);
    assert_eq!(values(&broker, "orders"), "=a\n=b\n=c\n");

    // The broker has its own limit.
    broker.ottla("topic alter orders -c max.message.bytes=2000").done();
    let finished = broker.ottla("produce orders").input(input).run();
    assert_eq!(finished.code, 1);
    assert!(
        finished.err.starts_with("error: line 3: ") && finished.err.contains("MESSAGE_TOO_LARGE"),
        "{}",
        finished.err
    );
    assert_eq!(values(&broker, "orders"), "=a\n=b\n=c\n=a\n=b\n=c\n");
}

#[test]
fn records_are_sent_while_the_input_is_open_and_an_interruption_ends_it() {
    let broker = Broker::with_topic("orders", 1);
    let mut running = broker.ottla("produce orders --format json").start();
    running.write(b"a\n");
    let mut reader = broker.ottla("consume orders --format %v").start();
    assert_eq!(reader.line(), "a");
    running.signal(Signal::INT);
    let produced = running.line();
    assert!(produced.contains("\"records\":1"), "{produced}");
    assert_eq!(running.finish().code, 0);
}

#[test]
fn nobody_has_to_read_the_complaints() {
    let broker = Broker::with_topic("orders", 1);
    let input = format!("{}\na\n", "x".repeat(3000));
    let finished = broker.ottla("produce orders --set max.request.size=2000").input(input).closed_stderr().run();
    assert_eq!(finished.code, 1);
    assert_eq!(values(&broker, "orders"), "=a\n");
}
