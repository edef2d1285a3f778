//! The documents of the control API and of the health paths: written by `http`, read by `cli`.
//!
//! Decides the names, types and order of members, and nothing else: no policy, no texts. Pure.
//!
//! Amounts of bytes are numbers (`Size`), times are RFC 3339, durations are seconds (`_secs`), what
//! is not known is `null`. Readers ignore members that they do not know and do without members that
//! an older daemon does not have; only what makes a document ours is required.

mod config;
mod detailed;
mod health;
mod leases;
mod limits;
mod nodes;
mod paths;
mod peers;
mod problem;
mod prune;
mod queue;
mod status;
mod words;

#[cfg(test)]
mod golden;

pub use config::{ConfigProblem, ProblemSeverity, ReloadOutcome, ReloadProblem};
pub use detailed::{
    AttemptTotals, ChainHealth, CollectorName, CollectorStatus, DaemonStatus, DetailedHealth,
    HealthThresholds, NetworkDown, NetworkHealth, NodeHealth, NodeStatus, PruningMode,
    PruningStatus, QueueTotals, ReconnectionStatus, RpcHealth, StorageHealth,
};
pub use health::{CheckId, CheckLevel, CheckResult, HealthWord, NodeState, PlainHealth};
pub use leases::{LeaseDocument, LeaseGranted, LeaseReleased, LeaseRequest};
pub use limits::{
    CallersByLayer, ExplainQuery, LimitLayer, LimitRate, LimitStep, LimitedUser, LimitsDocument,
    LimitsExplained, LimitsMode, LimitsSummary,
};
pub use nodes::{
    DrainDocument, DrainRequest, NodeDrained, NodeSummary, NodeUndrained, RotationState,
    RouteCandidate, RouteExplainQuery, RouteExplained,
};
pub use paths::{PATH_PREFIX, decoded_name, path_of_node, path_of_status};
pub use peers::{KeptBy, OpenedBy, PeerDocument, PeerKept, PeerQuality, PeerReleased, PeerRequest};
pub use problem::ProblemDetails;
pub use prune::{
    DiskForecast, PlanAction, PlanAim, PruneDocument, PruneJob, PruneJobState, PrunePlan,
    PruneRequest, PruneTrigger, PruneUsage,
};
pub use queue::{
    QueueDropped, QueuePaused, QueueRetried, QueuedPeer, QueuedPeerState, RetryRequest,
};
pub use status::{StatusDocument, TaskPhase, TaskStatus};
