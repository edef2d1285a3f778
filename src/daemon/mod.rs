//! The daemon: assembles the parts, keeps them running, takes up a changed configuration, goes down
//! in order.
//!
//! Two threads. One speaks to the node and does whatever may wait; the other serves HTTP from
//! memory, so that nothing the node does can slow a probe.

mod changes;
mod dev;
mod dev_room;
mod embedded;
mod limits;
mod node_watch;
mod preflight;
mod reload;
mod settings;
mod shutdown;
mod systemd;
mod tip;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc as mpsc_std;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock;
use crate::config::schema::LogFormat;
use crate::config::{self, Config, Flags, Loaded, Problem, Severity};
use crate::env::Env;
use crate::gateway::Gateway;
use crate::http::{
    Connections, ControlToken, Desk, Listener, Reload, Reloads, Role, Service, Shutdown,
};
use crate::logging::{Log, RequestIds};
use crate::metrics::Recorder;
use crate::node::embedded::{Calls, EmbeddedError};
use crate::node::rpc::RpcNode;
use crate::prune::Pruner;
use crate::reconnect::Reconnection;
use crate::state::{self, StateDir, Store};
use crate::supervise::{Pulses, Supervisor};
use crate::watch::{Board, Plan};

use self::node_watch::NodeWatch;
use self::reload::Reading;
pub use dev::Dev;
pub use preflight::{CountedUsage, control_cookie, preflight};

/// What `serve` is told on the command line.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// The configuration file, if named.
    pub config: Option<PathBuf>,
    /// Flags that override keys.
    pub flags: Flags,
    /// The configuration is that of [`Dev`]: play with its node.
    pub dev: bool,
    /// Rebuild the embedded node's database from its block files.
    pub reindex: bool,
}

/// Why the daemon ended other than by a clean stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration cannot be used; all that is wrong with it.
    #[error("the configuration is not valid")]
    Configuration(Vec<Problem>),
    /// The embedded node cannot be started.
    #[error("cannot start the embedded node")]
    Embedded(#[from] EmbeddedError),
    /// A listener's address cannot be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] state::StateError),
    /// Something else that is needed cannot be had.
    #[error("cannot start: {0}")]
    Start(String),
    /// A task that must not end has ended.
    #[error("a critical task ended; the log says which and why")]
    TaskDied,
}

fn start<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> ServeError {
    move |error| ServeError::Start(format!("{what}: {error}"))
}

/// Runs the daemon until a signal ends it. `listening` is called once its listeners are bound.
pub fn serve(
    options: &ServeOptions,
    env: &Env,
    listening: impl FnOnce(),
) -> Result<(), ServeError> {
    let loaded = load(options, env);
    let Some(config) = loaded.config.clone() else {
        return Err(ServeError::Configuration(loaded.problems));
    };
    let problem = preflight::unknown_group(&config)
        .or_else(|| preflight::no_reindex(&config, options.reindex))
        .or_else(|| preflight::another_nodes_directory(&config));
    if let Some(problem) = problem {
        return Err(ServeError::Configuration(vec![
            problem.located(&loaded.entries),
        ]));
    }
    let json = config.logging.format == LogFormat::Json;
    let log = Arc::new(Log::start(&config.logging.level, json, env).map_err(start("the log"))?);
    for problem in loaded
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Warning)
    {
        warn!(%problem, "configuration");
    }
    if config::is_missing(loaded.file.as_deref(), env) {
        tell_missing(env);
    }
    tell_panics();
    let connections = limits::connections().map_err(ServeError::Start)?;
    let mut state = StateDir::open(&config.state_dir)?;
    let token = match &config.rpc.control_token_file {
        Some(path) => state::read_token(path)?,
        None => match state.write_cookie(config.rpc.control_cookie_group.as_deref()) {
            // Probes, metrics and pruning are needed most just then.
            Err(error) if error.is_full() => {
                tell_of_no_cookie(&error);
                state::random_token()?
            }
            written => written?,
        },
    };
    let store = Arc::new(state.store()?);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(start("the runtime"))?;
    let http = HttpThread::start()?;
    let ended = runtime.block_on(async {
        let signals = shutdown::Signals::install().map_err(start("signals"))?;
        let listeners = bind(&config, &http.handle, connections)?;
        listening();
        let token = ControlToken::new(token);
        let daemon = Daemon::assemble(
            options,
            env,
            config,
            &loaded,
            log,
            state,
            token,
            store,
            &http.handle,
        )?;
        daemon.run(listeners, signals).await
    });
    // A blocking call that hangs, as on a dead network file system, must not keep the process.
    runtime.shutdown_background();
    ended
}

