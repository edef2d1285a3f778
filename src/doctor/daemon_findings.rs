//! What the answers of the daemon come to. Pure.

use super::clock_findings::clock_findings;
use super::daemon_readings::{DaemonReadings, samples};
use super::finding::{Finding, cure_of};
use crate::api::{
    CheckLevel, CheckResult, CollectorStatus, DetailedHealth, LeaseDocument, NodeStatus,
    PlainHealth, PruningStatus, QueuedPeer, QueuedPeerState, ReconnectionStatus, StatusDocument,
    TaskPhase,
};

/// The daemon keeps a descriptor for each connection.
const MIN_OPEN_FILES: f64 = 4_096.0;

/// What the answers of the daemon come to; `version` is that of the command.
#[must_use]
pub fn daemon_findings(readings: &DaemonReadings, version: &str) -> Vec<Finding> {
    let detailed = &readings.status.detailed;
    let mut findings = vec![tasks(&readings.status)];
    findings.extend(nodes(detailed));
    findings.extend(readings.probes.iter().map(probe));
    findings.push(page(readings.metrics.as_deref()));
    findings.extend(
        readings
            .queues
            .iter()
            .map(|(node, queue)| abandoned(queue).of(node.as_deref())),
    );
    findings.extend(
        readings
            .leases
            .iter()
            .map(|(node, leases)| store(leases).of(node.as_deref())),
    );
    findings.extend(clock_findings(readings));
    findings.extend(open_files(readings.metrics.as_deref()));
    findings.push(versions(detailed, version));
    if detailed.config_reload_valid == Some(false) {
        let text = "the last reload was refused; the configuration of before is in force";
        findings.push(Finding::warning(
            "reload",
            text,
            "`bllvmctl config reload` says what is wrong with the file",
        ));
    }
    findings
}

fn tasks(status: &StatusDocument) -> Finding {
    let daemon = &status.detailed.daemon;
    let failing: Vec<String> = status
        .tasks
        .iter()
        .filter(|task| !matches!(task.state, TaskPhase::Running | TaskPhase::Ended))
        .map(|task| {
            let error = task.last_error.as_deref().unwrap_or("no reason is known");
            format!("{} is {}: {error}", task.name, task.state.as_str())
        })
        .collect();
    let uptime = daemon.uptime_secs.unwrap_or_default();
    if failing.is_empty() {
        let text = format!("it answers, all tasks run, for {uptime} s");
        return Finding::good("daemon", text);
    }
    let cure = "its log says why; a report with `bllvmctl doctor --bundle FILE` helps";
    Finding::warning("daemon", failing.join("; "), cure)
}

/// The checks, collectors and plans of the only node, or of each.
fn nodes(detailed: &DetailedHealth) -> Vec<Finding> {
    let Some(nodes) = &detailed.nodes else {
        return of_node(
            None,
            &detailed.checks,
            &detailed.collectors,
            &detailed.pruning,
            &detailed.reconnection,
        );
    };
    let mut findings: Vec<Finding> = detailed
        .checks
        .iter()
        .filter(|check| {
            matches!(
                check.name.as_str(),
                "redundancy" | "fork" | "limits" | "tls"
            )
        })
        .map(of_check)
        .collect();
    for node in nodes {
        findings.extend(of_node(
            Some(&node.name),
            &node.checks,
            &node.collectors,
            &node.pruning,
            &node.reconnection,
        ));
    }
    findings
}

fn of_node(
    name: Option<&str>,
    checks: &[CheckResult],
    collectors: &[CollectorStatus],
    pruning: &PruningStatus,
    reconnection: &ReconnectionStatus,
) -> Vec<Finding> {
    // The daemon's own is a finding already.
    let checks = checks
        .iter()
        .filter(|check| check.name.as_str() != "daemon");
    let mut findings: Vec<Finding> = checks.map(of_check).collect();
    findings.push(freshness(collectors));
    findings.push(plan(pruning));
    if let Some(down) = &reconnection.network_down {
        let text = format!("the network is presumed down: {}", down.as_str());
        findings.push(Finding::warning("network", text, cure_of("peers")));
    }
    let of_node = |finding: Finding| finding.of(name);
    findings.into_iter().map(of_node).collect()
}

fn of_check(check: &CheckResult) -> Finding {
    let name = check.name.as_str();
    let cure = match check.level {
        CheckLevel::Good => None,
        _ => Some(cure_of(name).to_owned()),
    };
    Finding {
        level: check.level.clone(),
        cure,
        ..Finding::good(name, check.text.clone())
    }
}

