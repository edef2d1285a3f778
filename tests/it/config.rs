//! The configuration as its operator meets it: `config check` and `config show`.

mod directories;
mod reload;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::support::child::Output;
use crate::support::config::{Config, FAKE_COOKIE, attached_to_fake};
use crate::support::daemon::{run, write_private};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http;
use crate::support::ready::{healthy_node, ready_beside};
use crate::support::surroundings::free_port;

const SOON: Duration = Duration::from_mins(1);

/// A directory with a configuration of this text, for checks without a daemon.
struct Checked {
    directory: tempfile::TempDir,
}

impl Checked {
    fn new(config: impl Into<String>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let text = config
            .into()
            .replace("{dir}", directory.path().to_str().expect("UTF-8"));
        write_private(&directory.path().join("bllvmctl.toml"), &text);
        write_private(&directory.path().join("node.cookie"), FAKE_COOKIE);
        Self { directory }
    }

    fn file(&self) -> String {
        self.directory
            .path()
            .join("bllvmctl.toml")
            .to_string_lossy()
            .into_owned()
    }

    #[track_caller]
    fn check(&self, more: &[&str]) -> Output {
        run(&[&["config", "check", &self.file()], more].concat(), &[])
    }
}

/// Where nothing listens.
fn nowhere() -> Config {
    Config::attached(free_port(), Path::new("{dir}/node.cookie"))
}

#[track_caller]
fn assert_reports(output: &Output, code: i32, parts: &[&str]) {
    assert_eq!(output.code, Some(code), "{output:?}");
    for part in parts {
        assert!(output.stdout.contains(part), "no {part:?} in {output:?}");
    }
}

#[test]
fn a_very_bad_file_is_reported_whole_in_one_run() {
    let bad = include_str!("../../src/config/tests/bad_file.toml");
    let expected = include_str!("../../src/config/tests/bad_file.txt");
    let checked = Checked::new(bad);
    let output = checked.check(&[]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(78), ""));
    let folder = format!("{}/", checked.directory.path().display());
    let found = output.stdout.replace(&folder, "");
    let (problems, verdict) = found.trim_end().rsplit_once('\n').unwrap();
    let severities = ["error: ", "warning: "];
    let problems: Vec<_> = problems
        .lines()
        .map(|line| {
            severities
                .iter()
                .find_map(|severity| line.strip_prefix(severity))
                .unwrap_or(line)
        })
        .collect();
    assert_eq!(problems, expected.lines().collect::<Vec<_>>());
    assert_eq!(
        verdict,
        "bllvmctl.toml: not valid, 35 errors, 1 warning; node, directories and listeners were \
         not checked"
    );

    let report = checked.check(&["-o", "json"]).json();
    assert_eq!(
        (&report["valid"], &report["offline"]),
        (&json!(false), &json!(false))
    );
    let first = &report["problems"][0];
    assert_eq!(
        (&first["line"], &first["column"], &first["key"]),
        (&json!(3), &json!(10), &json!("node.kind"))
    );
    assert_eq!(
        (&first["severity"], &first["value"]),
        (&json!("error"), &json!("attached"))
    );
    assert_eq!(first["suggestion"], "write \"attached\"");
    assert_eq!(report["problems"].as_array().unwrap().len(), 36);
    let text = report.to_string() + &output.stdout;
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_table_without_commas_is_answered_with_the_table_to_write() {
    let checked = Checked::new(
        "[rpc.auth]\nper_method_limits = {\n  getblocktemplate = { rate = 10, burst = 20 }\n  \
         sendrawtransaction = { rate = 5, burst = 10 }\n}\n",
    );
    let output = checked.check(&["--offline"]);
    let table = "    [rpc.auth.per_method_limits]\n    getblocktemplate = { rate = 10, burst = 20 }\n    \
                 sendrawtransaction = { rate = 5, burst = 10 }\n";
    assert_reports(
        &output,
        78,
        &["bllvmctl.toml:2:1: rpc.auth.per_method_limits: ", table],
    );
    let mended = table.replace("    ", "");
    assert_reports(
        &Checked::new(mended).check(&["--offline"]),
        0,
        &["valid, 0 errors, 0 warnings"],
    );
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let output = Checked::new("[storage]\npruning_treshold_gb = 5\n").check(&["--offline"]);
    assert_reports(&output, 78, &["did you mean pruning_threshold_gb?"]);
}

#[test]
fn a_file_that_is_not_there_is_exit_78() {
    let output = run(&["config", "check", "/nonexistent/b.toml"], &[]);
    assert_reports(&output, 78, &["/nonexistent/b.toml"]);
}

