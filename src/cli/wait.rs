//! Repetition, for `--watch`.

use std::time::Duration;

use super::exit::{Failure, Outcome};
use super::output::Output;

/// Does `once`, or, with an interval, again and again until a signal or an error that will not pass.
pub(super) fn repeat(every: Option<Duration>, output: Output, once: impl Fn() -> Outcome) -> Outcome {
    let Some(every) = every else { return once() };
    loop {
        output.next_screen()?;
        if let Err(failure) = once() {
            match failure {
                // The daemon may be back at the next look.
                Failure { exit: super::exit::Exit::Unreachable, .. } => output.print(&failure.report())?,
                failure => return Err(failure),
            }
        }
        std::thread::sleep(every);
    }
}
