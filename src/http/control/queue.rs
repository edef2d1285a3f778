//! The lost peers, and what an operator wants of them.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/queue` | GET | the reconnection queue |
//! | `/api/v1/queue/add`, `…/drop` | POST `{address}` | queues a peer for one episode, or takes it out |
//! | `/api/v1/queue/retry` | POST `{address}` or `{all: true}` | makes peers due at once |
//! | `/api/v1/queue/pause`, `…/resume` | POST | pauses the queue, or lets it go on |

use std::sync::Arc;

use hyper::StatusCode;
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::openapi::Required;

use super::call::ControlRequest;
use crate::api::{PeerRequest, QueueDropped, QueuePaused, QueueRetried, QueuedPeer, RetryRequest};
use crate::fleet::Member;
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::openapi::refusals::NOT_SAVED;
use crate::http::reply::{self, Reply};
use crate::reconnect::{QueueRow, Reconnection, Refused};
use crate::values::{InvalidPeer, PeerName};

pub(super) async fn queue(node: &Member) -> Reply {
    let rows = |lost: &Reconnection| -> Vec<QueuedPeer> {
        lost.queue().into_iter().map(Into::into).collect()
    };
    list(Arc::clone(node.reconnection()), rows).await
}

pub(super) async fn add(node: &Member, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let peer = one_peer(call).await?;
    let added = node.reconnection().queue_add(&peer).await;
    added.map(queued).map_err(refusal)
}

pub(super) async fn drop(node: &Member, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let peer = one_peer(call).await?;
    let dropped = node.reconnection().queue_drop(&peer).await;
    let dropped = dropped.map_err(refusal)?.to_string();
    Ok(reply::value(StatusCode::OK, &QueueDropped { dropped }))
}

pub(super) async fn set_paused(node: &Member, paused: bool) -> Result<Reply, Box<Reply>> {
    let done = node.reconnection().set_paused(paused).await;
    done.map_err(refusal)?;
    Ok(reply::value(StatusCode::OK, &QueuePaused { paused }))
}

pub(super) async fn retry(node: &Member, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let lost = node.reconnection();
    match call.document().await? {
        RetryRequest {
            address: None,
            all: true,
        } => {
            let retried = lost.queue_retry_all().await.map_err(refusal)?;
            Ok(reply::value(StatusCode::OK, &QueueRetried { retried }))
        }
        RetryRequest {
            address: Some(address),
            all: false,
        } => {
            let peer = parse(&address)?;
            lost.queue_retry(&peer).await.map(queued).map_err(refusal)
        }
        RetryRequest { .. } => {
            let detail = "give either an address or all = true";
            Err(Box::new(reply::problem(StatusCode::BAD_REQUEST, detail)))
        }
    }
}

fn queued(row: QueueRow) -> Reply {
    reply::value(StatusCode::OK, &QueuedPeer::from(row))
}

/// A list may have thousands of rows: it is made beside the thread that answers probes.
pub(super) async fn list<T: Serialize + 'static>(
    lost: Arc<Reconnection>,
    rows: impl FnOnce(&Reconnection) -> Vec<T> + Send + 'static,
) -> Reply {
    match spawn_blocking(move || reply::value(StatusCode::OK, &rows(&lost))).await {
        Ok(reply) => reply,
        Err(error) => reply::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// The peer that the call is about.
pub(super) async fn one_peer(call: ControlRequest) -> Result<PeerName, Box<Reply>> {
    let request: PeerRequest = call.document().await?;
    parse(&request.address)
}

fn parse(address: &str) -> Result<PeerName, Box<Reply>> {
    address.parse().map_err(|wrong: InvalidPeer| {
        let shown: String = address
            .chars()
            .take(100)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let suggestion = wrong
            .suggestion
            .as_ref()
            .map_or_else(String::new, |suggestion| format!("; {suggestion}"));
        let detail = format!("`{shown}` {}{suggestion}", wrong.message);
        Box::new(reply::problem(StatusCode::BAD_REQUEST, &detail))
    })
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_box_returns,
    reason = "as map_err gives and takes it: a Reply is large for an error"
)]
pub(super) fn refusal(refused: Refused) -> Box<Reply> {
    let status = match &refused {
        Refused::NotFound(_) => StatusCode::NOT_FOUND,
        Refused::Conflict(_) => StatusCode::CONFLICT,
        Refused::NotWritten(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Refused::Node(_) => StatusCode::BAD_GATEWAY,
    };
    Box::new(reply::problem(status, &refused.to_string()))
}

pub(super) fn describe() -> OperationDraft {
    OperationDraft::new(
        "queue",
        "listQueue",
        "The peers that were lost, and when each is dialled again",
    )
    .gives_list::<QueuedPeer>(200, "The queue", golden!("queue"))
    .refuses(500, "The list could not be made")
}

pub(super) fn describe_pause() -> OperationDraft {
    pause("pauseQueue", "Begins no attempts any more")
}

pub(super) fn describe_resume() -> OperationDraft {
    pause("resumeQueue", "Lets attempts go on")
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

pub(super) fn describe_add() -> OperationDraft {
    OperationDraft::new("queue", "addToQueue", "Dials a peer until it is connected")
        .takes::<PeerRequest>(Required::True)
        .gives::<QueuedPeer>(200, "It is in the queue", golden!("queue_added"))
        .refuses(
            409,
            "It is connected, or the queue is full, or this daemon does not manage the node",
        )
        .refuses(500, NOT_SAVED)
}

pub(super) fn describe_drop() -> OperationDraft {
    OperationDraft::new("queue", "dropFromQueue", "Takes a peer out of the queue")
        .takes::<PeerRequest>(Required::True)
        .gives::<QueueDropped>(200, "It is dialled no more", golden!("queue_dropped"))
        .refuses(404, "It is not in the queue, or there is no such node")
        .refuses(409, "It is kept, or this daemon does not manage the node")
        .refuses(500, NOT_SAVED)
}

pub(super) fn describe_retry() -> OperationDraft {
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
