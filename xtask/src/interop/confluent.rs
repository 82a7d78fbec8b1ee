//! confluent-kafka: librdkafka of today from Python, with admin and consumer callbacks.

use anyhow::Result;

use super::case::Case;
use super::client::{Client, Origin};
use super::python::PythonClient;
use super::scene::{Scene, capture};
use super::standard;

/// For groups of several clients, too.
pub(super) static CLIENT: Client = Client {
    name: "confluent-kafka",
    origin: Origin::Foreign,
    ensure: |_| PYTHON.ensure(),
    driver: Some(|_| PYTHON.driver("driver_confluent.py")),
};

pub(super) static CASES: [Case; 21] = [
    Case::new(&CLIENT, "admin", |scene| run(scene, "admin")).in_ci(),
    Case::new(&CLIENT, "producer", |scene| run(scene, "producer")).in_ci(),
    Case::new(&CLIENT, "two members", |scene| run(scene, "two_members")).in_ci(),
    Case::new(&CLIENT, "commits", |scene| run(scene, "commits")).in_ci(),
    Case::new(&CLIENT, "seek and pause", |scene| run(scene, "seek_and_pause")).in_ci(),
    standard::administration(&CLIENT),
    standard::codecs(&CLIENT),
    standard::headers(&CLIENT).in_ci(),
    standard::tombstones(&CLIENT),
    standard::times(&CLIENT).in_ci(),
    standard::partitioning(&CLIENT).in_ci(),
    standard::large_batches(&CLIENT).in_ci(),
    standard::large_record(&CLIENT).in_ci(),
    standard::committed(&CLIENT),
    standard::by_time(&CLIENT),
    standard::seek(&CLIENT),
    standard::group(&CLIENT),
    standard::cooperative_group(&CLIENT).in_ci(),
    standard::restart(&CLIENT),
    standard::cut(&CLIENT),
    standard::recreated(&CLIENT),
];

/// Where it is installed.
pub(super) const PYTHON: PythonClient =
    PythonClient { name: "confluent-kafka", version: "2.16.1", extras: &[], module: "confluent_kafka" };
const SCRIPT: &str = include_str!("../../python/confluent.py");

fn run(scene: &Scene<'_>, case: &str) -> Result<()> {
    capture(PYTHON.command(SCRIPT)?.args([case, &scene.bootstrap, &scene.name]), "").map(drop)
}
