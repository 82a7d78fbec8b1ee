//! Fetching what comes to be wanted while a broker holds back the answer to a long poll.
//!
//! A broker works on one request of a connection at a time, so a partition that was just assigned, sought in, resumed or
//! emptied would wait for up to `fetch.max.wait.ms` for others that have nothing. It is fetched over a second connection
//! instead, until it can take part in the next long poll.

use std::{sync::Arc, time::Duration};

use ottla_protocol::{
    messages::fetch::{FetchRequest, FetchResponse},
    types::NodeId,
};
use tokio::{sync::watch, time::Instant};

use super::{
    FetchSession, UnderWay,
    limit::ResponseLimit,
    worker::{self, Asked, Reserved},
};
use crate::{
    consumer::{assignment::FetchPlan, shared::Shared},
    net::{Purpose, RequestError, Response},
};

/// How many answers without records make up one long poll, at least: each is short, for it holds back what comes next.
const TURNS_PER_POLL: u32 = 25;

/// The requests beside one long poll.
pub(super) struct Aside<'a> {
    shared: &'a Arc<Shared>,
    node: NodeId,
    /// The long poll.
    poll: &'a FetchPlan,
    /// What it fetches, once that matters.
    polled: Option<UnderWay>,
    /// Whether something may be wanted that it lacks.
    look: bool,
    /// When to look without an event.
    next: Option<Instant>,
    /// Knows the names of what was asked for; there is no session.
    names: FetchSession,
    limit: ResponseLimit,
    /// Turns what is wanted: without a session, a broker fills its answer in the order of the request.
    round: u64,
    under_way: Option<Request>,
    /// How long the next answer may be held back.
    max_wait: Duration,
    /// A broker that answers no second connection is left alone until the long poll is over.
    failed: bool,
}

struct Request {
    response: Response<FetchRequest>,
    asked: Asked,
    _reserved: Reserved,
}

impl<'a> Aside<'a> {
    /// Beside a long poll whose plan was made before any of the changes that are to come.
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        node: NodeId,
        poll: &'a FetchPlan,
        limit: ResponseLimit,
        round: u64,
    ) -> Self {
        Self {
            shared,
            node,
            poll,
            polled: None,
            look: false,
            next: poll.next,
            names: FetchSession::default(),
            limit,
            round,
            under_way: None,
            max_wait: Duration::ZERO,
            failed: false,
        }
    }

    /// Waits until something is wanted that the long poll lacks, or fetches it. Cancel safe: a request under way is gone
    /// on with by the next call.
    pub(super) async fn turn(&mut self, changes: &mut watch::Receiver<u64>) {
        if self.failed {
            return std::future::pending().await;
        }
        if self.under_way.is_none() {
            if !self.look {
                return self.wait(changes).await;
            }
            changes.mark_unchanged();
            let polled = self.polled.get_or_insert_with(|| UnderWay::of(&self.poll.wanted));
            let mut plan = worker::plan(self.shared, self.node, polled, self.limit);
            self.round += 1;
            plan.rotate(self.round);
            if plan.wanted.is_empty() {
                (self.look, self.next) = (false, plan.next);
                return;
            }
            if let Err(error) = self.send(&plan).await {
                return self.fail(&error);
            }
        }
        self.finish().await;
    }

    async fn wait(&mut self, changes: &mut watch::Receiver<u64>) {
        match self.next {
            Some(at) => drop(tokio::time::timeout_at(at, changes.changed()).await),
            None => drop(changes.changed().await),
        }
        self.look = true;
        // What is wanted now is wanted at once.
        self.max_wait = Duration::ZERO;
    }

    async fn send(&mut self, plan: &FetchPlan) -> Result<(), RequestError> {
        let reserved = Reserved::new(self.shared, plan);
        let purpose = Purpose::FetchAside(self.shared.number);
        let connection = self.shared.inner.connection(self.node, purpose).await?;
        let version = worker::version(&connection, &plan.wanted)?;
        let topics = self.names.request_without(version, &plan.wanted);
        let request = worker::request(self.shared, plan, self.max_wait, topics);
        let asked = Asked::begin(plan, &request);
        let timeout = self.shared.inner.config.request_timeout;
        let response = asked.span.in_scope(|| connection.send(&request, version, timeout))?;
        self.under_way = Some(Request { response, asked, _reserved: reserved });
        Ok(())
    }

    /// Takes the answer to what is under way. Cancel safe.
    pub(super) async fn finish(&mut self) {
        let Some(request) = &mut self.under_way else { return };
        let response = request.response.wait().await;
        match &response {
            Ok(response) => {
                request.asked.answered(self.shared, response, &mut self.limit);
                self.take(response);
            }
            Err(error) => self.fail(error),
        }
        self.under_way = None;
    }

    fn take(&mut self, response: &FetchResponse) {
        let found = response.responses.iter().flat_map(|topic| &topic.partitions);
        let is_empty = found.filter_map(|data| data.records.as_ref()).all(|records| records.is_empty());
        let slice = self.shared.config.fetch_max_wait / TURNS_PER_POLL;
        self.max_wait = if is_empty { slice } else { Duration::ZERO };
        let refresh = response.error_code.invalidates_metadata();
        let is_wanted = worker::take(self.shared, self.node, &self.names, response, refresh);
        // Whatever it is about, the long poll hears of it, too.
        self.failed = !is_wanted || !response.error_code.is_none() || response.throttle_time_ms > 0;
    }

    fn fail(&mut self, error: &RequestError) {
        tracing::debug!(node = %self.node, %error, "nothing is fetched aside");
        self.shared.counters.fetch_failures.increment();
        self.failed = true;
    }
}
