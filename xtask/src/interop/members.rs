//! The members of a group, each in a process of its own, whatever its client.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::Client;
use super::driver::Driver;
use super::scene::Scene;

/// Until a group has settled. A member that was killed is missed after six seconds.
const LIMIT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A group and what its members have told.
#[derive(Debug)]
pub(super) struct Members<'s> {
    scene: &'s Scene<'s>,
    topic: String,
    assignor: &'static str,
    members: Vec<Member>,
    /// Values that somebody has read.
    read: BTreeSet<String>,
}

#[derive(Debug)]
struct Member {
    client: &'static str,
    driver: Driver,
    assigned: Vec<u64>,
}

impl<'s> Members<'s> {
    /// A group of that name, without members, that will read the topic of that name.
    pub(super) fn new(scene: &'s Scene<'s>, topic: &str, assignor: &'static str) -> Self {
        Self { scene, topic: topic.to_owned(), assignor, members: Vec::new(), read: BTreeSet::new() }
    }

    /// Starts one more.
    pub(super) fn join(&mut self, client: &'static Client) -> Result<()> {
        let mut driver = Driver::of(client, self.scene)?;
        let Self { topic, assignor, .. } = self;
        driver.begin(&json!({"do": "member", "group": topic, "topic": topic, "assignor": assignor}))?;
        self.members.push(Member { client: client.name, driver, assigned: Vec::new() });
        Ok(())
    }

    /// Has the member that joined last leave.
    pub(super) fn leave(&mut self) -> Result<()> {
        let member = self.members.pop().context("there is no member")?;
        for event in member.driver.finish()? {
            self.read.extend(value(&event));
        }
        Ok(())
    }

    /// Kills the member that joined last.
    pub(super) fn crash(&mut self) -> Result<()> {
        self.members.pop().map(drop).context("there is no member")
    }

    /// Waits until each of `partitions` has one owner, and all members have about as many.
    ///
    /// # Errors
    /// It takes too long, or a member has ended.
    pub(super) fn await_balance(&mut self, partitions: usize) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        while !self.is_balanced(partitions) {
            ensure!(Instant::now() < deadline, "the group does not settle: {}", self.shown());
            self.poll()?;
        }
        Ok(())
    }

    /// Waits until all these values were read by somebody.
    ///
    /// # Errors
    /// It takes too long, or a member has ended.
    pub(super) fn await_values(&mut self, values: &[String]) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let missing = values.iter().filter(|value| !self.read.contains(*value)).count();
            if missing == 0 {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{missing} of {} are not read: {}", values.len(), self.shown());
            self.poll()?;
        }
    }

    /// Ends all members, the last first.
    pub(super) fn finish(mut self) -> Result<()> {
        while !self.members.is_empty() {
            self.leave()?;
        }
        Ok(())
    }

    /// Takes what the members tell within a while: under load they tell without end.
    fn poll(&mut self) -> Result<()> {
        for member in &mut self.members {
            let until = Instant::now() + POLL_INTERVAL;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                let Some(event) = member.driver.event(left)? else { break };
                if let Some(partitions) = event.get("assigned") {
                    member.assigned = numbers(partitions)?;
                }
                if let Some(revoked) = event.get("revoked") {
                    let revoked = numbers(revoked)?;
                    member.assigned.retain(|partition| !revoked.contains(partition));
                }
                self.read.extend(value(&event));
            }
        }
        Ok(())
    }

    fn is_balanced(&self, partitions: usize) -> bool {
        let all: Vec<u64> = self.members.iter().flat_map(|member| member.assigned.iter().copied()).collect();
        let sizes = || self.members.iter().map(|member| member.assigned.len());
        let is_even = sizes().max().unwrap_or(0) - sizes().min().unwrap_or(0) <= 1;
        all.len() == partitions && all.iter().collect::<BTreeSet<_>>().len() == partitions && is_even
    }

    fn shown(&self) -> String {
        let members = self.members.iter().map(|member| format!("{} has {:?}", member.client, member.assigned));
        members.collect::<Vec<_>>().join(", ")
    }
}

fn numbers(value: &Value) -> Result<Vec<u64>> {
    let list = value.as_array().and_then(|list| list.iter().map(Value::as_u64).collect());
    list.with_context(|| format!("{value} is no list of partitions"))
}

fn value(event: &Value) -> Option<String> {
    let text = event.get("record")?.get("value")?.as_str()?;
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}
