//! `GET /api/v1/status`: everything that is known.

use hyper::StatusCode;

use super::ControlApi;
use crate::clock;
use crate::http::reply::{self, Reply};

pub(super) fn status(api: &ControlApi) -> Reply {
    let tasks = api.supervisor.report();
    reply::value(StatusCode::OK, &api.detailed.status(&tasks, clock::mono()))
}
