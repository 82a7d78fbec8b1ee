//! The faults of a broker that is a process, for longer than `cargo test` has time for.

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::{process, workspace};

/// How often and how long.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask faults                    the broker is killed 50 times, and hears nonsense for a minute
  cargo xtask faults --only crash --rounds 200
  SEED=7 cargo xtask faults             with other random choices

These are the tests of cli/tests/fault, with optimisations. For the full disk a small file system is mounted, which
takes root.")]
pub(crate) struct FaultArguments {
    /// How often the broker is killed under load
    #[arg(long, value_name = "N", default_value_t = 50)]
    rounds: u64,
    /// How long strangers send it nonsense, in seconds
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Run the tests with this in their name alone, or several
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

impl FaultArguments {
    /// Runs them one after the other, so that what they measure is their own.
    ///
    /// # Errors
    /// They cannot be built, or one fails.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let mut command = Command::new("cargo");
        command.current_dir(workspace::root()?);
        command.args(["test", "--release", "-p", "ottla-cli", "--test", "fault", "--"]);
        command.args(["--nocapture", "--test-threads", "1"]).args(&self.only);
        command.env("OTTLA_FAULT_ROUNDS", self.rounds.to_string());
        command.env("OTTLA_FAULT_SECONDS", self.seconds.to_string());
        command.env("OTTLA_FAULT_DISK", "required");
        process::run(&mut command)?;
        Ok(ExitCode::SUCCESS)
    }
}
