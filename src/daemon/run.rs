//! The daemon's life: starts what runs, serves until something ends it, shuts down in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::control_socket::ControlSocketBinding;
use super::embedded::EmbeddedHandle;
use super::pending_node::PendingNode;
use super::reload::ReloadInProgress;
use super::shutdown::{self, Serving, ShutdownEvent, Signals};
use super::{DAEMON_LOOP, Daemon, HTTP_LOOP, ServeError, systemd};
use crate::clock;
use crate::events::{EventDraft, EventKind, EventLog, EventSeverity};
use crate::fleet::Roster;
use crate::gateway::{Failover, Gateway, Publication};
use crate::history::HourSampler;
use crate::http::{AgentListener, ControlSocket, Listener, Role, Shutdown};
use crate::route::RouteTable;
use crate::values::{COMMIT, Mono, VERSION};

/// How often a lock, a control cookie or a control socket that could not be made is tried again.
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
        nodes: Vec<PendingNode>,
        listeners: Vec<(Role, Listener)>,
        agent: Option<AgentListener>,
        mut signals: Signals,
    ) -> Result<(), ServeError> {
        let here = Handle::current();
        let stop = CancellationToken::new();
        self.spawn_pulses(&here, &stop);
        self.sharing.apply(self.shared.take(), &stop);
        let (serve, socket) = ControlSocket::new();
        let serving = self.spawn_listeners(listeners, agent, socket);
        let mut control = ControlSocketBinding::new(serve);
        self.ensure_control_socket(&mut control);
        let mut first_signal = None;
        let embedded = signals
            .unless_again(&mut first_signal, self.start_nodes(nodes, &here, &stop))
            .await?;
        self.members.start(&stop);
        self.spawn_event_log(&here, &stop);
        self.spawn_systemd(&here, &stop);
        self.spawn_sampler(&here, &stop);
        self.route_between_several(&here, &stop);
        systemd::ready();
        self.log_serving();
        let cause = match first_signal {
            Some(signal) => ShutdownCause::Signal(signal),
            None => {
                self.serve(&mut signals, &embedded, &mut control, &stop)
                    .await
            }
        };
        match cause {
            ShutdownCause::Signal(signal) => info!(signal, "shutting down"),
            ShutdownCause::Caller => info!("shutting down: stop was called"),
            // The supervisor has logged which and why.
            ShutdownCause::DeadTask => {}
        }
        // Whatever ended it, the next signal is a second one.
        first_signal.get_or_insert("");
        let end = self.shut_down(serving, &embedded, &stop);
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

    fn spawn_listeners(
        &self,
        listeners: Vec<(Role, Listener)>,
        agent: Option<AgentListener>,
        control: ControlSocket,
    ) -> Serving {
        let closing = Shutdown::default();
        let mut tasks = Vec::new();
        for (role, listener) in listeners {
            let name = if role == Role::Ops {
                "http_ops"
            } else {
                "http"
            };
            let served = listener.serve(Arc::clone(&self.service), closing.clone());
            tasks.push(self.supervisor.critical(&self.http, name, served));
        }
        if let Some(agent) = agent {
            let served = agent.serve(Arc::clone(&self.cache), closing.refuse.clone());
            tasks.push(self.supervisor.critical(&self.http, "agent_check", served));
        }
        let served = control.serve(Arc::clone(&self.service), closing.clone());
        tasks.push(
            self.supervisor
                .critical(&self.http, "control_socket", served),
        );
        Serving { closing, tasks }
    }

    /// Starts the nodes of the members, in their order.
    async fn start_nodes(
        &self,
        nodes: Vec<PendingNode>,
        here: &Handle,
        stop: &CancellationToken,
    ) -> Result<EmbeddedHandle, ServeError> {
        let members = self.members.roster().all().clone();
        let mut embedded = EmbeddedHandle::default();
        self.start_dev_fleet(&mut embedded, here, stop).await?;
        for (member, node) in members.iter().zip(nodes) {
            self.start_node(member, node, &mut embedded, here, stop)
                .await?;
        }
        Ok(embedded)
    }

    /// Keeps the events on the disk, and sends notifications of them.
    fn spawn_event_log(&self, here: &Handle, stop: &CancellationToken) {
        let events = Arc::clone(&self.events);
        self.supervisor
            .restarting(here, "events", stop.clone(), move || {
                Arc::clone(&events).keep()
            });
        let notifier = Arc::clone(&self.notifier);
        self.supervisor
            .restarting(here, "notify", stop.clone(), move || {
                Arc::clone(&notifier).run()
            });
    }

    fn spawn_systemd(&self, here: &Handle, stop: &CancellationToken) {
        let router = Arc::clone(&self.router);
        let lifecycle = Arc::clone(&self.lifecycle);
        self.supervisor
            .restarting(here, "systemd", stop.clone(), move || {
                systemd::report_status(Arc::clone(&router), Arc::clone(&lifecycle))
            });
    }

    /// Samples what the last hour is shown of.
    fn spawn_sampler(&self, here: &Handle, stop: &CancellationToken) {
        let sampler = Arc::new(HourSampler::new(
            Arc::clone(&self.hour),
            Arc::clone(&self.router),
            Arc::clone(&self.gateway),
        ));
        self.supervisor
            .restarting(here, "history", stop.clone(), move || {
                Arc::clone(&sampler).run()
            });
    }

    /// Informs the gateway of the rotation, if there are several nodes.
    pub(super) fn publish_rotation(&self) {
        if self.members.roster().all().has_several() {
            let now = clock::mono();
            let fleet = self.router.read(now);
            let published = self.gateway.publish(fleet.table.clone(), now);
            record_failover(&self.events, published.failover.as_ref());
        }
    }

    /// Keeps the gateway informed of the rotation while there are several nodes.
    pub(super) fn route_between_several(&mut self, here: &Handle, stop: &CancellationToken) {
        if !self.members.roster().all().has_several() {
            if let Some(routing) = self.routing.take() {
                routing.cancel();
            }
            return;
        }
        if self.routing.is_some() {
            return;
        }
        let until = stop.child_token();
        self.routing = Some(until.clone());
        let router = Arc::clone(&self.router);
        let gateway = Arc::clone(&self.gateway);
        let events = Arc::clone(&self.events);
        self.supervisor.restarting(here, "router", until, move || {
            let router = Arc::clone(&router);
            let gateway = Arc::clone(&gateway);
            let events = Arc::clone(&events);
            let nodes = Arc::clone(router.roster());
            let publish = move |table, now| {
                let published = publish(&gateway, &nodes, table, now);
                record_failover(&events, published.failover.as_ref());
            };
            async move { router.run(publish).await }
        });
    }

    fn log_serving(&self) {
        let configuration = self
            .file
            .as_ref()
            .map_or_else(|| "none".to_owned(), |file| file.display().to_string());
        info!(
            version = VERSION,
            commit = COMMIT,
            node = self.members.roster().all().names().join(", "),
            configuration,
            "serving"
        );
    }

    async fn serve(
        &mut self,
        signals: &mut Signals,
        embedded: &EmbeddedHandle,
        control: &mut ControlSocketBinding,
        stop: &CancellationToken,
    ) -> ShutdownCause {
        let mut reload = ReloadInProgress::default();
        let mut state_ticks = tokio::time::interval(STATE_INTERVAL);
        loop {
            tokio::select! {
                event = signals.next() => match event {
                    ShutdownEvent::Reload => self.begin_reload(&mut reload, None),
                    ShutdownEvent::Stop(signal) => return ShutdownCause::Signal(signal),
                },
                Some(done) = self.reloads.recv() => self.begin_reload(&mut reload, Some(done)),
                loaded = reload.ended() => {
                    let group = self.config.rpc.control_cookie_group.clone();
                    self.finish_reload(&mut reload, loaded, stop);
                    if group != self.config.rpc.control_cookie_group {
                        self.bind_control_socket(control);
                    }
                }
                () = embedded.stop_requested() => return ShutdownCause::Caller,
                () = self.supervisor.fatal() => return ShutdownCause::DeadTask,
                _ = state_ticks.tick() => {
                    self.write_missing_state();
                    self.ensure_control_socket(control);
                }
            }
        }
    }

    /// Unready at once, then the listeners, then what asks the node, then what is not written yet.
    async fn shut_down(
        mut self,
        serving: Serving,
        embedded: &EmbeddedHandle,
        stop: &CancellationToken,
    ) {
        systemd::stopping();
        self.lifecycle.begin_draining();
        self.members.report();
        self.members.close_pruners();
        // Pending reload requests are answered now: nothing serves them during the shutdown.
        self.reloads.close();
        while self.reloads.try_recv().is_ok() {}
        shutdown::drain(&self.config.rpc, serving, &self.gateway).await;
        self.sharing.leave().await;
        stop.cancel();
        self.members.stop().await;
        embedded.finished().await;
    }
}

/// Publishes what is known of the nodes, and counts how soon those were left that are left by it.
fn publish(gateway: &Gateway, roster: &Roster, table: RouteTable, now: Mono) -> Publication {
    let published = gateway.publish(table, now);
    for name in &published.left {
        let members = roster.all();
        let last_answer = members
            .get(name)
            .and_then(|member| member.snapshot().last_answer);
        if let Some(last_answer) = last_answer {
            gateway.note_detection(now.since(last_answer));
        }
    }
    published
}

/// Records that reads of the tip go to another node, if they do.
fn record_failover(events: &EventLog, failover: Option<&Failover>) {
    let Some(failover) = failover else {
        return;
    };
    let severity = if failover.is_harmless() {
        EventSeverity::Info
    } else {
        EventSeverity::Warning
    };
    let reason = match &failover.cause {
        Some(cause) => format!("{}: {cause}", failover.reason),
        None => failover.reason.to_owned(),
    };
    events.record(EventDraft {
        node: Some(failover.from.to_string()),
        since: Some(clock::now().wall),
        ..EventDraft::new(EventKind::Failover, severity, reason)
            .change(&failover.from, &failover.to)
    });
}
