//! All that has to pass before a change lands.

mod readme;
mod rust_version;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::bench::BenchArguments;
use crate::dependencies::DependencyArguments;
use crate::differential::{DifferentialArguments, LiteralArguments};
use crate::guide::GuideArguments;
use crate::interop::InteropArguments;
use crate::parity::ParityArguments;
use crate::process;
use crate::table::Table;
use crate::workspace;

/// Enough to see that all messages still go both ways; the full run is a command of its own.
const DIFFERENTIAL_VALUES: usize = 20;
/// One falsified answer among these has to be noticed.
const DIFFERENTIAL_PLANTED: usize = 3;

/// Something that passes or fails.
struct Step {
    name: &'static str,
    run: fn(&Path) -> Result<()>,
}

/// From what fails in seconds to what takes minutes.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt },
    Step { name: "clippy", run: clippy },
    Step { name: "rust-version", run: rust_version::check },
    Step { name: "doc", run: doc },
    Step { name: "deps", run: |_| succeeded(DependencyArguments::default().execute()?) },
    Step { name: "readme-1", run: |root| readme::run(root, 0) },
    Step { name: "readme-2", run: |root| readme::run(root, 1) },
    Step { name: "guide", run: |_| succeeded(GuideArguments::default().execute()?) },
    Step { name: "parity", run: |_| succeeded(ParityArguments::new().execute()?) },
    Step { name: "parity-self-test", run: |_| succeeded(ParityArguments::with_plants().execute()?) },
    Step { name: "literals", run: |_| succeeded(LiteralArguments::default().execute()?) },
    Step {
        name: "differential",
        run: |_| succeeded(DifferentialArguments::with_values(DIFFERENTIAL_VALUES).execute()?),
    },
    Step {
        name: "differential-self-test",
        run: |_| succeeded(DifferentialArguments::with_plants(DIFFERENTIAL_PLANTED).execute()?),
    },
    Step { name: "bench-gates", run: bench_gates },
    Step { name: "interop", run: |_| succeeded(InteropArguments::for_ci().execute()?) },
];

/// Which steps to run.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask ci
  cargo xtask ci --only fmt --only clippy    before a commit
  cargo xtask ci --skip interop              without a real Apache Kafka's clients

The steps readme-1 and readme-2 are the first two commands of README.md. Missing packages are
installed by apt-get when this runs as root.")]
pub(crate) struct CiArguments {
    /// Leave a step out
    #[arg(long, value_name = "STEP", value_parser = names())]
    skip: Vec<String>,
    /// Run this step alone, or several
    #[arg(long, value_name = "STEP", value_parser = names())]
    only: Vec<String>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(STEPS.iter().map(|step| step.name))
}

impl CiArguments {
    /// Runs the steps up to the first that fails, and prints what each took.
    ///
    /// # Errors
    /// The folder of the repository is gone.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let root = workspace::root()?;
        std::env::set_current_dir(root)?;
        let mut table = Table::new(["step", "result", "time"]);
        let mut passed = 0;
        let mut failure = None;
        for step in STEPS {
            if failure.is_some() || !self.selects(step.name) {
                table.push([step.name, if failure.is_some() { "not run" } else { "skipped" }, ""]);
                continue;
            }
            println!("\n=== {}", step.name);
            let began = Instant::now();
            let result = (step.run)(root);
            table.push([step.name, if result.is_ok() { "ok" } else { "failed" }, &shown(began.elapsed())]);
            match result {
                Ok(()) => passed += 1,
                Err(error) => failure = Some((step.name, error)),
            }
        }
        println!("\n{table}");
        if let Some((name, error)) = &failure {
            println!("the step {name} failed: {error:#}");
            println!("`cargo xtask ci --only {name}` repeats it\n");
        }
        println!("{passed} passed, {} failed", usize::from(failure.is_some()));
        Ok(if failure.is_none() && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn selects(&self, name: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|entry| entry == name);
        !names(&self.skip) && (self.only.is_empty() || names(&self.only))
    }
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    process::run(Command::new("cargo").current_dir(root).args(arguments))
}

fn fmt(root: &Path) -> Result<()> {
    cargo(root, &["fmt", "--all", "--check"])?;
    // Workspaces of their own, which `--all` does not see.
    let others = ["xtask/kafka-protocol/Cargo.toml", "bench/Cargo.toml"];
    others.iter().try_for_each(|manifest| cargo(root, &["fmt", "--all", "--check", "--manifest-path", manifest]))
}

/// `incompatible_msrv` by name: it keeps us at the declared Rust version where no older toolchain is at hand.
fn clippy(root: &Path) -> Result<()> {
    let lints = ["-D", "warnings", "-D", "clippy::incompatible_msrv"];
    cargo(root, &[&["clippy", "--workspace", "--all-targets", "--quiet", "--"][..], &lints].concat())
}

/// What our client allocates and sends, and the tests of the program that tells.
fn bench_gates(root: &Path) -> Result<()> {
    let target = workspace::target()?.join("bench").to_string_lossy().into_owned();
    let driver = ["test", "--release", "--quiet", "--locked", "--package", "bench-driver"];
    cargo(root, &[&driver[..], &["--manifest-path", "bench/Cargo.toml", "--target-dir", &target]].concat())?;
    succeeded(BenchArguments::only_gates().execute()?)
}

fn doc(root: &Path) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings");
    process::run(cargo.current_dir(root))
}

/// A check that has said on standard output what is wrong.
fn succeeded(code: ExitCode) -> Result<()> {
    if code == ExitCode::SUCCESS { Ok(()) } else { bail!("see what it printed above") }
}

fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:2} min {:02} s", seconds / 60, seconds % 60)
}
