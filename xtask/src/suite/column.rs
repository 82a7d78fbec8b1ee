//! The brokers that a suite runs on.

use std::fmt;

use anyhow::Result;
use clap::ValueEnum;

use crate::interop::target::OurBroker;
use crate::kafka::{ClusterOptions, KafkaCluster, KafkaInstall};

/// A broker, and a column of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Column {
    /// Our reference broker, one node, in memory.
    BrokerRef,
    /// Apache Kafka with one node.
    #[value(name = "kafka-1")]
    Kafka,
}

impl Column {
    pub(super) const ALL: [Self; 2] = [Self::BrokerRef, Self::Kafka];
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BrokerRef => "broker-ref",
            Self::Kafka => "kafka-1",
        })
    }
}

/// A broker that runs until it is dropped.
#[derive(Debug)]
pub(super) enum Broker {
    Ours(OurBroker),
    Kafka(KafkaCluster),
}

impl Broker {
    /// Starts one, with the settings that suites expect.
    pub(super) fn start(column: Column, kafka: &KafkaInstall, auto_create: bool) -> Result<Self> {
        let settings = [
            ("num.partitions", "4".to_owned()),
            ("group.initial.rebalance.delay.ms", "0".to_owned()),
            // Tests that watch members time out do not wait for long.
            ("group.min.session.timeout.ms", "1000".to_owned()),
            ("auto.create.topics.enable", auto_create.to_string()),
        ];
        match column {
            Column::BrokerRef => {
                let settings = settings.map(|(name, value)| format!("{name}={value}"));
                let mut arguments = vec!["--memory"];
                settings.iter().for_each(|setting| arguments.extend(["--set", setting]));
                OurBroker::start(&arguments).map(Self::Ours)
            }
            Column::Kafka => {
                let settings = settings.map(|(name, value)| (name.to_owned(), value)).to_vec();
                let options = ClusterOptions { settings, ..ClusterOptions::default() };
                KafkaCluster::start(kafka, &options).map(Self::Kafka)
            }
        }
    }

    /// Its address.
    pub(super) fn bootstrap(&self) -> String {
        match self {
            Self::Ours(broker) => broker.bootstrap().to_owned(),
            Self::Kafka(cluster) => cluster.bootstrap(),
        }
    }
}
