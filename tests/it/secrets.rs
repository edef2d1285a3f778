//! No secret leaves the daemon or the commands: at the most talkative level, on every path, also
//! when refused.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::stat::stat;
use serde_json::Value;

use crate::support::child::Background;
use crate::support::config::{Config, attached_to_fake};
use crate::support::daemon::{Daemon, bllvmctl, run, write_private};
use crate::support::fake_node::FakeNode;
use crate::support::http::{self, Request};
use crate::support::ready::{healthy_node, ready_beside, ready_with};
use crate::support::surroundings::{eventually, wait_until};

const SOON: Duration = Duration::from_mins(1);

const PASSWORD: &str = "pa55-of-the-node";
const TOKEN: &str = "t0ken-of-the-node";
const CLIENTS: &str = "cl1ents-own-password";
const SALT: &str = "5a17f00d5a17f00d";
const HMAC: &str = "feedc0defeedc0defeedc0defeedc0defeedc0defeedc0defeedc0defeedc0de";
/// The second half of `FAKE_COOKIE`.
const COOKIE: &str = "c0ffee";

/// The ways to be let in by a node, and the header that each comes to.
#[derive(Clone, Copy, Debug)]
enum Credential {
    Cookie,
    Password,
    Token,
}

impl Credential {
    fn configured(self, node: &FakeNode, secret: &Path) -> Config {
        let config = attached_to_fake(node).with(&format!(
            "[[rpc.auth.users]]\nname = \"alice\"\nrpcauth = \"{SALT}${HMAC}\"\n[logging]\nlevel \
             = \"trace\""
        ));
        let secret = secret.display();
        let without = || config.clone().without("node", "rpc_cookie_file");
        match self {
            Self::Cookie => config,
            Self::Password => without().with(&format!(
                "[node]\nrpc_user = \"me\"\nrpc_password_file = \"{secret}\""
            )),
            Self::Token => without().with(&format!("[node]\nrpc_token_file = \"{secret}\"")),
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Cookie => "",
            Self::Password => PASSWORD,
            Self::Token => TOKEN,
        }
    }

    fn header(self) -> String {
        match self {
            Self::Cookie => http::basic(format!("__cookie__:{COOKIE}")),
            Self::Password => http::basic(format!("me:{PASSWORD}")),
            Self::Token => format!("Bearer {TOKEN}"),
        }
    }
}

/// What must not be seen, in clear and as it is sent.
fn secrets(daemon: &Daemon, credential: Credential) -> Vec<String> {
    let control =
        fs::read_to_string(daemon.state_dir().join("control.cookie")).expect("the control cookie");
    let sent = credential
        .header()
        .split_once(' ')
        .expect("a scheme")
        .1
        .to_owned();
    let client = http::basic(format!("alice:{CLIENTS}")).replace("Basic ", "");
    let plain = [PASSWORD, TOKEN, CLIENTS, SALT, HMAC, COOKIE].map(str::to_owned);
    plain.into_iter().chain([control, sent, client]).collect()
}

/// Calls every path, as operators and as strangers, and returns all that was answered.
fn every_path(daemon: &Daemon) -> String {
    let control =
        fs::read_to_string(daemon.state_dir().join("control.cookie")).expect("the control cookie");
    let paths = [
        "/",
        "/health",
        "/health?verbose",
        "/health/live",
        "/health/ready",
        "/health/detailed",
        "/metrics",
        "/nosuch",
        "/wallet/x",
        "/api/v1/status",
        "/api/v1/config/reload",
        "/api/v1/nosuch",
    ];
    let authorizations = [
        format!("Bearer {control}"),
        http::basic(format!("alice:{CLIENTS}")),
        format!("Bearer {CLIENTS}"),
    ];
    let body =
        format!("{{\"id\":1,\"method\":\"walletpassphrase\",\"params\":[\"{CLIENTS}\",60]}}");
    let mut answered = String::new();
    for path in paths {
        for authorization in &authorizations {
            let headers = [("Authorization", authorization.as_str())];
            let get = Request::get(path).with(&headers);
            for request in [get, Request::post(path, body.as_bytes()).with(&headers)] {
                let answer = daemon.send(request);
                writeln!(answered, "{:?}\n{}", answer.headers, answer.text())
                    .expect("a longer text");
            }
        }
    }
    answered
}

