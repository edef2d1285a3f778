//! The operations on a node.

use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{KnownFormat, ObjectBuilder, Required, SchemaFormat, Type};

use super::operation::OperationDraft;
use super::operations::golden;
use crate::api::{
    DrainRequest, LeaseDocument, LeaseGranted, LeaseReleased, LeaseRequest, NodeDrained,
    NodeUndrained, PeerDocument, PeerKept, PeerReleased, PeerRequest, PruneDocument, PruneJob,
    PrunePlan, PruneRequest, QueueDropped, QueuePaused, QueueRetried, QueuedPeer, RetryRequest,
    StatusDocument,
};
use crate::http::control::endpoint::NodeEndpoint;

const UNMANAGED: &str = "This daemon does not manage the node: nodes.manage";
const NOT_WRITTEN: &str = "What was asked for could not be saved, and is not in force";
const NOT_SAVED: &str = "It is done, but not saved: it may be forgotten with the next restart";

/// What each method does at a path of a node.
pub(super) fn of_node(endpoint: NodeEndpoint) -> Vec<(HttpMethod, OperationDraft)> {
    let get = |draft| vec![(HttpMethod::Get, draft)];
    let post = |draft| vec![(HttpMethod::Post, draft)];
    match endpoint {
        NodeEndpoint::Drain => drain(),
        NodeEndpoint::Lease => vec![(HttpMethod::Delete, release_lease())],
        NodeEndpoint::Leases => leases(),
        NodeEndpoint::Peers => {
            get(
                OperationDraft::new("peers", "listPeers", "The peers that are connected or kept")
                    .gives_list::<PeerDocument>(200, "The peers", golden!("peers"))
                    .refuses(500, "The list could not be made"),
            )
        }
        NodeEndpoint::PeersAdd => post(add_peer()),
        NodeEndpoint::PeersRemove => post(remove_peer()),
        NodeEndpoint::Prune => get(OperationDraft::new(
            "prune",
            "getPrune",
            "The running job, the last one, what is used, and when the volume will be full",
        )
        .gives::<PruneDocument>(200, "How pruning stands", golden!("prune"))),
        NodeEndpoint::PruneCancel => post(cancel_prune()),
        NodeEndpoint::PruneJob => get(prune_job()),
        NodeEndpoint::PruneJobs => prune_jobs(),
        NodeEndpoint::PrunePlan => prune_plan(),
        NodeEndpoint::Queue => get(OperationDraft::new(
            "queue",
            "listQueue",
            "The peers that were lost, and when each is dialled again",
        )
        .gives_list::<QueuedPeer>(200, "The queue", golden!("queue"))
        .refuses(500, "The list could not be made")),
        NodeEndpoint::QueueAdd => post(add_to_queue()),
        NodeEndpoint::QueueDrop => post(drop_from_queue()),
        NodeEndpoint::QueuePause => post(pause("pauseQueue", "Begins no attempts any more")),
        NodeEndpoint::QueueResume => post(pause("resumeQueue", "Lets attempts go on")),
        NodeEndpoint::QueueRetry => post(retry_queue()),
        NodeEndpoint::Status => {
            get(
                OperationDraft::new("nodes", "getStatus", "Everything that is known of the node")
                    .gives::<StatusDocument>(200, "The status", golden!("status")),
            )
        }
    }
}

fn drain() -> Vec<(HttpMethod, OperationDraft)> {
    let show = OperationDraft::new(
        "nodes",
        "getDrain",
        "Whether the node is drained, why and until when",
    )
    .gives::<NodeDrained>(200, "Its drain", golden!("node_drained"));
    let begin = OperationDraft::new("nodes", "drainNode", "Takes the node out of the rotation")
        .takes::<DrainRequest>(Required::False)
        .gives::<NodeDrained>(200, "It is drained", golden!("node_drained"))
        .refuses(
            409,
            "Fewer nodes than fleet.min_ready would be left in rotation",
        )
        .refuses(507, NOT_WRITTEN);
    let end = OperationDraft::new("nodes", "undrainNode", "Ends the drain, if there is one")
        .gives::<NodeUndrained>(200, "It is not drained", golden!("node_undrained"))
        .refuses(507, NOT_WRITTEN);
    vec![
        (HttpMethod::Get, show),
        (HttpMethod::Post, begin),
        (HttpMethod::Delete, end),
    ]
}

fn leases() -> Vec<(HttpMethod, OperationDraft)> {
    let list = OperationDraft::new("prune", "listLeases", "The leases in force, by name")
        .gives_list::<LeaseDocument>(200, "The leases", golden!("leases"));
    let grant = OperationDraft::new(
        "prune",
        "grantLease",
        "Keeps blocks from being pruned for a program that needs them",
    )
    .takes::<LeaseRequest>(Required::True)
    .gives::<LeaseGranted>(
        200,
        "It took the place of the one of this name",
        golden!("lease_granted"),
    )
    .gives::<LeaseGranted>(201, "It is granted", golden!("lease_granted"))
    .refuses(422, "It would keep nothing, or there are too many")
    .refuses(507, NOT_WRITTEN);
    vec![(HttpMethod::Get, list), (HttpMethod::Post, grant)]
}

