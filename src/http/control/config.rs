//! `POST /api/v1/config/reload`: reads the configuration again.

use hyper::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};

use crate::http::reply::{self, Reply};
use crate::http::service::Service;

/// What came of reading the configuration again.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReloadReply {
    /// It is in force.
    pub applied: bool,
    /// What is wrong with it, or worth knowing.
    pub problems: Vec<Value>,
    /// Keys that changed but are taken up only by a restart.
    pub needs_restart: Vec<String>,
}

/// A request to read the configuration again.
pub type Reload = oneshot::Sender<ReloadReply>;

/// Where requests to reload go.
pub(in crate::http) type ReloadSender = mpsc::Sender<Reload>;

pub(super) async fn reload(service: &Service) -> Reply {
    let (done, outcome) = oneshot::channel();
    // Only whether it was sent: what could not be sent still holds `done`, and would keep us
    // waiting for it.
    let sent = service.reload.send(done).await.is_ok();
    match outcome.await {
        Ok(outcome) if outcome.applied => reply::value(StatusCode::OK, &outcome),
        Ok(outcome) => {
            let mut more = Map::new();
            more.insert("problems".to_owned(), Value::Array(outcome.problems));
            let detail = "the configuration is not valid; the one in force stays";
            reply::problem_with(StatusCode::UNPROCESSABLE_ENTITY, detail, more)
        }
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
