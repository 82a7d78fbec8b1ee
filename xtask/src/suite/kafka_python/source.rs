//! kafka-python's source distribution, and a Python that runs its tests.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::interop::python::PythonClient;
use crate::process;
use crate::requirement;
use crate::workspace;

/// Which version of kafka-python.
pub(super) const VERSION: &str = "3.0.12";
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(300);
/// What the tests import that the distribution leaves out.
const PLUGIN: &str = "kafka_python_service";
/// For machines that have something else to do as well.
const TEST_TIMEOUT: &str = "--timeout=150";

const PYTEST: PythonClient = PythonClient {
    name: "pytest",
    version: "8.4.2",
    extras: &[
        "pytest-mock==3.17.0",
        "pytest-timeout==2.4.0",
        "python-snappy==0.7.3",
        "lz4==4.4.5",
        "zstandard==0.25.0",
    ],
    module: "pytest, pytest_timeout, snappy, lz4, zstandard",
};

/// The folder with the sources.
#[derive(Debug)]
pub(super) struct Source {
    folder: PathBuf,
}

impl Source {
    /// Fetches what is missing.
    ///
    /// # Errors
    /// As [`super::KafkaPython::ensure`].
    pub(super) fn ensure() -> Result<Self> {
        PYTEST.ensure()?;
        let parent = requirement::cache()?.join("kafka-python");
        let source = Self { folder: parent.join(VERSION) };
        if !source.folder.is_dir() {
            fs::create_dir_all(&parent)?;
            let scratch = tempfile::tempdir_in(&parent)?;
            let unpacked = fetch(scratch.path())?;
            if fs::rename(unpacked, &source.folder).is_err() {
                ensure!(source.folder.is_dir(), "{} could not be made", source.folder.display());
            }
        }
        Ok(source)
    }

    /// pytest in that folder, without what to run.
    pub(super) fn pytest(&self) -> Result<Command> {
        let mut command = PYTEST.module()?;
        command.args(["-p", PLUGIN, "-p", "no:cacheprovider", TEST_TIMEOUT, "--color=no"]);
        command.env("PYTHONPATH", workspace::root()?.join("xtask/python")).current_dir(&self.folder);
        // A folder that has to be there, for tests that start a Kafka.
        command.env("KAFKA_ROOT", &self.folder);
        Ok(command)
    }
}

/// Downloads and unpacks the distribution.
fn fetch(scratch: &std::path::Path) -> Result<PathBuf> {
    let mut pip = PYTEST.pip()?;
    pip.args(["download", "--quiet", "--no-deps", "--no-binary", ":all:", &format!("kafka-python=={VERSION}")]);
    process::capture(pip.arg("--dest").arg(scratch), "", DOWNLOAD_LIMIT).context("pip cannot fetch kafka-python")?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(scratch.join(format!("kafka_python-{VERSION}.tar.gz"))).arg("-C").arg(scratch);
    process::capture(&mut tar, "", DOWNLOAD_LIMIT)?;
    let folder = scratch.join(format!("kafka_python-{VERSION}"));
    ensure!(folder.join("test/integration").is_dir(), "kafka-python {VERSION} came without its integration tests");
    Ok(folder)
}
