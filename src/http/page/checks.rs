//! Checks and troubles as the page shows them. Pure.

use jiff::Timestamp;

use super::view::{CheckView, ProblemView};
use crate::api::{CheckLevel, CheckResult};
use crate::overview::text::clock_and_age;
use crate::overview::{OverviewLevel, Trouble};

/// `checks` as a list.
pub(super) fn checks(checks: &[CheckResult], now: Timestamp) -> Vec<CheckView> {
    let view = |check: &CheckResult| {
        let level = OverviewLevel::from(&check.level);
        let since = check.since.filter(|_| check.level != CheckLevel::Good);
        CheckView {
            level: level.as_str(),
            mark: level.mark(),
            word: level.as_str(),
            name: check.name.to_string(),
            text: check.text.clone(),
            since: since.map_or_else(String::new, |since| clock_and_age(since, now)),
        }
    };
    checks.iter().map(view).collect()
}

/// One thing that is not as it should be.
pub(super) fn problem(trouble: Trouble, now: Timestamp) -> ProblemView {
    let since = trouble.since;
    ProblemView {
        level: trouble.level.as_str(),
        word: trouble.level.as_str(),
        subject: trouble.subject,
        text: trouble.text,
        since: since.map_or_else(String::new, |since| clock_and_age(since, now)),
        advice: trouble.advice.text,
        command: trouble.advice.command.to_owned(),
        runbook: trouble.advice.runbook,
    }
}
