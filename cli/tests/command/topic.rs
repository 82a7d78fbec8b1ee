//! `ottla topic`.

use crate::support::{Broker, assert_documented, cells, ottla};

#[test]
fn topics_are_created_listed_and_deleted() {
    let broker = Broker::start();
    assert_eq!(broker.ottla("topic list").done(), "");
    let created = broker.ottla("topic create orders payments --partitions 3").done();
    assert_eq!(created, "created orders with 3 partitions\ncreated payments with 3 partitions\n");
    let listed = broker.ottla("topic list").done();
    let names: Vec<String> = cells(&listed).into_iter().map(|row| row[..3].join(" ")).collect();
    assert_eq!(names, ["TOPIC PARTITIONS REPLICAS", "orders 3 1", "payments 3 1"]);
    let listed = broker.ottla("topic list").json();
    assert_documented("topic list", &listed);
    assert_eq!(broker.ottla("topic delete orders").done(), "deleted orders\n");
    assert_documented("topic delete", &broker.ottla("topic delete payments").json());
    assert_eq!(broker.ottla("topic list").json(), serde_json::json!([]));
}

#[test]
fn creating_can_be_asked_for_twice_or_only_be_tried() {
    let broker = Broker::start();
    assert_eq!(broker.ottla("topic create orders -p 2 --dry-run").done(), "could create orders with 2 partitions\n");
    assert_eq!(broker.ottla("topic list").done(), "");
    broker.ottla("topic create orders").done();
    let error = broker.ottla("topic create orders").fails(1);
    assert!(error.contains("orders") && error.contains("exists"), "{error}");
    assert_eq!(broker.ottla("topic create orders --if-not-exists").done(), "");
    assert_eq!(broker.ottla("topic create orders --if-not-exists").json(), serde_json::json!([]));
    let finished = broker.ottla("topic create orders payments").run();
    assert_eq!((finished.code, finished.out.as_str()), (1, "created payments with 1 partition\n"));
}

#[test]
fn creating_tells_programs_of_each_topic() {
    let broker = Broker::start();
    let results = broker.ottla("topic create orders").json();
    assert_eq!(results, serde_json::json!([{"name": "orders", "error": null}]));
    assert_documented("topic create", &results);
    let finished = broker.ottla("topic create orders --format json").run();
    let results: serde_json::Value = serde_json::from_str(&finished.out).unwrap();
    assert_eq!((finished.code, &results[0]["name"]), (1, &"orders".into()));
    assert!(results[0]["error"].is_string(), "{results}");
}

#[test]
fn a_topic_is_described_with_its_partitions_and_settings() {
    let broker = Broker::start();
    broker.ottla("topic create orders --partitions 2 -c retention.ms=86400000 -c compression.type=zstd").done();
    broker.ottla("produce orders --partition 1").input("a\nb\n").done();
    let text = broker.ottla("topic describe orders").done();
    let parts: Vec<&str> = text.split("\n\n").collect();
    assert!(parts[0].starts_with("orders: 2 partitions with 1 replica each, id "), "{text}");
    let expected = "\
PARTITION  LEADER  EPOCH  REPLICAS  IN SYNC  BEGINNING  END
        0       1      0  1         1                0    0
        1       1      0  1         1                0    2";
    assert_eq!(parts[1], expected);
    let settings = cells(parts[2]);
    assert_eq!(settings[0], ["SETTING", "VALUE", "SET BY"]);
    assert_eq!(settings[1][..2], ["compression.type", "zstd"]);
    assert_eq!(settings[2][..2], ["retention.ms", "86400000"]);

    let all = broker.ottla("topic describe orders --all-settings").json();
    assert_documented("topic describe", &all);
    assert!(all[0]["settings"].as_array().unwrap().len() > 10);
}

