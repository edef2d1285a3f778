//! A reload takes up what changed, disturbs nothing else, and refuses what is no configuration.

use std::fs;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::config::{Config, attached_to_fake};
use crate::support::daemon::{Daemon, write_private};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{self, Response};
use crate::support::ready::{healthy_node, ready, ready_with};
use crate::support::sight::{Page, wait_metrics};
use crate::support::surroundings::{eventually, wait_until};

const SOON: Duration = Duration::from_mins(1);
/// Without anything to wait for.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A daemon that waits for the chain of a node which answers all else, and its configuration.
fn beside_a_hung_chain() -> (FakeNode, Daemon, Config) {
    let node = healthy_node();
    let quick =
        "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n[health]\nlive_timeout_secs = 2";
    let config = attached_to_fake(&node).with(quick);
    let daemon = ready_with(config.clone());
    node.set("getblockchaininfo", Behaviour::Hang);
    wait_metrics(&daemon, "a chain that is late", |page| {
        page.node("collector_up", &[("collector", "chain")]) == Some(0.0)
    });
    (node, daemon, config)
}

/// The node is asked for its uptime and found alive, for longer than it could be silent; its chain
/// is not asked again.
#[track_caller]
fn assert_goes_on(node: &FakeNode, daemon: &Daemon) {
    let chain = node.count("getblockchaininfo");
    let uptime = node.count("uptime");
    wait_until("many questions", SOON, || {
        let live = daemon.get("/health/live");
        assert_eq!(live.status, 200, "{live:?}");
        node.count("uptime") > uptime + 15
    });
    assert_eq!(node.count("getblockchaininfo"), chain);
    assert_eq!(node.most_at_once_of("getblockchaininfo"), 1);
}

#[test]
fn another_timeout_sends_no_question_a_second_time() {
    let (node, daemon, config) = beside_a_hung_chain();
    for timeout in ["1.2", "0.5"] {
        daemon.rewrite_config(
            config
                .clone()
                .with(&format!("[node]\ntimeout_secs = {timeout}")),
        );
        let output = daemon.cli(&["config", "reload"]);
        assert_eq!(output.code, Some(0), "{output:?}");
        assert_goes_on(&node, &daemon);
    }
    node.set("getblockchaininfo", Behaviour::unknown_method());
    wait_until("the answer to the first question", SOON, || {
        node.outstanding() == 0
    });
}

