//! The peers that are connected or kept.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/peers` | GET | the peers that are connected or kept |
//! | `/api/v1/peers/add`, `…/remove` | POST `{address}` | keeps a peer connected, or disconnects it |

use std::sync::Arc;

use hyper::StatusCode;
use utoipa::openapi::Required;

use super::call::ControlRequest;
use super::queue::{list, one_peer, refusal};
use crate::api::{KeptBy, PeerDocument, PeerKept, PeerReleased, PeerRequest};
use crate::clock;
use crate::fleet::Member;
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::openapi::refusals::NOT_SAVED;
use crate::http::reply::{self, Reply};
use crate::reconnect::{Kept, Reconnection};
use crate::watch::Topic;

pub(super) async fn peers(node: &Member) -> Reply {
    let snapshot = node.snapshot();
    let limit = node.settings().plan.stale_after(Topic::Peers);
    let listed = snapshot
        .fresh(Topic::Peers, snapshot.peers.as_ref(), limit, clock::mono())
        .cloned();
    drop(snapshot);
    let rows = move |lost: &Reconnection| -> Vec<PeerDocument> {
        let rows = lost.peers(listed.as_ref().map(|peers| peers.as_slice()));
        rows.into_iter().map(Into::into).collect()
    };
    list(Arc::clone(node.reconnection()), rows).await
}

pub(super) async fn add(node: &Member, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let peer = one_peer(call).await?;
    let added = node.reconnection().keep(&peer).await;
    let (address, new, kept) = added.map_err(refusal)?;
    let kept = PeerKept {
        address: address.to_string(),
        kept: kept.map(|kept| KeptBy::from(Kept::as_str(kept))),
        new,
    };
    Ok(reply::value(StatusCode::OK, &kept))
}

pub(super) async fn remove(node: &Member, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let peer = one_peer(call).await?;
    let removed = node.reconnection().release(&peer).await;
    let (address, disconnected) = removed.map_err(refusal)?;
    let released = PeerReleased {
        address: address.to_string(),
        kept: None,
        disconnected,
    };
    Ok(reply::value(StatusCode::OK, &released))
}

pub(super) fn describe() -> OperationDraft {
    OperationDraft::new("peers", "listPeers", "The peers that are connected or kept")
        .gives_list::<PeerDocument>(200, "The peers", golden!("peers"))
        .refuses(500, "The list could not be made")
}

pub(super) fn describe_add() -> OperationDraft {
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

pub(super) fn describe_remove() -> OperationDraft {
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
