//! One instance: a member of the group that counts the words of the partitions it has.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use ottla::{
    Client, TopicPartition,
    consumer::{BoxFuture, Consumer, RebalanceContext, RebalanceListener, Records},
    producer::{Producer, Record},
};
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    CHANGELOG, GROUP, WORDS,
    table::{OFFSET_HEADER, Table},
};

/// The tables of the partitions that an instance has, kept in step with what it is assigned.
struct Tables {
    client: Client,
    instance: &'static str,
    by_partition: Mutex<HashMap<TopicPartition, Table>>,
}

impl Tables {
    fn lock(&self) -> MutexGuard<'_, HashMap<TopicPartition, Table>> {
        self.by_partition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_tables(&self, partitions: &[TopicPartition]) {
        partitions.iter().for_each(|partition| drop(self.lock().remove(partition)));
    }
}

/// A listener that shares the tables with the loop that counts.
struct FollowAssignment(Arc<Tables>);

impl RebalanceListener for FollowAssignment {
    fn on_assigned<'a>(
        &'a self,
        _context: &'a RebalanceContext,
        partitions: &'a [TopicPartition],
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            for partition in partitions {
                match Table::restore(&self.0.client, partition).await {
                    Ok(table) => {
                        println!("{}: {partition} begins with {} words", self.0.instance, table.counts.len());
                        self.0.lock().insert(partition.clone(), table);
                    }
                    // Without its table the partition must not be counted: `count` fails on it.
                    Err(error) => eprintln!("{}: {partition} cannot be restored: {error}", self.0.instance),
                }
            }
        })
    }

    fn on_revoked<'a>(&'a self, _context: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        // Everything handed out was counted and committed before the next `poll`, so there is nothing to save.
        self.0.drop_tables(partitions);
        Box::pin(std::future::ready(()))
    }

    fn on_lost<'a>(&'a self, _context: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        self.0.drop_tables(partitions);
        Box::pin(std::future::ready(()))
    }
}

/// A running instance.
pub(crate) struct Instance {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<()>>,
}

impl Instance {
    pub(crate) async fn start(client: &Client, instance: &'static str) -> Result<Self> {
        let tables = Arc::new(Tables { client: client.clone(), instance, by_partition: Mutex::default() });
        let consumer = client
            .consumer(GROUP)
            .from_beginning()
            .manual_commit()
            // A crash is noticed when the session is over.
            .configure(|config| {
                config.session_timeout = Duration::from_secs(6);
                config.heartbeat_interval = Duration::from_millis(200);
            })
            .rebalance_listener(FollowAssignment(tables.clone()))
            .subscribe([WORDS])
            .build()
            .await?;
        let producer = client.producer().build()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(tables, consumer, producer, stopped));
        Ok(Self { stop, task })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        self.task.await?
    }

    /// Ends it where it stands.
    pub(crate) fn crash(self) {
        self.task.abort();
    }
}

async fn run(
    tables: Arc<Tables>,
    mut consumer: Consumer,
    producer: Producer,
    mut stopped: watch::Receiver<bool>,
) -> Result<()> {
    loop {
        let records = tokio::select! {
            records = consumer.recv() => records?,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        count(&tables, &producer, &records).await?;
        consumer.commit().await?;
    }
    consumer.close().await?;
    Ok(())
}

/// Counts words, and waits until the changelog has the changes.
async fn count(tables: &Tables, producer: &Producer, records: &Records) -> Result<()> {
    let mut changes = Vec::new();
    for record in records {
        let mut tables = tables.lock();
        let table = tables.get_mut(record.topic_partition()).context("a word came of a partition without a table")?;
        // Counted before a crash that came before the commit.
        if record.offset() < table.next_offset {
            continue;
        }
        let word = String::from_utf8_lossy(record.value().context("a word is missing")?).into_owned();
        let count = table.counts.entry(word.clone()).or_default();
        *count += 1;
        table.next_offset = record.offset() + 1;
        changes.push((record.partition(), word, count.to_string(), record.offset().to_string()));
    }
    let mut deliveries = Vec::with_capacity(changes.len());
    for (partition, word, count, offset) in &changes {
        let headers = [(OFFSET_HEADER, Some(offset.as_bytes()))];
        let change = Record::to(CHANGELOG).partition(*partition).key(word).value(count).headers(&headers);
        deliveries.push(producer.send(change).await?);
    }
    for delivery in deliveries {
        delivery.await?;
    }
    Ok(())
}
