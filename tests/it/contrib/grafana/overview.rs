//! Is it well, and why not: the first row answers it without scrolling.

use super::model::{Board, Panel, Row};

/// How `bllvm_health_check` reads.
const CHECK: [(&str, &str, &str); 3] = [
    ("0", "bad", "red"),
    ("0.5", "warning", "orange"),
    ("1", "good", "green"),
];
/// The states in one number, so that a bar can show them.
const STATES: [(&str, &str, &str); 6] = [
    ("1", "ready", "green"),
    ("2", "starting", "blue"),
    ("3", "syncing", "yellow"),
    ("4", "draining", "blue"),
    ("5", "stalled", "orange"),
    ("6", "unreachable", "red"),
];

/// The state of each node as a number of `STATES`.
fn state() -> String {
    let part = |(number, state, _): &(&str, &str, &str)| {
        format!(
            "{number} * (bllvm_node_state{{state=\"{state}\",instance=~\"$instance\",node=~\"$node\"}} == 1)"
        )
    };
    let parts: Vec<_> = STATES.iter().map(part).collect();
    format!("max by (instance, node) ({})", parts.join(" or "))
}

pub(super) fn board() -> Board {
    Board {
        uid: "bllvmctl-overview",
        title: "bllvmctl / Overview",
        about: "Is every node well, and if not, why.",
        rows: vec![first(), second(), checks(), chain(), daemon(), versions()],
    }
}

fn first() -> Row {
    let panels = vec![
        Panel::stat("State", "The state of each node. Green is ready: at the tip.")
            .query(&state(), "{{instance}} {{node}}")
            .words(&STATES)
            .width(8),
        Panel::table(
            "Why not",
            "The checks that are not good; bllvmctl health has the reason of each, with its number.",
        )
        .query(
            "sort(max by (instance, node, check) (bllvm_health_check{instance=~\"$instance\"} < 1))",
            "",
        )
        .words(&CHECK)
        .empty("all checks are good")
        .width(10),
        Panel::stat(
            "Alerts",
            "How many of the alerts of contrib/prometheus fire now; none also if the rules are not loaded.",
        )
        .query(
            "count(ALERTS{alertname=~\"(Bitcoin|Bllvmctl).*\",alertstate=\"firing\"}) or vector(0)",
            "firing",
        )
        .steps("green", &[(1.0, "red")])
        .width(3),
        Panel::stat("Daemons", "How many of the bllvmctl that Prometheus knows can be scraped.")
            .query(
                "count(count by (instance) (bllvm_build_info{instance=~\"$instance\"}))",
                "scraped",
            )
            .query(
                "count(up{job=\"bllvmctl\",instance=~\"$instance\"} == 0) or vector(0)",
                "not scraped",
            )
            .steps("text", &[])
            .width(3),
    ];
    Row {
        title: None,
        height: 7,
        panels,
    }
}

fn second() -> Row {
    let panels = vec![
        Panel::stat("Blocks behind", "Headers that the node has, less its height.")
            .query(
                "max by (instance, node) \
                 (bllvm_chain_headers{instance=~\"$instance\",node=~\"$node\"} - bllvm_chain_height)",
                "{{node}}",
            )
            .steps("green", &[(2.0, "orange"), (144.0, "red")])
            .width(6),
        Panel::stat(
            "Age of the tip",
            "By the time in its header. An hour is seen once a day.",
        )
        .query(
            "time() - max by (instance, node) \
             (bllvm_chain_tip_timestamp_seconds{instance=~\"$instance\",node=~\"$node\"})",
            "{{node}}",
        )
        .unit("s")
        .steps("green", &[(4200.0, "orange"), (10800.0, "red")])
        .width(6),
        Panel::stat("Peers", "Connected peers, in and out.")
            .query(
                "sum by (instance, node) (bllvm_network_peers{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}}",
            )
            .steps("red", &[(1.0, "orange"), (4.0, "green")])
            .width(6),
        Panel::stat("Free on the volume", "As an unprivileged writer sees it.")
            .query(
                "min by (instance, node) (bllvm_storage_volume_free_bytes{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}}",
            )
            .unit("decbytes")
            .steps("red", &[(1e9, "orange"), (20e9, "green")])
            .empty("not on this machine")
            .width(6),
    ];
    Row {
        title: None,
        height: 4,
        panels,
    }
}

