//! The attempts at one call: what is still open, what may be tried again, and when.

use std::{collections::HashMap, fmt::Display, hash::Hash, time::Duration};

use ottla_protocol::{api_key::ApiKey, error_code::ErrorCode, wire::Str};
use tokio::time::Instant;

use super::{AdminError, Outcomes, call::Call};
use crate::{backoff::Backoff, net::RequestError};

/// How many attempts may find that the metadata does not have a node.
const UNKNOWN_NODE_ATTEMPTS: u32 = 4;

/// How the errors of one API are to be taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Whether the request changes something.
    pub(super) changes: bool,
    /// Codes that an attempt gets if an earlier one has already done the work.
    pub(super) already_done: &'static [ErrorCode],
    /// Codes that are final here although other APIs may be tried again after them.
    pub(super) is_final: &'static [ErrorCode],
    /// Codes that pass here although other APIs should not be tried again after them.
    pub(super) passes: &'static [ErrorCode],
    /// How many attempts may find that a topic is not there. A broker learns of a new topic a moment after its creation;
    /// one that never does must not keep the caller of a wrong name waiting.
    pub(super) unknown_topic_attempts: u32,
}

impl Rule {
    /// Reads state.
    pub(super) const READ: Self =
        Self { changes: false, already_done: &[], is_final: &[], passes: &[], unknown_topic_attempts: 1 };

    /// Reads state from the leaders of partitions.
    pub(super) const READ_LEADERS: Self = Self { unknown_topic_attempts: 4, ..Self::READ };

    /// Changes state, and changes nothing more when repeated.
    pub(super) const CHANGE: Self = Self { changes: true, ..Self::READ };

    fn retries(&self, code: ErrorCode, attempt: u32) -> bool {
        let unknown_topic = [ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ErrorCode::UNKNOWN_TOPIC_ID].contains(&code);
        let worth_it = !unknown_topic || attempt < self.unknown_topic_attempts;
        (code.is_retriable() && worth_it && !self.is_final.contains(&code)) || self.passes.contains(&code)
    }
}

/// The pure part: items, each open or settled.
#[derive(Debug)]
pub(super) struct Progress<K, T> {
    api: ApiKey,
    rule: Rule,
    keys: HashMap<K, usize>,
    items: Vec<(K, Item<T>)>,
    /// How many attempts have begun.
    attempts: u32,
    refresh: bool,
}

#[derive(Debug)]
enum Item<T> {
    Open {
        cause: Option<AdminError>,
        /// The attempt under way has said something about it.
        heard: bool,
        /// An attempt may have done the work although nobody said so.
        uncertain: bool,
    },
    Settled(Result<T, AdminError>),
}

impl<K: Clone + Eq + Hash + Display, T> Progress<K, T> {
    pub(super) fn new(api: ApiKey, rule: Rule, keys: impl IntoIterator<Item = K>) -> Self {
        let mut progress = Self { api, rule, keys: HashMap::new(), items: Vec::new(), attempts: 0, refresh: false };
        for key in keys {
            let position = progress.items.len();
            if *progress.keys.entry(key.clone()).or_insert(position) == position {
                progress.items.push((key, Item::Open { cause: None, heard: true, uncertain: false }));
            }
        }
        progress
    }

    /// Ends an attempt: what it should have spoken of and did not is settled as an error.
    fn end_attempt(&mut self) {
        for (key, item) in &mut self.items {
            if let Item::Open { heard: false, .. } = item {
                *item = Item::Settled(Err(AdminError::Omitted { api: self.api, subject: key.to_string() }));
            }
        }
    }

    /// Begins an attempt at all that is open.
    fn begin_attempt(&mut self) -> Vec<K> {
        self.attempts += 1;
        let mut open = Vec::new();
        for (key, item) in &mut self.items {
            if let Item::Open { heard, .. } = item {
                *heard = false;
                open.push(key.clone());
            }
        }
        open
    }

    fn has_open(&self) -> bool {
        self.items.iter().any(|(_, item)| matches!(item, Item::Open { .. }))
    }

    /// Settles what is open because time has run out.
    fn expire(&mut self, after: Duration) {
        let may_change = self.rule.changes;
        for (key, item) in &mut self.items {
            if let Item::Open { cause, uncertain, .. } = item {
                let possibly_done = may_change && *uncertain;
                let cause = cause.take().map(Box::new);
                let error = AdminError::Timeout { subject: key.to_string(), after, possibly_done, cause };
                *item = Item::Settled(Err(error));
            }
        }
    }

    /// Notes what a response says about an item. What was not asked about, or not in this attempt, is passed over.
    pub(super) fn answer(&mut self, key: &K, code: ErrorCode, message: Option<&Str>, value: impl FnOnce() -> T) {
        if code.is_none() {
            self.settle(key, Ok(value()));
        } else {
            self.settle(key, Err(AdminError::refused(key, code, message)));
        }
    }

