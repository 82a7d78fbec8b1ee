//! Being told to end.

use std::{pin::pin, process, time::Duration};

use crate::output::notice;

/// What a shell adds to the number of the signal that ended a process.
const ENDED_BY_SIGNAL: i32 = 128;

/// An end that takes no longer needs no explanation.
const SAY_SO_AFTER: Duration = Duration::from_secs(1);

/// A request to end: SIGTERM, or SIGINT of a person who types Ctrl-C.
#[derive(Debug)]
pub(crate) struct StopSignal(system::Signals);

impl StopSignal {
    /// From now on such a signal does not end the process.
    pub(crate) fn new() -> std::io::Result<Self> {
        system::Signals::new().map(Self)
    }

    /// Waits for one. Who asks again is not willing to wait for what is left to do: from then on
    /// a signal ends the process. Cancel safe.
    pub(crate) async fn received(&mut self) {
        self.0.next().await;
        if let Ok(again) = system::Signals::new() {
            tokio::spawn(end_at_once(again));
        }
    }
}

async fn end_at_once(mut again: system::Signals) {
    let mut next = pin!(again.next());
    let signal = match tokio::time::timeout(SAY_SO_AFTER, &mut next).await {
        Ok(signal) => signal,
        Err(_) => {
            notice::hint("finishing what is under way; Ctrl-C ends at once");
            next.await
        }
    };
    process::exit(ENDED_BY_SIGNAL + signal)
}

#[cfg(unix)]
mod system {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    #[derive(Debug)]
    pub(super) struct Signals {
        terminate: Signal,
        interrupt: Signal,
    }

    impl Signals {
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
        }

        /// The number of the next signal.
        pub(super) async fn next(&mut self) -> i32 {
            let kind = tokio::select! {
                _ = self.terminate.recv() => SignalKind::terminate(),
                _ = self.interrupt.recv() => SignalKind::interrupt(),
            };
            kind.as_raw_value()
        }
    }
}

#[cfg(not(unix))]
mod system {
    const SIGINT: i32 = 2;

    #[derive(Debug)]
    pub(super) struct Signals;

    impl Signals {
        /// Nothing to prepare: the handler is installed by the first wait.
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self)
        }

        /// The number of the next signal.
        pub(super) async fn next(&mut self) -> i32 {
            // Without a handler the signal ends the process, which is what was asked for.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            SIGINT
        }
    }
}
