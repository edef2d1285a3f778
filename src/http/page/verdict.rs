//! The verdict: in one sentence what is wrong, since when, and what to do. Pure.

use super::facts::PageFacts;
use super::problems::PageLevel;
use super::text::{clock_and_age, counted};
use super::view::{ProblemView, VerdictView};
use crate::api::NodeState;

/// A tick, a triangle and a crossed circle: known without colours.
fn sign(level: PageLevel) -> &'static str {
    match level {
        PageLevel::Good => "M10 25l10 10 18-22",
        PageLevel::Warning => "M24 6L44 42H4ZM24 20v10M24 36v.5",
        PageLevel::Bad => "M24 4a20 20 0 1 0 .01 0ZM16 16l16 16M32 16L16 32",
    }
}

/// The same sign as an image of its own, for the browser's tab.
pub(super) fn icon(level: PageLevel) -> String {
    let colour = match level {
        PageLevel::Good => "17a160",
        PageLevel::Warning => "d98a00",
        PageLevel::Bad => "d43a48",
    };
    let outline = sign(level).replace(' ', "%20");
    format!(
        "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2048%2048'%3E\
         %3Cpath%20d='{outline}'%20fill='none'%20stroke='%23{colour}'%20stroke-width='7'/%3E%3C/svg%3E"
    )
}

/// The verdict; `problems` are all that there are, the worst first.
pub(super) fn verdict(
    facts: &PageFacts,
    level: PageLevel,
    problems: &[ProblemView],
) -> VerdictView {
    let first = problems.first();
    VerdictView {
        level: level.as_str(),
        sign: sign(level),
        word: word(facts, level, problems.len()),
        sentence: first.map_or_else(
            || all_is_well(facts),
            |problem| format!("{}: {}", problem.subject, problem.text),
        ),
        since: match first {
            Some(problem) => problem.since.clone(),
            None => facts
                .status
                .detailed
                .state_since
                .map_or_else(String::new, |since| clock_and_age(since, facts.now)),
        },
        advice: first.map_or("", |problem| problem.advice),
        command: first.map_or_else(String::new, |problem| problem.command.clone()),
        runbook: first.map_or("", |problem| problem.runbook),
    }
}

fn word(facts: &PageFacts, level: PageLevel, problems: usize) -> String {
    let state = match &facts.status.detailed.state {
        NodeState::Draining => "shutting down",
        state => state.as_str(),
    };
    match level {
        PageLevel::Good => "Healthy".to_owned(),
        PageLevel::Warning => format!("Healthy, {}", counted(problems, "warning")),
        PageLevel::Bad
            if matches!(
                facts.status.detailed.state,
                NodeState::Ready | NodeState::Other(_)
            ) =>
        {
            "Unhealthy".to_owned()
        }
        PageLevel::Bad => format!("Unhealthy: {state}"),
    }
}

fn all_is_well(facts: &PageFacts) -> String {
    let (number, document) = (facts.nodes.len(), &facts.status.detailed);
    if facts.has_several() {
        let serving = facts.nodes.iter().find(|node| node.health.reads);
        let reads = serving.map_or_else(String::new, |node| {
            format!("; reads of the chain go to {}", node.health.name)
        });
        return format!("All {number} nodes answer{reads}.");
    }
    let chain = document.node.chain.as_deref().unwrap_or("its chain");
    format!(
        "The node {} answers and is at the tip of {chain}.",
        document.node.name
    )
}
