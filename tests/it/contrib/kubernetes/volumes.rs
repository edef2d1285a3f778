//! Files that are mounted: links that the kubelet points elsewhere, all of a volume at once. What is
//! there with the next reload is in force; what is missing or does not fit changes nothing, and is
//! reported.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::pod::write_atomically;
use crate::support::config::{Config, DIR, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::http::basic;
use crate::support::ready::{healthy_node, ready_with};
use crate::support::redis::{Redis, redis_or_skip};
use crate::support::sight::{Page, wait_not_ready, wait_ready};
use crate::support::surroundings::{eventually, wait_until};
use crate::support::tls::{Authority, Issued, TlsConnection, trusting};

const SOON: Duration = Duration::from_secs(30);
const CALL: &[u8] = br#"{"id":1,"method":"getblockcount","params":[]}"#;

/// A volume as the kubelet mounts it.
struct Volume(tempfile::TempDir);

impl Volume {
    fn of(files: &[(&str, String)]) -> Self {
        let volume = Self(tempfile::tempdir().expect("a directory"));
        volume.swap(files);
        volume
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts these files in the place of those that are there.
    fn swap(&self, files: &[(&str, String)]) {
        write_atomically(self.0.path(), files, 0o440, 0);
    }

    /// Takes the files away; the links stay, and point to nothing.
    fn take_away(&self) {
        take_away(self.0.path());
    }
}

fn take_away(volume: &Path) {
    let version = fs::read_link(volume.join("..data")).expect("a link");
    fs::remove_file(volume.join("..data")).expect("the link is removed");
    fs::remove_dir_all(volume.join(version)).expect("the files are removed");
}

/// A file with one secret.
fn secret(text: &str) -> [(&'static str, String); 1] {
    [("secret", text.to_owned())]
}

fn reload_succeeded(daemon: &Daemon) -> bool {
    Page::of(daemon).series("bllvm_config_reload_success") == Some(1.0)
}

/// A reload is refused, and says why with all of `parts`.
#[track_caller]
fn assert_refused(daemon: &Daemon, parts: &[&str]) {
    let output = daemon.cli(&["config", "reload"]);
    assert_eq!(output.code, Some(78), "{output:?}");
    for part in parts {
        assert!(output.stderr.contains(part), "no {part:?} in {output:?}");
    }
}

#[track_caller]
fn assert_reloads(daemon: &Daemon) {
    let output = daemon.cli(&["config", "reload"]);
    assert_eq!(output.code, Some(0), "{output:?}");
}

/// The configuration of a daemon at a listener of its own that knows one user.
fn with_user(base: &Config, user: &str, directory: &Path) -> String {
    let users = format!(
        "[[rpc.auth.users]]\nname = \"{user}\"\nrpcauth = \"00112233445566778899aabbccddeeff$\
         74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937\""
    );
    let text = base.clone().with(&users).to_string();
    text.replace(DIR, directory.to_str().expect("UTF-8"))
}

#[test]
fn a_configuration_whose_link_is_swapped_is_in_force_with_the_next_reload() {
    let node = healthy_node();
    let base = attached_to_fake(&node);
    let mut daemon = ready_with(base.clone());
    let volume = daemon.directory().to_owned();
    let swap = |text: String| write_atomically(&volume, &[("config.toml", text)], 0o440, 0);
    fs::remove_file(daemon.config_file()).expect("the file makes room for a link");
    swap(with_user(&base, "alice", &volume));
    daemon.restart();
    wait_ready(&daemon);
    assert!(daemon.config_file().is_symlink());

    let may_call = |daemon: &Daemon, user: &str| {
        let authorization = basic(format!("{user}:secret"));
        let headers = [("Authorization", authorization.as_str())];
        match daemon.post("/", &headers, CALL).status {
            200 => true,
            401 => false,
            other => panic!("status {other} for {user}"),
        }
    };
    let only = |daemon: &Daemon, user: &str, other: &str| {
        (may_call(daemon, user), may_call(daemon, other)) == (true, false)
    };
    assert!(only(&daemon, "alice", "bob"));

    // In between: gone, and begun but not written.
    take_away(&volume);
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_log("cannot read ");
    wait_until("a failed reload", SOON, || !reload_succeeded(&daemon));
    assert!(only(&daemon, "alice", "bob"));
    swap(String::new());
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_log("is empty");
    assert!(only(&daemon, "alice", "bob"));

    swap(with_user(&base, "bob", &volume));
    daemon.signal(Signal::SIGHUP);
    wait_until("a reload", SOON, || reload_succeeded(&daemon));
    assert!(only(&daemon, "bob", "alice"), "{}", daemon.log());
}

/// How a node is called with what is in a file.
struct Login {
    keys: &'static str,
    file: fn(&str) -> String,
    header: fn(&str) -> String,
    /// Whether a reload needs the file. A node that is down has no cookie.
    is_needed: bool,
}

const LOGINS: [Login; 3] = [
    Login {
        keys: "rpc_user = \"bllvmctl\"\nrpc_password_file",
        file: str::to_owned,
        header: |secret| basic(format!("bllvmctl:{secret}")),
        is_needed: true,
    },
    Login {
        keys: "rpc_token_file",
        file: str::to_owned,
        header: |secret| format!("Bearer {secret}"),
        is_needed: true,
    },
    Login {
        keys: "rpc_cookie_file",
        file: |secret| format!("__cookie__:{secret}"),
        header: |secret| basic(format!("__cookie__:{secret}")),
        is_needed: false,
    },
];

#[test]
fn credentials_of_the_node_whose_link_is_swapped_are_used_without_a_reload() {
    for login in LOGINS {
        let of = |text: &str| secret(&(login.file)(text));
        let volume = Volume::of(&of("old"));
        let node = healthy_node();
        node.require(&(login.header)("old"));
        let config = attached_to_fake(&node).without("node", "rpc_cookie_file");
        let path = volume.path("secret");
        let daemon = ready_with(config.with(&format!(
            "[node]\npoll_interval_secs = 0.2\n{} = \"{}\"",
            login.keys,
            path.display()
        )));

        // In between nothing is there: what was read before stays in use.
        volume.take_away();
        if login.is_needed {
            let key = login.keys.lines().last().expect("a key");
            assert_refused(&daemon, &[&format!("node.{key}"), "no such file"]);
        } else {
            assert_reloads(&daemon);
        }
        assert_eq!(reload_succeeded(&daemon), !login.is_needed);
        let asked = node.count("uptime");
        wait_until("more answers", SOON, || node.count("uptime") > asked + 3);
        assert_eq!(daemon.get("/health/ready").status, 200);

        // The node takes other ones before they are there.
        node.require(&(login.header)("new"));
        let file = path.display().to_string();
        wait_not_ready(&daemon, "credentials", &["cannot read", &file]);
        volume.swap(&of("new"));
        wait_ready(&daemon);
        assert_reloads(&daemon);
    }
}

#[test]
fn a_control_token_whose_link_is_swapped_is_in_force_with_the_next_reload() {
    let volume = Volume::of(&secret("first"));
    let node = healthy_node();
    let token = format!("[rpc]\ncontrol_token_file = {:?}", volume.path("secret"));
    let mut daemon = ready_with(attached_to_fake(&node).with(&token));
    let is_let_in = |daemon: &Daemon, token: &str| {
        let authorization = format!("Bearer {token}");
        let headers = [("Authorization", authorization.as_str())];
        daemon.get_with("/api/v1/status", &headers).status == 200
    };
    volume.take_away();
    assert_refused(&daemon, &["rpc.control_token_file", "no such file"]);
    volume.swap(&secret("\n"));
    assert_refused(&daemon, &["rpc.control_token_file", "is empty"]);
    assert!(is_let_in(&daemon, "first"));
    volume.swap(&secret("second"));
    daemon.signal(Signal::SIGHUP);
    wait_until("a reload", SOON, || reload_succeeded(&daemon));
    assert!(is_let_in(&daemon, "second") && !is_let_in(&daemon, "first"));
}

#[test]
fn certificate_and_key_whose_links_are_swapped_together_are_in_force_with_the_next_reload() {
    let authority = Authority::new("ours");
    let [old, new] = [["localhost", "old.example"], ["localhost", "new.example"]]
        .map(|names| authority.issue(names[1], &names));
    let certificate = |issued: &Issued| fs::read_to_string(&issued.certificate).expect("a file");
    let key = |issued: &Issued| fs::read_to_string(&issued.key).expect("a file");
    let pair =
        |of: &Issued, key_of: &Issued| [("tls.crt", certificate(of)), ("tls.key", key(key_of))];
    let volume = Volume::of(&pair(&old, &old));
    let mounted = Issued {
        certificate: volume.path("tls.crt"),
        key: volume.path("tls.key"),
    };
    let node = healthy_node();
    let daemon = Daemon::start(attached_to_fake(&node).with(&mounted.listeners()));
    let client = trusting(&authority.ca());
    let shows = |name: &str| TlsConnection::open(daemon.addr(), &client, name).is_ok();

    // In between: half of it, and nothing.
    volume.swap(&pair(&new, &old));
    assert_refused(
        &daemon,
        &["rpc.tls_key_file", "does not belong to the certificate"],
    );
    assert!(shows("old.example") && !shows("new.example"));
    volume.take_away();
    assert_refused(&daemon, &["rpc.tls_key_file", "no such file"]);
    assert!(shows("old.example") && !shows("new.example"));
    volume.swap(&pair(&new, &new));
    assert_reloads(&daemon);
    assert!(shows("new.example") && !shows("old.example"));
}

#[test]
fn the_secret_of_shared_limits_whose_link_is_swapped_is_used_after_the_next_reload() {
    let redis = Redis::start(&redis_or_skip!());
    let volume = Volume::of(&secret("one"));
    let node = healthy_node();
    let limits = format!(
        "[limits]\nstore = \"redis\"\nurl = \"{}\"\ntimeout_ms = 250\nsecret_file = {:?}",
        redis.url(),
        volume.path("secret")
    );
    let daemon = ready_with(attached_to_fake(&node).with(&limits));
    let is_used = || Page::of(&daemon).series("bllvm_limits_store_up") == Some(1.0);
    // A text is answered as its length and itself.
    let fingerprint = || {
        let answer = redis.command(&["GET", "{bllvm:main}:secret"]);
        answer.lines().nth(1).map(str::to_owned)
    };
    wait_until("the store", SOON, is_used);
    let first = fingerprint();
    assert!(first.is_some());

    volume.take_away();
    assert_refused(&daemon, &["limits.secret_file", "no such file"]);
    assert!(is_used());
    assert_eq!(fingerprint(), first);

    // The one before is forgotten in the store when nobody has it any more.
    volume.swap(&secret("two"));
    assert_reloads(&daemon);
    let look = || (is_used(), fingerprint());
    eventually("the other secret in use", SOON, look, |(used, now)| {
        *used && now.is_some() && *now != first
    });
}
