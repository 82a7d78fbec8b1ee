//! `ottla group delete`.

use clap::Args;
use ottla::Client;

use crate::{outcomes, output::Format};

/// Delete groups with their committed offsets; they must have no members
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla group delete billing
  ottla group delete billing shipping

JSON: [{name, error}]")]
pub(super) struct DeleteArgs {
    /// The groups
    #[arg(required = true, value_name = "GROUP")]
    groups: Vec<String>,
}

impl DeleteArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let results = client.admin().delete_groups(self.groups).await;
        outcomes::print(format, &results, |group, ()| format!("deleted {group}"))
    }
}
