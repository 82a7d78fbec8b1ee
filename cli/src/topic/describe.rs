//! `ottla topic describe`.

use std::collections::BTreeMap;

use clap::Args;
use ottla::{
    Client, TopicPartition,
    admin::{ConfigEntry, ConfigResource, TopicDescription},
    protocol::types::NodeId,
};
use serde_json::{Value, json};

use crate::{
    offsets::{Edges, Offsets},
    output::{self, Cell, Column, Format, Paint, Table, counted},
};

/// Show the partitions and settings of topics
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla topic describe orders
  ottla topic describe orders --all-settings
  ottla topic describe orders payments --format json | jq '.[].partitions'

JSON:
  [{name, id, internal,
    partitions: [{partition, leader, leader_epoch, replicas, in_sync_replicas, offline_replicas,
                  beginning, end}],
    settings: [{name, value, source}]}]")]
pub(super) struct DescribeArgs {
    /// The topics
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<String>,
    /// Show all settings, not only those that somebody has set
    #[arg(long)]
    all_settings: bool,
}

impl DescribeArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let offsets = Offsets::new(client);
        let mut described = Vec::new();
        for topic in &self.topics {
            described.push(Described::ask(client, &offsets, topic, self.all_settings).await?);
        }
        match format {
            Format::Table => output::print_text(|paints| {
                described.iter().map(|topic| topic.to_text(paints)).collect::<Vec<_>>().join("\n")
            }),
            Format::Json => output::print_json(&described.iter().map(Described::to_json).collect()),
        }
    }
}

/// All there is to know about a topic.
struct Described {
    topic: TopicDescription,
    edges: BTreeMap<TopicPartition, Edges>,
    settings: Vec<ConfigEntry>,
}

impl Described {
    async fn ask(client: &Client, offsets: &Offsets, topic: &str, all_settings: bool) -> anyhow::Result<Self> {
        let known = client.admin().describe_topic(topic).await?;
        // A partition without a leader has nobody to ask.
        let led = known.partitions.iter().filter(|partition| partition.leader.is_some());
        let led: Vec<_> = led.map(|partition| TopicPartition::new(topic, partition.index)).collect();
        let edges = offsets.known_edges(&led).await;
        let configs = client.admin().describe_configs([ConfigResource::topic(topic)]).await.all()?;
        let mut settings: Vec<ConfigEntry> = configs.into_iter().flat_map(|(_, entries)| entries).collect();
        settings.retain(|entry| all_settings || !entry.is_default());
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { topic: known, edges, settings })
    }

    fn to_text(&self, paints: bool) -> String {
        let title = Paint::Bold.when(paints, &self.topic.name);
        let partitions = counted(self.topic.partitions.len() as u64, "partition");
        let replicas = self.topic.partitions.iter().map(|partition| partition.replicas.len()).max().unwrap_or(0);
        let replicas = counted(replicas as u64, "replica");
        let mut text = format!("{title}: {partitions} with {replicas} each, id {}\n\n", self.topic.id);
        text += &self.partitions().render(paints);
        let settings = self.settings();
        if !settings.is_empty() {
            text += "\n";
            text += &settings.render(paints);
        }
        text
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.topic.name.to_string(),
            "id": self.topic.id.to_string(),
            "internal": self.topic.is_internal,
            "partitions": self.partitions().to_json(),
            "settings": self.settings().to_json(),
        })
    }

    fn partitions(&self) -> Table {
        let mut table = Table::new([
            Column::number("PARTITION", "partition"),
            Column::number("LEADER", "leader"),
            Column::number("EPOCH", "leader_epoch"),
            Column::text("REPLICAS", "replicas"),
            Column::text("IN SYNC", "in_sync_replicas"),
            Column::rare_text("OFFLINE", "offline_replicas"),
            Column::number("BEGINNING", "beginning"),
            Column::number("END", "end"),
        ]);
        for partition in &self.topic.partitions {
            let edges = self.edges.get(&TopicPartition::new(self.topic.name.clone(), partition.index));
            let mut in_sync = ids(&partition.in_sync_replicas);
            if partition.in_sync_replicas.len() < partition.replicas.len() {
                in_sync = in_sync.paint(Paint::Yellow);
            }
            let mut offline = ids(&partition.offline_replicas);
            if !partition.offline_replicas.is_empty() {
                offline = offline.paint(Paint::Red);
            }
            table.row([
                partition.index.into(),
                partition.leader.map_or_else(|| Cell::none().paint(Paint::Red), |leader| leader.0.into()),
                partition.leader_epoch.into(),
                ids(&partition.replicas),
                in_sync,
                offline,
                edges.map(|edges| edges.beginning).into(),
                edges.map(|edges| edges.end).into(),
            ]);
        }
        table
    }

    fn settings(&self) -> Table {
        let columns =
            [Column::text("SETTING", "name"), Column::text("VALUE", "value"), Column::text("SET BY", "source")];
        let mut table = Table::new(columns);
        for entry in &self.settings {
            let hidden = || if entry.is_sensitive { Cell::new("(hidden)", Value::Null) } else { Cell::none() };
            let value = entry.value.as_deref().map_or_else(hidden, Cell::from);
            table.row([entry.name.as_str().into(), value, entry.source.to_string().into()]);
        }
        table
    }
}

/// Node ids in a row.
fn ids(nodes: &[NodeId]) -> Cell {
    let text = nodes.iter().map(|node| node.0.to_string()).collect::<Vec<_>>().join(",");
    Cell::new(if text.is_empty() { "-" } else { &text }, nodes.iter().map(|node| node.0).collect::<Vec<_>>())
}