#[test]
fn a_partition_without_its_log_is_described_with_what_is_known_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let broker = Broker::start_with(ottla("broker --data").arg(dir.path()));
    std::fs::write(dir.path().join("orders-1"), "where the directory of a log should be").unwrap();
    broker.ottla("topic create orders --partitions 2 -c retention.ms=1").done();
    let text = broker.ottla("topic describe orders").done();
    let parts: Vec<&str> = text.split("\n\n").collect();
    let expected = "\
PARTITION  LEADER  EPOCH  REPLICAS  IN SYNC  OFFLINE  BEGINNING  END
        0       1      0  1         1        -                0    0
        1       -      0  1         -        1                -    -";
    assert_eq!(parts[1], expected);
    let described = broker.ottla("topic describe orders").json();
    assert_documented("topic describe", &described);
    let offline = &described[0]["partitions"][1];
    let known = serde_json::json!({
        "partition": 1, "leader": null, "leader_epoch": 0, "replicas": [1], "in_sync_replicas": [],
        "offline_replicas": [1], "beginning": null, "end": null,
    });
    assert_eq!(*offline, known);
}

#[test]
fn settings_and_partitions_are_altered() {
    let broker = Broker::with_topic("orders", 2);
    let altered = broker.ottla("topic alter orders -c retention.ms=1000 -c max.message.bytes=2000 -p 4").done();
    assert_eq!(altered, "altered orders: 2 settings, now 4 partitions\n");
    let described = &broker.ottla("topic describe orders").json()[0];
    assert_eq!(described["partitions"].as_array().unwrap().len(), 4);
    assert_eq!(described["settings"].as_array().unwrap().len(), 2);
    broker.ottla("topic alter orders --reset retention.ms").done();
    let described = &broker.ottla("topic describe orders").json()[0];
    assert_eq!(described["settings"][0]["name"], "max.message.bytes");
    let altered = broker.ottla("topic alter orders --partitions 5").json();
    assert_documented("topic alter", &altered);

    assert!(broker.ottla("topic alter orders").fails(2).contains("nothing to change"));
    assert!(broker.ottla("topic alter orders --partitions 3").fails(1).contains("partitions"));
    let error = broker.ottla("topic alter orders -c retention.ms=soon").fails(1);
    assert!(error.contains("retention.ms") && error.contains("soon"), "{error}");
    let error = broker.ottla("topic alter orders -c retention.mss=1").fails(1);
    assert!(error.contains("retention.mss"), "{error}");
}

#[test]
fn records_are_deleted_up_to_a_place() {
    let broker = Broker::with_topic("orders", 2);
    for partition in ["0", "1"] {
        broker.ottla("produce orders --partition").arg(partition).input("a\nb\nc\n").done();
    }
    let deleted = broker.ottla("topic delete-records orders --before 2 --partition 0").done();
    assert_eq!(deleted, "orders-0 begins at offset 2\n");
    let expected = "\
PARTITION  BEGINNING  END  LENGTH
        0          2    3       1
        1          0    3       3
";
    assert_eq!(broker.ottla("topic offsets orders").done(), expected);
    assert_documented("topic delete-records", &broker.ottla("topic delete-records orders --before end").json());
    assert_eq!(broker.ottla("consume orders --exit-at-end").done(), "");
}

#[test]
fn offsets_are_told_of_places_too() {
    let broker = Broker::with_topic("orders", 2);
    broker.ottla("produce orders --partition 1").input("a\nb\nc\n").done();
    let at = |place: &str| {
        broker.ottla("topic offsets orders --partition 1 --at").arg(place).json()[0]["at"].as_i64().unwrap()
    };
    assert_eq!([at("beginning"), at("end"), at("2"), at("-1"), at("-1h"), at("2100-01-01")], [0, 3, 2, 2, 0, 3]);
    assert_documented("topic offsets", &broker.ottla("topic offsets orders").json());
    let error = broker.ottla("topic offsets orders --partition 7").fails(1);
    assert!(error.contains("orders has 2 partitions"), "{error}");
}
