//! From what is prepared to the parts of the daemon, in the order in which each needs those before.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};

use super::activation::ActivatedAddresses;
use super::embedded;
use super::members::DaemonMembers;
use super::pending_node::PendingNode;
use super::prepare::Prepared;
use super::shared_limits::LimitSharing;
use super::{DAEMON_LOOP, Daemon, HTTP_LOOP, ServeError, notify, shared_limits, start};
use crate::clock;
use crate::config::Config;
use crate::events::EventLog;
use crate::fleet::{FleetSettings, Lifecycle, Roster, Router, Shared};
use crate::gateway::{Gateway, GatewayPolicy, UpstreamSpec};
use crate::history::HourHistory;
use crate::http::{
    AnswerCache, ControlApi, ControlToken, DetailedPage, MetricsPage, Reload, Reloads, Service,
    Settings, StatusPage,
};
use crate::logging::{Log, RequestIds};
use crate::metrics::Recorder;
use crate::node::rpc::Endpoint;
use crate::notify::Notifier;
use crate::state::NodeStore;
use crate::supervise::{Pulses, Supervisor};

impl Daemon {
    /// The daemon, and the nodes that it will ask, in the order of its members; nothing runs yet.
    pub(super) fn assemble(
        prepared: Prepared,
        http: &Handle,
    ) -> Result<(Self, Vec<PendingNode>), ServeError> {
        let core = DaemonCore::new(&prepared)?;
        let config = &prepared.config;
        let members = DaemonMembers::open(config, Arc::clone(&prepared.store), core.shared())?;
        let router = core.router(config, members.roster());
        let (upstreams, nodes) = ways_to(config, members.roster())?;
        let gateway = gateway(config, &core.recorder, upstreams)?;
        let shared = shared_limits::settings(config).map_err(start("limits.secret_file"))?;
        let sharing = core.sharing(&gateway, http)?;
        let (reload, reloads) = mpsc::channel(1);
        let parts = ServiceParts::new(&prepared, &core, &router, gateway, reload);
        let seed = getrandom::u32().map_err(start("random bytes"))?;
        let service = Arc::new(parts.service(RequestIds::new(seed)));
        let daemon = Self {
            options: prepared.options,
            env: prepared.env,
            config: prepared.config,
            file: prepared.file,
            state: prepared.state,
            http: http.clone(),
            listener_tls: Arc::default(),
            activated: ActivatedAddresses::default(),
            supervisor: core.supervisor,
            events: core.events,
            notifier: parts.notifier,
            pulses: core.pulses,
            lifecycle: core.lifecycle,
            members,
            router,
            routing: None,
            gateway: parts.gateway,
            sharing,
            shared,
            #[cfg(feature = "embedded")]
            recorder: core.recorder,
            log: prepared.log,
            token: parts.token,
            loads: parts.loads,
            cache: parts.cache,
            service,
            hour: parts.hour,
            #[cfg(feature = "embedded")]
            reload: parts.reload,
            reloads,
        };
        Ok((daemon, nodes))
    }
}

/// What everything else of the daemon needs.
struct DaemonCore {
    supervisor: Arc<Supervisor>,
    pulses: Arc<Pulses>,
    lifecycle: Arc<Lifecycle>,
    recorder: Arc<Recorder>,
    bell: Arc<Notify>,
    events: Arc<EventLog>,
}

impl DaemonCore {
    fn new(prepared: &Prepared) -> Result<Self, ServeError> {
        let pulses = Arc::new(Pulses::new(&[DAEMON_LOOP, HTTP_LOOP]));
        let records = NodeStore::of_daemon(Arc::clone(&prepared.store));
        Ok(Self {
            supervisor: Arc::new(Supervisor::default()),
            lifecycle: Arc::new(Lifecycle::new(Arc::clone(&pulses))),
            pulses,
            recorder: Arc::new(Recorder::new().map_err(start("metrics"))?),
            bell: Arc::new(Notify::new()),
            events: Arc::new(EventLog::open(Arc::new(records))),
        })
    }

    /// What the members share.
    fn shared(&self) -> Shared {
        Shared {
            recorder: Arc::clone(&self.recorder),
            supervisor: Arc::clone(&self.supervisor),
            lifecycle: Arc::clone(&self.lifecycle),
            bell: Arc::clone(&self.bell),
            events: Arc::clone(&self.events),
        }
    }

    /// What publishes the rotation of the nodes in `roster`.
    fn router(&self, config: &Config, roster: &Arc<Roster>) -> Arc<Router> {
        Arc::new(Router::new(
            Arc::clone(roster),
            Arc::clone(&self.lifecycle),
            FleetSettings::new(&config.fleet),
            Arc::clone(&self.bell),
            Arc::clone(&self.events),
        ))
    }

