//! The numbers that are seen first, and what is known of the daemon.

use super::facts::{NodeOverview, Overview};
use super::storage::{bytes_of, full_in_short};
use super::text::{UNKNOWN, grouped, known, lasted, latency, rate, seconds};
use crate::api::{LimitedHour, NodeHealth, OpenedBy, PeerDocument};
use crate::values::Size;

/// A number that is seen first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FirstNumber {
    /// What it is.
    pub(crate) label: &'static str,
    /// The number as it is now.
    pub(crate) value: String,
    /// What belongs to it.
    pub(crate) detail: String,
    /// The last hour of it, the oldest first.
    pub(crate) hour: Vec<Option<f64>>,
    /// What changes little is shown from its lowest value, not from zero.
    pub(crate) is_from_lowest: bool,
}

/// The numbers that are seen first: of `node`, and of the gateway.
pub(crate) fn first_numbers(overview: &Overview, node: &NodeOverview) -> Vec<FirstNumber> {
    let of_gateway = of_gateway(overview);
    of_node(node).into_iter().chain(of_gateway).collect()
}

fn of_node(node: &NodeOverview) -> [FirstNumber; 3] {
    let health = &node.health;
    let hour = &node.hour;
    let (free, full) = free(node);
    let peers = hour.peers_outbound.iter().zip(&hour.peers_inbound);
    [
        FirstNumber {
            label: "Height",
            is_from_lowest: true,
            value: known(health.chain.height, grouped),
            detail: behind(health),
            hour: numbers(&hour.height),
        },
        FirstNumber {
            label: "Peers",
            is_from_lowest: false,
            value: known(health.network.peers_connected, grouped),
            detail: directions(node),
            hour: peers
                .map(|(outbound, inbound)| Some(f64::from((*outbound)? + (*inbound)?)))
                .collect(),
        },
        FirstNumber {
            label: "Free",
            is_from_lowest: true,
            value: free,
            detail: full,
            hour: hour
                .free_bytes
                .iter()
                .map(|size| size.map(bytes_of))
                .collect(),
        },
    ]
}

fn of_gateway(overview: &Overview) -> [FirstNumber; 3] {
    let hour = &overview.history.gateway;
    let over_a_limit = over_a_limit(&hour.limited_per_sec);
    [
        FirstNumber {
            label: "Calls",
            is_from_lowest: false,
            value: known(now(&hour.answered_per_sec), rate),
            detail: known(now(&hour.failed_per_sec), |failed| {
                format!("{} failed", rate(failed))
            }),
            hour: hour.answered_per_sec.clone(),
        },
        FirstNumber {
            label: "Latency",
            is_from_lowest: false,
            value: known(now(&hour.p50_secs), latency),
            detail: now(&hour.p99_secs).map_or_else(
                || "no answers lately".to_owned(),
                |p99| format!("99 % within {}", latency(p99)),
            ),
            hour: hour.p99_secs.clone(),
        },
        FirstNumber {
            label: "Over a limit",
            is_from_lowest: false,
            value: known(now(&over_a_limit), rate),
            detail: known(now(&hour.rejected_per_sec), |rejected| {
                format!("{} rejected", rate(rejected))
            }),
            hour: over_a_limit,
        },
    ]
}

/// The newest of a series.
fn now(list: &[Option<f64>]) -> Option<f64> {
    list.last().copied().flatten()
}

fn numbers(list: &[Option<u32>]) -> Vec<Option<f64>> {
    list.iter().map(|number| number.map(Into::into)).collect()
}

/// Refusals of all layers together; what is not known of one layer does not hide the others.
fn over_a_limit(limited: &LimitedHour) -> Vec<Option<f64>> {
    let layers = [
        &limited.address,
        &limited.user,
        &limited.method,
        &limited.login,
    ];
    let length = layers.iter().map(|layer| layer.len()).max().unwrap_or(0);
    let at = |moment: usize| {
        let known = layers
            .iter()
            .filter_map(|layer| layer.get(moment).copied().flatten());
        known.reduce(|one, other| one + other)
    };
    (0..length).map(at).collect()
}

