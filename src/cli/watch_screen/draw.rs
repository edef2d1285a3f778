//! Draws what a command printed.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::styled::styled;
use super::view::WatchView;
use crate::cli::screen::{beside, clean, cut, width_of};
use crate::overview::text::{clock, clock_and_age};

/// Draws `view`; returns how many lines there are, and how many have room.
pub(super) fn draw(frame: &mut Frame<'_>, view: &WatchView<'_>) -> (usize, usize) {
    let lines = lines(view);
    let [top, body] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(frame.area());
    let height = usize::from(body.height);
    let first = view.scroll.first_of(lines.len(), height);
    let header = header(
        view,
        usize::from(top.width),
        &view.scroll.text(lines.len(), height),
    );
    let bar = Style::new().add_modifier(Modifier::REVERSED);
    frame.render_widget(Paragraph::new(header).style(bar), top);
    let count = lines.len();
    let shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(height).collect();
    frame.render_widget(Paragraph::new(shown), body);
    (count, height)
}

/// What is watched, how often, and the clock.
fn header(view: &WatchView<'_>, width: usize, scrolled: &str) -> Line<'static> {
    let right = match &view.away {
        Some((since, _)) => format!("no answer since {} ", clock_and_age(*since, view.now)),
        None => format!("{scrolled}  q quits  {} ", clock(view.now, view.now)),
    };
    let how = if view.is_paused {
        "PAUSED".to_owned()
    } else {
        format!("every {}", interval(view.every))
    };
    let left = format!(" bllvmctl {}  {how}", view.title);
    let room = width.saturating_sub(width_of(&right));
    beside(
        Some(Line::raw(cut(&left, room))),
        Some(Line::raw(cut(right.trim_start(), width))),
        width.saturating_sub(width_of(right.trim_start())),
    )
}

/// `2 s`, `0.5 s`
fn interval(every: Duration) -> String {
    format!("{} s", every.as_secs_f64())
}

fn lines(view: &WatchView<'_>) -> Vec<Line<'static>> {
    let Some((_, report)) = &view.away else {
        return view
            .printed
            .lines()
            .map(|line| styled(line, Style::new()))
            .collect();
    };
    // The report first: what follows is old.
    let report = report.lines();
    let report = report.map(|line| Line::from(Span::raw(clean(line))));
    let old = Style::new().add_modifier(Modifier::DIM);
    let printed = view.printed.lines().map(|line| styled(line, old));
    report.chain([Line::default()]).chain(printed).collect()
}
