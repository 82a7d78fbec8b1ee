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