    /// Notes the result of an item: an error that may pass leaves it open.
    pub(super) fn settle(&mut self, key: &K, result: Result<T, AdminError>) {
        let Some((_, item)) = self.keys.get(key).and_then(|position| self.items.get_mut(*position)) else { return };
        let Item::Open { cause, heard, uncertain } = item else { return };
        *heard = true;
        let error = match result {
            Ok(value) => return *item = Item::Settled(Ok(value)),
            Err(error) => error,
        };
        let code = error.code();
        self.refresh |= code.is_some_and(|code| code.invalidates_metadata() || code == ErrorCode::NOT_CONTROLLER)
            || matches!(error, AdminError::Request(_));
        let retry = match &error {
            AdminError::Refused { code, .. } => self.rule.retries(*code, self.attempts),
            // New metadata may know the node; a node that is in none does not exist.
            AdminError::Request(RequestError::UnknownNode(_)) => self.attempts < UNKNOWN_NODE_ATTEMPTS,
            AdminError::Request(error) => error.is_retriable(),
            _ => false,
        };
        if retry {
            *uncertain |= self.rule.changes && error.possibly_done();
            *cause = Some(error);
            return;
        }
        *item = Item::Settled(Err(match error {
            AdminError::Refused { subject, code, .. } if *uncertain && self.rule.already_done.contains(&code) => {
                AdminError::Uncertain { subject, code }
            }
            AdminError::Timeout { after, possibly_done, .. } => AdminError::Timeout {
                subject: key.to_string(),
                after,
                possibly_done: self.rule.changes && (possibly_done || *uncertain),
                cause: cause.take().map(Box::new),
            },
            error => error,
        }));
    }

    /// Notes that the whole request about these items failed.
    pub(super) fn fail(&mut self, keys: &[K], error: &AdminError) {
        for key in keys {
            let error = match error {
                AdminError::Refused { code, message, .. } => {
                    AdminError::Refused { subject: key.to_string(), code: *code, message: message.clone() }
                }
                error => error.clone(),
            };
            self.settle(key, Err(error));
        }
    }

    fn outcomes(self) -> Outcomes<K, T> {
        let api = self.api;
        let settled = |(key, item): (K, Item<T>)| match item {
            Item::Settled(result) => (key, result),
            Item::Open { .. } => {
                let error = AdminError::Omitted { api, subject: key.to_string() };
                (key, Err(error))
            }
        };
        Outcomes::new(self.items.into_iter().map(settled).collect())
    }
}

/// The attempts at one call: [`Progress`] with a clock.
///
/// Loop over [`next`](Self::next), send a request about the keys that it gives, and note each answer.
pub(super) struct Rounds<K, T> {
    pub(super) call: Call,
    pub(super) progress: Progress<K, T>,
}

impl<K: Clone + Eq + Hash + Display, T> Rounds<K, T> {
    pub(super) fn new(call: Call, api: ApiKey, rule: Rule, keys: impl IntoIterator<Item = K>) -> Self {
        Self { call, progress: Progress::new(api, rule, keys) }
    }

    /// What the next attempt is about, once it is time for it. `None` when everything is settled.
    #[expect(clippy::disallowed_methods, reason = "it waits; `Progress` decides")]
    pub(super) async fn next(&mut self) -> Option<Vec<K>> {
        let progress = &mut self.progress;
        progress.end_attempt();
        if progress.attempts > 0 && progress.has_open() {
            if std::mem::take(&mut progress.refresh) {
                self.call.inner.request_refresh();
            }
            self.call.inner.meter.counters.admin_retries.increment();
            tracing::debug!(api = %progress.api, attempt = progress.attempts, "trying again");
            let backoff = Backoff::retry(&self.call.inner.config);
            let resume = Instant::now() + backoff.delay(progress.attempts, &mut fastrand::Rng::new());
            tokio::time::sleep_until(resume.min(self.call.deadline)).await;
            if Instant::now() >= self.call.deadline {
                progress.expire(self.call.timeout);
            }
        }
        Some(progress.begin_attempt()).filter(|open| !open.is_empty())
    }

