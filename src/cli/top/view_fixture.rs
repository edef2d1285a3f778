//! Views for tests: one node that is well, three of which two are not.

use std::time::Duration;

use jiff::Timestamp;

use super::view::{AccessLevel, TopView};
use crate::api::{
    CheckId, CheckLevel, CheckResult, DetailedHealth, DiskForecast, DrainDocument, EventDocument,
    EventSeverityWord, GatewayHour, HealthWord, History, LeaseDocument, LimitsMode, LimitsSummary,
    NodeHealth, NodeHour, NodeState, OpenedBy, PeerDocument, PeerQuality, PruningMode, QueueTotals,
    QueuedPeer, QueuedPeerState, RotationState, StatusDocument,
};
use crate::overview::{NodeOverview, Overview, only_node};
use crate::values::Size;

pub(super) const NOW: &str = "2026-11-30T19:05:16Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn check(name: CheckId, level: CheckLevel, text: &str) -> CheckResult {
    CheckResult {
        name,
        level,
        text: text.to_owned(),
        since: Some("2026-11-30T18:52:10Z".parse().unwrap()),
    }
}

fn good_checks() -> Vec<CheckResult> {
    [
        (CheckId::Daemon, "all loops run"),
        (CheckId::Node, "answers, last answer 0.4 s ago"),
        (CheckId::Credentials, "accepted by the node"),
        (CheckId::Chain, "main at height 868211"),
        (CheckId::Sync, "at the best known height"),
        (CheckId::Stall, "last block 6 min ago"),
        (CheckId::Storage, "214.3 GB free"),
        (CheckId::Disk, "214.3 GB free, 20.0 GB wanted"),
        (CheckId::Peers, "2 connected, at least 1 wanted"),
        (
            CheckId::Pruning,
            "usage 84.1 GB is not above the threshold of 100.0 GB",
        ),
    ]
    .map(|(name, text)| check(name, CheckLevel::Good, text))
    .to_vec()
}

fn peer(address: &str, direction: OpenedBy, quality: f64, ping_secs: f64) -> PeerDocument {
    PeerDocument {
        address: address.to_owned(),
        connected: Some(true),
        kept: None,
        queue: None,
        direction: Some(direction),
        connection_type: Some("outbound-full-relay".to_owned()),
        quality: Some(quality),
        quality_parts: PeerQuality::default(),
        connected_secs: Some(7_300.0),
        ping_secs: Some(ping_secs),
        last_block_at: None,
        last_transaction_at: None,
        attempts_succeeded: 1,
        attempts_failed: 0,
    }
}

fn lost() -> QueuedPeer {
    QueuedPeer {
        address: "10.0.0.5:8333".to_owned(),
        state: QueuedPeerState::Waiting,
        quality: Some(0.81),
        attempts: 3,
        max_retries: 10,
        next_attempt_at: Some("2026-11-30T19:05:54Z".parse().unwrap()),
        last_error: Some("not connected: the node tried for 5.0 s".to_owned()),
        lost_at: Some("2026-11-30T19:04:04Z".parse().unwrap()),
    }
}

/// A series of the last hour.
fn series(value: impl Fn(u32) -> f64) -> Vec<Option<f64>> {
    (0..360).map(|at| (at > 40).then(|| value(at))).collect()
}

fn gateway_hour(is_well: bool) -> GatewayHour {
    let health = |at: u32| if is_well || at < 300 { 1.0 } else { 0.5 };
    GatewayHour {
        health: series(health),
        answered_per_sec: series(|at| f64::from(at % 60) + 2.1),
        failed_per_sec: series(|_| 0.0),
        rejected_per_sec: series(|_| 0.0),
        limited_per_sec: crate::api::LimitedHour {
            address: series(|at| f64::from(at / 300)),
            user: series(|_| 0.0),
            method: series(|_| 0.0),
            login: series(|_| 0.0),
        },
        p50_secs: series(|_| 0.000_4),
        p99_secs: series(|at| 0.001 + f64::from(at % 7) / 1e3),
        in_flight: Vec::new(),
    }
}

fn node_hour(name: &str) -> NodeHour {
    let whole = |value: fn(u32) -> u32| (0..360).map(|at| Some(value(at))).collect();
    NodeHour {
        name: name.to_owned(),
        health: series(|_| 1.0),
        height: whole(|at| 868_205 + at / 60),
        peers_outbound: whole(|_| 1),
        peers_inbound: whole(|at| at / 180),
        free_bytes: (0..360_u64)
            .map(|at| Some(Size::from_bytes(215_000_000_000 - at * 1_000_000)))
            .collect(),
        ..NodeHour::default()
    }
}