#[test]
fn a_node_that_is_away_is_a_warning_and_offline_nothing_is_asked() {
    let checked = Checked::new(nowhere());
    assert_reports(
        &checked.check(&[]),
        0,
        &[
            "toml:5:1: node.rpc_url = http://127.0.0.1:",
            "valid, 0 errors, 1 warning",
        ],
    );
    assert_reports(
        &checked.check(&["--offline"]),
        0,
        &["valid, 0 errors, 0 warnings"],
    );
}

#[test]
fn a_node_that_fits_is_worth_no_word() {
    let node = healthy_node();
    let checked = Checked::new(attached_to_fake(&node).with("[node]\nchain = \"regtest\""));
    assert_reports(&checked.check(&[]), 0, &["valid, 0 errors, 0 warnings"]);
    assert!(
        !checked.directory.path().join("state").exists(),
        "a check leaves nothing behind"
    );
}

#[test]
fn a_wrong_password_is_an_error_that_does_not_show_it() {
    let node = healthy_node();
    node.require(&http::basic("me:right"));
    let config = attached_to_fake(&node)
        .without("node", "rpc_cookie_file")
        .with("[node]\nrpc_user = \"me\"\nrpc_password_file = \"{dir}/password\"");
    let checked = Checked::new(config);
    write_private(
        &checked.directory.path().join("password"),
        "wrong-hunter2\n",
    );
    let output = checked.check(&[]);
    assert_reports(&output, 78, &["error: ", ": node.rpc_url = "]);
    assert!(!output.stdout.contains("hunter2"), "{output:?}");
    write_private(&checked.directory.path().join("password"), "right\n");
    assert_reports(&checked.check(&[]), 0, &["valid, 0 errors"]);
}

#[test]
fn a_node_on_another_chain_is_an_error() {
    let node = healthy_node();
    let checked = Checked::new(attached_to_fake(&node).with("[node]\nchain = \"signet\""));
    assert_reports(
        &checked.check(&[]),
        78,
        &["node.chain = signet: the node is on regtest; write chain = \"regtest\""],
    );
}

#[test]
fn what_is_wrong_around_is_reported_where_its_key_was_written_or_who_gave_the_value() {
    let node = healthy_node();
    node.require(&http::basic("me:right"));
    let checked = Checked::new(attached_to_fake(&node));
    let cookie = checked.directory.path().join("node.cookie");
    fs::remove_file(&cookie).unwrap();
    let problem = checked.check(&["-o", "json"]).json()["problems"][0].clone();
    let text = fs::read_to_string(checked.file()).unwrap();
    let line = text
        .lines()
        .position(|line| line.starts_with("rpc_cookie_file"))
        .unwrap()
        + 1;
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&json!(checked.file()), &json!(line)),
        "{problem}"
    );
    assert_eq!(
        (&problem["column"], &problem["value"]),
        (&json!(1), &json!(cookie.to_str().unwrap())),
        "{problem}"
    );
    assert!(
        problem["message"]
            .as_str()
            .unwrap()
            .contains("cannot read cookie"),
        "{problem}"
    );

    let without = Checked::new(attached_to_fake(&node).without("node", "state_dir"));
    fs::write(without.directory.path().join("file"), "").unwrap();
    let state = without.directory.path().join("file/state");
    let check = ["config", "check", &without.file(), "-o", "json"];
    let report = run(&check, &[("STATE_DIRECTORY", state.to_str().unwrap())]).json();
    let problem = &report["problems"][0];
    assert_eq!(
        (&problem["key"], &problem["given_by"]),
        (&json!("state_dir"), &json!("STATE_DIRECTORY"))
    );
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&json!(null), &json!(null))
    );
}

#[test]
fn pruning_with_a_node_that_does_not_prune_is_an_error() {
    let node = FakeNode::from_fixtures("core-31.99/synced-archive-indexed");
    let checked =
        Checked::new(attached_to_fake(&node).with("[storage]\npruning_mode = \"normal\""));
    assert_reports(
        &checked.check(&[]),
        78,
        &["storage.pruning_mode = normal: the node is not in prune mode"],
    );
}

/// Two nodes at these ports, for one set of users.
fn two_nodes(ports: [u16; 2]) -> Checked {
    let [a, b] = ports;
    Checked::new(format!(
        "state_dir = \"{{dir}}/state\"\n[fleet]\npass_through = true\n\
         [rpc]\nlisten = \"127.0.0.1:{}\"\n\
         [[nodes]]\nname = \"a\"\nrpc_url = \"http://127.0.0.1:{a}\"\n\
         rpc_cookie_file = \"{{dir}}/node.cookie\"\n\
         [[nodes]]\nname = \"b\"\nrpc_url = \"http://127.0.0.1:{b}\"\n\
         rpc_cookie_file = \"{{dir}}/b.cookie\"\n",
        free_port()
    ))
}

