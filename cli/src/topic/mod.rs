//! `ottla topic`: what topics there are, and changes to them.

mod alter;
mod create;
mod delete;
mod delete_records;
mod describe;
mod list;
mod offsets;

use clap::{Args, Subcommand};

use crate::{connection::ConnectionArgs, output::FormatArgs};

/// List, create, change and delete topics
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla topic create orders --partitions 6
  ottla topic list
  ottla topic describe orders
  ottla topic alter orders --topic-config retention.ms=86400000
  ottla topic delete orders")]
pub(crate) struct TopicArgs {
    #[command(subcommand)]
    command: TopicCommand,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, Subcommand)]
enum TopicCommand {
    Create(create::CreateArgs),
    List(list::ListArgs),
    Describe(describe::DescribeArgs),
    Alter(alter::AlterArgs),
    Delete(delete::DeleteArgs),
    DeleteRecords(delete_records::DeleteRecordsArgs),
    Offsets(offsets::OffsetsArgs),
}

impl TopicArgs {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let client = self.connection.open().await?.client;
        let format = self.format.format;
        match self.command {
            TopicCommand::Create(arguments) => arguments.run(&client, format).await,
            TopicCommand::List(arguments) => arguments.run(&client, format).await,
            TopicCommand::Describe(arguments) => arguments.run(&client, format).await,
            TopicCommand::Alter(arguments) => arguments.run(&client, format).await,
            TopicCommand::Delete(arguments) => arguments.run(&client, format).await,
            TopicCommand::DeleteRecords(arguments) => arguments.run(&client, format).await,
            TopicCommand::Offsets(arguments) => arguments.run(&client, format).await,
        }
    }
}
