//! What is wrong, since when, and what to do.

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::section::TopSection;
use crate::cli::screen::{Theme, clean, cut, fit, width_of, wrap};
use crate::cli::top::view::{DaemonAway, TopView};
use crate::overview::text::{clock_and_age, seconds, since};
use crate::overview::{Headline, OverviewLevel, Trouble};

/// What stands below a mark begins here.
const INDENT: usize = 4;
/// What stands behind `do` and `look` begins so much later.
const LABEL: usize = 6;

/// The verdict in at most `room` lines; `first` is the worst of what is not as it should be.
pub(super) fn verdict(
    view: &TopView,
    headline: &Headline,
    first: Option<&Trouble>,
    (width, room): (usize, usize),
    theme: Theme,
) -> Vec<Line<'static>> {
    if let Some(away) = &view.away {
        return away_lines(view, away, width, theme);
    }
    let since = headline
        .since
        .map(|since| clock_and_age(since, view.overview.now));
    let mut lines = title(headline.level, &headline.word, since, width, theme);
    let Some(trouble) = first else {
        lines.extend(indented(&headline.sentence, width));
        return lines;
    };
    let look = look(trouble, width, theme);
    // A long sentence leaves room for what to do.
    let left = room.saturating_sub(lines.len() + look.len() + 1);
    let sentence = wrap(&clean(&headline.sentence), width.saturating_sub(INDENT));
    lines.extend(indent(first_lines(
        sentence,
        left,
        width.saturating_sub(INDENT),
    )));
    // The advice begins with what to do first; the end of a long one has no room everywhere.
    let left = room.saturating_sub(lines.len() + look.len());
    let column = width.saturating_sub(INDENT + LABEL);
    let advice = first_lines(wrap(trouble.advice.text, column), left, column);
    lines.extend(labelled("do", advice, (width, theme.bold()), theme));
    lines.extend(look);
    lines
}

fn away_lines(view: &TopView, away: &DaemonAway, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let word = if away.is_unreachable {
        "The daemon does not answer"
    } else {
        "The daemon refuses to answer"
    };
    let since = Some(clock_and_age(view.answered_at, view.clock));
    let mut lines = title(OverviewLevel::Bad, word, since, width, theme);
    lines.extend(indented(&clean(&away.report), width));
    let hint = wrap(&clean(&away.hint), width.saturating_sub(INDENT + LABEL));
    lines.extend(labelled("do", hint, (width, theme.bold()), theme));
    let old = "The rest is as of then. It goes on by itself when the daemon answers.";
    lines.extend(indented(old, width));
    lines
}

/// The mark and the word, and since when: beside it if there is room.
fn title(
    level: OverviewLevel,
    word: &str,
    since: Option<String>,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let style = theme.level(level).patch(theme.bold());
    let mut spans = vec![Span::styled(
        format!("{} {}", level.mark(), clean(word)),
        style,
    )];
    let since = since.map(|since| format!("since {since}"));
    let taken = spans.iter().map(Span::width).sum::<usize>();
    let Some(since) = since else {
        return vec![fit(Line::from(spans), width)];
    };
    if taken + width_of(&since) + 2 <= width {
        let fill = width - taken - width_of(&since);
        spans.push(Span::raw(" ".repeat(fill)));
        spans.push(Span::styled(since, theme.dim()));
        return vec![Line::from(spans)];
    }
    let below = Span::styled(format!("{}{since}", " ".repeat(INDENT)), theme.dim());
    vec![fit(Line::from(spans), width), fit(Line::from(below), width)]
}

/// The first of `lines`, `most` or one, the last of which ends with an ellipsis if it is not the end.
fn first_lines(mut lines: Vec<String>, most: usize, width: usize) -> Vec<String> {
    let most = most.max(1);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last}…"), width);
        }
    }
    lines
}

fn indented(text: &str, width: usize) -> Vec<Line<'static>> {
    indent(wrap(&clean(text), width.saturating_sub(INDENT)))
}

fn indent(lines: Vec<String>) -> Vec<Line<'static>> {
    let lines = lines.into_iter();
    lines
        .map(|line| Line::raw(format!("{}{line}", " ".repeat(INDENT))))
        .collect()
}

/// What shows more, and where the runbook says more.
fn look(trouble: &Trouble, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let advice = &trouble.advice;
    let command = wrap(advice.command, width.saturating_sub(INDENT + LABEL));
    let mut lines = labelled("look", command, (width, theme.bold()), theme);
    let runbook = format!("  runbook {}", advice.runbook);
    let last = lines.last_mut();
    if let Some(last) = last
        && !advice.runbook.is_empty()
        && last.width() + width_of(&runbook) <= width
    {
        last.spans.push(Span::styled(runbook, theme.dim()));
    }
    lines
}

fn labelled(
    label: &str,
    text: Vec<String>,
    (width, style): (usize, Style),
    theme: Theme,
) -> Vec<Line<'static>> {
    let line = |(at, text): (usize, String)| {
        let label = if at == 0 { label } else { "" };
        Line::from(vec![
            Span::raw(" ".repeat(INDENT)),
            Span::styled(format!("{label:<LABEL$}"), theme.dim()),
            Span::styled(text, style),
        ])
    };
    let lines = text.into_iter().enumerate().map(line);
    lines.map(|line| fit(line, width)).collect()
}

/// What else is not as it should be: a line each, and what to do where that was not said before.
pub(super) fn others(
    troubles: &[Trouble],
    now: Timestamp,
    width: usize,
    theme: Theme,
) -> Option<TopSection> {
    let (first, others) = troubles.split_first()?;
    let mut lines = Vec::new();
    let mut said = vec![first.advice];
    for trouble in others {
        lines.push(other(trouble, now, width, theme));
        if said.contains(&trouble.advice) {
            continue;
        }
        said.push(trouble.advice);
        let text = cut(trouble.advice.text, width.saturating_sub(INDENT + LABEL));
        lines.extend(labelled("do", vec![text], (width, Style::new()), theme));
    }
    (!others.is_empty()).then(|| TopSection::new("Also", "", lines))
}

fn other(trouble: &Trouble, now: Timestamp, width: usize, theme: Theme) -> Line<'static> {
    let age = trouble.since.map(|then| seconds(since(then, now)));
    let age = age.map_or_else(String::new, |age| format!("  {age}"));
    let text = clean(&format!("{}: {}", trouble.subject, trouble.text));
    let room = width.saturating_sub(INDENT + width_of(&age));
    let text = cut(&text, room);
    let fill = " ".repeat(room.saturating_sub(width_of(&text)));
    Line::from(vec![
        Span::styled(
            format!("{} ", trouble.level.mark()),
            theme.level(trouble.level),
        ),
        Span::raw(text + &fill),
        Span::styled(age, theme.dim()),
    ])
}
