//! The command line: exit codes, where options may stand, what goes to which stream.

mod completion;
mod configured;
mod reports;
mod strangers;
mod version;

use std::fs;
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::child::{self, Output};
use crate::support::config::attached_to_fake;
use crate::support::daemon::{Daemon, bllvmctl, run, write_private};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::ready::{healthy_node, ready, ready_beside};
use crate::support::surroundings::{free_port, wait_until};

const SOON: Duration = Duration::from_mins(1);

/// The command line `arguments` as this daemon's operator types it, to be changed before it runs.
fn command(daemon: &Daemon, arguments: &[&str]) -> Command {
    let mut command = bllvmctl(daemon.directory());
    command.args(arguments);
    command
}

fn outcome(command: Command) -> Output {
    child::run(command, b"", SOON)
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.code, Some(code), "{output:?}");
    assert!(!output.stderr.contains("panicked"), "{output:?}");
}

/// Where nothing listens.
fn nowhere() -> String {
    format!("http://127.0.0.1:{}", free_port())
}

#[test]
fn what_is_not_understood_is_exit_2_and_said_on_stderr() {
    let lines: [&[&str]; 14] = [
        &[],
        &["nosuch"],
        &["status", "--nosuch"],
        &["status", "more"],
        &["health", "--live", "--ready"],
        &["health", "--wait", "5"],
        &["health", "--wait", "5s", "--watch", "1"],
        &["metrics", "--raw", "-o", "json"],
        &["metrics", "[x"],
        &["status", "--watch", "0"],
        &["status", "-o", "yaml"],
        &["config"],
        &["completions", "tcsh"],
        &["status", "--url", "ftp://127.0.0.1"],
    ];
    for line in lines {
        let output = run(line, &[]);
        assert_exit(&output, 2);
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{line:?}: {output:?}"
        );
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    for line in [
        &["--help"][..],
        &["--version"],
        &["health", "--help"],
        &["config", "init", "-h"],
    ] {
        let output = run(line, &[]);
        assert_exit(&output, 0);
        assert!(
            !output.stdout.is_empty() && output.stderr.is_empty(),
            "{line:?}: {output:?}"
        );
    }
}

#[test]
fn a_daemon_that_is_not_there_is_exit_69() {
    let url = nowhere();
    let lines: [&[&str]; 7] = [
        &["status"],
        &["health"],
        &["health", "--live"],
        &["health", "--detailed", "-o", "json"],
        &["health", "--wait", "1s"],
        &["metrics"],
        &["config", "reload"],
    ];
    for line in lines {
        let output = run(&[line, &["--url", &url]].concat(), &[]);
        assert_exit(&output, 69);
        assert!(output.stdout.is_empty(), "{line:?}: {output:?}");
        assert!(
            output.stderr.contains(&url) && output.stderr.contains("hint: "),
            "{line:?}: {output:?}"
        );
    }
}

#[test]
fn the_address_and_the_token_may_come_from_the_environment() {
    let (_node, daemon) = ready("");
    let cookie = daemon
        .state_dir()
        .join("control.cookie")
        .to_string_lossy()
        .into_owned();
    let config = daemon.config_file().to_string_lossy().into_owned();
    let url = daemon.url();
    let elsewhere = nowhere();
    let status = |environment: &[(&str, &str)], flags: &[&str]| {
        run(&[&["status"], flags].concat(), environment).code
    };
    assert_eq!(status(&[("BLLVMCTL_CONFIG", &config)], &[]), Some(0));
    assert_eq!(
        status(
            &[("BLLVMCTL_URL", &url), ("BLLVMCTL_TOKEN_FILE", &cookie)],
            &[]
        ),
        Some(0)
    );
    assert_eq!(
        status(
            &[("BLLVMCTL_CONFIG", &config), ("BLLVMCTL_URL", &elsewhere)],
            &[]
        ),
        Some(69)
    );
    assert_eq!(
        status(
            &[("BLLVMCTL_CONFIG", &config), ("BLLVMCTL_URL", &elsewhere)],
            &["--url", &url]
        ),
        Some(0)
    );
    assert_eq!(
        status(&[("BLLVMCTL_URL", &url)], &["--token-file", &cookie]),
        Some(0)
    );
}

