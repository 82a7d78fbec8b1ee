//! A producer that goes on while things happen to the broker.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::driver::Driver;
use super::scene::Scene;

const LIMIT: Duration = Duration::from_secs(90);

/// A driver that writes numbers, and what became of them.
#[derive(Debug)]
pub(super) struct Load {
    driver: Driver,
    acknowledged: BTreeSet<String>,
    failed: usize,
    last_failure: Option<Value>,
}

impl Load {
    /// Starts it, by the client that the scene is about.
    pub(super) fn start(scene: &Scene<'_>, topic: &str) -> Result<Self> {
        let mut driver = Driver::start(scene)?;
        driver.begin(&json!({"do": "load", "topic": topic}))?;
        Ok(Self { driver, acknowledged: BTreeSet::new(), failed: 0, last_failure: None })
    }

    /// Waits until so many more are acknowledged.
    ///
    /// # Errors
    /// It takes too long, or the driver has ended.
    pub(super) fn await_more(&mut self, count: usize) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        let wanted = self.acknowledged.len() + count;
        while self.acknowledged.len() < wanted {
            let event = self.driver.event(Duration::from_millis(100))?;
            event.into_iter().for_each(|event| self.take(event));
            let Self { failed, last_failure, .. } = self;
            ensure!(
                Instant::now() < deadline,
                "{} are acknowledged of {wanted}, and {failed} have failed, the last by {last_failure:?}",
                self.acknowledged.len()
            );
        }
        Ok(())
    }

    /// How many are acknowledged, as far as was taken.
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// Takes what it has told until now.
    ///
    /// # Errors
    /// The driver has ended.
    pub(super) fn catch_up(&mut self) -> Result<()> {
        while let Some(event) = self.driver.event(Duration::ZERO)? {
            self.take(event);
        }
        Ok(())
    }

    /// Ends it, and returns all that was acknowledged, and how many have failed.
    pub(super) fn finish(self) -> Result<(BTreeSet<String>, usize)> {
        let Self { driver, mut acknowledged, mut failed, .. } = self;
        for event in driver.finish().context("the load does not end")? {
            acknowledged.extend(text(&event, "acknowledged"));
            failed += usize::from(text(&event, "failed").is_some());
        }
        Ok((acknowledged, failed))
    }

    fn take(&mut self, event: Value) {
        self.acknowledged.extend(text(&event, "acknowledged"));
        if text(&event, "failed").is_some() {
            self.failed += 1;
            self.last_failure = Some(event);
        }
    }
}

fn text(event: &Value, name: &str) -> Option<String> {
    event.get(name)?.as_str().map(str::to_owned)
}
