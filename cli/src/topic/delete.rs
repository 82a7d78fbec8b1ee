//! `ottla topic delete`.

use clap::Args;
use ottla::Client;

use crate::{outcomes, output::Format};

/// Delete topics with all their records
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla topic delete orders
  ottla topic delete orders payments

JSON: [{name, error}]")]
pub(super) struct DeleteArgs {
    /// The topics
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<String>,
}

impl DeleteArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let results = client.admin().delete_topics(self.topics).await;
        outcomes::print(format, &results, |name, ()| format!("deleted {name}"))
    }
}
