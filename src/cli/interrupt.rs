//! SIGINT, SIGTERM and SIGHUP while a command waits for a job in the daemon: the command reports
//! that the job continues before it exits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::{Exit, Failure};

/// Records the first terminating signal; the second one ends the process.
pub(super) struct Interrupt {
    /// The number of the signal; 0: none was received.
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    pub(super) fn watch() -> Result<Self, Failure> {
        let signal = Arc::default();
        let second = Arc::new(AtomicBool::new(false));
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let recorded = usize::try_from(number).unwrap_or(usize::MAX);
            // The order matters: the first signal only arms the default action for the second one.
            flag::register_conditional_default(number, Arc::clone(&second))
                .and_then(|_| flag::register(number, Arc::clone(&second)))
                .and_then(|_| flag::register_usize(number, Arc::clone(&signal), recorded))
                .map_err(|error| Failure::new(Exit::Internal, error))?;
        }
        Ok(Self { signal })
    }

    /// The exit code for the signal, if one was received.
    pub(super) fn exit(&self) -> Option<Exit> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number => Some(Exit::Signal(u8::try_from(number).unwrap_or(u8::MAX))),
        }
    }
}
