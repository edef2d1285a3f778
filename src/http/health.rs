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
//! list with commas. A name that is none is passed over, and told in the answer: a probe of another
//! version kills nobody. `?node=NAME`: about that node; 404 if there is none.

use bytes::Bytes;
use hyper::StatusCode;

use super::answer_cache::Answers;
use super::reply::{self, Reply};
use crate::api::{HealthWord, PlainHealth};
use crate::health::{CheckName, Outcome, Question, Verdict};
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

/// What the query of a health path asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) verbose: bool,
    pub(super) daemon_only: bool,
    pub(super) exclude: Vec<CheckName>,
    /// Names to leave out that are none.
    pub(super) unknown: Vec<String>,
    /// The node that is asked about; `None`: the only one.
    pub(super) node: Option<String>,
}

impl Query {
    /// What of the question is passed over.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.unknown
            .iter()
            .map(|unknown| format!("exclude: {unknown}"))
            .collect()
    }

    /// The refusal of a question about a node that is not there. It names none: whoever asks may
    /// be anybody.
    pub(super) fn refusal(&self, answers: &Answers) -> Option<Reply> {
        let name = self.node.as_ref()?;
        if *name == answers.node.name {
            return None;
        }
        let detail = format!("there is no node {}", escaped(name));
        Some(reply::problem(StatusCode::NOT_FOUND, &detail))
    }

    /// Reads the query; an unknown scope is an error that names the known one. Other keys are
    /// ignored, as probes like to add some against caches.
    pub(super) fn parse(query: &str) -> Result<Self, String> {
        let mut parsed = Self::default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "verbose" => parsed.verbose = !matches!(&*value, "0" | "false"),
                "node" => parsed.node = Some(value.into_owned()),
                "scope" if value == "daemon" => parsed.daemon_only = true,
                "scope" => {
                    return Err(format!("scope={value} is not known; there is scope=daemon"));
                }
                "exclude" => {
                    for name in value
                        .split(',')
                        .map(str::trim)
                        .filter(|name| !name.is_empty())
                    {
                        match name.parse() {
                            Ok(check) => parsed.exclude.push(check),
                            Err(unknown) => parsed.unknown.push(format!("{name}: {unknown}")),
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(parsed)
    }
}

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
    if let Some(refusal) = query.refusal(answers) {
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

/// What a client sent stands in one line.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_check_is_passed_over_and_told_with_the_known_ones() {
        let query = Query::parse("exclude=synk,disk&exclude=").unwrap();
        assert_eq!(query.exclude, [CheckName::Disk]);
        let [unknown] = &query.unknown[..] else {
            panic!("{query:?}")
        };
        assert!(
            unknown.contains("synk") && unknown.contains("sync"),
            "{unknown}"
        );
        assert!(Query::parse("scope=deamon").is_err());
    }

    #[test]
    fn several_checks_may_be_left_out_and_foreign_keys_are_ignored() {
        let query = Query::parse("verbose&exclude=sync&exclude=stall&_=123").unwrap();
        assert_eq!(
            query,
            Query {
                verbose: true,
                daemon_only: false,
                exclude: vec![CheckName::Sync, CheckName::Stall],
                unknown: vec![],
                node: None,
            }
        );
    }
}
