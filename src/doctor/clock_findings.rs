//! What the clocks come to: that of the command, of the daemon, of the nodes, and the time in their
//! tips. Pure.

use jiff::{SignedDuration, Timestamp};

use super::daemon_readings::{DaemonReadings, samples};
use super::finding::Finding;
use crate::api::{DetailedHealth, NodeStatus};

const CHECK: &str = "clock";
/// A clock that is off by less is as exact as the question.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);
/// Peers' clocks are off by some seconds themselves.
const PEER_TOLERANCE_SECS: u64 = 60;
/// From here on Core warns its operator (`WARN_THRESHOLD` of its time offsets).
const MAX_PEER_OFFSET_SECS: u64 = 600;
/// A block may be so far ahead of the network's time (the consensus rule), seconds.
const MAX_FUTURE_BLOCK_SECS: f64 = 7_200.0;
const CURE: &str = "synchronise the clock: `timedatectl` says whether NTP runs";
const CURE_OF_NODE: &str =
    "synchronise the clock of the node's machine: `timedatectl` there says whether NTP runs";

/// The clocks of the daemon and of the command, those of the nodes, and the time in the tips.
pub(super) fn clock_findings(readings: &DaemonReadings) -> Vec<Finding> {
    let Some(now) = readings.asked_at else {
        return Vec::new();
    };
    let detailed = &readings.status.detailed;
    let page = readings.metrics.as_deref().unwrap_or_default();
    let mut findings = Vec::new();
    findings.extend(against_daemon(detailed.timestamp, now));
    findings.extend(against_tips(page, now));
    let offsets = offsets(detailed);
    findings.extend(
        offsets
            .iter()
            .filter_map(|(node, offset)| against_peers(*node, *offset)),
    );
    if findings.is_empty() {
        let of_peers = match offsets
            .iter()
            .map(|(_, offset)| offset.unsigned_abs())
            .max()
        {
            Some(most) => format!(", and the peers of the nodes are within {most} s"),
            None => String::new(),
        };
        let text = format!("it agrees with the daemon's, no tip is of the future{of_peers}");
        findings.push(Finding::good(CHECK, text));
    }
    findings
}

fn against_daemon(daemon_secs: i64, now: Timestamp) -> Option<Finding> {
    let daemon = Timestamp::from_second(daemon_secs).ok()?;
    let off = now.duration_since(daemon).abs();
    if off <= TOLERANCE || daemon_secs == 0 {
        return None;
    }
    let text = format!("the daemon's clock is {} s from this one", off.as_secs());
    Some(Finding::warning(CHECK, text, CURE))
}

fn against_tips(page: &str, now: Timestamp) -> Option<Finding> {
    let tip = samples(page, "bllvm_chain_tip_timestamp_seconds").fold(0.0, f64::max);
    let behind = tip - now.as_duration().as_secs_f64();
    (behind > MAX_FUTURE_BLOCK_SECS).then(|| {
        let text = format!("it is {behind:.0} s behind the time in the tip's header");
        Finding::bad(CHECK, text, CURE)
    })
}

/// By how much the peers of each node are ahead of it; the only node has no name.
fn offsets(detailed: &DetailedHealth) -> Vec<(Option<&str>, i64)> {
    let of = |name, node: &NodeStatus| Some((name, node.time_offset_secs?));
    match &detailed.nodes {
        None => of(None, &detailed.node).into_iter().collect(),
        Some(nodes) => {
            let of_named = nodes.iter().map(|node| of(Some(&*node.name), &node.node));
            of_named.flatten().collect()
        }
    }
}

fn against_peers(node: Option<&str>, offset: i64) -> Option<Finding> {
    let off = offset.unsigned_abs();
    if off < PEER_TOLERANCE_SECS {
        return None;
    }
    let side = if offset > 0 { "behind" } else { "ahead of" };
    let text = format!("the node's is {off} s {side} the clocks of its peers");
    let finding = if off < MAX_PEER_OFFSET_SECS {
        Finding::warning(CHECK, text, CURE_OF_NODE)
    } else {
        Finding::bad(CHECK, text, CURE_OF_NODE)
    };
    Some(finding.of(node))
}

/// What it means that this machine's clock is or is not kept synchronised.
#[must_use]
pub fn synchronisation_finding(is_synchronised: bool) -> Finding {
    if is_synchronised {
        return Finding::good(CHECK, "this machine keeps it synchronised");
    }
    let text = "this machine does not keep it synchronised: it drifts by seconds a day";
    Finding::warning(
        CHECK,
        text,
        "install or start an NTP client: `timedatectl set-ntp true`, or chrony",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::CheckLevel;

    fn with_offset(offset: Option<i64>) -> DaemonReadings {
        let mut readings = DaemonReadings {
            asked_at: Some(Timestamp::from_second(1_800_000_000).unwrap()),
            ..DaemonReadings::default()
        };
        readings.status.detailed.timestamp = 1_800_000_003;
        readings.status.detailed.node.time_offset_secs = offset;
        readings
    }

    #[test]
    fn a_node_whose_peers_have_another_time_is_found() {
        for (offset, level, text) in [
            (None, CheckLevel::Good, "no tip is of the future"),
            (Some(-59), CheckLevel::Good, "within 59 s"),
            (Some(60), CheckLevel::Warning, "60 s behind the clocks"),
            (Some(-599), CheckLevel::Warning, "599 s ahead of"),
            (Some(600), CheckLevel::Bad, "600 s behind"),
            (Some(i64::MIN), CheckLevel::Bad, "ahead of"),
        ] {
            let found = clock_findings(&with_offset(offset));
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].level, level, "{found:?}");
            assert!(found[0].text.contains(text), "{found:?}");
        }
    }

    #[test]
    fn of_several_nodes_the_one_is_named() {
        let text = include_str!("../api/golden/status.json");
        let node: crate::api::NodeHealth = serde_json::from_str(text).unwrap_or_default();
        let named = |name: &str, offset| {
            let mut node = node.clone();
            node.name = name.to_owned();
            node.node.time_offset_secs = Some(offset);
            node
        };
        let mut readings = with_offset(None);
        readings.status.detailed.nodes = Some(vec![named("a", 3), named("b", 90)]);
        let found = clock_findings(&readings);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].node.as_deref(), Some("b"));
    }

    #[test]
    fn nothing_is_found_of_a_daemon_that_did_not_answer() {
        assert!(clock_findings(&DaemonReadings::default()).is_empty());
        assert!(synchronisation_finding(false).cure.is_some());
        assert!(!synchronisation_finding(true).is_bad());
    }
}
