//! Prune jobs.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/prune` | GET | the running job, the last one, what is used, the forecast |
//! | `/api/v1/prune/plan` | GET | what would be done without being asked |
//! | `/api/v1/prune/plan` | POST | what would be done for this request |
//! | `/api/v1/prune/jobs` | GET | the jobs that are remembered, the newest first |
//! | `/api/v1/prune/jobs` | POST | begins one: 202 and the job; 200 and the plan if there is nothing to do; 409 with the running job; 422 with the plan if a rule refuses; 503 while the daemon goes down |
//! | `/api/v1/prune/jobs/ID` | GET | one job |
//! | `/api/v1/prune/cancel` | POST | the running job sends no further call: 200 and the job; 404 if none is running |

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::Call;
use crate::http::reply::{self, Reply};
use crate::http::service::Service;
use crate::prune::{Ask, Job, Started};
use crate::values::Size;

/// How far to prune: at most one of these; none is as far as the configuration says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    to_bytes: Option<u64>,
    to_height: Option<u32>,
    keep_blocks: Option<u32>,
}

impl Request {
    fn ask(&self) -> Option<Ask> {
        match (self.to_bytes, self.to_height, self.keep_blocks) {
            (None, None, None) => Some(Ask::Configured),
            (Some(bytes), None, None) => Some(Ask::Usage(Size::from_bytes(bytes))),
            (None, Some(height), None) => Some(Ask::Height(height)),
            (None, None, Some(blocks)) => Some(Ask::KeepBlocks(blocks)),
            _ => None,
        }
    }
}

pub(super) async fn answer(service: &Service, path: &[&str], call: Call) -> Reply {
    routed(service, path, call)
        .await
        .unwrap_or_else(|refusal| *refusal)
}

async fn routed(service: &Service, path: &[&str], call: Call) -> Result<Reply, Box<Reply>> {
    let pruner = &service.pruner;
    match path {
        [] => {
            call.check(&[Method::GET])?;
            Ok(reply::value(StatusCode::OK, &pruner.status()))
        }
        ["plan"] => {
            let ask = match call.check(&[Method::GET, Method::POST])? {
                Method::GET => Ask::Automatic,
                _ => asked(call).await?,
            };
            Ok(reply::value(StatusCode::OK, &pruner.propose(ask).await))
        }
        ["jobs"] => {
            if call.check(&[Method::GET, Method::POST])? == Method::GET {
                return Ok(reply::value(StatusCode::OK, &pruner.jobs()));
            }
            let ask = asked(call).await?;
            Ok(begun(pruner.start(ask).await))
        }
        ["cancel"] => {
            call.check(&[Method::POST])?;
            let none = || reply::problem(StatusCode::NOT_FOUND, "no prune job is running");
            Ok(pruner
                .cancel()
                .map_or_else(none, |job| reply::value(StatusCode::OK, &job)))
        }
        ["jobs", id] => {
            call.check(&[Method::GET])?;
            let job = id.parse().ok().and_then(|id| pruner.job(id));
            let unknown = || {
                reply::problem(
                    StatusCode::NOT_FOUND,
                    &format!("there is no prune job {id}"),
                )
            };
            Ok(job.map_or_else(unknown, |job| reply::value(StatusCode::OK, &job)))
        }
        _ => Ok(reply::problem(
            StatusCode::NOT_FOUND,
            &format!("the control API has no prune/{}", path.join("/")),
        )),
    }
}

async fn asked(call: Call) -> Result<Ask, Box<Reply>> {
    let request: Request = call.document().await?;
    request.ask().ok_or_else(|| {
        let detail =
            "to_bytes, to_height and keep_blocks exclude each other: write one of them, or none";
        Box::new(reply::problem(StatusCode::BAD_REQUEST, detail))
    })
}

fn begun(started: Started) -> Reply {
    match started {
        Started::Job(job) => reply::value(StatusCode::ACCEPTED, &job),
        Started::Not(plan) if plan.action == "idle" => reply::value(StatusCode::OK, &plan),
        Started::Not(plan) => {
            let more = Map::from_iter([("plan".to_owned(), json!(plan))]);
            reply::problem_with(StatusCode::UNPROCESSABLE_ENTITY, &plan.why, more)
        }
        Started::Busy(job) => {
            let detail = format!("prune job {} is running; one at a time", job.id);
            reply::problem_with(StatusCode::CONFLICT, &detail, running(&job))
        }
        Started::Closed => reply::problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon is shutting down",
        ),
    }
}

fn running(job: &Job) -> Map<String, Value> {
    Map::from_iter([
        ("job_id".to_owned(), json!(job.id)),
        ("job".to_owned(), json!(job)),
    ])
}
