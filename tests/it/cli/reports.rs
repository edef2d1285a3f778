//! `health`, `metrics` and `status`: what they show, and the exit codes that say it.

use serde_json::json;

use super::{SOON, assert_exit, nowhere};
use crate::support::config::{attached_to_fake, listen_address};
use crate::support::daemon::{Daemon, run};
use crate::support::fake_node::Behaviour;
use crate::support::ready::{healthy_node, ready, ready_beside};
use crate::support::surroundings::wait_until;

#[test]
fn health_answers_by_its_exit_code() {
    let node = healthy_node();
    let daemon = ready_beside(&node, "");
    for question in [
        &[][..],
        &["--live"],
        &["--ready"],
        &["--detailed"],
        &["--wait", "5s"],
        &["--ready", "--wait", "5s"],
    ] {
        assert_exit(&daemon.cli(&[&["health"], question].concat()), 0);
    }
    let lines = daemon.cli(&["health"]).stdout;
    assert!(
        lines.contains("[+] node: answers") && lines.lines().all(|line| line.starts_with('[')),
        "{lines}"
    );

    node.override_all(Behaviour::warming_up());
    daemon.wait_for_status("/health/ready", 503, SOON);
    for question in [
        &[][..],
        &["--ready"],
        &["--detailed"],
        &["--ready", "--wait", "1s"],
    ] {
        let output = daemon.cli(&[&["health"], question].concat());
        assert_exit(&output, 1);
        assert!(output.stdout.contains("[-]"), "{question:?}: {output:?}");
    }
    assert_exit(&daemon.cli(&["health", "--live"]), 0);
    let quiet = daemon.cli(&["-q", "health"]);
    assert_eq!(
        (quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()),
        (Some(1), "", "")
    );
}

#[test]
fn health_waits_for_a_daemon_and_a_node_that_come_later() {
    let node = healthy_node();
    let config = attached_to_fake(&node);
    let port = config.to_string();
    let addr = listen_address(&port).unwrap();
    let waiting = std::thread::spawn(move || {
        run(
            &[
                "health",
                "--ready",
                "--wait",
                "20s",
                "--url",
                &format!("http://{addr}"),
            ],
            &[],
        )
    });
    let _daemon = Daemon::start(config);
    let output = waiting.join().unwrap();
    assert_exit(&output, 0);
}

#[test]
fn health_that_is_switched_off_is_exit_1_and_says_so() {
    let node = healthy_node();
    let daemon =
        Daemon::start(attached_to_fake(&node).with("[rpc]\nhealth_checks_enabled = false"));
    let output = daemon.cli(&["health"]);
    assert_exit(&output, 1);
    assert!(
        output.stderr.contains("rpc.health_checks_enabled"),
        "{output:?}"
    );
}

#[test]
fn each_nagios_code_has_its_cause() {
    let node = healthy_node();
    node.set("getpeerinfo []", node_with_a_peer());
    let daemon = ready_beside(&node, "[storage]\nmin_free_gb = 0");
    let nagios = || daemon.cli(&["health", "--nagios"]);
    let is = |code: i32, word: &str| {
        let mut last = nagios();
        wait_until(word, SOON, || {
            last = nagios();
            last.code == Some(code)
        });
        assert!(
            last.stdout.starts_with(&format!("BLLVM {word} - ")),
            "{last:?}"
        );
        assert_eq!(
            (last.stdout.lines().count(), last.stderr.as_str()),
            (1, ""),
            "{last:?}"
        );
        assert_eq!(last.stdout.matches('|').count(), 1, "{last:?}");
        last.stdout
    };
    assert!(is(0, "OK").contains("| height=1400;;;0 "));
    for options in [
        &["--ready"][..],
        &["--detailed"],
        &["--wait", "1s"],
        &["-o", "json"],
    ] {
        let reported = daemon.cli(&[&["health", "--nagios"], options].concat());
        assert!(
            reported.code == Some(0) && reported.stdout.starts_with("BLLVM OK - ready | height="),
            "{options:?}: {reported:?}"
        );
    }
    let alive = daemon.cli(&["health", "--nagios", "--live"]);
    assert_eq!(
        (alive.code, alive.stdout.as_str()),
        (Some(0), "BLLVM OK - alive\n")
    );
    node.set("getpeerinfo []", Behaviour::Result(json!([])));
    assert!(is(1, "WARNING").contains("peers: "));
    node.override_all(Behaviour::Close);
    assert!(is(2, "CRITICAL").contains("unreachable"));
    let away = run(&["health", "--nagios", "--url", &nowhere()], &[]);
    assert_eq!((away.code, away.stderr.as_str()), (Some(2), ""), "{away:?}");
    assert!(
        away.stdout.starts_with("BLLVM CRITICAL - cannot reach"),
        "{away:?}"
    );
    for usage in [
        &["health", "--nagios", "--nosuch"][..],
        &["health", "--nagios", "--watch", "1"],
        &["--nagios"],
    ] {
        let output = run(usage, &[]);
        assert_eq!(
            (output.code, output.stderr.as_str()),
            (Some(3), ""),
            "{output:?}"
        );
        assert!(
            output.stdout.starts_with("BLLVM UNKNOWN - ") && output.stdout.lines().count() == 1,
            "{output:?}"
        );
    }
}