#[test]
fn other_credentials_send_no_question_a_second_time() {
    let (node, daemon, config) = beside_a_hung_chain();
    write_private(&daemon.directory().join("password"), "second");
    let password = "[node]\nrpc_user = \"me\"\nrpc_password_file = \"{dir}/password\"";
    daemon.rewrite_config(config.without("node", "rpc_cookie_file").with(password));
    let output = daemon.cli(&["config", "reload"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let authorization = http::basic("me:second");
    node.require(&authorization);
    let last = || {
        node.calls()
            .last()
            .and_then(|call| call.header("authorization").map(str::to_owned))
    };
    eventually("the other credentials", SOON, last, |last| {
        last.as_ref() == Some(&authorization)
    });
    assert_goes_on(&node, &daemon);
}

#[test]
fn a_shorter_interval_does_not_wait_for_the_end_of_the_longer_one() {
    let node = healthy_node();
    let config = attached_to_fake(&node)
        .with("[node]\npoll_interval_secs = 60\n[health]\nlive_timeout_secs = 300");
    let mut daemon = ready_with(config.clone());
    let asked = || ["uptime", "getblockchaininfo", "getpeerinfo"].map(|method| node.count(method));
    eventually("the first round", SOON, asked, |asked| {
        asked.iter().all(|&count| count > 0)
    });
    let before = asked();
    daemon.rewrite_config(config.with("[node]\npoll_interval_secs = 1"));
    daemon.signal(Signal::SIGHUP);
    let more = |asked: &[usize; 3]| asked.iter().zip(before).all(|(now, before)| *now > before);
    eventually("the next round", Duration::from_secs(3), asked, more);
}

fn reload(daemon: &Daemon) -> Response {
    let cookie = fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    daemon.post(
        "/api/v1/config/reload",
        &[("Authorization", &format!("Bearer {cookie}"))],
        b"",
    )
}

/// The file is refused, for this reason, and nothing of it is in force.
#[track_caller]
fn assert_refused(daemon: &Daemon, reason: &str) {
    let answer = reload(daemon);
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(
        answer.text().contains(reason),
        "no {reason:?} in {answer:?}"
    );
    let page = Page::of(daemon);
    assert_eq!(page.series("bllvm_config_reload_success"), Some(0.0));
    assert!(page.text().contains("node=\"alpha\""), "{}", page.text());
    assert_eq!(daemon.get("/health/ready").status, 200);
}

/// To whoever looks, whatever the file says now.
#[track_caller]
fn assert_status_tells_a_failed_reload(daemon: &Daemon, failed: bool) {
    let url = daemon.url();
    for command in [&["status"][..], &["health", "--detailed"]] {
        let status = daemon.cli(&[command, &["--url", &url]].concat()).stdout;
        assert_eq!(
            status.contains("\n[!] configuration: the last reload was invalid"),
            failed,
            "{status}"
        );
    }
    let detailed = daemon.get("/health/detailed").json();
    assert_eq!(detailed["config_reload_valid"], !failed);
}

#[test]
fn a_file_that_is_gone_or_empty_does_not_mean_the_defaults() {
    let (_node, daemon) = ready("[node]\nname = \"alpha\"");
    let good = fs::read_to_string(daemon.config_file()).unwrap();
    assert_status_tells_a_failed_reload(&daemon, false);
    fs::remove_file(daemon.config_file()).unwrap();
    assert_refused(&daemon, "cannot read ");
    daemon.rewrite_config("");
    assert_refused(&daemon, "is empty");
    assert_status_tells_a_failed_reload(&daemon, true);
    daemon.rewrite_config(good);
    assert_eq!(reload(&daemon).status, 200);
    assert_status_tells_a_failed_reload(&daemon, false);
    assert_eq!(
        Page::of(&daemon).series("bllvm_config_reload_success"),
        Some(1.0)
    );
}

#[test]
fn a_pipe_in_the_place_of_the_file_holds_up_neither_a_reload_nor_the_end() {
    let (_node, mut daemon) = ready("[node]\nname = \"alpha\"");
    fs::remove_file(daemon.config_file()).unwrap();
    mkfifo(&daemon.config_file(), Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    assert_refused(&daemon, "not a file");
    for signal in [Signal::SIGHUP, Signal::SIGTERM] {
        daemon.signal(signal);
    }
    assert_eq!(daemon.wait_exit(AT_ONCE), 0);
}

#[test]
fn a_control_token_is_taken_up_with_its_file_and_a_cookie_again_without_one() {
    let (_node, daemon) = ready("[node]\nname = \"alpha\"");
    let without = fs::read_to_string(daemon.config_file()).unwrap();
    let cookie = daemon.state_dir().join("control.cookie");
    let token = daemon.state_dir().join("token");
    let url = daemon.url();
    let status = || daemon.cli(&["queue", "--url", &url]).code;
    let with_token = |text: &str| write_private(&token, text);
    let reload_as = |text: &str| {
        daemon
            .post(
                "/api/v1/config/reload",
                &[("Authorization", &format!("Bearer {text}"))],
                b"",
            )
            .status
    };
    assert_eq!(status(), Some(0));

    with_token("first");
    let first = fs::read_to_string(&cookie).unwrap();
    daemon.rewrite_config(
        without.replace("[rpc]", &format!("[rpc]\ncontrol_token_file = {token:?}")),
    );
    assert_eq!(reload_as(&first), 200);
    assert!(!cookie.exists() && status() == Some(0));
    assert_eq!(
        reload_as(&first),
        401,
        "the cookie is good for nothing any more"
    );

    with_token("second");
    assert_eq!(
        (status(), reload_as("first"), status()),
        (Some(77), 200, Some(0))
    );
    fs::remove_file(&token).unwrap();
    assert_eq!(reload_as("second"), 422);
    with_token("second");

    daemon.rewrite_config(without);
    assert_eq!((reload_as("second"), status()), (200, Some(0)));
    assert_eq!(reload_as("second"), 401);
}
