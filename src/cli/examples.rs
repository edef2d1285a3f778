//! An example or two of each command, for `--help` and the manual pages.

use clap::Command;

/// An example: the command line, and what it does.
type Example = (&'static str, &'static str);

/// The examples of each command, by the names that lead to it.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            (
                "bllvmctl serve --dev",
                "Try everything on a throw-away node",
            ),
            (
                "bllvmctl status --watch 2",
                "Show everything, every two seconds",
            ),
            (
                "bllvmctl health && echo all is well",
                "Use the answer in a script",
            ),
        ],
    ),
    (
        "serve",
        &[
            (
                "bllvmctl serve --config /etc/bllvmctl/config.toml",
                "Run as a service does",
            ),
            (
                "bllvmctl serve --dev",
                "Run a node that mines, and remove it at the end",
            ),
        ],
    ),
    (
        "status",
        &[
            (
                "bllvmctl status",
                "Show state, chain, storage, peers, queue and limits",
            ),
            (
                "bllvmctl status -o json",
                "Print the same as one JSON document",
            ),
        ],
    ),
    (
        "health",
        &[
            (
                "bllvmctl health --ready --wait 12h",
                "Wait until the node is in sync",
            ),
            ("bllvmctl health --nagios", "Print one line for Nagios"),
        ],
    ),
    (
        "metrics",
        &[
            (
                "bllvmctl metrics 'chain_*' 'network_peers'",
                "Show some metrics",
            ),
            (
                "bllvmctl metrics --raw",
                "Print them as Prometheus gets them",
            ),
        ],
    ),
    (
        "prune",
        &[
            (
                "bllvmctl prune --to 80G --dry-run",
                "Show what would be deleted",
            ),
            ("bllvmctl prune --quiet --to 80G", "Prune from cron"),
        ],
    ),
    (
        "prune status",
        &[("bllvmctl prune status --watch 5", "Follow a job")],
    ),
    (
        "prune cancel",
        &[(
            "bllvmctl prune cancel",
            "Stop after the call that is under way",
        )],
    ),
    (
        "lease",
        &[("bllvmctl lease list", "Show who holds which blocks")],
    ),
    (
        "lease list",
        &[(
            "bllvmctl lease list -o tsv",
            "Print the leases for a script",
        )],
    ),
    (
        "lease add",
        &[
            (
                "bllvmctl lease add lnd --from-height 840000 --ttl 24h",
                "Keep all blocks from a height on, for a day",
            ),
            (
                "bllvmctl lease add electrs --last 2016 --ttl never",
                "Keep the last two weeks of blocks",
            ),
        ],
    ),
    (
        "lease release",
        &[("bllvmctl lease release lnd", "Let the blocks of lnd go")],
    ),
    (
        "queue",
        &[("bllvmctl queue --watch 2", "Follow the lost peers")],
    ),
    (
        "queue list",
        &[(
            "bllvmctl queue list -o json",
            "Print the queue as one JSON document",
        )],
    ),
    (
        "queue add",
        &[(
            "bllvmctl queue add 10.0.0.5:8333",
            "Dial a peer until it is connected once",
        )],
    ),
    (
        "queue retry",
        &[
            ("bllvmctl queue retry 10.0.0.5:8333", "Dial a peer now"),
            ("bllvmctl queue retry --all", "Dial all of them now"),
        ],
    ),
    (
        "queue drop",
        &[("bllvmctl queue drop 10.0.0.5:8333", "Give a peer up")],
    ),
    (
        "queue pause",
        &[("bllvmctl queue pause", "Dial nobody during maintenance")],
    ),
    ("queue resume", &[("bllvmctl queue resume", "Dial again")]),
    ("peers", &[("bllvmctl peers -o wide", "Show every column")]),
    (
        "peers list",
        &[("bllvmctl peers list --watch 5", "Follow the peers")],
    ),
    (
        "peers add",
        &[(
            "bllvmctl peers add seed.example.org:8333",
            "Keep a peer connected",
        )],
    ),
    (
        "peers remove",
        &[(
            "bllvmctl peers remove seed.example.org:8333",
            "Disconnect a peer",
        )],
    ),
    ("limits", &[("bllvmctl limits", "Show the limits in force")]),
    (
        "limits show",
        &[(
            "bllvmctl limits show -o json",
            "Print the limits as one JSON document",
        )],
    ),
    (
        "limits explain",
        &[(
            "bllvmctl limits explain --user alice --ip 192.0.2.7 --method getblock",
            "Ask whether a call would pass now",
        )],
    ),
    (
        "config",
        &[("bllvmctl config check", "Check the file that would be read")],
    ),
    (
        "config check",
        &[
            (
                "bllvmctl config check /etc/bllvmctl/config.toml",
                "Check a file, the node and directories",
            ),
            (
                "bllvmctl config check --offline bllvmctl.toml",
                "Check the file alone",
            ),
        ],
    ),
    (
        "config show",
        &[(
            "bllvmctl config show --origin",
            "Show each value and where it comes from",
        )],
    ),
    (
        "config init",
        &[(
            "bllvmctl config init bllvmctl.toml",
            "Write a file with every key explained",
        )],
    ),
    (
        "config reload",
        &[(
            "bllvmctl config reload",
            "Read the changed file without a restart",
        )],
    ),
    (
        "completions",
        &[(
            "bllvmctl completions bash > /etc/bash_completion.d/bllvmctl",
            "Complete commands in bash",
        )],
    ),
    (
        "help",
        &[("bllvmctl help queue retry", "Show the help of one command")],
    ),
];

