//! The brokers that workloads run on, and what the kernel tells of their processes.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::interop::OurBroker;
use crate::kafka::{ClusterOptions, KafkaCluster, KafkaInstall};

/// As Kafka's own script starts it, in place of what the checks use.
const KAFKA_JVM: [&str; 7] = [
    "-XX:-UseSerialGC",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-Xms1g",
    "-Xmx1g",
];
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// Topics are deleted after each run: what they held should not stay for a minute.
const KAFKA_SETTINGS: [(&str, &str); 1] = [("log.segment.delete.delay.ms", "1000")];

/// Which field of `/proc/PID/stat` is the user time; the system time is the next.
const UTIME: usize = 14;

/// How many nodes of Kafka, and where clients are sent in place of their own ports.
#[derive(Debug)]
pub(super) struct KafkaShape {
    /// The nodes.
    pub(super) nodes: u16,
    /// A node and a port.
    pub(super) advertised: Vec<(u16, u16)>,
}

/// A broker that runs until it is dropped.
#[derive(Debug)]
pub(super) enum Broker {
    /// `ottla broker` with files.
    Ottla { process: OurBroker, _data: TempDir },
    /// Apache Kafka.
    Kafka(KafkaCluster),
}

impl Broker {
    /// Apache Kafka.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn kafka(install: &KafkaInstall, shape: KafkaShape) -> Result<Self> {
        let settings = KAFKA_SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let jvm = KAFKA_JVM.map(str::to_owned).to_vec();
        let KafkaShape { nodes, advertised } = shape;
        Ok(Self::Kafka(KafkaCluster::start(install, &ClusterOptions { nodes, settings, jvm, advertised })?))
    }

    /// Apache Kafka with one node.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn plain_kafka(install: &KafkaInstall) -> Result<Self> {
        Self::kafka(install, KafkaShape { nodes: 1, advertised: Vec::new() })
    }

    /// How long a process of Kafka takes until it serves, on a directory that has been formatted and used before.
    ///
    /// # Errors
    /// It does not start, or not stop.
    pub(super) fn kafka_start(install: &KafkaInstall) -> Result<Duration> {
        let options = ClusterOptions { jvm: KAFKA_JVM.map(str::to_owned).to_vec(), ..ClusterOptions::default() };
        let mut cluster = KafkaCluster::start(install, &options)?;
        cluster.stop_nodes(STOP_LIMIT)?;
        let began = Instant::now();
        cluster.start_nodes(install, &options)?;
        Ok(began.elapsed())
    }

    /// `ottla broker` with files in a folder of its own.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn ottla() -> Result<Self> {
        let data = tempfile::Builder::new().prefix("ottla-bench-").tempdir()?;
        let process = OurBroker::start(&["--data", &data.path().to_string_lossy()])?;
        Ok(Self::Ottla { process, _data: data })
    }

    /// The addresses of all nodes.
    pub(super) fn bootstrap(&self) -> String {
        match self {
            Self::Ottla { process, .. } => process.bootstrap().to_owned(),
            Self::Kafka(cluster) => cluster.bootstrap(),
        }
    }

    /// Processor time of all its processes in seconds, since they started.
    ///
    /// # Errors
    /// A process is gone.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        self.processes().into_iter().map(cpu_seconds).sum()
    }

    /// The same over a time in which no thread ends, as in an idle broker, but to the nanosecond.
    ///
    /// # Errors
    /// A process is gone.
    pub(super) fn fine_cpu_seconds(&self) -> Result<f64> {
        self.processes().into_iter().map(fine_cpu_seconds).sum()
    }

    /// Memory that all its processes have now, in bytes.
    ///
    /// # Errors
    /// A process is gone.
    pub(super) fn rss_bytes(&self) -> Result<f64> {
        self.processes().into_iter().map(rss_bytes).sum()
    }

    fn processes(&self) -> Vec<u32> {
        match self {
            Self::Ottla { process, .. } => vec![process.id()],
            Self::Kafka(cluster) => cluster.processes(),
        }
    }
}

/// User and system time, with that of threads that have ended, in the kernel's ticks of some 10 ms.
fn cpu_seconds(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).with_context(|| format!("{process} is gone"))?;
    // The name, in brackets, may have anything in it. What follows it begins with the third field.
    let (_, fields) = stat.rsplit_once(')').context("a process without a name")?;
    let mut ticks = fields.split_whitespace().skip(UTIME - 3).take(2).map(str::parse::<f64>);
    let (user, system) = ticks.next().zip(ticks.next()).context("a process without times")?;
    Ok((user? + system?) / rustix::param::clock_ticks_per_second() as f64)
}

/// Time on a processor in seconds, to the nanosecond, but only of the threads that live.
fn fine_cpu_seconds(process: u32) -> Result<f64> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).with_context(|| format!("{process} is gone"))?;
    let mut nanos = 0.0;
    for thread in threads {
        // A thread may end while we look.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanos += text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0);
    }
    Ok(nanos / 1e9)
}

fn rss_bytes(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process without memory")?;
    let kib = line.trim().trim_end_matches("kB").trim().parse::<f64>()?;
    Ok(kib * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_see_a_busy_process() {
        let ours = std::process::id();
        let (coarse, fine) = (cpu_seconds(ours).unwrap(), fine_cpu_seconds(ours).unwrap());
        let began = Instant::now();
        while cpu_seconds(ours).unwrap() - coarse < 0.05 {
            assert!(began.elapsed() < Duration::from_secs(60), "the clock stands still");
        }
        assert!(fine_cpu_seconds(ours).unwrap() > fine);
        assert!(rss_bytes(ours).unwrap() > 1e5);
    }
}
