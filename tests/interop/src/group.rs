//! A group whose members are processes in any language, as it is seen from outside.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    time::{Instant, sleep},
};

use crate::{
    companion::{Companion, Language},
    member::SETTINGS,
    patience::{PATIENCE, within},
    scene::Scene,
};

/// So long nothing may happen before a rebalance counts as over.
const QUIET: Duration = Duration::from_millis(1500);

/// Members that share one topic.
pub(crate) struct Group<'s> {
    scene: &'s Scene,
    topic: String,
    id: String,
    strategy: &'static str,
    partitions: usize,
    members: Vec<Member>,
    /// What those read that are gone.
    past: Vec<Read>,
}

/// A record that a member read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Read {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) value: String,
}

struct Member {
    language: Language,
    child: Child,
    input: ChildStdin,
    told: Arc<Mutex<Told>>,
}

/// What a member has told.
#[derive(Default)]
struct Told {
    owned: BTreeSet<i32>,
    /// Since the last settlement.
    given_up: BTreeSet<i32>,
    changed: Option<Instant>,
    read: Vec<Read>,
    trouble: Option<String>,
}

/// Who owns what, by the member's place in the group.
pub(crate) type Owned = Vec<BTreeSet<i32>>;

impl<'s> Group<'s> {
    /// A group of nobody yet, on a topic that is there.
    pub(crate) fn new(scene: &'s Scene, topic: &str, partitions: usize, strategy: &'static str) -> Self {
        let id = format!("{topic}-members");
        Self { scene, topic: topic.to_owned(), id, strategy, partitions, members: Vec::new(), past: Vec::new() }
    }

    /// Starts a member.
    pub(crate) async fn join(&mut self, language: Language) -> Result<()> {
        let Companion { child, mut input, output, .. } = self.scene.companion(language)?;
        let mut command = format!("member {} {} {}", self.id, self.topic, self.strategy);
        if language != Language::Ours {
            SETTINGS.iter().for_each(|(name, value)| command.extend([" ", name, "=", value]));
        }
        input.write_all(format!("{command}\n").as_bytes()).await?;
        let told = Arc::new(Mutex::new(Told::default()));
        tokio::spawn(listen(output, told.clone()));
        self.members.push(Member { language, child, input, told });
        Ok(())
    }

    /// Asks a member to leave, and waits until it has ended.
    pub(crate) async fn leave(&mut self, place: usize) -> Result<()> {
        let mut member = self.members.remove(place);
        member.input.write_all(b"leave\n").await?;
        let status = within("a member leaves", member.child.wait()).await?;
        ensure!(status.success(), "{:?} ended with {status}", member.language);
        self.bury(&member);
        Ok(())
    }

    /// Kills a member as a crash would.
    pub(crate) async fn crash(&mut self, place: usize) -> Result<()> {
        let mut member = self.members.remove(place);
        // SIGKILL.
        member.child.kill().await?;
        self.bury(&member);
        Ok(())
    }

    fn bury(&mut self, member: &Member) {
        self.past.append(&mut member.told().read);
    }

    /// Waits until every partition has exactly one owner, evenly, and stays there.
    pub(crate) async fn settled(&self) -> Result<Owned> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let quiet = self.members.iter().all(|member| member.told().changed.is_some_and(|at| at.elapsed() > QUIET));
            let state = self.is_settled();
            match state {
                Ok(owned) if quiet => return Ok(owned),
                Err(error) if Instant::now() > deadline => return Err(error.context(format!("within {PATIENCE:?}"))),
                Ok(_) if Instant::now() > deadline => bail!("the group does not come to rest within {PATIENCE:?}"),
                Ok(_) | Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn is_settled(&self) -> Result<Owned> {
        for member in &self.members {
            if let Some(trouble) = &member.told().trouble {
                bail!("{:?}: {trouble}", member.language);
            }
        }
        let owned: Owned = self.members.iter().map(|member| member.told().owned.clone()).collect();
        let mut owners = BTreeMap::new();
        owned.iter().flatten().for_each(|partition| *owners.entry(*partition).or_insert(0) += 1);
        ensure!(
            owners.len() == self.partitions && owners.values().all(|count| *count == 1),
            "not every partition has one owner: {owned:?}"
        );
        let counts = || owned.iter().map(BTreeSet::len);
        let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        ensure!(most - least <= 1, "the partitions are not shared evenly: {owned:?}");
        Ok(owned)
    }

    /// What each member has given up since this was called last, by its place.
    pub(crate) fn given_up(&self) -> Owned {
        self.members.iter().map(|member| std::mem::take(&mut member.told().given_up)).collect()
    }

    /// All that was read so far, by whomever.
    pub(crate) fn read(&self) -> Vec<Read> {
        let present = self.members.iter().flat_map(|member| member.told().read.clone());
        self.past.iter().cloned().chain(present).collect()
    }

    /// Waits until every one of these values was read, and returns all that was.
    pub(crate) async fn has_read(&self, values: &BTreeSet<String>) -> Result<Vec<Read>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let read = self.read();
            let seen: BTreeSet<_> = read.iter().map(|read| read.value.as_str()).collect();
            let missing: Vec<_> = values.iter().filter(|value| !seen.contains(value.as_str())).collect();
            if missing.is_empty() {
                return Ok(read);
            }
            let first = missing.first().context("one is missing")?;
            ensure!(Instant::now() < deadline, "{} records are not read, among them {first}", missing.len());
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Ends all members in order.
    pub(crate) async fn disband(mut self) -> Result<()> {
        while !self.members.is_empty() {
            self.leave(0).await?;
        }
        Ok(())
    }
}

impl Member {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listen(mut output: Lines<BufReader<ChildStdout>>, told: Arc<Mutex<Told>>) {
    while let Ok(Some(line)) = output.next_line().await {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = told.hear(&line) {
            told.trouble = Some(format!("{error:#}"));
        }
    }
}

impl Told {
    fn hear(&mut self, line: &str) -> Result<()> {
        let (event, rest) = line.split_once(' ').unwrap_or((line, ""));
        let partitions = || {
            let words = rest.split(' ').filter(|word| !word.is_empty());
            words.map(|word| word.parse::<i32>().with_context(|| line.to_owned())).collect::<Result<Vec<_>>>()
        };
        match event {
            "record" => return self.hear_record(rest),
            "assigned" => self.owned.extend(partitions()?),
            "revoked" | "lost" => {
                for partition in partitions()? {
                    self.owned.remove(&partition);
                    self.given_up.insert(partition);
                }
            }
            "left" => self.owned.clear(),
            _ => bail!("{line}"),
        }
        self.changed = Some(Instant::now());
        Ok(())
    }

    fn hear_record(&mut self, rest: &str) -> Result<()> {
        let mut words = rest.splitn(3, ' ');
        let mut word = || words.next().with_context(|| format!("'{rest}' is no record"));
        let read = Read { partition: word()?.parse()?, offset: word()?.parse()?, value: word()?.to_owned() };
        ensure!(self.owned.contains(&read.partition), "a record of a partition that is not owned: {rest}");
        self.read.push(read);
        Ok(())
    }
}
