//! Programs that a check needs, installed where we may.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::process;

/// A program and the Debian package that has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requirement {
    program: &'static str,
    package: &'static str,
    purpose: &'static str,
}

/// Resolves Kafka's jars.
pub(crate) const MAVEN: Requirement = Requirement::new("mvn", "maven", "to resolve Apache Kafka");
/// Runs Kafka. Before Maven, whose package would bring a runtime without a compiler.
pub(crate) const JAVA: Requirement = Requirement::new("java", "default-jdk-headless", "to run Apache Kafka");
/// Compiles the classes that the checks run against Kafka's.
pub(crate) const JAVAC: Requirement = Requirement::new("javac", "default-jdk-headless", "to compile against Kafka");
/// A client in C, on librdkafka.
pub(crate) const KCAT: Requirement = Requirement::new("kcat", "kcat", "for the interop cases of kcat");
/// Runs confluent-kafka, librdkafka's Python client.
pub(crate) const PYTHON: Requirement = Requirement::new("python3", "python3", "for the interop cases in Python");
/// Runs kafkajs, and the guide's code in JavaScript.
pub(crate) const NODE: Requirement = Requirement::new("node", "nodejs", "for clients in other languages");
/// Installs kafkajs.
pub(crate) const NPM: Requirement = Requirement::new("npm", "npm", "for clients in other languages");
/// Compiles clients in Go, and the guide's code.
pub(crate) const GO: Requirement = Requirement::new("go", "golang-go", "for clients in other languages");

/// Tells what connections have carried.
pub(crate) const SS: Requirement = Requirement::new("ss", "iproute2", "to count the bytes of connections");

impl Requirement {
    /// A program, the package that has it, and what for.
    pub(crate) const fn new(program: &'static str, package: &'static str, purpose: &'static str) -> Self {
        Self { program, package, purpose }
    }

    /// Makes sure that the program is there.
    ///
    /// # Errors
    /// It is missing and could not be installed; the error says what to install.
    pub(crate) fn ensure(&self) -> Result<()> {
        if process::is_installed(self.program) {
            return Ok(());
        }
        install(self.package).with_context(|| self.advice())?;
        if process::is_installed(self.program) { Ok(()) } else { bail!(self.advice()) }
    }

    fn advice(&self) -> String {
        let Self { program, package, purpose } = self;
        format!("`{program}` is needed {purpose}; install it, for example by `apt-get install {package}`")
    }
}

/// Installs a Debian package.
///
/// # Errors
/// There is no apt, we are not root, or apt fails.
pub(crate) fn install(package: &str) -> Result<()> {
    if !process::is_installed("apt-get") {
        bail!("there is no apt-get to install {package} with");
    }
    if !rustix::process::geteuid().is_root() {
        bail!("only root may install {package}");
    }
    eprintln!("xtask: installing the package {package}");
    static LISTS: OnceLock<bool> = OnceLock::new();
    if !LISTS.get_or_init(|| process::run(&mut apt(&["update"])).is_ok()) {
        bail!("apt-get update failed");
    }
    process::run(&mut apt(&["install", "--yes", "--no-install-recommends", package]))
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet=2").args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// The folder that keeps what is expensive to install: `$XDG_CACHE_HOME/ottla`, made when missing.
///
/// # Errors
/// Neither `XDG_CACHE_HOME` nor `HOME` is set, or the folder cannot be made.
pub(crate) fn cache() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let folder = base.context("set HOME or XDG_CACHE_HOME: downloads are kept below it")?.join("ottla");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
