//! Storage and pruning: how full, until when, what was pruned, and what holds pruning back.

use super::model::{Board, Panel, Row};

pub(super) fn board() -> Board {
    Board {
        uid: "bllvmctl-storage",
        title: "bllvmctl / Storage and pruning",
        about: "How full the volume is, until when it lasts, and what pruning does about it.",
        rows: vec![first(), usage(), pruning()],
    }
}

fn first() -> Row {
    let panels = vec![
        Panel::gauge("Volume", "Part of the volume of the data directory that is used.")
            .query(
                "1 - max by (instance, node) \
                 (bllvm_storage_volume_free_bytes{instance=~\"$instance\",node=~\"$node\"} / \
                 bllvm_storage_volume_size_bytes)",
                "{{node}}",
            )
            .unit("percentunit")
            .steps("green", &[(0.8, "orange"), (0.95, "red")])
            .empty("not on this machine")
            .width(6),
        Panel::stat("Full in", "If it grows as it did over the last hours and days.")
            .query(
                "min by (instance, node) (bllvm_storage_full_in_seconds{instance=~\"$instance\",node=~\"$node\"})",
                "{{node}}",
            )
            .unit("s")
            .steps("red", &[(259_200.0, "orange"), (2_592_000.0, "green")])
            .empty("not in sight")
            .width(6),
        Panel::stat("Of the threshold", "Usage, of that above which pruning starts.")
            .query(
                "max by (instance, node) \
                 (bllvm_storage_usage_bytes{instance=~\"$instance\",node=~\"$node\"} / \
                 bllvm_storage_prune_threshold_bytes)",
                "{{node}}",
            )
            .unit("percentunit")
            .steps("green", &[(1.0, "orange"), (1.1, "red")])
            .empty("no threshold")
            .width(6),
        Panel::stat("Checks", "bllvmctl prune status says what holds pruning back.")
            .query(
                "min by (instance, node, check) \
                 (bllvm_health_check{instance=~\"$instance\",node=~\"$node\",check=~\"disk|storage|pruning\"})",
                "{{node}} {{check}}",
            )
            .words(&[("0", "bad", "red"), ("0.5", "warning", "orange"), ("1", "good", "green")])
            .width(6),
    ];
    Row {
        title: None,
        height: 6,
        panels,
    }
}

fn usage() -> Row {
    let of_node = "{instance=~\"$instance\",node=~\"$node\"}";
    let panels = vec![
        Panel::lines(
            "Usage",
            "What the planner compares with the threshold and the target.",
        )
        .query(
            &format!("bllvm_storage_usage_bytes{of_node}"),
            "{{node}} usage",
        )
        .query(
            &format!("bllvm_storage_prune_threshold_bytes{of_node}"),
            "{{node}} threshold",
        )
        .query(
            &format!("bllvm_storage_prune_target_bytes{of_node}"),
            "{{node}} target",
        )
        .unit("decbytes"),
        Panel::lines("Free on the volume", "As an unprivileged writer sees it.")
            .query(
                &format!("bllvm_storage_volume_free_bytes{of_node}"),
                "{{instance}} {{node}}",
            )
            .unit("decbytes"),
        Panel::lines(
            "What takes it",
            "Blocks and undo data; chain state and indexes.",
        )
        .query(
            &format!("bllvm_storage_blocks_bytes{of_node}"),
            "{{node}} blocks",
        )
        .query(
            &format!("bllvm_storage_database_bytes{of_node}"),
            "{{node}} databases",
        )
        .unit("decbytes"),
    ];
    Row {
        title: Some("Space"),
        height: 8,
        panels,
    }
}

fn pruning() -> Row {
    let of_node = "{instance=~\"$instance\",node=~\"$node\"}";
    let panels = vec![
        Panel::lines("Prune runs in a day", "By who started them and how they ended.")
            .query(
                &format!("sum by (node, trigger, outcome) (increase(bllvm_prune_runs_total{of_node}[1d]))"),
                "{{node}} {{trigger}} {{outcome}}",
            )
            .empty("none"),
        Panel::lines("Freed in a day", "Bytes of block files.")
            .query(
                &format!("sum by (instance, node) (increase(bllvm_prune_freed_bytes_total{of_node}[1d]))"),
                "{{instance}} {{node}}",
            )
            .unit("decbytes"),
        Panel::stat("Last run", "Since the last prune job ended.")
            .query(
                &format!("time() - max by (instance, node) (bllvm_prune_last_run_timestamp_seconds{of_node})"),
                "{{node}}",
            )
            .unit("s")
            .empty("none yet")
            .width(4),
        Panel::stat("Leases and lowest block", "Leases that hold blocks back; the lowest block that is whole.")
            .query(
                &format!("max by (instance, node) (bllvm_prune_leases{of_node})"),
                "{{node}} leases",
            )
            .query(
                &format!("max by (instance, node) (bllvm_chain_prune_height{of_node})"),
                "{{node}} lowest block",
            )
            .unit("none")
            .width(4),
    ];
    Row {
        title: Some("Pruning"),
        height: 8,
        panels,
    }
}
