//! The control socket: HTTP for those whom the system lets open its file.
//!
//! Decides nothing about requests. Who is at the other end is asked only for the log.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, sleep};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::accepting::{AcceptWarning, accept_failed};
use super::connections::{CloseRequest, Connections, InFlightRequest, RequestBody, Ticket};
use super::listener::{DRAIN_GRACE, SWEEP_INTERVAL, Shutdown};
use super::local_user::LocalUser;
use super::timeouts::{HEADER_TIMEOUT, LINGER_TIMEOUT};
use crate::clock;
use crate::http::service::Service;

/// Commands come one by one, and hold a connection for as long as they run. They have descriptors
/// of their own: a flood over TCP must not keep an operator out.
const MAX_CONNECTIONS: usize = 32;
/// Longer headers are answered with 431.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// All connections come from this machine.
const LOCAL_NETWORK: u64 = 0;

/// Serves the control socket, also one that takes the place of another.
pub struct ControlSocket {
    bound: mpsc::Receiver<BoundSocket>,
}

/// A socket that listens, as the state directory makes it.
pub type BoundSocket = std::os::unix::net::UnixListener;

impl ControlSocket {
    /// Sockets that were sent are served, the last one of them.
    #[must_use]
    pub fn new() -> (mpsc::Sender<BoundSocket>, Self) {
        // More are never sent before the first is served.
        const MAX_WAITING: usize = 4;
        let (sender, bound) = mpsc::channel(MAX_WAITING);
        (sender, Self { bound })
    }

    /// Accepts and serves until `shutdown.refuse`, then waits until every connection has ended.
    pub async fn serve(mut self, service: Arc<Service>, shutdown: Shutdown) -> Result<(), String> {
        let connections = Arc::new(Connections::new(MAX_CONNECTIONS));
        let tracker = TaskTracker::new();
        let mut listener = None;
        let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut accept_warning = AcceptWarning::default();
        loop {
            let accepted = tokio::select! {
                accepted = accept(listener.as_ref()) => accepted,
                Some(bound) = self.bound.recv() => {
                    listener = UnixListener::from_std(bound)
                        .inspect_err(|error| warn!(%error, "cannot serve the control socket"))
                        .ok();
                    continue;
                }
                _ = sweep.tick() => {
                    connections.ask_to_close(CloseRequest::Now, Some(HEADER_TIMEOUT), clock::mono());
                    continue;
                }
                () = shutdown.refuse.cancelled() => break,
            };
            match accepted {
                Ok(stream) => {
                    let now = clock::mono();
                    if connections.is_full() && connections.evict(None, now) == 0 {
                        debug!("all connections of the control socket are in use, one is refused");
                        continue;
                    }
                    let ticket = connections.enter(LOCAL_NETWORK, now);
                    tracker.spawn(serve_connection(stream, Arc::clone(&service), ticket));
                }
                Err(error) => accept_failed(&error, &connections, &mut accept_warning).await,
            }
        }
        drop(listener);
        tracker.close();
        shutdown.close.cancelled().await;
        sleep(DRAIN_GRACE).await;
        connections.ask_to_close(CloseRequest::Graceful, None, clock::mono());
        loop {
            tokio::select! {
                () = tracker.wait() => return Ok(()),
                // One that has only begun to ask is not waited for.
                _ = sweep.tick() => connections.ask_to_close(CloseRequest::Now, Some(LINGER_TIMEOUT), clock::mono()),
            }
        }
    }
}

/// The next connection; never, as long as there is no socket.
async fn accept(listener: Option<&UnixListener>) -> io::Result<UnixStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => pending().await,
    }
}

async fn serve_connection(stream: UnixStream, service: Arc<Service>, ticket: Ticket) {
    let connection = Arc::clone(&ticket.connection);
    connection.serve_by(poll_fn(|context| Poll::Ready(context.waker().clone())).await);
    let user = LocalUser::of(&stream);
    let answer = service_fn(|request: Request<Incoming>| {
        let in_flight = InFlightRequest::begin(Arc::clone(&connection), clock::mono());
        let request = request.map(|body| RequestBody::new(body, Arc::clone(&connection)));
        let service = Arc::clone(&service);
        async move {
            let reply = service.answer_local(request, user).await;
            drop(in_flight);
            Ok::<_, Infallible>(reply)
        }
    });
    let serving = http1::Builder::new()
        .max_buf_size(MAX_HEADER_BYTES)
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), answer);
    let mut serving = pin!(serving);
    let mut closing = false;
    let ended = poll_fn(|context| {
        let close = connection.close_request();
        if close == CloseRequest::Now {
            return Poll::Ready(Ok(()));
        }
        if close == CloseRequest::Graceful && !closing {
            closing = true;
            Pin::as_mut(&mut serving).graceful_shutdown();
        }
        Pin::as_mut(&mut serving).poll(context)
    });
    if let Err(error) = ended.await {
        debug!(%user, %error, "a connection of the control socket ended early");
    }
}
