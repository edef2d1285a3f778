//! The idle connections to one node: those of another never push them out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;
use std::time::Duration;

use super::connection::NodeConnection;
use crate::node::rpc::Destination;
use crate::values::Mono;

/// Idle connections, the last used first, so that those that are too many grow old.
#[derive(Default)]
pub(super) struct Pool(Mutex<Idle>);

/// Boxed, since they go through many hands.
type Idle = Vec<Box<NodeConnection>>;

impl Pool {
    /// bitcoind closes connections that were idle for 30 s (`-rpcservertimeout`). A call that meets
    /// the close looks like one during which the node crashed, and is not sent twice: so
    /// connections are closed here before.
    const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
    /// More than are ever in flight by default.
    const MAX_IDLE_CONNECTIONS: usize = 32;

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to `destination` that is open and young, if there is one.
    pub(super) fn take(
        &self,
        destination: &Arc<Destination>,
        now: Mono,
        context: &mut Context<'_>,
    ) -> Option<Box<NodeConnection>> {
        let mut idle = self.idle();
        while let Some(mut connection) = idle.pop() {
            let young = now.since(connection.idle_since) < Self::IDLE_TIMEOUT;
            // A connection that was in use when a reload named another node came back after the
            // pool had been cleared.
            if young
                && Arc::ptr_eq(&connection.destination, destination)
                && connection.is_open(context)
            {
                connection.reused = true;
                return Some(connection);
            }
        }
        None
    }

    /// Keeps `connection`, if another call can be sent over it.
    pub(super) fn give_back(&self, mut connection: Box<NodeConnection>, now: Mono) {
        if !connection.is_at_rest() {
            return;
        }
        connection.rest(now);
        let mut idle = self.idle();
        if idle.len() < Self::MAX_IDLE_CONNECTIONS {
            idle.push(connection);
        }
    }

    /// Closes those that have been idle too long.
    pub(super) fn sweep(&self, now: Mono) {
        self.idle()
            .retain(|connection| now.since(connection.idle_since) < Self::IDLE_TIMEOUT);
    }

    /// Closes all: the node is another one.
    pub(super) fn clear(&self) {
        self.idle().clear();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use bytes::Bytes;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::gateway::upstream::connection::tests::{begin, connection, destination};

    fn take(pool: &Pool, destination: &Arc<Destination>) -> Option<Box<NodeConnection>> {
        pool.take(
            destination,
            Mono::START,
            &mut Context::from_waker(Waker::noop()),
        )
    }

    #[tokio::test]
    async fn a_connection_that_comes_back_after_a_reload_is_not_used_for_another_node() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let old = destination(port);
        let new = destination(port);
        let pool = Pool::default();
        pool.give_back(NodeConnection::open(&old).await.unwrap(), Mono::START);
        assert!(take(&pool, &old).is_some_and(|connection| connection.reused));

        let in_use = NodeConnection::open(&old).await.unwrap();
        pool.clear();
        pool.give_back(in_use, Mono::START);
        assert!(take(&pool, &new).is_none());
    }

    #[tokio::test]
    async fn a_connection_over_which_a_node_said_more_than_it_was_asked_is_not_kept() {
        let more = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra";
        for comes_later in [false, true] {
            let (mut connection, mut far) = connection(1 << 16);
            let pool = Pool::default();
            let to = Arc::clone(&connection.destination);
            begin(&mut connection, &Bytes::new());
            far.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .await
                .unwrap();
            if !comes_later {
                far.write_all(more).await.unwrap();
            }
            assert!(connection.answer().await.is_ok());
            pool.give_back(connection, Mono::START);
            if comes_later {
                far.write_all(more).await.unwrap();
            }
            assert!(take(&pool, &to).is_none());
        }
    }
}
