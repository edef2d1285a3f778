//! `GET /api/v1/status`: everything that is known.

use hyper::StatusCode;

use crate::clock;
use crate::http::detailed;
use crate::http::reply::{self, Reply};
use crate::http::service::Service;

pub(super) fn status(service: &Service) -> Reply {
    let desk = &service.desk;
    let (judged, snapshot, settings) =
        (desk.judged(clock::mono()), desk.snapshot(), desk.settings());
    let (outcome, known) = (
        detailed::outcome(&judged, &[]),
        detailed::known(&judged, &snapshot, &settings),
    );
    let tasks = service.supervisor.report();
    let parts = detailed::Parts::of(service, &known, &settings, judged.now());
    reply::value(
        StatusCode::OK,
        &detailed::full_status(&judged, &known, &settings, &outcome, parts, &tasks),
    )
}
