//! `/health/detailed`, and the longer document that `bllvmctl status` shows.

use std::sync::Arc;

use super::answer_cache::{AnswerCache, Answers};
use super::audience::Audience;
use super::health;
use super::health_parts::{
    chain_health, checks, collectors, current, network_health, node_status, pruning, reconnection,
    storage_health, thresholds,
};
use super::health_query::Query;
use super::history::events;
use super::plain_health;
use super::reloads::Reloads;
use super::reply::{self, Reply};
use super::{documents, node_health};
use crate::api::{
    DaemonStatus, DetailedHealth, History, NodeHealth, RpcHealth, StatusDocument, TaskStatus,
};
use crate::events::EventLog;
use crate::gateway::Gateway;
use crate::health::{Outcome, Question, Verdict};
use crate::history::HourHistory;
use crate::supervise::{TaskId, TaskReport};
use crate::values::{Mono, Now};

/// The detailed document, for the health path and for the control API.
pub struct DetailedPage {
    cache: Arc<AnswerCache>,
    gateway: Arc<Gateway>,
    reloads: Arc<Reloads>,
    events: Arc<EventLog>,
    hour: Arc<HourHistory>,
}

impl DetailedPage {
    /// The page of the node of `cache`.
    #[must_use]
    pub fn new(
        cache: Arc<AnswerCache>,
        gateway: Arc<Gateway>,
        reloads: Arc<Reloads>,
        events: Arc<EventLog>,
        hour: Arc<HourHistory>,
    ) -> Self {
        Self {
            cache,
            gateway,
            reloads,
            events,
            hour,
        }
    }

    /// Answers `/health/detailed`, which `audience` reads.
    pub(super) fn answer(&self, query: Option<&str>, audience: Audience, now: Mono) -> Reply {
        let query = match Query::parse(query.unwrap_or_default()) {
            Ok(query) => query,
            Err(problem) => return health::problem_text(&problem),
        };
        let of_gateway = self.cache.read(now);
        let of_node = match health::of_node(&query, &self.cache, now) {
            Ok(of_node) => of_node,
            Err(refusal) => return *refusal,
        };
        let answers = of_node.as_deref().unwrap_or(&of_gateway);
        let judged = health::judged(&query, &self.cache, answers, now);
        let verdict = judged.as_ref().unwrap_or(answers.verdict());
        let outcome = verdict.answer(Question::Health, &query.exclude);
        let status = plain_health::status(outcome.ok);
        if query.verbose {
            return reply::text(status, health::verbose(&outcome, &query));
        }
        let document = DetailedHealth {
            warnings: query.warnings(),
            nodes: match &of_node {
                Some(_) => None,
                None => self.nodes(answers.now()),
            },
            history: Some(self.history(query.node.as_deref(), audience, answers.now())),
            ..self.document(answers, verdict, &outcome)
        };
        reply::value(status, &document)
    }

    /// The document behind `bllvmctl status`: of the only node or of the gateway, or of the node
    /// called `node`, if there is one.
    pub(super) fn status(
        &self,
        node: Option<&str>,
        tasks: &[(TaskId, TaskReport)],
        now: Mono,
    ) -> Option<StatusDocument> {
        let answers = match node {
            Some(name) => self.cache.read_node(name, now)?,
            None => Arc::clone(&self.cache.read(now)),
        };
        let outcome = answers.verdict().answer(Question::Health, &[]);
        let is_shown = |(id, _): &&(TaskId, TaskReport)| {
            node.is_none_or(|name| id.node.as_deref().is_none_or(|of| *of == *name))
        };
        let task = |(id, report): &(TaskId, TaskReport)| TaskStatus {
            name: id.name.to_owned(),
            node: id.node.as_deref().map(str::to_owned),
            state: report.state.as_str().into(),
            restarts: report.restarts,
            error_streak: report.error_streak,
            last_error: report.last_error.clone(),
        };
        Some(StatusDocument {
            detailed: DetailedHealth {
                nodes: match node {
                    Some(_) => None,
                    None => self.nodes(answers.now()),
                },
                history: Some(self.history(node, Audience::Operator, answers.now())),
                ..self.document(&answers, answers.verdict(), &outcome)
            },
            tasks: tasks.iter().filter(is_shown).map(task).collect(),
            config_file: answers.settings.config_file.clone(),
        })
    }

    /// What has happened, as `audience` may know it; of the node called `node`, or of all.
    fn history(&self, node: Option<&str>, audience: Audience, now: Now) -> History {
        History {
            events: events(&self.events, node, audience),
            ..documents::history(&self.hour.read(), node, now)
        }
    }

    /// Each node, if there are several.
    fn nodes(&self, now: Now) -> Option<Vec<NodeHealth>> {
        self.cache.roster().all().has_several().then(|| {
            let fleet = self.cache.router().read(now.mono);
            node_health::nodes(&fleet, now)
        })
    }

    fn document(
        &self,
        answers: &Answers,
        verdict: &Verdict,
        outcome: &Outcome<'_>,
    ) -> DetailedHealth {
        let member = &answers.member;
        let now = answers.now();
        let since = answers.since();
        let snapshot = current(&answers.node.plan, &member.snapshot(), now.mono);
        DetailedHealth {
            status: plain_health::word(Question::Health, outcome.ok),
            timestamp: now.wall.as_second(),
            chain: chain_health(verdict, &snapshot),
            storage: storage_health(verdict, &snapshot),
            network: network_health(&answers.node, &snapshot),
            rpc: RpcHealth {
                enabled: answers.settings.rpc.enabled,
                requests_processed: self.gateway.requests_processed(),
            },
            state: verdict.state.as_str().into(),
            state_since: since.state(verdict.state).map(|since| now.wall_of(since)),
            reasons: outcome.reasons.clone(),
            checks: checks(outcome, since, now),
            pruning: pruning(member.pruner(), &snapshot, &answers.node),
            reconnection: reconnection(&member.reconnection().summary(), &snapshot, now),
            limits: self.gateway.summary().into(),
            node: node_status(&answers.node, verdict, &snapshot, now),
            thresholds: thresholds(&answers.node),
            daemon: daemon(now),
            config_reload_valid: Some(self.reloads.last_was_valid()),
            collectors: collectors(&snapshot, &answers.node.plan, now.mono),
            nodes: None,
            history: None,
            warnings: Vec::new(),
        }
    }
}

fn daemon(now: Now) -> DaemonStatus {
    DaemonStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: Some(std::process::id()),
        started_at: Some(now.wall_of(Mono::START)),
        uptime_secs: Some(now.mono.since_start().as_secs()),
    }
}
