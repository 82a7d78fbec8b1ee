//! kafkajs: the protocol in JavaScript, with codecs from other packages.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::case::Case;
use super::client::{Client, Origin};
use super::standard;
use crate::process::{self, tied_to_us};
use crate::requirement::{self, NODE, NPM};
use crate::workspace;

pub(super) static CLIENT: Client =
    Client { name: "kafkajs", origin: Origin::Foreign, ensure: |_| ensure(), driver: Some(|_| driver()) };

pub(super) static CASES: [Case; 15] = [
    standard::administration(&CLIENT),
    standard::codecs(&CLIENT),
    standard::headers_without_null(&CLIENT),
    standard::tombstones(&CLIENT),
    standard::times(&CLIENT),
    standard::partitioning(&CLIENT),
    standard::large_batches(&CLIENT),
    standard::large_record(&CLIENT),
    standard::committed(&CLIENT),
    standard::by_time(&CLIENT),
    standard::seek(&CLIENT),
    standard::round_robin_group(&CLIENT),
    standard::restart_round_robin(&CLIENT),
    standard::cut(&CLIENT),
    standard::recreated_round_robin(&CLIENT),
];

const MANIFEST: &str = include_str!("../../node/package.json");
const LOCK: &str = include_str!("../../node/package-lock.json");
const INSTALL_LIMIT: Duration = Duration::from_secs(300);

fn ensure() -> Result<String> {
    NODE.ensure()?;
    let folder = folder()?;
    if !folder.is_dir() {
        install()?;
    }
    let manifest: Value = serde_json::from_str(MANIFEST)?;
    let version = manifest.get("dependencies").and_then(|packages| packages.get("kafkajs")).and_then(Value::as_str);
    version.map(str::to_owned).context("package.json has no kafkajs")
}

/// Into a scratch folder that then takes its final name: nobody sees half an installation.
fn install() -> Result<()> {
    NPM.ensure()?;
    eprintln!("xtask: installing kafkajs");
    let parent = requirement::cache()?.join("node");
    std::fs::create_dir_all(&parent)?;
    let scratch = tempfile::tempdir_in(&parent)?;
    std::fs::write(scratch.path().join("package.json"), MANIFEST)?;
    std::fs::write(scratch.path().join("package-lock.json"), LOCK)?;
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(scratch.path());
    process::capture(&mut npm, "", INSTALL_LIMIT).context("npm cannot install kafkajs")?;
    if std::fs::rename(scratch.path(), folder()?).is_ok() {
        let _moved = scratch.keep();
    }
    Ok(())
}

fn driver() -> Result<Command> {
    let mut command = tied_to_us("node");
    command.env("NODE_PATH", folder()?.join("node_modules")).arg(workspace::root()?.join("xtask/node/driver.js"));
    Ok(command)
}

fn folder() -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    LOCK.hash(&mut hasher);
    Ok(requirement::cache()?.join("node").join(format!("{:016x}", hasher.finish())))
}
