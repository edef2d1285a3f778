//! The examples of each command, for `--help` and the manual pages.

use clap::Command;

/// A command line, and what it does.
type Example = (&'static str, &'static str);

/// The examples of each command, by its path: the names of the subcommands that lead to it.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            (
                "bllvmctl serve --dev",
                "Try the commands on a temporary regtest node",
            ),
            (
                "bllvmctl status --watch 2",
                "Show the status every two seconds",
            ),
            (
                "bllvmctl health --quiet && echo healthy",
                "Use the exit code in a script",
            ),
        ],
    ),
    (
        "serve",
        &[
            (
                "bllvmctl serve --config /etc/bllvmctl/config.toml",
                "Run with this configuration, as the service does",
            ),
            (
                "bllvmctl serve --dev",
                "Run a temporary regtest node with miner and peers",
            ),
            (
                "bllvmctl serve --dev --nodes 3",
                "Run three nodes behind one gateway, to watch a failover",
            ),
        ],
    ),
    (
        "status",
        &[
            (
                "bllvmctl status",
                "Show state, chain, storage, peers, queue and pruning",
            ),
            (
                "bllvmctl status -o json",
                "Print the same as one JSON document",
            ),
            ("bllvmctl status --node b", "Show one of several nodes"),
        ],
    ),
    (
        "health",
        &[
            (
                "bllvmctl health --ready --wait 12h",
                "Wait until the node is in sync",
            ),
            (
                "bllvmctl health --nagios",
                "Print one line for Nagios or Icinga",
            ),
        ],
    ),
    (
        "metrics",
        &[
            (
                "bllvmctl metrics 'chain_*' 'network_peers'",
                "Show the metrics with these names",
            ),
            (
                "bllvmctl metrics --raw",
                "Print the text that Prometheus scrapes",
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
            (
                "bllvmctl prune --quiet --to 80G",
                "Prune from cron, reporting failures only",
            ),
        ],
    ),
    (
        "prune status",
        &[("bllvmctl prune status --watch 5", "Watch a running job")],
    ),
    (
        "prune cancel",
        &[(
            "bllvmctl prune cancel",
            "Stop the job after the current call to the node",
        )],
    ),
    (
        "lease",
        &[("bllvmctl lease list", "List who holds which blocks")],
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
                "Keep all blocks from a height on for a day",
            ),
            (
                "bllvmctl lease add electrs --last 2016 --ttl never",
                "Keep the last 2016 blocks, about two weeks, until released",
            ),
        ],
    ),
    (
        "lease release",
        &[(
            "bllvmctl lease release lnd",
            "Let the blocks that lnd held be pruned",
        )],
    ),
    (
        "queue",
        &[("bllvmctl queue --watch 2", "Watch the lost peers")],
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
            "Dial a peer until it has been connected once",
        )],
    ),
    (
        "queue retry",
        &[
            ("bllvmctl queue retry 10.0.0.5:8333", "Dial a peer now"),
            ("bllvmctl queue retry --all", "Dial all lost peers now"),
        ],
    ),
    (
        "queue drop",
        &[("bllvmctl queue drop 10.0.0.5:8333", "Stop dialling a peer")],
    ),
    (
        "queue pause",
        &[("bllvmctl queue pause", "Dial no peer during maintenance")],
    ),
    (
        "queue resume",
        &[("bllvmctl queue resume", "Dial peers again")],
    ),
    (
        "peers",
        &[("bllvmctl peers -o wide", "Show every part of the quality")],
    ),
    (
        "peers list",
        &[("bllvmctl peers list --watch 5", "Watch the peers")],
    ),
    (
        "peers add",
        &[(
            "bllvmctl peers add seed.example.org:8333",
            "Keep a peer connected from now on",
        )],
    ),
    (
        "peers remove",
        &[(
            "bllvmctl peers remove seed.example.org:8333",
            "Disconnect a peer that was kept connected",
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
            "Check whether a call of alice would pass now",
        )],
    ),
    (
        "nodes",
        &[(
            "bllvmctl nodes",
            "Show who serves, and why the others do not",
        )],
    ),
    (
        "nodes list",
        &[("bllvmctl nodes list --watch 5", "Watch the nodes")],
    ),
    (
        "nodes drain",
        &[
            (
                "bllvmctl nodes drain b --reason disk --for 2h",
                "Send b no calls for two hours",
            ),
            (
                "bllvmctl nodes drain b --url http://10.0.0.5:18332 --url http://10.0.0.6:18332",
                "Drain b at two daemons in front of it",
            ),
        ],
    ),
    (
        "nodes undrain",
        &[("bllvmctl nodes undrain b", "Send b calls again")],
    ),
    (
        "nodes maintain",
        &[(
            "bllvmctl nodes maintain b --wait 30m -- systemctl restart bitcoind",
            "Restart b without a failed call",
        )],
    ),
    (
        "nodes explain",
        &[(
            "bllvmctl nodes explain getbalance --wallet hot",
            "Show which node has the wallet, and whether it would get the call",
        )],
    ),
    (
        "config",
        &[(
            "bllvmctl config check",
            "Check the file that the daemon would use",
        )],
    ),
    (
        "config check",
        &[
            (
                "bllvmctl config check /etc/bllvmctl/config.toml",
                "Check a file, the node, directories and listeners",
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
        "config explain",
        &[(
            "bllvmctl config explain nodes.rpc_url",
            "Explain a key, with the value of each node",
        )],
    ),
    (
        "config init",
        &[(
            "bllvmctl config init bllvmctl.toml",
            "Write a configuration with every key explained",
        )],
    ),
    (
        "config reload",
        &[(
            "bllvmctl config reload",
            "Apply a changed file without a restart",
        )],
    ),
    (
        "completions",
        &[(
            "bllvmctl completions bash > /etc/bash_completion.d/bllvmctl",
            "Install the completions for bash",
        )],
    ),
    (
        "help",
        &[("bllvmctl help queue retry", "Show the help of queue retry")],
    ),
];

/// The examples of the command at `path`.
pub(super) fn of(path: &str) -> &'static [Example] {
    let mut all = EXAMPLES.iter();
    all.find(|(name, _)| *name == path)
        .map_or(&[], |(_, examples)| examples)
}

/// Adds its examples to the long help of the `command` at `path`, and to those of its subcommands.
pub(super) fn with_examples(command: Command, path: &str) -> Command {
    let mut text = String::from("Examples:");
    for (line, does) in of(path) {
        text = format!("{text}\n  {line}\n      {does}");
    }
    if let Some(exit_codes) = command.get_after_help() {
        text = format!("{text}\n\n{exit_codes}");
    }
    command.after_long_help(text).mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name());
        with_examples(inner, path.trim_start())
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::args::Cli;
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
        let mut count = 0;
        for_each(&Cli::command(), "", &mut |_, path| {
            let examples = of(path);
            assert!(!examples.is_empty(), "{path}");
            for (line, does) in examples {
                assert!(
                    line.starts_with(format!("bllvmctl {path}").trim_end()),
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
        let mut command = with_examples(Cli::command(), "").disable_help_subcommand(true);
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
