//! Whether the declared `rust-version` is true.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;
use crate::workspace;

const LIMIT: Duration = Duration::from_secs(60);

type Version = (u64, u64);

/// Checks the workspace with the declared version where rustup has it. Elsewhere it checks what can be: that no
/// dependency wants more, that the toolchain in use is not older, and, by the step `clippy`, the APIs that we use.
///
/// # Errors
/// Something needs a newer Rust than declared.
pub(super) fn check(root: &Path) -> Result<()> {
    let packages = packages()?;
    let declared = packages.iter().find(|package| package.name == "ottla").and_then(|package| package.rust_version);
    let declared = declared.context("ottla declares no rust-version")?;
    let newer: Vec<_> = packages.iter().filter(|package| package.rust_version > Some(declared)).collect();
    if let Some(package) = newer.first() {
        bail!("rust-version is {}, but {} needs more ({} crates do)", shown(declared), package.name, newer.len());
    }
    if let Some(toolchain) = installed(declared) {
        println!("checking with the toolchain {toolchain}, which rustup has");
        let target = workspace::target()?.join("rust-version");
        let mut cargo = Command::new("rustup");
        cargo.args(["run", &toolchain, "cargo", "check", "--workspace", "--locked", "--quiet", "--target-dir"]);
        return process::run(cargo.arg(target).current_dir(root));
    }
    let used = used()?;
    if used < declared {
        bail!("rust-version is {}, and the toolchain in use is {}", shown(declared), shown(used));
    }
    println!(
        "rustup has no {version}: {} crates declare no more than {version}, the toolchain in use is {}, and the step \
         clippy denies incompatible_msrv",
        packages.len(),
        shown(used),
        version = shown(declared),
    );
    Ok(())
}

struct Package {
    name: String,
    rust_version: Option<Version>,
}

fn packages() -> Result<Vec<Package>> {
    let mut cargo = Command::new("cargo");
    let text = process::capture(cargo.args(["metadata", "--locked", "--format-version", "1"]), "", LIMIT)?;
    let metadata: Value = serde_json::from_str(&text)?;
    let list = metadata.get("packages").and_then(Value::as_array).context("cargo names no packages")?;
    let package = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        Some(Package { name: text("name")?.to_owned(), rust_version: text("rust_version").and_then(parse) })
    };
    Ok(list.iter().filter_map(package).collect())
}

/// The name of a toolchain of that version, if rustup is here and has one.
fn installed(version: Version) -> Option<String> {
    let listed = process::capture(Command::new("rustup").args(["toolchain", "list"]), "", LIMIT).ok()?;
    let mut names = listed.lines().filter_map(|line| line.split_whitespace().next());
    names.find(|name| parse(name) == Some(version)).map(str::to_owned)
}

fn used() -> Result<Version> {
    let printed = process::capture(Command::new("rustc").arg("--version"), "", LIMIT)?;
    printed.split_whitespace().nth(1).and_then(parse).with_context(|| format!("no version in '{printed}'"))
}

/// Major and minor number of `1.90`, `1.90.0` or `1.90.0-x86_64-unknown-linux-gnu`.
fn parse(text: &str) -> Option<Version> {
    let mut numbers = text.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn shown((major, minor): Version) -> String {
    format!("{major}.{minor}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_crates_and_toolchains_are_read() {
        for text in ["1.90", "1.90.0", "1.90.0-x86_64-unknown-linux-gnu", "1.90-x86_64-unknown-linux-gnu"] {
            assert_eq!(parse(text), Some((1, 90)), "{text}");
        }
        assert_eq!(parse("stable-x86_64-unknown-linux-gnu"), None);
        assert!(parse("1.100") > parse("1.90"));
    }
}