#[test]
fn without_the_right_token_it_is_exit_77() {
    let (_node, daemon) = ready("");
    let wrong = daemon.directory().join("wrong.token");
    write_private(&wrong, "0123456789abcdef");
    let absent = daemon.directory().join("absent.token");
    for line in [&["status"][..], &["config", "reload"]] {
        for token in [&wrong, &absent] {
            let output = daemon.cli(&[line, &["--token-file", token.to_str().unwrap()]].concat());
            assert_exit(&output, 77);
            assert!(output.stderr.contains("--token-file"), "{output:?}");
            assert!(!output.stderr.contains("0123456789abcdef"), "{output:?}");
        }
    }
    let unread = daemon.cli(&["status", "--token-file", absent.to_str().unwrap()]);
    assert!(unread.stderr.contains("absent.token"), "{unread:?}");
    assert!(
        !unread.stderr.contains("refused"),
        "nobody has refused anything: {unread:?}"
    );
}

#[test]
fn an_embedded_node_on_another_chain_is_exit_78_and_the_way_out_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("embedded.toml");
    fs::write(&file, "[node]\nkind = \"embedded\"\nchain = \"main\"\n").unwrap();
    let output = run(&["serve", "--config", file.to_str().unwrap()], &[]);
    assert_exit(&output, 78);
    assert!(output.stderr.contains("kind = \"attached\""), "{output:?}");
    fs::write(&file, "[node]\nkind = \"embedded\"\n").unwrap();
    assert_exit(
        &run(
            &["config", "check", "--offline", file.to_str().unwrap()],
            &[],
        ),
        0,
    );
}

#[test]
fn a_configuration_that_is_not_valid_is_exit_78_with_all_its_problems() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("bad.toml");
    fs::write(
        &file,
        "[node]\nkind = \"attached\"\nnaem = \"x\"\n[rpc]\nlisten = \"here\"\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    for line in [&["serve"][..], &["config", "show"]] {
        let output = run(&[line, &["--config", file]].concat(), &[]);
        assert_exit(&output, 78);
        assert!(
            output.stderr.contains("bad.toml:3:1: node.naem"),
            "{output:?}"
        );
        assert!(
            output
                .stderr
                .contains("bad.toml:5:1: rpc.listen = \"here\""),
            "{output:?}"
        );
        assert!(output.stdout.is_empty(), "{output:?}");
    }
    let output = run(&["serve", "--config", "/nonexistent/bllvmctl.toml"], &[]);
    assert_exit(&output, 78);
    assert!(
        output.stderr.contains("/nonexistent/bllvmctl.toml"),
        "{output:?}"
    );
    let output = run(&["serve"], &[("BLLVMCTL_RPC__LITSEN", "x")]);
    assert_exit(&output, 78);
    assert!(output.stderr.contains("BLLVMCTL_RPC__LITSEN"), "{output:?}");
}

#[test]
fn a_port_that_is_taken_is_exit_70() {
    let node = healthy_node();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let mut daemon =
        Daemon::launch(attached_to_fake(&node).with(&format!("[rpc]\nlisten = \"{addr}\"")));
    assert_eq!(daemon.wait_exit(SOON), 70);
    assert!(
        daemon.log().contains(&format!("cannot listen on {addr}")),
        "{}",
        daemon.log()
    );
    assert!(!daemon.state_dir().join("control.cookie").exists());
}

#[test]
fn a_second_daemon_in_the_same_state_directory_is_exit_70_and_the_first_goes_on() {
    let node = healthy_node();
    let first = ready_beside(&node, "");
    let state = first.state_dir().display().to_string();
    let mut second =
        Daemon::launch(attached_to_fake(&node).with(&format!("[node]\nstate_dir = \"{state}\"")));
    assert_eq!(second.wait_exit(SOON), 70);
    assert!(
        second.log().contains(&format!(
            "another bllvmctl uses the state directory {state}"
        )),
        "{}",
        second.log()
    );
    assert_exit(&first.cli(&["status"]), 0);
}

#[test]
fn serve_listens_where_the_flag_says() {
    let node = healthy_node();
    let config = attached_to_fake(&node).to_string();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    fs::write(
        &file,
        config.replace("{dir}", home.path().to_str().unwrap()),
    )
    .unwrap();
    let addr = format!("127.0.0.1:{}", free_port());
    let mut command = bllvmctl(home.path());
    command
        .args(["serve", "--listen", &addr, "--config"])
        .arg(&file);
    let _daemon = child::Background::start(command, &home.path().join("printed.log"));
    let answers = || {
        run(
            &["health", "--live", "--url", &format!("http://{addr}")],
            &[],
        )
        .code
            == Some(0)
    };
    wait_until("an answer at the address of the flag", SOON, answers);
}

