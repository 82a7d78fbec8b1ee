//! How a case went.

use std::time::Duration;

use anyhow::{Error, Result, anyhow};

use super::case::Case;
use super::target::Target;

/// How a case went on one target.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) case: &'static Case,
    pub(super) target: Target,
    pub(super) verdict: Verdict,
    pub(super) notes: Vec<String>,
    pub(super) time: Duration,
}

/// What that means.
#[derive(Debug)]
pub(super) enum Verdict {
    Ok,
    /// It failed, as is known.
    NotYet(Error),
    Failed(Error),
}

impl Verdict {
    /// What the result of `case` on `target` means.
    pub(super) fn of(case: &Case, target: Target, result: Result<()>) -> Self {
        match (result, case.not_yet_on(target)) {
            (Ok(()), None) => Self::Ok,
            (Ok(()), Some(reason)) => Self::Failed(anyhow!("it passes now, and is marked as not yet: {reason}")),
            (Err(error), Some(_)) => Self::NotYet(error),
            (Err(error), None) => Self::Failed(error),
        }
    }

    /// In one word, or two.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotYet(_) => "not yet",
            Self::Failed(_) => "failed",
        }
    }

    /// What went wrong, expected or not.
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Self::Ok => None,
            Self::NotYet(error) | Self::Failed(error) => Some(error),
        }
    }
}

impl Outcome {
    /// Whether the run as a whole has failed with it.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_))
    }

    /// Tells a person who waits.
    pub(super) fn print(&self) {
        let Self { verdict, target, time, .. } = self;
        eprintln!("{:7} {:5.1} s  {target:10}  {}", verdict.word(), time.as_secs_f64(), self.case.title());
        self.notes.iter().for_each(|note| eprintln!("    {note}"));
        if let Verdict::Failed(error) = verdict {
            format!("{error:#}").lines().for_each(|line| eprintln!("    {line}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::super::client::{Client, Origin};
    use super::*;

    static CLIENT: Client =
        Client { name: "c", origin: Origin::Foreign, ensure: |_| bail!("not installed"), driver: None };

    #[test]
    fn a_case_marked_as_not_yet_fails_when_it_passes() {
        let case = Case::new(&CLIENT, "x", |_| Ok(())).not_yet("compaction");
        let word = |target, result| Verdict::of(&case, target, result).word();
        assert_eq!(word(Target::BrokerRef, Err(anyhow!("no"))), "not yet");
        assert_eq!(word(Target::BrokerRef, Ok(())), "failed");
        assert_eq!(word(Target::KafkaOne, Err(anyhow!("no"))), "failed");
        assert_eq!(word(Target::KafkaOne, Ok(())), "ok");
    }

    #[test]
    fn a_case_runs_where_those_of_its_client_do_unless_it_says_otherwise() {
        let targets = |case: Case| Target::ALL.map(|target| case.runs_on(target));
        assert_eq!(targets(Case::new(&CLIENT, "x", |_| Ok(()))), [true, true, false, false]);
        assert_eq!(targets(Case::new(&CLIENT, "x", |_| Ok(())).on(&[Target::KafkaThree])), [false, false, true, false]);
    }
}
