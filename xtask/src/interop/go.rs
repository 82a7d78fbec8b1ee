//! Clients in Go, in one program of ours: sarama and kafka-go.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::case::Case;
use super::client::{Client, Origin};
use super::standard;
use crate::process::{self, tied_to_us};
use crate::requirement::{self, GO};
use crate::workspace;

pub(super) static SARAMA: Client = Client {
    name: "sarama",
    origin: Origin::Foreign,
    ensure: |_| ensure("github.com/IBM/sarama"),
    driver: Some(|_| driver("sarama")),
};

pub(super) static KAFKA_GO: Client = Client {
    name: "kafka-go",
    origin: Origin::Foreign,
    ensure: |_| ensure("github.com/segmentio/kafka-go"),
    driver: Some(|_| driver("kafka-go")),
};

pub(super) static CASES: [Case; 27] = [
    standard::administration(&SARAMA),
    standard::codecs(&SARAMA),
    standard::headers(&SARAMA),
    standard::tombstones(&SARAMA),
    standard::times(&SARAMA),
    // It has another hash than Java, so no case of partitioning.
    standard::large_batches(&SARAMA),
    standard::large_record(&SARAMA),
    standard::committed(&SARAMA),
    standard::by_time(&SARAMA),
    standard::seek(&SARAMA),
    standard::group(&SARAMA),
    // Nor on Kafka does its consumer read all that there is once the broker is back, without fail.
    standard::cut(&SARAMA),
    standard::recreated(&SARAMA),
    standard::administration(&KAFKA_GO),
    standard::codecs(&KAFKA_GO),
    standard::headers_without_empty(&KAFKA_GO),
    standard::tombstones_without_empty(&KAFKA_GO),
    standard::create_time(&KAFKA_GO),
    standard::partitioning(&KAFKA_GO),
    standard::large_batches(&KAFKA_GO),
    standard::large_record(&KAFKA_GO),
    standard::committed(&KAFKA_GO),
    standard::by_time(&KAFKA_GO),
    standard::seek(&KAFKA_GO),
    standard::group(&KAFKA_GO),
    standard::restart_with_copies(&KAFKA_GO),
    standard::recreated(&KAFKA_GO),
];

const SOURCES: [(&str, &str); 5] = [
    ("go.mod", include_str!("../../go/go.mod")),
    ("go.sum", include_str!("../../go/go.sum")),
    ("main.go", include_str!("../../go/main.go")),
    ("sarama.go", include_str!("../../go/sarama.go")),
    ("kafkago.go", include_str!("../../go/kafkago.go")),
];
const BUILD_LIMIT: Duration = Duration::from_secs(900);

/// Builds the program unless the cache folder has what became of the same sources, and says which version of a module
/// is in it.
fn ensure(module: &str) -> Result<String> {
    GO.ensure()?;
    let program = program()?;
    if !program.is_file() {
        eprintln!("xtask: building the Go clients");
        let mut go = Command::new("go");
        go.args(["build", "-mod=readonly", "-o"]).arg(&program).arg(".");
        go.current_dir(workspace::root()?.join("xtask/go"));
        process::capture(&mut go, "", BUILD_LIMIT).context("the Go clients need Go 1.26 or newer")?;
    }
    let [(_, go_mod), ..] = SOURCES;
    let required = go_mod.lines().find_map(|line| line.trim().strip_prefix(module)?.split_whitespace().next());
    required
        .map(|version| version.trim_start_matches('v').to_owned())
        .with_context(|| format!("go.mod has no {module}"))
}

fn driver(client: &str) -> Result<Command> {
    let mut command = tied_to_us(program()?);
    command.arg(client);
    Ok(command)
}

fn program() -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    SOURCES.hash(&mut hasher);
    Ok(requirement::cache()?.join("go").join(format!("drivers-{:016x}", hasher.finish())))
}