/// Runs every command, and returns all that was printed.
fn every_command(daemon: &Daemon) -> String {
    let lines: [&[&str]; 14] = [
        &["status"],
        &["status", "-o", "json"],
        &["health"],
        &["health", "--detailed", "-o", "json"],
        &["health", "--nagios"],
        &["metrics", "--raw"],
        &["config", "check"],
        &["config", "check", "-o", "json"],
        &["config", "show"],
        &["config", "show", "--origin"],
        &["config", "show", "-o", "json"],
        &["config", "show", "-o", "tsv"],
        &["config", "reload"],
        &["serve"],
    ];
    let print = |line: &&[&str]| {
        let output = daemon.cli(line);
        format!("{}\n{}\n", output.stdout, output.stderr)
    };
    lines.iter().map(print).collect()
}

#[track_caller]
fn assert_no_secret(text: &str, secrets: &[String], whence: &str) {
    for secret in secrets {
        let place = text.find(secret.as_str());
        let context = place.map(|at| text[..at].lines().last().unwrap_or_default());
        assert_eq!(context, None, "{secret} in {whence}");
    }
}

/// One run: the credential accepted, then refused.
fn nothing_is_reported(credential: Credential, format: &str) {
    let node = healthy_node();
    node.require(&credential.header());
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    write_private(&secret, credential.file());
    let config = credential
        .configured(&node, &secret)
        .with(&format!("[logging]\nformat = \"{format}\""));
    let mut daemon = ready_with(config);
    let secrets = secrets(&daemon, credential);
    let mut seen = every_path(&daemon) + &every_command(&daemon);

    node.require("Basic another");
    node.disconnect_all();
    let refused = || daemon.get("/health/ready").text().to_owned();
    eventually("the refusal", SOON, refused, |answer| {
        answer.contains("credentials: ")
    });
    seen += &(every_path(&daemon) + &every_command(&daemon));
    daemon.signal(Signal::SIGHUP);
    assert_eq!(daemon.stop(), 0);
    assert_no_secret(&seen, &secrets, "answers and outputs");
    assert_no_secret(&daemon.log(), &secrets, "the log");
    assert!(
        daemon.log().contains("DEBUG"),
        "the log is talkative:\n{}",
        daemon.log()
    );
}

#[test]
fn no_secret_of_a_cookie_is_reported() {
    nothing_is_reported(Credential::Cookie, "text");
}

#[test]
fn no_secret_of_a_password_is_reported() {
    nothing_is_reported(Credential::Password, "json");
}

#[test]
fn no_secret_of_a_token_is_reported() {
    nothing_is_reported(Credential::Token, "text");
}

#[test]
fn a_secret_at_the_wrong_place_of_a_configuration_is_not_repeated() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("c.toml");
    let text = format!(
        "[node]\nkind = \"attached\"\nrpc_url = \"http://me:{PASSWORD}@127.0.0.1:1\"\n\
         rpc_password = \"{PASSWORD}\"\n\
         rpc_token = \"{TOKEN}\"\n[[rpc.auth.users]]\nname = \"alice\"\nrpcauth = \
         \"alice:{SALT}${HMAC}\"\n\
         password = \"{PASSWORD}\"\n"
    );
    fs::write(&file, text).unwrap();
    let secrets = [PASSWORD, TOKEN, SALT, HMAC].map(str::to_owned);
    let file = file.to_str().unwrap();
    for line in [
        &["config", "check"][..],
        &["config", "check", "-o", "json"],
        &["config", "show"],
        &["serve"],
    ] {
        let output = run(&[line, &["--config", file]].concat(), &[]);
        assert_eq!(output.code, Some(78), "{output:?}");
        assert_no_secret(&(output.stdout + &output.stderr), &secrets, &line.join(" "));
    }
    let variables = [
        ("BLLVMCTL_NODE__RPC_PASSWORD", PASSWORD),
        ("BLLVMCTL_NODE__RPC_URL", "http://a:t0ken@h:1"),
    ];
    let output = run(&["config", "check", "--offline"], &variables);
    assert_eq!(output.code, Some(78), "{output:?}");
    assert_no_secret(
        &(output.stdout + &output.stderr),
        &[PASSWORD.to_owned(), "t0ken".to_owned()],
        "the environment",
    );
}

/// `[TIME LEVEL TARGET] rest`, taken apart.
fn text_line(line: &str) -> Option<(jiff::Timestamp, &str, &str, &str)> {
    let (head, rest) = line.strip_prefix('[')?.split_once(']')?;
    let mut parts = head.split(' ');
    let time = parts.next()?;
    let level = parts.next()?;
    let target = parts.next()?;
    let whole = time.len() == "2025-01-01T00:00:00Z".len() && parts.next().is_none();
    let known = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].contains(&level);
    (whole && known).then_some((time.parse().ok()?, level, target, rest.strip_prefix(' ')?))
}

