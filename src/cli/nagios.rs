//! `bllvmctl health --nagios`: one line with performance data, and the exit code of a plugin.
//!
//! `--live` reports liveness only. The other questions are answered from the detailed health, since
//! a plugin has more levels than yes and no. With `--wait` the line is the first OK one, or the
//! last one.

use std::time::Duration;

use super::client::Client;
use super::exit::{Exit, Failure};
use super::health_answer;
use super::output::Output;
use crate::api::{
    CheckId, CheckLevel, CheckResult, CollectorName, DetailedHealth, HealthWord, NodeState,
    PlainHealth,
};
use crate::clock;
use crate::values::Size;

const OK: (u8, &str) = (0, "OK");
const WARNING: (u8, &str) = (1, "WARNING");
const CRITICAL: (u8, &str) = (2, "CRITICAL");
const UNKNOWN: (u8, &str) = (3, "UNKNOWN");

/// Prints the line. Every failure has an exit code too.
pub(super) fn run(is_liveness: bool, wait: Option<Duration>, client: &Client) -> Exit {
    const POLL_INTERVAL: Duration = Duration::from_millis(200);
    let started = clock::mono();
    let timeout = wait.unwrap_or_default();
    loop {
        let line = check(is_liveness, client);
        if line.0 == OK || clock::mono().since(started) >= timeout {
            return print(line);
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

fn check(is_liveness: bool, client: &Client) -> ((u8, &'static str), String) {
    let result = if is_liveness {
        check_liveness(client)
    } else {
        check_health(client)
    };
    result.unwrap_or_else(|failure| match failure.exit {
        Exit::Unreachable => (CRITICAL, failure.error.to_string()),
        _ => (UNKNOWN, format!("{:#}", failure.error)),
    })
}

fn check_health(client: &Client) -> Result<((u8, &'static str), String), Failure> {
    let answer = health_answer::ask("/health/detailed", false, client, None)?;
    Ok(judge(&answer.document()?.document))
}

fn check_liveness(client: &Client) -> Result<((u8, &'static str), String), Failure> {
    let answer = health_answer::ask("/health/live", false, client, None)?;
    let live: PlainHealth = answer.document()?.document;
    if live.status == HealthWord::Alive {
        return Ok((OK, live.status.to_string()));
    }
    let reasons = live.reasons.unwrap_or_default().join("; ");
    let text = format!("{}, {reasons}", live.status);
    Ok((CRITICAL, text.replace('|', "/")))
}

/// The line for a command line that is invalid, or a command that could not start.
pub(super) fn unknown(failure: &Failure) -> Exit {
    print((UNKNOWN, format!("{:#}", failure.error)))
}

fn print(((code, word), text): ((u8, &str), String)) -> Exit {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    // The exit code counts even if the line cannot be written.
    let _ = Output::print_always(&format!("BLLVM {word} - {line}\n"));
    Exit::Nagios(code)
}

fn judge(detailed: &DetailedHealth) -> ((u8, &'static str), String) {
    let is_bad = |check: &CheckResult| check.level == CheckLevel::Bad;
    let named = |name: &CheckId| detailed.checks.iter().find(|check| check.name == *name);
    let storage_bad = named(&CheckId::Storage).is_some_and(is_bad);
    let is_marked = |check: &CheckResult| check.level != CheckLevel::Good;
    let has_marked = detailed.checks.iter().any(is_marked);
    let rank = match &detailed.state {
        NodeState::Other(word) if word.is_empty() => UNKNOWN,
        NodeState::Stalled | NodeState::Unreachable => CRITICAL,
        _ if storage_bad => CRITICAL,
        NodeState::Ready if !has_marked => OK,
        _ => WARNING,
    };
    // Without an answer of the node the other checks only repeat that cause.
    let causes = [
        CheckId::Daemon,
        CheckId::Credentials,
        CheckId::Node,
        CheckId::Chain,
    ];
    let cause = causes
        .iter()
        .filter_map(named)
        .find(|check| is_bad(check))
        .map(|check| &check.name);
    let is_reported =
        |check: &&CheckResult| cause.map_or(is_marked(check), |cause| check.name == *cause);
    let reported = detailed.checks.iter().filter(is_reported);
    let reasons: Vec<String> = reported
        .map(|check| format!("{}: {}", check.name, check.text))
        .collect();
    let text = if reasons.is_empty() {
        detailed.state.to_string()
    } else {
        format!("{}, {}", detailed.state, reasons.join("; "))
    };
    // A bar separates the performance data, so the text must not contain one.
    (
        rank,
        format!("{} | {}", text.replace('|', "/"), performance(detailed)),
    )
}

/// Whether the value of `collector` is out of date.
fn is_old(detailed: &DetailedHealth, collector: &CollectorName) -> bool {
    let mut collectors = detailed.collectors.iter();
    collectors.any(|part| part.name == *collector && part.old)
}

/// One value of the performance data.
struct Figure {
    label: &'static str,
    value: Option<u64>,
    unit: &'static str,
    collector: CollectorName,
    warn: String,
    crit: String,
}

impl Figure {
    fn new(label: &'static str, value: Option<u64>, collector: CollectorName) -> Self {
        Self {
            label,
            value,
            unit: "",
            collector,
            warn: String::new(),
            crit: String::new(),
        }
    }

    fn bytes(label: &'static str, value: Option<Size>, collector: CollectorName) -> Self {
        Self {
            unit: "B",
            ..Self::new(label, value.map(Size::bytes), collector)
        }
    }

    /// An unknown or outdated value is `U`, as the plugin guidelines say.
    fn text(&self, detailed: &DetailedHealth) -> String {
        let Self {
            label,
            unit,
            warn,
            crit,
            ..
        } = self;
        match self.value.filter(|_| !is_old(detailed, &self.collector)) {
            Some(value) => format!("{label}={value}{unit};{warn};{crit};0"),
            None => format!("{label}=U"),
        }
    }
}

/// The range of a lower threshold: `5:`.
fn below(least: Option<u64>) -> String {
    let least = least.filter(|least| *least > 0);
    least.map_or_else(String::new, |least| format!("{least}:"))
}

/// `label=value[unit];warn;crit;min`
fn performance(detailed: &DetailedHealth) -> String {
    let node = &detailed.node;
    let thresholds = detailed.thresholds;
    let lag = thresholds.ready_max_lag_blocks;
    let min_free = thresholds.min_free_bytes.map(Size::bytes);
    let critical = thresholds.storage_critical_bytes.map(Size::bytes);
    let height = detailed.chain.height.map(u64::from);
    let behind = node.blocks_behind.map(u64::from);
    let peers = detailed.network.peers_connected;
    let peers = peers.and_then(|peers| u64::try_from(peers).ok());
    let blocks = detailed.storage.size_bytes;
    let figures = [
        Figure::new("height", height, CollectorName::Chain),
        Figure {
            warn: lag.map_or_else(String::new, |lag| lag.to_string()),
            ..Figure::new("behind", behind, CollectorName::Chain)
        },
        Figure {
            warn: below(thresholds.min_peers.map(u64::from)),
            ..Figure::new("peers", peers, CollectorName::Peers)
        },
        Figure::bytes("blocks", blocks, CollectorName::Usage),
        Figure {
            // The check warns below twice min_free_gb.
            warn: below(min_free.map(|least| least.saturating_mul(2))),
            crit: below(critical),
            ..Figure::bytes("free", node.volume_free_bytes, CollectorName::Volume)
        },
    ];
    figures.map(|figure| figure.text(detailed)).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CollectorStatus, HealthThresholds};

    fn check(name: CheckId, level: CheckLevel, text: &str) -> CheckResult {
        CheckResult {
            name,
            level,
            text: text.to_owned(),
            since: None,
        }
    }

    fn detailed(state: NodeState, name: CheckId, level: CheckLevel) -> DetailedHealth {
        let mut detailed = DetailedHealth {
            state,
            checks: vec![check(name, level, "a | b")],
            ..DetailedHealth::default()
        };
        detailed.chain.height = Some(101);
        detailed.node.blocks_behind = Some(0);
        detailed
    }

    #[test]
    fn each_state_has_its_rank() {
        use CheckLevel::{Bad, Good, Warning};
        let rank = |state, name, level| judge(&detailed(state, name, level)).0;
        assert_eq!(rank(NodeState::Ready, CheckId::Peers, Good), OK);
        assert_eq!(rank(NodeState::Ready, CheckId::Peers, Warning), WARNING);
        assert_eq!(rank(NodeState::Syncing, CheckId::Sync, Bad), WARNING);
        assert_eq!(rank(NodeState::Starting, CheckId::Chain, Bad), WARNING);
        assert_eq!(rank(NodeState::Unreachable, CheckId::Node, Bad), CRITICAL);
        assert_eq!(rank(NodeState::Stalled, CheckId::Stall, Bad), CRITICAL);
        assert_eq!(rank(NodeState::Ready, CheckId::Storage, Bad), CRITICAL);
        assert_eq!(judge(&DetailedHealth::default()).0, UNKNOWN);
    }

    #[test]
    fn an_outdated_value_is_unknown() {
        let collector = |name, old| CollectorStatus {
            name,
            old,
            ..CollectorStatus::default()
        };
        let mut document = detailed(NodeState::Unreachable, CheckId::Node, CheckLevel::Bad);
        document.network.peers_connected = Some(2);
        document.node.volume_free_bytes = Some(Size::from_bytes(7));
        document.collectors = vec![
            collector(CollectorName::Peers, false),
            collector(CollectorName::Volume, false),
        ];
        assert!(
            judge(&document)
                .1
                .ends_with("height=101;;;0 behind=0;;;0 peers=2;;;0 blocks=U free=7B;;;0")
        );
        document.collectors = vec![
            collector(CollectorName::Peers, true),
            collector(CollectorName::Volume, false),
        ];
        assert!(
            judge(&document)
                .1
                .ends_with("height=101;;;0 behind=0;;;0 peers=U blocks=U free=7B;;;0")
        );
    }

    #[test]
    fn one_cause_is_one_clause() {
        let document = DetailedHealth {
            state: NodeState::Unreachable,
            checks: vec![
                check(CheckId::Node, CheckLevel::Bad, "cannot connect"),
                check(CheckId::Chain, CheckLevel::Bad, "unknown"),
                check(CheckId::Sync, CheckLevel::Bad, "unknown"),
            ],
            ..DetailedHealth::default()
        };
        let (rank, line) = judge(&document);
        assert_eq!(rank, CRITICAL);
        assert!(
            line.starts_with("unreachable, node: cannot connect | "),
            "{line}"
        );
    }

    #[test]
    fn values_have_the_thresholds_of_the_checks() {
        let bytes = |bytes| Some(Size::from_bytes(bytes));
        let mut document = DetailedHealth {
            thresholds: HealthThresholds {
                ready_max_lag_blocks: Some(3),
                min_peers: Some(1),
                min_free_bytes: bytes(5_000),
                storage_critical_bytes: bytes(500),
            },
            ..DetailedHealth::default()
        };
        document.chain.height = Some(0);
        document.network.peers_connected = Some(2);
        document.node.volume_free_bytes = bytes(9_000);
        let expected = "height=0;;;0 behind=U peers=2;1:;;0 blocks=U free=9000B;10000:;500:;0";
        assert_eq!(performance(&document), expected);
    }

    #[test]
    fn the_only_bar_is_before_the_performance_data() {
        let ready = detailed(NodeState::Ready, CheckId::Peers, CheckLevel::Warning);
        assert_eq!(
            judge(&ready).1,
            "ready, peers: a / b | height=101;;;0 behind=0;;;0 peers=U blocks=U free=U"
        );
    }
}
