//! `ottla group lag`.

use anyhow::Context;
use clap::Args;
use ottla::{Client, admin::GroupFilter};

use super::{lag::topics_table, position};
use crate::output::{Format, print_list};

/// Show how far groups are behind, topic by topic
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla group lag
  ottla group lag billing shipping
  ottla group lag --format json | jq 'map(.lag) | add'

JSON: [{group, topic, partitions, lag}]")]
pub(super) struct LagArgs {
    /// The groups; all of them if none is named
    #[arg(value_name = "GROUP")]
    groups: Vec<String>,
}

impl LagArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let mut groups = self.groups;
        let named = !groups.is_empty();
        if !named {
            let listed = client.admin().list_groups(&GroupFilter::default()).await?;
            groups = listed.iter().map(|group| group.id.to_string()).collect();
        }
        let mut lags = Vec::new();
        for group in groups {
            let behind = position::lags(client, &group, None).await?;
            if behind.is_empty() && named {
                // One that is there need not have committed anything.
                position::description(&client.admin(), &group)
                    .await?
                    .with_context(|| format!("there is no group {group}"))?;
            }
            lags.push((group, behind));
        }
        print_list(format, &topics_table(&lags), "committed offsets")
    }
}
