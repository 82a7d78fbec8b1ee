//! cargo-fuzz, and the programs that it builds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{process, workspace};

const CARGO_FUZZ: &str = "cargo-fuzz";
const NIGHTLY: &str = "nightly";

/// The fuzz targets, built.
#[derive(Debug)]
pub(crate) struct Fuzzers {
    folder: PathBuf,
}

impl Fuzzers {
    /// Builds every target.
    ///
    /// # Errors
    /// There is no nightly toolchain, cargo-fuzz cannot be installed, or the build fails.
    pub(crate) fn build(root: &Path) -> Result<Self> {
        let platform = platform()?;
        if !process::is_installed(CARGO_FUZZ) {
            eprintln!("xtask: installing {CARGO_FUZZ}");
            process::run(Command::new("cargo").args(["install", CARGO_FUZZ, "--locked"]))?;
        }
        let target = workspace::target()?.join("fuzz");
        let mut build = nightly("cargo");
        build.args(["fuzz", "build", "--target", &platform, "--target-dir"]).arg(&target);
        process::run(build.current_dir(root.join("fuzz")))?;
        Ok(Self { folder: target.join(platform).join("release") })
    }

    /// The program of a target.
    pub(crate) fn program(&self, target: &str) -> PathBuf {
        self.folder.join(target)
    }
}

/// Runs a program of the nightly toolchain, whichever toolchain runs us.
fn nightly(program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", NIGHTLY, program]);
    command
}

/// The target triple of this machine.
fn platform() -> Result<String> {
    let version = process::capture(nightly("rustc").arg("-vV"), "", Duration::from_secs(60))
        .context("a nightly toolchain is needed: `rustup toolchain install nightly`")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it runs on")?.to_owned())
}
