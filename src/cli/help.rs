//! `bllvmctl help`: the long help of a command.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory};

use super::args::{Cli, examples};

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl help queue retry", "Show the help of queue retry"),
]))]
pub(super) struct HelpArgs {
    /// Show the help of this command, such as queue retry [default: all commands]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

/// The help of the command that the arguments lead to.
pub(super) fn help(args: &HelpArgs) -> Result<String, clap::Error> {
    let mut command = Cli::command();
    command.build();
    for name in &args.command {
        let Some(inner) = command.find_subcommand(name).cloned() else {
            let message = format!("unrecognized subcommand '{name}'");
            return Err(command.error(ErrorKind::InvalidSubcommand, message));
        };
        command = inner;
    }
    Ok(command.render_long_help().to_string())
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::super::args::examples_of;
    use super::*;

    /// Calls `check` with every command and its path.
    fn for_each(command: &Command, path: &str, check: &mut impl FnMut(&Command, &str)) {
        check(command, path);
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            for_each(inner, path.trim_start(), check);
        }
    }

    /// The words of a command line, without redirections and what follows `&&`.
    fn words(line: &str) -> Vec<std::ffi::OsString> {
        let line = line.split(" && ").next().unwrap_or_default();
        let line = line.split(" > ").next().unwrap_or_default();
        line.split(' ')
            .map(|word| word.trim_matches('\'').into())
            .collect()
    }

    #[test]
    fn every_command_has_an_example_of_its_own_that_is_understood() {
        for_each(&Cli::command(), "", &mut |command, path| {
            let examples = examples_of(command);
            assert!(!examples.is_empty(), "{path}");
            for (line, meaning) in examples {
                assert!(
                    line.starts_with(format!("bllvmctl {path}").trim_end()),
                    "{line}"
                );
                assert!(
                    !meaning.ends_with('.') && meaning.starts_with(char::is_uppercase),
                    "{meaning}"
                );
                if let Err(error) = Cli::read(&words(&line)) {
                    panic!("{line}: {error}");
                }
            }
        });
    }

    #[test]
    fn the_long_help_of_every_command_has_its_examples_and_one_line_says_what_it_does() {
        let mut command = Cli::command().disable_help_subcommand(true);
        // Global options reach the subcommands only when the whole is built.
        command.build();
        for_each(&command, "", &mut |command, path| {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Examples:\n  bllvmctl"), "{path}: {help}");
            let about = command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                !about.is_empty() && !about.contains('\n'),
                "{path}: {about}"
            );
        });
    }
}
