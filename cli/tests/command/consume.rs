//! `ottla consume`.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::Signal;

use crate::support::{Broker, assert_documented, cells};

/// A topic of one partition with the values 0 to 9.
fn ten() -> Broker {
    let broker = Broker::with_topic("orders", 1);
    broker.produce("orders", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    broker
}

fn values(broker: &Broker, words: &str) -> String {
    broker.ottla("consume orders --format %v").args(words).done().replace('\n', "")
}

#[test]
fn reading_begins_where_it_is_told_to() {
    let broker = ten();
    let read = |from: &str| values(&broker, &format!("--exit-at-end --from {from}"));
    assert_eq!(values(&broker, "--exit-at-end"), "0123456789");
    assert_eq!(read("beginning"), "0123456789");
    assert_eq!(read("7"), "789");
    assert_eq!(read("-2"), "89");
    assert_eq!(read("end"), "");
    assert_eq!(read("-1h"), "0123456789");
    assert_eq!(read("2100-01-01"), "");
    assert_eq!(values(&broker, "--max 3 --from 2"), "234");
    assert_eq!(values(&broker, "--max 0"), "");
}

#[test]
fn reading_begins_at_a_time() {
    let broker = ten();
    let record = broker.ottla("consume orders --from -1 --max 1").json();
    let last = record["timestamp"].as_u64().unwrap();
    // The clock is read until it has moved on, for at most a millisecond.
    while SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() <= u128::from(last) {}
    broker.produce("orders", "later\n");
    assert_eq!(values(&broker, &format!("--exit-at-end --from @{}", last + 1)), "later");
    assert!(values(&broker, &format!("--exit-at-end --from @{last}")).ends_with("9later"));
}

#[test]
fn new_records_are_read_as_they_come() {
    let broker = ten();
    let mut reader = broker.ottla("consume orders --from 9 --format %v").start();
    assert_eq!(reader.line(), "9");
    broker.produce("orders", "new\n");
    assert_eq!(reader.line(), "new");
    reader.signal(Signal::INT);
    let finished = reader.finish();
    assert_eq!((finished.code, finished.err.as_str()), (0, ""));
}

#[test]
fn single_partitions_can_be_read() {
    let broker = Broker::with_topic("orders", 3);
    for partition in ["0", "1", "2"] {
        broker.ottla("produce orders -p").arg(partition).input(format!("in {partition}\n")).done();
    }
    assert_eq!(values(&broker, "--exit-at-end --partition 1"), "in 1");
    let both = values(&broker, "--exit-at-end -p 0 -p 2");
    assert!(both == "in 0in 2" || both == "in 2in 0", "{both}");
    assert!(broker.ottla("consume orders -p 3").fails(1).contains("orders has 3 partitions"));
    broker.ottla("consume orders -p 1 --group billing").fails(2);
}

#[test]
fn a_template_has_every_field_and_escape() {
    let broker = Broker::with_topic("orders", 1);
    broker.ottla("produce orders -K : -H a=1 -H b=2").input("ann:3 apples\n").done();
    let record = broker.ottla("consume orders --exit-at-end").json();
    let shown = broker
        .ottla("consume orders --exit-at-end --format")
        .arg("%t|%p|%o|%T|%k|%K|%v|%s|%S|%h|%%|\\t|\\x41|\\\\|\\r\\n")
        .done();
    let expected = format!("orders|0|0|{}|ann|3|3 apples|3 apples|8|a=1,b=2|%|\t|A|\\|\r\n", record["timestamp"]);
    assert_eq!(shown, expected);
    let raw = broker.ottla("consume orders --exit-at-end --format %v\\0").done();
    assert_eq!(raw, "3 apples\0");
    for (bad, reason) in
        [("%x", "%x means nothing"), ("%", "% at the end"), ("\\q%v", "\\q means"), ("tabel", "expected")]
    {
        let error = broker.ottla("consume orders --format").arg(bad).fails(2);
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_table_lines_up_and_json_has_an_object_per_line() {
    let broker = Broker::with_topic("orders", 1);
    broker.ottla("produce orders -K : -H a=1").input("ann:3 apples\nlongername:1 pear\nnobody\n").done();
    let table = cells(&broker.ottla("consume orders --exit-at-end").done());
    assert_eq!(table[0], ["PARTITION", "OFFSET", "TIMESTAMP", "KEY", "VALUE"]);
    let keys_and_values: Vec<_> = table[1..].iter().map(|row| row[3..].join("=")).collect();
    assert_eq!(keys_and_values, ["ann=3 apples", "longername=1 pear", "-=nobody"]);
    let lines = broker.ottla("consume orders --exit-at-end --format json").done();
    let records: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 3);
    assert_documented("consume", &records[0]);
}

#[test]
fn a_group_goes_on_where_it_has_printed_to() {
    let broker = ten();
    assert_eq!(values(&broker, "--group billing --max 3"), "012");
    assert_eq!(values(&broker, "--group billing --exit-at-end"), "3456789");
    assert_eq!(values(&broker, "--group billing --exit-at-end"), "");
    assert_eq!(values(&broker, "--group shipping --from end --exit-at-end"), "");
    let error = broker.ottla("consume orders --group billing --from 3").fails(2);
    assert!(error.contains("ottla group reset-offsets billing"), "{error}");
}

#[test]
fn an_interruption_commits_what_was_printed_and_leaves_the_group() {
    let broker = ten();
    for signal in [Signal::INT, Signal::TERM] {
        let mut reader = broker.ottla("consume orders --group billing --format %v").start();
        let first = reader.line();
        assert_eq!(first, if signal == Signal::INT { "0" } else { "new" });
        (0..if signal == Signal::INT { 9 } else { 0 }).for_each(|_| drop(reader.line()));
        reader.signal(signal);
        let finished = reader.finish();
        assert_eq!((finished.code, finished.err.as_str()), (0, ""));
        let group = &broker.ottla("group describe billing").json()[0];
        assert_eq!((&group["state"], &group["lag"]), (&"Empty".into(), &0.into()));
        broker.produce("orders", "new\n");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure_and_no_member_any_more() {
    let broker = Broker::with_topic("load", 1);
    broker.ottla("perf produce load --records 20000").done();
    for group in ["", "--group billing"] {
        let mut reader = broker.ottla("consume load --format %v").args(group).start();
        assert_eq!(reader.line().len(), 100);
        reader.close_stdout();
        let finished = reader.finish();
        assert_eq!((finished.code, finished.err.as_str()), (0, ""));
    }
    let group = &broker.ottla("group describe billing").json()[0];
    assert_eq!(group["state"], "Empty");
}
