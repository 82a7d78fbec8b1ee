//! Running cases on a cluster.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::anyhow;

use super::case::Case;
use super::outcome::{Outcome, Verdict};
use super::scene::Scene;
use super::target::{Running, Target};
use crate::kafka::KafkaInstall;

/// Most cases wait for a JVM to start, or for a group: two at a time keep two cores busy.
const AT_ONCE: usize = 2;

/// Runs the cases on a cluster of their own, some of them side by side. Where it does not start, all of them fail.
pub(super) fn run_on(target: Target, cases: &[&'static Case], kafka: &KafkaInstall) -> Vec<Outcome> {
    // Started by this thread: the kernel ends it with the thread that has started it.
    let cluster = Running::start(target, kafka);
    let run = |case: &'static Case| {
        let began = Instant::now();
        let (result, notes) = match &cluster {
            Ok(cluster) => {
                let scene = Scene::new(kafka, cluster.bootstrap(), target, case);
                ((case.run)(&scene), scene.into_notes())
            }
            Err(error) => (Err(anyhow!("{target} did not start: {error:#}")), Vec::new()),
        };
        let outcome =
            Outcome { case, target, verdict: Verdict::of(case, target, result), notes, time: began.elapsed() };
        outcome.print();
        outcome
    };
    let (alone, together): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case.is_alone);
    let queue = Mutex::new(together.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || std::iter::from_fn(next).map(run).collect::<Vec<_>>();
    let mut outcomes = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let joined =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect::<Vec<_>>()
    });
    outcomes.extend(alone.into_iter().map(run));
    outcomes
}