fn node_with_a_peer() -> Behaviour {
    let peer = json!({
        "id": 1, "addr": "192.0.2.1:8333", "inbound": false, "version": 70016, "subver": "/Satoshi:31.0.0/",
        "connection_type": "outbound-full-relay", "synced_headers": 1400, "synced_blocks": 1400, "conntime": 1,
        "startingheight": 1400, "bytessent": 1, "bytesrecv": 1, "network": "ipv4",
    });
    Behaviour::Result(json!([peer]))
}

#[test]
fn metrics_are_found_by_name_and_shown_as_asked() {
    let (_node, daemon) = ready("");
    let height = daemon.cli(&["metrics", "chain_height"]);
    assert_exit(&height, 0);
    let lines: Vec<_> = height.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{height:?}");
    assert!(
        lines[1].starts_with("bllvm_chain_height") && lines[1].ends_with("1400"),
        "{height:?}"
    );
    let tsv = daemon.cli(&["metrics", "bllvm_chain_height", "-o", "tsv"]);
    assert_eq!(
        tsv.stdout,
        "name\tlabels\tvalue\nbllvm_chain_height\tnode=main\t1400\n"
    );
    let json = daemon.cli(&["metrics", "*_height", "-o", "json"]).json();
    assert_eq!(json[0]["name"], "bllvm_chain_height");
    assert_eq!(
        (&json[0]["type"], &json[0]["value"]),
        (&json!("gauge"), &json!(1400.0))
    );
    let raw = daemon.cli(&["metrics", "--raw", "chain_height"]);
    assert_eq!(
        raw.stdout.lines().last(),
        Some("bllvm_chain_height{node=\"main\"} 1400")
    );
    assert!(
        raw.stdout.starts_with("# HELP bllvm_chain_height "),
        "{raw:?}"
    );
    let whole = daemon.cli(&["metrics", "--raw"]);
    assert!(
        whole.stdout.contains("process_resident_memory_bytes "),
        "{whole:?}"
    );
    let histogram = daemon
        .cli(&["metrics", "node_rpc_duration_seconds", "-o", "json"])
        .json();
    let uptime = histogram
        .as_array()
        .unwrap()
        .iter()
        .find(|series| series["labels"]["method"] == "uptime")
        .unwrap();
    assert_eq!(uptime["type"], "histogram");
    assert!(
        uptime["count"].as_f64().unwrap() >= 1.0
            && uptime["p99"].is_number()
            && uptime["mean"].is_number()
    );
    let table = daemon.cli(&["metrics", "node_rpc_duration*"]).stdout;
    assert!(
        table.contains("count=") && table.contains("p99=") && !table.contains("_bucket"),
        "{table}"
    );
    assert_exit(&daemon.cli(&["metrics", "no_such_thing"]), 1);
    assert_eq!(
        daemon
            .cli(&["metrics", "no_such_thing", "-o", "json"])
            .json(),
        json!([])
    );
}

#[test]
fn status_is_one_screen() {
    let (_node, daemon) = ready("");
    let output = daemon.cli(&["status"]);
    assert_exit(&output, 0);
    for part in [
        "state     ready",
        "chain     regtest, height 1400, 0 behind",
        "peers",
        "storage",
        "[+] credentials: ",
    ] {
        assert!(
            output.stdout.contains(part),
            "no {part:?} in\n{}",
            output.stdout
        );
    }
    assert!(output.stdout.lines().count() <= 24, "{}", output.stdout);
    let tsv = daemon.cli(&["status", "-o", "tsv"]).stdout;
    assert!(tsv.contains("\nchain.height\t1400\n"), "{tsv}");
    let quiet = daemon.cli(&["status", "--quiet"]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (Some(0), ""));
}
