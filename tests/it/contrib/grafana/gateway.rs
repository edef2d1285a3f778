//! The JSON-RPC gateway: how many calls, how they end, how long they take, who is refused; and
//! with several nodes, which of them answers.

use super::model::{Board, Panel, Row};

pub(super) fn board() -> Board {
    Board {
        uid: "bllvmctl-gateway",
        title: "bllvmctl / Gateway",
        about: "Calls through the JSON-RPC gateway, and with several nodes where they go.",
        rows: vec![first(), calls(), refusals(), nodes(), failover()],
    }
}

fn first() -> Row {
    let panels = vec![
        Panel::stat("Calls a second", "Each call of a batch is counted.")
            .query(
                "sum(rate(bllvm_rpc_requests_total{instance=~\"$instance\"}[$__rate_interval]))",
                "calls",
            )
            .unit("reqps")
            .width(6),
        Panel::stat(
            "Without an answer of a node",
            "Part of the calls that ended with node_down, node_died, busy or timed_out.",
        )
        .query(
            "(sum(rate(bllvm_rpc_requests_total{instance=~\"$instance\",\
             outcome=~\"node_down|node_died|busy|timed_out\"}[$__rate_interval])) or vector(0)) / \
             sum(rate(bllvm_rpc_requests_total{instance=~\"$instance\"}[$__rate_interval]))",
            "part",
        )
        .unit("percentunit")
        .steps("green", &[(0.01, "orange"), (0.05, "red")])
        .empty("no calls")
        .width(6),
        Panel::stat("99th percentile", "From a request's head to the end of its answer.")
            .query(
                "histogram_quantile(0.99, sum by (le) \
                 (rate(bllvm_rpc_request_duration_seconds_bucket{instance=~\"$instance\"}[$__rate_interval])))",
                "p99",
            )
            .unit("s")
            .empty("no calls")
            .width(6),
        Panel::stat("At the node now", "Requests that hold a slot there.")
            .query(
                "sum by (instance) (bllvm_rpc_in_flight{instance=~\"$instance\"})",
                "{{instance}}",
            )
            .width(6),
    ];
    Row {
        title: None,
        height: 4,
        panels,
    }
}

fn calls() -> Row {
    let panels = vec![
        Panel::lines("Calls by how they end", "An answer of the node with an error is node_error.")
            .query(
                "sum by (outcome) (rate(bllvm_rpc_requests_total{instance=~\"$instance\"}[$__rate_interval]))",
                "{{outcome}}",
            )
            .unit("reqps")
            .stacked(),
        Panel::lines("Calls by method", "The ten most frequent.")
            .query(
                "topk(10, sum by (method) (rate(bllvm_rpc_requests_total{instance=~\"$instance\"}[$__rate_interval])))",
                "{{method}}",
            )
            .unit("reqps")
            .stacked(),
        Panel::lines("Duration", "Of all calls, and the wait for a slot at the node.")
            .query(
                "histogram_quantile(0.5, sum by (le) \
                 (rate(bllvm_rpc_request_duration_seconds_bucket{instance=~\"$instance\"}[$__rate_interval])))",
                "p50",
            )
            .query(
                "histogram_quantile(0.99, sum by (le) \
                 (rate(bllvm_rpc_request_duration_seconds_bucket{instance=~\"$instance\"}[$__rate_interval])))",
                "p99",
            )
            .query(
                "histogram_quantile(0.99, sum by (le) \
                 (rate(bllvm_rpc_queue_wait_seconds_bucket{instance=~\"$instance\"}[$__rate_interval])))",
                "wait p99",
            )
            .unit("s"),
    ];
    Row {
        title: Some("Calls"),
        height: 8,
        panels,
    }
}

