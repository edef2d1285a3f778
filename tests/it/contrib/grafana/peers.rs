//! Peers: who is connected, who is lost, and how dialling them again goes.

use super::model::{Board, Panel, Row};

pub(super) fn board() -> Board {
    Board {
        uid: "bllvmctl-peers",
        title: "bllvmctl / Peers",
        about: "Who is connected, who is lost, and how dialling them again goes.",
        rows: vec![first(), connected(), queue()],
    }
}

fn first() -> Row {
    let panels = vec![
        Panel::stat("Connected", "In and out.")
            .query(
                "sum by (instance, node) (bllvm_network_peers{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}}",
            )
            .steps("red", &[(1.0, "orange"), (4.0, "green")])
            .width(6),
        Panel::stat("Lost", "Waiting to be dialled, or being dialled.")
            .query(
                "sum by (instance, node) \
                 (bllvm_reconnect_queue{instance=~\"$instance\",node=~\"$node\",state!=\"abandoned\"})",
                "{{node}}",
            )
            .steps("green", &[(1.0, "orange")])
            .width(6),
        Panel::stat("Abandoned", "bllvmctl queue retry dials them again.")
            .query(
                "sum by (instance, node) \
                 (bllvm_reconnect_queue{instance=~\"$instance\",node=~\"$node\",state=\"abandoned\"})",
                "{{node}}",
            )
            .steps("green", &[(1.0, "red")])
            .width(6),
        Panel::stat("Network of the node", "Off after setnetworkactive false.")
            .query(
                "min by (instance, node) (bllvm_network_active{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}}",
            )
            .words(&[("0", "off", "red"), ("1", "on", "green")])
            .width(6),
    ];
    Row {
        title: None,
        height: 4,
        panels,
    }
}

fn connected() -> Row {
    let panels = vec![
        Panel::lines("Peers", "By who opened the connection, and the largest number that is configured.")
            .query(
                "sum by (node, direction) (bllvm_network_peers{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}} {{direction}}",
            )
            .query(
                "max by (node) (bllvm_network_peers_max{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}} at most",
            ),
        Panel::lines("Traffic with peers", "Bytes in a second.")
            .query(
                "rate(bllvm_network_bytes_received_total{instance=~\"$instance\",node=~\"$node\"}[$__rate_interval])",
                "{{node}} received",
            )
            .query(
                "rate(bllvm_network_bytes_sent_total{instance=~\"$instance\",node=~\"$node\"}[$__rate_interval])",
                "{{node}} sent",
            )
            .unit("Bps"),
        Panel::table("Quality", "Of the watched peers that are connected, from 0 to 1, the best first.")
            .query(
                "sort_desc(max by (node, peer) (bllvm_peer_quality{instance=~\"$instance\",node=~\"$node\"}))",
                "",
            )
            .empty("none is watched")
            .unit("percentunit"),
    ];
    Row {
        title: Some("Connected"),
        height: 8,
        panels,
    }
}

fn queue() -> Row {
    let panels = vec![
        Panel::lines("Reconnection queue", "Lost peers by state.")
            .query(
                "sum by (node, state) (bllvm_reconnect_queue{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}} {{state}}",
            )
            .stacked(),
        Panel::lines("Attempts in an hour", "By outcome; uncounted ones say nothing of the peer.")
            .query(
                "sum by (node, outcome) \
                 (increase(bllvm_reconnect_attempts_total{instance=~\"$instance\",node=~\"$node\"}[1h]))",
                "{{node}} {{outcome}}",
            ),
        Panel::lines("Next attempt", "Time until it may begin.")
            .query(
                "min by (instance, node) \
                 (bllvm_reconnect_next_attempt_seconds{instance=~\"$instance\",node=~\"$node\"})",
                "{{instance}} {{node}}",
            )
            .unit("s")
            .empty("none is to come"),
    ];
    Row {
        title: Some("Reconnection"),
        height: 8,
        panels,
    }
}
