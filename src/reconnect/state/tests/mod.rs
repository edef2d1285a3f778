//! The state, given lists and attempts one after another.

mod another_node;
mod kept;
mod lists;
mod names;
mod outage;

use std::time::Duration;

use super::*;
use crate::node::{Direction, Identity, NetworkInfo, Peer};
use crate::reconnect::attempts::DialOutcome;
use crate::reconnect::backoff::Backoff;
use crate::reconnect::peer_list::Observation;
use crate::reconnect::rows::RowState;
use crate::reconnect::terms::Scope;

const SECOND: Duration = Duration::from_secs(1);

fn terms(peers: &[&str]) -> Terms {
    Terms {
        enabled: true,
        backoff: Backoff::exact(5, 3600),
        max_retries: 3,
        most_at_once: 4,
        scope: Scope::Auto,
        peers: peers.iter().map(|peer| peer.parse().unwrap()).collect(),
        chain: Some(Chain::Regtest),
    }
}

fn address(text: &str) -> PeerAddress {
    text.parse().unwrap()
}

/// A node, a state, and a clock.
struct Scene {
    state: ReconnectState,
    seconds: u64,
    network: NetworkInfo,
    chain: Option<Chain>,
    epoch: u64,
}

impl Scene {
    fn new(terms: Terms) -> Self {
        Self::with(ReconnectState::new(terms))
    }

    fn with(mut state: ReconnectState) -> Self {
        state.set_node_up(true);
        let subversion = "/Satoshi:29.0.0/".to_owned();
        let identity = Identity::of(subversion, None, String::new());
        let network = NetworkInfo {
            identity,
            active: Some(true),
            proxied: false,
            own_addresses: Vec::new(),
            protocol_version: None,
            has_warning: None,
            time_offset_secs: None,
            connections: crate::node::ConnectionCounts::default(),
        };
        Self {
            state,
            seconds: 1000,
            network,
            chain: None,
            epoch: 1,
        }
    }

    fn blvm(terms: Terms) -> Self {
        let mut scene = Self::new(terms);
        let subversion = "/BitcoinCommons:0.1.83/".to_owned();
        scene.network.identity = Identity::of(subversion, None, String::new());
        scene
    }

    fn now(&self) -> Now {
        let wall =
            jiff::Timestamp::from_second(i64::try_from(1_000_000 + self.seconds).unwrap()).unwrap();
        Now {
            mono: Mono::from_start(Duration::from_secs(self.seconds)),
            wall,
        }
    }

    fn wait(&mut self, seconds: u64) -> &mut Self {
        self.seconds += seconds;
        self
    }

    /// The node lists these, handshaken and dialled by it.
    fn observes(&mut self, peers: &[&str]) -> &mut Self {
        let peers: Vec<_> = peers
            .iter()
            .map(|peer| Peer::bare(peer, Some(Direction::Outbound)))
            .collect();
        self.observes_peers(&peers)
    }

    fn observes_peers(&mut self, peers: &[Peer]) -> &mut Self {
        let now = self.now();
        let network = Some(&self.network);
        self.state.observe(
            &Observation {
                peers,
                asked: now.mono,
                network,
                chain: self.chain,
                epoch: self.epoch,
            },
            now,
            || 0,
        );
        self
    }

    fn begin(&mut self) -> Vec<String> {
        let now = self.now().mono;
        self.state
            .begin(now)
            .into_iter()
            .map(|(address, _)| address.to_string())
            .collect()
    }

    /// Begins what is due; each call returns at once and the node lists nobody but `peers`.
    fn tries(&mut self, peers: &[&str]) -> Vec<String> {
        let now = self.now();
        let begun = self.state.begin(now.mono);
        for (address, number) in &begun {
            self.state
                .dial_ended(address, *number, DialOutcome::Tried(SECOND), now, 0);
        }
        self.observes(peers);
        begun
            .into_iter()
            .map(|(address, _)| address.to_string())
            .collect()
    }

    fn queued(&self) -> Vec<(String, RowState, u32)> {
        let rows = self.state.view(self.now()).queue_rows();
        rows.into_iter()
            .map(|row| (row.address, row.state, row.attempts))
            .collect()
    }

    fn events(&mut self) -> Vec<Event> {
        self.state.take_events()
    }
}

fn waiting(address: &str, attempts: u32) -> (String, RowState, u32) {
    (address.to_owned(), RowState::Waiting, attempts)
}

#[test]
fn a_kept_peer_that_was_never_connected_is_tried_until_it_is_abandoned() {
    let mut scene = Scene::new(terms(&["10.0.0.5"]));
    let other = ["10.9.9.9:1"];
    scene.observes(&other);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:18444", 0)]);
    assert_eq!(scene.wait(4).tries(&other), [""; 0]);
    assert_eq!(scene.wait(1).tries(&other), ["10.0.0.5:18444"]);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:18444", 1)]);
    assert_eq!(scene.wait(10).tries(&other).len(), 1);
    assert_eq!(scene.wait(20).tries(&other).len(), 1);
    assert_eq!(
        scene.queued(),
        [("10.0.0.5:18444".to_owned(), RowState::Abandoned, 3)]
    );
    assert_eq!(scene.wait(9999).tries(&other), [""; 0]);
    let now = scene.now();
    scene
        .state
        .operator()
        .queue_retry(&address("10.0.0.5:18444"), now.mono)
        .unwrap();
    assert_eq!(scene.tries(&["10.0.0.5:18444"]).len(), 1);
    assert_eq!(scene.queued(), []);
    assert!(matches!(
        scene.events().last(),
        Some(Event::Connected { failed: 0, .. })
    ));
}

