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
use super::{DAEMON_LOOP, Daemon, HTTP_LOOP, ServeError, notify, settings, shared_limits, start};
use crate::clock;
use crate::config::Config;
use crate::events::EventLog;
use crate::fleet::{Lifecycle, Roster, Router, Shared};
use crate::gateway::{Gateway, UpstreamSpec};
use crate::history::HourHistory;
use crate::http::{
    AnswerCache, ControlApi, ControlToken, DetailedPage, MetricsPage, Reload, Reloads, Service,
    StatusPage,
};
use crate::logging::{Log, RequestIds};
use crate::metrics::Recorder;
use crate::notify::Notifier;
use crate::state::NodeStore;
use crate::supervise::{Pulses, Supervisor};

impl Daemon {
    /// The daemon, and the nodes that it will ask, in the order of its members; nothing runs yet.
    pub(super) fn assemble(
        prepared: Prepared,
        http: &Handle,
    ) -> Result<(Self, Vec<PendingNode>), ServeError> {
        let Prepared {
            options,
            env,
            config,
            file,
            log,
            state,
            token,
            store,
            max_connections: _,
        } = prepared;
        let supervisor = Arc::new(Supervisor::default());
        let pulses = Arc::new(Pulses::new(&[DAEMON_LOOP, HTTP_LOOP]));
        let lifecycle = Arc::new(Lifecycle::new(Arc::clone(&pulses)));
        let recorder = Arc::new(Recorder::new().map_err(start("metrics"))?);
        let bell = Arc::new(Notify::new());
        let records = NodeStore::of_daemon(Arc::clone(&store));
        let events = Arc::new(EventLog::open(Arc::new(records)));
        let shared = Shared {
            recorder: Arc::clone(&recorder),
            supervisor: Arc::clone(&supervisor),
            lifecycle: Arc::clone(&lifecycle),
            bell: Arc::clone(&bell),
            events: Arc::clone(&events),
        };
        let members = DaemonMembers::open(&config, store, shared)?;
        let router = Arc::new(Router::new(
            Arc::clone(members.roster()),
            Arc::clone(&lifecycle),
            settings::fleet(&config),
            bell,
            Arc::clone(&events),
        ));
        let notifier = notify::notifier(&config, &env, &events, &recorder, &router);
        let cache = Arc::new(AnswerCache::new(
            Arc::clone(&router),
            Arc::clone(&lifecycle),
            settings::settings(&config, file.as_deref()),
        ));
        let (upstreams, nodes) = ways_to(&config, members.roster())?;
        let gateway = gateway(&config, &recorder, upstreams)?;
        let shared = shared_limits::settings(&config).map_err(start("limits.secret_file"))?;
        let sharing = sharing(&gateway, &lifecycle, &recorder, &supervisor, http)?;
        let (reload, reloads) = mpsc::channel(1);
        let loads = Arc::new(Reloads::default());
        loads.succeeded(clock::now().wall);
        let token = Arc::new(ControlToken::new(token));
        let hour = Arc::new(HourHistory::default());
        let seed = getrandom::u32().map_err(start("random bytes"))?;
        let service = service(
            ServiceParts {
                cache: Arc::clone(&cache),
                gateway: Arc::clone(&gateway),
                loads: Arc::clone(&loads),
                recorder: Arc::clone(&recorder),
                supervisor: Arc::clone(&supervisor),
                log: Arc::clone(&log),
                token: Arc::clone(&token),
                events: Arc::clone(&events),
                notifier: Arc::clone(&notifier),
                reload: reload.clone(),
                hour: Arc::clone(&hour),
            },
            RequestIds::new(seed),
        );
        let daemon = Self {
            options,
            env,
            config,
            file,
            state,
            http: http.clone(),
            listener_tls: Arc::default(),
            activated: ActivatedAddresses::default(),
            supervisor,
            events,
            notifier,
            pulses,
            lifecycle,
            members,
            router,
            routing: None,
            gateway,
            sharing,
            shared,
            #[cfg(feature = "embedded")]
            recorder,
            log,
            token,
            loads,
            cache,
            service: Arc::new(service),
            hour,
            #[cfg(feature = "embedded")]
            reload,
            reloads,
        };
        Ok((daemon, nodes))
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
            .client(settings::endpoint(config))
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
    let policy = settings::gateway(config).map_err(start("the gateway"))?;
    Ok(Arc::new(Gateway::new(policy, upstreams, metrics)))
}

/// How limits are shared with other daemons; nothing is shared yet.
fn sharing(
    gateway: &Arc<Gateway>,
    lifecycle: &Arc<Lifecycle>,
    recorder: &Recorder,
    supervisor: &Arc<Supervisor>,
    http: &Handle,
) -> Result<LimitSharing, ServeError> {
    Ok(LimitSharing::new(
        recorder.limits().map_err(start("metrics"))?,
        Arc::clone(gateway),
        Arc::clone(lifecycle),
        Arc::clone(supervisor),
        http.clone(),
    ))
}

/// The HTTP service with all of its pages.
fn service(parts: ServiceParts, ids: RequestIds) -> Service {
    let ServiceParts {
        cache,
        gateway,
        loads,
        recorder,
        supervisor,
        log,
        token,
        events,
        notifier,
        reload,
        hour,
    } = parts;
    let detailed = Arc::new(DetailedPage::new(
        Arc::clone(&cache),
        Arc::clone(&gateway),
        Arc::clone(&loads),
        Arc::clone(&events),
        hour,
    ));
    let metrics = MetricsPage::new(
        Arc::clone(&cache),
        Arc::clone(&gateway),
        Arc::clone(&recorder),
        Arc::clone(&supervisor),
        log,
        loads,
    );
    let page = StatusPage::new(
        Arc::clone(&cache),
        Arc::clone(&detailed),
        Arc::clone(&gateway),
        Arc::clone(&supervisor),
    );
    let control = ControlApi::new(
        Arc::clone(&cache),
        Arc::clone(&detailed),
        Arc::clone(&gateway),
        supervisor,
        recorder,
        token,
        events,
        notifier,
        reload,
    );
    Service::new(cache, gateway, ids, detailed, metrics, control, page)
}
