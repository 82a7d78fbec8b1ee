//! A file descriptor that is kept back for when the process has no more.

use std::io;
#[cfg(unix)]
use std::os::fd::{AsFd, OwnedFd};

use tokio::net::TcpListener;

/// The system, and the process, has no file descriptor left; the same on all systems that have them.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

/// Whether this is a lack of file descriptors.
pub(super) fn is_exhausted(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

/// A file descriptor to give away: with it, a connection that there is none for can be accepted in order to close it.
/// Otherwise its client would wait for nothing.
#[derive(Debug)]
pub(super) struct Reserve {
    #[cfg(unix)]
    spare: Option<OwnedFd>,
}

#[cfg(unix)]
impl Reserve {
    /// One more for the listener, which is not used as one.
    pub(super) fn of(listener: &TcpListener) -> Self {
        Self { spare: listener.as_fd().try_clone_to_owned().ok() }
    }

    /// Gives it away. Whether there was one.
    pub(super) fn give_up(&mut self) -> bool {
        self.spare.take().is_some()
    }

    /// Takes one again, if there is one by now.
    pub(super) fn restore(&mut self, listener: &TcpListener) {
        if self.spare.is_none() {
            *self = Self::of(listener);
        }
    }
}

#[cfg(not(unix))]
impl Reserve {
    pub(super) fn of(_listener: &TcpListener) -> Self {
        Self {}
    }

    pub(super) fn give_up(&mut self) -> bool {
        false
    }

    pub(super) fn restore(&mut self, _listener: &TcpListener) {}
}
