//! The metrics of the front, and the count of requests in the detailed answer.

use super::{ECHO, assert_answered, batch, before, call, echo, echo_node};
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::http::basic;
use crate::support::prometheus::check_metrics;
use crate::support::sight::Page;
use crate::support::skip::promtool_or_skip;

const LIMITED: &str = "[rpc]\nmax_batch = 10\n[rpc.auth]\nrate_limit_rate = 0.001\n\
                       rate_limit_burst = 50\n\
                       [rpc.auth.per_method_limits]\ngetbestblockhash = \
                       { rate = 0.001, burst = 2 }";

#[test]
fn each_call_is_counted_by_its_method_and_its_end() {
    let node = echo_node();
    let daemon = Daemon::start(before(&node, LIMITED));
    let post = |body: &str| daemon.post("/", &[], body.as_bytes()).status;
    assert_eq!(post(&call("getblockcount")), 200);
    assert_eq!(post(&call("no_such_method_1")), 404);
    assert_eq!(post(&call("no_such_method_2")), 404);
    assert_eq!(post("nonsense"), 500);
    assert_eq!(
        post(&batch(&["getblockcount", "getbestblockhash", ECHO])),
        200
    );
    assert_eq!(
        post(&batch(&[
            "getbestblockhash",
            "getbestblockhash",
            "getblockcount"
        ])),
        429
    );
    assert_eq!(post(&batch(&[ECHO; 11])), 413);
    node.set("getrawtransaction", Behaviour::Close);
    assert_eq!(post(&call("getrawtransaction")), 502);

    let page = Page::of(&daemon);
    let series = |series: &str| page.series(&format!("bllvm_rpc_{series}"));
    let count = |method: &str, outcome: &str| {
        series(&format!(
            "requests_total{{method=\"{method}\",outcome=\"{outcome}\"}}"
        ))
    };
    assert_eq!(
        count("getblockcount", "answered"),
        Some(2.0),
        "{}",
        page.text()
    );
    assert_eq!(
        (
            count("getblockcount", "limited"),
            count("getbestblockhash", "limited")
        ),
        (Some(1.0), Some(2.0))
    );
    assert_eq!(
        (count("other", "node_error"), count("other", "invalid")),
        (Some(2.0), Some(1.0))
    );
    assert_eq!(
        (
            count("getrawtransaction", "node_down"),
            count("other", "too_large")
        ),
        (Some(1.0), Some(1.0))
    );
    assert!(
        !page.text().contains("no_such_method"),
        "methods that are not known share one label"
    );
    for (code, times) in [
        (-32601, 2.0),
        (-32700, 1.0),
        (-32005, 1.0),
        (-32600, 1.0),
        (-32010, 1.0),
    ] {
        assert_eq!(
            series(&format!("errors_total{{code=\"{code}\"}}")),
            Some(times),
            "{code}\n{}",
            page.text()
        );
    }
    assert_eq!(series("rate_limited_total{layer=\"method\"}"), Some(1.0));
    assert_eq!(
        series("limiter_keys{layer=\"address\"}"),
        Some(1.0),
        "{}",
        page.text()
    );
    assert_eq!(series("limiter_keys{layer=\"method\"}"), Some(1.0));
    assert_eq!(series("in_flight"), Some(0.0));
    assert_eq!(
        series("request_duration_seconds_count{method=\"getblockcount\"}"),
        Some(1.0)
    );
    assert_eq!(
        series("request_duration_seconds_count{method=\"batch\"}"),
        Some(2.0)
    );
    assert!(
        series("queue_wait_seconds_count") >= Some(5.0),
        "{}",
        page.text()
    );
    assert_eq!(series("overload_total"), Some(0.0));
    assert!(
        !page.text().contains("127.0.0.1"),
        "never a label for an address"
    );

    let processed = daemon.get("/health/detailed").json()["rpc"]["requests_processed"].as_u64();
    // Each call of a batch that was understood, and one for what was not.
    assert_eq!(processed, Some(1 + 2 + 1 + 3 + 3 + 1 + 1));
}

#[test]
fn a_full_queue_of_the_node_is_counted() {
    let node = echo_node();
    node.set(ECHO, Behaviour::queue_exceeded());
    let daemon = Daemon::start(before(&node, "[rpc]\nqueue_timeout_ms = 2000"));
    assert_eq!(echo(&daemon, &[]).status, 503);
    let page = Page::of(&daemon);
    assert!(
        page.series("bllvm_rpc_overload_total") > Some(1.0),
        "{}",
        page.text()
    );
    assert_eq!(
        page.series("bllvm_rpc_requests_total{method=\"echo\",outcome=\"busy\"}"),
        Some(1.0),
        "{}",
        page.text()
    );
}

#[test]
fn promtool_finds_no_fault_with_what_the_front_counts() {
    let promtool = promtool_or_skip!();
    let node = echo_node();
    let daemon = Daemon::start(before(&node, super::logins::USERS));
    assert_answered(&echo(&daemon, &[("Authorization", &basic("alice:secret"))]));
    echo(&daemon, &[]);
    daemon.post("/", &[], b"nonsense");
    let verdict = check_metrics(&promtool, Page::of(&daemon).text());
    assert_eq!(
        (
            verdict.code,
            verdict.stdout.as_str(),
            verdict.stderr.as_str()
        ),
        (Some(0), "", "")
    );
}
