//! `bllvmctl complete`: the names that the running daemon has, for the shell that completes a word.
//!
//! Whatever fails, nothing is printed: a completion must neither disturb the line that is being
//! written nor keep its writer waiting. All of it together has a quarter of a second: the files of the
//! configuration, the names of hosts, the requests.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::{Args, Command, CommandFactory};
use reqwest::Method;

use super::answer::named;
use super::args::{Cli, Common, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit};
use super::invocation::Invocation;
use super::output::Output;
use crate::api::{LeaseDocument, LimitsDocument, NodeSummary, PeerDocument, QueuedPeer};
use crate::config;
use crate::env::Env;

/// Longer nobody waits for a completion.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(250);
const METRIC_PREFIX: &str = "bllvm_";

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl complete -- nodes drain a", "Print the names of nodes that begin with a"),
]))]
pub(super) struct CompleteArgs {
    /// The words behind the name of the program; the last one is to be completed
    #[arg(
        value_name = "WORD",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    words: Vec<String>,
}

/// What the word that is to be completed names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Node,
    /// One that is connected or kept.
    Peer,
    /// One that is in the queue.
    QueuedPeer,
    Lease,
    Metric,
    Notification,
    User,
    /// A key of the configuration.
    Key,
}

/// A command line that is being written.
#[derive(Debug, Default, PartialEq, Eq)]
struct PartialLine {
    /// The names of the commands, the outer one first.
    path: Vec<String>,
    /// Values of options that say which daemon is asked.
    options: Vec<(String, String)>,
    /// The option whose value is to be completed.
    option: Option<String>,
    /// How many values stand before the word that is to be completed.
    values: usize,
}

pub(super) fn run(args: &CompleteArgs, invocation: &Invocation<'_>) -> CommandResult {
    let words = args.words.clone();
    let common = invocation.common.clone();
    let env = invocation.env.clone();
    let (found, wait) = mpsc::channel();
    // Whatever it waits for then, the process ends without it.
    thread::spawn(move || found.send(names(&words, &common, &env)));
    let names = wait.recv_timeout(ANSWER_TIMEOUT).ok().flatten();
    for name in names.unwrap_or_default() {
        Output::print_always(&(name + "\n"))?;
    }
    Ok(Exit::Yes)
}

fn names(words: &[String], common: &Common, env: &Env) -> Option<Vec<String>> {
    let (current, before) = words.split_last()?;
    let line = PartialLine::read(&Cli::command(), before);
    let wanted = line.wanted(current)?;
    if wanted == Named::Key {
        let keys = config::key_names().map(str::to_owned);
        return Some(beginning_with(current, keys.collect()));
    }
    let option = |name: &str| {
        let mut given = line.options.iter().rev();
        given
            .find(|(given, _)| given == name)
            .map(|(_, value)| value)
    };
    let common = Common {
        config: option("config").map(Into::into).or(common.config.clone()),
        token_file: option("token-file")
            .map(Into::into)
            .or(common.token_file.clone()),
        url: option("url").cloned().into_iter().collect(),
        node: option("node").cloned(),
        timeout: Some(ANSWER_TIMEOUT),
        ..common.clone()
    };
    let client = Client::new(&common, env).ok()?;
    Some(beginning_with(current, asked(wanted, current, &client)?))
}

fn beginning_with(current: &str, mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| name.starts_with(current));
    names.sort();
    names.dedup();
    names
}

fn asked(wanted: Named, current: &str, client: &Client) -> Option<Vec<String>> {
    match wanted {
        Named::Node => {
            let nodes = client.control::<Vec<NodeSummary>>(Method::GET, "/api/v1/nodes");
            let nodes = nodes.ok()?.ok().ok()?.document;
            Some(nodes.into_iter().map(|node| node.name).collect())
        }
        Named::Peer => {
            let peers = client.read::<Vec<PeerDocument>>("peers").ok()?;
            let peers = named(peers).flat_map(|(_, peers)| peers);
            Some(peers.map(|peer| peer.address).collect())
        }
        Named::QueuedPeer => {
            let queue = client.read::<Vec<QueuedPeer>>("queue").ok()?;
            let queue = named(queue).flat_map(|(_, queue)| queue);
            Some(queue.map(|peer| peer.address).collect())
        }
        Named::Lease => {
            let leases = client.read::<Vec<LeaseDocument>>("leases").ok()?;
            let leases = named(leases).flat_map(|(_, leases)| leases);
            Some(leases.map(|lease| lease.name).collect())
        }
        Named::Metric => {
            let page = client.get("/metrics", None, |_| false).ok()?.body;
            Some(metric_names(&page, current.starts_with(METRIC_PREFIX)))
        }
        Named::Notification => {
            let page = client.get("/metrics", None, |_| false).ok()?.body;
            Some(notification_names(&page))
        }
        Named::User => {
            let limits = client.control::<LimitsDocument>(Method::GET, "/api/v1/limits");
            let limits = limits.ok()?.ok().ok()?.document;
            Some(
                limits
                    .users_by_name
                    .into_iter()
                    .map(|user| user.name)
                    .collect(),
            )
        }
        // Known without being asked for.
        Named::Key => None,
    }
}

/// The names of the families on a page of metrics; the prefix may be left out on a command line.
fn metric_names(page: &str, with_prefix: bool) -> Vec<String> {
    let of_line = |line: &str| {
        let name = line.strip_prefix("# TYPE ")?.split(' ').next()?;
        let short = name.strip_prefix(METRIC_PREFIX).filter(|_| !with_prefix);
        Some(short.unwrap_or(name).to_owned())
    };
    page.lines().filter_map(of_line).collect()
}

