//! Settings of topics and brokers that are altered. The codes are those of Kafka 4.3.1.

use ottla_protocol::messages::{
    alter_configs::{self, AlterConfigsRequest},
    incremental_alter_configs::{self, IncrementalAlterConfigsRequest},
};

use super::*;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const SET: i8 = 0;
const DELETE: i8 = 1;

impl Bench {
    /// Gives a setting a value, or without one takes its value away.
    async fn alter(&self, resource_type: i8, resource: &str, key: &str, value: Option<&str>) -> ErrorCode {
        let config = incremental_alter_configs::AlterableConfig {
            name: key.into(),
            config_operation: if value.is_some() { SET } else { DELETE },
            value: value.map(Into::into),
        };
        let resource = incremental_alter_configs::AlterConfigsResource {
            resource_type,
            resource_name: resource.into(),
            configs: vec![config],
        };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
        configs::alter_incrementally(&self.cx(1), request).await.responses[0].error_code
    }

    /// Leaves a resource this setting alone.
    async fn replace(&self, resource_type: i8, resource: &str, key: &str, value: &str) -> ErrorCode {
        let config = alter_configs::AlterableConfig { name: key.into(), value: Some(value.into()) };
        let resource = alter_configs::AlterConfigsResource {
            resource_type,
            resource_name: resource.into(),
            configs: vec![config],
        };
        let request = AlterConfigsRequest { resources: vec![resource], ..Default::default() };
        configs::alter(&self.cx(2), request).await.responses[0].error_code
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_no_topic_can_have_is_told_from_that_of_a_topic_that_is_not_there() {
    let bench = Bench::new().await;
    for (name, expected) in [
        ("", ErrorCode::INVALID_REQUEST),
        ("a b", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("..", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("nosuch", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("t", ErrorCode::NONE),
    ] {
        assert_eq!(bench.alter(TOPIC, name, "retention.ms", Some("5")).await, expected, "{name:?}");
        assert_eq!(bench.replace(TOPIC, name, "retention.ms", "5").await, expected, "{name:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_no_topic_has_is_told_before_the_topic_is_looked_for() {
    let bench = Bench::new().await;
    assert_eq!(bench.alter(TOPIC, "nosuch", "bogus", Some("1")).await, ErrorCode::INVALID_CONFIG);
    assert_eq!(bench.replace(TOPIC, "nosuch", "bogus", "1").await, ErrorCode::INVALID_CONFIG);
}

#[tokio::test(start_paused = true)]
async fn a_count_of_threads_changes_by_a_factor_of_two_at_most() {
    let bench = Bench::new().await;
    for (name, low, high) in [
        ("background.threads", 5, 20),
        ("log.cleaner.threads", 1, 2),
        ("num.io.threads", 4, 16),
        ("num.network.threads", 1, 6),
        ("num.recovery.threads.per.data.dir", 1, 4),
        ("num.replica.fetchers", 1, 2),
        ("remote.log.manager.copier.thread.pool.size", 5, 20),
        ("remote.log.manager.expiration.thread.pool.size", 5, 20),
        ("remote.log.manager.follower.thread.pool.size", 1, 4),
        ("remote.log.reader.threads", 5, 20),
    ] {
        for resource in ["1", ""] {
            for (value, expected) in [
                (low - 1, ErrorCode::INVALID_REQUEST),
                (high + 1, ErrorCode::INVALID_REQUEST),
                (1000, ErrorCode::INVALID_REQUEST),
                (high, ErrorCode::NONE),
            ] {
                let value = value.to_string();
                assert_eq!(bench.alter(BROKER, resource, name, Some(&value)).await, expected, "{name}={value}");
            }
            assert_eq!(bench.alter(BROKER, resource, name, None).await, ErrorCode::NONE, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_of_threads_is_compared_with_the_one_that_is_in_force() {
    let bench = Bench::new().await;
    let name = "num.io.threads";
    let code = async |resource, value| bench.alter(BROKER, resource, name, value).await;
    assert_eq!(code("", Some("16")).await, ErrorCode::NONE);
    assert_eq!(code("1", Some("33")).await, ErrorCode::INVALID_REQUEST);
    assert_eq!(code("1", Some("32")).await, ErrorCode::NONE);
    assert_eq!(bench.replace(BROKER, "1", name, "65").await, ErrorCode::INVALID_REQUEST);
    assert_eq!(bench.replace(BROKER, "1", name, "64").await, ErrorCode::NONE);
    assert_eq!(code("1", None).await, ErrorCode::INVALID_REQUEST, "it would be 16 again");
}

#[tokio::test(start_paused = true)]
async fn limits_of_addresses_are_pairs() {
    let bench = Bench::new().await;
    for (value, expected) in [
        ("foo", ErrorCode::INVALID_REQUEST),
        ("127.0.0.1", ErrorCode::INVALID_REQUEST),
        ("127.0.0.1:5,foo", ErrorCode::INVALID_REQUEST),
        ("127.0.0.1:x", ErrorCode::INVALID_REQUEST),
        ("a b:5", ErrorCode::INVALID_REQUEST),
        ("", ErrorCode::NONE),
        ("127.0.0.1:5", ErrorCode::NONE),
        ("127.0.0.1:-1", ErrorCode::NONE),
        ("::1:5", ErrorCode::NONE),
        ("127.0.0.1 : 5, no.such.host.invalid:6,", ErrorCode::NONE),
    ] {
        for resource in ["1", ""] {
            let code = bench.alter(BROKER, resource, "max.connections.per.ip.overrides", Some(value)).await;
            assert_eq!(code, expected, "{value}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn listeners_that_a_broker_could_not_open_are_refused() {
    let bench = Bench::new().await;
    for (name, value, expected) in [
        ("listeners", "x", ErrorCode::INVALID_REQUEST),
        ("listeners", "", ErrorCode::INVALID_REQUEST),
        ("listeners", "PLAINTEXT://127.0.0.1", ErrorCode::INVALID_REQUEST),
        ("listeners", "PLAINTEXT://127.0.0.1:x", ErrorCode::INVALID_REQUEST),
        ("listeners", "NOSUCH://127.0.0.1:5", ErrorCode::INVALID_REQUEST),
        ("listeners", "SSL://127.0.0.1:5", ErrorCode::INVALID_REQUEST),
        ("listeners", "PLAINTEXT://:5,PLAINTEXT://:6", ErrorCode::INVALID_REQUEST),
        ("listeners", "PLAINTEXT://:5", ErrorCode::NONE),
        ("listener.security.protocol.map", "x", ErrorCode::INVALID_REQUEST),
        ("listener.security.protocol.map", "", ErrorCode::INVALID_REQUEST),
        ("listener.security.protocol.map", "PLAINTEXT:NOSUCH", ErrorCode::INVALID_REQUEST),
        ("listener.security.protocol.map", "PLAINTEXT:SSL", ErrorCode::INVALID_REQUEST),
        ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT", ErrorCode::NONE),
    ] {
        assert_eq!(bench.alter(BROKER, "1", name, Some(value)).await, expected, "{name}={value}");
        assert_eq!(bench.alter(BROKER, "", name, Some(value)).await, ErrorCode::INVALID_REQUEST, "of one broker");
    }
}
