//! `ottla group`.

use rustix::process::Signal;

use crate::support::{Broker, assert_documented, cells};

/// A topic of two partitions with three records each, of which `billing` has read one of partition 1.
fn behind() -> Broker {
    let broker = Broker::with_topic("orders", 2);
    for partition in ["0", "1"] {
        broker.ottla("produce orders -p").arg(partition).input("a\nb\nc\n").done();
    }
    broker.ottla("consume orders --group billing --from end --exit-at-end").done();
    broker.ottla("group reset-offsets billing --to 0 --topic orders --partition 1").done();
    broker
}

#[test]
fn groups_are_listed_by_state_and_deleted() {
    let broker = behind();
    let table = cells(&broker.ottla("group list").done());
    assert_eq!(table[0], ["GROUP", "STATE", "TYPE", "PROTOCOL", "COORDINATOR"]);
    assert_eq!(table[1], ["billing", "Empty", "classic", "consumer", "1"]);
    assert_documented("group list", &broker.ottla("group list --state Empty").json());
    assert_eq!(broker.ottla("group list --state Stable").done(), "");
    broker.ottla("group reset-offsets shipping --topic orders --to 0").done();
    assert_documented("group delete", &broker.ottla("group delete shipping").json());
    assert_eq!(broker.ottla("group delete billing").done(), "deleted billing\n");
    assert_eq!(broker.ottla("group list").done(), "");
    let error = broker.ottla("group delete billing").fails(1);
    assert!(error.contains("billing"), "{error}");
}

#[test]
fn the_name_of_a_group_tells_a_terminal_nothing() {
    let broker = Broker::with_topic("orders", 1);
    let name = "g\u{1b}[2J\u{7}";
    let and = |words: &str| broker.ottla(words).arg(name);
    and("consume orders --exit-at-end --group").done();
    assert_eq!(cells(&broker.ottla("group list").done())[1][0], r"g\u{1b}[2J\u{7}");
    assert_eq!(broker.ottla("group list").json()[0]["group"], name);
    let described = and("group describe").done();
    assert!(described.starts_with(r"g\u{1b}[2J\u{7}: Empty"), "{described:?}");
    assert_eq!(and("group delete").done(), "deleted g\\u{1b}[2J\\u{7}\n");
    let error = and("group delete").fails(1);
    assert!(error.contains(r"g\u{1b}[2J") && !error.contains('\u{1b}'), "{error:?}");
}

#[test]
fn lag_is_drawn_as_a_bar_for_each_partition() {
    let broker = behind();
    let expected = "\
billing: Empty, 0 members, coordinated by node 1, lag 3

TOPIC   PARTITION  COMMITTED  END  LAG                        CLIENT  HOST
orders          0          3    3    0                        -       -
orders          1          0    3    3  ████████████████████  -       -
";
    assert_eq!(broker.ottla("group describe billing").done(), expected);
    assert!(broker.ottla("group describe nobody").fails(1).contains("there is no group nobody"));
}

#[test]
fn lag_adds_up_by_topic() {
    let broker = behind();
    let expected = "\
GROUP    TOPIC   PARTITIONS  LAG
billing  orders           2    3  ████████████████████
";
    assert_eq!(broker.ottla("group lag").done(), expected);
    assert_eq!(broker.ottla("group lag billing").done(), expected);
    let lag = broker.ottla("group lag").json();
    assert_eq!(lag, serde_json::json!([{"group": "billing", "topic": "orders", "partitions": 2, "lag": 3}]));
    assert_documented("group lag", &lag);
    assert!(broker.ottla("group lag nobody").fails(1).contains("there is no group nobody"));
}

#[test]
fn members_are_shown_with_what_they_read() {
    let broker = behind();
    let mut member = broker.ottla("consume orders --group billing --set client.id=till --format %v").start();
    assert_eq!(member.line(), "a");
    let described = broker.ottla("group describe billing --members").json();
    assert_documented("group describe", &described);
    let described = &described[0];
    assert_eq!((&described["state"], &described["partitions"][0]["client_id"]), (&"Stable".into(), &"till".into()));
    let members = described["members"].as_array().unwrap();
    assert_eq!(members[0]["partitions"], serde_json::json!(["orders-0", "orders-1"]));
    let text = broker.ottla("group describe billing --members").done();
    assert!(text.starts_with("billing: Stable, 1 member, "), "{text}");
    assert!(text.contains("orders-0 orders-1"), "{text}");

    // Who would commit over it must be stopped first.
    let error = broker.ottla("group reset-offsets billing --to end").fails(1);
    assert!(error.contains("billing has 1 member"), "{error}");
    let error = broker.ottla("group delete billing").fails(1);
    assert!(error.contains("billing"), "{error}");
    member.signal(Signal::INT);
    assert_eq!(member.finish().code, 0);
    broker.ottla("group reset-offsets billing --to end").done();
}

#[test]
fn offsets_are_reset_to_a_place_or_by_a_distance() {
    let broker = behind();
    let after = |words: &str| {
        let moved = broker.ottla("group reset-offsets billing").args(words).json();
        let after = moved.as_array().unwrap().iter().map(|row| row["after"].as_i64().unwrap());
        after.collect::<Vec<_>>()
    };
    let expected = "\
TOPIC   PARTITION  BEFORE  AFTER
orders          0       3      1
orders          1       0      1
";
    assert_eq!(broker.ottla("group reset-offsets billing --to 1 --dry-run").done(), expected);
    assert_eq!(broker.ottla("group lag billing").json()[0]["lag"], 3);
    assert_eq!(broker.ottla("group reset-offsets billing --to 1").done(), expected);
    assert_eq!(broker.ottla("group lag billing").json()[0]["lag"], 4);
    assert_eq!(after("--shift -5"), [0, 0]);
    assert_eq!(after("--shift 2"), [2, 2]);
    assert_eq!(after("--to -1h --topic orders"), [0, 0]);
    assert_eq!(after("--to end --topic orders --partition 1"), [3]);
    assert_eq!(after("--to beginning"), [0, 0]);
    assert_eq!(after("--to 2100-01-01"), [3, 3]);
    assert_documented("group reset-offsets", &broker.ottla("group reset-offsets billing --to 0").json());
}

#[test]
fn a_reset_that_makes_no_sense_is_refused() {
    let broker = behind();
    for words in ["", "--to 1 --shift 1", "--to middle", "--partition 1 --to 0"] {
        broker.ottla("group reset-offsets billing").args(words).fails(2);
    }
    let error = broker.ottla("group reset-offsets fresh --to end").fails(1);
    assert!(error.contains("fresh has committed nothing; name a --topic"), "{error}");
    let error = broker.ottla("group reset-offsets billing --to end --topic none").fails(1);
    assert!(error.contains("none"), "{error}");
    // A group may be given a place before it is there.
    broker.ottla("group reset-offsets fresh --to end --topic orders").done();
    assert_eq!(broker.ottla("consume orders --group fresh --exit-at-end").done(), "");
}