/// The names of the notifications, each of which has a counter from the start; they need no quotes.
fn notification_names(page: &str) -> Vec<String> {
    let of_line = |line: &str| {
        let labels = line.strip_prefix("bllvm_notifications_total{name=\"")?;
        Some(labels.split('"').next()?.to_owned())
    };
    page.lines().filter_map(of_line).collect()
}

impl PartialLine {
    /// Reads the words before the one that is to be completed, as the commands of `root` have it.
    fn read(root: &Command, words: &[String]) -> Self {
        let mut line = Self::default();
        let mut command = root;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let option = word.strip_prefix('-').filter(|rest| !rest.is_empty());
            if let Some(option) = option {
                let option = option.strip_prefix('-').unwrap_or(option);
                let (name, value) = match option.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None if takes_value(root, command, option) => {
                        let Some(value) = words.next() else {
                            line.option = Some(option.to_owned());
                            break;
                        };
                        (option, Some(value.clone()))
                    }
                    None => (option, None),
                };
                line.options
                    .extend(value.map(|value| (name.to_owned(), value)));
            } else if let Some(inner) = command.find_subcommand(word) {
                line.path.push(inner.get_name().to_owned());
                command = inner;
            } else {
                line.values += 1;
            }
        }
        line
    }

    /// What `current`, the word behind, names.
    fn wanted(&self, current: &str) -> Option<Named> {
        if let Some(option) = &self.option {
            return match option.as_str() {
                "node" => Some(Named::Node),
                "user" => Some(Named::User),
                _ => None,
            };
        }
        if current.starts_with('-') {
            return None;
        }
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match (path.as_slice(), self.values) {
            (["metrics"], _) => Some(Named::Metric),
            (["nodes", "drain" | "undrain" | "maintain"], 0) => Some(Named::Node),
            (["peers", "remove"] | ["queue", "add"], 0) => Some(Named::Peer),
            (["queue", "retry" | "drop"], 0) => Some(Named::QueuedPeer),
            (["lease", "release"], 0) => Some(Named::Lease),
            (["notify", "test"], 0) => Some(Named::Notification),
            (["config", "explain"], 0) => Some(Named::Key),
            _ => None,
        }
    }
}

/// Whether the option called `name` is followed by a value.
fn takes_value(root: &Command, command: &Command, name: &str) -> bool {
    let of = |command: &Command| {
        command.get_arguments().find_map(|argument| {
            let is_long = argument.get_long() == Some(name);
            let is_short = argument
                .get_short()
                .is_some_and(|short| name.chars().eq([short]));
            (is_long || is_short).then(|| argument.get_action().takes_values())
        })
    };
    of(command).or_else(|| of(root)).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(line: &str) -> Option<Named> {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let current = words.pop().unwrap();
        PartialLine::read(&Cli::command(), &words).wanted(&current)
    }

    #[test]
    fn the_words_before_say_what_is_named() {
        for (line, expected) in [
            ("nodes drain ", Some(Named::Node)),
            ("nodes drain a", Some(Named::Node)),
            ("nodes drain a ", None),
            ("--node ", Some(Named::Node)),
            ("queue --node ", Some(Named::Node)),
            ("--config x.toml queue retry ", Some(Named::QueuedPeer)),
            ("queue -o json retry ", Some(Named::QueuedPeer)),
            ("queue --output=json drop 1", Some(Named::QueuedPeer)),
            ("queue --quiet drop ", Some(Named::QueuedPeer)),
            ("queue retry --", None),
            ("peers remove ", Some(Named::Peer)),
            ("peers add ", None),
            ("lease release l", Some(Named::Lease)),
            ("lease add ", None),
            ("notify test ", Some(Named::Notification)),
            ("notify test oncall ", None),
            ("limits explain --user ", Some(Named::User)),
            ("nodes explain getblock --user a", Some(Named::User)),
            ("config explain rpc.", Some(Named::Key)),
            ("metrics chain_height ", Some(Named::Metric)),
            ("", None),
            ("status ", None),
            ("--config ", None),
        ] {
            assert_eq!(wanted(line), expected, "{line:?}");
        }
    }

    #[test]
    fn options_say_which_daemon_is_asked() {
        let words = ["--config", "a", "queue", "--url=http://b", "--config", "c"];
        let words = words.map(str::to_owned);
        let line = PartialLine::read(&Cli::command(), &words);
        let options = [("config", "a"), ("url", "http://b"), ("config", "c")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(line.options, options);
        assert_eq!(line.path, ["queue"]);
    }

    #[test]
    fn metrics_are_named_with_and_without_their_prefix() {
        let page =
            "# HELP bllvm_a Text.\n# TYPE bllvm_a gauge\nbllvm_a 1\n# TYPE process_b counter\n";
        assert_eq!(metric_names(page, false), ["a", "process_b"]);
        assert_eq!(metric_names(page, true), ["bllvm_a", "process_b"]);
    }

    #[test]
    fn notifications_are_those_that_are_counted() {
        let page = "# TYPE bllvm_notifications_total counter\n\
                    bllvm_notifications_total{name=\"on-call\",outcome=\"sent\"} 0\n\
                    bllvm_log_events_total{level=\"info\"} 3\n";
        assert_eq!(notification_names(page), ["on-call"]);
    }
}
