//! `bllvmctl completions`: what `clap_complete` generates from the commands, and behind it the
//! names that the running daemon has (`bllvmctl complete`).
//!
//! The dynamic engine of `clap_complete` is unstable, and gives everything to one call of the
//! program; here a shell without the program, or with an older one, still completes the rest.

use clap::{Args, Command, CommandFactory};
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
    let mut command = without_hidden(&without_examples(Cli::command()));
    clap_complete::generate(shell, &mut command, "bllvmctl", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    match shell {
        Shell::Bash => {
            text.replace("complete -F _bllvmctl ", "complete -F _bllvmctl_words ") + BASH_WORDS
        }
        // The function has the name of the file, from which the shell loads it.
        Shell::Zsh => text.replacen("\n_bllvmctl() {\n", ZSH_NAMES, 1),
        Shell::Fish => text + FISH_NAMES,
        _ => text,
    }
}

/// The command line without the commands that only scripts call, and without the options that no
/// help shows: the completions would have them all the same.
fn without_hidden(command: &Command) -> Command {
    let shown = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set());
    Command::new("bllvmctl")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(command.get_arguments().cloned())
        .subcommands(shown.map(with_shown_options))
}

/// Only `serve` has hidden options.
fn with_shown_options(command: &Command) -> Command {
    if command.get_name() != "serve" {
        return command.clone();
    }
    let about = command.get_about().cloned().unwrap_or_default();
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let mut kept = Command::new("serve").about(about).args(shown.cloned());
    if let Some(about) = command.get_long_about() {
        kept = kept.long_about(about.clone());
    }
    kept
}

/// Offers options only after a dash. They all begin with one, so that bash would insert the dash as
/// their common prefix where a value is expected. Bash breaks words at colons, which addresses
/// have: what stands before the last one is there already.
const BASH_WORDS: &str = r#"
_bllvmctl_words() {
    local word words=() line=("${COMP_WORDS[@]:1:COMP_CWORD}") names typed
    _bllvmctl "$@"
    [[ "$2" == -* ]] && return 0
    for word in "${COMPREPLY[@]}"; do
        [[ "$word" == -* || "$word" == "["* || "$word" == "<"* ]] || words+=("$word")
    done
    if [[ "$COMP_WORDBREAKS" == *:* ]]; then
        typed="${COMP_LINE:0:COMP_POINT}"
        typed="${typed##*[[:space:]]}"
        read -ra line <<< "${COMP_LINE:0:COMP_POINT}"
        line=("${line[@]:1}")
        [[ "$typed" == "" ]] && line+=("")
    fi
    mapfile -t names < <("$1" complete -- "${line[@]}" 2>/dev/null)
    if [[ ${#names[@]} -gt 0 ]]; then
        words=()
        for word in "${names[@]}"; do
            if [[ "$COMP_WORDBREAKS" == *:* && "$typed" == *:* ]]; then
                word="${word#"${typed%"${typed##*:}"}"}"
            fi
            words+=("$word")
        done
    fi
    COMPREPLY=("${words[@]}")
}
"#;

/// Names of the daemon, where there are any; else what was generated.
const ZSH_NAMES: &str = r#"
_bllvmctl() {
    local -a names
    names=(${(f)"$(_call_program names ${(q)words[1]} complete -- ${(q)words[2,CURRENT]} 2>/dev/null)"})
    if (( $#names )); then
        compadd -- $names
        return
    fi
    _bllvmctl_generated "$@"
}

_bllvmctl_generated() {
"#;

/// The shell merges them with what was generated.
const FISH_NAMES: &str = r#"
function __fish_bllvmctl_names
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    command $program complete -- $words (commandline -ct) 2>/dev/null
end

complete -c bllvmctl -f -a "(__fish_bllvmctl_names)"
"#;
