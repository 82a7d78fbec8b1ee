//! The commands.

use clap::{Parser, Subcommand};

use crate::{
    broker::BrokerArgs,
    cluster::ClusterArgs,
    consume::ConsumeArgs,
    group::GroupArgs,
    manual::{CompletionsArgs, ManArgs},
    perf::PerfArgs,
    produce::ProduceArgs,
    topic::TopicArgs,
};

/// Kafka from a terminal: run a broker, write and read records, look after topics and groups.
#[derive(Debug, Parser)]
#[command(name = "ottla", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Ottla {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  ottla broker                                        a broker on 127.0.0.1:9092, in memory
  ottla topic create orders --partitions 6
  ottla produce orders --key-separator : --file orders.txt
  ottla consume orders --format '%p %o %k %v'
  ottla group describe billing

Environment:
  OTTLA_BOOTSTRAP  the servers to begin with, as --bootstrap
  OTTLA_LOG        what to log, such as debug or ottla_client=trace (default: warn)
  NO_COLOR         no colour, whatever the terminal can do

Results go to standard output, all else to standard error. A cluster that cannot be reached within 5 s
is a failure.

Exit status: 0 if done, 1 if it failed, 2 if the arguments or settings are not valid.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Broker(BrokerArgs),
    Topic(TopicArgs),
    Produce(ProduceArgs),
    Consume(ConsumeArgs),
    Group(GroupArgs),
    Cluster(ClusterArgs),
    Perf(PerfArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_commands_is_sound() {
        Ottla::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:"), "{path} has no examples");
            command.get_subcommands().for_each(|sub| check(sub, &path));
        }
        check(&Ottla::command(), "");
    }
}
