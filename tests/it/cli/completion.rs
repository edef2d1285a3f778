//! The completions of bash, in a real bash.

use std::process::Command;
use std::time::Duration;

use crate::support::child;
use crate::support::skip::or_skip;
use crate::support::surroundings::{program, repository};

/// What bash would offer for the last of `words`.
fn offered(words: &[&str]) -> Vec<String> {
    let script = repository().join("completions/bllvmctl.bash");
    let (current, before) = words.split_last().expect("a word");
    let previous = before.last().copied().unwrap_or_default();
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    // The function that is registered, called as bash calls it.
    let code = format!(
        "source '{}'\nread -r -a registered <<< \"$(complete -p bllvmctl)\"\n\
         for at in \"${{!registered[@]}}\"; do [[ \"${{registered[at]}}\" == -F ]] && \
         name=\"${{registered[at+1]}}\"; done\n\
         COMP_WORDS=({}); COMP_CWORD={}\n\"$name\" bllvmctl '{current}' '{previous}'\n\
         for word in \"${{COMPREPLY[@]}}\"; do printf '%s\\n' \"$word\"; done\n",
        script.display(),
        quoted.join(" "),
        before.len(),
    );
    let mut command = Command::new("bash");
    command
        .args(["--norc", "--noprofile", "-c", &code])
        .env("PATH", "/usr/bin:/bin");
    let output = child::run(command, b"", Duration::from_mins(1));
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (Some(0), ""),
        "{words:?}"
    );
    output.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_options_only_to_whoever_begins_one() {
    or_skip!(program("BASH", "bash"), "there is no bash");
    // Where a value is wanted no word begins with a dash, so that bash inserts none.
    let values: [&[&str]; 6] = [
        &["bllvmctl", "queue", "drop", ""],
        &["bllvmctl", "health", ""],
        &["bllvmctl", "config", "check", ""],
        &["bllvmctl", "lease", "add", ""],
        &["bllvmctl", "prune", "--to", ""],
        &["bllvmctl", "--config", ""],
    ];
    for words in values {
        let offered = offered(words);
        assert!(
            offered
                .iter()
                .all(|word| !word.starts_with(['-', '[', '<'])),
            "{words:?} {offered:?}"
        );
    }
    let contains = |words: &[&str], word: &str| {
        let offered = offered(words);
        assert!(
            offered.iter().any(|offer| offer == word),
            "{words:?} {offered:?}"
        );
    };
    contains(&["bllvmctl", "health", "-"], "--nagios");
    contains(&["bllvmctl", "health", "--n"], "--nagios");
    contains(&["bllvmctl", "hea"], "health");
    contains(&["bllvmctl", ""], "status");
    contains(&["bllvmctl", "queue", ""], "retry");
    contains(&["bllvmctl", "status", "-o", ""], "wide");
    contains(&["bllvmctl", "status", "-o", "j"], "json");
}
