//! What a run ran on, and with what.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::kafka::DEFAULT_VERSION;
use crate::{process, workspace};

const LIMIT: Duration = Duration::from_secs(20);
/// The peers' crates in the lock file of `bench/`, and what they are called in results.
const CRATES: [(&str, &str); 4] =
    [("rdkafka", "rdkafka"), ("rdkafka-sys", "librdkafka"), ("krafka", "krafka"), ("rskafka", "rskafka")];

/// Processors, memory and kernel; no names.
///
/// # Errors
/// The kernel does not tell.
pub(super) fn machine() -> Result<BTreeMap<String, String>> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let models = cpus.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let models: Vec<&str> = models.map(|(_, model)| model.trim()).collect();
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).context("no MemTotal")?;
    let kib: f64 = kib.trim().trim_end_matches("kB").trim().parse()?;
    Ok(BTreeMap::from([
        ("processors".to_owned(), format!("{} x {}", models.len(), models.first().copied().unwrap_or("unknown"))),
        ("memory".to_owned(), format!("{:.0} GB", kib * 1024.0 / 1e9)),
        ("kernel".to_owned(), capture("uname", &["-sr"])?),
    ]))
}

/// Who takes part.
///
/// # Errors
/// A compiler does not tell its version, or the lock file lacks a peer.
pub(super) fn versions() -> Result<BTreeMap<String, String>> {
    let lock = fs::read_to_string(workspace::root()?.join("bench/Cargo.lock"))?;
    let mut versions = BTreeMap::from([
        ("ottla".to_owned(), capture("git", &["describe", "--always", "--dirty", "--exclude", "*"])?),
        ("rust".to_owned(), capture("rustc", &["--version"])?),
        ("java".to_owned(), java()?),
        ("kafka".to_owned(), DEFAULT_VERSION.to_owned()),
    ]);
    for (package, name) in CRATES {
        let version = locked(&lock, package).context(package)?;
        // The crate of bindings has the version of what it binds behind its own.
        versions.insert(name.to_owned(), version.rsplit('+').next().unwrap_or(version).to_owned());
    }
    Ok(versions)
}

fn locked<'l>(lock: &'l str, package: &str) -> Option<&'l str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(rest.split_once('"')?.0)
}

fn java() -> Result<String> {
    let printed = process::output(Command::new("java").arg("-version"), "", LIMIT)?.stderr;
    Ok(printed.lines().next().unwrap_or_default().replace('"', ""))
}

fn capture(program: &str, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(program);
    let printed = process::capture(command.args(arguments).current_dir(workspace::root()?), "", LIMIT)?;
    Ok(printed.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_by_the_whole_name() {
        let lock = "name = \"krafka-more\"\nversion = \"9.9.9\"\n\nname = \"krafka\"\nversion = \"0.28.1\"\n";
        assert_eq!(locked(lock, "krafka"), Some("0.28.1"));
        assert_eq!(locked(lock, "kraf"), None);
    }
}
