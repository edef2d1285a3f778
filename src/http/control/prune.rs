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

use hyper::StatusCode;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{KnownFormat, ObjectBuilder, Required, SchemaFormat, Type};

use super::call::ControlRequest;
use crate::api::{ProblemDetails, PruneDocument, PruneJob, PrunePlan, PruneRequest};
use crate::fleet::Member;
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::openapi::refusals::UNMANAGED;
use crate::http::reply::{self, Reply};
use crate::prune::{Ask, DecisionKind, Job, PlanRecord, Started};

/// What the request asks for; `None`: several things at once.
fn ask(request: PruneRequest) -> Option<Ask> {
    match (request.to_bytes, request.to_height, request.keep_blocks) {
        (None, None, None) => Some(Ask::Configured),
        (Some(usage), None, None) => Some(Ask::Usage(usage)),
        (None, Some(height), None) => Some(Ask::Height(height)),
        (None, None, Some(blocks)) => Some(Ask::KeepBlocks(blocks)),
        _ => None,
    }
}

pub(super) fn status(node: &Member) -> Reply {
    let document = PruneDocument::from(node.pruner().status());
    reply::value(StatusCode::OK, &document)
}

pub(super) async fn plan(node: &Member, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let ask = if call.is_read() {
        Ask::Automatic
    } else {
        asked(call).await?
    };
    Ok(plan_reply(node.pruner().propose(ask).await))
}

pub(super) fn jobs(node: &Member) -> Reply {
    let jobs = node.pruner().jobs().into_iter();
    let jobs: Vec<PruneJob> = jobs.map(Into::into).collect();
    reply::value(StatusCode::OK, &jobs)
}

pub(super) async fn begin(node: &Member, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let ask = asked(call).await?;
    Ok(begun(node.pruner().start(ask).await))
}

pub(super) fn job(node: &Member, id: &str) -> Reply {
    let job = id.parse().ok().and_then(|id| node.pruner().job(id));
    let unknown = || {
        let detail = format!("there is no prune job {id}");
        reply::problem(StatusCode::NOT_FOUND, &detail)
    };
    job.map_or_else(unknown, |job| job_reply(StatusCode::OK, job))
}

pub(super) fn cancel(node: &Member) -> Reply {
    match node.pruner().cancel() {
        Some(job) => job_reply(StatusCode::OK, job),
        None => reply::problem(StatusCode::NOT_FOUND, "no prune job is running"),
    }
}

async fn asked(call: ControlRequest) -> Result<Ask, Box<Reply>> {
    ask(call.document().await?).ok_or_else(|| {
        let detail =
            "to_bytes, to_height and keep_blocks exclude each other: write one of them, or none";
        Box::new(reply::problem(StatusCode::BAD_REQUEST, detail))
    })
}

fn job_reply(status: StatusCode, job: Job) -> Reply {
    reply::value(status, &PruneJob::from(job))
}

fn plan_reply(plan: PlanRecord) -> Reply {
    reply::value(StatusCode::OK, &PrunePlan::from(plan))
}

fn begun(started: Started) -> Reply {
    match started {
        Started::Job(job) => job_reply(StatusCode::ACCEPTED, *job),
        Started::Not(plan) if plan.action == DecisionKind::Idle => plan_reply(*plan),
        Started::Not(plan) => refused(*plan),
        Started::Busy(job) => busy(*job),
        Started::Closed => reply::problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon is shutting down",
        ),
    }
}

fn refused(plan: PlanRecord) -> Reply {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let plan = PrunePlan::from(plan);
    let details = reply::problem_details(status, &plan.why);
    let details = ProblemDetails {
        plan: Some(plan),
        ..details
    };
    reply::problem_with(status, &details)
}

fn busy(job: Job) -> Reply {
    let status = StatusCode::CONFLICT;
    let detail = format!("prune job {} is running; one at a time", job.id);
    let details = ProblemDetails {
        job_id: Some(job.id),
        job: Some(job.into()),
        ..reply::problem_details(status, &detail)
    };
    reply::problem_with(status, &details)
}

pub(super) fn describe() -> OperationDraft {
    OperationDraft::new(
        "prune",
        "getPrune",
        "The running job, the last one, what is used, and when the volume will be full",
    )
    .gives::<PruneDocument>(200, "How pruning stands", golden!("prune"))
}

pub(super) fn describe_plan() -> Vec<(HttpMethod, OperationDraft)> {
    let automatic = OperationDraft::new(
        "prune",
        "getPrunePlan",
        "What would be done now without being asked",
    )
    .gives::<PrunePlan>(200, "The plan", golden!("prune_plan"));
    let asked = OperationDraft::new(
        "prune",
        "planPrune",
        "What would be done for this request, and changes nothing",
    )
    .takes::<PruneRequest>(Required::False)
    .gives::<PrunePlan>(200, "The plan", golden!("prune_plan"))
    .refuses(409, UNMANAGED);
    vec![(HttpMethod::Get, automatic), (HttpMethod::Post, asked)]
}

pub(super) fn describe_jobs() -> Vec<(HttpMethod, OperationDraft)> {
    let list = OperationDraft::new(
        "prune",
        "listPruneJobs",
        "The jobs that are remembered, the newest first",
    )
    .gives_list::<PruneJob>(200, "The jobs", golden!("prune_jobs"));
    let begin = OperationDraft::new("prune", "beginPruneJob", "Begins to prune")
        .about("Without a member it prunes to the target of the configuration.")
        .takes::<PruneRequest>(Required::False)
        .gives::<PrunePlan>(200, "There is nothing to do", golden!("prune_plan"))
        .gives::<PruneJob>(202, "The job has begun", golden!("prune_job_begun"))
        .refuses(
            409,
            "Another job is running: that job; or this daemon does not prune the node",
        )
        .refuses(422, "A rule is against it: the plan")
        .refuses(503, "The daemon is shutting down");
    vec![(HttpMethod::Get, list), (HttpMethod::Post, begin)]
}

pub(super) fn describe_job() -> OperationDraft {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::UInt64)))
        .minimum(Some(0));
    OperationDraft::new("prune", "getPruneJob", "One job")
        .segment("job", "The number of the job", number)
        .gives::<PruneJob>(200, "The job", golden!("prune_job_begun"))
        .refuses(404, "There is no such job, or no such node")
}

pub(super) fn describe_cancel() -> OperationDraft {
    OperationDraft::new(
        "prune",
        "cancelPrune",
        "The running job sends no further call to the node",
    )
    .gives::<PruneJob>(200, "The job", golden!("prune_job_begun"))
    .refuses(404, "No job is running, or there is no such node")
    .refuses(409, UNMANAGED)
}
