//! The daemon's life: starts what runs, serves until something ends it, shuts down in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::embedded::EmbeddedHandle;
use super::pending_node::PendingNode;
use super::reload::ReloadInProgress;
use super::shutdown::{self, Serving, ShutdownEvent, Signals};
use super::{DAEMON_LOOP, Daemon, HTTP_LOOP, ServeError, systemd};
use crate::fleet::Reporter;
use crate::http::{Listener, Shutdown};

/// How often a lock or a control cookie that could not be written is tried again.
const STATE_INTERVAL: Duration = Duration::from_secs(10);

/// What ended the serving.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShutdownCause {
    Signal(&'static str),
    /// A caller of the embedded node's `stop`.
    Caller,
    DeadTask,
}

impl Daemon {
    /// Serves until a signal or a dead task ends it, then shuts down in order.
    pub(super) async fn run(
        mut self,
        node: PendingNode,
        listeners: Vec<Listener>,
        mut signals: Signals,
    ) -> Result<(), ServeError> {
        let here = Handle::current();
        let stop = CancellationToken::new();
        self.spawn_pulses(&here, &stop);
        let serving = self.spawn_listeners(listeners);
        let mut first_signal = None;
        let embedded = signals
            .unless_again(&mut first_signal, self.start_node(node, &here, &stop))
            .await?;
        let reporter = self.spawn_reporters(&here, &stop);
        systemd::ready();
        self.log_serving();
        let cause = match first_signal {
            Some(signal) => ShutdownCause::Signal(signal),
            None => self.serve(&mut signals, &embedded).await,
        };
        match cause {
            ShutdownCause::Signal(signal) => info!(signal, "shutting down"),
            ShutdownCause::Caller => info!("shutting down: stop was called"),
            // The supervisor has logged which and why.
            ShutdownCause::DeadTask => {}
        }
        // Whatever ended it, the next signal is a second one.
        first_signal.get_or_insert("");
        let end = self.shut_down(serving, &reporter, &embedded, &stop);
        signals.unless_again(&mut first_signal, end).await;
        if cause == ShutdownCause::DeadTask {
            return Err(ServeError::TaskDied);
        }
        Ok(())
    }

    /// Shows that both runtimes still turn.
    fn spawn_pulses(&self, here: &Handle, stop: &CancellationToken) {
        for (runtime, name, task) in [
            (here, DAEMON_LOOP, "pulse_daemon"),
            (&self.http, HTTP_LOOP, "pulse_http"),
        ] {
            let pulses = Arc::clone(&self.pulses);
            self.supervisor
                .restarting(runtime, task, stop.clone(), move || {
                    let pulses = Arc::clone(&pulses);
                    async move { pulses.beat(name).await }
                });
        }
    }

    fn spawn_listeners(&self, listeners: Vec<Listener>) -> Serving {
        let closing = Shutdown::default();
        let mut tasks = Vec::new();
        for (listener, name) in listeners.into_iter().zip(["http", "http_ops"]) {
            let served = listener.serve(Arc::clone(&self.service), closing.clone());
            tasks.push(self.supervisor.critical(&self.http, name, served));
        }
        Serving { closing, tasks }
    }

    /// Keeps log, store and systemd informed of what changes.
    fn spawn_reporters(&self, here: &Handle, stop: &CancellationToken) -> Arc<Reporter> {
        let reporter = self.member.spawn_reporters(stop);
        let member = Arc::clone(&self.member);
        let lifecycle = Arc::clone(&self.lifecycle);
        self.supervisor
            .restarting(here, "systemd", stop.clone(), move || {
                systemd::report_status(Arc::clone(&member), Arc::clone(&lifecycle))
            });
        reporter
    }

    fn log_serving(&self) {
        let configuration = self
            .file
            .as_ref()
            .map_or_else(|| "none".to_owned(), |file| file.display().to_string());
        info!(
            version = env!("CARGO_PKG_VERSION"),
            node = self.config.first_member().node.name,
            configuration,
            "serving"
        );
    }

    async fn serve(&mut self, signals: &mut Signals, embedded: &EmbeddedHandle) -> ShutdownCause {
        let mut reload = ReloadInProgress::default();
        let mut state_ticks = tokio::time::interval(STATE_INTERVAL);
        loop {
            tokio::select! {
                event = signals.next() => match event {
                    ShutdownEvent::Reload => self.begin_reload(&mut reload, None),
                    ShutdownEvent::Stop(signal) => return ShutdownCause::Signal(signal),
                },
                Some(done) = self.reloads.recv() => self.begin_reload(&mut reload, Some(done)),
                loaded = reload.ended() => self.finish_reload(&mut reload, loaded),
                () = embedded.stop_requested() => return ShutdownCause::Caller,
                () = self.supervisor.fatal() => return ShutdownCause::DeadTask,
                _ = state_ticks.tick() => self.write_missing_state(),
            }
        }
    }

    /// Unready at once, then the listeners, then what asks the node, then what is not written yet.
    async fn shut_down(
        mut self,
        serving: Serving,
        reporter: &Reporter,
        embedded: &EmbeddedHandle,
        stop: &CancellationToken,
    ) {
        systemd::stopping();
        self.lifecycle.begin_draining();
        reporter.report();
        self.member.pruner().close();
        // Pending reload requests are answered now: nothing serves them during the shutdown.
        self.reloads.close();
        while self.reloads.try_recv().is_ok() {}
        shutdown::drain(&self.config.rpc, serving, &self.gateway).await;
        stop.cancel();
        self.member.stop();
        self.flush().await;
        embedded.finished().await;
    }

    /// Writes what is not written yet; a disk that hangs must not keep the process.
    async fn flush(&self) {
        const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
        if tokio::time::timeout(FLUSH_TIMEOUT, self.member.flush())
            .await
            .is_err()
        {
            warn!(
                "the disk is too slow: the last of the reconnection queue and of the disk's history is not saved"
            );
        }
    }
}
