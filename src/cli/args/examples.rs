//! Examples of a command, as its long help has them, and read from there for its manual page.
//!
//! They are declared at the command itself:
//! `#[command(after_long_help = examples(&[("bllvmctl status", "Show the state")]))]`.

use clap::Command;

const HEADING: &str = "Examples:";
const LINE_INDENT: &str = "  ";
const MEANING_INDENT: &str = "      ";

/// The long help of these examples, each a command line and what it does.
pub(in crate::cli) fn examples(examples: &[(&str, &str)]) -> String {
    let mut text = HEADING.to_owned();
    for (line, meaning) in examples {
        text = format!("{text}\n{LINE_INDENT}{line}\n{MEANING_INDENT}{meaning}");
    }
    text
}

/// The examples in the long help of `command`.
pub(in crate::cli) fn examples_of(command: &Command) -> Vec<(String, String)> {
    let help = command.get_after_long_help();
    let help = help.map(ToString::to_string).unwrap_or_default();
    let mut lines = help.lines();
    if lines.next() != Some(HEADING) {
        return Vec::new();
    }
    let mut examples = Vec::new();
    while let (Some(line), Some(meaning)) = (lines.next(), lines.next()) {
        let line = line.strip_prefix(LINE_INDENT);
        let meaning = meaning.strip_prefix(MEANING_INDENT);
        let (Some(line), Some(meaning)) = (line, meaning) else {
            break;
        };
        examples.push((line.to_owned(), meaning.to_owned()));
    }
    examples
}

/// The command and its subcommands without their examples, for completions and manual pages, which
/// would refer to a longer help.
pub(in crate::cli) fn without_examples(command: Command) -> Command {
    command
        .after_long_help(None::<&str>)
        .mut_subcommands(without_examples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_read_from_the_help_as_they_were_written() {
        let command = |help: String| Command::new("x").after_long_help(help);
        let two = [("x a", "Do a"), ("x b", "Do b")];
        let owned = two.map(|(line, meaning)| (line.to_owned(), meaning.to_owned()));
        assert_eq!(examples_of(&command(examples(&two))), owned);
        let more = examples(&two) + "\n\nExit codes: 0 yes.\nMore.";
        assert_eq!(examples_of(&command(more)), owned);
        assert_eq!(examples_of(&command("Nothing of the kind".to_owned())), []);
        assert_eq!(examples_of(&without_examples(command(examples(&two)))), []);
    }
}
