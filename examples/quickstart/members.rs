//! A group whose members come and go, and what each of them read.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use ottla::{Client, TopicPartition, consumer::Consumer};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

/// Records that nobody has seen for this long are lost.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Group {
    client: Client,
    topic: String,
    expected: usize,
    started: Instant,
    state: Mutex<State>,
    progress: Notify,
}

#[derive(Default)]
struct State {
    members: BTreeMap<&'static str, Member>,
    /// How often each offset of each partition was read.
    seen: BTreeMap<i32, Vec<u32>>,
    /// Who read how much of what.
    reads: BTreeMap<(i32, &'static str), u64>,
    records: usize,
    events: Vec<String>,
}

struct Member {
    leave: watch::Sender<bool>,
    task: Option<JoinHandle<Result<()>>>,
}

impl Group {
    pub(crate) fn new(client: Client, topic: &str, expected: usize) -> Arc<Self> {
        Arc::new(Self {
            client,
            topic: topic.to_owned(),
            expected,
            started: Instant::now(),
            state: Mutex::default(),
            progress: Notify::new(),
        })
    }

    /// Adds a member and waits until it has partitions.
    pub(crate) async fn join(self: &Arc<Self>, name: &'static str) -> Result<()> {
        let consumer = self
            .client
            .consumer(self.topic.as_str())
            .from_beginning()
            .manual_commit()
            // Members learn of a rebalance from their heartbeats: often, so that nobody has to watch them wait.
            .configure(|config| config.heartbeat_interval = Duration::from_millis(100))
            .subscribe([self.topic.as_str()])
            .build()
            .await
            .with_context(|| format!("{name} joins"))?;
        let (leave, left) = watch::channel(false);
        let assigned = Arc::new(Notify::new());
        let task = tokio::spawn(self.clone().run(name, consumer, left, assigned.clone()));
        self.lock().members.insert(name, Member { leave, task: Some(task) });
        tokio::time::timeout(PATIENCE, assigned.notified())
            .await
            .with_context(|| format!("{name} got no partition"))?;
        self.note(format!("{name} joined"));
        Ok(())
    }

    /// Lets a member commit and go.
    pub(crate) async fn leave(&self, name: &'static str) -> Result<()> {
        let task = self.lock().members.get_mut(name).and_then(|member| {
            member.leave.send_replace(true);
            member.task.take()
        });
        let task = task.with_context(|| format!("{name} is no member"))?;
        task.await?.with_context(|| format!("{name} failed"))?;
        self.note(format!("{name} left"));
        Ok(())
    }

    /// Waits until everything was read, and lets everybody go.
    pub(crate) async fn finish(&self) -> Result<Vec<String>> {
        let all_read = async {
            loop {
                let progress = self.progress.notified();
                if self.lock().records >= self.expected {
                    return;
                }
                progress.await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, all_read).await.is_ok();
        let names: Vec<_> =
            self.lock().members.iter().filter(|(_, m)| m.task.is_some()).map(|(name, _)| *name).collect();
        for name in names {
            self.leave(name).await?;
        }
        if !in_time {
            self.note(format!("gave up waiting for the rest after {PATIENCE:?}"));
        }
        Ok(std::mem::take(&mut self.lock().events))
    }

    async fn run(
        self: Arc<Self>,
        name: &'static str,
        mut consumer: Consumer,
        mut leave: watch::Receiver<bool>,
        assigned: Arc<Notify>,
    ) -> Result<()> {
        let mut mine: Vec<TopicPartition> = Vec::new();
        loop {
            let records = tokio::select! {
                records = consumer.poll(Duration::from_millis(200)) => records?,
                _ = leave.wait_for(|leave| *leave) => break,
            };
            let now = consumer.assignment();
            if now != mine {
                let list = now.iter().map(|p| p.partition.to_string()).collect::<Vec<_>>().join(" ");
                self.note(format!("{name} has partitions [{list}]"));
                mine = now;
            }
            if !mine.is_empty() {
                assigned.notify_one();
            }
            if records.is_empty() {
                continue;
            }
            self.count(name, records.iter().map(|record| (record.partition(), record.offset())));
            // Committed before the next poll, so a rebalance finds nothing that another member would read again.
            consumer.commit().await?;
        }
        consumer.close().await?;
        Ok(())
    }

    fn count(&self, name: &'static str, records: impl Iterator<Item = (i32, i64)>) {
        let mut state = self.lock();
        for (partition, offset) in records {
            let seen = state.seen.entry(partition).or_default();
            let position = usize::try_from(offset).unwrap_or_default();
            if seen.len() <= position {
                seen.resize(position + 1, 0);
            }
            seen[position] += 1;
            *state.reads.entry((partition, name)).or_default() += 1;
            state.records += 1;
        }
        self.progress.notify_waiters();
    }

    fn note(&self, event: String) {
        let at = self.started.elapsed();
        self.lock().events.push(format!("{:>7.1} ms  {event}", at.as_secs_f64() * 1e3));
    }

    /// What was read by partition: records, and by whom.
    pub(crate) fn table(&self) -> Vec<(i32, u64, BTreeMap<&'static str, u64>)> {
        let state = self.lock();
        let row = |partition: i32| {
            let by_member: BTreeMap<_, _> = state
                .reads
                .iter()
                .filter(|((of, _), _)| *of == partition)
                .map(|((_, name), count)| (*name, *count))
                .collect();
            (partition, by_member.values().sum(), by_member)
        };
        state.seen.keys().map(|partition| row(*partition)).collect()
    }

    /// Records never read and records read more than once.
    pub(crate) fn lost_and_repeated(&self) -> (usize, usize) {
        let state = self.lock();
        let distinct: usize = state.seen.values().flatten().filter(|times| **times > 0).count();
        let repeated = state.seen.values().flatten().filter(|times| **times > 1).count();
        (self.expected.saturating_sub(distinct), repeated)
    }

    /// Fails unless every record was read once.
    pub(crate) fn verdict(&self) -> Result<()> {
        match self.lost_and_repeated() {
            (0, 0) => Ok(()),
            (lost, repeated) => bail!("{lost} records lost, {repeated} read more than once"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