/// A start in the wrong directory must not look like a node that is well.
fn tell_missing(env: &Env) {
    let places = config::places(env, &std::env::current_dir().unwrap_or_default());
    let places: Vec<_> = places
        .iter()
        .map(|place| place.display().to_string())
        .collect();
    warn!(
        looked_at = places.join(", "),
        "no configuration: this is the embedded regtest node, and no node of yours; name a file with --config, or \
         write one with `bllvmctl config init`"
    );
}

/// A panic ends its task, which the supervisor tells of; where it happened is told by this line.
fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        error!(place, "a task panicked: {panic}");
    }));
}

fn load(options: &ServeOptions, env: &Env) -> Loaded {
    let here = std::env::current_dir().unwrap_or_default();
    let file = config::find_file(options.config.as_deref(), env, &here);
    config::load(file.as_deref(), env, &options.flags)
}

/// The thread that serves HTTP; it ends when this is dropped.
struct HttpThread {
    handle: Handle,
    stop: CancellationToken,
    ended: mpsc_std::Receiver<()>,
}

impl HttpThread {
    fn start() -> Result<Self, ServeError> {
        let runtime: Runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(start("the runtime"))?;
        let (handle, stop) = (runtime.handle().clone(), CancellationToken::new());
        let (ending, ended) = mpsc_std::sync_channel::<()>(0);
        let until = stop.clone();
        let run = move || {
            runtime.block_on(until.cancelled());
            runtime.shutdown_background();
            drop(ending);
        };
        std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(run)
            .map_err(start("a thread"))?;
        Ok(Self {
            handle,
            stop,
            ended,
        })
    }
}

impl Drop for HttpThread {
    fn drop(&mut self) {
        self.stop.cancel();
        // The end of the thread closes the channel; one that stands still ends with the process.
        let _ = self.ended.recv_timeout(Duration::from_secs(1));
    }
}

fn tell_of_no_cookie(error: &state::StateError) {
    let cause = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    warn!(%error, cause, "the volume of the state is full: nobody has the control token until there is room");
}

fn bind(config: &Config, http: &Handle, connections: usize) -> Result<Vec<Listener>, ServeError> {
    /// Probes, scrapes and calls may come at the same instant; the system cuts this to what it
    /// allows.
    const BACKLOG: u32 = 4096;
    let _on_that_thread = http.enter();
    let connections = Arc::new(Connections::new(connections));
    let listen = |address: SocketAddr| -> std::io::Result<TcpListener> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    let roles = [
        (Some(config.rpc.listen), Role::Main),
        (config.rpc.ops_listen, Role::Ops),
    ];
    let wanted = roles
        .into_iter()
        .filter_map(|(address, role)| Some((address?, role)));
    wanted
        .map(|(address, role)| {
            let tcp = listen(address).map_err(|source| ServeError::Listen { address, source })?;
            let bound = tcp.local_addr().unwrap_or(address);
            info!(address = %bound, role = if role == Role::Ops { "operations" } else { "main" }, "listening");
            Ok(Listener::new(tcp, role, Arc::clone(&connections)))
        })
        .collect()
}

