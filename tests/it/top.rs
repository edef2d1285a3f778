//! `bllvmctl top` and `--watch` in a terminal: what is shown, what keys do, and that the terminal is
//! left as it was.

use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::config::{Config, DIR};
use crate::support::daemon::{Daemon, bllvmctl};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::ready::{healthy_node, ready};
use crate::support::surroundings::{free_port, wait_until};
use crate::support::terminal::InTerminal;

const SOON: Duration = Duration::from_mins(1);
/// What a terminal sends for Ctrl-C and Ctrl-Z in raw mode.
const CONTROL_C: &str = "\u{3}";
const CONTROL_Z: &str = "\u{1a}";

fn command(daemon: &Daemon, arguments: &[&str]) -> Command {
    let mut command = bllvmctl(daemon.directory());
    command
        .args(arguments)
        .arg("--config")
        .arg(daemon.config_file());
    command
}

fn top(daemon: &Daemon) -> InTerminal {
    let terminal = InTerminal::start(command(daemon, &["top"]), 80, 24);
    terminal.wait_for("q quit");
    terminal
}

/// A daemon before the nodes `a`, the primary, and `b`, both in rotation.
fn two_nodes() -> ([FakeNode; 2], Daemon) {
    let nodes = [healthy_node(), healthy_node()];
    let mut text = format!(
        "state_dir = \"{DIR}/state\"\n[node]\npoll_interval_secs = 1\n[fleet]\npass_through = true\n\
         [rpc]\nlisten = \"127.0.0.1:{}\"\n",
        free_port()
    );
    for (index, node) in nodes.iter().enumerate() {
        let name = ["a", "b"][index];
        let entry = format!(
            "[[nodes]]\nname = \"{name}\"\nrpc_url = \"http://127.0.0.1:{}\"\n\
             rpc_cookie_file = \"{DIR}/{name}.cookie\"\npriority = {}\n",
            node.port(),
            (index + 1) * 10
        );
        text.push_str(&entry);
    }
    let daemon = Daemon::start(Config::of(&text));
    wait_until("both nodes in rotation", SOON, || {
        let page = daemon.get("/metrics");
        let is_in = |name| {
            page.text()
                .contains(&format!("bllvm_node_in_rotation{{node=\"{name}\"}} 1\n"))
        };
        is_in("a") && is_in("b")
    });
    (nodes, daemon)
}

#[test]
fn the_first_screen_has_the_verdict_and_q_leaves_the_terminal_as_it_was() {
    let (_node, daemon) = ready("");
    let mut terminal = top(&daemon);
    terminal.wait_entered();
    for text in ["bllvmctl top", "Healthy", "UTC", "Checks", "[+] node"] {
        terminal.wait_for(text);
    }
    terminal.type_keys("?");
    terminal.wait_for("any key closes this");
    terminal.type_keys("x");
    terminal.wait_until_gone("any key closes this");
    terminal.type_keys("q");
    assert_eq!(terminal.wait().code(), Some(0));
    terminal.wait_restored();
}

#[test]
fn control_c_and_signals_leave_the_terminal_as_it_was() {
    let (_node, daemon) = ready("");
    let mut terminal = top(&daemon);
    terminal.type_keys(CONTROL_C);
    assert_eq!(terminal.wait().code(), Some(0));
    terminal.wait_restored();
    for (signal, code) in [
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
        (Signal::SIGINT, 130),
    ] {
        let mut terminal = top(&daemon);
        terminal.signal(signal);
        assert_eq!(terminal.wait().code(), Some(code), "{signal}");
        terminal.wait_restored();
    }
}

