//! How much of the world a user of `ottla` builds along.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

use crate::process;
use crate::workspace;

const BUDGET: usize = 60;
const LIMIT: Duration = Duration::from_secs(300);
/// Crates that exist to build or to find libraries in C or C++.
const C_TOOLS: [&str; 6] = ["autotools", "bindgen", "cc", "cmake", "pkg-config", "vcpkg"];
/// Crates that say "native" in one way or another, and are Rust all through.
const RUST_ALL_THROUGH: [(&str, &str); 5] = [
    ("js-sys", "declarations of JavaScript's built-ins"),
    ("linux-raw-sys", "constants and structs of the kernel"),
    ("prettyplease", "its `links` key only forbids a second copy"),
    ("rayon-core", "its `links` key only forbids a second copy"),
    ("windows-sys", "declarations of what every Windows has"),
];

/// What to print.
#[derive(Args, Debug, Default)]
#[command(after_help = "\
Examples:
  cargo xtask deps           how many crates the default build has, and whether all are Rust
  cargo xtask deps --list    the crates, too")]
pub(crate) struct DependencyArguments {
    /// List the crates
    #[arg(long)]
    list: bool,
}

impl DependencyArguments {
    /// Counts, and prints what is over the budget or not Rust.
    ///
    /// # Errors
    /// Cargo fails.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let links = links()?;
        let ottla = tree(&["--package", "ottla"])?;
        let everything = tree(&["--workspace", "--exclude", "xtask"])?;
        let (own, foreign): (BTreeSet<_>, BTreeSet<_>) = ottla.iter().partition(|package| package.is_ours);
        if self.list {
            foreign.iter().for_each(|package| println!("  {} {}", package.name, package.version));
        }
        println!(
            "ottla with default features: {} crates ({} ours, {} others with proc macros and build dependencies), \
             budget {BUDGET}",
            ottla.len(),
            own.len(),
            foreign.len()
        );
        let native: Vec<String> = everything.iter().filter_map(|package| package.nativeness(&links)).collect();
        native.iter().for_each(|finding| println!("not Rust all through: {finding}"));
        println!("default features of all crates: {} crates, {} not in Rust", everything.len(), native.len());
        let is_over = ottla.len() >= BUDGET;
        if is_over {
            println!("ottla has to stay under {BUDGET} crates");
        }
        Ok(if is_over || !native.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    is_ours: bool,
}

impl Package {
    /// Why this crate brings something that is not Rust; nothing for most.
    fn nativeness(&self, links: &BTreeMap<String, String>) -> Option<String> {
        let name = self.name.as_str();
        if RUST_ALL_THROUGH.iter().any(|(exempt, _)| *exempt == name) {
            return None;
        }
        if let Some(library) = links.get(name) {
            return Some(format!("{name} links {library}"));
        }
        if C_TOOLS.contains(&name) {
            return Some(format!("{name} builds or finds C"));
        }
        name.ends_with("-sys").then(|| format!("{name} declares a native library"))
    }

    /// Parses `name vVERSION`, which cargo follows by `(FOLDER)` for crates of this workspace.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let name = words.next()?.to_owned();
        let version = words.next()?.trim_start_matches('v').to_owned();
        Some(Self { name, version, is_ours: words.any(|word| word.starts_with("(/")) })
    }
}

/// The crates that a build of the selected packages compiles, without what only their tests need.
fn tree(selection: &[&str]) -> Result<BTreeSet<Package>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--locked", "--prefix", "none", "--no-dedupe", "--edges", "normal,build"]).args(selection);
    let printed = process::capture(cargo.current_dir(workspace::root()?), "", LIMIT)?;
    Ok(printed.lines().filter_map(Package::parse).collect())
}

/// The native library that each crate says it links.
fn links() -> Result<BTreeMap<String, String>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--locked", "--format-version", "1"]).current_dir(workspace::root()?);
    let text = process::capture(&mut cargo, "", LIMIT)?;
    let metadata: Value = serde_json::from_str(&text)?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("cargo names no packages")?;
    let links = packages.iter().filter_map(|package| {
        let text = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
        Some((text("name")?, text("links")?))
    });
    Ok(links.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_the_workspace_are_told_from_others() {
        let ours = Package::parse("ottla-client v0.1.0 (/home/me/ottla/client)").unwrap();
        assert_eq!((ours.name.as_str(), ours.is_ours), ("ottla-client", true));
        let macros = Package::parse("tokio-macros v2.5.0 (proc-macro)").unwrap();
        assert_eq!((macros.version.as_str(), macros.is_ours), ("2.5.0", false));
        assert_eq!(Package::parse(""), None);
    }

    #[test]
    fn c_is_found_by_name_and_by_what_a_crate_links() {
        let links = BTreeMap::from([("zstd-safe".to_owned(), "zstd".to_owned())]);
        let find = |line: &str| Package::parse(line).unwrap().nativeness(&links);
        for line in ["cc v1.2.0", "openssl-sys v0.9.0", "zstd-safe v7.0.0"] {
            assert!(find(line).is_some(), "{line}");
        }
        for line in ["linux-raw-sys v0.9.0", "bytes v1.10.0"] {
            assert_eq!(find(line), None, "{line}");
        }
    }
}
