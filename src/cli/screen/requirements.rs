//! What a screen needs: a terminal to read from and to write to that can move its cursor.

use std::io::{self, IsTerminal};

use nix::unistd::{getpgrp, tcgetpgrp};

use crate::cli::args::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::screen::theme::Theme;
use crate::env::Env;

/// Whether a command that prints may have the screen instead.
pub(in crate::cli) fn screen_is_possible(output: Output) -> bool {
    output.is_terminal()
        && io::stdin().is_terminal()
        && !output.is_dumb()
        && !output.is_quiet()
        && !is_in_background()
        && output.format == Format::Table
}

/// Whether the terminal belongs to another job: the system stops who changes its modes.
fn is_in_background() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|foreground| foreground != getpgrp())
}

/// Fails where `command` cannot have the screen that it is for.
pub(in crate::cli) fn require_screen(command: &str, output: Output) -> Result<(), Failure> {
    let usage = |text: String| Failure::text(Exit::Usage, text);
    if output.format != Format::Table {
        let text = format!("`{command}` draws a screen and has no other format");
        return Err(usage(text).hint("`bllvmctl status -o json` prints a document"));
    }
    if !output.is_terminal() || !io::stdin().is_terminal() {
        let text = format!("`{command}` needs a terminal");
        let hint =
            "`bllvmctl status` prints the state once, `bllvmctl status --watch 2` again and again";
        return Err(usage(text).hint(hint));
    }
    if output.is_dumb() {
        let text = format!("`{command}` needs a terminal that can move its cursor (TERM)");
        let hint = "`bllvmctl status --watch 2` prints line by line";
        return Err(usage(text).hint(hint));
    }
    Ok(())
}

/// How things look on the terminal.
pub(in crate::cli) fn theme_of(output: Output, env: &Env) -> Theme {
    // The order of setlocale(3); without any of them the locale is C.
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.iter().find_map(|name| env.get(name));
    Theme::new(output.has_color(), locale.unwrap_or_default())
}

/// The failure of a command whose terminal cannot be a screen.
pub(in crate::cli) fn terminal_failed(error: io::Error) -> Failure {
    let error = anyhow::Error::new(error).context("cannot use the terminal as a screen");
    Failure::new(Exit::Internal, error)
}
