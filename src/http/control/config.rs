//! `POST /api/v1/config/reload`: reads the configuration again.

use hyper::StatusCode;
use tokio::sync::{mpsc, oneshot};

use crate::api::{ProblemDetails, ReloadOutcome};
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::reply::{self, Reply};

/// A request to read the configuration again.
pub type Reload = oneshot::Sender<ReloadOutcome>;

/// Where requests to reload go.
pub(in crate::http) type ReloadSender = mpsc::Sender<Reload>;

pub(super) async fn reload(sender: &ReloadSender) -> Reply {
    let (done, outcome) = oneshot::channel();
    // Only whether it was sent: what could not be sent still holds `done`, and would keep us
    // waiting for it.
    let sent = sender.send(done).await.is_ok();
    match outcome.await {
        Ok(outcome) if outcome.applied => reply::value(StatusCode::OK, &outcome),
        Ok(outcome) => refused(outcome),
        Err(_) => {
            let detail = if sent {
                "the reload was interrupted"
            } else {
                "the daemon is shutting down"
            };
            reply::problem(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }
}

fn refused(outcome: ReloadOutcome) -> Reply {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let detail = "the configuration is not valid; the one in force stays";
    let details = ProblemDetails {
        problems: Some(outcome.problems),
        ..reply::problem_details(status, detail)
    };
    reply::problem_with(status, &details)
}

pub(super) fn describe_reload() -> OperationDraft {
    OperationDraft::new("daemon", "reloadConfig", "Reads the configuration again")
        .gives::<ReloadOutcome>(200, "It is in force", golden!("reload"))
        .refuses(422, "It is not valid: its problems; the one in force stays")
        .refuses(503, "The daemon is shutting down")
}
