//! `ottla topic list`.

use clap::Args;
use ottla::Client;

use crate::output::{Column, Format, Table, print_list};

/// List the topics
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla topic list
  ottla topic list --internal
  ottla topic list --format json | jq -r '.[].name'

JSON: [{name, partitions, replication_factor, id}]")]
pub(super) struct ListArgs {
    /// Also list the topics that Kafka keeps for itself
    #[arg(long)]
    internal: bool,
}

impl ListArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let mut topics = client.admin().list_topics().await?;
        topics.retain(|topic| self.internal || !topic.is_internal);
        let columns = [
            Column::text("TOPIC", "name"),
            Column::number("PARTITIONS", "partitions"),
            Column::number("REPLICAS", "replication_factor"),
            Column::text("ID", "id"),
        ];
        let mut table = Table::new(columns);
        for topic in &topics {
            table.row([
                topic.name.to_string().into(),
                topic.partitions.into(),
                topic.replication_factor.into(),
                topic.id.to_string().into(),
            ]);
        }
        print_list(format, &table, "topics")
    }
}

/// The names of all topics.
pub(super) async fn names(client: &Client) -> anyhow::Result<Vec<String>> {
    Ok(client.admin().list_topics().await?.iter().map(|topic| topic.name.to_string()).collect())
}
