//! The settings of groups.

use ottla_protocol::messages::{
    alter_configs::{AlterConfigsRequest, AlterConfigsResource, AlterableConfig as Replacement},
    describe_configs::{DescribeConfigsRequest, DescribeConfigsResource},
    incremental_alter_configs::{self, AlterableConfig, IncrementalAlterConfigsRequest},
    list_config_resources::ListConfigResourcesRequest,
};

use super::*;

const GROUP: i8 = 32;
const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;

const SESSION: &str = "consumer.session.timeout.ms";

impl Bench {
    async fn alter_group(&self, group: &str, key: &str, operation: i8, value: &str) -> ErrorCode {
        let configs = vec![AlterableConfig {
            name: key.into(),
            config_operation: operation,
            value: (operation != DELETE).then(|| value.into()),
        }];
        let resource = incremental_alter_configs::AlterConfigsResource {
            resource_type: GROUP,
            resource_name: group.into(),
            configs,
        };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
        let response = configs::alter_incrementally(&self.cx(1), request).await;
        response.responses[0].error_code
    }

    /// The value of a group's setting and its source.
    async fn group_config(&self, group: &str, key: &str) -> Result<(String, i8), ErrorCode> {
        let resource = DescribeConfigsResource {
            resource_type: GROUP,
            resource_name: group.into(),
            configuration_keys: Some(vec![key.into()]),
        };
        let request = DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
        let mut response = configs::describe(&self.cx(4), request).await;
        let result = response.results.remove(0);
        match result.error_code {
            ErrorCode::NONE => {
                let [row] = result.configs.as_slice() else { panic!("one setting: {result:?}") };
                Ok((row.value.as_deref().unwrap_or("null").to_owned(), row.config_source))
            }
            code => Err(code),
        }
    }

    async fn groups_with_settings(&self) -> Vec<Str> {
        let request = ListConfigResourcesRequest { resource_types: vec![GROUP] };
        let response = configs::list_resources(&self.cx(1), request).await;
        response.config_resources.into_iter().map(|resource| resource.resource_name).collect()
    }
}

/// The codes are those of Kafka 4.3.1.
#[tokio::test(start_paused = true)]
async fn a_group_has_settings_whether_or_not_it_exists() {
    let bench = Bench::new().await;
    assert_eq!(bench.group_config("g", SESSION).await, Ok(("45000".into(), 5)));
    assert_eq!(bench.alter_group("g", SESSION, SET, "50000").await, ErrorCode::NONE);
    assert_eq!(bench.group_config("g", SESSION).await, Ok(("50000".into(), 8)));
    assert_eq!(bench.group_config("h", SESSION).await, Ok(("45000".into(), 5)), "nobody else's");
    assert_eq!(bench.groups_with_settings().await, ["g"]);
    assert_eq!(bench.alter_group("g", SESSION, DELETE, "").await, ErrorCode::NONE);
    assert_eq!(bench.alter_group("g", "nosuch", DELETE, "").await, ErrorCode::NONE);
    assert_eq!(bench.groups_with_settings().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_no_group_can_have_is_refused_and_changes_nothing() {
    let bench = Bench::new().await;
    for (key, operation, value) in [
        (SESSION, SET, "1"),
        (SESSION, SET, "soon"),
        (SESSION, APPEND, "50000"),
        ("nosuch", SET, "1"),
        ("share.auto.offset.reset", SET, "LATEST"),
    ] {
        assert_eq!(bench.alter_group("g", key, operation, value).await, ErrorCode::INVALID_CONFIG, "{key}={value}");
    }
    assert_eq!(bench.groups_with_settings().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn there_is_no_default_of_all_groups() {
    let bench = Bench::new().await;
    assert_eq!(bench.alter_group("", SESSION, SET, "50000").await, ErrorCode::INVALID_REQUEST);
    assert_eq!(bench.group_config("", SESSION).await, Err(ErrorCode::INVALID_REQUEST));
}

#[tokio::test(start_paused = true)]
async fn a_replacement_resets_what_it_does_not_name() {
    let bench = Bench::new().await;
    assert_eq!(bench.alter_group("g", SESSION, SET, "50000").await, ErrorCode::NONE);
    let configs = vec![Replacement { name: "share.isolation.level".into(), value: Some("read_committed".into()) }];
    let resource = AlterConfigsResource { resource_type: GROUP, resource_name: "g".into(), configs };
    let request = AlterConfigsRequest { resources: vec![resource], ..Default::default() };
    let response = configs::alter(&bench.cx(2), request).await;
    assert_eq!(response.responses[0].error_code, ErrorCode::NONE);
    assert_eq!(bench.group_config("g", SESSION).await, Ok(("45000".into(), 5)));
    assert_eq!(bench.group_config("g", "share.isolation.level").await, Ok(("read_committed".into(), 8)));
}

#[tokio::test]
async fn the_settings_of_groups_outlive_the_process() {
    let dir = tempfile::tempdir().expect("a directory");
    for (expected, written) in [("45000", "50000"), ("50000", "51000"), ("51000", "52000")] {
        let bench = Bench::with(|cluster| cluster.directory(dir.path())).await;
        assert_eq!(bench.group_config("g", SESSION).await.map(|(value, _)| value), Ok(expected.to_owned()));
        assert_eq!(bench.alter_group("g", SESSION, SET, written).await, ErrorCode::NONE);
        bench.cluster.shutdown().await.expect("a clean end");
    }
}