#[test]
fn a_stop_gives_the_terminal_back_and_the_screen_goes_on_afterwards() {
    let (_node, daemon) = ready("");
    let mut terminal = top(&daemon);
    terminal.type_keys(CONTROL_Z);
    terminal.wait_stopped();
    terminal.wait_restored();
    terminal.signal(Signal::SIGCONT);
    terminal.wait_entered();
    terminal.wait_for("Healthy");
    terminal.signal(Signal::SIGTSTP);
    terminal.wait_stopped();
    terminal.wait_restored();
    terminal.signal(Signal::SIGCONT);
    terminal.wait_for("q quit");
    terminal.type_keys("q");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn a_node_that_hangs_is_named_with_what_to_do() {
    let (node, daemon) = ready("");
    let terminal = top(&daemon);
    node.override_all(Behaviour::Hang);
    for text in [
        "Unhealthy: unreachable",
        "since ",
        "look  bitcoin-cli uptime",
    ] {
        terminal.wait_for(text);
    }
    node.end_override();
    terminal.wait_for("[+] Healthy");
}

#[test]
fn a_daemon_that_is_gone_is_said_so_and_the_screen_comes_back_with_it() {
    let (_node, mut daemon) = ready("");
    let mut terminal = top(&daemon);
    daemon.kill();
    for text in [
        "The daemon does not answer",
        "NO ANSWER",
        "since ",
        "[+] node",
    ] {
        terminal.wait_for(text);
    }
    daemon.restart();
    terminal.wait_until_gone("NO ANSWER");
    terminal.wait_for("Healthy");
    terminal.type_keys("q");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn a_daemon_that_hangs_delays_no_key() {
    let (_node, mut daemon) = ready("");
    for arguments in [&["top"][..], &["status", "--watch", "0.2"]] {
        let mut terminal = InTerminal::start(command(&daemon, arguments), 80, 24);
        terminal.wait_for("quit");
        daemon.freeze();
        terminal.type_keys("p");
        terminal.wait_for("PAUSED");
        terminal.type_keys("q");
        assert_eq!(terminal.wait().code(), Some(0));
        terminal.wait_restored();
        daemon.thaw();
    }
}

#[test]
fn a_node_is_drained_and_undrained_by_key() {
    let (_nodes, daemon) = two_nodes();
    let mut terminal = InTerminal::start(command(&daemon, &["top", "--node", "b"]), 100, 30);
    terminal.wait_for("Checks of node b");
    terminal.type_keys("d");
    terminal.wait_for("Drain node b?");
    terminal.type_keys("n");
    terminal.wait_until_gone("Drain node b?");
    terminal.type_keys("dy");
    terminal.wait_for("drained");
    let drained = || {
        daemon
            .control_get("/api/v1/nodes/b/drain")
            .text()
            .contains("\"since\"")
    };
    wait_until("a drain", SOON, drained);
    terminal.type_keys("dy");
    wait_until("its end", SOON, || !drained());
    terminal.type_keys("n");
    terminal.wait_for("Checks of node a");
    terminal.type_keys("q");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn a_drain_that_is_refused_is_asked_for_again_with_the_reason_and_then_forced() {
    let (_nodes, daemon) = two_nodes();
    let mut terminal = InTerminal::start(command(&daemon, &["top", "--node", "b"]), 80, 24);
    terminal.wait_for("q quit");
    terminal.type_keys("dy");
    terminal.wait_for("b is drained");
    terminal.type_keys("n");
    terminal.wait_for("node a");
    terminal.type_keys("d");
    terminal.wait_for("Drain node a?");
    terminal.type_keys("y");
    for text in ["fleet.min_ready", "Drain node a all the same?"] {
        terminal.wait_for(text);
    }
    let drained = || {
        let answer = daemon.control_get("/api/v1/nodes/a/drain");
        answer.text().contains("\"since\"")
    };
    assert!(!drained(), "it is asked for first");
    terminal.type_keys("y");
    wait_until("a drain by force", SOON, drained);
    terminal.wait_for("a is drained");
    terminal.type_keys("q");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn little_is_written_while_little_changes() {
    let (_node, daemon) = ready("");
    let terminal = top(&daemon);
    let first = terminal.written();
    assert!(first < 20_000, "{first} bytes for the first screen");
    let clock = || {
        let text = terminal.text();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let mut seen = vec![clock()];
    wait_until("five seconds of the clock", SOON, || {
        let now = clock();
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        seen.len() > 5
    });
    let more = terminal.written() - first;
    assert!(
        more < 5 * first,
        "{more} bytes for five seconds, {first} for the first screen"
    );
}

#[test]
fn where_there_is_no_screen_it_says_what_there_is_instead() {
    let (_node, daemon) = ready("");
    let piped = daemon.cli(&["top"]);
    assert_eq!((piped.code, &*piped.stdout), (Some(2), ""));
    assert!(
        piped.stderr.contains("needs a terminal"),
        "{}",
        piped.stderr
    );
    assert!(
        piped.stderr.contains("bllvmctl status --watch"),
        "{}",
        piped.stderr
    );
    let json = daemon.cli(&["top", "-o", "json"]);
    assert_eq!(json.code, Some(2));
    assert!(
        json.stderr.contains("bllvmctl status -o json"),
        "{}",
        json.stderr
    );
    let mut terminal = InTerminal::start_as("dumb", command(&daemon, &["top"]), 80, 24);
    assert_eq!(terminal.wait().code(), Some(2));
    terminal.wait_for("bllvmctl status");
    terminal.wait_restored();
}

#[test]
fn a_daemon_that_is_not_there_is_an_error_as_of_any_command() {
    let (_node, mut daemon) = ready("");
    daemon.stop();
    let mut terminal = InTerminal::start(command(&daemon, &["top"]), 80, 24);
    assert_eq!(terminal.wait().code(), Some(69));
    terminal.wait_for("cannot reach the daemon");
    terminal.wait_restored();
}

#[test]
fn repetition_in_a_terminal_has_a_screen_of_its_own_and_ends_by_key() {
    let (_node, mut daemon) = ready("");
    for command_line in [&["status", "--watch", "0.2"][..], &["health", "-w", "0.2"]] {
        let mut terminal = InTerminal::start(command(&daemon, command_line), 80, 24);
        for text in ["every 0.2 s", "q quits", "UTC", "[+] node"] {
            terminal.wait_for(text);
        }
        terminal.wait_entered();
        terminal.type_keys("q");
        assert_eq!(terminal.wait().code(), Some(0), "{command_line:?}");
        terminal.wait_restored();
    }
    let mut terminal = InTerminal::start(command(&daemon, &["status", "-w", "0.2"]), 80, 24);
    terminal.wait_for("healthy");
    daemon.kill();
    terminal.wait_for("no answer since");
    terminal.wait_for("cannot reach the daemon");
    daemon.restart();
    terminal.wait_until_gone("no answer since");
    terminal.signal(Signal::SIGTERM);
    assert_eq!(terminal.wait().code(), Some(143));
    terminal.wait_restored();
}

#[test]
fn a_repetition_that_cannot_go_on_reports_after_its_screen() {
    let (_node, daemon) = ready("");
    let line = ["status", "--watch", "0.2", "--token-file", "/nonexistent"];
    let mut terminal = InTerminal::start(command(&daemon, &line), 80, 24);
    assert_eq!(terminal.wait().code(), Some(77));
    terminal.wait_for("cannot read the control token");
    terminal.wait_restored();
}
