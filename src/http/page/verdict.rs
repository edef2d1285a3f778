//! The verdict as the page shows it, with its sign. Pure.

use jiff::Timestamp;

use super::view::VerdictView;
use crate::overview::text::clock_and_age;
use crate::overview::{Advice, Headline, OverviewLevel, Trouble};

/// A tick, a triangle and a crossed circle: known without colours.
fn sign(level: OverviewLevel) -> &'static str {
    match level {
        OverviewLevel::Good => "M10 25l10 10 18-22",
        OverviewLevel::Warning | OverviewLevel::Unknown => "M24 6L44 42H4ZM24 20v10M24 36v.5",
        OverviewLevel::Bad => "M24 4a20 20 0 1 0 .01 0ZM16 16l16 16M32 16L16 32",
    }
}

/// The same sign as an image of its own, for the browser's tab.
pub(super) fn icon(level: OverviewLevel) -> String {
    let colour = match level {
        OverviewLevel::Good => "17a160",
        OverviewLevel::Warning | OverviewLevel::Unknown => "d98a00",
        OverviewLevel::Bad => "d43a48",
    };
    let outline = sign(level).replace(' ', "%20");
    format!(
        "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2048%2048'%3E\
         %3Cpath%20d='{outline}'%20fill='none'%20stroke='%23{colour}'%20stroke-width='7'/%3E%3C/svg%3E"
    )
}

/// The verdict; `first` is the worst of what is not as it should be.
pub(super) fn verdict(headline: Headline, first: Option<&Trouble>, now: Timestamp) -> VerdictView {
    let advice = first.map_or_else(Advice::default, |trouble| trouble.advice);
    let since = headline.since;
    VerdictView {
        level: headline.level.as_str(),
        sign: sign(headline.level),
        word: headline.word,
        sentence: headline.sentence,
        since: since.map_or_else(String::new, |since| clock_and_age(since, now)),
        advice: advice.text,
        command: advice.command.to_owned(),
        runbook: advice.runbook,
    }
}
