//! `ottla topic alter`.

use anyhow::Context;
use clap::Args;
use ottla::{
    Client,
    admin::{ConfigChange, ConfigResource, NewPartitions},
};
use serde_json::json;

use crate::{
    connection::assignment,
    exit::usage,
    output::{self, Format, counted},
};

/// Change the settings of a topic, or give it more partitions
///
/// Settings that are not named stay as they are. More partitions change where the records of a key go from then on.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla topic alter orders -c retention.ms=86400000 -c max.message.bytes=2000000
  ottla topic alter orders --reset retention.ms
  ottla topic alter orders --partitions 12

JSON: {name, done}")]
pub(super) struct AlterArgs {
    /// The topic
    topic: String,
    /// How many partitions it has from now on; more than before
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    partitions: Option<i32>,
    /// A setting. May be given more than once
    #[arg(long, short = 'c', value_name = "NAME=VALUE", value_parser = assignment)]
    topic_config: Vec<(String, String)>,
    /// A setting that goes back to its default. May be given more than once
    #[arg(long, value_name = "NAME")]
    reset: Vec<String>,
}

impl AlterArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let changes = self.changes();
        if changes.is_empty() && self.partitions.is_none() {
            return Err(usage("nothing to change: give --partitions, --topic-config or --reset"));
        }
        let (admin, topic) = (client.admin(), self.topic.as_str());
        let mut done = Vec::new();
        if !changes.is_empty() {
            let count = changes.len() as u64;
            admin.incremental_alter_configs([(ConfigResource::topic(topic), changes)]).await.all()?;
            done.push(counted(count, "setting"));
        }
        if let Some(partitions) = self.partitions {
            let grown = admin.create_partitions([NewPartitions::new(topic, partitions)]).await.all();
            grown.with_context(|| match done.is_empty() {
                true => "no partitions were added",
                false => "the settings were changed, but no partitions were added",
            })?;
            done.push(format!("now {partitions} partitions"));
        }
        match format {
            Format::Table => output::print_text(|_| format!("altered {topic}: {}\n", done.join(", "))),
            Format::Json => output::print_json(&json!({"name": topic, "done": done})),
        }
    }

    fn changes(&self) -> Vec<ConfigChange> {
        let set = self.topic_config.iter().map(|(name, value)| ConfigChange::set(name, value));
        set.chain(self.reset.iter().map(ConfigChange::reset)).collect()
    }
}
