//! `ottla cluster`.

use clap::{Args, Subcommand};
use ottla::{
    Client,
    admin::{AdminError, ClusterDescription},
    protocol::error_code::ErrorCode,
};
use serde_json::json;

use crate::{
    connection::ConnectionArgs,
    output::{self, Cell, Column, Format, FormatArgs, Paint, Table, counted},
};

/// Show the cluster
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla cluster describe
  ottla cluster describe --bootstrap broker-1:9092 --format json")]
pub(crate) struct ClusterArgs {
    #[command(subcommand)]
    command: ClusterCommand,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, Subcommand)]
enum ClusterCommand {
    Describe(DescribeArgs),
}

/// Show the brokers, and how many partitions each leads and keeps
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla cluster describe
  ottla cluster describe --format json | jq -r '.brokers[].address'

JSON:
  {id, controller, topics, brokers: [{node, address, rack, partitions_led, replicas, state}]}")]
struct DescribeArgs {}

impl ClusterArgs {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let client = self.connection.open().await?.client;
        match self.command {
            ClusterCommand::Describe(DescribeArgs {}) => describe(&client, self.format.format).await,
        }
    }
}

async fn describe(client: &Client, format: Format) -> anyhow::Result<()> {
    let admin = client.admin();
    let cluster = admin.describe_cluster().await?;
    let names = admin.list_topics().await?.into_iter().map(|topic| topic.name);
    let topics = admin.describe_topics(names).await;
    // One that was deleted meanwhile is no failure.
    let is_gone = |error: &AdminError| error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    if let Some((_, error)) = topics.failed().find(|(_, error)| !is_gone(error)) {
        return Err(error.clone().into());
    }
    let topics: Vec<_> = topics.done().collect();
    let mut table = Table::new([
        Column::number("NODE", "node"),
        Column::text("ADDRESS", "address"),
        Column::text("RACK", "rack"),
        Column::number("LEADS", "partitions_led"),
        Column::number("REPLICAS", "replicas"),
        Column::text("STATE", "state"),
    ]);
    for broker in &cluster.brokers {
        let partitions = || topics.iter().flat_map(|(_, topic)| &topic.partitions);
        let led = partitions().filter(|partition| partition.leader == Some(broker.id)).count();
        let kept = partitions().filter(|partition| partition.replicas.contains(&broker.id)).count();
        let state = if broker.is_fenced { Cell::from("fenced").paint(Paint::Yellow) } else { Cell::from("up") };
        table.row([
            broker.id.0.into(),
            broker.address.as_ref().map(ToString::to_string).into(),
            broker.rack.clone().into(),
            led.into(),
            kept.into(),
            state,
        ]);
    }
    match format {
        Format::Table => {
            output::print_text(|paints| title(&cluster, topics.len(), paints) + "\n\n" + &table.render(paints))
        }
        Format::Json => output::print_json(&json!({
            "id": cluster.cluster_id,
            "controller": cluster.controller.map(|node| node.0),
            "topics": topics.len(),
            "brokers": table.to_json(),
        })),
    }
}

fn title(cluster: &ClusterDescription, topics: usize, paints: bool) -> String {
    let id = cluster.cluster_id.as_deref().unwrap_or("without an id");
    let (brokers, topics) = (counted(cluster.brokers.len() as u64, "broker"), counted(topics as u64, "topic"));
    format!("cluster {}: {brokers}, {topics}", Paint::Bold.when(paints, id))
}
