//! Signals, and the way down: unready at once, then no new connections, then the end of those in
//! use.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tracing::{error, info, warn};

use crate::config::schema::Rpc;
use crate::gateway::Gateway;
use crate::http::Shutdown;

/// The listeners that serve.
pub(super) struct Serving {
    /// Ends them.
    pub(super) closing: Shutdown,
    /// Each ends with its listener's last connection.
    pub(super) tasks: Vec<JoinHandle<()>>,
}

/// The signals the daemon knows.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// What a signal asks for.
pub(super) enum ShutdownEvent {
    Reload,
    Stop(&'static str),
}

impl Signals {
    pub(super) fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> ShutdownEvent {
        tokio::select! {
            _ = self.terminate.recv() => ShutdownEvent::Stop("SIGTERM"),
            _ = self.interrupt.recv() => ShutdownEvent::Stop("SIGINT"),
            _ = self.hangup.recv() => ShutdownEvent::Reload,
        }
    }

    /// Waits for a signal to stop; one to reload stays to be read.
    async fn next_stop(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Does `work` to its end, unless a second signal to stop comes: that ends the process at once.
    /// `first_signal`: the first one, if it has come.
    pub(super) async fn unless_again<T>(
        &mut self,
        first_signal: &mut Option<&'static str>,
        work: impl Future<Output = T>,
    ) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                signal = self.next_stop() => match first_signal {
                    Some(_) => exit_now(signal),
                    None => *first_signal = Some(signal),
                },
            }
        }
    }
}

/// Ends the service in order. The state is unready already.
pub(super) async fn drain(rpc: &Rpc, serving: Serving, gateway: &Gateway) {
    let Serving { closing, tasks } = serving;
    if !rpc.drain.is_zero() {
        info!(drain_secs = rpc.drain.as_secs(), "unready, still serving");
        sleep(rpc.drain).await;
    }
    closing.refuse.cancel();
    closing.close.cancel();
    // The next block may be long in coming.
    gateway.end_long_polls();
    if timeout(rpc.shutdown_grace, all_served(tasks)).await.is_ok() {
        info!("every request was answered");
    } else {
        warn!(
            shutdown_grace_secs = rpc.shutdown_grace.as_secs(),
            "requests were still open, they are cut"
        );
    }
}

/// Waits until the listeners have ended, which is when their last connection has.
async fn all_served(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        // One that failed serves nobody any more.
        let _ = task.await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a second signal means: now, whatever is lost"
)]
fn exit_now(signal: &'static str) -> ! {
    /// What `serve` answers when it did not stop cleanly.
    const NOT_CLEAN: i32 = 70;
    error!(signal, "a second signal, exiting now");
    // The log's thread gets a moment for that line.
    std::thread::sleep(Duration::from_millis(20));
    std::process::exit(NOT_CLEAN)
}
