//! Kafka's command-line tools by the names of their scripts.

use std::process::Command;

use anyhow::{Context, Result};

use super::install::KafkaInstall;
use crate::java::OPTIMISED;
use crate::process;

/// Script names without `kafka-` and `.sh`, each with the classes that have been behind it, newest first.
const TOOLS: [(&str, &[&str]); 19] = [
    ("acls", &["org.apache.kafka.tools.AclCommand", "kafka.admin.AclCommand"]),
    (
        "broker-api-versions",
        &["org.apache.kafka.tools.BrokerApiVersionsCommand", "kafka.admin.BrokerApiVersionsCommand"],
    ),
    ("configs", &["org.apache.kafka.tools.ConfigCommand", "kafka.admin.ConfigCommand"]),
    ("console-consumer", &["org.apache.kafka.tools.consumer.ConsoleConsumer", "kafka.tools.ConsoleConsumer"]),
    ("console-producer", &["org.apache.kafka.tools.ConsoleProducer", "kafka.tools.ConsoleProducer"]),
    ("console-share-consumer", &["org.apache.kafka.tools.consumer.ConsoleShareConsumer"]),
    (
        "consumer-groups",
        &["org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "kafka.admin.ConsumerGroupCommand"],
    ),
    ("consumer-perf-test", &["org.apache.kafka.tools.ConsumerPerformance", "kafka.tools.ConsumerPerformance"]),
    ("delete-records", &["org.apache.kafka.tools.DeleteRecordsCommand", "kafka.admin.DeleteRecordsCommand"]),
    ("dump-log", &["org.apache.kafka.tools.DumpLogSegments", "kafka.tools.DumpLogSegments"]),
    ("features", &["org.apache.kafka.tools.FeatureCommand", "kafka.admin.FeatureCommand"]),
    ("get-offsets", &["org.apache.kafka.tools.GetOffsetShell", "kafka.tools.GetOffsetShell"]),
    ("groups", &["org.apache.kafka.tools.GroupsCommand"]),
    ("log-dirs", &["org.apache.kafka.tools.LogDirsCommand", "kafka.admin.LogDirsCommand"]),
    ("metadata-quorum", &["org.apache.kafka.tools.MetadataQuorumCommand", "kafka.admin.MetadataQuorumCommand"]),
    ("producer-perf-test", &["org.apache.kafka.tools.ProducerPerformance"]),
    ("share-groups", &["org.apache.kafka.tools.consumer.group.ShareGroupCommand"]),
    ("topics", &["org.apache.kafka.tools.TopicCommand", "kafka.admin.TopicCommand"]),
    ("transactions", &["org.apache.kafka.tools.TransactionsCommand"]),
];

impl KafkaInstall {
    /// The command of a tool, or of a class by its full name.
    ///
    /// # Errors
    /// There is no such tool in this version.
    pub(crate) fn tool(&self, name: &str) -> Result<Command> {
        if name.contains('.') {
            return self.program(name, &[]);
        }
        self.program(self.tool_class(name)?, &[])
    }

    /// The command of a tool whose speed matters, as Kafka's own script starts it.
    ///
    /// # Errors
    /// There is no such tool in this version.
    pub(crate) fn optimised_tool(&self, name: &str) -> Result<Command> {
        let mut java = process::tied_to_us("java");
        self.add_arguments(&mut java, &OPTIMISED, "warn", &[])?;
        java.arg(self.tool_class(name)?);
        Ok(java)
    }

    fn tool_class(&self, name: &str) -> Result<&'static str> {
        let known = TOOLS.iter().find(|(tool, _)| *tool == name);
        let (_, classes) = known.with_context(|| format!("there is no tool '{name}'; there is {}", names()))?;
        self.find_class(classes)
    }
}

/// All tools, for people.
pub(crate) fn names() -> String {
    TOOLS.map(|(name, _)| name).join(", ")
}
