use std::{collections::BTreeSet, time::Duration};

use ottla_protocol::record::Compression;

use super::*;
use crate::config::{Acks, AssignorName, OffsetReset, PartitionerName, ServerAddress};

fn settings(text: &str) -> Settings {
    Settings::from_properties(&Properties::parse(text).unwrap()).unwrap_or_else(|errors| panic!("{text}: {errors}"))
}

fn errors(text: &str) -> Vec<PropertyError> {
    let errors = Settings::from_properties(&Properties::parse(text).unwrap()).unwrap_err();
    errors.errors().to_vec()
}

fn message(text: &str) -> String {
    let [error] = &errors(text)[..] else { panic!("not one error: {text}") };
    error.to_string()
}

#[test]
fn nothing_set_is_javas_defaults() {
    assert_eq!(settings(""), Settings::default());
}

#[test]
fn a_file_for_java_is_read() {
    let settings = settings(
        "# A producer
         bootstrap.servers=b1:9092, \\
                           [::1]:9093
         key.serializer=org.apache.kafka.common.serialization.StringSerializer
         acks = 1
         linger.ms: 20
         compression.type=zstd
         compression.zstd.level=7
         compression.gzip.level=2
         partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner
         security.protocol=PLAINTEXT
         connections.max.idle.ms=-1
         auto.offset.reset=by_duration:PT1H
         partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor,range",
    );
    assert_eq!(settings.client.bootstrap_servers, [ServerAddress::new("b1", 9092), ServerAddress::new("::1", 9093)]);
    assert_eq!(settings.client.connections_max_idle, None);
    assert_eq!(settings.producer.acks, Acks::Leader);
    assert!(!settings.producer.is_idempotent());
    assert_eq!(settings.producer.linger, Duration::from_millis(20));
    assert_eq!(settings.producer.compression.codec, Compression::Zstd);
    assert_eq!(settings.producer.compression.level, Some(7));
    assert_eq!(settings.producer.partitioner, PartitionerName::RoundRobin);
    assert_eq!(settings.consumer.auto_offset_reset, OffsetReset::ByDuration(Duration::from_secs(3600)));
    assert_eq!(settings.consumer.assignors, [AssignorName::CooperativeSticky, AssignorName::Range]);
    let notes: Vec<&str> = settings.notes.iter().map(|note| note.name.as_str()).collect();
    assert_eq!(notes, ["key.serializer"]);
}

#[test]
fn a_file_for_librdkafka_is_read() {
    let settings = settings(
        "metadata.broker.list=b1,b2:9093
         socket.timeout.ms=60000
         queue.buffering.max.ms=100
         queue.buffering.max.kbytes=2048
         request.required.acks=-1
         compression.codec=lz4
         compression.level=3
         message.timeout.ms=0
         partitioner=consistent_random
         fetch.wait.max.ms=100
         queued.max.messages.kbytes=1024
         auto.offset.reset=smallest
         topic.metadata.refresh.interval.ms=-1
         connections.max.idle.ms=0
         statistics.interval.ms=1000",
    );
    assert_eq!(settings.client.bootstrap_servers, [ServerAddress::new("b1", 9092), ServerAddress::new("b2", 9093)]);
    assert_eq!(settings.client.request_timeout, Duration::from_secs(60));
    assert_eq!(settings.client.metadata_max_age, MAX_MILLIS);
    assert_eq!(settings.client.connections_max_idle, None);
    assert_eq!(settings.producer.linger, Duration::from_millis(100));
    assert_eq!(settings.producer.buffer_memory, 2 << 20);
    assert_eq!(settings.producer.acks, Acks::All);
    assert_eq!(settings.producer.compression.codec, Compression::Lz4);
    assert_eq!(settings.producer.compression.level, Some(3));
    assert_eq!(settings.producer.delivery_timeout, MAX_MILLIS);
    assert_eq!(settings.producer.partitioner, PartitionerName::Crc32);
    assert_eq!(settings.consumer.fetch_max_wait, Duration::from_millis(100));
    assert_eq!(settings.consumer.max_buffered_bytes, 1 << 20);
    assert_eq!(settings.consumer.auto_offset_reset, OffsetReset::Earliest);
}

