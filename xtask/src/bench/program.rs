//! The client programs in `bench/`: what they are called, how they are built and started.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::java::JavaProgram;
use crate::kafka::KafkaInstall;
use crate::{process, requirement, workspace};

const MANIFEST: &str = "bench/Cargo.toml";
const JAVA_DRIVER: &str = include_str!("../../../bench/java/BenchDriver.java");

/// A client library that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// Ottla's client.
    Ottla,
    /// librdkafka, by its crate.
    Rdkafka,
    /// The crate krafka.
    Krafka,
    /// The crate rskafka.
    Rskafka,
    /// Kafka's own client.
    Java,
}

/// Which build of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Build {
    /// The one that is timed.
    Timed,
    /// The one that counts its allocations.
    Counted,
}

impl Peer {
    /// In the order of the tables.
    pub(super) const ALL: [Self; 5] = [Self::Ottla, Self::Rdkafka, Self::Krafka, Self::Rskafka, Self::Java];

    /// Its name in results.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ottla => "ottla",
            Self::Rdkafka => "librdkafka",
            Self::Krafka => "krafka",
            Self::Rskafka => "rskafka",
            Self::Java => "java",
        }
    }

    /// The one of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }

    /// The same where there has to be one.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn find(name: &str) -> Result<Self> {
        Self::named(name).with_context(|| format!("{name} is no client"))
    }

    fn package(self) -> Option<&'static str> {
        match self {
            Self::Ottla => Some("bench-ottla"),
            Self::Rdkafka => Some("bench-rdkafka"),
            Self::Krafka => Some("bench-krafka"),
            Self::Rskafka => Some("bench-rskafka"),
            Self::Java => None,
        }
    }

    /// Peers seldom change and take long to build, so all checkouts share what was built of them.
    fn target(self) -> Result<PathBuf> {
        match self {
            Self::Ottla => Ok(workspace::target()?.join("bench")),
            Self::Rdkafka | Self::Krafka | Self::Rskafka | Self::Java => Ok(requirement::cache()?.join("bench")),
        }
    }
}

/// The programs, as far as they were built.
#[derive(Debug)]
pub(super) struct Programs<'k> {
    java: Option<JavaProgram<'k>>,
}

impl<'k> Programs<'k> {
    /// Those of `peers`, of which the Java program is compiled now. One that is missing fails when it is started, and
    /// no other does.
    pub(super) fn new(install: &'k KafkaInstall, peers: &[Peer]) -> Self {
        let compile = || JavaProgram::compile(install, "BenchDriver", JAVA_DRIVER);
        let java = peers.contains(&Peer::Java).then(compile).transpose();
        Self { java: java.inspect_err(|error| eprintln!("xtask: no Java client: {error:#}")).ok().flatten() }
    }

    /// The command that runs a client.
    ///
    /// # Errors
    /// It was not built, or there is no such build.
    pub(super) fn command(&self, peer: Peer, build: Build) -> Result<Command> {
        let Some(package) = peer.package() else {
            let program = self.java.as_ref().context("the Java client was not compiled")?;
            return program.optimised_command();
        };
        let name = match build {
            Build::Timed => package.to_owned(),
            Build::Counted => format!("{package}-counted"),
        };
        built(peer, &name)
    }
}

/// Builds those of `peers` that are in Rust, and ours, as far as they build.
pub(super) fn build(peers: &[Peer]) {
    // All others in one go, whoever is asked for: what they share is then built once, with one set of features.
    const OTHERS: [Peer; 3] = [Peer::Rdkafka, Peer::Krafka, Peer::Rskafka];
    let mut groups = vec![&[Peer::Ottla][..]];
    if peers.iter().any(|peer| OTHERS.contains(peer)) {
        groups.push(&OTHERS);
    }
    for group in groups {
        if let Err(error) = cargo_build(group) {
            eprintln!("xtask: not all were built: {error:#}");
        }
    }
}

/// Builds our own.
///
/// # Errors
/// It does not build.
pub(super) fn build_ours() -> Result<()> {
    cargo_build(&[Peer::Ottla])
}

/// The command that counts its allocations.
///
/// # Errors
/// It was not built.
pub(super) fn ours_counted() -> Result<Command> {
    built(Peer::Ottla, "bench-ottla-counted")
}

/// The command that sends a broker batches made before.
///
/// # Errors
/// It was not built.
pub(super) fn load() -> Result<Command> {
    built(Peer::Ottla, "bench-ottla-load")
}

/// The command that starts a cluster within itself.
///
/// # Errors
/// It was not built.
pub(super) fn embedded() -> Result<Command> {
    built(Peer::Ottla, "bench-ottla-embedded")
}

fn built(peer: Peer, name: &str) -> Result<Command> {
    let file = peer.target()?.join("release").join(name);
    anyhow::ensure!(file.is_file(), "{} was not built", file.display());
    Ok(process::tied_to_us(file))
}

/// Builds clients that are built into the same folder.
fn cargo_build(peers: &[Peer]) -> Result<()> {
    let packages: Vec<&str> = peers.iter().filter_map(|peer| peer.package()).collect();
    let target = peers.first().context("somebody to build")?.target()?;
    eprintln!("xtask: building {}", packages.join(", "));
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--quiet", "--locked", "--keep-going", "--manifest-path", MANIFEST]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    process::run(cargo.arg("--target-dir").arg(target).current_dir(workspace::root()?))
}