    /// What came of everything.
    pub(super) fn finish(self) -> Outcomes<K, T> {
        self.progress.outcomes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::ConnectionError;

    const CREATE: Rule = Rule { already_done: &[ErrorCode::TOPIC_ALREADY_EXISTS], ..Rule::CHANGE };

    fn progress(rule: Rule, keys: &[&'static str]) -> Progress<&'static str, ()> {
        let mut progress = Progress::new(ApiKey::CREATE_TOPICS, rule, keys.iter().copied());
        progress.begin_attempt();
        progress
    }

    fn refuse(progress: &mut Progress<&'static str, ()>, key: &'static str, code: ErrorCode) {
        progress.answer(&key, code, None, || ());
    }

    fn next(progress: &mut Progress<&'static str, ()>) -> Vec<&'static str> {
        progress.end_attempt();
        progress.begin_attempt()
    }

    fn error(progress: Progress<&'static str, ()>) -> AdminError {
        progress.outcomes().all().expect_err("a failure")
    }

    fn lost() -> AdminError {
        let broken = ConnectionError::Idle { address: "h:1".parse().expect("an address") };
        RequestError::NoResponse(broken).into()
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let mut progress = progress(CREATE, &["a", "b", "c"]);
        refuse(&mut progress, "a", ErrorCode::NONE);
        refuse(&mut progress, "b", ErrorCode::NOT_CONTROLLER);
        refuse(&mut progress, "c", ErrorCode::INVALID_TOPIC_EXCEPTION);
        assert_eq!(next(&mut progress), ["b"]);
        assert!(progress.refresh);
    }

    #[test]
    fn an_item_named_twice_is_asked_for_once() {
        let mut progress = Progress::<_, ()>::new(ApiKey::CREATE_TOPICS, CREATE, ["a", "b", "a"]);
        assert_eq!(progress.begin_attempt(), ["a", "b"]);
    }

    #[test]
    fn what_a_response_leaves_out_is_an_error_and_not_asked_for_again() {
        let mut progress = progress(CREATE, &["a", "b"]);
        refuse(&mut progress, "b", ErrorCode::NONE);
        assert!(next(&mut progress).is_empty());
        assert!(matches!(error(progress), AdminError::Omitted { subject, .. } if subject == "a"));
    }

    #[test]
    fn what_was_not_asked_for_is_passed_over() {
        let mut progress = progress(CREATE, &["a"]);
        refuse(&mut progress, "x", ErrorCode::NONE);
        refuse(&mut progress, "a", ErrorCode::NONE);
        assert_eq!(progress.outcomes().all().expect("no failure"), [("a", ())]);
    }

    #[test]
    fn the_first_attempt_that_finds_the_topic_there_is_refused() {
        let mut progress = progress(CREATE, &["a"]);
        refuse(&mut progress, "a", ErrorCode::TOPIC_ALREADY_EXISTS);
        let error = error(progress);
        assert!(matches!(error, AdminError::Refused { .. }) && !error.possibly_done(), "{error}");
    }

    #[test]
    fn an_attempt_that_finds_the_work_done_after_a_lost_answer_is_uncertain() {
        for first in [lost(), AdminError::refused("a", ErrorCode::REQUEST_TIMED_OUT, None)] {
            let mut progress = progress(CREATE, &["a"]);
            progress.fail(&["a"], &first);
            assert_eq!(next(&mut progress), ["a"]);
            refuse(&mut progress, "a", ErrorCode::TOPIC_ALREADY_EXISTS);
            let error = error(progress);
            assert!(matches!(error, AdminError::Uncertain { .. }) && error.possibly_done(), "{error}");
        }
    }

    #[test]
    fn a_request_that_was_never_sent_leaves_no_doubt() {
        let mut progress = progress(CREATE, &["a"]);
        progress.fail(&["a"], &RequestError::NotSent(ConnectionError::Idle { address: "h:1".parse().unwrap() }).into());
        assert_eq!(next(&mut progress), ["a"]);
        refuse(&mut progress, "a", ErrorCode::TOPIC_ALREADY_EXISTS);
        assert!(matches!(error(progress), AdminError::Refused { .. }));
    }

    #[test]
    fn time_that_runs_out_tells_the_cause_and_whether_it_may_be_done() {
        for (rule, done) in [(CREATE, true), (Rule::READ, false)] {
            let mut progress = progress(rule, &["a"]);
            progress.fail(&["a"], &lost());
            progress.expire(Duration::from_secs(60));
            let error = error(progress);
            assert_eq!(error.possibly_done(), done);
            assert_eq!(error.to_string(), format!("a: not done after 60s, last error: {}", lost()));
        }
    }

    #[test]
    fn an_unknown_topic_is_asked_for_a_few_times_where_it_may_be_new() {
        for (rule, attempts) in [(Rule::READ, 1), (Rule::READ_LEADERS, 4)] {
            let mut progress = progress(rule, &["a"]);
            let mut made = 1;
            refuse(&mut progress, "a", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
            while !next(&mut progress).is_empty() {
                refuse(&mut progress, "a", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
                made += 1;
            }
            assert_eq!(made, attempts);
        }
    }

    #[test]
    fn a_node_that_stays_unknown_is_given_up() {
        let mut progress = progress(Rule::READ, &["a"]);
        let mut made = 0;
        while made == 0 || !next(&mut progress).is_empty() {
            progress.fail(&["a"], &RequestError::UnknownNode(ottla_protocol::types::NodeId(9)).into());
            made += 1;
        }
        assert_eq!(made, UNKNOWN_NODE_ATTEMPTS);
    }

    #[test]
    fn a_closed_client_is_not_asked_again() {
        let mut progress = progress(Rule::READ, &["a"]);
        progress.fail(&["a"], &RequestError::NotSent(ConnectionError::Closed).into());
        assert!(next(&mut progress).is_empty());
    }
}
