//! confluent-kafka: librdkafka of today from Python, with admin and consumer callbacks.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::case::{Case, FOREIGN, Scene, cached, capture};
use crate::process::{self, tied_to_us};
use crate::requirement::{self, PYTHON};

pub(super) const CASES: [Case; 5] = [
    Case { name: "confluent-kafka: admin", targets: FOREIGN, run: |scene| run(scene, "admin") },
    Case { name: "confluent-kafka: producer", targets: FOREIGN, run: |scene| run(scene, "producer") },
    Case { name: "confluent-kafka: two members", targets: FOREIGN, run: |scene| run(scene, "two_members") },
    Case { name: "confluent-kafka: commits", targets: FOREIGN, run: |scene| run(scene, "commits") },
    Case { name: "confluent-kafka: seek and pause", targets: FOREIGN, run: |scene| run(scene, "seek_and_pause") },
];

const SCRIPT: &str = include_str!("../../python/confluent.py");
const PACKAGE: &str = "confluent-kafka==2.16.1";
const INSTALL_LIMIT: Duration = Duration::from_secs(300);

fn run(scene: &Scene<'_>, case: &str) -> Result<()> {
    let mut python = tied_to_us(&scene.equipment.python);
    python.args(["-c", SCRIPT, case, &scene.bootstrap, &scene.name]);
    capture(&mut python, "").map(drop)
}

/// A Python that has the client, in the cache folder: a distribution's own Python is not ours to change.
pub(super) fn python() -> Result<PathBuf> {
    PYTHON.ensure()?;
    let folder = cached(&format!("python/{PACKAGE}"))?;
    let python = folder.join("bin").join("python");
    if works(&python) {
        return Ok(python);
    }
    eprintln!("xtask: installing {PACKAGE}");
    let mut create = Command::new("python3");
    create.args(["-m", "venv", "--clear"]).arg(&folder);
    if process::capture(&mut create, "", INSTALL_LIMIT).is_err() {
        // Debian keeps the means to make one in a package of their own.
        requirement::install("python3-venv").context("install `python3-venv` for the interop cases in Python")?;
        process::capture(&mut create, "", INSTALL_LIMIT)?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--only-binary", ":all:", PACKAGE]);
    process::capture(&mut pip, "", INSTALL_LIMIT).with_context(|| format!("pip cannot install {PACKAGE}"))?;
    Ok(python)
}

fn works(python: &PathBuf) -> bool {
    let mut command = Command::new(python);
    process::capture(command.args(["-c", "import confluent_kafka"]), "", INSTALL_LIMIT).is_ok()
}
