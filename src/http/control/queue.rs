//! `/api/v1/queue…`: the lost peers, and what an operator wants of them.

use std::sync::Arc;

use hyper::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::call::Call;
use crate::http::reply::{self, Reply};
use crate::http::service::Service;
use crate::reconnect::{Reconnection, Refused};
use crate::values::PeerName;

/// The document of a call about one peer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnePeer {
    address: String,
}

/// The document of a retry: one peer, or all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneOrAll {
    address: Option<String>,
    #[serde(default)]
    all: bool,
}

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
    let outcome = match what {
        [] => return list(Arc::clone(lost), Reconnection::queue).await,
        ["add"] => match one_peer(call).await {
            Ok(peer) => lost
                .queue_add(&peer)
                .await
                .map(|row| reply::value(StatusCode::OK, &row)),
            Err(refusal) => return *refusal,
        },
        ["drop"] => match one_peer(call).await {
            Ok(peer) => lost
                .queue_drop(&peer)
                .await
                .map(|address| done(&json!({"dropped": address.to_string()}))),
            Err(refusal) => return *refusal,
        },
        ["retry"] => match call.document::<OneOrAll>().await {
            Ok(OneOrAll {
                address: None,
                all: true,
            }) => lost
                .queue_retry_all()
                .await
                .map(|retried| done(&json!({"retried": retried}))),
            Ok(OneOrAll {
                address: Some(address),
                all: false,
            }) => match parse(&address) {
                Ok(peer) => lost
                    .queue_retry(&peer)
                    .await
                    .map(|row| reply::value(StatusCode::OK, &row)),
                Err(refusal) => return *refusal,
            },
            Ok(_) => {
                return reply::problem(
                    StatusCode::BAD_REQUEST,
                    "give either an address or all = true",
                );
            }
            Err(refusal) => return *refusal,
        },
        ["pause"] => lost
            .set_paused(true)
            .await
            .map(|()| done(&json!({"paused": true}))),
        ["resume"] => lost
            .set_paused(false)
            .await
            .map(|()| done(&json!({"paused": false}))),
        _ => {
            return reply::problem(
                StatusCode::NOT_FOUND,
                &format!("the control API has no queue/{}", what.join("/")),
            );
        }
    };
    outcome.unwrap_or_else(|refused| refusal(&refused))
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

pub(super) fn done(value: &Value) -> Reply {
    reply::value(StatusCode::OK, value)
}

/// The peer that the call is about.
pub(super) async fn one_peer(call: Call) -> Result<PeerName, Box<Reply>> {
    parse(&call.document::<OnePeer>().await?.address)
}

fn parse(address: &str) -> Result<PeerName, Box<Reply>> {
    address
        .parse()
        .map_err(|wrong: crate::values::InvalidPeer| {
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

pub(super) fn refusal(refused: &Refused) -> Reply {
    let status = match refused {
        Refused::NotFound(_) => StatusCode::NOT_FOUND,
        Refused::Conflict(_) => StatusCode::CONFLICT,
        Refused::NotWritten(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Refused::Node(_) => StatusCode::BAD_GATEWAY,
    };
    reply::problem(status, &refused.to_string())
}