#[test]
fn nodes_of_different_chains_are_an_error_unless_the_file_is_checked_alone() {
    let nodes = ["00aa", "00bb"].map(|genesis| {
        let node = healthy_node();
        node.set("getblockhash", Behaviour::Result(json!(genesis)));
        node
    });
    let [a, b] = &nodes;
    let checked = two_nodes([a.port(), b.port()]);
    let told = format!(
        "bllvmctl.toml:12:1: nodes.rpc_url = http://127.0.0.1:{}/: node b: the node is on another \
         chain than node a: its genesis block is 00bb, not 00aa",
        b.port()
    );
    assert_reports(&checked.check(&[]), 78, &[&told]);
    assert_reports(&checked.check(&["--offline"]), 0, &["valid"]);
    b.set("getblockhash", Behaviour::Result(json!("00aa")));
    assert_reports(&checked.check(&[]), 0, &["valid"]);
}

#[test]
fn each_node_is_asked_and_what_is_wrong_with_it_is_at_its_entry() {
    let node = healthy_node();
    node.require(&http::basic("me:second"));
    let away = free_port();
    let report = two_nodes([node.port(), away]).check(&["-o", "json"]).json();
    let problems = report["problems"].as_array().unwrap();
    let told = |line: u64| {
        let found = problems.iter().find(|problem| problem["line"] == line);
        let found = found.unwrap_or_else(|| panic!("{report}"));
        (found["key"].clone(), found["message"].to_string())
    };
    let (key, message) = told(9);
    assert_eq!(key, "nodes.rpc_cookie_file");
    assert!(message.starts_with("\"node a: "), "{message}");
    let (key, message) = told(12);
    assert_eq!(key, "nodes.rpc_url");
    assert!(message.starts_with("\"node b: "), "{message}");
}

#[test]
fn a_key_is_explained_with_the_value_of_each_node() {
    let checked = two_nodes([1, 2]);
    let file = checked.file();
    let explain = |key: &str| run(&["--config", &file, "config", "explain", key], &[]);
    let output = explain("nodes.rpc_url");
    let told = [
        "value of a: \"http://127.0.0.1:1\", from ",
        "bllvmctl.toml:8\n",
        "value of b: \"http://127.0.0.1:2\", from ",
        "environment: BLLVMCTL_NODES__NAME__RPC_URL\n",
        "a change is applied by a reload\n",
    ];
    assert_reports(&output, 0, &told);
    assert_reports(
        &explain("nodes.data_dir"),
        0,
        &["a change needs a restart\n"],
    );
    let wrong = explain("node.rpc_ulr");
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.stderr.contains("did you mean rpc_url?"), "{wrong:?}");
}

#[test]
fn a_listener_of_somebody_else_is_an_error_and_our_own_is_not() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let checked = Checked::new(nowhere().with(&format!("[rpc]\nlisten = \"{addr}\"")));
    assert_reports(
        &checked.check(&[]),
        78,
        &[&format!("rpc.listen = {addr}: cannot listen there")],
    );

    let node = healthy_node();
    let daemon = ready_beside(&node, "");
    assert_reports(&daemon.cli(&["config", "check"]), 0, &["valid, 0 errors"]);
}

#[test]
fn show_tells_each_value_and_where_it_came_from() {
    let checked = Checked::new(nowhere().with("[node]\nname = \"alpha\""));
    let variables = [
        ("BLLVMCTL_STORAGE__MIN_FREE_GB", "7"),
        ("BLLVMCTL_CONFIG", &checked.file()),
    ];
    let output = run(&["config", "show", "--origin"], &variables);
    assert_reports(
        &output,
        0,
        &[
            "min_free_gb = 7  # BLLVMCTL_STORAGE__MIN_FREE_GB\n",
            "min_peers = 1  # default\n",
        ],
    );
    let name = output
        .stdout
        .lines()
        .find(|line| line.starts_with("name = "))
        .unwrap();
    assert!(
        name.starts_with("name = \"alpha\"  # ") && name.contains("bllvmctl.toml:"),
        "{name}"
    );
    let json = run(&["config", "show", "-o", "json"], &variables).json();
    assert_eq!(
        (&json["node.name"], &json["storage.min_free_gb"]),
        (&json!("alpha"), &json!(7))
    );
    // What is shown is a configuration again.
    let shown = run(&["config", "show"], &variables).stdout;
    let again = Checked::new(shown);
    assert_reports(&again.check(&["--offline"]), 0, &["valid, 0 errors"]);
}
