//! Numbered records, sent to all partitions of a topic until told to stop, while something happens to the cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use ottla::{
    Client,
    producer::{Delivery, DeliveryError, Producer, Record},
};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

use crate::{line::Line, patience::within};

/// Records that are under way at a time.
const AHEAD: usize = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// What became of the records, by their numbers.
pub(crate) struct Sent {
    /// Where they are.
    pub(crate) delivered: BTreeMap<u64, (i32, i64)>,
    /// Why they are not.
    pub(crate) failed: BTreeMap<u64, DeliveryError>,
}

/// A load that goes on until it is ended.
pub(crate) struct Load {
    ended: watch::Sender<bool>,
    delivered: watch::Receiver<u64>,
    sending: JoinHandle<Result<Sent>>,
}

impl Load {
    /// Begins to send, ten records at a time.
    pub(crate) fn begin(client: &Client, topic: &str, partitions: i32) -> Result<Self> {
        Ok(Self::begin_with(client.producer().build()?, topic, partitions))
    }

    /// The same by this producer.
    pub(crate) fn begin_with(producer: Producer, topic: &str, partitions: i32) -> Self {
        let (ended, end) = watch::channel(false);
        let (count, delivered) = watch::channel(0);
        let sending = tokio::spawn(send(producer, topic.to_owned(), partitions, end, count));
        Self { ended, delivered, sending }
    }

    /// Waits until so many more records are delivered.
    pub(crate) async fn goes_on(&mut self, records: u64) -> Result<()> {
        let goal = *self.delivered.borrow() + records;
        within("records go on being delivered", self.delivered.wait_for(|count| *count >= goal)).await.map(drop)
    }

    /// Stops, and waits for what is under way.
    pub(crate) async fn end(self) -> Result<Sent> {
        self.ended.send_replace(true);
        within("the last deliveries", self.sending).await?
    }
}

async fn send(
    producer: Producer,
    topic: String,
    partitions: i32,
    end: watch::Receiver<bool>,
    count: watch::Sender<u64>,
) -> Result<Sent> {
    let mut sent = Sent { delivered: BTreeMap::new(), failed: BTreeMap::new() };
    let mut ahead = Vec::new();
    let mut number = 0;
    while !*end.borrow() {
        for _ in 0..10 {
            let value = format!("{number:010}");
            let partition = i32::try_from(number % u64::try_from(partitions)?)?;
            let record = Record::to(&topic).key("k").value(&value).partition(partition);
            ahead.push((number, producer.send(record).await?));
            number += 1;
        }
        if ahead.len() >= AHEAD {
            sent.settle(ahead.drain(..AHEAD / 2)).await;
            count.send_replace(sent.delivered.len() as u64);
        }
        sleep(PAUSE).await;
    }
    sent.settle(ahead.drain(..)).await;
    Ok(sent)
}

impl Sent {
    async fn settle(&mut self, deliveries: impl Iterator<Item = (u64, Delivery)>) {
        for (number, delivery) in deliveries {
            match delivery.await {
                Ok(at) => drop(self.delivered.insert(number, (at.partition, at.offset))),
                Err(error) => drop(self.failed.insert(number, error)),
            }
        }
    }

    /// All were delivered, and are read where they were said to be: none lost, none twice, and in the order of sending.
    pub(crate) fn all_once(&self, read: &[Line]) -> Result<()> {
        let first = self.failed.iter().next();
        ensure!(first.is_none(), "{} records failed, the first: {first:?}", self.failed.len());
        let expected: BTreeMap<_, _> = self.delivered.iter().map(|(number, place)| (*place, *number)).collect();
        ensure!(expected.len() == self.delivered.len(), "two records were delivered to the same place");
        let mut found = BTreeMap::new();
        for line in read {
            let number: u64 = String::from_utf8(line.value.clone().unwrap_or_default())?.parse()?;
            ensure!(found.insert((line.partition, line.offset), number).is_none(), "read twice: {}", line.text());
        }
        let different = expected.iter().find(|(place, number)| found.get(*place) != Some(*number));
        let there = different.and_then(|(place, _)| found.get(place));
        ensure!(different.is_none(), "{different:?} was delivered, and {there:?} is there");
        ensure!(found.len() == expected.len(), "{} records are there, {} were sent", found.len(), expected.len());
        in_order(&found)
    }
}

fn in_order(found: &BTreeMap<(i32, i64), u64>) -> Result<()> {
    for (((partition, offset), number), ((next_partition, _), next)) in found.iter().zip(found.iter().skip(1)) {
        ensure!(
            partition != next_partition || number < next,
            "after offset {offset} of partition {partition} the order is not that of sending: {number}, {next}"
        );
    }
    Ok(())
}
