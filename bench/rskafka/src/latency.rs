//! Writing and reading back.

use bench_driver::{LatencyTask, Output};

/// Without batching of its own, the figure would be that of this program.
pub(crate) fn latency(_: &LatencyTask, _: &Output) -> anyhow::Result<()> {
    anyhow::bail!("rskafka has no batching of its own to measure")
}
