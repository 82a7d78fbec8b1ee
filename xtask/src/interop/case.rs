//! What a case is.

use anyhow::Result;

use super::client::{Client, Origin};
use super::scene::Scene;
use super::target::Target;

/// One thing that a client does with a cluster.
#[derive(Debug)]
pub(super) struct Case {
    /// Who does it.
    pub(super) client: &'static Client,
    /// What it does.
    pub(super) name: &'static str,
    /// Does it; an error is a failed case.
    pub(super) run: fn(&Scene<'_>) -> Result<()>,
    /// Where, if not where all cases of such a client run.
    targets: Option<&'static [Target]>,
    /// Why our broker cannot pass yet.
    not_yet: Option<&'static str>,
    /// Whether it belongs to what runs before every change.
    pub(super) in_ci: bool,
    /// Whether no other case may run beside it.
    pub(super) is_alone: bool,
}

impl Case {
    /// A case where all cases of such a client run.
    pub(super) const fn new(client: &'static Client, name: &'static str, run: fn(&Scene<'_>) -> Result<()>) -> Self {
        Self { client, name, run, targets: None, not_yet: None, in_ci: false, is_alone: false }
    }

    /// The case on these targets alone.
    pub(super) const fn on(self, targets: &'static [Target]) -> Self {
        Self { targets: Some(targets), ..self }
    }

    /// The case as one that our broker cannot pass, for a reason that the status table of README.md has.
    ///
    /// It is run all the same: once it passes, the mark is wrong, and that is a failure.
    #[cfg_attr(not(test), expect(dead_code, reason = "at present it passes all"))]
    pub(super) const fn not_yet(self, reason: &'static str) -> Self {
        Self { not_yet: Some(reason), ..self }
    }

    /// The case as one of those that run before every change.
    pub(super) const fn in_ci(self) -> Self {
        Self { in_ci: true, ..self }
    }

    /// The case as one that needs the machine for itself.
    pub(super) const fn alone(self) -> Self {
        Self { is_alone: true, ..self }
    }

    /// Its client and its name.
    pub(super) fn title(&self) -> String {
        format!("{}: {}", self.client.name, self.name)
    }

    /// Whether it is run on `target`.
    pub(super) fn runs_on(&self, target: Target) -> bool {
        self.targets.unwrap_or_else(|| self.client.origin.targets()).contains(&target)
    }

    /// Why it cannot pass on `target` yet, if that is known.
    pub(super) fn not_yet_on(&self, target: Target) -> Option<&'static str> {
        self.not_yet.filter(|_| target == Target::BrokerRef)
    }

    /// Why its results may differ between brokers.
    pub(super) fn reason(&self) -> &'static str {
        self.not_yet.unwrap_or_default()
    }

    /// Whether a binary of this repository is needed for it on `target`.
    pub(super) fn needs_build(&self, target: Target) -> bool {
        target.needs_broker_ref() || self.client.origin == Origin::Ours
    }
}
