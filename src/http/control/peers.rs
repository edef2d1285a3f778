//! `/api/v1/peers…`: the peers that are connected or kept.

use std::sync::Arc;

use hyper::{Method, StatusCode};
use serde_json::json;

use super::call::Call;
use super::queue::{done, list, one_peer, refusal};
use crate::clock;
use crate::http::reply::{self, Reply};
use crate::http::service::Service;
use crate::reconnect::Kept;
use crate::watch::Topic;

pub(super) async fn answer(service: &Service, what: &[&str], call: Call) -> Reply {
    let allowed = if what.is_empty() {
        Method::GET
    } else {
        Method::POST
    };
    if let Err(refusal) = call.check(&[allowed]) {
        return *refusal;
    }
    let lost = &service.reconnection;
    let (add, peer) = match what {
        [] => {
            let (snapshot, plan) = (service.desk.snapshot(), service.desk.settings().plan);
            let (known, limit) = (snapshot.peers.as_ref(), plan.stale_after(Topic::Peers));
            let peers = snapshot
                .fresh(Topic::Peers, known, limit, clock::mono())
                .cloned();
            drop(snapshot);
            return list(Arc::clone(lost), move |lost| {
                lost.peers(peers.as_ref().map(|peers| peers.as_slice()))
            })
            .await;
        }
        [wish @ ("add" | "remove")] => match one_peer(call).await {
            Ok(peer) => (*wish == "add", peer),
            Err(refusal) => return *refusal,
        },
        _ => {
            return reply::problem(
                StatusCode::NOT_FOUND,
                &format!("the control API has no peers/{}", what.join("/")),
            );
        }
    };
    let outcome = if add {
        lost.keep(&peer).await.map(
            |(address, new, kept)| json!({"address": address.to_string(), "kept": kept.map(Kept::as_str), "new": new}),
        )
    } else {
        lost.release(&peer).await.map(|(address, disconnected)| {
            json!({"address": address.to_string(), "kept": null, "disconnected": disconnected})
        })
    };
    outcome.map_or_else(|refused| refusal(&refused), |told| done(&told))
}
