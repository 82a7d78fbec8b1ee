//! What is measured.

mod brokers;
mod ceiling;
mod consume;
mod idle;
mod latency;
mod produce;
mod start;

use anyhow::{Context, Result};

use super::equipment::Equipment;
use super::figure;
use super::program::Peer;
use super::results::Figures;
use super::site::{Site, SiteKind};
use super::topic::Topics;

use self::consume::ConsumeShape;
use self::latency::LatencyShape;
use self::produce::ProduceShape;

/// Something that several clients, or several brokers, do in turn.
#[derive(Debug)]
pub(super) struct Workload {
    /// Its short name.
    pub(super) id: &'static str,
    /// What it is, for people.
    pub(super) title: &'static str,
    /// Which brokers clients do it on.
    pub(super) site: SiteKind,
    /// Who does it.
    pub(super) subjects: &'static [&'static str],
    /// What they do.
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Produce(ProduceShape),
    Consume(ConsumeShape),
    Latency(LatencyShape),
    OneIdle,
    /// The subject starts what it needs.
    Alone {
        main: &'static str,
        round: fn(&Equipment<'_>, &str) -> Result<Figures>,
        /// Where more would tell no more.
        most_rounds: usize,
    },
}

/// What a workload has got ready before its first round.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    names: Vec<String>,
    _topics: Vec<Topics>,
}

impl Prepared {
    fn name(&self, index: usize) -> Result<&str> {
        self.names.get(index).map(String::as_str).context("a topic was not prepared")
    }
}

impl Workload {
    /// All of them, in the order in which they are run.
    pub(super) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        all.extend(produce::workloads());
        all.extend(consume::workloads());
        all.extend(latency::workloads());
        all.extend(idle::workloads());
        all.extend(brokers::workloads());
        all.extend(ceiling::workloads());
        all.extend(start::workloads());
        // Those of one site together: it is started once.
        all.sort_by_key(|workload| workload.site);
        all
    }

    /// The clients that do it; none where brokers do.
    pub(super) fn peers(&self) -> impl Iterator<Item = Peer> {
        self.subjects.iter().filter_map(|name| Peer::named(name))
    }

    /// The figure that matters most.
    pub(super) fn main_figure(&self) -> &'static str {
        match &self.shape {
            Shape::Produce(_) | Shape::Consume(_) => figure::PER_CPU,
            Shape::Latency(_) => figure::P99,
            Shape::OneIdle => figure::IDLE_SHARE,
            Shape::Alone { main, .. } => main,
        }
    }

    /// How many of so many rounds it needs.
    pub(super) fn rounds(&self, wanted: usize) -> usize {
        match &self.shape {
            Shape::Alone { most_rounds, .. } => wanted.min(*most_rounds),
            Shape::Produce(_) | Shape::Consume(_) | Shape::Latency(_) | Shape::OneIdle => wanted,
        }
    }

    /// Who the others are measured by.
    pub(super) fn yardstick(&self) -> Option<&'static str> {
        self.subjects.iter().copied().find(|name| ["librdkafka", "kafka"].contains(name))
    }

    /// What has to be there before the first round.
    ///
    /// # Errors
    /// A topic cannot be created or filled.
    pub(super) fn prepare(&self, equipment: &Equipment<'_>, site: &Site) -> Result<Prepared> {
        match &self.shape {
            Shape::Produce(_) | Shape::Latency(_) | Shape::Alone { .. } => Ok(Prepared::default()),
            Shape::Consume(shape) => shape.prepare(equipment, site),
            Shape::OneIdle => idle::prepare(equipment, site),
        }
    }

    /// A round of one subject.
    ///
    /// # Errors
    /// It fails.
    pub(super) fn round(
        &self,
        equipment: &Equipment<'_>,
        site: &Site,
        prepared: &Prepared,
        subject: &str,
    ) -> Result<Figures> {
        match &self.shape {
            Shape::Produce(shape) => shape.round(equipment, site, Peer::find(subject)?),
            Shape::Consume(shape) => shape.round(equipment, site, prepared, Peer::find(subject)?),
            Shape::Latency(shape) => shape.round(equipment, site, Peer::find(subject)?),
            Shape::OneIdle => idle::round(equipment, site, prepared, Peer::find(subject)?),
            Shape::Alone { round, .. } => round(equipment, subject),
        }
    }

    /// What does not depend on time, and so is counted once.
    ///
    /// # Errors
    /// It fails.
    pub(super) fn count(
        &self,
        equipment: &Equipment<'_>,
        site: &Site,
        prepared: &Prepared,
        subject: &str,
    ) -> Result<Figures> {
        match &self.shape {
            Shape::Produce(shape) => shape.count(equipment, site, Peer::find(subject)?),
            Shape::Consume(shape) => shape.count(equipment, site, prepared, Peer::find(subject)?),
            Shape::Latency(_) | Shape::OneIdle | Shape::Alone { .. } => Ok(Figures::new()),
        }
    }
}

/// Words as a program takes them.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
