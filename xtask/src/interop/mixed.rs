//! Groups whose members have different clients.

use anyhow::Result;

use super::case::Case;
use super::client::{Client, Origin};
use super::standard::group;
use super::{confluent, java, kafka_python};
use crate::kafka::KafkaInstall;

static CLIENT: Client = Client { name: "several clients", origin: Origin::Foreign, ensure: versions, driver: None };

pub(super) static CASES: [Case; 2] = [
    Case::new(&CLIENT, "one group by range: join, leave and crash", |scene| {
        group::run(scene, "range", [&confluent::CLIENT, &java::CLIENT, &kafka_python::CLIENT])
    })
    .in_ci(),
    Case::new(&CLIENT, "one group by cooperative-sticky: join, leave and crash", |scene| {
        group::run(scene, "cooperative-sticky", [&java::CLIENT, &confluent::CLIENT, &java::CLIENT])
    }),
];

fn versions(kafka: &KafkaInstall) -> Result<String> {
    let clients = [&confluent::CLIENT, &java::CLIENT, &kafka_python::CLIENT];
    let named = clients.iter().map(|client| Ok(format!("{} {}", client.name, (client.ensure)(kafka)?)));
    Ok(named.collect::<Result<Vec<_>>>()?.join(", "))
}
