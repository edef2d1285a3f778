//! What a screen reacts to, in one queue: keys, signals, and the results of a worker.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyEvent, KeyEventKind};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::flag;
use signal_hook::iterator::Signals;

/// The signals that end the command.
const TERMINATING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Something that a screen reacts to.
pub(in crate::cli) enum ScreenInput<T> {
    Key(KeyEvent),
    /// The terminal has another size.
    Resized,
    /// The process is to be stopped.
    Stop,
    /// The process goes on after it was stopped.
    Continued,
    /// A signal that ends the command.
    Terminated(i32),
    /// The terminal cannot be read any more.
    Closed(io::Error),
    /// A result of the worker.
    Result(T),
    /// The worker has ended.
    WorkerEnded,
}

/// The queue.
pub(in crate::cli) struct Inputs<T> {
    receiver: Receiver<ScreenInput<T>>,
    sender: Sender<ScreenInput<T>>,
}

impl<T: Send + 'static> Inputs<T> {
    /// Takes over the signals. Called before the screen is entered, so that none finds it entered
    /// and ends the process.
    pub(in crate::cli) fn of_signals() -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let inputs = Self { receiver, sender };
        let second = Arc::new(AtomicBool::new(false));
        for signal in TERMINATING {
            // The order matters: the first signal only arms the default action for the second one.
            flag::register_conditional_default(signal, Arc::clone(&second))?;
            flag::register(signal, Arc::clone(&second))?;
        }
        let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT];
        let mut signals = Signals::new(all)?;
        let sender = inputs.sender();
        thread::spawn(move || {
            for signal in signals.forever() {
                let input = match signal {
                    SIGTSTP => ScreenInput::Stop,
                    SIGCONT => ScreenInput::Continued,
                    signal => ScreenInput::Terminated(signal),
                };
                if sender.send(input).is_err() {
                    return;
                }
            }
        });
        Ok(inputs)
    }

    /// Reads keys from now on.
    pub(in crate::cli) fn read_keys(&self) {
        let sender = self.sender();
        thread::spawn(move || {
            loop {
                let input = match event::read() {
                    Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                        ScreenInput::Key(key)
                    }
                    Ok(Event::Resize(..)) => ScreenInput::Resized,
                    Ok(_) => continue,
                    Err(error) => {
                        // Nobody reads it only if the command has ended.
                        let _ = sender.send(ScreenInput::Closed(error));
                        return;
                    }
                };
                if sender.send(input).is_err() {
                    return;
                }
            }
        });
    }

    /// Where a worker sends its results to.
    pub(in crate::cli) fn sender(&self) -> Sender<ScreenInput<T>> {
        self.sender.clone()
    }

    /// The next input, if there is one within `wait`.
    pub(in crate::cli) fn next(&self, wait: Duration) -> Option<ScreenInput<T>> {
        // It has a sender itself, so that it is never disconnected.
        self.receiver.recv_timeout(wait).ok()
    }
}

/// Held by a worker: reports its end, also by a panic.
pub(in crate::cli) struct WorkerEnd<T>(pub(in crate::cli) Sender<ScreenInput<T>>);

impl<T> Drop for WorkerEnd<T> {
    fn drop(&mut self) {
        let _ = self.0.send(ScreenInput::WorkerEnded);
    }
}
