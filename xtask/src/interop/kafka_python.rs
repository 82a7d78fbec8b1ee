//! kafka-python: the protocol once more, in Python.

use super::case::Case;
use super::client::{Client, Origin};
use super::python::PythonClient;
use super::standard;

/// For groups of several clients, too.
pub(super) static CLIENT: Client = Client {
    name: "kafka-python",
    origin: Origin::Foreign,
    ensure: |_| PYTHON.ensure(),
    driver: Some(|_| PYTHON.driver("driver_kafka_python.py")),
};

pub(super) static CASES: [Case; 15] = [
    standard::administration(&CLIENT).in_ci(),
    standard::codecs(&CLIENT).in_ci(),
    standard::headers_without_null(&CLIENT),
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
    // Nor on Kafka does its consumer read what is in a topic that was created anew, without fail.
];

const PYTHON: PythonClient = PythonClient {
    name: "kafka-python",
    version: "3.0.12",
    extras: &["python-snappy==0.7.3", "lz4==4.4.5", "zstandard==0.25.0"],
    module: "kafka",
};
