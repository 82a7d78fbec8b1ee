//! Java's own producer, consumer and admin client, in a program of ours.

use super::case::Case;
use super::client::{Client, Origin};
use super::standard;
use crate::java::JavaProgram;
use crate::kafka::KafkaInstall;

/// For groups of several clients, too.
pub(super) static CLIENT: Client = Client {
    name: "Java client",
    origin: Origin::Foreign,
    ensure: |kafka: &KafkaInstall| program(kafka).map(|_| kafka.version().to_owned()),
    driver: Some(|kafka| program(kafka)?.command()),
};

pub(super) static CASES: [Case; 16] = [
    standard::administration(&CLIENT),
    standard::codecs(&CLIENT).in_ci(),
    standard::headers(&CLIENT),
    standard::tombstones(&CLIENT),
    standard::times(&CLIENT),
    standard::partitioning(&CLIENT),
    standard::large_batches(&CLIENT),
    standard::large_record(&CLIENT),
    standard::committed(&CLIENT),
    standard::by_time(&CLIENT),
    standard::seek(&CLIENT),
    standard::group(&CLIENT).in_ci(),
    standard::cooperative_group(&CLIENT),
    standard::restart(&CLIENT),
    standard::cut(&CLIENT),
    standard::recreated(&CLIENT),
];

const SOURCE: &str = include_str!("../../java/Driver.java");

fn program(kafka: &KafkaInstall) -> anyhow::Result<JavaProgram<'_>> {
    JavaProgram::cached(kafka, "Driver", SOURCE)
}