/// The assembled daemon.
struct Daemon {
    options: ServeOptions,
    env: Env,
    config: Config,
    /// The file the configuration came from, and comes from at each reload.
    file: Option<PathBuf>,
    /// Ours until the end; the control cookie is in it.
    state: StateDir,
    http: Handle,
    supervisor: Arc<Supervisor>,
    pulses: Arc<Pulses>,
    service: Arc<Service>,
    watch: NodeWatch,
    /// The node, until it is asked.
    client: Option<RpcNode>,
    /// Where the front's calls of an embedded node arrive, until that is started.
    calls: Option<Calls>,
    reconnection: Arc<Reconnection>,
    store: Arc<Store>,
    plan: watch::Sender<Plan>,
    reloads: mpsc::Receiver<Reload>,
}

/// Writes down what is not yet; a disk that hangs must not keep the process.
async fn flush(
    reconnection: Arc<Reconnection>,
    pruner: &Pruner,
    store: &Arc<Store>,
    board: &Board,
) {
    const LONGEST: Duration = Duration::from_secs(2);
    let flushed = async {
        let _ = tokio::task::spawn_blocking(move || reconnection.flush()).await;
        pruner.keep_samples(clock::now()).await;
        tip::write(store, board).await;
    };
    if tokio::time::timeout(LONGEST, flushed).await.is_err() {
        warn!(
            "the disk is too slow: the last of the reconnection queue and of the disk's history is not written down"
        );
    }
}

/// How often a control cookie that could not be written is tried again.
const COOKIE_ROUND: Duration = Duration::from_secs(10);
const DAEMON_LOOP: &str = "daemon";
const HTTP_LOOP: &str = "http";

