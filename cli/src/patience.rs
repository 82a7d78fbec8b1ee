//! Telling a person why nothing happens.

use std::{collections::HashSet, pin::pin, time::Duration};

use ottla::{Wait, WaitSubject};
use tokio::time::Instant;

use crate::output::notice;

/// What lasts shorter passes by itself: a broker restarts, a group gets a new member.
const TELL_AFTER: Duration = Duration::from_secs(3);
/// How often to look.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Remembers what was told, so that each thing is told once for as long as it lasts.
#[derive(Debug)]
pub(crate) struct Patience {
    told: HashSet<String>,
    next_look: Instant,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self { told: HashSet::new(), next_look: Instant::now() + LOOK_EVERY }
    }

    /// Looks, if it is time to, at what is waited for, and tells what lasts long.
    pub(crate) fn look(&mut self, waits: impl FnOnce() -> Vec<Wait>) {
        let now = Instant::now();
        if now < self.next_look {
            return;
        }
        self.next_look = now + LOOK_EVERY;
        let lasting: Vec<Wait> = waits().into_iter().filter(|wait| wait.lasting(now) >= TELL_AFTER).collect();
        for wait in self.news(&lasting) {
            let article = if wait.subject == WaitSubject::Cluster { "the " } else { "" };
            notice::warning(format!("waiting for {article}{}: {}", wait.subject, wait.reason));
        }
    }

    /// What was not told yet. Reasons may change in their details all the time, so subjects are what counts.
    fn news<'a>(&mut self, waits: &'a [Wait]) -> Vec<&'a Wait> {
        let subjects: HashSet<String> = waits.iter().map(|wait| wait.subject.to_string()).collect();
        let news = waits.iter().filter(|wait| !self.told.contains(&wait.subject.to_string())).collect();
        self.told = subjects;
        news
    }
}

/// Does work, and tells meanwhile what it waits for. Cancel safe if the work is.
pub(crate) async fn watch<T>(work: impl Future<Output = T>, waits: impl Fn() -> Vec<Wait>) -> T {
    let mut patience = Patience::new();
    let mut work = pin!(work);
    loop {
        match tokio::time::timeout(LOOK_EVERY, &mut work).await {
            Ok(done) => return done,
            Err(_) => patience.look(&waits),
        }
    }
}

/// What keeps a reader from reading. A partition without new records is what it is there to wait for.
pub(crate) fn keeps_from_reading(wait: &Wait) -> bool {
    !matches!(wait.subject, WaitSubject::Partition(_) | WaitSubject::Application)
}
