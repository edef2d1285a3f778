//! `serve` where there is no configuration: the embedded node, which is called regtest, and a
//! warning that names the files that were looked for.

use std::time::Duration;

use crate::support::child::Background;
use crate::support::daemon::bllvmctl;
use crate::support::http::{self, Request};
use crate::support::surroundings::{eventually, free_port};

const SOON: Duration = Duration::from_mins(1);

#[test]
fn a_daemon_without_a_configuration_warns_and_calls_its_node_regtest() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = bllvmctl(home.path());
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    let process = Background::start(command, &home.path().join("printed.log"));
    let page = || http::send(([127, 0, 0, 1], port).into(), Request::get("/metrics")).ok();
    let page = eventually("the node's metrics", SOON, page, |page| {
        let page = page.as_ref();
        page.is_some_and(|page| page.text().contains("bllvm_node_up{node=\"regtest\"} 1"))
    });
    assert!(page.is_some());
    let log = process.log();
    let warning = log
        .lines()
        .find(|line| line.contains("WARN") && line.contains("no configuration"))
        .unwrap_or_else(|| panic!("no warning: {log}"));
    for place in ["bllvmctl.toml", "/etc/bllvmctl/config.toml", "config init"] {
        assert!(warning.contains(place), "{warning}");
    }
}