    /// How limits are shared with other daemons; nothing is shared yet.
    fn sharing(&self, gateway: &Arc<Gateway>, http: &Handle) -> Result<LimitSharing, ServeError> {
        Ok(LimitSharing::new(
            self.recorder.limits().map_err(start("metrics"))?,
            Arc::clone(gateway),
            Arc::clone(&self.lifecycle),
            Arc::clone(&self.supervisor),
            http.clone(),
        ))
    }
}

/// How the gateway reaches each node, and the nodes that the daemon will ask.
fn ways_to(
    config: &Config,
    roster: &Roster,
) -> Result<(Vec<UpstreamSpec>, Vec<PendingNode>), ServeError> {
    let mut upstreams = Vec::new();
    let mut nodes = Vec::new();
    for (member, config) in roster.all().iter().zip(config.members()) {
        let client = member
            .client(Endpoint::new(&config.node))
            .map_err(start("the node's client"))?;
        let (destination, node) = embedded::way_to(config, client);
        upstreams.push(UpstreamSpec {
            name: config.node.name.as_str().into(),
            destination,
            is_archive: config.archive,
        });
        nodes.push(node);
    }
    Ok((upstreams, nodes))
}

/// What the pages and the control API read.
struct ServiceParts {
    cache: Arc<AnswerCache>,
    gateway: Arc<Gateway>,
    loads: Arc<Reloads>,
    recorder: Arc<Recorder>,
    supervisor: Arc<Supervisor>,
    log: Arc<Log>,
    token: Arc<ControlToken>,
    events: Arc<EventLog>,
    notifier: Arc<Notifier>,
    reload: mpsc::Sender<Reload>,
    hour: Arc<HourHistory>,
}

/// The gateway in front of `upstreams`.
fn gateway(
    config: &Config,
    recorder: &Recorder,
    upstreams: Vec<UpstreamSpec>,
) -> Result<Arc<Gateway>, ServeError> {
    let metrics = recorder.gateway().map_err(start("metrics"))?;
    let policy = GatewayPolicy::new(config.rpc.clone()).map_err(start("the gateway"))?;
    Ok(Arc::new(Gateway::new(policy, upstreams, metrics)))
}

impl ServiceParts {
    fn new(
        prepared: &Prepared,
        core: &DaemonCore,
        router: &Arc<Router>,
        gateway: Arc<Gateway>,
        reload: mpsc::Sender<Reload>,
    ) -> Self {
        let Prepared { config, env, .. } = prepared;
        let loads = Arc::new(Reloads::default());
        loads.succeeded(clock::now().wall);
        Self {
            cache: Arc::new(AnswerCache::new(
                Arc::clone(router),
                Arc::clone(&core.lifecycle),
                Settings::new(config.rpc.clone(), prepared.file.as_deref()),
            )),
            gateway,
            loads,
            recorder: Arc::clone(&core.recorder),
            supervisor: Arc::clone(&core.supervisor),
            log: Arc::clone(&prepared.log),
            token: Arc::new(ControlToken::new(prepared.token.clone())),
            events: Arc::clone(&core.events),
            notifier: notify::notifier(config, env, &core.events, &core.recorder, router),
            reload,
            hour: Arc::default(),
        }
    }

    /// The HTTP service with all of its pages.
    fn service(&self, ids: RequestIds) -> Service {
        let detailed = Arc::new(DetailedPage::new(
            Arc::clone(&self.cache),
            Arc::clone(&self.gateway),
            Arc::clone(&self.loads),
            Arc::clone(&self.events),
            Arc::clone(&self.hour),
        ));
        let metrics = MetricsPage::new(
            Arc::clone(&self.cache),
            Arc::clone(&self.gateway),
            Arc::clone(&self.recorder),
            Arc::clone(&self.supervisor),
            Arc::clone(&self.log),
            Arc::clone(&self.loads),
        );
        let page = StatusPage::new(
            Arc::clone(&self.cache),
            Arc::clone(&detailed),
            Arc::clone(&self.gateway),
            Arc::clone(&self.supervisor),
        );
        let control = ControlApi::new(
            Arc::clone(&self.cache),
            Arc::clone(&detailed),
            Arc::clone(&self.gateway),
            Arc::clone(&self.supervisor),
            Arc::clone(&self.recorder),
            Arc::clone(&self.token),
            Arc::clone(&self.events),
            Arc::clone(&self.notifier),
            self.reload.clone(),
        );
        Service::new(
            Arc::clone(&self.cache),
            Arc::clone(&self.gateway),
            ids,
            detailed,
            metrics,
            control,
            page,
        )
    }
}
