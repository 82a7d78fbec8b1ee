//! librdkafka, by the crate rdkafka, as a benchmark program.

mod consume;
mod latency;
mod produce;

use bench_driver::Client;
use rdkafka::ClientConfig;

/// The program.
pub const CLIENT: Client =
    Client { name: "rdkafka", produce: produce::produce, consume: consume::consume, latency: latency::latency };

fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    config
}
