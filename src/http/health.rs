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
//! list with commas. An unknown name is ignored, and named in the answer, so that the probe of
//! another version never fails for it. `?node=NAME`: about that node; 404 if there is none. What
//! else is asked of a node: `node_question`.

use std::sync::Arc;

use hyper::StatusCode;

use super::answer_cache::{AnswerCache, Answers};
use super::health_parts::{complete_indexes, current};
use super::health_query::{self, Query, escaped};
use super::node_question::NodeAbilities;
use super::plain_health::{plain, status};
use super::reply::{self, Reply};
use crate::health::{Outcome, Question, Verdict};
use crate::values::Mono;

/// Answers one of the plain paths; `answers` are those about the only node, or the gateway itself.
pub(super) fn answer(
    question: Question,
    query: Option<&str>,
    cache: &AnswerCache,
    answers: &Answers,
    now: Mono,
) -> Reply {
    let query = match query {
        None => Query::default(),
        // What load balancers send most is worth no parsing.
        Some("scope=daemon") => Query {
            daemon_only: true,
            ..Query::default()
        },
        Some(query) if let Some(name) = only_names_node(query) => {
            return match cache.read_node(name, now) {
                Some(answers) => kept(question, &answers),
                None => health_query::no_such_node(name),
            };
        }
        Some(query) => match Query::parse(query) {
            Ok(query) => query,
            Err(problem) => return problem_text(&problem),
        },
    };
    let of_node = match of_node(&query, cache, now) {
        Ok(of_node) => of_node,
        Err(refusal) => return *refusal,
    };
    let answers = of_node.as_deref().unwrap_or(answers);
    let question = match question {
        Question::Live if query.daemon_only => Question::LiveDaemon,
        question => question,
    };
    let judged = judged(&query, cache, answers, now);
    let verdict = judged.as_ref().unwrap_or(answers.verdict());
    if query.verbose {
        let outcome = verdict.answer(question, &query.exclude);
        return reply::text(status(outcome.ok), verbose(&outcome, &query));
    }
    if judged.is_none() && query.exclude.is_empty() && query.unknown.is_empty() {
        return kept(question, answers);
    }
    let plain = plain(question, verdict, &query, answers.now());
    reply::json(plain.status, plain.body)
}

/// The answer to a query that is not understood.
pub(super) fn problem_text(problem: &str) -> Reply {
    let problem = escaped(problem);
    reply::text(StatusCode::BAD_REQUEST, format!("{problem}\n"))
}

fn kept(question: Question, answers: &Answers) -> Reply {
    let plain = answers.plain(question);
    reply::json(plain.status, plain.body.clone())
}

/// The name in a query that asks about a node and nothing else, if it is written plainly.
fn only_names_node(query: &str) -> Option<&str> {
    let name = query.strip_prefix("node=")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.bytes().all(is_plain).then_some(name)
}

/// The answers about the node that `query` names; `None`: it names none.
pub(super) fn of_node(
    query: &Query,
    cache: &AnswerCache,
    now: Mono,
) -> Result<Option<Arc<Answers>>, Box<Reply>> {
    let Some(name) = &query.node else {
        if !query.conditions.is_empty() && cache.roster().only().is_none() {
            return Err(Box::new(health_query::node_not_named()));
        }
        return Ok(None);
    };
    let answers = cache.read_node(name, now);
    let unknown = || Box::new(health_query::no_such_node(name));
    answers.map(Some).ok_or_else(unknown)
}

/// The verdict by the conditions of `query`, if it has any.
pub(super) fn judged(
    query: &Query,
    cache: &AnswerCache,
    answers: &Answers,
    now: Mono,
) -> Option<Verdict> {
    if query.conditions.is_empty() {
        return None;
    }
    let (standing, own) = answers.standing();
    let abilities = abilities(cache, answers, now);
    Some(query.conditions.verdict(own, standing, &abilities))
}

fn abilities(cache: &AnswerCache, answers: &Answers, now: Mono) -> NodeAbilities {
    let member = &answers.member;
    let settings = &answers.node;
    let snapshot = current(&settings.plan, &member.snapshot(), now);
    let lag_blocks = cache.roster().only().is_none().then(|| {
        let fleet = cache.router().read(now);
        fleet.facts(&settings.name)?.lag_blocks
    });
    let is_pruned = snapshot.chain.as_deref().and_then(|chain| chain.pruned);
    NodeAbilities {
        lag_blocks: lag_blocks.flatten(),
        indexes: complete_indexes(&snapshot),
        first_kept: match is_pruned {
            Some(false) => Some(0),
            _ => member.pruner().first_kept_height(),
        },
    }
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