#[test]
fn options_may_stand_before_and_after_the_command() {
    let (_node, daemon) = ready("");
    let file = daemon.config_file();
    let file = file.to_str().unwrap();
    let json: [&[&str]; 6] = [
        &["-o", "json", "--config", file, "status"],
        &["status", "-o", "json", "--config", file],
        &["--config", file, "status", "--output=json"],
        &["--config", file, "config", "-o", "json", "show"],
        &["config", "--config", file, "show", "-o", "json"],
        &["-o", "tsv", "--config", file, "health", "-o", "json"],
    ];
    for line in json {
        let output = run(line, &[]);
        assert_exit(&output, 0);
        assert!(output.json().is_object(), "{line:?}");
    }
    assert_exit(&run(&["--config", file, "health"], &[]), 0);
    assert_exit(
        &run(&["-w", "1", "--config", file, "prune", "--to", "5G"], &[]),
        2,
    );
    assert_exit(&run(&["completions", "bash", "-o", "json"], &[]), 0);
    assert_exit(&run(&["health", "--config", file], &[]), 0);
    assert_exit(
        &run(
            &["--config", "/nonexistent", "health", "--config", file],
            &[],
        ),
        0,
    );
    assert_exit(
        &run(&["--timeout", "5s", "--config", file, "health"], &[]),
        0,
    );
}

#[test]
fn init_writes_a_file_once_and_prints_without_one() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("new.toml");
    let init = ["config", "init", file.to_str().unwrap()];
    assert_exit(&run(&init, &[]), 0);
    let written = fs::read_to_string(&file).unwrap();
    fs::write(&file, "mine").unwrap();
    let again = run(&init, &[]);
    assert_exit(&again, 1);
    assert!(again.stderr.contains("new.toml"), "{again:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let nowhere = run(&["config", "init", "/nonexistent/folder/file"], &[]);
    assert_exit(&nowhere, 70);
    assert!(!nowhere.stderr.contains("overwritten"), "{nowhere:?}");
    let printed = run(&["config", "init"], &[]);
    assert_exit(&printed, 0);
    assert_eq!(printed.stdout, written);
    // -o is the form of the result, and nothing else.
    let mut json = bllvmctl(home.path());
    json.args(["config", "init", "-o", "json"]);
    let json = outcome(json);
    assert_exit(&json, 0);
    assert_eq!(json.json()["text"], written.as_str());
    assert!(!home.path().join("json").exists());
    assert_exit(
        &run(&["config", "init", "--output", file.to_str().unwrap()], &[]),
        2,
    );
    fs::write(&file, written).unwrap();
    assert_exit(
        &run(
            &["config", "check", "--offline", file.to_str().unwrap()],
            &[],
        ),
        0,
    );
}

