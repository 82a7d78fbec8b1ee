//! What a case has to work with.

use std::{fmt::Display, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use ottla::{Client, ConfiguredClient, admin::NewTopic, properties::Properties};

use crate::{
    companion::{Companion, Language},
    nodes::Nodes,
    patience::until,
};

/// A case on a cluster.
#[derive(Args)]
pub(crate) struct Scene {
    /// The cluster
    #[arg(long, env = "OTTLA_BOOTSTRAP", default_value = "127.0.0.1:9092")]
    pub(crate) bootstrap: String,
    /// A name for topics and groups that no other case uses
    #[arg(long, default_value = "interop")]
    pub(crate) name: String,
    /// How many nodes the cluster has
    #[arg(long, default_value_t = 1)]
    pub(crate) nodes: i16,
    /// The file with the arguments that make `java` the companion in Java
    #[arg(long, value_name = "FILE")]
    java: Option<PathBuf>,
    /// A Python that has confluent-kafka, for the companion on librdkafka
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
}

impl Scene {
    /// A client with default settings.
    pub(crate) fn client(&self) -> Result<ConfiguredClient> {
        self.client_with(&[])
    }

    /// A client with these settings, by Kafka's names.
    pub(crate) fn client_with(&self, settings: &[(&str, &str)]) -> Result<ConfiguredClient> {
        let all = [("bootstrap.servers", self.bootstrap.as_str())].into_iter().chain(settings.iter().copied());
        let all: Properties = all.collect();
        Client::from_properties(all).context("the settings of a client")
    }

    /// A topic or group of this case's own.
    pub(crate) fn named(&self, part: &str) -> String {
        format!("{}-{part}", self.name)
    }

    /// Creates a topic with the cluster's replication factor, and waits until all nodes know it.
    pub(crate) async fn create(&self, topic: &str, partitions: i32, configs: &[(&str, &str)]) -> Result<()> {
        // Some cases write records of long ago, which are not to be deleted for that.
        let new =
            NewTopic::new(topic).partitions(partitions).config("retention.ms", "-1").configs(configs.iter().copied());
        let client = self.client()?;
        client.admin().create_topic(new).await.with_context(|| format!("creating {topic}"))?;
        until("the new topic has leaders", async || {
            let topic = client.admin().describe_topic(topic).await.map_err(|error| error.to_string())?;
            let leaders = topic.partitions.iter().filter(|partition| partition.leader.is_some()).count();
            if leaders == topic.partitions.len() { Ok(()) } else { Err(format!("{leaders} have one")) }
        })
        .await
    }

    /// Starts a program in another language.
    pub(crate) fn companion(&self, language: Language) -> Result<Companion> {
        Companion::start(self, language)
    }

    /// Tells a reader of the results something.
    pub(crate) fn note(&self, text: impl Display) {
        println!("note {text}");
    }

    /// The nodes of the cluster, to stop and start.
    pub(crate) fn nodes(&self) -> Nodes {
        Nodes
    }

    /// `java`'s file of arguments.
    pub(crate) fn java(&self) -> Result<&PathBuf> {
        self.java.as_ref().context("this case needs --java")
    }

    /// The Python.
    pub(crate) fn python(&self) -> Result<&PathBuf> {
        self.python.as_ref().context("this case needs --python")
    }
}
