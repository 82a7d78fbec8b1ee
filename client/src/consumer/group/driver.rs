//! The task of a member: it sends what the member wants sent, and brings it the answers.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        heartbeat::HeartbeatRequest,
        leave_group::{LeaveGroupRequest, MemberIdentity},
        sync_group::SyncGroupRequest,
    },
    types::{GroupId, NodeId, TopicName},
    wire::{Request, Str},
};
use tokio::{sync::watch, task::JoinSet, time::Instant};
use tracing::{Instrument, Span, debug_span, trace_span};

use super::member::{Action, Call, Failure, Step};
use crate::{
    Client,
    client::{CoordinatorError, CoordinatorType},
    consumer::{error::GroupError, offsets::moves_coordinator, shared::Shared},
    metadata::ClusterMetadata,
    net::{Purpose, RequestError},
};

/// How long a request that the coordinator may park can take beyond `max.poll.interval.ms`.
const PARKED_MARGIN: Duration = Duration::from_secs(5);

/// How long leaving may take; after that the session times out.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs until the consumer is closed and has left its group.
///
/// It holds the client, so that a consumer that is dropped with its client can still leave.
pub(in crate::consumer) async fn run(client: Client, shared: Arc<Shared>, mut closed: watch::Receiver<bool>) {
    let Some(group) = shared.group.clone() else { return };
    let driver = Driver { group, purpose: Purpose::Coordination(shared.number), shared };
    tokio::select! {
        () = driver.run() => {}
        // Errs when the handle is gone.
        _ = closed.wait_for(|closed| *closed) => {}
    }
    let leave = driver.leave();
    if tokio::time::timeout(LEAVE_TIMEOUT, leave).await.is_err() {
        tracing::debug!(group = %driver.group, "the coordinator did not answer to a leave");
    }
    client.inner().pool.release(driver.purpose);
}

struct Driver {
    group: GroupId,
    purpose: Purpose,
    shared: Arc<Shared>,
}

impl Driver {
    async fn run(&self) {
        let mut metadata = self.shared.inner.watch_metadata();
        let mut calls = JoinSet::new();
        let mut interest = Interest { shared: self.shared.clone(), all: false, topics: BTreeSet::new(), told: None };
        loop {
            let current = metadata.borrow_and_update().clone();
            let step = self.shared.member().step(Instant::now(), &current);
            for call in step.calls {
                let span = call_span(&self.group, &call.action);
                calls.spawn(perform(self.shared.clone(), self.group.clone(), self.purpose, call).instrument(span));
            }
            if !step.assigned.is_empty() {
                self.shared.begin_with(&step.assigned);
            }
            interest.keep(step.interest);
            if step.refresh {
                self.shared.inner.request_refresh();
            }
            if step.wake {
                self.shared.ready.notify_one();
            }
            tokio::select! {
                changed = metadata.changed() => if changed.is_err() { return },
                () = self.shared.group_work.notified() => {}
                () = sleep_until(step.next) => {}
                Some(_) = calls.join_next() => {}
            }
        }
    }

