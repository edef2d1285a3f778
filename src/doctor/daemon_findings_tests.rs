use jiff::Timestamp;

use super::*;

fn status() -> StatusDocument {
    serde_json::from_str(include_str!("../api/golden/status.json")).unwrap()
}

fn readings() -> DaemonReadings {
    let status = status();
    let asked_at = Timestamp::from_second(status.detailed.timestamp).unwrap();
    DaemonReadings {
        probes: vec![("/health/live", 200, None)],
        metrics: Some(
            "bllvm_build_info 1\nprocess_open_fds 10\nprocess_max_fds 65536\n".to_owned(),
        ),
        leases: vec![(None, Ok(Vec::new()))],
        queues: vec![(None, Vec::new())],
        asked_at: Some(asked_at),
        status,
    }
}

fn level(readings: &DaemonReadings, check: &str) -> CheckLevel {
    let found = daemon_findings(readings, &readings.status.detailed.daemon.version);
    let mut of_check = found.iter().filter(|finding| finding.check == check);
    let worst = of_check.find(|finding| finding.level != CheckLevel::Good);
    worst.map_or(CheckLevel::Good, |finding| finding.level.clone())
}

#[test]
fn all_that_is_looked_at_is_found() {
    let found = daemon_findings(&readings(), "0.1.0");
    for check in [
        "daemon",
        "node",
        "credentials",
        "metrics",
        "probes",
        "plan",
        "peers",
        "store",
        "disk",
        "clock",
        "files",
        "versions",
    ] {
        assert!(
            found.iter().any(|finding| finding.check == check),
            "{check}"
        );
    }
    for finding in &found {
        assert_eq!(
            finding.cure.is_none(),
            finding.level == CheckLevel::Good,
            "{finding:?}"
        );
    }
}

#[test]
fn each_fault_is_found() {
    type Fault = (&'static str, CheckLevel, fn(&mut DaemonReadings));
    let faults: [Fault; 9] = [
        ("daemon", CheckLevel::Warning, |of| {
            of.status.tasks[0].state = TaskPhase::BackingOff;
        }),
        ("metrics", CheckLevel::Warning, |of| {
            of.status.detailed.collectors[0].up = false;
        }),
        ("metrics", CheckLevel::Warning, |of| of.metrics = None),
        ("probes", CheckLevel::Bad, |of| of.probes[0].1 = 503),
        ("plan", CheckLevel::Warning, |of| {
            of.status.detailed.pruning.plan = None;
        }),
        ("store", CheckLevel::Bad, |of| {
            of.leases[0].1 = Err("the store is away".to_owned());
        }),
        ("clock", CheckLevel::Warning, |of| {
            of.status.detailed.timestamp += 60;
        }),
        ("clock", CheckLevel::Bad, |of| {
            let ahead = of.status.detailed.timestamp + 9_000;
            let page = of.metrics.get_or_insert_default();
            let line = format!("bllvm_chain_tip_timestamp_seconds{{node=\"a\"}} {ahead}\n");
            page.push_str(&line);
        }),
        ("files", CheckLevel::Bad, |of| {
            of.metrics = Some("process_open_fds 90\nprocess_max_fds 100\n".to_owned());
        }),
    ];
    for (check, expected, damage) in faults {
        let mut damaged = readings();
        assert_eq!(level(&damaged, check), CheckLevel::Good, "{check}");
        damage(&mut damaged);
        assert_eq!(level(&damaged, check), expected, "{check}");
    }
    let other = daemon_findings(&readings(), "9.9.9");
    let versions = other.iter().find(|finding| finding.check == "versions");
    assert_eq!(versions.unwrap().level, CheckLevel::Warning);
}
