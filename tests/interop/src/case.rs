//! All cases.

use std::{future::Future, pin::Pin};

use anyhow::{Context, Result};

use crate::{cases::*, scene::Scene};

type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// One thing that our client does with a cluster.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    run: for<'a> fn(&'a Scene) -> Running<'a>,
}

macro_rules! cases {
    ($($name:literal: $run:path,)*) => {
        [$(Case { name: $name, run: |scene| Box::pin($run(scene)) },)*]
    };
}

/// In the order in which it is wise to mend them.
pub(crate) const CASES: &[Case] = &cases! {
    "topics": topics::life,
    "codecs": records::codecs,
    "parts": records::parts,
    "timestamps": records::timestamps,
    "partitioning": partitioning::keyed,
    "beyond-a-fetch": sizes::beyond_a_fetch,
    "twenty-megabytes": sizes::twenty_megabytes,
    "commits": offsets::commits,
    "reset-by-time": offsets::reset_by_time,
    "seek": offsets::seek,
    "compaction": compaction::gaps,
    "poll-interval": idleness::beyond_the_poll_interval,
    "cut-off": trouble::cut_off,
    "recreation": recreation::under_load,
    "restart": trouble::restart,
    "too-few-replicas": trouble::too_few_replicas,
    "topics-1000": numbers::topics,
    "partitions-10000": numbers::partitions,
    "partitions-2000": numbers::fewer_partitions,
    "group": groups::of_three,
    "mixed-range": groups::mixed_by_range,
    "mixed-cooperative": groups::mixed_cooperatively,
};

/// Runs the case of this name.
///
/// # Errors
/// There is none, or it fails.
pub(crate) async fn run(name: &str, scene: &Scene) -> Result<()> {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.with_context(|| format!("there is no case '{name}'; `list` prints them"))?;
    (case.run)(scene).await
}
