//! What is not as it should be, the worst first. Pure.

use jiff::Timestamp;

use super::advice::{self, Advice};
use super::facts::PageFacts;
use super::text::clock_and_age;
use super::view::{CheckView, ProblemView};
use crate::api::{
    CheckId, CheckLevel, CheckResult, HealthWord, NodeHealth, RotationState, TaskPhase,
};

/// How bad the whole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageLevel {
    /// Nothing is to be looked at.
    Good,
    /// Something is, and no probe fails for it.
    Warning,
    /// It is unhealthy.
    Bad,
}

impl PageLevel {
    /// The level of the whole page.
    pub(super) fn of(facts: &PageFacts, problems: &[ProblemView]) -> Self {
        match facts.status.detailed.status {
            HealthWord::Healthy if problems.is_empty() => Self::Good,
            HealthWord::Healthy => Self::Warning,
            _ => Self::Bad,
        }
    }

    /// The name of its style.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// The style, the mark and the word of `level`: none is known by its colour alone.
pub(super) fn shown(level: &CheckLevel) -> (&'static str, &'static str, &'static str) {
    match level {
        CheckLevel::Good => ("good", "[+]", "good"),
        CheckLevel::Warning => ("warning", "[!]", "warning"),
        CheckLevel::Bad => ("bad", "[-]", "bad"),
        CheckLevel::Unknown | CheckLevel::Other(_) => ("unknown", "[?]", "unknown"),
    }
}

/// `checks` as a list.
pub(super) fn checks(checks: &[CheckResult], now: Timestamp) -> Vec<CheckView> {
    let view = |check: &CheckResult| {
        let (level, mark, word) = shown(&check.level);
        let since = check.since.filter(|_| check.level != CheckLevel::Good);
        CheckView {
            level,
            mark,
            word,
            name: check.name.to_string(),
            text: check.text.clone(),
            since: since.map_or_else(String::new, |since| clock_and_age(since, now)),
        }
    };
    checks.iter().map(view).collect()
}

/// All that is to be looked at, the worst first. What is unknown is so because of something else.
pub(super) fn problems(facts: &PageFacts) -> Vec<ProblemView> {
    let document = &facts.status.detailed;
    let mut found = Vec::new();
    let is_same = |of: &CheckResult, check: &CheckResult| {
        (&of.name, &of.level, &of.text) == (&check.name, &check.level, &check.text)
    };
    // The gateway's checks are those of a node, and a few of its own.
    let is_of_node = |check: &CheckResult| {
        let mut of_nodes = facts.nodes.iter().flat_map(|node| &node.health.checks);
        facts.has_several() && of_nodes.any(|of| is_same(of, check))
    };
    for check in document.checks.iter().filter(|check| !is_of_node(check)) {
        found.extend(of_check(check, None, facts.now));
    }
    if facts.has_several() {
        for node in &facts.nodes {
            found.extend(of_node(&node.health, facts.now));
        }
    }
    if document.config_reload_valid == Some(false) {
        let text = "the last reload was invalid".to_owned();
        found.push(problem(
            "warning",
            "configuration".to_owned(),
            text,
            None,
            advice::RELOAD,
            facts.now,
        ));
    }
    for task in &facts.status.tasks {
        if matches!(task.state, TaskPhase::BackingOff | TaskPhase::Dead) {
            let of = task.node.as_ref().map(|node| format!(" of node {node}"));
            let subject = format!("task {}{}", task.name, of.unwrap_or_default());
            let error = task.last_error.clone().unwrap_or_default();
            found.push(problem(
                "warning",
                subject,
                error,
                None,
                advice::TASK,
                facts.now,
            ));
        }
    }
    // The order among equals stays.
    found.sort_by_key(|problem| problem.level != "bad");
    found
}

/// What is to be looked at of one of several nodes. A check of the daemon is none of a node.
fn of_node(node: &NodeHealth, now: Timestamp) -> Vec<ProblemView> {
    let mut found = Vec::new();
    let checks = node.checks.iter();
    let own = checks.filter(|check| check.name != CheckId::Daemon);
    for check in own {
        found.extend(of_check(check, Some(&node.name), now));
    }
    if let Some(drain) = &node.drained {
        let reason = drain.reason.as_deref().unwrap_or("by an operator");
        let subject = format!("node {}", node.name);
        let text = format!("drained: {reason}");
        found.push(problem(
            "warning",
            subject,
            text,
            Some(drain.since),
            advice::DRAIN,
            now,
        ));
    } else if node.rotation == RotationState::Out
        && found.iter().all(|problem| problem.level != "bad")
    {
        let subject = format!("node {}", node.name);
        let text = node
            .reason
            .clone()
            .unwrap_or_else(|| "out of rotation".to_owned());
        found.push(problem(
            "warning",
            subject,
            text,
            None,
            advice::ROTATION,
            now,
        ));
    }
    found
}

fn of_check(check: &CheckResult, node: Option<&str>, now: Timestamp) -> Option<ProblemView> {
    let level = match check.level {
        CheckLevel::Warning => "warning",
        CheckLevel::Bad => "bad",
        CheckLevel::Good | CheckLevel::Unknown | CheckLevel::Other(_) => return None,
    };
    let subject = match node {
        Some(node) if check.name == CheckId::Node => format!("node {node}"),
        Some(node) => format!("{} of node {node}", check.name),
        None => check.name.to_string(),
    };
    let advice = advice::of_check(&check.name);
    Some(problem(
        level,
        subject,
        check.text.clone(),
        check.since,
        advice,
        now,
    ))
}

fn problem(
    level: &'static str,
    subject: String,
    text: String,
    since: Option<Timestamp>,
    advice: Advice,
    now: Timestamp,
) -> ProblemView {
    ProblemView {
        level,
        word: level,
        subject,
        text,
        since: since.map_or_else(String::new, |since| clock_and_age(since, now)),
        advice: advice.text,
        command: advice.command.to_owned(),
        runbook: advice.runbook,
    }
}