    async fn leave(&self) {
        let now = Instant::now();
        self.shared.member().leave(now, "the consumer is closed");
        let Step { calls, .. } = self.shared.member().step(now, &self.shared.inner.metadata());
        for call in calls {
            let span = call_span(&self.group, &call.action);
            perform(self.shared.clone(), self.group.clone(), self.purpose, call).instrument(span).await;
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The topics that the client's metadata is told to keep.
struct Interest {
    shared: Arc<Shared>,
    all: bool,
    topics: BTreeSet<TopicName>,
    told: Option<Instant>,
}

impl Interest {
    fn keep(&mut self, topics: BTreeSet<TopicName>) {
        let inner = &self.shared.inner;
        let all = self.shared.member().subscribes_to_pattern();
        if all != self.all {
            self.all = all;
            if all { inner.take_interest_in_all() } else { inner.drop_interest_in_all() }
        }
        if all {
            // To name a topic that is gone might create it anew.
            return;
        }
        let now = Instant::now();
        let is_old = self.told.is_none_or(|told| told + self.shared.interest_interval() <= now);
        if is_old || topics != self.topics {
            topics.iter().for_each(|topic| inner.take_interest(topic));
            self.topics = topics;
            self.told = Some(now);
        }
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        if self.all {
            self.shared.inner.drop_interest_in_all();
        }
    }
}

/// The span of a call, within that of the membership.
fn call_span(group: &GroupId, action: &Action) -> Span {
    let group = &**group;
    match action {
        Action::Join(request) => debug_span!("join", group, member = &*request.member_id),
        Action::Lead(_) => debug_span!("lead", group),
        Action::Sync(SyncGroupRequest { member_id, generation_id, .. }) => {
            debug_span!("sync", group, member = &**member_id, generation = generation_id)
        }
        Action::Heartbeat(HeartbeatRequest { member_id, generation_id, .. }) => {
            trace_span!("heartbeat", group, member = &**member_id, generation = generation_id)
        }
        Action::Leave { member_id, reason } => debug_span!("leave", group, member = &**member_id, reason),
    }
}

/// Does what the member wants done, and tells it what came of it.
async fn perform(shared: Arc<Shared>, group: GroupId, purpose: Purpose, Call { attempt, action }: Call) {
    let config = &shared.inner.config;
    let short = config.request_timeout;
    let parked = short.max(shared.config.max_poll_interval + PARKED_MARGIN);
    let coordinator = Coordinator { shared: &shared, group: &group, purpose };
    match action {
        Action::Join(request) => {
            let response = coordinator.call(&request, parked).await;
            let response = response.inspect(|response| coordinator.note(response.error_code));
            let mut member = shared.member();
            match response {
                Ok(response) => member.joined(Instant::now(), attempt, &response),
                Err(failure) => member.call_failed(Instant::now(), attempt, failure),
            }
        }
        Action::Lead(lead) => {
            let metadata: Arc<ClusterMetadata> = shared.inner.metadata();
            let result = lead.assign(&metadata);
            shared.member().led(Instant::now(), attempt, &metadata, result);
        }
        Action::Sync(request) => {
            let response = coordinator.call(&request, parked).await;
            let response = response.inspect(|response| coordinator.note(response.error_code));
            let metadata = shared.inner.metadata();
            let mut member = shared.member();
            match response {
                Ok(response) => member.synced(Instant::now(), attempt, &metadata, &response),
                Err(failure) => member.call_failed(Instant::now(), attempt, failure),
            }
        }
        Action::Heartbeat(request) => {
            let result = coordinator.call(&request, short).await.map(|response| response.error_code);
            if let Ok(code) = &result {
                coordinator.note(*code);
            }
            shared.counters.heartbeats.increment();
            if result.as_ref().map_or(true, |code| !code.is_none()) {
                shared.counters.heartbeat_failures.increment();
            }
            shared.member().heart_beaten(Instant::now(), attempt, result);
        }
        Action::Leave { member_id, reason } => {
            if let Err(failure) = coordinator.leave(&member_id, reason).await {
                tracing::debug!(?failure, "left without telling the coordinator");
            }
        }
    }
}

/// The coordinator of the group, whoever that is.
struct Coordinator<'a> {
    shared: &'a Shared,
    group: &'a GroupId,
    purpose: Purpose,
}

impl Coordinator<'_> {
    async fn node(&self) -> Result<NodeId, Failure> {
        let found = self.shared.inner.coordinator(CoordinatorType::Group, self.group).await;
        found.map_err(|error| match error {
            CoordinatorError::Refused(code) if !code.is_retriable() => Failure::Final(GroupError::Refused(code)),
            CoordinatorError::Refused(code) => Failure::Passing(format!("no coordinator: {code}")),
            CoordinatorError::Request(error) => failure(&error),
        })
    }

    async fn call<R: Request>(&self, request: &R, timeout: Duration) -> Result<R::Response, Failure> {
        let node = self.node().await?;
        let response = self.send(node, request, timeout).await;
        response.map_err(|error| {
            self.forget();
            failure(&error)
        })
    }

    async fn send<R: Request>(
        &self,
        node: NodeId,
        request: &R,
        timeout: Duration,
    ) -> Result<R::Response, RequestError> {
        let connection = self.shared.inner.connection(node, self.purpose).await?;
        let version = connection.versions().newest::<R>()?;
        connection.send(request, version, timeout)?.wait().await
    }

    async fn leave(&self, member_id: &Str, reason: &str) -> Result<(), Failure> {
        let node = self.node().await?;
        // A parked join holds back what comes after it on its connection.
        let connection = self.shared.inner.connection(node, Purpose::General).await.map_err(|error| failure(&error))?;
        let version = connection.versions().newest::<LeaveGroupRequest>().map_err(|error| failure(&error))?;
        let member =
            MemberIdentity { member_id: member_id.clone(), group_instance_id: None, reason: Some(reason.into()) };
        // Version 3 tells several members apart.
        let request = LeaveGroupRequest {
            group_id: self.group.clone(),
            member_id: if version < 3 { member_id.clone() } else { Str::default() },
            members: if version < 3 { Vec::new() } else { vec![member] },
        };
        let sent = connection.send(&request, version, LEAVE_TIMEOUT).map_err(|error| failure(&error))?.wait().await;
        sent.map(|_| ()).map_err(|error| failure(&error))
    }

    fn note(&self, code: ErrorCode) {
        if moves_coordinator(code) {
            self.forget();
        }
    }

    fn forget(&self) {
        self.shared.inner.forget_coordinator(CoordinatorType::Group, self.group);
    }
}

fn failure(error: &RequestError) -> Failure {
    if error.is_retriable() {
        Failure::Passing(error.to_string())
    } else {
        Failure::Final(GroupError::Request(error.to_string()))
    }
}
