//! A bad night of a real node on signet: no block comes any more, it freezes, dies and returns; then
//! it is on another chain than was meant, and refuses the credentials. The log, the event list and a
//! hook tell the same of it: what, from when, for how long, and why.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::{Config, attached_to};
use crate::support::daemon::{Daemon, write_private};
use crate::support::hook::Hook;
use crate::support::ready::ready_with;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{eventually, wait_until};

/// Longer than the quiet after the last line about a thing.
const SOON: Duration = Duration::from_mins(1);
/// The blocks that both nodes begin with.
const HEIGHT: u32 = 2;

/// One change, as each of the three tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ToldChange {
    kind: String,
    check: String,
    from: String,
    to: String,
    lasted_secs: Option<u64>,
    reason: String,
}

impl ToldChange {
    fn of(document: &Value, kind: &str) -> Self {
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        Self {
            kind: text(kind),
            check: text("check"),
            from: text("from"),
            to: text("to"),
            lasted_secs: document["lasted_secs"].as_u64(),
            reason: text("reason"),
        }
    }
}

/// The lines of the log about states and checks.
fn of_log(log: &str) -> BTreeSet<ToldChange> {
    let told = log.lines().filter_map(|line| {
        let (head, fields) = line.split_once("] ")?;
        let kind = head.rsplit_once(' ')?.1;
        if !matches!(kind, "state" | "check") {
            return None;
        }
        let field = |name: &str| {
            let (_, rest) = fields.split_once(&format!("{name}="))?;
            match rest.strip_prefix('"') {
                Some(quoted) => Some(unquoted(quoted)),
                None => rest.split(' ').next().map(str::to_owned),
            }
        };
        Some(ToldChange {
            kind: kind.to_owned(),
            check: field("check").unwrap_or_default(),
            from: field("from")?,
            to: field("to")?,
            lasted_secs: field("lasted_secs").and_then(|lasted| lasted.parse().ok()),
            reason: field("reason")?,
        })
    });
    told.collect()
}

/// A value up to the quote that ends it.
fn unquoted(text: &str) -> String {
    let mut value = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => value.extend(letters.next()),
            other => value.push(other),
        }
    }
    value
}

fn events(daemon: &Daemon) -> Vec<Value> {
    let document = daemon.get("/health/detailed").json();
    let events = document["history"]["events"].as_array();
    let mut events = events.expect("a list of events").clone();
    events.reverse();
    events
}

/// Waits for an event with these members after the one with the number `after`; its own number.
#[track_caller]
fn wait_event(daemon: &Daemon, members: &[(&str, &str)], after: u64) -> u64 {
    let is_it = |event: &Value| {
        let has = |(name, value): &(&str, &str)| event[name] == *value;
        members.iter().all(has) && event["id"].as_u64() > Some(after)
    };
    let events = eventually(
        &format!("an event {members:?}"),
        SOON,
        || events(daemon),
        |events| events.iter().any(is_it),
    );
    let event = events.into_iter().find(is_it).expect("it was there");
    event["id"].as_u64().expect("a number")
}

/// As `wait_event`, for the state of the node.
#[track_caller]
fn wait_state(daemon: &Daemon, to: &str, after: u64) -> u64 {
    wait_event(daemon, &[("kind", "state"), ("to", to)], after)
}

/// The node has lost its peers: no block comes any more, and nothing shows that this is by chance.
fn stall(node: &Bitcoind) {
    node.rpc("setnetworkactive", json!([false]));
}

/// The node has its peer again, which has one more block.
fn catch_up(node: &Bitcoind, peer: &Bitcoind) {
    peer.submit_signet_blocks(HEIGHT + 1);
    node.rpc("setnetworkactive", json!([true]));
    node.connect_to(peer);
    wait_until("the node at the tip of its peer", SOON, || {
        node.rpc("getblockcount", json!([])) == HEIGHT + 1
    });
}

/// Two nodes of one signet at the same tip; the first dials the second, also after a restart.
fn two_nodes(executable: PathBuf) -> (Bitcoind, Bitcoind) {
    let peer = Bitcoind::start(executable.clone(), BitcoindOptions::signet());
    peer.submit_signet_blocks(HEIGHT);
    let dials = format!("-addnode={}", peer.p2p_addr());
    let node = Bitcoind::start(executable, BitcoindOptions::signet().with(dials));
    wait_until("the node at the tip of its peer", SOON, || {
        node.rpc("getblockcount", json!([])) == HEIGHT
    });
    (node, peer)
}

fn reload(daemon: &mut Daemon, config: &Config) {
    daemon.rewrite_config(config.clone());
    daemon.signal(Signal::SIGHUP);
}

/// That of the night, with a notification of everything to `hook`.
fn config_for(node: &Bitcoind, hook: &Hook) -> Config {
    let entry = format!(
        "[[notify]]\nname = \"night\"\nurl = \"{}\"\nhold_secs = 0\nmin_severity = \"info\"\n\
         on = [\"state\", \"check\", \"reload\"]\n",
        hook.url("/")
    );
    // A gap of 6 s is enough, though 99 of 100 are longer.
    let quick = "[node]\nchain = \"signet\"\npoll_interval_secs = 0.2\ntimeout_secs = 1\n\
                 [health]\nstall_probability = 0.99\n\
                 [network]\nmin_peers = 0\n";
    attached_to(node).with(quick).with(&entry)
}

