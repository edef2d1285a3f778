//! A terminal: the program at one end, its screen and its keyboard at the other.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

use super::surroundings::{poll, wait_until};

const SOON: Duration = Duration::from_mins(1);

/// A program in a terminal of its own, which is killed when this is dropped.
pub(crate) struct InTerminal {
    child: Child,
    keyboard: File,
    /// The program's end, so that its modes can be read.
    line: OwnedFd,
    before: Termios,
    shown: Arc<Mutex<Shown>>,
}

/// What came out of the terminal.
struct Shown {
    parser: vt100::Parser,
    written: Vec<u8>,
}

impl InTerminal {
    /// Starts `command` in a terminal of `columns` and `rows`.
    #[track_caller]
    pub(crate) fn start(command: Command, columns: u16, rows: u16) -> Self {
        Self::start_as("xterm-256color", command, columns, rows)
    }

    /// As `start`, in a terminal that says it is of this `kind`.
    #[track_caller]
    pub(crate) fn start_as(kind: &str, mut command: Command, columns: u16, rows: u16) -> Self {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("a terminal");
        let before = tcgetattr(&pty.slave).expect("its modes");
        let end = || Stdio::from(pty.slave.try_clone().expect("the terminal once more"));
        command.stdin(end()).stdout(end()).stderr(end());
        command.env("TERM", kind).env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        let child = command.spawn().expect("a program in a terminal");
        let keyboard = File::from(pty.master);
        let shown = Arc::new(Mutex::new(Shown {
            parser: vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0),
            written: Vec::new(),
        }));
        let mut output = keyboard.try_clone().expect("the screen");
        let to = Arc::clone(&shown);
        thread::spawn(move || {
            let mut part = [0; 4096];
            // It fails once nobody has the other end.
            while let Ok(read @ 1..) = output.read(&mut part) {
                let mut shown = to.lock().unwrap_or_else(PoisonError::into_inner);
                shown.parser.process(&part[..read]);
                shown.written.extend_from_slice(&part[..read]);
            }
        });
        Self {
            child,
            keyboard,
            line: pty.slave,
            before,
            shown,
        }
    }

    fn shown<T>(&self, read: impl FnOnce(&Shown) -> T) -> T {
        read(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text on the screen.
    pub(crate) fn text(&self) -> String {
        self.shown(|shown| shown.parser.screen().contents())
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        let found = poll(SOON, || self.text().contains(text).then_some(()));
        assert!(
            found.is_some(),
            "no {text:?} on the screen:\n{}",
            self.text()
        );
    }

    /// Waits until the screen does not show `text` any more.
    #[track_caller]
    pub(crate) fn wait_until_gone(&self, text: &str) {
        let gone = poll(SOON, || (!self.text().contains(text)).then_some(()));
        assert!(
            gone.is_some(),
            "{text:?} stays on the screen:\n{}",
            self.text()
        );
    }

    /// Types `keys`.
    #[track_caller]
    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("a keyboard");
    }

    #[track_caller]
    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().try_into().expect("a process id"));
        kill(id, signal).expect("the program runs");
    }

    /// Waits until the program is stopped, as by Ctrl-Z.
    #[track_caller]
    pub(crate) fn wait_stopped(&self) {
        let stat = format!("/proc/{}/stat", self.child.id());
        wait_until("the program to stop", SOON, || {
            let stat = std::fs::read_to_string(&stat).unwrap_or_default();
            stat.rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('T'))
        });
    }

    /// How it ended.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let ended = poll(SOON, || {
            self.child.try_wait().expect("the state of a child")
        });
        ended.unwrap_or_else(|| panic!("it does not end:\n{}", self.text()))
    }

    /// Waits until the program has the whole screen, without echo and cursor.
    #[track_caller]
    pub(crate) fn wait_entered(&self) {
        wait_until("the whole screen", SOON, || {
            self.is_whole_screen() == (true, true) && self.modes() != self.before
        });
    }

    /// Waits until everything is as before the program.
    #[track_caller]
    pub(crate) fn wait_restored(&self) {
        wait_until("a terminal as it was", SOON, || {
            self.is_whole_screen() == (false, false) && self.modes() == self.before
        });
    }

    /// Whether the alternate screen is shown, and whether the cursor is hidden.
    fn is_whole_screen(&self) -> (bool, bool) {
        self.shown(|shown| {
            let screen = shown.parser.screen();
            (screen.alternate_screen(), screen.hide_cursor())
        })
    }

    /// How many bytes the program has written.
    pub(crate) fn written(&self) -> usize {
        self.shown(|shown| shown.written.len())
    }

    fn modes(&self) -> Termios {
        tcgetattr(&self.line).expect("the modes of a terminal")
    }
}

fn at_least_one(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has rows and columns")
}

impl Drop for InTerminal {
    fn drop(&mut self) {
        // Nothing here may panic: the test may be panicking already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
