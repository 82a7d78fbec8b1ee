//! How a test went.

use super::column::Column;

/// What one attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    /// The suite itself left it out, and says why.
    Skipped(String),
    /// With what it said, for the one who looks into it.
    Failed(String),
}

impl Verdict {
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// One word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
        }
    }
}

/// What a test came to on one broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) test: String,
    pub(super) column: Column,
    /// Of the last attempt.
    pub(super) verdict: Verdict,
    /// How many attempts there were.
    pub(super) attempts: usize,
}
