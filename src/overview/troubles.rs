//! What is not as it should be, the worst first.

use jiff::Timestamp;

use super::advice::{self, Advice};
use super::facts::Overview;
use super::level::OverviewLevel;
use super::node::rotation_since;
use crate::api::{
    CheckId, CheckLevel, CheckResult, EventKindWord, NodeHealth, RotationState, TaskPhase,
};

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// A warning, or bad.
    pub(crate) level: OverviewLevel,
    /// What it is about, such as `disk of node a`.
    pub(crate) subject: String,
    /// A sentence with the number behind it.
    pub(crate) text: String,
    /// Since when, as far back as the daemon has run.
    pub(crate) since: Option<Timestamp>,
    /// What to do about it.
    pub(crate) advice: Advice,
}

/// All that is to be looked at, the worst first. What is unknown is so because of something else.
pub(crate) fn troubles(overview: &Overview) -> Vec<Trouble> {
    let document = &overview.status.detailed;
    let mut found = Vec::new();
    let is_same = |of: &CheckResult, check: &CheckResult| {
        (&of.name, &of.level, &of.text) == (&check.name, &check.level, &check.text)
    };
    // The gateway's checks are those of a node, and a few of its own.
    let is_of_node = |check: &CheckResult| {
        let mut of_nodes = overview.nodes.iter().flat_map(|node| &node.health.checks);
        overview.has_several() && of_nodes.any(|of| is_same(of, check))
    };
    for check in document.checks.iter().filter(|check| !is_of_node(check)) {
        found.extend(of_check(check, None));
    }
    if overview.has_several() {
        for node in &overview.nodes {
            found.extend(of_node(&node.health));
        }
    }
    if document.config_reload_valid == Some(false) {
        let text = "the last reload was invalid";
        let since = invalid_reload(overview);
        found.push(warning("configuration", text, since, advice::RELOAD));
    }
    for task in &overview.status.tasks {
        if matches!(task.state, TaskPhase::BackingOff | TaskPhase::Dead) {
            let of = task.node.as_ref().map(|node| format!(" of node {node}"));
            let subject = format!("task {}{}", task.name, of.unwrap_or_default());
            let error = task.last_error.as_deref().unwrap_or_default();
            found.push(warning(subject, error, None, advice::TASK));
        }
    }
    // The order among equals stays.
    found.sort_by_key(|trouble| trouble.level != OverviewLevel::Bad);
    found
}

/// When the last reload was, if it is among the last events.
fn invalid_reload(overview: &Overview) -> Option<Timestamp> {
    let events = overview.history.events.iter();
    let reloads = events.filter(|event| event.kind == EventKindWord::Reload);
    reloads.map(|event| event.time).max()
}

/// What is to be looked at of one of several nodes. A check of the daemon is none of a node.
fn of_node(node: &NodeHealth) -> Vec<Trouble> {
    let mut found = Vec::new();
    let checks = node.checks.iter();
    let own = checks.filter(|check| check.name != CheckId::Daemon);
    for check in own {
        let trouble = of_check(check, Some(&node.name));
        found.extend(trouble.map(|trouble| Trouble {
            since: earliest(node, check),
            ..trouble
        }));
    }
    let is_bad = |trouble: &Trouble| trouble.level == OverviewLevel::Bad;
    let subject = format!("node {}", node.name);
    if let Some(drain) = &node.drained {
        let reason = drain.reason.as_deref().unwrap_or("by an operator");
        let text = format!("drained: {reason}");
        found.push(warning(subject, text, Some(drain.since), advice::DRAIN));
    } else if node.rotation == RotationState::Out && !found.iter().any(is_bad) {
        let reason = node.reason.as_deref().unwrap_or("out of rotation");
        // The reason begins with the name of its check, which the subject has.
        let text = reason.strip_prefix("node: ").unwrap_or(reason);
        let since = rotation_since(node);
        found.push(warning(subject, text, since, advice::of_reason(reason)));
    }
    found
}

/// Since when `check` is as it is, or `node` out of rotation because of it: it is left before the check
/// is bad.
fn earliest(node: &NodeHealth, check: &CheckResult) -> Option<Timestamp> {
    let name = node
        .reason
        .as_deref()
        .and_then(|reason| reason.split_once(": "));
    let is_why = node.rotation == RotationState::Out
        && name.is_some_and(|(name, _)| CheckId::from(name) == check.name);
    let left = rotation_since(node).filter(|_| is_why && node.drained.is_none());
    left.into_iter().chain(check.since).min()
}

fn of_check(check: &CheckResult, node: Option<&str>) -> Option<Trouble> {
    match check.level {
        CheckLevel::Warning | CheckLevel::Bad => {}
        CheckLevel::Good | CheckLevel::Unknown | CheckLevel::Other(_) => return None,
    }
    Some(Trouble {
        level: (&check.level).into(),
        subject: match node {
            Some(node) if check.name == CheckId::Node => format!("node {node}"),
            Some(node) => format!("{} of node {node}", check.name),
            None => check.name.to_string(),
        },
        text: check.text.clone(),
        since: check.since,
        advice: advice::of_check(&check.name),
    })
}

fn warning(
    subject: impl Into<String>,
    text: impl Into<String>,
    since: Option<Timestamp>,
    advice: Advice,
) -> Trouble {
    Trouble {
        level: OverviewLevel::Warning,
        subject: subject.into(),
        text: text.into(),
        since,
        advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_is_lost_is_so_since_it_left_the_rotation() {
        let time = |text: &str| -> Option<Timestamp> { Some(text.parse().unwrap()) };
        let left = time("2026-11-30T18:52:02Z");
        let bad = time("2026-11-30T18:52:10Z");
        let mut node = NodeHealth {
            name: "a".to_owned(),
            rotation: RotationState::Out,
            rotation_since: left,
            reason: Some("node: no answer for 10 s".to_owned()),
            checks: vec![CheckResult {
                name: CheckId::Node,
                level: CheckLevel::Bad,
                text: "no answer for 10 s".to_owned(),
                since: bad,
            }],
            ..NodeHealth::default()
        };
        assert_eq!(of_node(&node)[0].since, left);
        node.reason = Some("sync: 9 blocks behind".to_owned());
        assert_eq!(of_node(&node)[0].since, bad, "it is out for another reason");
    }
}