#[test]
fn two_settings_of_librdkafka_that_are_one_here_do_not_contradict_each_other() {
    for order in
        [["request.timeout.ms=5000", "socket.timeout.ms=60000"], ["socket.timeout.ms=60000", "request.timeout.ms=5000"]]
    {
        let settings = settings(&order.join("\n"));
        assert_eq!(settings.client.request_timeout, Duration::from_secs(60));
        let notes: Vec<&str> = settings.notes.iter().map(|note| note.name.as_str()).collect();
        assert_eq!(notes, ["request.timeout.ms"]);
    }
    let settings = settings("topic.metadata.refresh.interval.ms=1000\nmetadata.max.age.ms=900000");
    assert_eq!(settings.client.metadata_max_age, Duration::from_secs(1));
    assert!(
        message("socket.timeout.ms=60000\nrequest.timeout.ms=soon").starts_with("request.timeout.ms=soon is not valid")
    );
}

#[test]
fn an_unknown_name_suggests_the_nearest() {
    assert_eq!(message("lingr.ms=5"), "lingr.ms is not a property of a Kafka client; did you mean linger.ms?");
    assert_eq!(
        message("quite.another.thing.altogether=5"),
        "quite.another.thing.altogether is not a property of a Kafka client"
    );
    assert_eq!(message("Linger.ms=5"), "Linger.ms is not a property of a Kafka client; did you mean linger.ms?");
}

#[test]
fn what_is_not_supported_says_so() {
    assert_eq!(
        message("sasl.mechanism=PLAIN"),
        "sasl.mechanism is not supported: TLS and SASL are not there yet; connect to a plaintext listener"
    );
    assert_eq!(
        message("security.protocol=SASL_SSL"),
        "security.protocol=SASL_SSL is not supported: TLS and SASL are not there yet"
    );
    assert!(message("partitioner=fnv1a").starts_with("partitioner=fnv1a is not supported: "));
    assert!(message("partitioner.class=com.example.Mine").contains("classes cannot be loaded"));
    assert!(message("group.protocol=consumer").starts_with("group.protocol=consumer is not supported: "));
}

#[test]
fn a_bad_value_names_the_valid_ones() {
    for (text, valid) in [
        ("linger.ms=-1", "0 to 2147483647 ms"),
        ("linger.ms=5ms", "0 to 2147483647 ms"),
        ("linger.ms=99999999999999999999", "0 to 2147483647 ms"),
        ("batch.size=16k", "0 to 2147483647 bytes"),
        ("acks=2", "one of all, -1, 0, 1"),
        ("enable.auto.commit=yes", "true or false"),
        ("compression.type=brotli", "none, gzip, snappy, lz4 or zstd"),
        ("compression.gzip.level=0", "1 to 9, or -1 for the codec's default"),
        ("compression.zstd.level=23", "-131072 to 22"),
        ("isolation.level=serializable", "one of read_uncommitted, read_committed"),
        ("auto.offset.reset=first", "one of earliest, latest, none, by_duration:PnDTnHnMnS"),
        ("bootstrap.servers=host:port", "one of host, host:port, [IPv6]:port with a port from 1 to 65535"),
        (
            "partition.assignment.strategy=",
            "one or more of range, roundrobin, sticky, cooperative-sticky, separated by commas",
        ),
        ("send.buffer.bytes=-2", "1 to 2147483647 bytes, or -1 for the system's"),
        ("max.poll.records=0", "1 to 2147483647 records"),
    ] {
        let (name, value) = text.split_once('=').unwrap();
        assert_eq!(message(text), format!("{name}={value} is not valid: it must be {valid}"));
    }
}

#[test]
fn settings_that_contradict_each_other_are_an_error() {
    assert!(message("session.timeout.ms=2000").starts_with("heartbeat.interval.ms conflicts with session.timeout.ms"));
    assert!(message("acks=1\nenable.idempotence=true").starts_with("enable.idempotence conflicts with acks"));
    assert!(
        message("request.timeout.ms=70000\ndefault.api.timeout.ms=60000")
            .starts_with("default.api.timeout.ms conflicts with request.timeout.ms")
    );
    assert!(
        message("request.timeout.ms=40000\nmessage.timeout.ms=40000")
            .starts_with("delivery.timeout.ms conflicts with request.timeout.ms")
    );
}

#[test]
fn limits_that_are_not_set_give_way_to_what_is() {
    let with = settings("request.timeout.ms=200000\nfetch.max.bytes=2147483647");
    assert_eq!(with.client.default_api_timeout, Duration::from_secs(200));
    assert_eq!(with.producer.delivery_timeout, Duration::from_millis(200_005));
    assert_eq!(with.client.max_response_bytes, i32::MAX as usize);
}

