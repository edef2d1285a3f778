//! `bllvmctl doctor`: it finds what is wrong and says what to do, changes nothing, and its archive
//! has neither secrets nor, unless it is asked for them, addresses and names.

mod active;
mod clock;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::support::child::Output;
use crate::support::config::attached_to_fake;
use crate::support::daemon::{Daemon, run, write_private};
use crate::support::fake_node::FakeNode;
use crate::support::http;
use crate::support::ready::{healthy_node, ready, ready_with};
use crate::support::surroundings::eventually;

const SOON: Duration = Duration::from_mins(1);

const SALT: &str = "5a17f00d5a17f00d";
const HMAC: &str = "feedc0defeedc0defeedc0defeedc0defeedc0defeedc0defeedc0defeedc0de";

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.code, Some(code), "{output:?}");
}

/// The levels of what was found of `check`.
fn levels(report: &Value, check: &str) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings");
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check
        .map(|finding| finding["level"].as_str().expect("a level").to_owned())
        .collect()
}

fn doctor(daemon: &Daemon) -> Value {
    daemon.cli(&["doctor", "-o", "json"]).json()
}

/// All files below `directory`, with what can be told of a change.
fn contents(directory: &Path) -> Vec<(PathBuf, u64, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let metadata = entry.metadata().unwrap();
        let mode = metadata.permissions().mode();
        found.push((entry.path(), metadata.len(), mode));
        if metadata.is_dir() {
            found.extend(contents(&entry.path()));
        }
    }
    found.sort();
    found
}

#[test]
fn of_a_healthy_daemon_everything_is_looked_at_and_nothing_is_changed() {
    let (_node, daemon) = ready("");
    let report = || {
        eventually(
            "a healthy report",
            SOON,
            || doctor(&daemon),
            |report| report["healthy"] == true,
        )
    };
    let report = report();
    for check in [
        "configuration",
        "daemon",
        "node",
        "credentials",
        "metrics",
        "probes",
        "plan",
        "peers",
        "queue",
        "store",
        "disk",
        "clock",
        "files",
        "versions",
    ] {
        let levels = levels(&report, check);
        assert!(!levels.is_empty(), "{check}: {report}");
        assert!(!levels.contains(&"bad".to_owned()), "{check}: {report}");
    }
    for finding in report["findings"].as_array().unwrap() {
        assert_eq!(
            finding["cure"].is_null(),
            finding["level"] == "good",
            "{finding}"
        );
    }
    let leases = daemon.cli(&["lease", "list", "-o", "json"]).stdout;
    let state = fs::read_dir(daemon.state_dir()).unwrap().count();
    let directory = fs::metadata(daemon.state_dir())
        .unwrap()
        .modified()
        .unwrap();
    let table = daemon.cli(&["doctor"]);
    assert_exit(&table, 0);
    assert!(
        table.stdout.contains("[+] versions: daemon ") && table.stdout.contains("0 bad"),
        "{table:?}"
    );
    assert_exit(&daemon.cli(&["doctor", "-o", "tsv"]), 0);
    assert_eq!(fs::read_dir(daemon.state_dir()).unwrap().count(), state);
    let after = fs::metadata(daemon.state_dir())
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(
        after, directory,
        "nothing is written, not even for a moment"
    );
    assert_eq!(daemon.cli(&["lease", "list", "-o", "json"]).stdout, leases);
}

#[test]
fn what_is_wrong_is_named_with_its_cure() {
    let node = healthy_node();
    let daemon = ready_with(attached_to_fake(&node));
    node.require("Basic another");
    node.disconnect_all();
    let found = || doctor(&daemon);
    let report = eventually("the refusal", SOON, found, |report| {
        levels(report, "credentials").contains(&"bad".to_owned())
            && levels(report, "probes").contains(&"bad".to_owned())
    });
    let findings = report["findings"].as_array().unwrap();
    let refused = findings
        .iter()
        .find(|finding| finding["check"] == "credentials" && finding["level"] == "bad");
    let cure = refused.unwrap()["cure"].as_str().unwrap();
    assert!(!cure.is_empty());
    assert_exit(&daemon.cli(&["doctor"]), 1);
}

#[test]
fn without_a_daemon_the_configuration_and_the_node_are_looked_at() {
    let (_node, mut daemon) = ready("");
    assert_eq!(daemon.stop(), 0);
    let output = daemon.cli(&["doctor", "-o", "json"]);
    assert_exit(&output, 1);
    let report = output.json();
    assert_eq!(levels(&report, "daemon"), ["bad"]);
    assert_eq!(levels(&report, "configuration"), ["good"]);
    assert_eq!(levels(&report, "node"), ["good"]);
    let table = daemon.cli(&["doctor"]).stdout;
    assert!(
        table.contains("[-] daemon: cannot reach") && table.contains("bllvmctl serve"),
        "{table}"
    );

    daemon.rewrite_config("[node]\nkind = \"attached\"\nnaem = \"x\"\n");
    let broken = daemon.cli(&["doctor", "-o", "json"]);
    assert_exit(&broken, 1);
    assert!(
        levels(&broken.json(), "configuration").contains(&"bad".to_owned()),
        "{broken:?}"
    );
}

/// The files of an archive, as text.
fn unpacked(archive: &Path) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(fs::File::open(archive).unwrap());
    let read = |entry: Result<tar::Entry<'_, fs::File>, std::io::Error>| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        (name, text)
    };
    archive.entries().unwrap().map(read).collect()
}

