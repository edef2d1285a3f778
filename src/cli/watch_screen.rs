//! `--watch` on a terminal: what the command prints, on a screen with a clock.
//!
//! A worker runs the command, so that keys are answered while the daemon is not.

mod draw;
mod styled;

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::client::abandon_request;
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::screen::{Inputs, ScreenInput, ScrollPosition, TerminalScreen, WorkerEnd};
use crate::clock;

/// The clock shows each second.
const TICK: Duration = Duration::from_secs(1);

/// One run of the command.
struct Repetition {
    result: CommandResult,
    printed: String,
}

/// What the worker is asked.
enum WorkerRequest {
    /// Run the command now.
    Again,
    /// Wait until it is asked.
    Pause,
}

/// What is shown.
struct WatchView<'a> {
    title: &'a str,
    every: Duration,
    has_color: bool,
    now: Timestamp,
    /// What the command printed last.
    printed: String,
    /// Since when the daemon has not been reached, and the report.
    away: Option<(Timestamp, String)>,
    is_paused: bool,
    scroll: ScrollPosition,
}

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
enum WatchAction {
    Quit,
    Suspend,
    Redraw,
    Again,
    Pause,
}

/// Shows what `once` prints until it is ended.
pub(super) fn run(
    title: &str,
    every: Duration,
    output: Output,
    once: &(impl Fn() -> CommandResult + Sync),
) -> CommandResult {
    let view = WatchView {
        title,
        every,
        has_color: output.has_color(),
        now: clock::wall(),
        printed: String::new(),
        away: None,
        is_paused: false,
        scroll: ScrollPosition::default(),
    };
    let inputs = Inputs::of_signals().map_err(terminal_failed)?;
    let (requests, asked) = mpsc::channel();
    let results = inputs.sender();
    thread::scope(|scope| {
        scope.spawn(move || work(every, once, &results, &asked));
        let outcome = show(view, &inputs, &requests);
        // The worker ends once nobody asks any more; it may wait for an answer of the daemon.
        drop(requests);
        abandon_request();
        outcome
    })
}

fn terminal_failed(error: io::Error) -> Failure {
    let error = anyhow::Error::new(error).context("cannot use the terminal as a screen");
    Failure::new(Exit::Internal, error)
}

/// Runs the command at each interval, and when it is asked to.
fn work(
    every: Duration,
    once: &impl Fn() -> CommandResult,
    results: &Sender<ScreenInput<Repetition>>,
    asked: &Receiver<WorkerRequest>,
) {
    let _end = WorkerEnd(results.clone());
    loop {
        let (result, printed) = Output::captured(once);
        let repetition = Repetition { result, printed };
        if results.send(ScreenInput::Result(repetition)).is_err() {
            return;
        }
        let mut request = asked.recv_timeout(every);
        while let Ok(WorkerRequest::Pause) = request {
            request = asked.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        if matches!(request, Err(RecvTimeoutError::Disconnected)) {
            return;
        }
    }
}

fn show(
    mut view: WatchView<'_>,
    inputs: &Inputs<Repetition>,
    requests: &Sender<WorkerRequest>,
) -> CommandResult {
    // A worker that has ended is noticed by its results.
    let ask = |request| drop(requests.send(request));
    let mut screen = TerminalScreen::enter(view.has_color).map_err(terminal_failed)?;
    inputs.read_keys();
    loop {
        view.now = clock::wall();
        let (mut lines, mut height) = (0, 0);
        screen
            .draw(|frame| (lines, height) = draw::draw(frame, &view))
            .map_err(terminal_failed)?;
        view.scroll.drawn(lines, height);
        match inputs.next(TICK) {
            Some(ScreenInput::Key(key)) => match press(&mut view, key) {
                None => {}
                Some(WatchAction::Quit) => return Ok(Exit::Yes),
                Some(WatchAction::Suspend) => screen.suspend().map_err(terminal_failed)?,
                Some(WatchAction::Redraw) => screen.forget().map_err(terminal_failed)?,
                Some(WatchAction::Again) => ask(WorkerRequest::Again),
                Some(WatchAction::Pause) => ask(WorkerRequest::Pause),
            },
            // Tables are cut at the width of the terminal.
            Some(ScreenInput::Resized) if !view.is_paused => ask(WorkerRequest::Again),
            None | Some(ScreenInput::Resized) => {}
            Some(ScreenInput::Stop) => screen.suspend().map_err(terminal_failed)?,
            Some(ScreenInput::Continued) => screen.resume().map_err(terminal_failed)?,
            Some(ScreenInput::Terminated(signal)) => return Ok(Exit::of_signal(signal)),
            Some(ScreenInput::Closed(error)) => return Err(terminal_failed(error)),
            Some(ScreenInput::Result(repetition)) => view.take(repetition)?,
            Some(ScreenInput::WorkerEnded) => {
                let text = "the command ended though it is repeated";
                return Err(Failure::text(Exit::Internal, text));
            }
        }
    }
}

impl WatchView<'_> {
    /// Takes what the command printed; fails if it will not pass.
    fn take(&mut self, repetition: Repetition) -> Result<(), Failure> {
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

fn press(view: &mut WatchView<'_>, key: KeyEvent) -> Option<WatchAction> {
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
                draw::draw(frame, view);
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
