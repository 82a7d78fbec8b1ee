//! librdkafka's tests, which the crate `rdkafka-sys` ships with its sources.

mod distribution;
mod notes;
mod source;
mod summary;
mod table;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;

use self::distribution::Distribution;
use self::source::Source;
use super::note::Note;
use super::outcome::Verdict;
use super::{Scene, Suite, Unit};
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};
use crate::process::{self, ProcessGroup};

/// Longer than any test waits for anything.
const TIME_LIMIT: Duration = Duration::from_secs(400);
/// Tests that do nothing in the quick mode.
const IN_FULL: [&str; 14] =
    ["0018", "0019", "0026", "0045", "0050", "0053", "0055", "0061", "0082", "0102", "0122", "0127", "0132", "0137"];
/// For machines that have something else to do as well.
const PATIENCE: u8 = 3;

/// The suite, built.
#[derive(Debug)]
pub(super) struct Librdkafka {
    source: Source,
    distribution: Distribution,
    units: Vec<Unit>,
}

impl Librdkafka {
    /// Builds it, unless it is in the cache.
    ///
    /// # Errors
    /// A compiler or header is missing and cannot be installed, or the build fails.
    pub(super) fn ensure(kafka: &KafkaInstall) -> Result<Self> {
        let source = Source::ensure()?;
        let units = table::units(&fs::read_to_string(source.tests().join("test.c"))?)?;
        Ok(Self { source, distribution: Distribution::new(kafka)?, units })
    }
}

impl Suite for Librdkafka {
    fn name(&self) -> &'static str {
        "librdkafka"
    }

    fn description(&self) -> String {
        format!(
            "The tests of librdkafka {}, in their quick mode unless they do nothing in it, against one broker with four \
             partitions for topics that it makes by itself. Left out are the tests that need no broker or start librdkafka's own \
             imitation of one. 0081 is run part by part, since it ends with the first that fails.",
            source::LIBRARY_VERSION
        )
    }

    fn units(&self) -> &[Unit] {
        &self.units
    }

    fn notes(&self) -> &'static [Note] {
        &notes::NOTES
    }

    fn run(&self, unit: &Unit, scene: &Scene<'_>) -> Result<Vec<(String, Verdict)>> {
        // One of the tests reads `../src`.
        let scratch = tempfile::tempdir()?;
        let folder = scratch.path().join("tests");
        fs::create_dir(&folder)?;
        symlink(self.source.library(), scratch.path().join("src"))?;
        let properties = format!("bootstrap.servers={}\ntest.timeout.multiplier={PATIENCE}\n", scene.bootstrap);
        fs::write(folder.join("test.conf"), properties)?;
        let mut command = process::tied_to_us(self.source.tests().join("test-runner"));
        command.args(["-p1", "-L"]).args((!IN_FULL.contains(&unit.id.as_str())).then_some("-Q"));
        command.args(["-s", if unit.auto_create { "default" } else { "noautocreate" }]);
        command.env("TESTS", &unit.id).env("TEST_KAFKA_VERSION", DEFAULT_VERSION);
        command.env("KAFKA_PATH", self.distribution.path()).env("BROKERS", scene.bootstrap);
        if let Some(part) = unit.part {
            // Its name in the summary of a test is followed by a line number.
            command.env("SUBTESTS", format!("{part}:"));
        }
        command.env("LD_LIBRARY_PATH", self.source.libraries());
        // It would make the tests wait longer and leave some of them out.
        command.env_remove("CI").current_dir(&folder);
        let log = File::create(scene.log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut group = ProcessGroup::spawn(&mut command)?;
        let status = group.wait(TIME_LIMIT)?;
        drop(group);
        let printed = fs::read(scene.log)?;
        Ok(summary::verdicts(&String::from_utf8_lossy(&printed), &unit.tests, status))
    }
}
