//! The paths of the control API: which there are, which methods each takes, what answers them, and
//! how the `OpenAPI` document describes them.

use std::sync::Arc;

use hyper::{Method, StatusCode};
use utoipa::openapi::path::HttpMethod;

use super::call::ControlRequest;
use super::{
    ControlApi, config, drain, leases, limits, nodes, notify, openapi, peers, prune, queue, route,
    status,
};
use crate::api::RecentLog;
use crate::fleet::Member;
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::reply::{self, Reply};
use crate::logging;

const READ: &[Method] = &[Method::GET];
const CHANGE: &[Method] = &[Method::POST];
const READ_OR_POST: &[Method] = &[Method::GET, Method::POST];

/// What of the daemon a path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum DaemonEndpoint {
    ConfigReload,
    Limits,
    LimitsExplain,
    LimitsTry,
    Log,
    Nodes,
    NotifyTest,
    OpenApi,
    Route,
    Status,
}

/// What of a node a path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum NodeEndpoint {
    Drain,
    Lease,
    Leases,
    Peers,
    PeersAdd,
    PeersRemove,
    Prune,
    PruneCancel,
    PruneJob,
    PruneJobs,
    PrunePlan,
    Queue,
    QueueAdd,
    QueueDrop,
    QueuePause,
    QueueResume,
    QueueRetry,
    Status,
}

/// A path, what it is about, and the methods that it takes; HEAD goes where GET does.
pub(in crate::http) struct EndpointRow<E> {
    /// Below `/api/v1/`; of a node also below `/api/v1/nodes/NAME/`. A segment in braces stands for
    /// any.
    pub(in crate::http) path: &'static str,
    pub(in crate::http) methods: &'static [Method],
    pub(in crate::http) endpoint: E,
}

const fn row<E: Copy>(
    path: &'static str,
    methods: &'static [Method],
    endpoint: E,
) -> EndpointRow<E> {
    EndpointRow {
        path,
        methods,
        endpoint,
    }
}

/// The paths of the daemon.
pub(in crate::http) const OF_DAEMON: &[EndpointRow<DaemonEndpoint>] = &[
    row("config/reload", CHANGE, DaemonEndpoint::ConfigReload),
    row("limits", READ, DaemonEndpoint::Limits),
    row("limits/explain", READ, DaemonEndpoint::LimitsExplain),
    row("limits/try", CHANGE, DaemonEndpoint::LimitsTry),
    row("log", READ, DaemonEndpoint::Log),
    row("nodes", READ, DaemonEndpoint::Nodes),
    row("notify/test", CHANGE, DaemonEndpoint::NotifyTest),
    row("openapi.json", READ, DaemonEndpoint::OpenApi),
    row("route", READ, DaemonEndpoint::Route),
    row("status", READ, DaemonEndpoint::Status),
];

/// The paths of each node.
pub(in crate::http) const OF_NODE: &[EndpointRow<NodeEndpoint>] = &[
    row(
        "drain",
        &[Method::GET, Method::POST, Method::DELETE],
        NodeEndpoint::Drain,
    ),
    row("leases", READ_OR_POST, NodeEndpoint::Leases),
    row("leases/{lease}", &[Method::DELETE], NodeEndpoint::Lease),
    row("peers", READ, NodeEndpoint::Peers),
    row("peers/add", CHANGE, NodeEndpoint::PeersAdd),
    row("peers/remove", CHANGE, NodeEndpoint::PeersRemove),
    row("prune", READ, NodeEndpoint::Prune),
    row("prune/cancel", CHANGE, NodeEndpoint::PruneCancel),
    row("prune/jobs", READ_OR_POST, NodeEndpoint::PruneJobs),
    row("prune/jobs/{job}", READ, NodeEndpoint::PruneJob),
    row("prune/plan", READ_OR_POST, NodeEndpoint::PrunePlan),
    row("queue", READ, NodeEndpoint::Queue),
    row("queue/add", CHANGE, NodeEndpoint::QueueAdd),
    row("queue/drop", CHANGE, NodeEndpoint::QueueDrop),
    row("queue/pause", CHANGE, NodeEndpoint::QueuePause),
    row("queue/resume", CHANGE, NodeEndpoint::QueueResume),
    row("queue/retry", CHANGE, NodeEndpoint::QueueRetry),
];

