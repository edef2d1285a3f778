//! What must not keep the daemon from answering or from ending: files that hang, a burst at the
//! end, being stopped.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::thread::sleep;
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::config::{Config, FAKE_COOKIE};
use crate::support::daemon::Daemon;
use crate::support::http::{self, Connection, Request};
use crate::support::ready::{healthy_node, ready};
use crate::support::sight::{wait_not_ready, wait_ready};
use crate::support::surroundings::{now, poll, wait_until};

const SOON: Duration = Duration::from_mins(1);
/// Without anything to wait for.
const AT_ONCE: Duration = Duration::from_secs(5);
const GET: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_cookie_that_is_never_read_to_its_end_does_not_hold_up_the_end() {
    let node = healthy_node();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("cookie");
    mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    node.require(&http::basic("somebody:else"));
    let mut daemon = Daemon::start(Config::attached(node.port(), &pipe));
    // It opens only when there is a reader, who now waits for what never comes.
    let open = || {
        File::options()
            .write(true)
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open(&pipe)
            .ok()
    };
    let _writer = poll(SOON, open).expect("a reader of the cookie");
    assert_eq!(daemon.get("/health/live?scope=daemon").status, 200);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_exit(AT_ONCE), 0);
}

#[test]
fn a_cookie_that_hangs_is_reported_as_such_until_another_one_is_named() {
    let node = healthy_node();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("cookie");
    mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    node.require(&http::basic(FAKE_COOKIE));
    let quick =
        "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 2\n[health]\nlive_timeout_secs = 3";
    let config = Config::attached(node.port(), &pipe).with(quick);
    let daemon = Daemon::start(config.clone());
    wait_not_ready(&daemon, "credentials", &["cannot read cookie", "hangs"]);
    let asked = node.count("uptime");
    wait_until("many polls", SOON, || {
        assert_eq!(
            daemon.get("/health/live").status,
            200,
            "the node answers, though it refuses us"
        );
        node.count("uptime") > asked + 20
    });
    let threads = std::fs::read_dir(format!("/proc/{}/task", daemon.process_id()))
        .unwrap()
        .count();
    assert!(threads < 8, "{threads} threads");
    daemon.rewrite_config(config.with("[node]\nrpc_cookie_file = \"{dir}/node.cookie\""));
    let output = daemon.cli(&["config", "reload"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    wait_ready(&daemon);
}

#[test]
fn a_check_of_the_configuration_ends_though_the_cookie_hangs() {
    let node = healthy_node();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("cookie");
    mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    node.require(&http::basic("somebody:else"));
    let daemon = Daemon::start(Config::attached(node.port(), &pipe));
    let began = now();
    let output = daemon.cli(&["config", "check"]);
    assert!(now() - began < Duration::from_secs(5), "{output:?}");
}

#[track_caller]
fn assert_all_answered(mut connections: Vec<Connection>) {
    let answers: Vec<_> = connections
        .iter_mut()
        .map(|connection| connection.read(false))
        .collect();
    let cut: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.as_ref().err())
        .collect();
    assert!(
        cut.is_empty(),
        "{} of {} were cut, the first so: {:?}",
        cut.len(),
        answers.len(),
        cut.first()
    );
}

#[test]
fn what_was_asked_on_open_connections_before_the_signal_is_answered() {
    let (_node, mut daemon) = ready("");
    let mut connections: Vec<_> = (0..200).map(|_| daemon.connect()).collect();
    for connection in &mut connections {
        assert_eq!(
            connection
                .send(Request::get("/health/live"))
                .unwrap()
                .status,
            200
        );
    }
    for connection in &mut connections {
        connection.write(GET).unwrap();
    }
    daemon.signal(Signal::SIGTERM);
    assert_all_answered(connections);
    assert_eq!(daemon.wait_exit(AT_ONCE), 0);
}

#[test]
fn what_was_asked_on_connections_not_yet_accepted_is_answered_too() {
    let (_node, mut daemon) = ready("");
    daemon.freeze();
    let mut connections: Vec<_> = (0..400).map(|_| daemon.connect()).collect();
    for connection in &mut connections {
        connection.write(GET).unwrap();
    }
    daemon.signal(Signal::SIGTERM);
    daemon.thaw();
    assert_all_answered(connections);
    assert_eq!(daemon.wait_exit(AT_ONCE), 0);
}

#[test]
fn a_daemon_that_was_stopped_does_not_take_its_own_silence_for_the_nodes() {
    let (_node, mut daemon) = ready("[node]\ntimeout_secs = 1\n[health]\nlive_timeout_secs = 3");
    let mut kept: Vec<_> = (0..20).map(|_| daemon.connect()).collect();
    for connection in &mut kept {
        connection.send(Request::get("/health/live")).unwrap();
    }
    daemon.freeze();
    kept.extend((0..20).map(|_| daemon.connect()));
    for connection in &mut kept {
        connection.write(GET).unwrap();
    }
    // Nothing is waited for: it has to be stalled for longer than live_timeout_secs.
    sleep(Duration::from_millis(4500));
    daemon.thaw();
    for connection in &mut kept {
        let answer = connection.read(false).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let until = now() + Duration::from_secs(2);
    while now() < until {
        let answer = daemon.get("/health/live");
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
fn waiting_for_health_ends_in_time_though_the_daemon_is_stopped() {
    let (_node, mut daemon) = ready("");
    daemon.freeze();
    let began = now();
    let output = daemon.cli(&["health", "--wait", "1s"]);
    let took = now() - began;
    assert!(
        (Duration::from_secs(1)..Duration::from_secs(3)).contains(&took),
        "{took:?}"
    );
    assert!(![None, Some(0)].contains(&output.code), "{output:?}");
    daemon.thaw();
    assert_eq!(daemon.cli(&["health", "--wait", "10s"]).code, Some(0));
}

#[test]
fn a_cookie_that_was_a_pipe_once_is_read_when_it_is_a_file() {
    let node = healthy_node();
    let folder = tempfile::tempdir().unwrap();
    let cookie = folder.path().join("cookie");
    mkfifo(&cookie, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    node.require(&http::basic(FAKE_COOKIE));
    let quick = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 2";
    let daemon = Daemon::start(Config::attached(node.port(), &cookie).with(quick));
    wait_not_ready(&daemon, "credentials", &["cannot read cookie", "hangs"]);
    std::fs::remove_file(&cookie).unwrap();
    crate::support::daemon::write_private(&cookie, FAKE_COOKIE);
    wait_ready(&daemon);
}

#[test]
fn a_daemon_with_too_few_descriptors_to_serve_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::attached(1, &folder.path().join("cookie")).to_string();
    let file = folder.path().join("config.toml");
    crate::support::daemon::write_private(
        &file,
        &config.replace("{dir}", folder.path().to_str().unwrap()),
    );
    let mut command = std::process::Command::new("/bin/sh");
    command.args([
        "-c",
        "ulimit -n 16; exec \"$0\" serve --config \"$1\"",
        env!("CARGO_BIN_EXE_bllvmctl"),
    ]);
    command
        .arg(&file)
        .env_clear()
        .env("HOME", folder.path())
        .current_dir(folder.path());
    let output = crate::support::child::run(command, b"", SOON);
    assert_eq!(output.code, Some(70), "{output:?}");
    assert!(
        output.stderr.contains("16 file descriptors are too few")
            && output.stderr.contains("ulimit -n"),
        "{output:?}"
    );
}
