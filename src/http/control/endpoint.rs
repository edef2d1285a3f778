//! The paths of the control API: which there are, and which methods each takes.
//!
//! The router looks up a path here, and the `OpenAPI` document describes each row, so that neither
//! knows a path that the other does not.

use hyper::Method;

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

impl NodeEndpoint {
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
