//! `ottla topic create`.

use clap::Args;
use ottla::{Client, admin::NewTopic};

use crate::{
    connection::assignment,
    outcomes,
    output::{Format, counted, notice},
};

/// Create topics
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla topic create orders
  ottla topic create orders payments --partitions 6 --replication-factor 3
  ottla topic create settings -c cleanup.policy=compact --if-not-exists
  ottla topic create orders --partitions 6 --dry-run

JSON: [{name, error}]")]
pub(super) struct CreateArgs {
    /// The topics
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<String>,
    /// How many partitions each has [default: the broker's num.partitions]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    partitions: Option<i32>,
    /// How many replicas each partition has [default: the broker's default.replication.factor]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(i16).range(1..))]
    replication_factor: Option<i16>,
    /// A setting of the topics. May be given more than once
    #[arg(long, short = 'c', value_name = "NAME=VALUE", value_parser = assignment)]
    topic_config: Vec<(String, String)>,
    /// It is fine if a topic is there already
    #[arg(long)]
    if_not_exists: bool,
    /// Ask whether it could be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl CreateArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let admin = client.admin();
        let mut topics: Vec<String> = self.topics.clone();
        let mut there = Vec::new();
        if self.if_not_exists {
            let known = super::list::names(client).await?;
            (there, topics) = topics.into_iter().partition(|topic| known.contains(topic));
        }
        for topic in &there {
            notice::hint(format!("{topic} is there already"));
        }
        let topics = topics.iter().map(|topic| self.new_topic(topic));
        let results =
            if self.dry_run { admin.validate_new_topics(topics).await } else { admin.create_topics(topics).await };
        let verb = if self.dry_run { "could create" } else { "created" };
        outcomes::print(format, &results, |name, topic| {
            let partitions = topic.partitions.and_then(|count| u64::try_from(count).ok());
            let partitions = partitions.map(|count| format!(" with {}", counted(count, "partition")));
            format!("{verb} {name}{}", partitions.unwrap_or_default())
        })
    }

    fn new_topic(&self, name: &str) -> NewTopic {
        let mut topic = NewTopic::new(name).configs(self.topic_config.iter().cloned());
        if let Some(partitions) = self.partitions {
            topic = topic.partitions(partitions);
        }
        if let Some(replicas) = self.replication_factor {
            topic = topic.replication_factor(replicas);
        }
        topic
    }
}
