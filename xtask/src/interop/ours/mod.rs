//! Our client as a library, by the program in tests/interop; the rest of our command, and the examples.

mod cluster;
pub(super) mod command;
mod companion;
pub(super) mod example;
mod program;

use anyhow::{Result, ensure};

use self::cluster::OwnCluster;
use super::case::Case;
use super::client::{Client, Origin};
use super::confluent;
use super::scene::Scene;
use super::target::Target;

static CLIENT: Client = Client { name: "ottla as a library", origin: Origin::Ours, ensure: |_| ensure(), driver: None };

/// Compaction is what only Kafka has.
const KAFKA: &[Target] = &[Target::KafkaOne, Target::KafkaThree];

pub(super) static CASES: [Case; 21] = [
    case("create, describe, alter and delete a topic", |scene| run(scene, "topics")).in_ci(),
    case("every codec, to and from Java and librdkafka", |scene| run(scene, "codecs")),
    case("null and empty parts, headers of one name", |scene| run(scene, "parts")).in_ci(),
    case("create time and append time", |scene| run(scene, "timestamps")),
    case("keys lead where Java and librdkafka lead them", |scene| run(scene, "partitioning")).in_ci(),
    case("batches larger than a fetch", |scene| run(scene, "beyond-a-fetch")).in_ci(),
    case("a record of 20 MB, and its refusal", |scene| run(scene, "twenty-megabytes")),
    case("commits with metadata, seen by Java and librdkafka", |scene| run(scene, "commits")).in_ci(),
    case("a group reset by time", |scene| run(scene, "reset-by-time")).in_ci(),
    case("seek to offsets, times and ends", |scene| run(scene, "seek")).in_ci(),
    case("a compacted topic with gaps", |scene| run(scene, "compaction")).on(KAFKA),
    case("connections cut behind an append", |scene| run(scene, "cut-off")).in_ci(),
    case("a topic created anew under its users", |scene| run(scene, "recreation")),
    case("a pause beyond the poll interval", |scene| run(scene, "poll-interval")),
    case("a group of three: join, leave, crash", |scene| run(scene, "group")),
    case("a group with Java and librdkafka, range", |scene| run(scene, "mixed-range")),
    case("a group with Java and librdkafka, cooperative-sticky", |scene| run(scene, "mixed-cooperative")),
    case("nodes that restart under load", |scene| run_on_own(scene, "restart")).alone(),
    case("too few replicas in sync", |scene| run_on_own(scene, "too-few-replicas")).on(&[Target::KafkaThree]).alone(),
    case("1,000 topics", |scene| many(scene, "topics-1000")).alone(),
    case("10,000 partitions, on Kafka 2,000", many_partitions).alone(),
];

const fn case(name: &'static str, run: fn(&Scene<'_>) -> Result<()>) -> Case {
    Case::new(&CLIENT, name, run)
}

fn ensure() -> Result<String> {
    confluent::PYTHON.ensure()?;
    let known = program::cases()?;
    ensure!(known.len() >= CASES.len(), "the program has only the cases {known:?}");
    Ok(env!("CARGO_PKG_VERSION").to_owned())
}

/// A case on the cluster that all share.
fn run(scene: &Scene<'_>, case: &str) -> Result<()> {
    program::run(scene, case, &scene.bootstrap, None)
}

/// A case on a cluster of its own, whose nodes it may stop and start.
fn run_on_own(scene: &Scene<'_>, case: &str) -> Result<()> {
    let mut cluster = OwnCluster::start(scene)?;
    let bootstrap = cluster.bootstrap();
    program::run(scene, case, &bootstrap, Some(&mut cluster))
}

/// Kafka opens some fifty logs a second on two cores, so 10,000 would take it minutes.
fn many_partitions(scene: &Scene<'_>) -> Result<()> {
    let ours = scene.target == Target::BrokerRef;
    many(scene, if ours { "partitions-10000" } else { "partitions-2000" })
}

/// On a Kafka of its own, which other cases would be slowed down by; on our broker in memory, for on files it opens no more
/// logs a second than Kafka, and answers only when it has.
fn many(scene: &Scene<'_>, case: &str) -> Result<()> {
    if scene.target == Target::BrokerRef { run(scene, case) } else { run_on_own(scene, case) }
}