fn refusals() -> Row {
    let panels = vec![
        Panel::lines("Over a limit", "By layer; login is failed logins by address.")
            .query(
                "sum by (layer) (rate(bllvm_rpc_rate_limited_total{instance=~\"$instance\"}[$__rate_interval]))",
                "{{layer}}",
            )
            .unit("reqps")
            .width(6),
        Panel::lines("Callers that the limiter remembers", "By layer.")
            .query(
                "sum by (instance, layer) (bllvm_rpc_limiter_keys{instance=~\"$instance\"})",
                "{{instance}} {{layer}}",
            )
            .width(6),
        Panel::lines("Failed logins", "At the gateway (front) and at the node.")
            .query(
                "sum by (where) (rate(bllvm_auth_failures_total{instance=~\"$instance\"}[$__rate_interval]))",
                "{{where}}",
            )
            .unit("reqps")
            .width(6),
        Panel::lines("JSON-RPC errors", "By code, and how often the node's own work queue was full.")
            .query(
                "topk(10, sum by (code) (rate(bllvm_rpc_errors_total{instance=~\"$instance\"}[$__rate_interval])))",
                "{{code}}",
            )
            .query(
                "sum(rate(bllvm_rpc_overload_total{instance=~\"$instance\"}[$__rate_interval]))",
                "work queue full",
            )
            .unit("reqps")
            .width(6),
    ];
    Row {
        title: Some("Refusals"),
        height: 8,
        panels,
    }
}

fn nodes() -> Row {
    let only = "one node";
    let panels = vec![
        Panel::timeline("In rotation", "Which nodes get reads of the tip.")
            .query(
                "max by (instance, node) (bllvm_node_in_rotation{instance=~\"$instance\",node=~\"$node\"})",
                "{{instance}} {{node}}",
            )
            .words(&[("0", "out", "red"), ("1", "in", "green")])
            .empty(only)
            .width(6),
        Panel::lines("Calls to each node", "Also those that are sent again.")
            .query(
                "sum by (instance, node) \
                 (rate(bllvm_upstream_requests_total{instance=~\"$instance\",node=~\"$node\"}[$__rate_interval]))",
                "{{instance}} {{node}}",
            )
            .unit("reqps")
            .empty(only)
            .width(6),
        Panel::lines("Until the answer begins", "99th percentile of each node.")
            .query(
                "histogram_quantile(0.99, sum by (le, instance, node) \
                 (rate(bllvm_upstream_request_duration_seconds_bucket{instance=~\"$instance\",\
                 node=~\"$node\"}[$__rate_interval])))",
                "{{instance}} {{node}}",
            )
            .unit("s")
            .empty(only)
            .width(6),
        Panel::lines("At each node now", "Requests that hold a slot there.")
            .query(
                "max by (instance, node) (bllvm_upstream_in_flight{instance=~\"$instance\",node=~\"$node\"})",
                "{{instance}} {{node}}",
            )
            .empty(only)
            .width(6),
    ];
    Row {
        title: Some("Several nodes"),
        height: 8,
        panels,
    }
}

fn failover() -> Row {
    let only = "one node";
    let panels = vec![
        Panel::lines("Lag and fork", "Blocks behind the best of all; depth of a fork between them.")
            .query(
                "max by (instance, node) (bllvm_node_lag_blocks{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}} behind",
            )
            .query(
                "max by (instance) (bllvm_chain_fork{instance=~\"$instance\"})",
                "fork",
            )
            .empty(only)
            .width(6),
        Panel::lines("Failovers", "Reads have moved away from a node, by why; in an hour.")
            .query(
                "sum by (node, reason) (increase(bllvm_failovers_total{instance=~\"$instance\",node=~\"$node\"}[1h]))",
                "{{node}} {{reason}}",
            )
            .query(
                "histogram_quantile(0.9, sum by (le) \
                 (increase(bllvm_failover_detection_seconds_bucket{instance=~\"$instance\"}[1h])))",
                "seconds until a node is left, p90",
            )
            .empty(only)
            .width(6),
        Panel::lines(
            "Sent again",
            "Calls that may have run and were sent to another node, since their class allows it.",
        )
        .query(
            "sum by (class, outcome) (rate(bllvm_resent_total{instance=~\"$instance\"}[$__rate_interval]))",
            "{{class}} {{outcome}}",
        )
        .unit("reqps")
        .empty("none")
        .width(6),
        Panel::lines("Broadcast", "Transactions and blocks to all nodes, by what came of them; in an hour.")
            .query(
                "sum by (node, outcome) (increase(bllvm_broadcast_total{instance=~\"$instance\",node=~\"$node\"}[1h]))",
                "{{node}} {{outcome}}",
            )
            .empty("none")
            .width(6),
    ];
    Row {
        title: Some("Failover"),
        height: 8,
        panels,
    }
}
