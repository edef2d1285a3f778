//! Libraries that people call a node with: what they say of the node, they say of it through the
//! front, and of the front's own refusals they say why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use corepc_regtest_client::Auth;
use corepc_regtest_client::v29::Client;

use super::logins::USERS;
use super::{SOON, before_real};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::child;
use crate::support::daemon::Daemon;
use crate::support::sight::wait_ready;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{env, repository};

/// Who calls, where.
struct Login {
    port: u16,
    user: String,
    password: String,
}

impl Login {
    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn url_with_login(&self) -> String {
        format!(
            "http://{}:{}@127.0.0.1:{}",
            self.user, self.password, self.port
        )
    }
}

/// What a library says of the node, of the node through a front that passes credentials on, and as
/// a user who may call `getblockcount` but not `stop`.
#[track_caller]
fn compare(executable: PathBuf, say: impl Fn(&Login, &[&str]) -> String) {
    let node = Bitcoind::start(executable, BitcoindOptions::default());
    node.mine(3);
    let front = |more: &str| {
        let daemon = Daemon::start(before_real(&node).with(more));
        wait_ready(&daemon);
        daemon
    };
    let cookie = fs::read_to_string(node.cookie_file()).expect("a cookie");
    let (user, password) = cookie.split_once(':').expect("a colon");
    let login = |port, user: &str, password: &str| Login {
        port,
        user: user.to_owned(),
        password: password.to_owned(),
    };
    let passing = front("");
    let methods = ["getblockcount", "nosuch", "getbestblockhash"];
    let direct = say(&login(node.rpc_port(), user, password), &methods);
    let through = say(&login(passing.addr().port(), user, password), &methods);
    assert_eq!(through, direct);
    assert!(
        direct
            .lines()
            .any(|line| line.starts_with("getblockcount") && line.ends_with('3')),
        "{direct}"
    );

    let guarded = front(USERS);
    let bobs = login(guarded.addr().port(), "bob", "p:w");
    let said = say(&bobs, &["stop"]);
    let stop = said
        .lines()
        .find(|line| line.starts_with("stop"))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(
        stop.contains("-32003") && stop.contains("stop is not allowed here"),
        "{said}"
    );
    assert_eq!(
        node.rpc("getblockcount", serde_json::json!([])),
        3,
        "it goes on"
    );
}

/// The output of a script beside this file.
fn output(program: &Path, script: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command
        .arg(repository().join("tests/it/gateway/libraries").join(script))
        .args(arguments);
    let output = child::run(command, b"", SOON);
    assert_eq!(output.code, Some(0), "{output:?}");
    output.stdout
}

#[test]
fn a_typed_client_hears_the_same_through_the_front() {
    compare(bitcoind_or_skip!(), |login, methods| {
        let auth = Auth::UserPass(login.user.clone(), login.password.clone());
        let client = Client::new_with_auth(&login.url(), auth).expect("a client");
        let mut said: Vec<String> = methods
            .iter()
            .map(
                |method| match client.call::<serde_json::Value>(method, &[]) {
                    Ok(value) => format!("{method} {value}"),
                    Err(error) => format!("{method} failed: {error} {error:?}"),
                },
            )
            .collect();
        said.push(format!(
            "{:?}",
            client.get_block_count().map(|count| count.0)
        ));
        said.push(format!(
            "{:?}",
            client
                .get_blockchain_info()
                .map(|info| (info.chain, info.best_block_hash))
        ));
        said.push(format!(
            "{:?}",
            client.call::<u64>("getblockhash", &[1_000_000.into()])
        ));
        said.join("\n")
    });
}

#[test]
fn the_library_of_npm_hears_the_same_through_the_front() {
    let executable = bitcoind_or_skip!();
    let directory = or_skip!(
        env("NPM_CLIENT_DIR"),
        "NPM_CLIENT_DIR names no directory into which npm has installed bitcoin-core (.ci/run does)"
    );
    compare(executable, |login, methods| {
        let url = login.url();
        let arguments = [&[&*directory, &url, &login.user, &login.password], methods].concat();
        output(Path::new("node"), "client.mjs", &arguments)
    });
}

#[test]
fn pythons_libraries_hear_the_same_through_the_front() {
    let executable = bitcoind_or_skip!();
    let python = or_skip!(
        env("PYTHON_CLIENTS"),
        "PYTHON_CLIENTS is not set (a python that has python-bitcoinlib and python-bitcoinrpc \
         from PyPI)"
    );
    compare(executable, |login, methods| {
        let url = login.url_with_login();
        output(
            Path::new(&python),
            "client.py",
            &[&[&*url], methods].concat(),
        )
    });
}
