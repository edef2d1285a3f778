//! Ctrl-C and its like while a command waits for what goes on in the daemon: the command says so
//! before it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::{Exit, Failure};

/// Notes the first signal that would end the program; the second one does.
pub(super) struct Interrupt {
    /// The number of the signal; 0: none has come.
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    pub(super) fn watch() -> Result<Self, Failure> {
        let (signal, second) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let noted = usize::try_from(number).unwrap_or(usize::MAX);
            // In this order: the first signal only arms what the second one meets.
            flag::register_conditional_default(number, Arc::clone(&second))
                .and_then(|_| flag::register(number, Arc::clone(&second)))
                .and_then(|_| flag::register_usize(number, Arc::clone(&signal), noted))
                .map_err(|error| Failure::new(Exit::Internal, error))?;
        }
        Ok(Self { signal })
    }

    /// The exit of a program that the signal ends, if one has come.
    pub(super) fn exit(&self) -> Option<Exit> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number => Some(Exit::Signal(u8::try_from(number).unwrap_or(u8::MAX))),
        }
    }
}