fn freshness(collectors: &[CollectorStatus]) -> Finding {
    let of_late = |collector: &CollectorStatus| {
        let age = collector.age_secs.map_or_else(
            || "never answered".to_owned(),
            |age| format!("{age:.0} s old"),
        );
        let error = collector
            .error
            .as_ref()
            .map_or_else(String::new, |error| format!(", {error}"));
        format!("{} is {age}{error}", collector.name.as_str())
    };
    let late: Vec<String> = collectors
        .iter()
        .filter(|collector| collector.old || !collector.up)
        .map(of_late)
        .collect();
    if late.is_empty() {
        let count = collectors.len();
        return Finding::good("metrics", format!("all {count} collectors are fresh"));
    }
    let cure = "the check `node` says whether the node answers; a busy node catches up by itself";
    Finding::warning("metrics", late.join("; "), cure)
}

fn plan(pruning: &PruningStatus) -> Finding {
    let mode = pruning.mode.as_str();
    match &pruning.plan {
        Some(plan) => {
            let text = format!("{} ({mode}): {}", plan.action.as_str(), plan.why);
            Finding::good("plan", text)
        }
        None => Finding::warning(
            "plan",
            format!("no plan can be made ({mode}): the size of the node's files is unknown"),
            "write node.data_dir, or wait until the node answers; `bllvmctl prune --dry-run` says \
             more",
        ),
    }
}

fn probe((path, status, document): &(&'static str, u16, Option<PlainHealth>)) -> Finding {
    let check = "probes";
    match status {
        200 => Finding::good(check, format!("{path} is 200")),
        404 => Finding::warning(
            check,
            format!("{path} is 404: health checks are switched off"),
            "write rpc.health_checks_enabled = true",
        ),
        _ => {
            let reasons = document
                .as_ref()
                .and_then(|document| document.reasons.clone());
            let reasons = reasons.unwrap_or_default().join("; ");
            let cure = "the checks of these names say what to do";
            Finding::bad(check, format!("{path} is {status}: {reasons}"), cure)
        }
    }
}

fn page(metrics: Option<&str>) -> Finding {
    let check = "metrics";
    match metrics {
        Some(page) if page.contains("bllvm_build_info") => {
            let samples = page.lines().filter(|line| !line.starts_with('#')).count();
            Finding::good(check, format!("/metrics has {samples} samples"))
        }
        Some(_) => Finding::bad(
            check,
            "/metrics is not a page of bllvmctl",
            "a proxy may answer in its place; ask the daemon itself with --url",
        ),
        None => Finding::warning(
            check,
            "/metrics is switched off",
            "write rpc.metrics_enabled = true",
        ),
    }
}

fn abandoned(queue: &[QueuedPeer]) -> Finding {
    let abandoned = queue
        .iter()
        .filter(|peer| peer.state == QueuedPeerState::Abandoned)
        .count();
    if abandoned == 0 {
        return Finding::good(
            "queue",
            format!("{} peers wait, none is abandoned", queue.len()),
        );
    }
    let cure =
        "`bllvmctl queue` shows their last errors; `bllvmctl queue retry --all` dials them again";
    Finding::warning("queue", format!("{abandoned} peers are abandoned"), cure)
}

fn store(leases: &Result<Vec<LeaseDocument>, String>) -> Finding {
    match leases {
        Ok(leases) => Finding::good("store", format!("it can be read, {} leases", leases.len())),
        Err(why) => Finding::bad(
            "store",
            why.clone(),
            "look at state_dir: its owner, its mode and the free space of its volume",
        ),
    }
}

/// How many files the daemon has open, of how many.
fn open_files(metrics: Option<&str>) -> Option<Finding> {
    let page = metrics?;
    let open = samples(page, "process_open_fds").next()?;
    let most = samples(page, "process_max_fds").next()?;
    let text = format!("{open:.0} of {most:.0} are open");
    let cure = "raise the limit of open files: LimitNOFILE=16448 in the unit, or `ulimit -n`";
    Some(if open > most * 0.8 {
        Finding::bad("files", text, cure)
    } else if most < MIN_OPEN_FILES {
        Finding::warning("files", text, cure)
    } else {
        Finding::good("files", text)
    })
}

fn versions(detailed: &DetailedHealth, version: &str) -> Finding {
    let of_node = |node: &NodeStatus| {
        let agent = node
            .subversion
            .as_deref()
            .unwrap_or("of an unknown version");
        format!("node {} {agent}", node.name)
    };
    let nodes: Vec<String> = match &detailed.nodes {
        Some(nodes) => nodes.iter().map(|node| of_node(&node.node)).collect(),
        None => vec![of_node(&detailed.node)],
    };
    let daemon = &detailed.daemon.version;
    let text = format!("daemon {daemon}, command {version}, {}", nodes.join(", "));
    if daemon == version {
        return Finding::good("versions", text);
    }
    let cure = "restart the daemon, which runs another version than the one that is installed";
    Finding::warning("versions", text, cure)
}

#[cfg(test)]
#[path = "daemon_findings_tests.rs"]
mod tests;
