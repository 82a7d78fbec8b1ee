//! `ottla group`: groups, their members, and how far they are.

mod delete;
mod describe;
mod lag;
mod list;
mod position;
mod reset_offsets;
mod summary;

use clap::{Args, Subcommand};

use crate::{connection::ConnectionArgs, output::FormatArgs};

/// List, describe, reset and delete groups
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla group list
  ottla group describe billing
  ottla group lag
  ottla group reset-offsets billing --topic orders --to beginning --dry-run
  ottla group delete billing")]
pub(crate) struct GroupArgs {
    #[command(subcommand)]
    command: GroupCommand,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, Subcommand)]
enum GroupCommand {
    List(list::ListArgs),
    Describe(describe::DescribeArgs),
    Lag(summary::LagArgs),
    ResetOffsets(reset_offsets::ResetOffsetsArgs),
    Delete(delete::DeleteArgs),
}

impl GroupArgs {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let client = self.connection.open().await?.client;
        let format = self.format.format;
        match self.command {
            GroupCommand::List(arguments) => arguments.run(&client, format).await,
            GroupCommand::Describe(arguments) => arguments.run(&client, format).await,
            GroupCommand::Lag(arguments) => arguments.run(&client, format).await,
            GroupCommand::ResetOffsets(arguments) => arguments.run(&client, format).await,
            GroupCommand::Delete(arguments) => arguments.run(&client, format).await,
        }
    }
}
