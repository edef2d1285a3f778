//! The control socket: whom it lets in, that commands use it first, and that nothing is lost or
//! hangs where it cannot be had.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::{Group, getgid, getuid, mkfifo};

use crate::support::child::{self, Output};
use crate::support::config::attached_to_fake;
use crate::support::daemon::{Daemon, bllvmctl};
use crate::support::description::{self, Answer};
use crate::support::ready::{healthy_node, ready, ready_beside};
use crate::support::skip::or_skip;
use crate::support::surroundings::{now, program, wait_until};

const SOON: Duration = Duration::from_mins(1);
/// Longer than a command takes that waits for nobody, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(8);

fn socket(daemon: &Daemon) -> PathBuf {
    daemon.state_dir().join("control.sock")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The whole answer to a request over the socket.
fn send(daemon: &Daemon, line: &str, headers: &str, body: &str) -> String {
    let mut stream = UnixStream::connect(socket(daemon)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\
         {headers}\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    hold(line, &answer);
    answer
}

/// Holds the answer to the request that begins with `line` to its description.
#[track_caller]
fn hold(line: &str, answer: &str) {
    let (method, target) = line.split_once(' ').unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let media_type = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Type: "));
    let body = body.as_bytes();
    let described = Answer {
        status,
        media_type,
        body,
    };
    description::hold(method, target, &described);
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.code, Some(code), "{output:?}");
}

/// A command that changes nothing and needs to be let in.
fn queue(daemon: &Daemon) -> Output {
    daemon.cli(&["queue", "-o", "json"])
}

#[test]
fn it_carries_everything_but_calls_without_a_token() {
    let (_node, daemon) = ready("");
    assert_eq!(mode(&socket(&daemon)), 0o600);
    for path in [
        "/api/v1/status",
        "/api/v1/queue",
        "/health",
        "/health/live",
        "/health/detailed",
        "/metrics",
    ] {
        let answer = send(&daemon, &format!("GET {path}"), "", "");
        assert_status(&answer, 200);
        assert!(answer.contains("Server: bllvmctl/"), "{answer}");
    }
    assert_status(
        &send(&daemon, "POST /", "", "{\"id\":1,\"method\":\"uptime\"}"),
        404,
    );
    assert_status(&send(&daemon, "GET /api/v1/nothing", "", ""), 404);
    assert_status(&send(&daemon, "DELETE /health", "", ""), 405);
    // A token that is wrong elsewhere is not asked here.
    let wrong = "Authorization: Bearer wrong\r\n";
    assert_status(&send(&daemon, "GET /api/v1/queue", wrong, ""), 200);
    assert_status(&send(&daemon, "POST /api/v1/queue/pause", "", ""), 200);
    daemon.wait_for_log("path=/api/v1/queue/pause status=200");
    let by = format!("] by uid={} request_id=", getuid());
    let log = daemon.log();
    let is_change = |line: &&str| line.contains(&by) && line.contains(" path=/api/v1/queue/pause ");
    let changes = log.lines().filter(is_change).count();
    assert_eq!(changes, 2, "a change has two lines: {log}");
    // Over the listener a token is asked as before.
    assert_eq!(daemon.get("/api/v1/queue").status, 401);
}

#[test]
fn paths_that_are_switched_off_are_off_there_too() {
    let off = "[rpc]\nmetrics_enabled = false\nhealth_checks_enabled = false";
    let daemon = Daemon::launch(attached_to_fake(&healthy_node()).with(off));
    daemon.wait_for_log("role=control");
    for path in ["/metrics", "/health", "/health/detailed"] {
        assert_status(&send(&daemon, &format!("GET {path}"), "", ""), 404);
    }
    assert_status(&send(&daemon, "GET /api/v1/status", "", ""), 200);
}

#[test]
fn commands_use_it_first_and_the_listener_where_there_is_none() {
    let (_node, daemon) = ready("");
    let cookie = daemon.state_dir().join("control.cookie");
    let token = fs::read_to_string(&cookie).unwrap();
    fs::remove_file(&cookie).unwrap();
    assert_exit(&queue(&daemon), 0);
    assert_exit(&daemon.cli(&["health", "--ready"]), 0);
    assert_exit(&daemon.cli(&["metrics", "node_up"]), 0);
    // Whoever names a URL or a token means the listener.
    assert_exit(&daemon.cli(&["queue", "--url", &daemon.url()]), 77);

    fs::remove_file(socket(&daemon)).unwrap();
    fs::write(&cookie, token).unwrap();
    assert_exit(&queue(&daemon), 0);
    // What was deleted comes back.
    wait_until("the socket", SOON, || socket(&daemon).exists());
    fs::remove_file(&cookie).unwrap();
    assert_exit(&queue(&daemon), 0);
}

#[test]
fn a_configuration_that_became_wrong_keeps_nobody_from_the_daemon() {
    let (_node, daemon) = ready("");
    let good = fs::read_to_string(daemon.config_file()).unwrap();
    let listen = format!("{:?}", daemon.addr().to_string());
    daemon.rewrite_config(good.replace(&listen, "\"nowhere\""));
    assert_exit(&queue(&daemon), 0);
    assert_exit(&daemon.cli(&["config", "reload"]), 78);
}

#[test]
fn one_of_a_dead_daemon_is_replaced_and_it_goes_with_a_clean_stop() {
    let (_node, mut daemon) = ready("");
    let first = fs::symlink_metadata(socket(&daemon)).unwrap().ino();
    daemon.kill();
    assert!(socket(&daemon).exists());
    let asked = now();
    assert_exit(&queue(&daemon), 69);
    assert!(asked.elapsed() < AT_ONCE);
    daemon.restart();
    wait_until("the socket", SOON, || queue(&daemon).code == Some(0));
    assert_ne!(fs::symlink_metadata(socket(&daemon)).unwrap().ino(), first);
    assert_eq!(mode(&socket(&daemon)), 0o600);
    assert_eq!(daemon.stop(), 0);
    assert!(!socket(&daemon).exists());
    assert!(!daemon.state_dir().join("socket.new").exists());
}

#[test]
fn a_second_daemon_takes_it_from_nobody() {
    let node = healthy_node();
    let first = ready_beside(&node, "");
    let identity = || fs::symlink_metadata(socket(&first)).unwrap().ino();
    let before = identity();
    let state = first.state_dir().display().to_string();
    let config = attached_to_fake(&node).with(&format!("[node]\nstate_dir = \"{state}\""));
    let mut second = Daemon::launch(config.clone());
    assert_eq!(second.wait_exit(SOON), 70);
    assert_eq!(identity(), before);
    assert_exit(&queue(&first), 0);

    // Not even without the lock and the store, which somebody has removed.
    for name in ["lock", "state.redb"] {
        fs::remove_file(first.state_dir().join(name)).unwrap();
    }
    let third = Daemon::launch(config);
    third.wait_for_log("another process listens on it");
    assert_eq!(identity(), before);
    drop(third);
    assert_eq!(identity(), before);
    assert_exit(&queue(&first), 0);
}

#[test]
fn where_there_can_be_none_it_is_a_warning_and_the_cookie_is_used() {
    let node = healthy_node();
    let long = "d".repeat(120);
    let config =
        attached_to_fake(&node).with(&format!("[node]\nstate_dir = \"{{dir}}/{long}/state\""));
    let daemon = Daemon::start(config);
    daemon.wait_for_log("too long for a socket");
    assert_exit(&queue(&daemon), 0);
    let checked = daemon.cli(&["config", "check"]);
    assert_exit(&checked, 0);
    assert!(
        checked.stdout.contains("there can be no control socket"),
        "it is a warning: {checked:?}"
    );

    let mut other = Daemon::launch(attached_to_fake(&node));
    other.wait_listening();
    let _ = other.stop();
    fs::write(socket(&other), "mine").unwrap();
    other.restart();
    other.wait_for_log("something else has its name");
    assert_exit(&queue(&other), 0);
    assert_eq!(other.stop(), 0);
    assert_eq!(fs::read_to_string(socket(&other)).unwrap(), "mine");
}

#[test]
fn nothing_hangs_on_what_never_answers() {
    let (_node, mut daemon) = ready("");
    let cookie = daemon.state_dir().join("control.cookie");
    daemon.freeze();
    let frozen = daemon.cli(&["queue", "--timeout", "1"]);
    assert_exit(&frozen, 69);
    assert!(frozen.stderr.contains("control.sock"), "{frozen:?}");
    daemon.thaw();

    // A fifo in place of the token, and nobody who writes to it.
    fs::remove_file(&cookie).unwrap();
    mkfifo(&cookie, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    let asked = now();
    let refused = daemon.cli(&["queue", "--url", &daemon.url()]);
    assert_exit(&refused, 77);
    assert!(refused.stderr.contains("not a regular file"), "{refused:?}");
    assert!(asked.elapsed() < AT_ONCE);
    daemon.signal(Signal::SIGKILL);

    // A socket at which nobody accepts, and whose queue is full.
    daemon.kill();
    fs::remove_file(socket(&daemon)).unwrap();
    let listener = UnixListener::bind(socket(&daemon)).unwrap();
    let mut waiting = Vec::new();
    let full = |waiting: &mut Vec<socket2::Socket>| {
        let connection =
            socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        connection.set_nonblocking(true).unwrap();
        let address = socket2::SockAddr::unix(socket(&daemon)).unwrap();
        let connected = connection.connect(&address);
        waiting.push(connection);
        connected.is_err()
    };
    while !full(&mut waiting) {}
    let asked = now();
    assert_exit(&queue(&daemon), 69);
    assert!(asked.elapsed() < AT_ONCE);
    drop(listener);
}

#[test]
fn a_drain_is_served_to_its_end() {
    let (_node, mut daemon) = ready("[rpc]\ndrain_secs = 600");
    daemon.signal(Signal::SIGTERM);
    daemon.wait_for_status("/health/ready", 503, SOON);
    assert_exit(&queue(&daemon), 0);
    assert_exit(&daemon.cli(&["health", "--ready"]), 1);
}

/// A group that this process is in, so that it may give it to a file.
fn own_group() -> String {
    Group::from_gid(getgid()).unwrap().unwrap().name
}

#[test]
fn a_reload_lets_a_group_in_and_out() {
    let (_node, daemon) = ready("");
    let without = fs::read_to_string(daemon.config_file()).unwrap();
    let with = without.replace(
        "[rpc]",
        &format!("[rpc]\ncontrol_cookie_group = {:?}", own_group()),
    );
    daemon.rewrite_config(with);
    assert_exit(&daemon.cli(&["config", "reload"]), 0);
    wait_until("the group's mode", SOON, || mode(&socket(&daemon)) == 0o660);
    assert_eq!(mode(&daemon.state_dir()), 0o710);
    assert_exit(&queue(&daemon), 0);
    daemon.rewrite_config(without);
    assert_exit(&daemon.cli(&["config", "reload"]), 0);
    wait_until("the owner's mode", SOON, || mode(&socket(&daemon)) == 0o600);
    assert_exit(&queue(&daemon), 0);
}

/// The command `queue` of `daemon`, as the user `uid` in the group `gid` alone.
fn queue_as(daemon: &Daemon, setpriv: &Path, uid: u32, gid: u32) -> Output {
    // Where the test was built, another user may not go.
    let copy = daemon.directory().join("bllvmctl");
    if !copy.exists() {
        let original = env!("CARGO_BIN_EXE_bllvmctl");
        fs::hard_link(original, &copy)
            .or_else(|_| fs::copy(original, &copy).map(drop))
            .unwrap();
    }
    let mut command = Command::new(setpriv);
    command
        .args([
            format!("--reuid={uid}"),
            format!("--regid={gid}"),
            "--clear-groups".to_owned(),
        ])
        .arg(copy)
        .args(["queue", "--config"])
        .arg(daemon.config_file())
        .env_clear()
        .env("HOME", "/nonexistent")
        .current_dir("/");
    child::run(command, b"", SOON)
}

#[test]
fn the_mode_of_the_file_decides_who_else_is_let_in() {
    const WHY: &str = "it needs root and setpriv, to act as another user";
    /// No user and no group of any machine.
    const UID: u32 = 54_321;
    const GID: u32 = 54_322;
    let setpriv = program("", "setpriv").filter(|_| getuid().is_root());
    let setpriv = or_skip!(setpriv, WHY);
    let node = healthy_node();
    let group = or_skip!(
        ["nogroup", "nobody", "daemon"]
            .into_iter()
            .find_map(|name| Group::from_name(name).ok()?),
        "this machine has none of the usual groups"
    );
    let readable = |daemon: &Daemon| {
        fs::set_permissions(daemon.directory(), Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(daemon.config_file(), Permissions::from_mode(0o644)).unwrap();
    };
    let alone = ready_beside(&node, "");
    readable(&alone);
    let refused = queue_as(&alone, &setpriv, UID, group.gid.as_raw());
    assert_exit(&refused, 77);
    assert!(refused.stderr.contains("control.cookie"), "{refused:?}");

    let name = &group.name;
    let shared = ready_beside(&node, &format!("[rpc]\ncontrol_cookie_group = \"{name}\""));
    readable(&shared);
    let file = fs::symlink_metadata(socket(&shared)).unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(file.gid(), group.gid.as_raw());
    assert_eq!(mode(&socket(&shared)), 0o660);
    assert_eq!(mode(&shared.state_dir()), 0o710);
    for entry in fs::read_dir(shared.state_dir()).unwrap().flatten() {
        let wanted = match entry.file_name().to_str().unwrap() {
            "control.sock" => 0o660,
            "control.cookie" => 0o640,
            _ => 0o600,
        };
        assert_eq!(mode(&entry.path()), wanted, "{entry:?}");
    }
    fs::remove_file(shared.state_dir().join("control.cookie")).unwrap();
    assert_exit(&queue_as(&shared, &setpriv, UID, group.gid.as_raw()), 0);
    assert_exit(&queue_as(&shared, &setpriv, UID, GID), 77);
}

#[test]
fn it_is_never_open_to_others_while_it_is_made() {
    // Whatever the umask of the daemon is.
    let node = healthy_node();
    let config = attached_to_fake(&node);
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    fs::write(
        &file,
        config
            .to_string()
            .replace("{dir}", home.path().to_str().unwrap()),
    )
    .unwrap();
    let socket = home.path().join("state/control.sock");
    let serve = |umask: &str| {
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(format!("umask {umask}; exec \"$0\" serve --config \"$1\""))
            .arg(bllvmctl(home.path()).get_program())
            .arg(&file)
            .env_clear()
            .env("HOME", home.path())
            .current_dir(home.path());
        child::Background::start(command, &home.path().join("printed.log"))
    };
    for umask in ["000", "022", "077"] {
        let mut daemon = serve(umask);
        let mut seen = Vec::new();
        wait_until("the socket", SOON, || {
            seen.extend(fs::symlink_metadata(&socket).map(|found| found.permissions().mode()));
            assert!(daemon.ended().is_none(), "{}", daemon.log());
            UnixStream::connect(&socket).is_ok()
        });
        assert!(
            seen.iter().all(|mode| mode & 0o777 == 0o600),
            "umask {umask}: {seen:?}"
        );
        daemon.signal(Signal::SIGTERM);
        daemon.wait(SOON);
    }
}
