//! What is made of the command line's description: completions and manual pages.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;

/// The completions for `shell`.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bllvmctl", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Writes the manual pages into `directory`, one a command.
pub fn write_manual(directory: &Path) -> io::Result<()> {
    clap_mangen::generate_to(Cli::command(), directory)
}
