//! Who else reads and writes messages.

use std::process::Command;

use anyhow::{Context, Result};

use super::json;
use super::messages::Sample;
use crate::definition::MessageDefinition;
use crate::java::JavaProgram;
use crate::kafka::KafkaInstall;
use crate::process;
use crate::workspace;

const MESSAGE_ORACLE: &str = include_str!("../../java/MessageOracle.java");
const KAFKA_PROTOCOL: &str = "xtask/kafka-protocol/Cargo.toml";
const KAFKA_PROTOCOL_EXCEPTIONS: [(&str, &str); 2] = [
    ("LeaderChangeMessage", "it takes the value of the field Version for the version of the message"),
    ("VotersRecord", "it takes the value of the field Version for the version of the message"),
];

/// Another implementation of the protocol, and how it is asked.
#[derive(Debug)]
pub(super) enum Peer<'k> {
    /// Kafka's generated classes: bytes in, bytes out.
    Java(JavaProgram<'k>),
    /// Kafka's generated classes: JSON in, bytes out.
    Json(JavaProgram<'k>),
    /// The crate `kafka-protocol`: bytes in, bytes out.
    KafkaProtocol,
}

impl<'k> Peer<'k> {
    /// Kafka's generated classes.
    pub(super) fn java(install: &'k KafkaInstall) -> Result<Self> {
        JavaProgram::compile(install, "MessageOracle", MESSAGE_ORACLE).map(Self::Java)
    }

    /// Kafka's generated classes, fed by the names of the fields.
    pub(super) fn json(install: &'k KafkaInstall) -> Result<Self> {
        JavaProgram::compile(install, "MessageOracle", MESSAGE_ORACLE).map(Self::Json)
    }

    /// The crate `kafka-protocol`, built on the spot in a workspace of its own.
    pub(super) fn kafka_protocol() -> Result<Self> {
        let mut cargo = Self::cargo("build")?;
        process::run(&mut cargo).context("the crate kafka-protocol does not build")?;
        Ok(Self::KafkaProtocol)
    }

    fn cargo(subcommand: &str) -> Result<Command> {
        let mut cargo = Command::new("cargo");
        cargo.args([subcommand, "--quiet", "--locked", "--manifest-path", KAFKA_PROTOCOL]);
        cargo.arg("--target-dir").arg(workspace::target()?.join("kafka-protocol"));
        cargo.current_dir(workspace::root()?);
        Ok(cargo)
    }

    /// Its name in tables.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Java(_) => "Kafka's classes",
            Self::Json(_) => "Kafka's classes by field name",
            Self::KafkaProtocol => "kafka-protocol",
        }
    }

    /// Messages that it gets wrong, and how. Kafka's classes agree with us on them.
    pub(super) fn exceptions(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Java(_) | Self::Json(_) => &[],
            Self::KafkaProtocol => &KAFKA_PROTOCOL_EXCEPTIONS,
        }
    }

    /// The program that answers.
    pub(super) fn command(&self) -> Result<Command> {
        match self {
            Self::Java(program) => with_argument(program, "bytes"),
            Self::Json(program) => with_argument(program, "json"),
            Self::KafkaProtocol => Self::cargo("run"),
        }
    }

    /// What it calls a message.
    pub(super) fn name_of(&self, definition: &MessageDefinition) -> String {
        match self {
            Self::Java(_) | Self::Json(_) => definition.class(),
            Self::KafkaProtocol => definition.name.clone(),
        }
    }

    /// What it is given of a value.
    pub(super) fn question(&self, definition: &MessageDefinition, version: i16, sample: &Sample) -> Vec<u8> {
        match self {
            Self::Java(_) | Self::KafkaProtocol => sample.bytes.clone(),
            Self::Json(_) => json::of(definition, &sample.fields, version).to_string().into_bytes(),
        }
    }
}

fn with_argument(program: &JavaProgram<'_>, argument: &str) -> Result<Command> {
    let mut command = program.command()?;
    command.arg(argument);
    Ok(command)
}
