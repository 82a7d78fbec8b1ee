//! librdkafka's sources, as they come with a crate, and its test program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::process;
use crate::requirement::{self, Requirement};

/// The crate, in a version of its own.
const CRATE: (&str, &str) = ("rdkafka-sys", "4.10.0");
/// What the crate has inside.
pub(super) const LIBRARY_VERSION: &str = "2.12.1";
const BUILD_LIMIT: Duration = Duration::from_secs(1800);
/// TLS, SASL and HTTP are for tests that our broker does not take yet.
const OPTIONS: [&str; 5] =
    ["--disable-ssl", "--disable-gssapi", "--disable-curl", "--disable-debug-symbols", "--no-download"];
const COMPILERS: [Requirement; 3] = [
    Requirement::new("gcc", "gcc", "to build librdkafka's tests"),
    Requirement::new("g++", "g++", "to build librdkafka's tests"),
    Requirement::new("make", "make", "to build librdkafka's tests"),
];
/// Without RapidJSON tests that read statistics leave themselves out.
const HEADERS: [(&str, &str); 3] =
    [("zlib.h", "zlib1g-dev"), ("zstd.h", "libzstd-dev"), ("rapidjson/document.h", "rapidjson-dev")];

/// A folder with the sources and what was built in it.
#[derive(Debug)]
pub(super) struct Source {
    folder: PathBuf,
}

impl Source {
    /// Fetches and builds it, unless it is in the cache.
    ///
    /// # Errors
    /// As [`super::Librdkafka::ensure`].
    pub(super) fn ensure() -> Result<Self> {
        let parent = requirement::cache()?.join("librdkafka");
        let source = Self { folder: parent.join(LIBRARY_VERSION) };
        if !source.runner().is_file() {
            fs::create_dir_all(&parent)?;
            // Nobody sees half a build: the folder takes its name at the end.
            let scratch = tempfile::tempdir_in(&parent)?;
            build(&fetch(scratch.path())?, scratch.path())?;
            if fs::rename(scratch.path().join("librdkafka"), &source.folder).is_err() {
                ensure!(source.runner().is_file(), "{} could not be made", source.folder.display());
            }
        }
        Ok(source)
    }

    /// The folder with the tests and what they read.
    pub(super) fn tests(&self) -> PathBuf {
        self.folder.join("tests")
    }

    /// The folder with the library.
    pub(super) fn library(&self) -> PathBuf {
        self.folder.join("src")
    }

    /// Where the test program finds its libraries, as a search path.
    pub(super) fn libraries(&self) -> String {
        format!("{}:{}", self.library().display(), self.folder.join("src-cpp").display())
    }

    fn runner(&self) -> PathBuf {
        self.tests().join("test-runner")
    }
}

/// Has cargo fetch the crate for a package that consists of this wish; the folder with the library's sources.
fn fetch(scratch: &Path) -> Result<PathBuf> {
    let (name, version) = CRATE;
    let package = scratch.join("package");
    fs::create_dir_all(package.join("src"))?;
    fs::write(package.join("src").join("lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"package\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{name} = \
         \"={version}\"\n\n[workspace]\n"
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--quiet"]).current_dir(&package);
    let metadata: Value = serde_json::from_str(&process::capture(&mut cargo, "", BUILD_LIMIT)?)?;
    let folder = library(&metadata).with_context(|| format!("cargo does not say where {name} is"))?;
    ensure!(folder.join("tests/test.c").is_file(), "{} has no tests", folder.display());
    Ok(folder)
}

fn library(metadata: &Value) -> Option<PathBuf> {
    let packages = metadata.get("packages")?.as_array()?;
    let package = packages.iter().find(|package| package.get("name").and_then(Value::as_str) == Some(CRATE.0))?;
    Some(Path::new(package.get("manifest_path")?.as_str()?).parent()?.join("librdkafka"))
}

/// Builds library and tests in a copy: cargo's is not ours to change.
fn build(sources: &Path, scratch: &Path) -> Result<()> {
    COMPILERS.iter().try_for_each(Requirement::ensure)?;
    HEADERS.iter().try_for_each(|(header, package)| ensure_header(header, package))?;
    eprintln!("xtask: building librdkafka {LIBRARY_VERSION} and its tests");
    run(Command::new("cp").arg("-R").arg(sources).arg(scratch))?;
    let folder = scratch.join("librdkafka");
    let jobs = format!("-j{}", std::thread::available_parallelism()?);
    run(Command::new("bash").arg("configure").args(OPTIONS).current_dir(&folder))?;
    run(Command::new("make").args([&jobs, "libs"]).current_dir(&folder))?;
    run(Command::new("make").args([&jobs, "-C", "tests", "test-runner"]).current_dir(&folder))
}

fn run(command: &mut Command) -> Result<()> {
    process::capture(command, "", BUILD_LIMIT).map(drop)
}

fn ensure_header(header: &str, package: &str) -> Result<()> {
    let exists = || Path::new("/usr/include").join(header).is_file();
    if !exists() {
        requirement::install(package).with_context(|| format!("librdkafka needs `{header}`"))?;
    }
    if exists() { Ok(()) } else { bail!("librdkafka needs `{header}`, which the package {package} did not bring") }
}
