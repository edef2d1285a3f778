//! The daemon: assembles the parts, keeps them running, puts a changed configuration in force,
//! shuts down in order.
//!
//! Two threads. One speaks to the node and does whatever may wait; the other serves HTTP from
//! memory, so that nothing the node does can slow a probe.

mod activation;
mod assemble;
mod bind;
mod control_socket;
#[cfg(feature = "embedded")]
mod dev;
#[cfg(feature = "embedded")]
mod dev_fleet;
#[cfg(feature = "embedded")]
mod dev_room;
#[cfg(feature = "embedded")]
mod dev_tour;
#[cfg(feature = "embedded")]
mod embedded;
#[cfg(not(feature = "embedded"))]
#[path = "attached_only.rs"]
mod embedded;
#[cfg(feature = "embedded")]
mod free_address;
mod http_thread;
mod limits;
mod members;
mod notify;
mod options;
mod pending_node;
mod preflight;
mod prepare;
mod reload;
mod restart_keys;
mod run;
mod serve_error;
mod shared_limits;
mod shutdown;
mod socket_file;
mod systemd;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::env::Env;
use crate::events::EventLog;
use crate::fleet::{Lifecycle, Router};
use crate::gateway::Gateway;
use crate::history::HourHistory;
use crate::http::{AnswerCache, ControlToken, ListenerTls, Reload, Reloads, Service};
use crate::limit::shared::SharedSettings;
use crate::logging::Log;
#[cfg(feature = "embedded")]
use crate::metrics::Recorder;
use crate::notify::Notifier;
use crate::state::StateDir;
use crate::supervise::{Pulses, Supervisor};

use self::activation::{ActivatedAddresses, Activation};
use self::http_thread::HttpThread;
use self::members::DaemonMembers;
use self::options::load;
use self::prepare::Prepared;
use self::serve_error::start;
use self::shared_limits::LimitSharing;
#[cfg(feature = "embedded")]
pub use dev::Dev;
#[cfg(feature = "embedded")]
pub use dev_fleet::DevFleet;
#[cfg(not(feature = "embedded"))]
pub use embedded::{Dev, DevFleet};
pub use options::ServeOptions;
pub use preflight::{
    CountedUsage, MemberUsage, certificates, control_cookie, control_socket, inspect, preflight,
};
pub use restart_keys::{needs_restart, restart_keys};
pub use serve_error::ServeError;

/// Runs the daemon until a signal ends it. `listening` is called once its listeners are bound.
pub fn serve(
    options: &ServeOptions,
    env: &Env,
    listening: impl FnOnce(),
) -> Result<(), ServeError> {
    // The variables that name them are removed while there is one thread.
    let activation = Activation::of_process(env)?;
    let mut prepared = Prepared::new(options, env)?;
    let activated = activation.addresses();
    activated.replace_in(&mut prepared.config);
    let certificate = tls::read(&prepared.config)?;
    let listener_tls = Arc::new(ListenerTls::default());
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(start("the runtime"))?;
    let http = HttpThread::start()?;
    let ended = runtime.block_on(async {
        let signals = shutdown::Signals::install().map_err(start("signals"))?;
        let bound = bind::bind(
            &prepared.config,
            activation,
            &listener_tls,
            &http.handle,
            prepared.max_connections,
        )?;
        let agent = bind::bind_agent(&prepared.config, &http.handle)?;
        // What the caller prints comes before the first line of the log.
        listening();
        bound.log();
        let (mut daemon, nodes) = Daemon::assemble(prepared, &http.handle)?;
        daemon.activated = activated;
        daemon.listener_tls = listener_tls;
        tls::put_in_force(certificate, &daemon.listener_tls, &daemon.lifecycle);
        // The files of Unix sockets are removed when all is over.
        let _files = bound.files;
        daemon.run(nodes, bound.listeners, agent, signals).await
    });
    // A blocking call that hangs, as on a dead network file system, must not keep the process.
    runtime.shutdown_background();
    ended
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
    /// What the listeners speak.
    listener_tls: Arc<ListenerTls>,
    /// Where inherited sockets are.
    activated: ActivatedAddresses,
    supervisor: Arc<Supervisor>,
    events: Arc<EventLog>,
    notifier: Arc<Notifier>,
    pulses: Arc<Pulses>,
    lifecycle: Arc<Lifecycle>,
    members: DaemonMembers,
    router: Arc<Router>,
    /// Ends the task of the router, which runs once there are several nodes.
    routing: Option<CancellationToken>,
    gateway: Arc<Gateway>,
    sharing: LimitSharing,
    /// How the configuration of the start says that limits are shared.
    shared: Option<SharedSettings>,
    #[cfg(feature = "embedded")]
    recorder: Arc<Recorder>,
    log: Arc<Log>,
    token: Arc<ControlToken>,
    /// How the loads of the configuration went.
    loads: Arc<Reloads>,
    cache: Arc<AnswerCache>,
    service: Arc<Service>,
    /// The last hour, as it is sampled.
    hour: Arc<HourHistory>,
    /// Where `--dev` sends a request to read the configuration again.
    #[cfg(feature = "embedded")]
    reload: mpsc::Sender<Reload>,
    /// Where it is received.
    reloads: mpsc::Receiver<Reload>,
}

const DAEMON_LOOP: &str = "daemon";
const HTTP_LOOP: &str = "http";
