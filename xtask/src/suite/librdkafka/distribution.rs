//! Some of the scripts of a Kafka distribution: tests make topics and ACLs with them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;

use crate::kafka::KafkaInstall;

/// What a script is called, and the class that it starts.
const SCRIPTS: [(&str, &str); 3] = [
    ("kafka-topics.sh", "org.apache.kafka.tools.TopicCommand"),
    ("kafka-acls.sh", "org.apache.kafka.tools.AclCommand"),
    // Its class is its first argument.
    ("kafka-run-class.sh", ""),
];

/// A folder with `bin/` in it, as the tests want it in `KAFKA_PATH`.
#[derive(Debug)]
pub(super) struct Distribution {
    folder: TempDir,
}

impl Distribution {
    /// Writes the scripts.
    ///
    /// # Errors
    /// There is no room for them, or Kafka's jars are gone.
    pub(super) fn new(kafka: &KafkaInstall) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let bin = folder.path().join("bin");
        fs::create_dir(&bin)?;
        let classpath = kafka.classpath()?;
        for (name, class) in SCRIPTS {
            let script = format!(
                "#!/bin/sh\nexec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp \
                 \"{classpath}${{CLASSPATH:+:$CLASSPATH}}\" {class} \"$@\"\n"
            );
            let file = bin.join(name);
            fs::write(&file, script)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { folder })
    }

    /// The folder.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}
