//! The plain answers of the health paths: one word, and reasons if it is no.

use bytes::Bytes;
use hyper::StatusCode;

use super::health_query::Query;
use super::reply;
use crate::api::{HealthWord, PlainHealth};
use crate::health::{Question, Verdict};
use crate::values::Now;

/// A plain answer, ready to be sent.
pub(super) struct PlainAnswer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// The word for the answer.
pub(super) fn word(question: Question, ok: bool) -> HealthWord {
    match (question, ok) {
        (Question::Live | Question::LiveDaemon, true) => HealthWord::Alive,
        (Question::Live | Question::LiveDaemon, false) => HealthWord::Dead,
        (Question::Ready, true) => HealthWord::Ready,
        (Question::Ready, false) => HealthWord::NotReady,
        (Question::Health, true) => HealthWord::Healthy,
        (Question::Health, false) => HealthWord::Unhealthy,
    }
}

/// 200 for yes, 503 for no.
pub(super) fn status(ok: bool) -> StatusCode {
    if ok {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// The answer in the shape of the contract.
pub(super) fn plain(question: Question, verdict: &Verdict, query: &Query, now: Now) -> PlainAnswer {
    let outcome = verdict.answer(question, &query.exclude);
    let ready = question == Question::Ready;
    let body = PlainHealth {
        status: word(question, outcome.ok),
        timestamp: (question == Question::Health).then(|| now.wall.as_second()),
        chain_initialized: ready.then_some(verdict.chain_initialized),
        storage_available: ready.then_some(verdict.storage_available),
        reasons: (!outcome.ok).then(|| outcome.reasons.clone()),
        warnings: query.warnings(),
    };
    PlainAnswer {
        status: status(outcome.ok),
        body: Bytes::from(reply::line(&body)),
    }
}