fn event(number: u64, text: &str) -> EventDocument {
    EventDocument {
        id: number,
        time: "2026-11-30T18:52:10Z".parse().unwrap(),
        severity: EventSeverityWord::Warning,
        kind: "check".into(),
        node: Some("a".to_owned()),
        check: Some("disk".to_owned()),
        from: Some("good".to_owned()),
        to: Some("warning".to_owned()),
        reason: text.to_owned(),
        since: None,
        lasted_secs: Some(7_200),
        peer: None,
        by: None,
        request: None,
    }
}

/// A disk of a terabyte, of which 214 GB are free.
fn fill_storage(document: &mut DetailedHealth) {
    let node = &mut document.node;
    node.volume_free_bytes = Some(Size::from_bytes(214_300_000_000));
    node.volume_size_bytes = Some(Size::from_bytes(1_000_000_000_000));
    document.thresholds.min_free_bytes = Some(Size::from_bytes(20_000_000_000));
    document.thresholds.min_peers = Some(1);
    let pruning = &mut document.pruning;
    pruning.mode = PruningMode::Normal;
    pruning.usage_bytes = Some(Size::from_bytes(84_100_000_000));
    pruning.threshold_bytes = Size::from_bytes(100_000_000_000);
    pruning.target_bytes = Size::from_bytes(80_000_000_000);
    pruning.plan = None;
    pruning.last = None;
    pruning.forecast = Some(DiskForecast {
        full_in_secs: Some(83 * 86_400),
        earliest_secs: Some(70 * 86_400),
        latest_secs: None,
        bytes_per_day: 2_400_000_000,
        observed_secs: 86_400,
    });
}

/// The document of an only node, on `main` and well.
fn document() -> DetailedHealth {
    let mut document: DetailedHealth =
        serde_json::from_str::<StatusDocument>(include_str!("../../api/golden/status.json"))
            .unwrap()
            .detailed;
    document.status = HealthWord::Healthy;
    document.timestamp = now().as_second();
    document.state = NodeState::Ready;
    document.state_since = Some("2026-11-30T16:01:00Z".parse().unwrap());
    document.checks = good_checks();
    document.config_reload_valid = Some(true);
    document.chain.height = Some(868_211);
    let node = &mut document.node;
    "main".clone_into(&mut node.name);
    "http://127.0.0.1:8332".clone_into(&mut node.url);
    node.flavour = Some("core".to_owned());
    node.version = Some("31.0.0".to_owned());
    node.subversion = Some("/Satoshi:31.0.0/".to_owned());
    node.chain = Some("main".to_owned());
    node.headers = Some(868_211);
    node.blocks_behind = Some(0);
    node.uptime_secs = Some(340_000);
    node.verification_progress = Some(1.0);
    node.mempool_transactions = Some(42_117);
    fill_storage(&mut document);
    document.reconnection.network_down = None;
    document.reconnection.queue = QueueTotals {
        waiting: 1,
        ..QueueTotals::default()
    };
    document.limits = LimitsSummary {
        enabled: true,
        mode: Some(LimitsMode::Enforce),
        rate: Some(100.0),
        burst: Some(200),
        max_in_flight: 8,
        max_long_polls: 4,
        ..LimitsSummary::default()
    };
    document.daemon.version = "0.1.0".to_owned();
    document.daemon.pid = Some(4711);
    document.daemon.uptime_secs = Some(11_000);
    document.collectors.clear();
    document.history = None;
    document.nodes = None;
    document
}

fn node(health: NodeHealth) -> NodeOverview {
    NodeOverview {
        hour: node_hour(&health.name),
        priority: Some(100),
        first_kept_height: Some(0),
        in_flight: Some(3),
        max_in_flight: None,
        p50_secs: Some(0.000_4),
        peers: vec![
            peer("203.0.113.7:8333", OpenedBy::Outbound, 0.62, 0.024),
            peer("198.51.100.20:8333", OpenedBy::Outbound, 0.91, 0.180),
            peer("192.0.2.99:51324", OpenedBy::Inbound, 0.40, 0.009),
        ],
        queue: vec![lost()],
        leases: vec![lease()],
        health,
    }
}