fn release_lease() -> OperationDraft {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1));
    OperationDraft::new("prune", "releaseLease", "Ends a lease")
        .segment("lease", "The name of the lease", name)
        .gives::<LeaseReleased>(200, "It has ended", golden!("lease_released"))
        .refuses(404, "There is no such lease, or no such node")
        .refuses(507, NOT_WRITTEN)
}

fn add_peer() -> OperationDraft {
    OperationDraft::new(
        "peers",
        "addPeer",
        "Keeps a peer connected from now on, over restarts",
    )
    .takes::<PeerRequest>(Required::True)
    .gives::<PeerKept>(200, "It is kept", golden!("peer_kept"))
    .refuses(
        409,
        "It is the node's own address, or this daemon does not manage the node",
    )
    .refuses(500, NOT_SAVED)
}

fn remove_peer() -> OperationDraft {
    OperationDraft::new(
        "peers",
        "removePeer",
        "Keeps a peer no more, and disconnects it",
    )
    .takes::<PeerRequest>(Required::True)
    .gives::<PeerReleased>(200, "It is kept no more", golden!("peer_released"))
    .refuses(404, "The peer is neither kept nor connected")
    .refuses(
        409,
        "The configuration keeps it, or this daemon does not manage the node",
    )
    .refuses(500, NOT_SAVED)
    .refuses(
        502,
        "It is kept no more, but the node has not disconnected it",
    )
}

fn prune_plan() -> Vec<(HttpMethod, OperationDraft)> {
    let automatic = OperationDraft::new(
        "prune",
        "getPrunePlan",
        "What would be done now without being asked",
    )
    .gives::<PrunePlan>(200, "The plan", golden!("prune_plan"));
    let asked = OperationDraft::new(
        "prune",
        "planPrune",
        "What would be done for this request, and changes nothing",
    )
    .takes::<PruneRequest>(Required::False)
    .gives::<PrunePlan>(200, "The plan", golden!("prune_plan"))
    .refuses(409, UNMANAGED);
    vec![(HttpMethod::Get, automatic), (HttpMethod::Post, asked)]
}

fn prune_jobs() -> Vec<(HttpMethod, OperationDraft)> {
    let list = OperationDraft::new(
        "prune",
        "listPruneJobs",
        "The jobs that are remembered, the newest first",
    )
    .gives_list::<PruneJob>(200, "The jobs", golden!("prune_jobs"));
    let begin = OperationDraft::new("prune", "beginPruneJob", "Begins to prune")
        .about("Without a member it prunes to the target of the configuration.")
        .takes::<PruneRequest>(Required::False)
        .gives::<PrunePlan>(200, "There is nothing to do", golden!("prune_plan"))
        .gives::<PruneJob>(202, "The job has begun", golden!("prune_job_begun"))
        .refuses(
            409,
            "Another job is running: that job; or this daemon does not prune the node",
        )
        .refuses(422, "A rule is against it: the plan")
        .refuses(503, "The daemon is shutting down");
    vec![(HttpMethod::Get, list), (HttpMethod::Post, begin)]
}

fn prune_job() -> OperationDraft {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::UInt64)))
        .minimum(Some(0));
    OperationDraft::new("prune", "getPruneJob", "One job")
        .segment("job", "The number of the job", number)
        .gives::<PruneJob>(200, "The job", golden!("prune_job_begun"))
        .refuses(404, "There is no such job, or no such node")
}

fn cancel_prune() -> OperationDraft {
    OperationDraft::new(
        "prune",
        "cancelPrune",
        "The running job sends no further call to the node",
    )
    .gives::<PruneJob>(200, "The job", golden!("prune_job_begun"))
    .refuses(404, "No job is running, or there is no such node")
    .refuses(409, UNMANAGED)
}

fn add_to_queue() -> OperationDraft {
    OperationDraft::new("queue", "addToQueue", "Dials a peer until it is connected")
        .takes::<PeerRequest>(Required::True)
        .gives::<QueuedPeer>(200, "It is in the queue", golden!("queue_added"))
        .refuses(
            409,
            "It is connected, or the queue is full, or this daemon does not manage the node",
        )
        .refuses(500, NOT_SAVED)
}

fn drop_from_queue() -> OperationDraft {
    OperationDraft::new("queue", "dropFromQueue", "Takes a peer out of the queue")
        .takes::<PeerRequest>(Required::True)
        .gives::<QueueDropped>(200, "It is dialled no more", golden!("queue_dropped"))
        .refuses(404, "It is not in the queue, or there is no such node")
        .refuses(409, "It is kept, or this daemon does not manage the node")
        .refuses(500, NOT_SAVED)
}

fn retry_queue() -> OperationDraft {
    OperationDraft::new("queue", "retryQueue", "Makes one peer, or all, due at once")
        .takes::<RetryRequest>(Required::True)
        .gives_either::<QueuedPeer, QueueRetried>(
            200,
            "The peer, or how many are due",
            golden!("queue_retried"),
        )
        .refuses(404, "It is not in the queue, or there is no such node")
        .refuses(
            409,
            "It cannot be dialled now, or this daemon does not manage the node",
        )
        .refuses(500, NOT_SAVED)
}

fn pause(id: &str, summary: &str) -> OperationDraft {
    OperationDraft::new("queue", id, summary)
        .gives::<QueuePaused>(200, "Whether it is paused", golden!("queue_paused"))
        .refuses(
            409,
            "network.reconnect_enabled is false, or this daemon does not manage the node",
        )
        .refuses(500, NOT_SAVED)
}
