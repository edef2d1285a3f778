//! Nodes come and go at a reload.

use std::time::Duration;

use serde_json::json;

use super::three_nodes;
use crate::support::config::Config;
use crate::support::daemon::Daemon;
use crate::support::fleet::{alice, call};
use crate::support::load::Load;
use crate::support::sight::{Page, wait_metrics, wait_ready};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::eventually;

const SOON: Duration = Duration::from_secs(30);
const READS: [&str; 1] = [r#"{"id":1,"method":"getblockcount"}"#];

/// How many of the nodes have series of their own.
fn nodes_with_series(page: &Page) -> usize {
    ["a", "b", "c"]
        .into_iter()
        .filter(|name| {
            let series = format!("bllvm_node_up{{node=\"{name}\"}}");
            page.series(&series).is_some()
        })
        .count()
}

#[test]
fn a_reload_adds_and_removes_nodes_and_no_call_fails() {
    let fleet = three_nodes(&bitcoind_or_skip!());
    let all = fleet.config();
    let of_c = all.rfind("[[nodes]]").expect("the last node");
    let before_c = all.split_at(of_c).0;
    let of_b = before_c.rfind("[[nodes]]").expect("the second node");
    let before_b = all.split_at(of_b).0;
    let daemon = Daemon::start(Config::of(before_b));
    let wait_for_number = |count: usize| {
        let wanted = format!("{count} of {count} nodes in rotation");
        let look = || daemon.get("/health/ready?verbose").text().to_owned();
        eventually(&wanted, SOON, look, |text| text.contains(&wanted));
    };
    wait_ready(&daemon);
    let load = Load::start(daemon.addr(), &alice(), 8, &READS);
    for text in [&all, before_c, &all, before_b, before_c] {
        daemon.rewrite_config(text);
        let reload = daemon.cli(&["config", "reload"]);
        assert_eq!(reload.code, Some(0), "{reload:?}");
        let count = text.matches("[[nodes]]").count();
        if count > 1 {
            wait_for_number(count);
        }
        wait_metrics(&daemon, "a series for each node", |page| {
            nodes_with_series(page) == count
        });
        assert_eq!(
            call(&daemon, "getblockcount", json!([])).json()["result"],
            110
        );
    }
    let report = load.stop();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
}
