//! The peers that are connected or kept.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/peers` | GET | the peers that are connected or kept |
//! | `/api/v1/peers/add`, `…/remove` | POST `{address}` | keeps a peer connected, or disconnects it |

use std::sync::Arc;

use hyper::StatusCode;

use super::call::ControlRequest;
use super::queue::{list, method_of, one_peer, refusal};
use crate::api::{KeptBy, PeerDocument, PeerKept, PeerReleased};
use crate::clock;
use crate::fleet::Member;
use crate::http::reply::{self, Reply};
use crate::reconnect::{Kept, Reconnection};
use crate::values::PeerName;
use crate::watch::Topic;

pub(super) async fn answer(node: &Member, what: &[&str], call: ControlRequest) -> Reply {
    routed(node, what, call)
        .await
        .unwrap_or_else(|refusal| *refusal)
}

async fn routed(node: &Member, what: &[&str], call: ControlRequest) -> Result<Reply, Box<Reply>> {
    call.check(&[method_of(what)])?;
    let lost = node.reconnection();
    match what {
        [] => Ok(peers(node).await),
        ["add"] => keep(lost, &one_peer(call).await?).await,
        ["remove"] => release(lost, &one_peer(call).await?).await,
        _ => Ok(reply::problem(
            StatusCode::NOT_FOUND,
            &format!("the control API has no peers/{}", what.join("/")),
        )),
    }
}

async fn peers(node: &Member) -> Reply {
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

async fn keep(lost: &Reconnection, peer: &PeerName) -> Result<Reply, Box<Reply>> {
    let (address, new, kept) = lost.keep(peer).await.map_err(refusal)?;
    let kept = PeerKept {
        address: address.to_string(),
        kept: kept.map(|kept| KeptBy::from(Kept::as_str(kept))),
        new,
    };
    Ok(reply::value(StatusCode::OK, &kept))
}

async fn release(lost: &Reconnection, peer: &PeerName) -> Result<Reply, Box<Reply>> {
    let (address, disconnected) = lost.release(peer).await.map_err(refusal)?;
    let released = PeerReleased {
        address: address.to_string(),
        kept: None,
        disconnected,
    };
    Ok(reply::value(StatusCode::OK, &released))
}
