//! Waiting, but not for ever.

use std::{future::Future, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep, timeout};

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
const INTERVAL: Duration = Duration::from_millis(50);

/// Waits for a future; `what` is what it should do, for the error.
///
/// # Errors
/// Its own, or it takes too long.
pub(crate) async fn within<T, E>(what: &str, future: impl Future<Output = Result<T, E>>) -> Result<T>
where
    Result<T, E>: Context<T, E>,
{
    let done = timeout(PATIENCE, future).await;
    done.with_context(|| format!("{what}: not done within {PATIENCE:?}"))?.with_context(|| what.to_owned())
}

/// Asks until there is an answer; a refusal is the reason that the error gives.
///
/// # Errors
/// None comes in time.
pub(crate) async fn until<T>(what: &str, ask: impl AsyncFnMut() -> Result<T, String>) -> Result<T> {
    until_for(PATIENCE, what, ask).await
}

/// The same with more patience.
///
/// # Errors
/// None comes in time.
pub(crate) async fn until_for<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(reason) if Instant::now() > deadline => bail!("{what}: not within {patience:?}: {reason}"),
            Err(_) => sleep(INTERVAL).await,
        }
    }
}
