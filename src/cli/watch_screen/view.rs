//! What a command printed, and what keys do with it.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::screen::ScrollPosition;

/// One run of the command.
pub(super) struct Repetition {
    pub(super) result: CommandResult,
    pub(super) printed: String,
}

/// What is shown.
pub(super) struct WatchView<'a> {
    pub(super) title: &'a str,
    pub(super) every: Duration,
    pub(super) has_color: bool,
    pub(super) now: Timestamp,
    /// What the command printed last.
    pub(super) printed: String,
    /// Since when the daemon has not been reached, and the report.
    pub(super) away: Option<(Timestamp, String)>,
    pub(super) is_paused: bool,
    pub(super) scroll: ScrollPosition,
}

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WatchAction {
    Quit,
    Suspend,
    Redraw,
    Again,
    Pause,
}

impl WatchView<'_> {
    /// Takes what the command printed; fails if it will not pass.
    pub(super) fn take(&mut self, repetition: Repetition) -> Result<(), Failure> {
        match repetition.result {
            Ok(_) => {
                self.printed = repetition.printed;
                self.away = None;
                Ok(())
            }
            // The daemon may be back at the next repetition.
            Err(failure) if failure.exit == Exit::Unreachable => {
                let since = self.away.as_ref().map(|(since, _)| *since);
                self.away = Some((since.unwrap_or(self.now), failure.report()));
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }
}

pub(super) fn press(view: &mut WatchView<'_>, key: KeyEvent) -> Option<WatchAction> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(WatchAction::Quit),
            KeyCode::Char('z') => Some(WatchAction::Suspend),
            KeyCode::Char('l') => Some(WatchAction::Redraw),
            _ => None,
        };
    }
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => Some(WatchAction::Quit),
        KeyCode::Char('p' | ' ') => {
            view.is_paused = !view.is_paused;
            Some(if view.is_paused {
                WatchAction::Pause
            } else {
                WatchAction::Again
            })
        }
        KeyCode::Char('r') => {
            view.is_paused = false;
            Some(WatchAction::Again)
        }
        code => {
            view.scroll.press(code);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::draw;
    use super::*;

    fn view() -> WatchView<'static> {
        WatchView {
            title: "status",
            every: Duration::from_secs(2),
            has_color: false,
            now: "2026-11-30T19:05:16Z".parse().unwrap(),
            printed: "healthy\n[+] node: answers\n".to_owned(),
            away: None,
            is_paused: false,
            scroll: ScrollPosition::default(),
        }
    }

    fn drawn(view: &WatchView<'_>) -> String {
        let backend = ratatui::backend::TestBackend::new(60, 6);
        let mut terminal = ratatui::Terminal::new(backend).unwrap();
        terminal
            .draw(|frame| {
                draw(frame, view);
            })
            .unwrap();
        terminal.backend().to_string()
    }

    fn failed(exit: Exit) -> Repetition {
        Repetition {
            result: Err(Failure::text(exit, "cannot reach the daemon")),
            printed: String::new(),
        }
    }

    #[test]
    fn what_the_command_printed_stays_while_the_daemon_is_away_and_says_since_when() {
        let mut view = view();
        view.take(failed(Exit::Unreachable)).unwrap();
        view.now = "2026-11-30T19:05:28Z".parse().unwrap();
        view.take(failed(Exit::Unreachable)).unwrap();
        let text = drawn(&view);
        assert!(
            text.contains("no answer since 19:05:16 UTC, 12 s"),
            "{text}"
        );
        assert!(text.contains("cannot reach the daemon") && text.contains("node: answers"));
        let printed = Repetition {
            result: Ok(Exit::No),
            printed: "unhealthy\n".to_owned(),
        };
        view.take(printed).unwrap();
        let text = drawn(&view);
        assert!(
            text.contains("unhealthy") && !text.contains("no answer"),
            "{text}"
        );
        assert!(text.contains("every 2 s") && text.contains("19:05:28 UTC"));
        assert_eq!(
            view.take(failed(Exit::NotAuthorised)).unwrap_err().exit,
            Exit::NotAuthorised
        );
    }

    #[test]
    fn keys_end_it_pause_it_and_go_on() {
        let mut view = view();
        let mut press = |code, modifiers| press(&mut view, KeyEvent::new(code, modifiers));
        let plain = KeyModifiers::NONE;
        assert_eq!(press(KeyCode::Char('q'), plain), Some(WatchAction::Quit));
        assert_eq!(press(KeyCode::Esc, plain), Some(WatchAction::Quit));
        let control = KeyModifiers::CONTROL;
        assert_eq!(press(KeyCode::Char('c'), control), Some(WatchAction::Quit));
        assert_eq!(
            press(KeyCode::Char('z'), control),
            Some(WatchAction::Suspend)
        );
        assert_eq!(press(KeyCode::Char(' '), plain), Some(WatchAction::Pause));
        assert_eq!(press(KeyCode::Char('p'), plain), Some(WatchAction::Again));
        assert_eq!(press(KeyCode::Down, plain), None);
    }
}
