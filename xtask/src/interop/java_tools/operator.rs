//! The tools of an operator: groups in detail, log directories, the cluster.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{consume, create, lag, produce, tool};
use crate::interop::scene::{Scene, capture, has, records};
use crate::interop::standard::now_ms;

/// Offsets are reset to a time, and deleted.
pub(super) fn reset_and_delete_offsets(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let group = format!("{topic}-members");
    let groups = |arguments: &[&str]| tool(scene, "consumer-groups", &[arguments, &["--group", &group]].concat(), "");
    create(scene, topic, "1")?;
    produce(scene, topic, &records(20), &[])?;
    std::thread::sleep(std::time::Duration::from_millis(20));
    let between = datetime(now_ms()?)?;
    std::thread::sleep(std::time::Duration::from_millis(20));
    produce(scene, topic, &records(30), &[])?;
    consume(scene, topic, 50, &["--group", &group])?;
    groups(&["--reset-offsets", "--to-datetime", &between, "--execute", "--topic", topic])?;
    ensure!(lag(&groups(&["--describe"])?)? == (20, 30), "what came before that time is read");
    groups(&["--reset-offsets", "--to-earliest", "--execute", "--topic", topic])?;
    ensure!(lag(&groups(&["--describe"])?)? == (0, 50), "nothing is read");
    has(&groups(&["--delete-offsets", "--topic", topic])?, topic)?;
    let described = groups(&["--describe"])?;
    ensure!(lag(&described).is_err(), "the offsets are deleted, but there is\n{described}");
    Ok(())
}

/// A moment in the form that the tool takes.
fn datetime(ms: i64) -> Result<String> {
    let seconds = format!("@{}.{:03}", ms / 1000, ms % 1000);
    let mut date = std::process::Command::new("date");
    let printed = capture(date.args(["-u", "+%Y-%m-%dT%H:%M:%S.%3N", "-d", &seconds]), "")?;
    Ok(printed.trim().to_owned() + "+00:00")
}

/// What each partition takes is told in bytes.
pub(super) fn log_dirs(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    create(scene, topic, "2")?;
    produce(scene, topic, &records(100), &[])?;
    let printed = tool(scene, "log-dirs", &["--describe", "--topic-list", topic], "")?;
    let line = printed.lines().find(|line| line.starts_with('{')).context("no description in JSON")?;
    let described: Value = serde_json::from_str(line)?;
    let mut sizes = Vec::new();
    for broker in list(&described, "brokers") {
        for directory in list(broker, "logDirs") {
            ensure!(directory.get("error").is_none_or(Value::is_null), "{directory}");
            sizes.extend(list(directory, "partitions").iter().filter_map(|partition| partition.get("size")?.as_u64()));
        }
    }
    ensure!(sizes.len() == 2 && sizes.iter().sum::<u64>() > 500, "two partitions with 100 records, and not {sizes:?}");
    Ok(())
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The id of the cluster, and its endpoints.
pub(super) fn cluster(scene: &Scene<'_>) -> Result<()> {
    let run = |arguments: &[&str]| {
        let mut command = scene.kafka.tool("org.apache.kafka.tools.ClusterTool")?;
        capture(command.args(arguments).args(["--bootstrap-server", &scene.bootstrap]), "")
    };
    let printed = run(&["cluster-id"])?;
    let id = printed.trim().strip_prefix("Cluster ID: ").with_context(|| format!("no id in {printed}"))?;
    ensure!(id.len() == 22, "'{id}' is no id of a cluster");
    let endpoints = run(&["list-endpoints"])?;
    let port = scene.bootstrap.rsplit_once(':').context("a port")?.1;
    has(&endpoints, port)
}