fn lease() -> LeaseDocument {
    LeaseDocument {
        name: "lnd".to_owned(),
        from_height: Some(840_000),
        last: None,
        ttl_secs: Some(86_400),
        created_at: "2026-11-30T18:00:00Z".parse().unwrap(),
        expires_at: Some("2026-12-01T18:00:00Z".parse().unwrap()),
    }
}

fn view(overview: Overview) -> TopView {
    TopView::new(
        overview,
        AccessLevel::Control,
        Duration::from_secs(1),
        now(),
    )
}

pub(super) fn one_node() -> TopView {
    let document = document();
    view(Overview {
        now: now(),
        nodes: vec![node(only_node(&document))],
        history: History {
            events: vec![event(1, "9.1 GB free, 20.0 GB wanted")],
            interval_secs: 10,
            gateway: gateway_hour(true),
            ..History::default()
        },
        status: StatusDocument {
            detailed: document,
            config_file: Some("/etc/bllvmctl/config.toml".to_owned()),
            ..StatusDocument::default()
        },
    })
}

/// `a` serves and its disk is low, `b` does not answer, `c` is drained.
pub(super) fn three_nodes() -> TopView {
    let mut document = document();
    let of = |name: &str, rotation: RotationState| NodeHealth {
        name: name.to_owned(),
        rotation,
        rotation_since: Some("2026-11-30T18:52:10Z".parse().unwrap()),
        reads: name == "a",
        lag_blocks: Some(0),
        ..only_node(&self::document())
    };
    let mut a = of("a", RotationState::In);
    let mut b = of("b", RotationState::Out);
    let mut c = of("c", RotationState::Out);
    a.checks[7] = check(
        CheckId::Disk,
        CheckLevel::Warning,
        "9.1 GB free, 20.0 GB wanted",
    );
    b.state = NodeState::Unreachable;
    b.lag_blocks = None;
    let refused = "cannot connect to 127.0.0.1:8332: Connection refused";
    b.reason = Some(format!("node: {refused}"));
    b.checks[1] = check(CheckId::Node, CheckLevel::Bad, refused);
    for unknown in 2..6 {
        b.checks[unknown].level = CheckLevel::Unknown;
        "unknown while the node does not answer".clone_into(&mut b.checks[unknown].text);
    }
    c.reason = Some("drained: new disk".to_owned());
    c.drained = Some(DrainDocument {
        reason: Some("new disk".to_owned()),
        since: "2026-11-30T18:00:00Z".parse().unwrap(),
        until: None,
    });
    document.checks = vec![
        check(CheckId::Daemon, CheckLevel::Good, "all loops run"),
        check(
            CheckId::Redundancy,
            CheckLevel::Warning,
            "1 of 3 nodes in rotation, at least 1 needed",
        ),
    ];
    document.nodes = Some(vec![a.clone(), b.clone(), c.clone()]);
    let mut nodes = [a, b, c].map(node);
    for other in &mut nodes[1..] {
        other.peers.clear();
        other.queue.clear();
    }
    view(Overview {
        now: now(),
        nodes: nodes.into(),
        history: History {
            events: (0..20).map(|id| event(20 - id, "9.1 GB free")).collect(),
            interval_secs: 10,
            gateway: gateway_hour(false),
            ..History::default()
        },
        status: StatusDocument {
            detailed: document,
            ..StatusDocument::default()
        },
    })
}

/// Puts `text` wherever a node or a peer may write.
pub(super) fn with_hostile_text(text: &str) -> TopView {
    let mut view = three_nodes();
    let own = || text.to_owned();
    for node in &mut view.overview.nodes {
        let health = &mut node.health;
        health.reason = Some(own());
        health.node.subversion = Some(own());
        health.node.version = Some(own());
        health.node.chain = Some(own());
        health.chain.tip_hash = Some(own());
        for check in &mut health.checks {
            check.text = own();
        }
        for peer in &mut node.peers {
            peer.address = own();
            peer.connection_type = Some(own());
        }
        for lease in &mut node.leases {
            lease.name = own();
        }
        for lost in &mut node.queue {
            lost.address = own();
            lost.last_error = Some(own());
        }
    }
    for event in &mut view.overview.history.events {
        event.reason = own();
        event.peer = Some(own());
        event.by = Some(own());
    }
    view
}
