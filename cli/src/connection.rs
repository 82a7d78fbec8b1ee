//! Which cluster to talk to, and with which settings.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow};
use clap::{Args, ValueHint};
use ottla::{
    Client,
    config::ServerAddress,
    properties::{Properties, Settings},
};
use tokio::time::Instant;

use crate::{exit::usage, output::notice};

/// Where clients look for a cluster unless told.
const DEFAULT_BOOTSTRAP: &str = "127.0.0.1:9092";

/// How long to try to reach a broker at all.
const MAX_REACH: Duration = Duration::from_secs(5);

/// Whether a broker may create a topic that is asked for.
const AUTO_CREATE: &str = "allow.auto.create.topics";

/// Options of every command that talks to a cluster.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Servers to begin with, host:port separated by commas [default: 127.0.0.1:9092]
    #[arg(long, short, env = "OTTLA_BOOTSTRAP", hide_env_values = true, value_name = "SERVERS", global = true, value_hint = ValueHint::Hostname)]
    bootstrap: Option<String>,
    /// A file of client properties, by the names of Java's clients or librdkafka
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// A client property; it overrides the file. May be given more than once
    #[arg(long, value_name = "NAME=VALUE", global = true, value_parser = assignment)]
    set: Vec<(String, String)>,
}

/// What the options say.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    properties: Properties,
}

impl ConnectionArgs {
    /// Reads the settings, makes a client and connects.
    ///
    /// A topic that is misspelt should not come into being, so topics are not created on demand unless set so.
    pub(crate) async fn open(&self) -> anyhow::Result<Connection> {
        let mut properties = self.properties()?;
        if properties.get(AUTO_CREATE).is_none() {
            properties.set(AUTO_CREATE, "false");
        }
        self.connect(properties).await
    }

    /// The same to write records: with the properties that options stand for, which override the file and `--set`, and
    /// with topics created on demand, as producers have it.
    pub(crate) async fn open_to_produce(&self, options: &[(&str, Option<&str>)]) -> anyhow::Result<Connection> {
        let mut properties = self.properties()?;
        let given = options.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        properties.extend(given);
        self.connect(properties).await
    }

    async fn connect(&self, properties: Properties) -> anyhow::Result<Connection> {
        let mut settings = Settings::from_properties(&properties).map_err(usage)?;
        for note in &settings.notes {
            tracing::debug!("{note}");
        }
        settings.client.bootstrap_servers = self.servers(&settings)?;
        if properties.get("client.id").is_none() {
            settings.client.client_id = "ottla".to_owned();
        }
        let client = Client::builder_from(settings.client.clone()).build().map_err(usage)?;
        reach(&client).await?;
        Ok(Connection { client, settings, properties })
    }

    fn properties(&self) -> anyhow::Result<Properties> {
        let mut properties = match &self.config {
            Some(path) => Properties::parse(&read_text(path)?).with_context(|| path.display().to_string())?,
            None => Properties::new(),
        };
        properties.extend(self.set.iter().cloned());
        Ok(properties)
    }

    /// The option, or the property, or the default.
    fn servers(&self, settings: &Settings) -> anyhow::Result<Vec<ServerAddress>> {
        let from_properties = &settings.client.bootstrap_servers;
        let servers = match &self.bootstrap {
            Some(servers) => servers.as_str(),
            None if !from_properties.is_empty() => return Ok(from_properties.clone()),
            None => DEFAULT_BOOTSTRAP,
        };
        let servers = servers.split(',').map(str::trim).filter(|server| !server.is_empty());
        servers.map(|server| server.parse().map_err(usage)).collect()
    }
}

/// Waits until a broker answers. A person would not wait as long for that as programs do by default, but a broker that was
/// started by the line before may take its time. The client itself waits longer from attempt to attempt.
async fn reach(client: &Client) -> anyhow::Result<()> {
    let deadline = Instant::now() + MAX_REACH;
    let (mut last, mut told) = (anyhow!("no answer within {} s", MAX_REACH.as_secs()), false);
    loop {
        match tokio::time::timeout_at(deadline, client.broker_versions(None)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => {
                if !told {
                    notice::hint(format!("{error}; trying for {} s", MAX_REACH.as_secs()));
                }
                (last, told) = (error.into(), true);
            }
            Err(_) => return Err(last.context("no broker can be reached")),
        }
    }
}

impl Connection {
    /// Whether a property was set by the user.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.properties.get(name).is_some()
    }
}

/// The text of a file that an option names.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Splits `NAME=VALUE`.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(bootstrap: Option<&str>, set: &[&str]) -> ConnectionArgs {
        let set = set.iter().map(|text| assignment(text).unwrap()).collect();
        ConnectionArgs { bootstrap: bootstrap.map(str::to_owned), config: None, set }
    }

    fn servers(arguments: &ConnectionArgs) -> Vec<String> {
        let settings = Settings::from_properties(&arguments.properties().unwrap()).unwrap();
        arguments.servers(&settings).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_option_wins_over_the_property_and_the_property_over_the_default() {
        assert_eq!(servers(&arguments(None, &[])), ["127.0.0.1:9092"]);
        assert_eq!(servers(&arguments(None, &["bootstrap.servers=a:1"])), ["a:1"]);
        assert_eq!(servers(&arguments(Some("b:2, c:3"), &["bootstrap.servers=a:1"])), ["b:2", "c:3"]);
    }

    #[tokio::test]
    async fn an_unknown_property_is_a_usage_error_that_names_it() {
        let error = arguments(None, &["bootstrap.server=a:1"]).open().await.err().unwrap();
        assert!(error.is::<crate::exit::UsageError>());
        assert!(error.to_string().contains("bootstrap.server is not a property"), "{error}");
    }

    #[test]
    fn a_value_may_hold_equals_signs() {
        assert_eq!(assignment("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(assignment("=b").is_err());
        assert!(assignment("a").is_err());
    }
}