/// A daemon with a secret of every kind, and what must not be seen of them.
fn with_secrets(node: &FakeNode) -> (Daemon, Vec<String>) {
    const PASSWORD: &str = "pa55-of-the-node";
    const TOKEN: &str = "t0ken-of-the-operator";
    const HOOK: &str = "h00k-of-the-oncall";
    const ARGUMENT: &str = "arg-of-it";
    const HEADER: &str = "h3ader-of-the-oncall";
    node.require(&http::basic(format!("rpc-user-name:{PASSWORD}")));
    let config = attached_to_fake(node)
        .without("node", "rpc_cookie_file")
        .with(&format!(
            "[node]\nrpc_user = \"rpc-user-name\"\nrpc_password_file = \"{{dir}}/password\"\n\
             [rpc]\ncontrol_token_file = \"{{dir}}/token\"\n\
             allowed_hosts = [\"proxy.example.org\"]\n\
             [network]\n\
             peers = [\"peer.example.org:8333\", \"203.0.113.9:8333\", \"[2001:db8::77]:8333\"]\n\
             [[rpc.auth.users]]\nname = \"alice-client\"\nrpcauth = \"{SALT}${HMAC}\"\n\
             [limits]\nurl = \"redis://store-user@store.example.org:6379/0\"\n\
             url_password_file = \"{{dir}}/store\"\nsecret_file = \"{{dir}}/fleet\"\n\
             [[notify]]\nname = \"hook\"\nurl = \"http://127.0.0.1:1/hook/{HOOK}\"\n\
             header_file = \"{{dir}}/headers\"\n\
             [[notify]]\nname = \"kept\"\nurl_file = \"{{dir}}/url\"\n\
             [[notify]]\nname = \"run\"\ncommand = [\"/bin/false\", \"{ARGUMENT}\"]\n"
        ));
    let mut daemon = Daemon::launch(config);
    write_private(&daemon.directory().join("password"), PASSWORD);
    write_private(&daemon.directory().join("token"), TOKEN);
    write_private(&daemon.directory().join("store"), "st0re-password");
    write_private(&daemon.directory().join("fleet"), "fl33t-secret-of-all");
    let header = format!("Authorization: Bearer {HEADER}\n");
    write_private(&daemon.directory().join("headers"), &header);
    let url = format!("http://127.0.0.1:1/kept/{HOOK}");
    write_private(&daemon.directory().join("url"), &url);
    daemon.restart();
    daemon.wait_for_status("/health/live", 200, SOON);
    let secrets = [
        PASSWORD.to_owned(),
        TOKEN.to_owned(),
        SALT.to_owned(),
        HMAC.to_owned(),
        HOOK.to_owned(),
        HEADER.to_owned(),
        ARGUMENT.to_owned(),
        "st0re-password".to_owned(),
        "fl33t-secret-of-all".to_owned(),
        http::basic(format!("rpc-user-name:{PASSWORD}")).replace("Basic ", ""),
    ];
    (daemon, secrets.to_vec())
}

#[test]
fn the_archive_has_no_secret_and_without_being_asked_no_address_and_no_name() {
    const PRIVATE: [&str; 8] = [
        "store.example.org",
        "store-user",
        "alice-client",
        "rpc-user-name",
        "peer.example.org",
        "proxy.example.org",
        "203.0.113.9",
        "2001:db8::77",
    ];
    let node = healthy_node();
    let (daemon, secrets) = with_secrets(&node);
    // So that the log and the queue have something to hide too.
    let token = ["--token-file", "token", "--url"];
    let url = daemon.url();
    let add = ["queue", "add", "203.0.113.9:8333"];
    daemon.cli(&[&add[..], &token, &[&url]].concat());
    let packed = |name: &str, more: &[&str]| {
        let file = daemon.directory().join(name);
        let line = [&["doctor", "--bundle", file.to_str().unwrap()], more].concat();
        let output = daemon.cli(&line);
        assert!(matches!(output.code, Some(0 | 1)), "{output:?}");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        unpacked(&file)
    };
    let archive = packed("plain.tar", &[]);
    let names: Vec<&str> = archive.iter().map(|(name, _)| name.as_str()).collect();
    for wanted in [
        "configuration.toml",
        "events.json",
        "findings.json",
        "health.json",
        "limits.json",
        "log.txt",
        "metrics.txt",
        "queue.json",
        "status.json",
        "versions.txt",
    ] {
        let path = format!("bllvmctl-doctor/{wanted}");
        assert!(names.contains(&path.as_str()), "{wanted} in {names:?}");
    }
    let log = archive.iter().find(|(name, _)| name.ends_with("log.txt"));
    assert!(log.unwrap().1.contains("serving"), "{log:?}");
    for (name, text) in &archive {
        for hidden in secrets.iter().map(String::as_str).chain(PRIVATE) {
            assert!(!text.contains(hidden), "{hidden} in {name}:\n{text}");
        }
        assert!(!text.contains("127.0.0.1"), "an address in {name}:\n{text}");
    }

    let whole = packed("whole.tar", &["--with-addresses"]);
    let all: String = whole.iter().map(|(_, text)| text.as_str()).collect();
    for shown in PRIVATE {
        assert!(all.contains(shown), "{shown}");
    }
    for secret in &secrets {
        assert!(!all.contains(secret.as_str()), "{secret}");
    }
}

#[test]
fn an_archive_is_never_written_over_a_file() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mine.tar");
    fs::write(&file, "mine").unwrap();
    let output = run(&["doctor", "--bundle", file.to_str().unwrap()], &[]);
    assert_exit(&output, 1);
    assert!(output.stderr.contains("mine.tar"), "{output:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    // Nor through a link that leads nowhere.
    let link = home.path().join("link.tar");
    std::os::unix::fs::symlink(home.path().join("nowhere"), &link).unwrap();
    assert_exit(
        &run(&["doctor", "--bundle", link.to_str().unwrap()], &[]),
        1,
    );
    assert_eq!(contents(home.path()).len(), 2);
}
