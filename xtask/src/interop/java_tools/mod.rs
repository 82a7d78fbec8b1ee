//! Kafka's own console tools, the Java clients as an operator uses them.

mod operator;
mod verifiable;

use anyhow::{Context, Result, ensure};

use crate::interop::case::Case;
use crate::interop::client::{Client, Origin};
use crate::interop::scene::{Scene, capture, has, records, same_records};
use crate::kafka::KafkaInstall;

static CLIENT: Client = Client {
    name: "Java tools",
    origin: Origin::Foreign,
    ensure: |kafka: &KafkaInstall| Ok(kafka.version().to_owned()),
    driver: None,
};

pub(super) static CASES: [Case; 12] = [
    Case::new(&CLIENT, "broker-api-versions", api_versions).in_ci(),
    Case::new(&CLIENT, "topics", topics).in_ci(),
    Case::new(&CLIENT, "configs", configs),
    Case::new(&CLIENT, "console producer and consumer", console).in_ci(),
    Case::new(&CLIENT, "consumer-groups", consumer_groups).in_ci(),
    Case::new(&CLIENT, "get-offsets and delete-records", offsets).in_ci(),
    Case::new(&CLIENT, "consumer-groups: offsets by time and deleted", operator::reset_and_delete_offsets),
    Case::new(&CLIENT, "log-dirs", operator::log_dirs),
    Case::new(&CLIENT, "cluster", operator::cluster),
    Case::new(&CLIENT, "verifiable producer and consumer", verifiable::producer_and_consumer),
    Case::new(&CLIENT, "end-to-end latency", verifiable::latency).alone(),
    Case::new(&CLIENT, "performance tests", performance).alone(),
];

/// Runs a tool on the cluster of the scene.
fn tool(scene: &Scene<'_>, name: &str, arguments: &[&str], input: &str) -> Result<String> {
    let mut command = scene.kafka.tool(name)?;
    capture(command.args(["--bootstrap-server", &scene.bootstrap]).args(arguments), input)
}

fn create(scene: &Scene<'_>, topic: &str, partitions: &str) -> Result<()> {
    tool(scene, "topics", &["--create", "--topic", topic, "--partitions", partitions], "").map(drop)
}

fn produce(scene: &Scene<'_>, topic: &str, records: &[String], arguments: &[&str]) -> Result<()> {
    let keyed = ["--topic", topic, "--reader-property", "parse.key=true", "--reader-property", "key.separator=:"];
    tool(scene, "console-producer", &[&keyed, arguments].concat(), &(records.join("\n") + "\n")).map(drop)
}

fn consume(scene: &Scene<'_>, topic: &str, count: usize, arguments: &[&str]) -> Result<String> {
    let count = count.to_string();
    let keyed = ["--topic", topic, "--formatter-property", "print.key=true", "--formatter-property", "key.separator=:"];
    let end = ["--from-beginning", "--timeout-ms", "20000", "--max-messages", &count];
    tool(scene, "console-consumer", &[&keyed, &end[..], arguments].concat(), "")
}

fn api_versions(scene: &Scene<'_>) -> Result<()> {
    let printed = tool(scene, "broker-api-versions", &[], "")?;
    for api in ["Produce(0): ", "Fetch(1): ", "Metadata(3): ", "ApiVersions(18): "] {
        has(&printed, api)?;
    }
    let brokers = printed.lines().filter(|line| line.contains("(id: ")).count();
    ensure!(brokers == usize::from(scene.nodes), "{brokers} brokers answered:\n{printed}");
    Ok(())
}

fn topics(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let configured = ["--create", "--topic", topic, "--partitions", "2", "--config", "retention.ms=3600000"];
    tool(scene, "topics", &configured, "")?;
    ensure!(create(scene, topic, "2").is_err(), "a topic was created twice");
    let described = tool(scene, "topics", &["--describe", "--topic", topic], "")?;
    has(&described, "PartitionCount: 2")?;
    has(&described, "retention.ms=3600000")?;
    tool(scene, "topics", &["--alter", "--topic", topic, "--partitions", "5"], "")?;
    has(&tool(scene, "topics", &["--describe", "--topic", topic], "")?, "PartitionCount: 5")?;
    has(&tool(scene, "topics", &["--list"], "")?, topic)?;
    tool(scene, "topics", &["--delete", "--topic", topic], "")?;
    let left = tool(scene, "topics", &["--list"], "")?;
    ensure!(!left.lines().any(|line| line == topic), "the deleted topic is still there");
    Ok(())
}

