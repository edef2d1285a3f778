//! The health paths.
//!
//! | path | yes | no |
//! |---|---|---|
//! | `/health` | 200 | 503 with reasons |
//! | `/health/live` (`?scope=daemon`) | 200 | 503 with reasons |
//! | `/health/ready` | 200 | 503 with reasons |
//! | `/health/detailed` | 200 | 503, see `detailed` |
//!
//! `?verbose`: a line per check. `?exclude=NAME`: leaves that check out; may be repeated, or be a
//! list with commas. An unknown name is ignored, and named in the answer, so that the
//! probe of another version never fails for it. `?node=NAME`: about that node; 404 if there is none.

use hyper::StatusCode;

use super::answer_cache::Answers;
use super::health_query::{Query, escaped};
use super::plain_health::{plain, status};
use super::reply::{self, Reply};
use crate::health::{Outcome, Question};

/// Answers one of the plain paths.
pub(super) fn answer(question: Question, query: Option<&str>, answers: &Answers) -> Reply {
    let query = match query {
        None => Query::default(),
        // What load balancers send most is worth no parsing.
        Some("scope=daemon") => Query {
            daemon_only: true,
            ..Query::default()
        },
        Some(query) => match Query::parse(query) {
            Ok(query) => query,
            Err(problem) => return reply::text(StatusCode::BAD_REQUEST, format!("{problem}\n")),
        },
    };
    if let Some(refusal) = query.refusal(&answers.node.name) {
        return refusal;
    }
    let question = match question {
        Question::Live if query.daemon_only => Question::LiveDaemon,
        question => question,
    };
    if query.verbose {
        let outcome = answers.verdict().answer(question, &query.exclude);
        return reply::text(status(outcome.ok), verbose(&outcome, &query));
    }
    if query.exclude.is_empty() && query.unknown.is_empty() {
        let plain = answers.plain(question);
        return reply::json(plain.status, plain.body.clone());
    }
    let plain = plain(question, answers.verdict(), &query, answers.now());
    reply::json(plain.status, plain.body)
}

/// A line per check.
pub(super) fn verbose(outcome: &Outcome<'_>, query: &Query) -> String {
    let checks = outcome.checks.iter().map(|check| check.line() + "\n");
    let unknown = query
        .unknown
        .iter()
        .map(|unknown| format!("[!] exclude: {}\n", escaped(unknown)));
    checks.chain(unknown).collect()
}