#[test]
fn after_a_bad_night_the_log_the_event_list_and_a_hook_tell_the_same() {
    let executable = bitcoind_or_skip!();
    let (mut node, peer) = two_nodes(executable);
    let hook = Hook::start();
    let config = config_for(&node, &hook);
    let mut daemon = ready_with(config.clone());
    let mut at = wait_state(&daemon, "ready", 0);

    stall(&node);
    at = wait_state(&daemon, "stalled", at);
    node.freeze();
    at = wait_state(&daemon, "unreachable", at);
    node.thaw();
    catch_up(&node, &peer);
    at = wait_state(&daemon, "ready", at);
    // It writes its chain to the disk, so that it has it still when it is back.
    node.rpc("gettxoutsetinfo", json!([]));
    node.kill();
    at = wait_state(&daemon, "unreachable", at);
    node.restart();
    at = wait_state(&daemon, "ready", at);
    reload(
        &mut daemon,
        &config.clone().with("[node]\nchain = \"main\""),
    );
    at = wait_state(&daemon, "unreachable", at);
    refuse_credentials(&mut daemon, &config);
    let refused = [("kind", "check"), ("check", "credentials"), ("to", "bad")];
    at = wait_event(&daemon, &refused, at);
    reload(&mut daemon, &config);
    wait_state(&daemon, "ready", at);

    compare(&daemon, &hook);
    is_the_night(&events(&daemon));
}

/// The daemon has a password that the node does not know.
fn refuse_credentials(daemon: &mut Daemon, config: &Config) {
    let password = daemon.directory().join("password");
    write_private(&password, "wrong\n");
    let stranger = format!(
        "[node]\nrpc_user = \"stranger\"\nrpc_password_file = \"{}\"",
        password.display()
    );
    let config = config.clone().without("node", "rpc_cookie_file");
    reload(daemon, &config.with(&stranger));
}

/// The three tell the same changes. A change of a check may come a moment after that of the state.
#[track_caller]
fn compare(daemon: &Daemon, hook: &Hook) {
    let of_events = || -> BTreeSet<ToldChange> {
        let events = events(daemon).into_iter();
        let of_node = events.filter(|event| event["kind"] == "state" || event["kind"] == "check");
        of_node
            .map(|event| ToldChange::of(&event, "kind"))
            .collect()
    };
    let of_hook = || -> BTreeSet<ToldChange> {
        let told = hook.taken().into_iter().map(|request| request.json());
        let of_node = told.filter(|told| told["event"] != "reload");
        of_node.map(|told| ToldChange::of(&told, "event")).collect()
    };
    let differing = || {
        let log = of_log(&daemon.log());
        let events = of_events();
        let hook = of_hook();
        let of = |one: &BTreeSet<ToldChange>, other: &BTreeSet<ToldChange>| {
            one.symmetric_difference(other).cloned().collect::<Vec<_>>()
        };
        (of(&log, &events), of(&events, &hook))
    };
    eventually(
        "the log, the events and the hook to tell the same",
        SOON,
        differing,
        |(log, hook)| log.is_empty() && hook.is_empty(),
    );
}

/// Whoever sees nothing else can say what happened, in which order, since when and for how long,
/// and where to look what to do.
fn is_the_night(events: &[Value]) {
    let states: Vec<&Value> = events
        .iter()
        .filter(|event| event["kind"] == "state")
        .collect();
    let mut trouble: Vec<(&str, &str)> = states
        .iter()
        .filter(|event| matches!(event["to"].as_str(), Some("stalled" | "unreachable")))
        .map(|event| {
            (
                event["to"].as_str().unwrap(),
                event["reason"].as_str().unwrap(),
            )
        })
        .collect();
    // Until its peer is back it may be seen stalled once more.
    let mut stalls = 0;
    trouble.retain(|(state, _)| {
        stalls += usize::from(*state == "stalled");
        *state != "stalled" || stalls == 1
    });
    let expected = [
        ("stalled", "stall: no new block for "),
        ("unreachable", "node: no answer for"),
        ("unreachable", "node: cannot connect to"),
        (
            "unreachable",
            "chain: the node is on signet, but node.chain is main",
        ),
    ];
    assert_eq!(trouble.len(), expected.len(), "{trouble:?}");
    for ((state, reason), (expected_state, beginning)) in trouble.iter().zip(expected) {
        assert_eq!(*state, expected_state, "{trouble:?}");
        assert!(
            reason.starts_with(beginning),
            "{reason:?} is not {beginning:?}"
        );
    }
    // Each state lasted until the next one began.
    let since =
        |event: &Value| -> jiff::Timestamp { event["since"].as_str().unwrap().parse().unwrap() };
    for pair in states.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "{pair:?}");
        let lasted = since(pair[1]).duration_since(since(pair[0])).as_secs();
        let told = pair[1]["lasted_secs"].as_i64().unwrap();
        assert!((lasted - told).abs() <= 1, "{lasted} {told} {pair:?}");
    }
    // What is wrong with the node is said by a check, and the documentation what to do about it.
    let document = crate::support::surroundings::repository().join("docs/NOTIFICATIONS.md");
    let document = std::fs::read_to_string(document).unwrap();
    for check in ["stall", "node", "chain", "credentials"] {
        let bad = |event: &&Value| event["check"] == check && event["to"] == "bad";
        assert!(
            events.iter().any(|event| bad(&event)),
            "{check}: {events:#?}"
        );
        let row = format!("\n| `{check}` | ");
        assert!(
            document.contains(&row),
            "nothing says what to do about {check}"
        );
    }
    let reloads = events
        .iter()
        .filter(|event| event["kind"] == "reload")
        .count();
    assert_eq!(reloads, 3);
}
