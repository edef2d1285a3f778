//! The drain of a node.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/nodes/NAME/drain` | GET | whether it is drained, why and until when |
//! | `/api/v1/nodes/NAME/drain` | POST `{reason, for_secs, force}` | drains it; 409 if fewer than `fleet.min_ready` nodes would be left |
//! | `/api/v1/nodes/NAME/drain` | DELETE | ends the drain, if there is one |

use std::time::Duration;

use hyper::StatusCode;
use jiff::Timestamp;
use utoipa::openapi::Required;
use utoipa::openapi::path::HttpMethod;

use super::ControlApi;
use super::call::ControlRequest;
use crate::api::{DrainDocument, DrainRequest, NodeDrained, NodeUndrained};
use crate::clock;
use crate::fleet::{DrainError, Member};
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::openapi::refusals::NOT_WRITTEN;
use crate::http::reply::{self, Reply};

pub(super) fn show(member: &Member) -> Reply {
    let drain = member.drain().read(clock::wall());
    let drained = NodeDrained {
        node: member.settings().name.clone(),
        drained: drain.as_deref().map(DrainDocument::from),
    };
    reply::value(StatusCode::OK, &drained)
}

pub(super) async fn end(api: &ControlApi, member: &Member) -> Reply {
    let name = member.settings().name.clone();
    match api.cache.router().undrain(&name).await {
        Ok(was_drained) => {
            let undrained = NodeUndrained {
                undrained: name,
                was_drained,
            };
            reply::value(StatusCode::OK, &undrained)
        }
        Err(error) => refusal(api, &error),
    }
}

pub(super) async fn begin(
    api: &ControlApi,
    member: &Member,
    call: ControlRequest,
) -> Result<Reply, Box<Reply>> {
    let name = member.settings().name.clone();
    let request: DrainRequest = call.document().await?;
    let problem = |status, detail: &str| Box::new(reply::problem(status, detail));
    if let Some(wrong) = wrong_reason(request.reason.as_deref()) {
        return Err(problem(StatusCode::BAD_REQUEST, &wrong));
    }
    // With one node nothing is routed, so that a drain would change nothing.
    if api.roster().only().is_some() {
        let detail = format!(
            "{name} is the only node: none would be left in rotation, fleet.min_ready is {}",
            api.cache.router().settings().min_ready
        );
        return Err(problem(StatusCode::CONFLICT, &detail));
    }
    let until = match request.for_secs.map(until).transpose() {
        Ok(until) => until,
        Err(wrong) => return Err(problem(StatusCode::BAD_REQUEST, &wrong)),
    };
    let router = api.cache.router();
    let drained = router.drain(&name, request.reason, until, request.force);
    let drained = drained
        .await
        .map_err(|error| Box::new(refusal(api, &error)))?;
    Ok(reply::value(
        StatusCode::OK,
        &NodeDrained {
            node: name,
            drained: Some(DrainDocument::from(&drained)),
        },
    ))
}

/// About thirty years, as the description of the API has it.
const MAX_DRAIN_SECS: u64 = 1_000_000_000;

fn until(for_secs: u64) -> Result<Timestamp, String> {
    if for_secs == 0 {
        return Err("for_secs is 0: write for how long, or leave it out".to_owned());
    }
    if for_secs > MAX_DRAIN_SECS {
        return Err(format!(
            "for_secs={for_secs} is too long: write at most {MAX_DRAIN_SECS}, or leave it out"
        ));
    }
    let until = clock::wall().checked_add(Duration::from_secs(for_secs));
    until.map_err(|_| format!("for_secs={for_secs} is too long"))
}

/// What is wrong with a reason, which is a part of lines in logs and of probes' answers.
fn wrong_reason(reason: Option<&str>) -> Option<String> {
    const MAX_CHARS: usize = 200;
    let reason = reason?;
    let length = reason.chars().count();
    if length > MAX_CHARS {
        return Some(format!(
            "the reason has {length} characters, at most {MAX_CHARS} are taken"
        ));
    }
    let is_one_line = !reason.chars().any(char::is_control);
    (!is_one_line).then(|| "the reason has control characters: write one line".to_owned())
}

fn refusal(api: &ControlApi, error: &DrainError) -> Reply {
    match error {
        DrainError::UnknownNode(name) => reply::no_such_node(name, api.roster().all().names()),
        DrainError::TooFewLeft(_) => reply::problem(StatusCode::CONFLICT, &error.to_string()),
        DrainError::Store(_) => {
            reply::problem(StatusCode::INSUFFICIENT_STORAGE, &error.to_string())
        }
    }
}

pub(super) fn describe() -> Vec<(HttpMethod, OperationDraft)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(wrong_reason(None), None);
        assert_eq!(wrong_reason(Some(&"ä".repeat(200))), None);
        assert!(wrong_reason(Some(&"ä".repeat(201))).is_some());
        assert!(wrong_reason(Some("a\nb")).is_some());
    }

    #[test]
    fn a_drain_ends_after_at_least_a_second_and_at_a_time_that_there_is() {
        assert!(until(0).is_err() && until(u64::MAX).is_err());
        assert!(until(60).unwrap() > clock::wall());
    }

    #[test]
    fn a_drain_lasts_as_long_as_the_description_of_the_api_allows() {
        assert!(until(1).is_ok() && until(MAX_DRAIN_SECS).is_ok());
        for refused in [0, MAX_DRAIN_SECS + 1, u64::MAX] {
            assert!(until(refused).is_err(), "{refused}");
        }
    }
}
