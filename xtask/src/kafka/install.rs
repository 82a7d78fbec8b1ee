//! Apache Kafka's jars in the cache folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::cluster::{ClusterOptions, KafkaCluster};
use crate::process;
use crate::requirement::{self, JAVA, JAVAC, MAVEN};

/// The version that checks run against unless told otherwise.
pub(crate) const DEFAULT_VERSION: &str = "4.3.1";

const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
/// Kafka brings slf4j 1.7 and no binding that would write anywhere.
const LOGGING: (&str, &str, &str) = ("org.slf4j", "slf4j-simple", "1.7.36");
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(900);
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// Starts sooner and needs less memory than the optimising compiler, in programs that live for seconds.
const SHORT_LIVED: [&str; 2] = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/// One version of Apache Kafka with all that it depends on.
#[derive(Clone, Debug)]
pub(crate) struct KafkaInstall {
    version: String,
    home: PathBuf,
}

impl KafkaInstall {
    /// The installation of `version`, resolved by Maven unless it is in the cache.
    ///
    /// # Errors
    /// A JDK or Maven is missing and cannot be installed, or Maven does not know the version.
    pub(crate) fn ensure(version: &str) -> Result<Self> {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
        if !version.starts_with(|first: char| first.is_ascii_digit()) || !version.chars().all(is_plain) {
            bail!("'{version}' is not a version of Kafka; one looks like {DEFAULT_VERSION}");
        }
        JAVAC.ensure()?;
        JAVA.ensure()?;
        let home = requirement::cache()?.join("kafka").join(version);
        let install = Self { version: version.to_owned(), home };
        if !install.home.join("lib").is_dir() {
            install.download()?;
        }
        if !install.archive().is_file() {
            install.archive_classes()?;
        }
        Ok(install)
    }

    /// The version, such as `4.3.1`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The jar of one of Kafka's own artifacts, such as `kafka-clients`.
    pub(crate) fn jar(&self, artifact: &str) -> PathBuf {
        self.lib().join(format!("{artifact}-{}.jar", self.version))
    }

