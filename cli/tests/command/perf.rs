//! `ottla perf`, on a few records.

use crate::support::{Broker, assert_documented};

#[test]
fn writing_and_reading_are_measured() {
    let broker = Broker::with_topic("load", 2);
    let produced = broker.ottla("perf produce load --records 2000 --size 50").json();
    assert_documented("perf produce", &produced);
    assert_eq!((&produced["records"], &produced["bytes"]), (&2000.into(), &100_000.into()));

    let consumed = broker.ottla("perf consume load").json();
    assert_documented("perf consume", &consumed);
    assert_eq!((&consumed["records"], &consumed["bytes"]), (&2000.into(), &100_000.into()));
    for polls in ["", " --set max.poll.records=300"] {
        let consumed = broker.ottla(&format!("perf consume load --records 700{polls}")).json();
        assert_eq!((&consumed["records"], &consumed["bytes"]), (&700.into(), &35_000.into()));
    }

    let text = broker.ottla("perf produce load --records 100 --rate 10000").done();
    let names: Vec<&str> = text.lines().filter_map(|line| line.split_once("  ")).map(|(name, _)| name).collect();
    let expected = ["records", "time", "records/s", "MB/s", "CPU time", "latency", "requests", "batches", "retries"];
    assert_eq!(names.iter().map(|name| name.trim()).collect::<Vec<_>>(), expected);
    assert!(text.starts_with("records    100 (10.0 kB)\n"), "{text}");
}

#[test]
fn round_trips_are_timed() {
    let broker = Broker::with_topic("load", 1);
    let latency = broker.ottla("perf latency load --records 20").json();
    assert_documented("perf latency", &latency);
    assert_eq!(latency["latency_ms"]["samples"], 20);
    assert!(latency["latency_ms"]["max"].as_f64() > Some(0.0));
}

#[test]
fn what_cannot_be_measured_is_a_failure() {
    let broker = Broker::with_topic("load", 1);
    assert!(broker.ottla("perf consume none").fails(1).contains("none"));
    assert!(broker.ottla("perf latency load --partition 5").fails(1).contains("5"));
    broker.ottla("perf produce load --rate 0").fails(2);
}
