//! One request of an admin call: which node it goes to, in which version, and until when.

use std::{future::Future, sync::Arc, time::Duration};

use ottla_protocol::{api_key::ApiKey, types::NodeId, wire::Request};
use tokio::{task::JoinSet, time::Instant};
use tracing::Span;

use super::AdminError;
use crate::{
    client::Inner,
    net::{Connection, Purpose, RequestError},
};

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Route {
    /// Any broker that answers.
    Any,
    /// The controller if it can be reached, or else any broker: all of them take admin requests.
    Controller,
    /// This node and no other.
    Node(NodeId),
}

/// What the requests of one call share. Clones belong to the same call.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) inner: Arc<Inner>,
    pub(super) timeout: Duration,
    pub(super) deadline: Instant,
    /// Lives as long as the call.
    span: Span,
}

impl Call {
    pub(super) fn new(inner: Arc<Inner>, api: ApiKey, timeout: Duration) -> Self {
        let now = Instant::now();
        // A timeout too long for the clock is as good as a year.
        let deadline = now.checked_add(timeout).unwrap_or(now + Duration::from_secs(365 * 24 * 3600));
        let span = tracing::debug_span!("admin", %api, ?timeout);
        Self { inner, timeout, deadline, span }
    }

    /// Sends one request, in the newest version that both sides have.
    pub(super) async fn send<R: Request>(
        &self,
        route: Route,
        build: impl FnOnce(i16) -> Result<R, AdminError>,
    ) -> Result<R::Response, AdminError> {
        self.send_below(route, i16::MAX, build).await
    }

    /// Sends one request in a version up to `cap`, and not once time has run out.
    pub(super) async fn send_below<R: Request>(
        &self,
        route: Route,
        cap: i16,
        build: impl FnOnce(i16) -> Result<R, AdminError>,
    ) -> Result<R::Response, AdminError> {
        let (mut response, sent) = match tokio::time::timeout_at(self.deadline, self.connection(route)).await {
            Ok(connection) => {
                let connection = connection?;
                let version = connection.versions().newest_below::<R>(cap)?;
                let request = build(version)?;
                let patience = self.inner.config.request_timeout;
                (self.span.in_scope(|| connection.send(&request, version, patience))?, true)
            }
            Err(_) => return Err(self.out_of_time(false)),
        };
        // The response is left to come when time runs out first: the connection serves others too.
        match tokio::time::timeout_at(self.deadline, response.wait()).await {
            Ok(response) => Ok(response?),
            Err(_) => Err(self.out_of_time(sent)),
        }
    }

    async fn connection(&self, route: Route) -> Result<Connection, RequestError> {
        let node = match route {
            Route::Any => None,
            Route::Controller => self.inner.metadata().controller,
            Route::Node(node) => Some(node),
        };
        let connection = match node {
            Some(node) => self.inner.connection(node, Purpose::General).await,
            None => return self.inner.any_connection().await,
        };
        match connection {
            Err(error) if route == Route::Controller && error.is_retriable() => self.inner.any_connection().await,
            connection => connection,
        }
    }

    fn out_of_time(&self, possibly_done: bool) -> AdminError {
        AdminError::Timeout { subject: "call".into(), after: self.timeout, possibly_done, cause: None }
    }

    /// How long the broker may take: less than this client waits for the answer, so that the answer still comes.
    pub(super) fn broker_timeout_ms(&self) -> i32 {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let patience = left.min(self.inner.config.request_timeout).mul_f32(0.9);
        i32::try_from(patience.as_millis()).unwrap_or(i32::MAX).max(1)
    }

    /// Waits until there is metadata, for requests to one node: without it, its address is not known. What goes wrong is
    /// left to the request to tell.
    pub(super) async fn know_node(&self, route: Route) {
        if let Route::Node(_) = route {
            let _ = self.known_brokers().await;
        }
    }

    /// The brokers that were known last, once any are.
    pub(super) async fn known_brokers(&self) -> Result<Vec<NodeId>, AdminError> {
        self.brokers_since(0).await
    }

    /// The brokers as the cluster tells them now.
    pub(super) async fn brokers(&self) -> Result<Vec<NodeId>, AdminError> {
        self.brokers_since(self.inner.metadata().generation).await
    }

    /// The brokers once the metadata is newer than of this generation.
    async fn brokers_since(&self, generation: u64) -> Result<Vec<NodeId>, AdminError> {
        let mut metadata = self.inner.watch_metadata();
        if metadata.borrow().generation <= generation {
            self.inner.request_refresh();
        }
        let newer = metadata.wait_for(|metadata| metadata.generation > generation);
        match tokio::time::timeout_at(self.deadline, newer).await {
            Ok(Ok(metadata)) => Ok(metadata.brokers.keys().copied().collect()),
            // The sender is part of the client, which outlives its calls.
            Ok(Err(_)) => Err(self.out_of_time(false)),
            Err(_) => Err(AdminError::Timeout {
                subject: "cluster".into(),
                after: self.timeout,
                possibly_done: false,
                cause: self.inner.trouble().map(|(_, error)| Box::new(error.into())),
            }),
        }
    }
}

/// Runs the futures side by side; all of them stop when this is dropped. In the order of their ends.
pub(super) async fn concurrently<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut tasks: JoinSet<T> = futures.into_iter().collect();
    let mut results = Vec::with_capacity(tasks.len());
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(result) => results.push(result),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down, and so is whoever waits for this.
                Err(_) => break,
            },
        }
    }
    results
}
