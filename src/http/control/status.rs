//! `GET /api/v1/status`: everything that is known.

use hyper::StatusCode;

use crate::clock;
use crate::http::detailed::{self, Parts};
use crate::http::reply::{self, Reply};
use crate::http::service::Service;

pub(super) fn status(service: &Service) -> Reply {
    let desk = &service.desk;
    let judged = desk.judged(clock::mono());
    let snapshot = desk.snapshot();
    let settings = desk.settings();
    let known = detailed::known(&judged, &snapshot, &settings);
    let outcome = detailed::outcome(&judged, &[]);
    let parts = Parts::of(service, &known, &settings, judged.now());
    let detailed = detailed::detailed(&judged, &known, &settings, &outcome, parts);
    let tasks = service.supervisor.report();
    reply::value(
        StatusCode::OK,
        &detailed::full_status(detailed, &tasks, &settings),
    )
}
