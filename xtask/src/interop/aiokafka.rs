//! aiokafka: another client in Python, on asyncio.

use super::case::Case;
use super::client::{Client, Origin};
use super::python::PythonClient;
use super::standard;

pub(super) static CLIENT: Client = Client {
    name: "aiokafka",
    origin: Origin::Foreign,
    ensure: |_| PYTHON.ensure(),
    driver: Some(|_| PYTHON.driver("driver_aiokafka.py")),
};

pub(super) static CASES: [Case; 15] = [
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
    standard::restart(&CLIENT),
    standard::cut(&CLIENT),
    standard::recreated(&CLIENT),
];

const PYTHON: PythonClient =
    PythonClient { name: "aiokafka", version: "0.14.0", extras: &["cramjam==2.14.0"], module: "aiokafka" };