fn checks() -> Row {
    let panels = vec![
        Panel::timeline("States", "The state of each node over time.")
            .query(&state(), "{{instance}} {{node}}")
            .words(&STATES)
            .width(12),
        Panel::timeline("Checks", "Those that were not good at some time in view.")
            .query(
                "max by (instance, node, check) (bllvm_health_check{instance=~\"$instance\"}) \
                 and on (instance, node, check) \
                 min_over_time(bllvm_health_check{instance=~\"$instance\"}[$__range]) < 1",
                "{{node}} {{check}}",
            )
            .words(&CHECK)
            .empty("all checks are good")
            .width(12),
    ];
    Row {
        title: Some("What changed, and when"),
        height: 8,
        panels,
    }
}

fn chain() -> Row {
    let panels = vec![
        Panel::lines("Height", "Of the tip of each node.").query(
            "bllvm_chain_height{instance=~\"$instance\",node=~\"$node\"}",
            "{{instance}} {{node}}",
        ),
        Panel::lines("Mempool", "Virtual size of its transactions.")
            .query(
                "bllvm_mempool_bytes{instance=~\"$instance\",node=~\"$node\"}",
                "{{instance}} {{node}}",
            )
            .unit("decbytes"),
        Panel::lines(
            "Answers of the node to bllvmctl",
            "99th percentile of bllvmctl's own calls, by method.",
        )
        .query(
            "histogram_quantile(0.99, sum by (le, node, method) \
             (rate(bllvm_node_rpc_duration_seconds_bucket{instance=~\"$instance\",\
             node=~\"$node\"}[$__rate_interval])))",
            "{{node}} {{method}}",
        )
        .unit("s"),
    ];
    Row {
        title: Some("Nodes"),
        height: 8,
        panels,
    }
}

fn daemon() -> Row {
    let panels = vec![
        Panel::lines("Memory of bllvmctl", "Resident.")
            .query(
                "process_resident_memory_bytes{instance=~\"$instance\"} and on (job, instance) bllvm_build_info",
                "{{instance}}",
            )
            .unit("bytes"),
        Panel::lines("CPU of bllvmctl", "Seconds of CPU time per second.")
            .query(
                "rate(process_cpu_seconds_total{instance=~\"$instance\"}[$__rate_interval]) and on \
                 (job, instance) bllvm_build_info",
                "{{instance}}",
            )
            .unit("percentunit"),
        Panel::lines("Log lines", "By level. Lines that are dropped are lost.")
            .query(
                "sum by (level) (rate(bllvm_log_events_total{instance=~\"$instance\"}[$__rate_interval]))",
                "{{level}}",
            )
            .query(
                "sum(rate(bllvm_log_dropped_total{instance=~\"$instance\"}[$__rate_interval]))",
                "dropped",
            )
            .unit("cps"),
    ];
    Row {
        title: Some("bllvmctl itself"),
        height: 8,
        panels,
    }
}

fn versions() -> Row {
    let panels = vec![
        Panel::table("Nodes", "Who they are.")
            .query(
                "max by (instance, node, subversion, chain, flavour) \
                 (bllvm_node_info{instance=~\"$instance\",node=~\"$node\"})",
                "",
            )
            .width(12),
        Panel::table("bllvmctl", "Which build, and whether its configuration file is in force.")
            .query(
                "max by (instance, version, commit, target) \
                 (bllvm_build_info{instance=~\"$instance\"}) * on (instance) group_left () bllvm_config_reload_success",
                "",
            )
            .words(&[("0", "last reload failed", "red"), ("1", "in force", "green")])
            .width(12),
    ];
    Row {
        title: Some("Versions"),
        height: 6,
        panels,
    }
}