#[test]
fn a_reconnect_backoff_without_a_maximum_is_its_own() {
    let client = settings("reconnect.backoff.ms=5000").client;
    assert_eq!(client.reconnect_backoff_max, Duration::from_secs(5));
    let client = settings("reconnect.backoff.ms=5000\nreconnect.backoff.max.ms=2000").client;
    assert_eq!(client.reconnect_backoff_max, Duration::from_secs(2));
    let client = settings("reconnect.backoff.max.ms=2000\nreconnect.backoff.ms=20").client;
    assert_eq!(client.reconnect_backoff_max, Duration::from_secs(2));
}

#[test]
fn two_names_of_one_setting_must_agree() {
    assert_eq!(
        message("linger.ms=5\nqueue.buffering.max.ms=6"),
        "queue.buffering.max.ms and linger.ms are the same setting, but have different values"
    );
    assert_eq!(settings("linger.ms=6\nqueue.buffering.max.ms = 6").producer.linger, Duration::from_millis(6));
    assert_eq!(
        settings("linger.ms=5\nlinger.ms=6").producer.linger,
        Duration::from_millis(6),
        "the last of one name holds"
    );
}

#[test]
fn all_errors_are_reported_at_once() {
    assert_eq!(errors("lingr.ms=5\nacks=2\nssl.ca.location=x\nretries=1").len(), 3);
}

#[test]
fn defaults_in_the_table_are_the_defaults_of_the_settings() {
    for property in table() {
        let Some(default) = property.default().filter(|default| !default.is_empty()) else { continue };
        let set = Settings::from_properties(&[(property.name, default)].into_iter().collect());
        assert_eq!(set, Ok(Settings::default()), "{}", property.name);
    }
}

#[test]
fn every_setting_changes_something() {
    // A value for each setting that is valid and not its default.
    let values = |name: &str| match name {
        "acks" | "request.required.acks" => "0",
        "bootstrap.servers" | "metadata.broker.list" => "elsewhere:1",
        "compression.type" | "compression.codec" => "gzip",
        "partitioner.class" => "RoundRobinPartitioner",
        "partitioner" => "consistent_random",
        "partition.assignment.strategy" => "sticky",
        "auto.offset.reset" => "earliest",
        "isolation.level" => "read_committed",
        "metadata.recovery.strategy" => "none",
        "default.api.timeout.ms" => "70000",
        "retry.backoff.max.ms" | "reconnect.backoff.max.ms" => "7000",
        "socket.connection.setup.timeout.max.ms" | "metadata.max.idle.ms" => "40000",
        "delivery.timeout.ms" | "message.timeout.ms" | "session.timeout.ms" => "40000",
        "receive.message.max.bytes" => "200000000",
        _ => "7",
    };
    let levels = ["compression.level", "compression.gzip.level", "compression.lz4.level", "compression.zstd.level"];
    for property in table().iter().filter(|property| property.setting().is_some() && !levels.contains(&property.name)) {
        let value = match property.valid().as_str() {
            "true or false" if property.default() == Some("true") => "false",
            "true or false" => "true",
            _ if property.name == "request.timeout.ms" || property.name == "socket.timeout.ms" => "40000",
            _ => values(property.name),
        };
        let set = Settings::from_properties(&[(property.name, value), ("group.id", "g")].into_iter().collect());
        let without = Settings::from_properties(&[("group.id", "g")].into_iter().collect());
        if property.name != "group.id" {
            assert_ne!(set, without, "{}", property.name);
        }
        assert!(set.is_ok(), "{}: {set:?}", property.name);
    }
}

#[test]
fn names_are_unique_and_settings_have_a_name_of_their_own() {
    let names: BTreeSet<&str> = table().iter().map(|property| property.name).collect();
    assert_eq!(names.len(), table().len());
    for property in table() {
        assert!(property.setting().is_none_or(|setting| names.contains(setting)), "{}", property.name);
    }
}

#[test]
fn every_name_of_java_and_librdkafka_is_known() {
    // Of Apache Kafka 4.3.1's producer, consumer and admin client and of librdkafka 2.15.
    for name in include_str!("names.txt").lines() {
        assert!(table::find(name).is_some(), "{name}");
    }
}

#[test]
fn debug_output_and_errors_hide_secrets() {
    let text =
        "sasl.jaas.config=hunter2\nssl.key.password=hunter2\nsasl.oauthbearer.client.secret=hunter2\nlinger.ms=5";
    let properties = Properties::parse(text).unwrap();
    let debug = format!("{properties:?}");
    assert!(!debug.contains("hunter2") && debug.contains(r#""linger.ms": "5""#), "{debug}");
    let errors = Settings::from_properties(&properties).unwrap_err();
    assert!(!format!("{errors} {errors:?}").contains("hunter2"), "{errors:?}");
}