#[test]
fn a_peer_that_came_back_by_itself_leaves_the_queue_without_an_attempt() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1"]));
    scene
        .observes(&["10.0.0.5:1"])
        .wait(1)
        .observes(&[])
        .wait(1)
        .observes(&["10.0.0.5:1"]);
    assert_eq!(scene.queued(), []);
    assert_eq!(
        scene.events().last(),
        Some(&Event::Returned(address("10.0.0.5:1")))
    );
}

#[test]
fn only_a_node_that_does_not_refill_its_slots_has_its_own_outbound_peers_dialled_again() {
    let mut core = Scene::new(terms(&[]));
    core.observes(&["10.0.0.5:1"]).observes(&[]);
    assert_eq!(core.queued(), []);
    let mut blvm = Scene::blvm(terms(&[]));
    blvm.observes(&["10.0.0.5:1"]).observes(&[]);
    assert_eq!(blvm.queued(), [waiting("10.0.0.5:1", 0)]);
    let mut reported = Scene::new(Terms {
        scope: Scope::Outbound,
        ..terms(&[])
    });
    let kinds = [
        "manual",
        "outbound-full-relay",
        "block-relay-only",
        "feeler",
        "addr-fetch",
        "inbound",
    ];
    let of = |(port, kind): (usize, &&str)| {
        let direction = if *kind == "inbound" {
            Direction::Inbound
        } else {
            Direction::Outbound
        };
        let bare = Peer::bare(&format!("10.0.0.5:{}", port + 1), Some(direction));
        Peer {
            connection_type: Some((*kind).to_owned()),
            ..bare
        }
    };
    let peers: Vec<_> = kinds.iter().enumerate().map(of).collect();
    reported.observes_peers(&peers).observes(&[]);
    let mut addresses: Vec<_> = reported
        .queued()
        .into_iter()
        .map(|(address, ..)| address)
        .collect();
    addresses.sort();
    assert_eq!(addresses, ["10.0.0.5:1", "10.0.0.5:2"]);
}

#[test]
fn blvm_is_not_asked_for_an_address_again_before_it_has_cooled_down_since_the_failure() {
    let mut scene = Scene::blvm(terms(&["10.0.0.5:1"]));
    let other = ["10.9.9.9:1"];
    scene.observes(&other);
    let mut at = Vec::new();
    for second in 1..400 {
        scene.wait(1).observes(&other);
        let now = scene.now();
        for (address, number) in scene.state.begin(now.mono) {
            scene
                .state
                .dial_ended(&address, number, DialOutcome::Tried(SECOND), now, 0);
            at.push(second);
        }
    }
    // The attempt has failed with the list a second later; what is sooner than 120 s after that
    // does nothing.
    assert_eq!(at, [5, 131, 257]);
}

#[test]
fn a_banned_peer_waits_for_the_end_of_the_ban_if_somebody_wants_it() {
    let mut scene = Scene::blvm(terms(&["10.0.0.5:1"]));
    scene
        .observes(&["10.0.0.5:1", "10.0.0.6:1", "10.9.9.9:1"])
        .observes(&["10.9.9.9:1"])
        .wait(130);
    let now = scene.now();
    for (address, number) in scene.state.begin(now.mono) {
        scene
            .state
            .dial_ended(&address, number, DialOutcome::Banned, now, 0);
    }
    assert_eq!(
        scene.queued(),
        [("10.0.0.5:1".to_owned(), RowState::Paused, 0)]
    );
    assert!(scene.state.has_banned());
    scene.state.recheck_bans(|_| true);
    assert_eq!(scene.queued()[0].1, RowState::Paused);
    scene.state.recheck_bans(|_| false);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:1", 0)]);
}

#[test]
fn a_restart_of_the_node_starts_no_storm_and_burns_no_retry() {
    let names: Vec<String> = (1..=40).map(|n| format!("10.0.0.{n}:1")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scene = Scene::new(terms(&names));
    scene.observes(&[]).wait(5);
    assert_eq!(scene.begin().len(), 4);
    scene.state.set_node_up(false);
    assert_eq!(scene.wait(100).begin(), [""; 0]);
    scene.state.set_node_up(true);
    scene.epoch += 1;
    let now = scene.now();
    let mut draws = (0_u64..).map(|n| n << 58);
    let observation = Observation {
        peers: &[],
        asked: now.mono,
        network: Some(&scene.network),
        chain: None,
        epoch: 2,
    };
    scene
        .state
        .observe(&observation, now, || draws.next().unwrap());
    assert!(
        scene
            .queued()
            .iter()
            .all(|(_, state, attempts)| *state == RowState::Waiting && *attempts == 0)
    );
    assert!(scene.begin().len() < 4, "spread over the first delay");
}

#[test]
fn a_peer_that_flaps_is_dialled_less_and_less_often_and_a_long_connection_forgives() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1"]));
    let with = ["10.9.9.9:1", "10.0.0.5:1"];
    let without = ["10.9.9.9:1"];
    let mut delays = Vec::new();
    scene.observes(&with);
    for lasted in [1, 1, 1, 4000, 1] {
        scene.wait(lasted).observes(&without);
        let delay = scene
            .state
            .queue
            .next_due()
            .unwrap()
            .since(scene.now().mono);
        delays.push(delay.as_secs());
        assert_eq!(scene.wait(delay.as_secs()).tries(&with).len(), 1);
    }
    assert_eq!(delays, [5, 5, 10, 5, 5]);
}