/// `/api/v1/nodes/NAME` itself, which has no path without a name.
pub(in crate::http) const NODE_STATUS: EndpointRow<NodeEndpoint> =
    row("", READ, NodeEndpoint::Status);

impl DaemonEndpoint {
    /// The answer to a call with a method that the path takes.
    pub(super) async fn answer(
        self,
        api: &ControlApi,
        call: ControlRequest,
    ) -> Result<Reply, Box<Reply>> {
        match self {
            Self::ConfigReload => Ok(config::reload(&api.reload).await),
            Self::Limits => Ok(limits::show(api)),
            Self::LimitsExplain => Ok(limits::explain(api, call.query()).await),
            Self::LimitsTry => Ok(limits::try_all(api).await),
            Self::Log => {
                let lines = logging::recent_lines();
                Ok(reply::value(StatusCode::OK, &RecentLog { lines }))
            }
            Self::Nodes => Ok(nodes::list(api)),
            Self::NotifyTest => notify::test(&api.notifier, call).await,
            Self::OpenApi => Ok(openapi::show()),
            Self::Route => Ok(route::answer(api, call.query())),
            Self::Status => Ok(status::status(api, None)),
        }
    }

    /// What each method does.
    pub(in crate::http) fn describe(self) -> Vec<(HttpMethod, OperationDraft)> {
        let get = |draft| vec![(HttpMethod::Get, draft)];
        let post = |draft| vec![(HttpMethod::Post, draft)];
        match self {
            Self::ConfigReload => post(config::describe_reload()),
            Self::Limits => get(limits::describe()),
            Self::LimitsExplain => get(limits::describe_explain()),
            Self::LimitsTry => post(limits::describe_try()),
            Self::Log => get(describe_log()),
            Self::Nodes => get(nodes::describe()),
            Self::NotifyTest => post(notify::describe_test()),
            Self::OpenApi => get(openapi::describe()),
            Self::Route => get(route::describe()),
            Self::Status => get(status::describe()),
        }
    }
}

fn describe_log() -> OperationDraft {
    let summary = "The last lines of the log but those about calls";
    OperationDraft::new("daemon", "getLog", summary).gives::<RecentLog>(
        200,
        "The lines, the oldest first",
        golden!("log"),
    )
}

impl NodeEndpoint {
    /// The answer about `member` to a call with a method that the path takes; `argument` is the
    /// segment that stands for the one in braces.
    pub(super) async fn answer(
        self,
        api: &ControlApi,
        member: &Arc<Member>,
        argument: &str,
        call: ControlRequest,
    ) -> Result<Reply, Box<Reply>> {
        match self {
            Self::Drain => match *call.method() {
                Method::GET => Ok(drain::show(member)),
                Method::DELETE => Ok(drain::end(api, member).await),
                _ => drain::begin(api, member, call).await,
            },
            Self::Lease => Ok(leases::release(member, argument).await),
            Self::Leases if call.is_read() => Ok(leases::list(member)),
            Self::Leases => leases::grant(member, call).await,
            Self::Peers => Ok(peers::peers(member).await),
            Self::PeersAdd => peers::add(member, call).await,
            Self::PeersRemove => peers::remove(member, call).await,
            Self::Prune => Ok(prune::status(member)),
            Self::PruneCancel => Ok(prune::cancel(member)),
            Self::PruneJob => Ok(prune::job(member, argument)),
            Self::PruneJobs if call.is_read() => Ok(prune::jobs(member)),
            Self::PruneJobs => prune::begin(member, call).await,
            Self::PrunePlan => prune::plan(member, call).await,
            Self::Queue => Ok(queue::queue(member).await),
            Self::QueueAdd => queue::add(member, call).await,
            Self::QueueDrop => queue::drop(member, call).await,
            Self::QueuePause => queue::set_paused(member, true).await,
            Self::QueueResume => queue::set_paused(member, false).await,
            Self::QueueRetry => queue::retry(member, call).await,
            Self::Status => Ok(status::status(api, Some(&member.settings().name))),
        }
    }