impl Daemon {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is one thing that was made before, and is used once"
    )]
    fn assemble(
        options: &ServeOptions,
        env: &Env,
        config: Config,
        loaded: &Loaded,
        log: Arc<Log>,
        state: StateDir,
        token: ControlToken,
        store: Arc<Store>,
        http: &Handle,
    ) -> Result<Self, ServeError> {
        let board = Arc::new(Board::default());
        let supervisor = Arc::new(Supervisor::default());
        let pulses = Arc::new(Pulses::new(&[DAEMON_LOOP, HTTP_LOOP]));
        let recorder = Arc::new(Recorder::new().map_err(start("metrics"))?);
        tip::restore(&store, &board);
        let settings = settings::settings(&config, loaded.file.as_deref());
        let pruner = Pruner::open(
            Arc::clone(&store),
            Arc::clone(&board),
            settings::prune(&config),
        );
        let pruner = Arc::new(pruner.map_err(state::StateError::from)?);
        let desk = Arc::new(Desk::new(
            Arc::clone(&board),
            settings,
            Arc::clone(&pulses),
            Arc::clone(&pruner),
        ));
        let plan = watch::Sender::new(settings::plan(&config));
        let kept = Arc::clone(&store);
        let reconnection = Arc::new(Reconnection::open(
            settings::terms(&config),
            Arc::clone(&board),
            kept,
        ));
        let watch = NodeWatch::new(
            board,
            Arc::clone(&desk),
            Arc::clone(&recorder),
            Arc::clone(&supervisor),
            Arc::clone(&pruner),
            Arc::clone(&reconnection),
        );
        let client = watch.client(&config).map_err(start("the node's client"))?;
        let front = recorder.front().map_err(start("metrics"))?;
        let policy = settings::front(&config).map_err(start("the front"))?;
        let (upstream, calls) = embedded::way_to(&config, client.upstream());
        let gateway = Arc::new(Gateway::new(policy, upstream, front));
        let (reload, reloads) = mpsc::channel(1);
        let seed = getrandom::u32().map_err(start("random bytes"))?;
        let (request_ids, book) = (RequestIds::new(seed), Arc::new(Reloads::default()));
        book.succeeded(clock::now().wall);
        let supervised = Arc::clone(&supervisor);
        let service = Service {
            desk,
            recorder,
            supervisor: supervised,
            pruner,
            reconnection: Arc::clone(&reconnection),
            gateway,
            token,
            log,
            reloads: book,
            request_ids,
            reload,
        };
        Ok(Self {
            options: options.clone(),
            env: env.clone(),
            config,
            file: loaded.file.clone(),
            state,
            http: http.clone(),
            supervisor,
            pulses,
            service: Arc::new(service),
            watch,
            client: Some(client),
            calls,
            reconnection,
            store,
            plan,
            reloads,
        })
    }

    /// Shows that both runtimes still turn.
    fn spawn_pulses(&mut self, here: &Handle, stop: &CancellationToken) {
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

    /// Keeps the tip in the store, and log and systemd informed of what changes.
    fn spawn_reporters(
        &mut self,
        here: &Handle,
        stop: &CancellationToken,
    ) -> Arc<changes::Reporter> {
        let desk = Arc::clone(&self.service.desk);
        let (store, seen) = (Arc::clone(&self.store), self.watch.board());
        self.supervisor
            .restarting(here, "tip", stop.clone(), move || {
                tip::keep(Arc::clone(&store), Arc::clone(&seen))
            });
        let reporter = Arc::new(changes::Reporter::new(
            Arc::clone(&desk),
            self.watch.board(),
        ));
        let watching = Arc::clone(&reporter);
        self.supervisor
            .restarting(here, "changes", stop.clone(), move || {
                let watching = Arc::clone(&watching);
                async move { watching.run().await }
            });
        self.supervisor
            .restarting(here, "systemd", stop.clone(), move || {
                systemd::keep_informed(Arc::clone(&desk))
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
            node = self.config.node.name,
            configuration,
            "serving"
        );
    }

    /// Serves until a signal or a dead task ends it, then goes down in order.
    async fn run(
        mut self,
        listeners: Vec<Listener>,
        mut signals: shutdown::Signals,
    ) -> Result<(), ServeError> {
        let here = Handle::current();
        let stop = CancellationToken::new();
        self.spawn_pulses(&here, &stop);
        let down = Shutdown::default();
        for (listener, name) in listeners.into_iter().zip(["http", "http_ops"]) {
            let served = listener.serve(Arc::clone(&self.service), down.clone());
            self.supervisor.critical(&self.http, name, served);
        }
        let mut asked = None;
        let inside = signals
            .unless_again(&mut asked, self.start_node(&here, &stop))
            .await?;
        let reporter = self.spawn_reporters(&here, &stop);
        systemd::ready();
        self.log_serving();

        let mut reading = Reading::default();
        let mut cookie_round = tokio::time::interval(COOKIE_ROUND);
        let died = loop {
            if let Some(signal) = asked {
                info!(signal, "going down");
                break false;
            }
            tokio::select! {
                event = signals.next() => match event {
                    shutdown::Event::Reload => self.begin_reload(&mut reading, None),
                    shutdown::Event::Stop(signal) => asked = Some(signal),
                },
                Some(done) = self.reloads.recv() => self.begin_reload(&mut reading, Some(done)),
                loaded = reading.ended() => self.finish_reload(&mut reading, loaded),
                () = inside.stop_asked() => {
                    info!("going down, as a caller of stop asked");
                    break false;
                }
                () = self.supervisor.fatal() => break true,
                _ = cookie_round.tick() => self.write_missing_state(),
            }
        };
        drop(reading);
        // Whatever made it end, the next signal is a second one.
        asked.get_or_insert("");
        systemd::stopping();
        self.service.desk.drain();
        reporter.look();
        self.service.pruner.close();
        // Nobody will look at these any more; who asked is told so instead of waiting for the end.
        self.reloads.close();
        while self.reloads.try_recv().is_ok() {}
        let end = async {
            shutdown::drain(
                &self.config.rpc,
                &self.supervisor,
                &self.service.gateway,
                &down,
            )
            .await;
            stop.cancel();
            self.watch.stop();
            flush(
                self.reconnection,
                &self.service.pruner,
                &self.store,
                &self.watch.board(),
            )
            .await;
            inside.finished().await;
        };
        signals.unless_again(&mut asked, end).await;
        if died {
            Err(ServeError::TaskDied)
        } else {
            Ok(())
        }
    }
}
