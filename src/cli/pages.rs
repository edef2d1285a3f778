//! `bllvmctl completions`: completions for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::args::{Cli, examples, without_examples};
use super::exit::{CommandResult, Exit};
use super::output::Output;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    (
        "bllvmctl completions bash > /etc/bash_completion.d/bllvmctl",
        "Install the completions for bash",
    ),
]))]
pub(super) struct CompletionsArgs {
    /// Print the completions for this shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> CommandResult {
    Output::print_always(&completions(args.shell))?;
    Ok(Exit::Yes)
}

/// The completions for `shell`.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    let mut command = without_examples(Cli::command());
    clap_complete::generate(shell, &mut command, "bllvmctl", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    if shell == Shell::Bash {
        text.replace("complete -F _bllvmctl ", "complete -F _bllvmctl_words ") + BASH_WORDS
    } else {
        text
    }
}

/// Offers options only after a dash. They all begin with one, so that bash would insert the dash as
/// their common prefix where a value is expected.
const BASH_WORDS: &str = r#"
_bllvmctl_words() {
    local word words=()
    _bllvmctl "$@"
    [[ "$2" == -* ]] && return 0
    for word in "${COMPREPLY[@]}"; do
        [[ "$word" == -* || "$word" == "["* || "$word" == "<"* ]] || words+=("$word")
    done
    COMPREPLY=("${words[@]}")
}
"#;