    /// All jars, in the order of their names.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn jars(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(self.lib()).with_context(|| format!("cannot read {}", self.lib().display()))?;
        let mut jars = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        jars.sort();
        Ok(jars)
    }

    /// The class path of all jars.
    ///
    /// # Errors
    /// As [`KafkaInstall::jars`].
    pub(crate) fn classpath(&self) -> Result<String> {
        let jars = self.jars()?;
        Ok(jars.iter().map(|jar| jar.to_string_lossy()).collect::<Vec<_>>().join(":"))
    }

    /// The first of the `candidates` that this version has; classes move between versions.
    ///
    /// # Errors
    /// It has none of them, or a jar cannot be read.
    pub(crate) fn find_class<'c>(&self, candidates: &[&'c str]) -> Result<&'c str> {
        let paths: Vec<String> = candidates.iter().map(|name| name.replace('.', "/") + ".class").collect();
        let mut found = None;
        for jar in self.jars()?.iter().filter(|jar| is_kafkas_own(jar)) {
            let archive = zip::ZipArchive::new(File::open(jar)?)?;
            let best = paths.iter().position(|path| archive.index_for_name(path).is_some());
            found = [found, best].into_iter().flatten().min();
        }
        let index = found.with_context(|| format!("Kafka {} has no {}", self.version, candidates.join(" or ")))?;
        candidates.get(index).copied().context("the index of a candidate")
    }

    /// A JVM that runs `class` for a short while, with Kafka and `more` on its class path.
    ///
    /// # Errors
    /// As [`KafkaInstall::jars`].
    pub(crate) fn program(&self, class: &str, more: &[&Path]) -> Result<Command> {
        let mut command = process::tied_to_us("java");
        self.add_program(&mut command, class, more)?;
        Ok(command)
    }

    /// The arguments of [`KafkaInstall::program`], for a `java` that the caller starts.
    ///
    /// # Errors
    /// As [`KafkaInstall::jars`].
    pub(crate) fn add_program(&self, command: &mut Command, class: &str, more: &[&Path]) -> Result<()> {
        self.add_arguments(command, &SHORT_LIVED, "warn", more)?;
        command.arg(class);
        Ok(())
    }

    /// Puts the arguments of a JVM in front of a class and its own arguments.
    ///
    /// # Errors
    /// As [`KafkaInstall::jars`].
    pub(crate) fn add_arguments(
        &self,
        command: &mut Command,
        flags: &[&str],
        log_level: &str,
        more: &[&Path],
    ) -> Result<()> {
        let mut classpath = self.classpath()?;
        for entry in more {
            classpath = format!("{classpath}:{}", entry.display());
        }
        if self.archive().is_file() {
            command.arg(format!("-XX:SharedArchiveFile={}", self.archive().display()));
        }
        // The JVM would warn of an archive that another JVM has made, on every start.
        command.args(["-Xlog:disable", "-Xlog:all=error:stderr"]).args(flags);
        command.arg(format!("-Dorg.slf4j.simpleLogger.defaultLogLevel={log_level}"));
        command.args(["-cp", &classpath]);
        Ok(())
    }

    fn lib(&self) -> PathBuf {
        self.home.join("lib")
    }

    fn archive(&self) -> PathBuf {
        self.home.join("classes.jsa")
    }

    /// Resolves into a scratch folder that then takes its final name: nobody sees half an installation.
    fn download(&self) -> Result<()> {
        MAVEN.ensure()?;
        eprintln!("xtask: resolving Apache Kafka {} by Maven", self.version);
        let parent = self.home.parent().context("the folder of all versions")?;
        fs::create_dir_all(parent)?;
        let scratch = tempfile::tempdir_in(parent)?;
        fs::write(scratch.path().join("pom.xml"), self.pom())?;
        let mut maven = process::tied_to_us("mvn");
        maven.args(["--batch-mode", "--quiet", "-DoutputDirectory=lib", DEPENDENCY_PLUGIN]);
        process::capture(maven.current_dir(scratch.path()), "", DOWNLOAD_LIMIT)
            .with_context(|| format!("Maven could not resolve Kafka {}", self.version))?;
        if fs::rename(scratch.path(), &self.home).is_ok() {
            let _moved = scratch.keep();
        }
        if self.lib().is_dir() { Ok(()) } else { bail!("{} could not be made", self.home.display()) }
    }

    fn pom(&self) -> String {
        let kafka = ["kafka_2.13", "kafka-tools"].map(|name| ("org.apache.kafka", name, self.version.as_str()));
        let dependencies = kafka.iter().chain([&LOGGING]).map(|(group, name, version)| {
            let names = format!("<groupId>{group}</groupId><artifactId>{name}</artifactId>");
            format!("    <dependency>{names}<version>{version}</version></dependency>\n")
        });
        format!(
            "<project>\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>ottla</groupId>\n  \
             <artifactId>kafka</artifactId>\n  <version>1</version>\n  <dependencies>\n{}  </dependencies>\n</project>\n",
            dependencies.collect::<String>()
        )
    }

    /// Lets one broker leave an archive of the classes it has loaded, which halves the start of every later JVM.
    fn archive_classes(&self) -> Result<()> {
        eprintln!("xtask: archiving Kafka's classes, so that it starts faster");
        let scratch = tempfile::tempdir_in(&self.home)?;
        let archive = scratch.path().join("classes.jsa");
        let mut options = ClusterOptions::default();
        options.jvm.push(format!("-XX:ArchiveClassesAtExit={}", archive.display()));
        KafkaCluster::start(self, &options)?.stop(STOP_LIMIT)?;
        if !archive.is_file() {
            bail!("the JVM left no archive of its classes");
        }
        Ok(fs::rename(archive, self.archive())?)
    }
}

fn is_kafkas_own(jar: &Path) -> bool {
    let name = jar.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("kafka-") || name.starts_with("kafka_")
}
