//! The idle connections to the node.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use super::connection::Connection;
use crate::node::rpc::Upstream;
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

    /// A connection to `upstream` that is open and young, if there is one.
    pub(super) fn take(&self, upstream: &Arc<Upstream>, now: Mono) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(mut connection) = idle.pop() {
            let young = now.since(connection.idle_since) < Self::LONGEST_IDLE;
            // What was in use while a reload named another node came back after the pool had been cleared.
            if young
                && Arc::ptr_eq(&connection.upstream, upstream)
                && connection.is_usable(&mut Context::from_waker(Waker::noop()))
            {
                connection.reused = true;
                return Some(connection);
            }
        }
        None
    }

    /// Keeps `connection`. Whether another call can be sent over it is looked at when one is to be.
    pub(super) fn give_back(&self, mut connection: Connection, now: Mono) {
        connection.idle_since = now;
        let mut idle = self.idle();
        if idle.len() < Self::MOST {
            idle.push(connection);
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

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use url::Url;

    use super::*;
    use crate::node::rpc::{Endpoint, RpcNode};
    use crate::values::Credentials;

    fn upstream(port: u16) -> Arc<Upstream> {
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        let credentials = Credentials::CookieFile("none".into());
        let endpoint = Endpoint { url, credentials, directories: None };
        let observer: crate::node::rpc::Observer = Arc::new(|_, _, _| {});
        Arc::new(RpcNode::new(endpoint, &observer).unwrap().upstream())
    }

    #[tokio::test]
    async fn a_connection_that_comes_back_after_a_reload_is_not_used_for_another_node() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (old, new, pool) = (upstream(port), upstream(port), Pool::default());
        pool.give_back(Connection::open(&old).await.unwrap(), Mono::START);
        assert!(pool.take(&old, Mono::START).is_some_and(|connection| connection.reused));

        let in_use = Connection::open(&old).await.unwrap();
        pool.clear();
        pool.give_back(in_use, Mono::START);
        assert!(pool.take(&new, Mono::START).is_none());
    }
}
