//! Repetition, for `--watch`.

use std::time::Duration;

use super::exit::{CommandResult, Exit, Failure};
use super::output::{Output, print_error};
use super::screen::screen_is_possible;
use super::watch_screen;

/// Runs `once`. With an interval it repeats until a signal, a closed pipe, or an error that will
/// not pass: on a screen of its own called `title` if there is a terminal.
pub(super) fn repeat(
    title: &str,
    every: Option<Duration>,
    output: Output,
    once: impl Fn() -> CommandResult + Sync,
) -> CommandResult {
    let Some(every) = every else { return once() };
    if screen_is_possible(output) {
        return watch_screen::run(title, every, output, &once);
    }
    loop {
        if let Err(failure) = once() {
            match failure {
                // The daemon may be back at the next repetition.
                Failure {
                    exit: Exit::Unreachable,
                    ..
                } => print_error(&failure.report()),
                failure => return Err(failure),
            }
        }
        if Output::reader_is_gone() {
            return Ok(Exit::Yes);
        }
        std::thread::sleep(every);
    }
}