    /// What each method does.
    pub(in crate::http) fn describe(self) -> Vec<(HttpMethod, OperationDraft)> {
        let get = |draft| vec![(HttpMethod::Get, draft)];
        let post = |draft| vec![(HttpMethod::Post, draft)];
        match self {
            Self::Drain => drain::describe(),
            Self::Lease => vec![(HttpMethod::Delete, leases::describe_release())],
            Self::Leases => leases::describe(),
            Self::Peers => get(peers::describe()),
            Self::PeersAdd => post(peers::describe_add()),
            Self::PeersRemove => post(peers::describe_remove()),
            Self::Prune => get(prune::describe()),
            Self::PruneCancel => post(prune::describe_cancel()),
            Self::PruneJob => get(prune::describe_job()),
            Self::PruneJobs => prune::describe_jobs(),
            Self::PrunePlan => prune::describe_plan(),
            Self::Queue => get(queue::describe()),
            Self::QueueAdd => post(queue::describe_add()),
            Self::QueueDrop => post(queue::describe_drop()),
            Self::QueuePause => post(queue::describe_pause()),
            Self::QueueResume => post(queue::describe_resume()),
            Self::QueueRetry => post(queue::describe_retry()),
            Self::Status => get(status::describe_of_node()),
        }
    }

    /// Whether a change here makes the node delete blocks or dial peers, or keeps it from that.
    pub(super) fn is_management(self) -> bool {
        self.is_pruning()
            || matches!(
                self,
                Self::Peers
                    | Self::PeersAdd
                    | Self::PeersRemove
                    | Self::Queue
                    | Self::QueueAdd
                    | Self::QueueDrop
                    | Self::QueuePause
                    | Self::QueueResume
                    | Self::QueueRetry
            )
    }

    /// Whether it is about pruning.
    pub(super) fn is_pruning(self) -> bool {
        matches!(
            self,
            Self::Prune | Self::PruneCancel | Self::PruneJob | Self::PruneJobs | Self::PrunePlan
        )
    }
}

/// The row of `resource`, the part of a path below `/api/v1/`, if it is one of the daemon.
pub(super) fn of_daemon(resource: &str) -> Option<&'static EndpointRow<DaemonEndpoint>> {
    OF_DAEMON.iter().find(|row| row.path == resource)
}

/// The row of `resource`, the part of a path below that of a node, and the segment that stands for
/// the one in braces; empty if there is none.
pub(super) fn of_node(resource: &str) -> Option<(&'static EndpointRow<NodeEndpoint>, &str)> {
    OF_NODE.iter().find_map(|row| {
        let argument = match row.path.split_once('{') {
            None => (row.path == resource).then_some("")?,
            Some((before, _)) => resource.strip_prefix(before)?,
        };
        (!argument.contains('/')).then_some((row, argument))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn found(resource: &str) -> Option<(NodeEndpoint, &str)> {
        of_node(resource).map(|(row, argument)| (row.endpoint, argument))
    }

    #[test]
    fn a_path_is_found_with_the_segment_that_stands_for_any() {
        assert_eq!(found("queue"), Some((NodeEndpoint::Queue, "")));
        assert_eq!(found("leases/lnd"), Some((NodeEndpoint::Lease, "lnd")));
        assert_eq!(found("prune/jobs/7"), Some((NodeEndpoint::PruneJob, "7")));
        assert_eq!(found("prune/jobs"), Some((NodeEndpoint::PruneJobs, "")));
        for other in [
            "",
            "queue/",
            "queue/x",
            "leases/a/b",
            "prune/jobs/7/",
            "status",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
        let of_daemon = |resource| of_daemon(resource).map(|row| row.endpoint);
        assert_eq!(of_daemon("status"), Some(DaemonEndpoint::Status));
        assert_eq!(of_daemon("limits/"), None);
    }

    #[test]
    fn no_path_is_there_twice() {
        let paths = OF_DAEMON.iter().map(|row| row.path);
        let paths = paths.chain(OF_NODE.iter().map(|row| row.path));
        let all: Vec<_> = paths.collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
