//! Leases.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/leases` | GET | the leases in force, by name |
//! | `/api/v1/leases` | POST | grants one: 201, or 200 if it replaced the one of this name |
//! | `/api/v1/leases/NAME` | DELETE | releases one |

use std::time::Duration;

use hyper::StatusCode;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{ObjectBuilder, Required, Type};

use super::call::ControlRequest;
use crate::api::{LeaseDocument, LeaseGranted, LeaseReleased, LeaseRequest};
use crate::fleet::Member;
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::openapi::refusals::NOT_WRITTEN;
use crate::http::reply::{self, Reply};
use crate::prune::{GrantError, Keeps};

pub(super) fn list(node: &Member) -> Reply {
    let leases = node.pruner().leases().into_iter();
    let leases: Vec<LeaseDocument> = leases.map(Into::into).collect();
    reply::value(StatusCode::OK, &leases)
}

pub(super) async fn release(node: &Member, name: &str) -> Reply {
    match node.pruner().release(name).await {
        Ok(true) => released(name),
        Ok(false) => {
            let detail = format!("there is no lease {name}");
            reply::problem(StatusCode::NOT_FOUND, &detail)
        }
        Err(error) => refused(&error),
    }
}

fn released(name: &str) -> Reply {
    let released = name.to_owned();
    reply::value(StatusCode::OK, &LeaseReleased { released })
}

pub(super) async fn grant(node: &Member, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let request: LeaseRequest = call.document().await?;
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

pub(super) fn describe() -> Vec<(HttpMethod, OperationDraft)> {
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

pub(super) fn describe_release() -> OperationDraft {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1));
    OperationDraft::new("prune", "releaseLease", "Ends a lease")
        .segment("lease", "The name of the lease", name)
        .gives::<LeaseReleased>(200, "It has ended", golden!("lease_released"))
        .refuses(404, "There is no such lease, or no such node")
        .refuses(507, NOT_WRITTEN)
}
