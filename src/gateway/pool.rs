//! The idle connections to the node.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use super::connection::Connection;
use crate::values::Mono;

/// Idle connections, the last used first, so that those that are too many grow old.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Connection>>);

impl Pool {
    /// bitcoind closes what has been idle for 30 s (`-rpcservertimeout`). A call that meets the closing cannot be told
    /// from one that the node died of, and is not sent twice: so nothing is kept until then.
    const LONGEST_IDLE: Duration = Duration::from_secs(20);
    /// More than are ever in flight by default.
    const MOST: usize = 32;

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that is open and young, if there is one.
    pub(super) fn take(&self, now: Mono) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(mut connection) = idle.pop() {
            let young = now.since(connection.idle_since) < Self::LONGEST_IDLE;
            if young && connection.is_usable(&mut Context::from_waker(Waker::noop())) {
                connection.reused = true;
                return Some(connection);
            }
        }
        None
    }

    /// Keeps `connection`, if another call can be sent over it.
    pub(super) fn give_back(&self, mut connection: Connection, now: Mono) {
        if connection.is_usable(&mut Context::from_waker(Waker::noop())) {
            connection.idle_since = now;
            let mut idle = self.idle();
            if idle.len() < Self::MOST {
                idle.push(connection);
            }
        }
    }

    /// Closes those that have been idle too long.
    pub(super) fn sweep(&self, now: Mono) {
        self.idle().retain(|connection| now.since(connection.idle_since) < Self::LONGEST_IDLE);
    }

    /// Closes all: the node is another one.
    pub(super) fn clear(&self) {
        self.idle().clear();
    }
}
