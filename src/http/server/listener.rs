//! Accepts connections and serves them, within bounds: of descriptors, of time for a header, of its
//! size.
//!
//! Invariant: a listener never stops accepting because of what a client or the system does to it.
//! At its bound the connection that has been idle longest makes room.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{MissedTickBehavior, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::accepting::{AcceptWarning, MemoryRelease, accept_failed};
use super::connections::{CloseRequest, Connections};
use super::listen_socket::{Accepted, ListenSocket};
use super::serve::serve_connection;
use super::timeouts::{HEADER_TIMEOUT, LINGER_TIMEOUT};
use crate::clock;
use crate::http::listener_tls::ListenerTls;
use crate::http::role::Role;
use crate::http::service::Service;
use crate::limit::network_of;
use crate::values::Mono;

/// The two steps of shutting down.
#[derive(Clone, Default)]
pub struct Shutdown {
    /// New connections are refused.
    pub refuse: CancellationToken,
    /// Open connections end with the request they are in.
    pub close: CancellationToken,
}

/// A bound listener, about to serve.
pub struct Listener {
    socket: ListenSocket,
    role: Role,
    connections: Arc<Connections>,
    tls: Arc<ListenerTls>,
    /// The service manager holds the socket too, so that it outlives this process.
    stays_open: bool,
}

/// A client may take nothing of its answer for so long. What it does not take is held by the node.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// What was sent before the end was announced is still answered if it comes within this.
pub(super) const DRAIN_GRACE: Duration = Duration::from_millis(50);
/// How often connections are looked over.
pub(super) const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

impl Listener {
    /// Will serve `socket`, over TCP with `tls`, and keep its connections in `connections`.
    #[must_use]
    pub fn new(
        socket: ListenSocket,
        role: Role,
        connections: Arc<Connections>,
        tls: Arc<ListenerTls>,
    ) -> Self {
        Self {
            socket,
            role,
            connections,
            tls,
            stays_open: false,
        }
    }

    /// As one whose socket the service manager holds: connections that wait when this daemon stops
    /// are left to the next one.
    #[must_use]
    pub fn held_by_service_manager(self) -> Self {
        Self {
            stays_open: true,
            ..self
        }
    }

    /// Accepts and serves until `shutdown.refuse`, then waits until every connection has ended.
    pub async fn serve(self, service: Arc<Service>, shutdown: Shutdown) -> Result<(), String> {
        let socket = self.socket;
        let stays_open = self.stays_open;
        let serving = ServingListener::new(self.role, self.connections, self.tls, service);
        let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_sweep = clock::mono();
        let (mut accept_warning, mut memory_release) =
            (AcceptWarning::default(), MemoryRelease::default());
        loop {
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                _ = sweep.tick() => {
                    let now = clock::mono();
                    serving.sweep(last_sweep, now);
                    last_sweep = now;
                    memory_release.give_back(serving.connections.ended());
                    continue;
                }
                () = shutdown.refuse.cancelled() => break,
            };
            match accepted {
                Ok(accepted) => serving.admit(accepted).await,
                Err(error) => {
                    accept_failed(&error, &serving.connections, &mut accept_warning).await;
                }
            }
        }
        // Whoever had connected before is served still: by the next daemon, if there is one.
        if !stays_open {
            for accepted in socket.into_waiting() {
                serving.start(accepted);
            }
        }
        serving.tracker.close();
        shutdown.close.cancelled().await;
        sleep(DRAIN_GRACE).await;
        let connections = &serving.connections;
        connections.ask_to_close(CloseRequest::Graceful, None, clock::mono());
        loop {
            tokio::select! {
                () = serving.tracker.wait() => return Ok(()),
                // One that has only begun to ask is not waited for.
                _ = sweep.tick() => {
                    connections.ask_to_close(CloseRequest::Now, Some(LINGER_TIMEOUT), clock::mono());
                }
            }
        }
    }
}

/// A listener that serves, and the connections that it has accepted.
struct ServingListener {
    role: Role,
    connections: Arc<Connections>,
    tls: Arc<ListenerTls>,
    service: Arc<Service>,
    tracker: TaskTracker,
    runtime: Handle,
}

impl ServingListener {
    fn new(
        role: Role,
        connections: Arc<Connections>,
        tls: Arc<ListenerTls>,
        service: Arc<Service>,
    ) -> Self {
        Self {
            role,
            connections,
            tls,
            service,
            tracker: TaskTracker::new(),
            runtime: Handle::current(),
        }
    }

    fn start(&self, accepted: Accepted) {
        let network = network_of(accepted.origin().client().ip());
        let ticket = self.connections.enter(network, clock::mono());
        let service = Arc::clone(&self.service);
        let tls = Arc::clone(&self.tls);
        self.tracker.spawn_on(
            serve_connection(accepted, self.role, service, tls, ticket),
            &self.runtime,
        );
    }

    /// Serves a connection if there is room for it, or if another one makes room.
    async fn admit(&self, accepted: Accepted) {
        let settings = self.service.cache.settings();
        let has_room = self
            .connections
            .makes_room_for(accepted.origin(), &settings);
        drop(settings);
        if !has_room {
            debug!(client_addr = %accepted.origin().client(),
                "its address has as many connections as it may, all in use");
        } else if !self.connections.is_full() {
            self.start(accepted);
        } else if self.connections.evict(None, clock::mono()) == 0 {
            debug!(client_addr = %accepted.origin().client(),
                "all connections are in use, one is refused");
        } else {
            self.start(accepted);
            // Those that make room close when their tasks run: before the next one is let in.
            tokio::task::yield_now().await;
        }
    }

    /// Looks over the connections. A client that has not sent a whole header in time is
    /// disconnected. After the whole process was suspended every client looks late, so one sweep is
    /// skipped.
    fn sweep(&self, last_sweep: Mono, now: Mono) {
        if now.since(last_sweep) < SWEEP_INTERVAL * 3 {
            let connections = &self.connections;
            connections.ask_to_close(CloseRequest::Now, Some(HEADER_TIMEOUT), now);
            connections.end_stalled(STALL_TIMEOUT, now);
            connections.let_rest(now);
        }
        self.service.tick(now);
    }
}