/// The examples of the command to which `names` lead.
pub(super) fn of(names: &str) -> &'static [Example] {
    let mut all = EXAMPLES.iter();
    all.find(|(path, _)| *path == names)
        .map_or(&[], |(_, examples)| examples)
}

/// `command`, to which `names` lead, with its examples in the long form of its help; likewise all
/// within it.
pub(super) fn with_examples(command: Command, names: &str) -> Command {
    let mut text = String::from("Examples:");
    for (line, does) in of(names) {
        text = format!("{text}\n  {line}\n      {does}");
    }
    if let Some(exit_codes) = command.get_after_help() {
        text = format!("{text}\n\n{exit_codes}");
    }
    command.after_long_help(text).mut_subcommands(|inner| {
        let path = format!("{names} {}", inner.get_name());
        with_examples(inner, path.trim_start())
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::args::Cli;
    use super::*;

    /// Calls `look` with every command and the names that lead to it.
    fn each(command: &Command, names: &str, look: &mut impl FnMut(&Command, &str)) {
        look(command, names);
        for inner in command.get_subcommands() {
            let path = format!("{names} {}", inner.get_name());
            each(inner, path.trim_start(), look);
        }
    }

    /// The words of a command line, without what is the shell's.
    fn words(line: &str) -> Vec<std::ffi::OsString> {
        let line = line.split(" && ").next().unwrap_or_default();
        let line = line.split(" > ").next().unwrap_or_default();
        line.split(' ')
            .map(|word| word.trim_matches('\'').into())
            .collect()
    }

    #[test]
    fn every_command_has_an_example_of_its_own_that_is_understood() {
        let mut count = 0;
        each(&Cli::command(), "", &mut |_, names| {
            let examples = of(names);
            assert!(!examples.is_empty(), "{names}");
            for (line, does) in examples {
                assert!(
                    line.starts_with(format!("bllvmctl {names}").trim_end()),
                    "{line}"
                );
                assert!(
                    !does.ends_with('.') && does.starts_with(char::is_uppercase),
                    "{does}"
                );
                if let Err(error) = Cli::read(&words(line)) {
                    panic!("{line}: {error}");
                }
            }
            count += 1;
        });
        assert_eq!(count, EXAMPLES.len(), "each belongs to a command");
    }

    #[test]
    fn the_long_help_of_every_command_has_its_examples_and_one_line_says_what_it_does() {
        let command = with_examples(Cli::command(), "");
        each(&command, "", &mut |command, names| {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Examples:\n  bllvmctl"), "{names}: {help}");
            let about = command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                !about.is_empty() && !about.contains('\n'),
                "{names}: {about}"
            );
        });
    }
}