#[test]
fn json_is_one_document_in_snake_case_with_unknowns_as_null() {
    let (_node, daemon) = ready("");
    let status = daemon.cli(&["status", "-o", "json"]).json();
    assert_eq!(status["state"], "ready");
    assert_eq!(status["chain"]["height"], 1400);
    assert!(
        status["network"]["peers_max"].is_null() && status["network"].get("peers_max").is_some()
    );
    assert_eq!(status["node"]["chain"], "regtest");
    assert!(
        status["daemon"]["started_at"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    let mut keys = Vec::new();
    for line in [
        &["status"][..],
        &["health", "--detailed"],
        &["metrics"],
        &["config", "check", "--offline"],
    ] {
        collect_keys(
            &daemon.cli(&[line, &["-o", "json"]].concat()).json(),
            &mut keys,
        );
    }
    let snake = |key: &str| {
        key.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let others: Vec<_> = keys.iter().filter(|key| !snake(key)).collect();
    assert!(others.is_empty(), "{others:?}");
}

fn collect_keys(value: &serde_json::Value, keys: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => members.iter().for_each(|(key, value)| {
            keys.push(key.clone());
            collect_keys(value, keys);
        }),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        _ => {}
    }
}

#[test]
fn a_pipe_gets_no_escape_codes_unless_asked() {
    let (_node, daemon) = ready("");
    for line in [
        &["status"][..],
        &["health"],
        &["health", "--detailed"],
        &["metrics"],
        &["config", "show"],
    ] {
        let plain = daemon.cli(line);
        assert_exit(&plain, 0);
        assert!(
            !plain.stdout.contains('\u{1b}') && !plain.stdout.is_empty(),
            "{plain:?}"
        );
    }
    let mut always = command(
        &daemon,
        &["--color", "always", "health", "--url", &daemon.url()],
    );
    always.env("NO_COLOR", "1");
    let always = outcome(always);
    assert!(
        always.stdout.contains("\u{1b}[32m[+]\u{1b}[0m"),
        "{always:?}"
    );
    let mut unwanted = command(
        &daemon,
        &["health", "--color", "auto", "--url", &daemon.url()],
    );
    unwanted.env("NO_COLOR", "1");
    assert!(!outcome(unwanted).stdout.contains('\u{1b}'));
}

#[test]
fn a_terminal_gets_colours_unless_it_wants_none() {
    let (_node, daemon) = ready("");
    let line = format!(
        "{} health --url {}",
        env!("CARGO_BIN_EXE_bllvmctl"),
        daemon.url()
    );
    let on_a_terminal = |variables: &[(&str, &str)], line: &str| {
        let mut script = Command::new("script");
        script
            .env_clear()
            .env("TERM", "xterm")
            .env("PATH", "/usr/bin:/bin")
            .envs(variables.iter().copied());
        script.args(["-qec", line, "/dev/null"]);
        outcome(script).stdout
    };
    if !std::path::Path::new("/usr/bin/script").exists() {
        return crate::support::skip::say_skipped(
            "cli::a_terminal_gets_colours",
            "there is no script(1)",
        );
    }
    let shown = on_a_terminal(&[], &line);
    assert!(shown.contains("\u{1b}[32m[+]"), "{shown:?}");
    assert!(!on_a_terminal(&[("NO_COLOR", "1")], &line).contains("\u{1b}[3"));
    assert!(!on_a_terminal(&[("TERM", "dumb")], &line).contains("\u{1b}[3"));
    assert!(on_a_terminal(&[("NO_COLOR", "")], &line).contains("\u{1b}[32m"));
    assert!(!on_a_terminal(&[], &format!("{line} --color never")).contains("\u{1b}[3"));
    let watched = format!("timeout --foreground 2 {line} --watch 1");
    assert!(on_a_terminal(&[], &watched).contains("\u{1b}[?1049h"));
    let in_background = on_a_terminal(&[], &format!("timeout 2 {line} --watch 1"));
    assert!(
        in_background.contains("[+]") && !in_background.contains("\u{1b}[?"),
        "a screen would stop it: {in_background:?}"
    );
    assert!(
        !on_a_terminal(&[("TERM", "dumb")], &watched).contains('\u{1b}'),
        "it can do nothing but print lines"
    );
}

#[test]
fn a_table_is_cut_at_the_width_of_the_terminal_and_breaks_no_word() {
    if !std::path::Path::new("/usr/bin/script").exists() {
        return crate::support::skip::say_skipped("cli::a_table_is_cut", "there is no script(1)");
    }
    let (_node, daemon) = ready("");
    let onion = format!("{}.onion:8333", "a".repeat(56));
    assert_exit(&daemon.cli(&["peers", "add", &onion]), 0);
    assert_exit(&daemon.cli(&["queue", "add", "192.0.2.1:8333"]), 0);
    let config = daemon.config_file();
    let shown = |command: &str, more: &str| {
        let program = env!("CARGO_BIN_EXE_bllvmctl");
        let line = format!(
            "stty cols 80; {program} {command} --config {} --color never {more}",
            config.display()
        );
        let mut script = Command::new("script");
        script
            .env_clear()
            .env("TERM", "xterm")
            .env("PATH", "/usr/bin:/bin")
            .args(["-qec", &line, "/dev/null"]);
        outcome(script).stdout.replace('\r', "")
    };
    for command in ["peers", "queue"] {
        let table = shown(command, "");
        let rows: Vec<_> = daemon
            .cli(&[command, "-o", "json"])
            .json()
            .as_array()
            .unwrap()
            .clone();
        assert_eq!(
            table.lines().count(),
            rows.len() + 1,
            "a row is a line:\n{table}"
        );
        for row in rows {
            assert!(
                table.contains(row["address"].as_str().unwrap()),
                "{row}\n{table}"
            );
        }
    }
    for command in ["peers", "queue"] {
        let table = shown(command, "");
        assert!(
            table.lines().all(|line| line.chars().count() <= 80),
            "{table}"
        );
    }
    let queue = shown("queue", "");
    assert!(
        queue.contains("192.0.2.1:8333  waiting"),
        "one long name moves no other row:\n{queue}"
    );
    assert!(shown("peers", "-o wide").contains("RECORD"), "all columns");
    assert!(!shown("peers", "").contains("RECORD"));
}

/// Runs `command` with a stdout that nobody reads any more.
fn into_a_closed_pipe(mut command: Command) -> Option<i32> {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    // Ours, or the pipe would stay open.
    drop(command);
    let mut ended = None;
    wait_until("the command to end", SOON, || {
        ended = child.try_wait().expect("the state of a child");
        ended.is_some()
    });
    ended.and_then(|status| status.code())
}

#[test]
fn a_closed_pipe_is_no_error() {
    let (_node, daemon) = ready("");
    let url = daemon.url();
    let config = daemon.config_file();
    for line in [
        &["status"][..],
        &["health"],
        &["metrics"],
        &["metrics", "--raw"],
        &["config", "show"],
    ] {
        let mut command = command(&daemon, line);
        command.arg("--config").arg(&config);
        assert_eq!(into_a_closed_pipe(command), Some(0), "{line:?}");
    }
    for line in [
        &["--help"][..],
        &["completions", "bash"],
        &["config", "init"],
    ] {
        assert_eq!(
            into_a_closed_pipe(command(&daemon, line)),
            Some(0),
            "{line:?}"
        );
    }
    let plugin = into_a_closed_pipe(command(&daemon, &["health", "--nagios", "--url", &url]));
    assert_eq!(plugin, daemon.cli(&["health", "--nagios"]).code);
}

#[test]
fn repetition_ends_when_nobody_reads() {
    let (_node, daemon) = ready("");
    for line in [
        &["status", "--watch", "0.1"][..],
        &["health", "-w", "0.1"],
        &["metrics", "-w", "0.1", "-o", "json"],
    ] {
        let mut command = command(&daemon, line);
        command.arg("--config").arg(daemon.config_file());
        assert_eq!(into_a_closed_pipe(command), Some(0), "{line:?}");
    }
}

#[test]
fn repetition_prints_again_and_again_and_outlives_the_daemon() {
    let (_node, mut daemon) = ready("");
    let mut watched = command(&daemon, &["status", "--watch", "0.1", "-o", "json"]);
    watched.arg("--config").arg(daemon.config_file());
    let log = daemon.directory().join("watched.log");
    let errors = fs::File::create(daemon.directory().join("errors.log")).unwrap();
    let printed = fs::File::create(&log).unwrap();
    let mut child = watched
        .stdin(Stdio::null())
        .stdout(printed)
        .stderr(errors)
        .spawn()
        .unwrap();
    let count = || {
        fs::read_to_string(&log)
            .unwrap()
            .matches("\"tip_hash\"")
            .count()
    };
    wait_until("two documents", SOON, || count() >= 2);
    daemon.stop();
    let said = || fs::read_to_string(daemon.directory().join("errors.log")).unwrap();
    wait_until("a word on stderr", SOON, || {
        said().contains("cannot reach the daemon")
    });
    let before = count();
    daemon.restart();
    wait_until("more documents", SOON, || count() > before);
    child.kill().unwrap();
    child.wait().unwrap();
    // Killed in the middle of a document, at most.
    let mut text = String::new();
    fs::File::open(&log)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let documents = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
    assert!(
        documents.take(before).all(|document| document.is_ok()),
        "{text}"
    );
}

#[test]
fn what_a_node_says_cannot_steer_the_terminal() {
    let node = healthy_node();
    node.set(
        "getblockchaininfo []",
        Behaviour::Error {
            http_status: 500,
            code: -1,
            message: "\u{1b}]0;owned\u{7} a\nb".to_owned(),
        },
    );
    let daemon = Daemon::start(attached_to_fake(&node));
    let seen = || daemon.cli(&["status"]).stdout;
    wait_until("the node's message", SOON, || seen().contains("owned"));
    for output in [
        daemon.cli(&["status"]),
        daemon.cli(&["health"]),
        daemon.cli(&["health", "--detailed"]),
    ] {
        assert!(!output.stdout.contains(['\u{1b}', '\u{7}']), "{output:?}");
    }
    let log = daemon.log();
    assert!(!log.contains(['\u{1b}', '\u{7}']), "{log}");
}

#[test]
fn a_daemon_that_does_not_answer_is_given_up_after_the_timeout() {
    let silent = FakeNode::start([("GET /health?verbose", Behaviour::Hang)]);
    let url = format!("http://127.0.0.1:{}", silent.port());
    let output = run(&["health", "--timeout", "1s", "--url", &url], &[]);
    assert_exit(&output, 69);
    assert!(
        output.stderr.contains("no answer within the timeout"),
        "{output:?}"
    );
}