fn configs(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    create(scene, topic, "1")?;
    let entity = ["--entity-type", "topics", "--entity-name", topic];
    let change = |arguments: &[&str]| tool(scene, "configs", &[&entity[..], &["--alter"], arguments].concat(), "");
    let described = || tool(scene, "configs", &[&entity[..], &["--describe"]].concat(), "");
    change(&["--add-config", "max.message.bytes=65536,cleanup.policy=compact"])?;
    let printed = described()?;
    has(&printed, "max.message.bytes=65536")?;
    has(&printed, "cleanup.policy=compact")?;
    change(&["--delete-config", "max.message.bytes"])?;
    ensure!(!described()?.contains("max.message.bytes=65536"), "a deleted config is still set");
    ensure!(change(&["--add-config", "max.message.bytes=-5"]).is_err(), "a bad value was taken");
    let broker = ["--describe", "--all", "--entity-type", "brokers", "--entity-name", "1"];
    has(&tool(scene, "configs", &broker, "")?, "log.retention.hours=")
}

fn console(scene: &Scene<'_>) -> Result<()> {
    for codec in ["none", "zstd"] {
        let topic = format!("{}-{codec}", scene.name);
        let written = records(200);
        produce(scene, &topic, &written, &["--compression-codec", codec])?;
        let read = consume(scene, &topic, written.len(), &[])?;
        same_records(&written, &read).with_context(|| format!("with {codec}"))?;
    }
    Ok(())
}

fn consumer_groups(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let group = format!("{topic}-members");
    create(scene, topic, "1")?;
    produce(scene, topic, &records(50), &[])?;
    consume(scene, topic, 50, &["--group", &group])?;
    let groups = |arguments: &[&str]| tool(scene, "consumer-groups", arguments, "");
    has(&groups(&["--list"])?, &group)?;
    ensure!(lag(&groups(&["--describe", "--group", &group])?)? == (50, 0), "all 50 records are read");
    has(&groups(&["--describe", "--state", "--group", &group])?, "Empty")?;
    let earlier = ["--reset-offsets", "--shift-by", "-20", "--execute", "--topic", topic, "--group", &group];
    groups(&earlier)?;
    ensure!(lag(&groups(&["--describe", "--group", &group])?)? == (30, 20), "20 records are to be read again");
    consume(scene, topic, 20, &["--group", &group])?;
    groups(&["--delete", "--group", &group])?;
    ensure!(!groups(&["--list"])?.contains(&group), "the deleted group is still there");
    Ok(())
}

/// The committed offset and the lag of the only partition in a description.
fn lag(described: &str) -> Result<(i64, i64)> {
    let columns = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut lines = described.lines().map(columns).filter(|columns| columns.len() > 5);
    let (head, row) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let number = |name: &str| {
        let column = head.iter().position(|column| column == name)?;
        row.get(column)?.parse().ok()
    };
    let found = number("CURRENT-OFFSET").zip(number("LAG"));
    found.with_context(|| format!("no offsets in\n{described}"))
}

fn offsets(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    create(scene, topic, "1")?;
    produce(scene, topic, &records(40), &[])?;
    let offset = |time: &str| tool(scene, "get-offsets", &["--topic", topic, "--time", time], "");
    has(&offset("latest")?, &format!("{topic}:0:40"))?;
    let file = tempfile::NamedTempFile::new()?;
    let request = serde_json::json!({
        "version": 1, "partitions": [{"topic": topic, "partition": 0, "offset": 15}],
    });
    std::fs::write(file.path(), request.to_string())?;
    tool(scene, "delete-records", &["--offset-json-file", &file.path().to_string_lossy()], "")?;
    has(&offset("earliest")?, &format!("{topic}:0:15"))
}

fn performance(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let mut command = scene.kafka.tool("producer-perf-test")?;
    command.args(["--topic", topic, "--num-records", "50000", "--record-size", "200", "--throughput", "-1"]);
    let bootstrap = format!("bootstrap.servers={}", scene.bootstrap);
    let printed = capture(command.args(["--producer-props", &bootstrap, "acks=all", "compression.type=lz4"]), "")?;
    has(&printed, "50000 records sent")?;
    scene.note(printed.lines().last().unwrap_or_default().chars().take(80).collect::<String>());
    let read = tool(scene, "consumer-perf-test", &["--topic", topic, "--messages", "50000", "--timeout", "20000"], "")?;
    let last = read.lines().last().unwrap_or_default();
    let count = last.split(',').nth(4).and_then(|count| count.trim().parse::<u64>().ok());
    ensure!(count == Some(50_000), "50000 records were written, and read were\n{read}");
    Ok(())
}
