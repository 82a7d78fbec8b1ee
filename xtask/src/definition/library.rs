//! All definitions of one version of Kafka.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use zip::ZipArchive;

use super::MessageDefinition;
use crate::kafka::KafkaInstall;

/// The artifacts whose messages we speak or store, and where their generated classes are.
///
/// Left out: kafka-metadata and kafka-raft, whose records only the quorum of controllers reads.
const SOURCES: [(&str, &str); 4] = [
    ("kafka-clients", "org.apache.kafka.common.message"),
    ("kafka-group-coordinator", "org.apache.kafka.coordinator.group.generated"),
    ("kafka-share-coordinator", "org.apache.kafka.coordinator.share.generated"),
    ("kafka-transaction-coordinator", "org.apache.kafka.coordinator.transaction.generated"),
];
const FOLDER: &str = "common/message/";

/// Kafka's definitions, in the order of their names.
#[derive(Debug)]
pub(crate) struct Library {
    messages: Vec<MessageDefinition>,
}

impl Library {
    /// Reads the definitions out of the jars.
    ///
    /// # Errors
    /// A jar or a definition cannot be read.
    pub(crate) fn load(install: &KafkaInstall) -> Result<Self> {
        let mut messages = Vec::new();
        for (artifact, package) in SOURCES {
            let jar = install.jar(artifact);
            messages.extend(read(&jar, package).with_context(|| format!("cannot read {}", jar.display()))?);
        }
        messages.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { messages })
    }

    /// All messages that have a version.
    pub(crate) fn living(&self) -> impl Iterator<Item = &MessageDefinition> {
        self.messages.iter().filter(|message| !message.versions.is_empty())
    }

    /// How many messages have no version left.
    pub(crate) fn removed(&self) -> usize {
        self.messages.iter().filter(|message| message.versions.is_empty()).count()
    }

    /// The message of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&MessageDefinition> {
        self.messages.iter().find(|message| message.name == name)
    }
}

fn read(jar: &Path, package: &'static str) -> Result<Vec<MessageDefinition>> {
    let mut archive = ZipArchive::new(File::open(jar)?)?;
    let is_definition = |name: &&str| name.starts_with(FOLDER) && name.ends_with(".json");
    let names: Vec<String> = archive.file_names().filter(is_definition).map(str::to_owned).collect();
    let mut messages = Vec::new();
    for name in names {
        let mut text = String::new();
        archive.by_name(&name)?.read_to_string(&mut text)?;
        messages.push(MessageDefinition::parse(&text, package).with_context(|| name)?);
    }
    Ok(messages)
}
