//! The control API, for the command line. Every call needs the control token, asked before the path is looked at.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/status` | GET | the detailed health, with collectors and tasks |
//! | `/api/v1/config/reload` | POST | reads the configuration again |
//!
//! Errors are problem details (RFC 9457).

use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};

use super::detailed;
use super::reply::{self, Reply};
use super::service::Service;
use super::token::Admission;
use crate::clock;

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
pub(super) type ReloadSender = mpsc::Sender<Reload>;

/// Answers a request below `/api/`.
pub(super) async fn answer(service: &Service, method: &Method, path: &str, headers: &HeaderMap, from: IpAddr) -> Reply {
    let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    match service.token.admit(authorization, from, clock::mono()) {
        Admission::Granted => {}
        Admission::Refused => {
            service.recorder.control_refused();
            let mut refusal = reply::problem(StatusCode::UNAUTHORIZED, "the control token is missing or wrong");
            refusal.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"bllvmctl\""));
            return refusal;
        }
        Admission::TooMany(wait) => {
            service.recorder.control_refused();
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let detail = format!("too many requests with a wrong control token; try again in {seconds} s");
            let mut refusal = reply::problem(StatusCode::TOO_MANY_REQUESTS, &detail);
            refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            return refusal;
        }
    }
    match path {
        "/api/v1/status" => only(&Method::GET, method, || status(service)),
        "/api/v1/config/reload" if method == Method::POST => reload(service).await,
        "/api/v1/config/reload" => not_allowed(&Method::POST),
        _ => reply::problem(StatusCode::NOT_FOUND, &format!("the control API has no {path}")),
    }
}

fn only(allowed: &Method, method: &Method, answer: impl FnOnce() -> Reply) -> Reply {
    let head = allowed == Method::GET && method == Method::HEAD;
    if method == allowed || head { answer() } else { not_allowed(allowed) }
}

fn not_allowed(allowed: &Method) -> Reply {
    let mut reply = reply::problem(StatusCode::METHOD_NOT_ALLOWED, &format!("use {allowed}"));
    if let Ok(value) = HeaderValue::from_str(allowed.as_str()) {
        reply.headers_mut().insert(hyper::header::ALLOW, value);
    }
    reply
}

fn status(service: &Service) -> Reply {
    let desk = &service.desk;
    let (judged, snapshot, settings) = (desk.judged(clock::mono()), desk.snapshot(), desk.settings());
    let (outcome, known) = (detailed::outcome(&judged, &[]), detailed::known(&judged, &snapshot, &settings));
    let tasks = service.supervisor.report();
    reply::value(StatusCode::OK, &detailed::full_status(&judged, &known, &settings, &outcome, &tasks))
}

async fn reload(service: &Service) -> Reply {
    let (done, outcome) = oneshot::channel();
    // Only whether it was sent: what could not be sent still holds `done`, and would keep us waiting for it.
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
            let detail = if sent { "the reload was interrupted" } else { "the daemon is shutting down" };
            reply::problem(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }
}