#[test]
fn each_line_of_the_text_log_has_its_time_level_and_target() {
    let node = healthy_node();
    let mut daemon = ready_beside(&node, "[logging]\nlevel = \"trace\"");
    daemon.get_with(
        "/nosuch",
        &[("X-Request-Id", "a-name"), ("traceparent", "00-ab-cd-01")],
    );
    assert_eq!(daemon.stop(), 0);
    let log = daemon.log();
    let lines: Vec<_> = log
        .lines()
        .map(|line| text_line(line).unwrap_or_else(|| panic!("{line}")))
        .collect();
    let named: Vec<_> = lines
        .iter()
        .filter(|(_, _, _, rest)| rest.starts_with("request_id=a-name "))
        .collect();
    let [(_, level, target, came), (_, _, _, gone)] = named[..] else {
        panic!("{named:?}")
    };
    assert_eq!((*level, *target), ("INFO", "http_request"));
    assert!(
        came.starts_with("request_id=a-name method=GET path=/nosuch client_addr=127.0.0.1:"),
        "{came}"
    );
    assert!(
        came.contains(" request_size=0") && came.ends_with(" traceparent=00-ab-cd-01"),
        "{came}"
    );
    assert!(
        gone.contains(" status=404 duration_ms=") && gone.contains(" response_size="),
        "{gone}"
    );
}

#[test]
fn each_line_of_the_json_log_is_one_object_of_the_same_names() {
    let node = healthy_node();
    let mut daemon = ready_beside(&node, "[logging]\nlevel = \"trace\"\nformat = \"json\"");
    daemon.get_with("/nosuch", &[("X-Request-Id", "a-name")]);
    assert_eq!(daemon.stop(), 0);
    let log = daemon.log();
    let parse = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    let lines: Vec<Value> = log.lines().map(parse).collect();
    for line in &lines {
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(
            line["level"].is_string() && line["target"].is_string(),
            "{line}"
        );
    }
    let named: Vec<_> = lines
        .iter()
        .filter(|line| line["request_id"] == "a-name")
        .collect();
    assert_eq!(named.len(), 2, "{log}");
    assert_eq!(
        (
            &named[0]["method"],
            &named[0]["path"],
            &named[0]["request_size"]
        ),
        (&"GET".into(), &"/nosuch".into(), &0.into())
    );
    assert_eq!(named[1]["status"], 404);
    let digits = named[1]["duration_ms"].to_string();
    assert!(
        digits
            .split_once('.')
            .is_none_or(|(_, part)| part.len() <= 3),
        "{digits}"
    );
    assert!(
        named[1]["duration_ms"].is_f64() && named[1]["response_size"].is_u64(),
        "{}",
        named[1]
    );
}

#[test]
fn probes_and_scrapes_are_worth_a_line_only_at_debug() {
    for (level, quiet_seen) in [("info", false), ("debug", true)] {
        let node = healthy_node();
        let daemon = ready_beside(&node, &format!("[logging]\nlevel = \"{level}\""));
        for path in [
            "/health",
            "/health/live",
            "/health/ready",
            "/health/detailed",
            "/metrics",
        ] {
            daemon.get_with(path, &[("X-Request-Id", "quiet-one")]);
        }
        daemon.get_with("/nosuch", &[("X-Request-Id", "loud-one")]);
        // Lines are written in their order.
        daemon.wait_for_log("request_id=loud-one method=GET path=/nosuch status=404");
        assert_eq!(
            daemon.log().contains("quiet-one"),
            quiet_seen,
            "{}",
            daemon.log()
        );
    }
}

#[test]
fn the_journals_time_is_not_doubled() {
    let home = tempfile::tempdir().unwrap();
    let node = healthy_node();
    let config = attached_to_fake(&node)
        .to_string()
        .replace("{dir}", home.path().to_str().unwrap());
    write_private(&home.path().join("node.cookie"), "a:b");
    let file = home.path().join("config.toml");
    write_private(&file, &config);
    let log = home.path().join("printed.log");
    fs::write(&log, "").unwrap();
    let found = stat(&log).unwrap();
    let mut command = bllvmctl(home.path());
    command.args(["serve", "--config"]).arg(&file);
    command.env(
        "JOURNAL_STREAM",
        format!("{}:{}", found.st_dev, found.st_ino),
    );
    let daemon = Background::start(command, &log);
    wait_until("a line", SOON, || daemon.log().contains("serving"));
    assert!(
        daemon.log().lines().all(|line| line.starts_with("[INFO ")),
        "{}",
        daemon.log()
    );
}
