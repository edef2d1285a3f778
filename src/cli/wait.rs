//! Repetition, for `--watch`.

use std::time::Duration;

use super::exit::{CommandResult, Exit, Failure};
use super::output::{Output, print_error};

/// Runs `once`. With an interval it repeats until a signal, a closed pipe, or an error that will
/// not pass.
pub(super) fn repeat(
    every: Option<Duration>,
    output: Output,
    once: impl Fn() -> CommandResult,
) -> CommandResult {
    let Some(every) = every else { return once() };
    loop {
        output.next_screen()?;
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