/// How many connected to it, and how many it connected to: of the peer list, else of the last hour.
fn directions(node: &NodeOverview) -> String {
    let of = |direction: &OpenedBy| {
        let peers = node.peers.iter();
        let is_of = |peer: &&PeerDocument| {
            peer.connected == Some(true) && peer.direction.as_ref() == Some(direction)
        };
        peers.filter(is_of).count()
    };
    let listed = !node.peers.is_empty() || node.health.network.peers_connected == Some(0);
    let (outbound, inbound) = if listed {
        let outbound = of(&OpenedBy::Outbound);
        let inbound = of(&OpenedBy::Inbound);
        (Some(grouped(outbound)), Some(grouped(inbound)))
    } else {
        let last = |list: &[Option<u32>]| list.last().copied().flatten().map(grouped);
        let hour = &node.hour;
        (last(&hour.peers_outbound), last(&hour.peers_inbound))
    };
    match (outbound, inbound) {
        (Some(outbound), Some(inbound)) => format!("{outbound} outbound, {inbound} inbound"),
        _ => String::new(),
    }
}

fn behind(health: &NodeHealth) -> String {
    let chain = health.node.chain.as_deref().unwrap_or("unknown chain");
    match health.node.blocks_behind {
        None => chain.to_owned(),
        Some(0) => format!("{chain}, at the tip"),
        Some(behind) => format!("{chain}, {} behind", grouped(behind)),
    }
}

/// `84.1 GB`, and when the volume is full.
fn free(node: &NodeOverview) -> (String, String) {
    let status = &node.health.node;
    let pruning = &node.health.pruning;
    let free = known(status.volume_free_bytes, |free: Size| free.to_string());
    let full = pruning.forecast.as_ref().and_then(full_in_short);
    let used = pruning.usage_bytes.map(|used| format!("{used} used"));
    (free, full.or(used).unwrap_or_default())
}

/// What is known of the daemon, each with its name.
pub(crate) fn daemon_facts(overview: &Overview) -> Vec<(&'static str, String)> {
    let document = &overview.status.detailed;
    let daemon = &document.daemon;
    let reload = match document.config_reload_valid {
        Some(true) => "valid",
        Some(false) => "the last reload was invalid",
        None => UNKNOWN,
    };
    let tasks = &overview.status.tasks;
    let restarts: u64 = tasks.iter().map(|task| task.restarts).sum();
    let answers = overview
        .nodes
        .iter()
        .flat_map(|node| &node.health.collectors);
    let oldest = answers
        .filter(|part| part.up || part.old)
        .filter_map(|part| Some((part.age_secs?, part.name.as_str())))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let file = overview.status.config_file.clone();
    vec![
        ("Version", daemon.version.clone()),
        ("Up", known(daemon.uptime_secs, seconds)),
        ("Configuration", reload.to_owned()),
        ("File", file.unwrap_or_else(|| UNKNOWN.to_owned())),
        ("Process", known(daemon.pid, |pid| pid.to_string())),
        (
            "Tasks",
            format!("{}, {} restarts", tasks.len(), grouped(restarts)),
        ),
        (
            "Oldest answer",
            known(oldest, |(age, name)| format!("{name}, {} ago", lasted(age))),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::NodeHour;

    #[test]
    fn directions_are_those_of_the_last_hour_where_peers_are_not_listed() {
        let mut node = NodeOverview::default();
        assert_eq!(directions(&node), "");
        node.hour = NodeHour {
            peers_outbound: vec![None, Some(8)],
            peers_inbound: vec![Some(1), Some(2)],
            ..NodeHour::default()
        };
        node.health.network.peers_connected = Some(10);
        assert_eq!(directions(&node), "8 outbound, 2 inbound");
        node.health.network.peers_connected = Some(0);
        assert_eq!(directions(&node), "0 outbound, 0 inbound");
    }

    #[test]
    fn refusals_are_those_of_all_layers_that_are_known() {
        let limited = LimitedHour {
            address: vec![Some(1.0), None, Some(0.0)],
            user: vec![Some(2.0), None, None],
            ..LimitedHour::default()
        };
        assert_eq!(over_a_limit(&limited), [Some(3.0), None, Some(0.0)]);
    }
}
