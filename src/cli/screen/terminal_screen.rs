//! Enters the alternate screen and raw mode, and leaves both whichever way the command ends.

use std::io::{self, BufWriter, Stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::style::force_color_output;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::{Frame, Terminal};
use signal_hook::consts::SIGTSTP;
use signal_hook::low_level::emulate_default_handler;

/// Whether the terminal is to be restored; one flag, as there is one terminal.
static IS_ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal as a screen, until it is dropped.
pub(in crate::cli) struct TerminalScreen {
    /// A frame is one write: over ssh it comes in one piece.
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl TerminalScreen {
    /// Enters the screen, with colours or without.
    pub(in crate::cli) fn enter(has_color: bool) -> io::Result<Self> {
        restore_on_panic();
        // The options have decided, with NO_COLOR: crossterm knows only that.
        force_color_output(has_color);
        open()?;
        terminal()
            .inspect_err(|_| restore())
            .map(|terminal| Self { terminal })
    }

    /// Draws a frame, and writes what differs from the last one.
    pub(in crate::cli) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(|_| ())
    }

    /// Forgets what is on the screen, so that the next frame is written whole.
    pub(in crate::cli) fn forget(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Gives the terminal back, stops the process, and enters the screen again when it goes on.
    pub(in crate::cli) fn suspend(&mut self) -> io::Result<()> {
        restore();
        emulate_default_handler(SIGTSTP)?;
        self.resume()
    }

    /// Enters again what may have been left: whoever stopped the process may have changed it.
    pub(in crate::cli) fn resume(&mut self) -> io::Result<()> {
        restore();
        open()?;
        self.terminal = terminal()?;
        Ok(())
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        restore();
    }
}

fn terminal() -> io::Result<Terminal<CrosstermBackend<BufWriter<Stdout>>>> {
    Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout())))
}

fn open() -> io::Result<()> {
    IS_ENTERED.store(true, Ordering::Relaxed);
    let opened =
        enable_raw_mode().and_then(|()| execute!(io::stdout(), EnterAlternateScreen, Hide));
    opened.inspect_err(|_| restore())
}

/// Leaves the screen, if it is entered. A terminal that is gone cannot be restored, and nobody can
/// be told.
fn restore() {
    if IS_ENTERED.swap(false, Ordering::Relaxed) {
        let _ = disable_raw_mode();
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    }
}

/// A panic is reported on the screen that the user has afterwards.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            restore();
            report(panic);
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::process::{Command, Stdio};

    use nix::pty::{Winsize, openpty};
    use nix::sys::termios::tcgetattr;

    use super::*;

    #[test]
    #[ignore = "the child of the next test"]
    #[should_panic = "on purpose"]
    fn a_child_that_panics_on_the_screen() {
        let mut screen = TerminalScreen::enter(false).unwrap();
        screen
            .draw(|frame| frame.render_widget("drawn", frame.area()))
            .unwrap();
        panic!("on purpose");
    }

    #[test]
    fn after_a_panic_the_terminal_is_as_it_was_and_shows_the_report() {
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).unwrap();
        let before = tcgetattr(&pty.slave).unwrap();
        let slave = || Stdio::from(pty.slave.try_clone().unwrap());
        let name = "cli::screen::terminal_screen::tests::a_child_that_panics_on_the_screen";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                name,
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .stdin(slave())
            .stdout(slave())
            .stderr(slave())
            .spawn()
            .unwrap();
        let mut written = String::new();
        let mut master = File::from(pty.master);
        let mut part = [0; 4096];
        // Its last words; the terminal stays open, since this side looks at its modes.
        while !written.contains("test result") {
            let read = master.read(&mut part).unwrap();
            written.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        child.wait().unwrap();
        assert_eq!(tcgetattr(&pty.slave).unwrap(), before);
        let entered = written.find("\u{1b}[?1049h").unwrap();
        let left = written.find("\u{1b}[?1049l").unwrap();
        let report = written.find("on purpose").unwrap();
        assert!(entered < left && left < report, "{written:?}");
        assert!(
            written.contains("\u{1b}[?25h"),
            "the cursor is shown: {written:?}"
        );
    }
}
