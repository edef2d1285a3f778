//! Completions for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;

/// The completions for `shell`.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bllvmctl", &mut text);
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
