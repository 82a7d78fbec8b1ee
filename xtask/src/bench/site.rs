//! Which brokers a workload's clients meet.

use std::time::Duration;

use anyhow::{Context, Result};

use super::broker::{Broker, KafkaShape};
use super::proxy::DelayingProxy;
use crate::kafka::KafkaInstall;

/// How much later everything passes to and from a slow broker.
const DELAY: Duration = Duration::from_millis(50);

/// A kind of site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SiteKind {
    /// One node of Kafka.
    Kafka,
    /// Two nodes of Kafka.
    TwoKafkas,
    /// Two nodes of Kafka, of which the second answers late.
    OneSlowKafka,
    /// None: the workload starts what it needs.
    Nothing,
}

/// Brokers that run until this is dropped.
#[derive(Debug)]
pub(super) struct Site {
    kind: SiteKind,
    broker: Option<Broker>,
    _proxy: Option<DelayingProxy>,
    bootstrap: String,
}

impl Site {
    /// Starts it.
    ///
    /// # Errors
    /// A broker does not start.
    pub(super) fn start(kind: SiteKind, install: &KafkaInstall) -> Result<Self> {
        let broker = match kind {
            SiteKind::Kafka => Some(Broker::plain_kafka(install)?),
            SiteKind::TwoKafkas => Some(Broker::kafka(install, KafkaShape { nodes: 2, advertised: Vec::new() })?),
            SiteKind::OneSlowKafka => return Self::one_slow(install),
            SiteKind::Nothing => None,
        };
        let bootstrap = broker.as_ref().map(Broker::bootstrap).unwrap_or_default();
        Ok(Self { kind, broker, _proxy: None, bootstrap })
    }

    fn one_slow(install: &KafkaInstall) -> Result<Self> {
        let proxy = DelayingProxy::bind(DELAY)?;
        let broker = Broker::kafka(install, KafkaShape { nodes: 2, advertised: vec![(2, proxy.port())] })?;
        let servers = broker.bootstrap();
        let (fast, slow) = servers.split_once(',').context("two nodes")?;
        proxy.lead_to(slow)?;
        let bootstrap = format!("{fast},127.0.0.1:{}", proxy.port());
        Ok(Self { kind: SiteKind::OneSlowKafka, broker: Some(broker), _proxy: Some(proxy), bootstrap })
    }

    /// What it is.
    pub(super) fn kind(&self) -> SiteKind {
        self.kind
    }

    /// The addresses that its clients begin with.
    pub(super) fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Processor time of its brokers in seconds, since they started.
    ///
    /// # Errors
    /// One is gone.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        self.broker.as_ref().context("there is no broker here")?.cpu_seconds()
    }
}
