//! Leases.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/leases` | GET | the leases in force, by name |
//! | `/api/v1/leases` | POST | grants one: 201, or 200 if it replaced the one of this name |
//! | `/api/v1/leases/NAME` | DELETE | releases one |

use std::time::Duration;

use hyper::{Method, StatusCode};

use super::call::ControlRequest;
use crate::api::{LeaseDocument, LeaseGranted, LeaseReleased, LeaseRequest};
use crate::fleet::Member;
use crate::http::reply::{self, Reply};
use crate::prune::{GrantError, Keeps};

pub(super) async fn answer(node: &Member, path: &[&str], call: ControlRequest) -> Reply {
    routed(node, path, call)
        .await
        .unwrap_or_else(|refusal| *refusal)
}

async fn routed(node: &Member, path: &[&str], call: ControlRequest) -> Result<Reply, Box<Reply>> {
    match path {
        [] if call.check(&[Method::GET, Method::POST])? == Method::GET => {
            Ok(reply::value(StatusCode::OK, &list(node)))
        }
        [] => grant(node, call.document().await?).await,
        [name] => {
            call.check(&[Method::DELETE])?;
            match node.pruner().release(name).await {
                Ok(true) => Ok(released(name)),
                Ok(false) => Ok(reply::problem(
                    StatusCode::NOT_FOUND,
                    &format!("there is no lease {name}"),
                )),
                Err(error) => Err(Box::new(refused(&error))),
            }
        }
        _ => Ok(reply::problem(
            StatusCode::NOT_FOUND,
            &format!("the control API has no leases/{}", path.join("/")),
        )),
    }
}

fn list(node: &Member) -> Vec<LeaseDocument> {
    let leases = node.pruner().leases().into_iter();
    leases.map(Into::into).collect()
}

fn released(name: &str) -> Reply {
    let released = name.to_owned();
    reply::value(StatusCode::OK, &LeaseReleased { released })
}

async fn grant(node: &Member, request: LeaseRequest) -> Result<Reply, Box<Reply>> {
    let keeps = match (request.from_height, request.last) {
        (Some(height), None) => Keeps::From(height),
        (None, Some(blocks)) => Keeps::Last(blocks),
        _ => {
            let detail = "a lease needs one of from_height and last";
            return Err(Box::new(reply::problem(StatusCode::BAD_REQUEST, detail)));
        }
    };
    let ttl = request.ttl_secs.map(Duration::from_secs);
    let granted = node.pruner().grant(&request.name, keeps, ttl).await;
    let granted = granted.map_err(|error| Box::new(refused(&error)))?;
    let status = if granted.replaced {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let first_kept_height = node.pruner().first_kept_height();
    Ok(reply::value(
        status,
        &LeaseGranted {
            lease: granted.lease.into(),
            replaced: granted.replaced,
            deleting_up_to: granted.deleting_up_to,
            first_kept_height,
        },
    ))
}

fn refused(error: &GrantError) -> Reply {
    let status = match error {
        GrantError::Lease(_) => StatusCode::UNPROCESSABLE_ENTITY,
        GrantError::Store(_) | GrantError::Write(_) => StatusCode::INSUFFICIENT_STORAGE,
    };
    reply::problem(status, &error.with_causes())
}
