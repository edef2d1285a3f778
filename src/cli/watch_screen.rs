//! `--watch` on a terminal: what the command prints, on a screen with a clock.
//!
//! A worker runs the command, so that keys are answered while the daemon is not.

mod draw;
mod styled;
mod view;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use self::view::{Repetition, WatchAction, WatchView, press};
use super::client::abandon_request;
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::screen::{
    Inputs, ScreenInput, ScrollPosition, TerminalScreen, WorkerEnd, terminal_failed,
};
use crate::clock;

/// The clock shows each second.
const TICK: Duration = Duration::from_secs(1);

/// What the worker is asked.
enum WorkerRequest {
    /// Run the command now.
    Again,
    /// Wait until it is asked.
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
        let mut lines = 0;
        let mut height = 0;
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
