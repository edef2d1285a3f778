//! The book, told of lists and attempts one after another.

mod kept;
mod lists;

use std::time::Duration;

use super::*;
use crate::node::{Direction, Identity, NetworkInfo};
use crate::reconnect::outage::Cause;

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

/// A node, a book, and a clock.
struct Scene {
    book: Book,
    seconds: u64,
    network: NetworkInfo,
    epoch: u64,
}

impl Scene {
    fn new(terms: Terms) -> Self {
        Self::with(Book::new(terms))
    }

    fn with(mut book: Book) -> Self {
        book.set_node_up(true);
        let subversion = "/Satoshi:29.0.0/".to_owned();
        let identity = Identity::of(subversion, None, String::new());
        let network = NetworkInfo {
            identity,
            active: Some(true),
            proxied: false,
            own_addresses: Vec::new(),
        };
        Self {
            book,
            seconds: 1000,
            network,
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
    fn sees(&mut self, peers: &[&str]) -> &mut Self {
        let peers: Vec<_> = peers
            .iter()
            .map(|peer| Peer::bare(peer, Some(Direction::Outbound)))
            .collect();
        self.sees_peers(&peers)
    }

    fn sees_peers(&mut self, peers: &[Peer]) -> &mut Self {
        let (now, network) = (self.now(), Some(&self.network));
        self.book.saw(
            &Sight {
                peers,
                asked: now.mono,
                network,
                chain: None,
                epoch: self.epoch,
            },
            now,
            || 0,
        );
        self
    }

    fn begin(&mut self) -> Vec<String> {
        let now = self.now().mono;
        self.book
            .begin(now)
            .into_iter()
            .map(|(address, _)| address.to_string())
            .collect()
    }

    /// Begins what is due; each call returns at once and the node lists nobody but `peers`.
    fn tries(&mut self, peers: &[&str]) -> Vec<String> {
        let now = self.now();
        let begun = self.book.begin(now.mono);
        for (address, number) in &begun {
            self.book
                .called(address, *number, Called::Tried(SECOND), now, 0);
        }
        self.sees(peers);
        begun
            .into_iter()
            .map(|(address, _)| address.to_string())
            .collect()
    }

    fn queued(&self) -> Vec<(String, RowState, u32)> {
        let rows = self.book.queue_rows(self.now());
        rows.into_iter()
            .map(|row| (row.address, row.state, row.attempts))
            .collect()
    }

    fn events(&mut self) -> Vec<Event> {
        self.book.take_events()
    }
}

fn waiting(address: &str, attempts: u32) -> (String, RowState, u32) {
    (address.to_owned(), RowState::Waiting, attempts)
}

#[test]
fn a_kept_peer_that_was_never_connected_is_tried_until_it_is_abandoned() {
    let mut scene = Scene::new(terms(&["10.0.0.5"]));
    let other = ["10.9.9.9:1"];
    scene.sees(&other);
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
        .book
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
fn while_no_peer_at_all_is_connected_attempts_do_not_count_and_one_probe_goes_out_in_half_a_minute()
{
    let mut scene = Scene::new(terms(&["10.0.0.5:1", "10.0.0.6:1", "10.0.0.7:1"]));
    scene.sees(&[]).wait(5);
    assert_eq!(scene.tries(&[]).len(), 3);
    assert!(
        scene
            .events()
            .contains(&Event::Network(Some(Cause::NoPeers)))
    );
    let mut probes = Vec::new();
    for _ in 0..90 {
        probes.extend(scene.wait(1).tries(&[]));
    }
    probes.sort();
    assert_eq!(
        probes,
        ["10.0.0.5:1", "10.0.0.6:1", "10.0.0.7:1"],
        "each in its turn"
    );
    assert!(
        scene.queued().iter().all(|(_, _, attempts)| *attempts == 0),
        "{:?}",
        scene.queued()
    );

    let dialled = scene.wait(30).begin();
    scene.sees(&[&dialled[0]]);
    assert!(scene.events().contains(&Event::Network(None)));
    assert_eq!(scene.begin().len(), 2, "all the others are due");
}

#[test]
fn a_peer_that_never_finishes_its_handshake_holds_up_no_probe_of_another() {
    let mut scene = Scene::new(terms(&["10.0.0.1:1", "10.0.0.2:1"]));
    scene.sees(&[]).wait(5).tries(&[]);
    assert_eq!(scene.book.outage.cause(), Some(Cause::NoPeers));
    let silent = Peer {
        handshaken: false,
        ..Peer::bare("10.0.0.1:1", Some(Direction::Outbound))
    };
    let mut probed = Vec::new();
    for second in 1..=65 {
        let now = scene.wait(1).now();
        for (address, number) in scene.book.begin(now.mono) {
            scene
                .book
                .called(&address, number, Called::Tried(SECOND), now, 0);
            probed.push((second, address.to_string()));
        }
        scene.sees_peers(std::slice::from_ref(&silent));
    }
    let expected = [(30, "10.0.0.1:1".to_owned()), (60, "10.0.0.2:1".to_owned())];
    assert_eq!(probed, expected);
}

#[test]
fn a_peer_that_is_long_dead_does_not_hide_that_the_network_is_down() {
    let mut scene = Scene::new(Terms {
        max_retries: 0,
        ..terms(&["10.0.0.1:1", "10.0.0.2:1"])
    });
    let there = ["10.0.0.2:1"];
    for _ in 0..40 {
        scene.wait(3600).tries(&there);
    }
    scene.sees(&[]);
    assert_eq!(scene.queued().len(), 2);
    for _ in 0..60 {
        scene.wait(1).tries(&[]);
    }
    assert_eq!(scene.book.outage.cause(), Some(Cause::NoPeers));
    // With the first peer that is back, whoever it is, the others are due.
    scene.sees(&["10.9.9.9:1"]);
    assert_eq!(scene.wait(1).tries(&["10.9.9.9:1"]).len(), 2);
}

#[test]
fn another_node_dials_what_was_the_address_of_the_one_before() {
    let mut scene = Scene::new(terms(&["10.0.0.1:1", "10.0.0.2:1"]));
    scene.network.own_addresses = vec![address("10.0.0.1:1")];
    scene.sees(&[]);
    assert_eq!(scene.queued(), [waiting("10.0.0.2:1", 0)]);
    let now = scene.now();
    scene.book.change_node(now);
    scene.book.set_node_up(true);
    scene.network.own_addresses = vec![address("10.0.0.2:1")];
    scene.sees(&[]);
    assert_eq!(scene.queued(), [waiting("10.0.0.1:1", 0)]);
}

#[test]
fn the_best_is_probed_first_and_a_bad_one_before_the_best_is_probed_again() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1", "10.0.0.6:1"]));
    scene
        .sees(&["10.0.0.6:1"])
        .wait(3600)
        .sees(&["10.0.0.6:1"])
        .sees(&[])
        .wait(5)
        .tries(&[]);
    let probes: Vec<String> = (0..200).flat_map(|_| scene.wait(1).tries(&[])).collect();
    assert_eq!(
        probes[..4],
        ["10.0.0.6:1", "10.0.0.5:1", "10.0.0.6:1", "10.0.0.5:1"]
    );
}

#[test]
fn a_node_that_switched_its_network_off_burns_no_retries_of_the_peers_it_dropped() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1", "10.0.0.6:1"]));
    scene.sees(&["10.0.0.5:1", "10.0.0.6:1"]);
    scene.network.active = Some(false);
    scene.sees(&[]);
    let dialled: usize = (0..600).map(|_| scene.wait(1).tries(&[]).len()).sum();
    assert_eq!(dialled, 20, "a probe in each half minute");
    assert!(
        scene
            .queued()
            .iter()
            .all(|(_, state, attempts)| *state == RowState::Waiting && *attempts == 0)
    );
    scene.network.active = Some(true);
    scene.sees(&[]);
    assert_eq!(scene.begin().len(), 2);
}

#[test]
fn a_peer_that_came_back_by_itself_leaves_the_queue_without_an_attempt() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1"]));
    scene
        .sees(&["10.0.0.5:1"])
        .wait(1)
        .sees(&[])
        .wait(1)
        .sees(&["10.0.0.5:1"]);
    assert_eq!(scene.queued(), []);
    assert_eq!(
        scene.events().last(),
        Some(&Event::Returned(address("10.0.0.5:1")))
    );
}

#[test]
fn only_a_node_that_does_not_refill_its_slots_has_its_own_outbound_peers_dialled_again() {
    let mut core = Scene::new(terms(&[]));
    core.sees(&["10.0.0.5:1"]).sees(&[]);
    assert_eq!(core.queued(), []);
    let mut blvm = Scene::blvm(terms(&[]));
    blvm.sees(&["10.0.0.5:1"]).sees(&[]);
    assert_eq!(blvm.queued(), [waiting("10.0.0.5:1", 0)]);
    let mut told = Scene::new(Terms {
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
    told.sees_peers(&peers).sees(&[]);
    let mut addresses: Vec<_> = told
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
    scene.sees(&other);
    let mut at = Vec::new();
    for second in 1..400 {
        scene.wait(1).sees(&other);
        let now = scene.now();
        for (address, number) in scene.book.begin(now.mono) {
            scene
                .book
                .called(&address, number, Called::Tried(SECOND), now, 0);
            at.push(second);
        }
    }
    // The attempt has failed with the list a second later; what is sooner than 120 s after that
    // does nothing.
    assert_eq!(at, [5, 131, 257]);
}

#[test]
fn the_nodes_own_address_is_told_once_and_not_dialled() {
    let mut scene = Scene::new(terms(&["10.0.0.1:1", "localhost:7"]));
    scene
        .book
        .looked_up(&address("localhost:7"), vec![address("127.0.0.1:7")]);
    let ours = Peer {
        local_address: Some("127.0.0.1:7".into()),
        ..Peer::bare("10.9.9.9:5", Some(Direction::Inbound))
    };
    scene.network.own_addresses = vec![address("10.0.0.1:1")];
    scene
        .sees_peers(std::slice::from_ref(&ours))
        .wait(9)
        .sees_peers(std::slice::from_ref(&ours));
    assert_eq!(scene.queued(), []);
    let own = scene
        .events()
        .iter()
        .filter(|event| matches!(event, Event::Own(_)))
        .count();
    assert_eq!(own, 2);
    let now = scene.now();
    let refused = scene
        .book
        .queue_add(&address("10.0.0.1:1"), now, 0)
        .unwrap_err();
    assert!(matches!(refused, Refusal::Conflict(text) if text.contains("own address")));
}

#[test]
fn a_name_is_connected_when_an_address_it_stands_for_is() {
    let mut scene = Scene::new(terms(&["localhost:1", "127.0.0.1:1"]));
    scene.sees(&["10.9.9.9:1"]);
    assert_eq!(
        scene.queued(),
        [waiting("127.0.0.1:1", 0)],
        "a name is looked up before it is queued"
    );
    assert_eq!(scene.book.unknown_names(), [address("localhost:1")]);
    scene.book.looked_up(
        &address("localhost:1"),
        vec![address("[::1]:1"), address("127.0.0.1:1")],
    );
    scene.sees(&["10.9.9.9:1"]).wait(5);
    let begun = scene.book.begin(scene.now().mono);
    assert_eq!(begun.len(), 2);
    let alone = [address("127.0.0.1:1")];
    let rivals =
        [begun[0].0.clone(), begun[1].0.clone()].map(|address| scene.book.rival(&address, &alone));
    assert_eq!(
        rivals,
        [None, Some(begun[0].0.clone())],
        "the later one gives way"
    );
    scene.sees(&["127.0.0.1:1"]);
    assert_eq!(scene.queued(), []);
    let rows = scene
        .book
        .peer_rows(Some(&[Peer::bare("127.0.0.1:1", None)]), scene.now());
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].connected, rows[0].kept),
        (Some(true), Some("configured"))
    );
    let unknown = scene.book.peer_rows(None, scene.now());
    let kept = unknown
        .iter()
        .map(|row| (row.address.as_str(), row.connected));
    assert_eq!(
        kept.collect::<Vec<_>>(),
        [("127.0.0.1:1", None), ("localhost:1", None)],
        "the node does not tell"
    );
}

#[test]
fn names_are_not_looked_up_behind_a_proxy() {
    let mut scene = Scene::new(terms(&["seed.example.org"]));
    scene.network.proxied = true;
    scene.sees(&["10.9.9.9:1"]);
    assert_eq!(scene.book.unknown_names(), []);
    assert_eq!(scene.queued(), [waiting("seed.example.org:18444", 0)]);
}

#[test]
fn a_banned_peer_waits_for_the_end_of_the_ban_if_somebody_wants_it() {
    let mut scene = Scene::blvm(terms(&["10.0.0.5:1"]));
    scene
        .sees(&["10.0.0.5:1", "10.0.0.6:1", "10.9.9.9:1"])
        .sees(&["10.9.9.9:1"])
        .wait(130);
    let now = scene.now();
    for (address, number) in scene.book.begin(now.mono) {
        scene.book.called(&address, number, Called::Banned, now, 0);
    }
    assert_eq!(
        scene.queued(),
        [("10.0.0.5:1".to_owned(), RowState::Paused, 0)]
    );
    assert!(scene.book.has_held());
    scene.book.recheck_held(|_| true);
    assert_eq!(scene.queued()[0].1, RowState::Paused);
    scene.book.recheck_held(|_| false);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:1", 0)]);
}

#[test]
fn a_restart_of_the_node_starts_no_storm_and_burns_no_retry() {
    let names: Vec<String> = (1..=40).map(|n| format!("10.0.0.{n}:1")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scene = Scene::new(terms(&names));
    scene.sees(&[]).wait(5);
    assert_eq!(scene.begin().len(), 4);
    scene.book.set_node_up(false);
    assert_eq!(scene.wait(100).begin(), [""; 0]);
    scene.book.set_node_up(true);
    scene.epoch += 1;
    let now = scene.now();
    let mut draws = (0_u64..).map(|n| n << 58);
    let sight = Sight {
        peers: &[],
        asked: now.mono,
        network: Some(&scene.network),
        chain: None,
        epoch: 2,
    };
    scene.book.saw(&sight, now, || draws.next().unwrap());
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
    let (with, without) = (["10.9.9.9:1", "10.0.0.5:1"], ["10.9.9.9:1"]);
    let mut delays = Vec::new();
    scene.sees(&with);
    for lasted in [1, 1, 1, 4000, 1] {
        scene.wait(lasted).sees(&without);
        let delay = scene.book.queue.next_due().unwrap().since(scene.now().mono);
        delays.push(delay.as_secs());
        assert_eq!(scene.wait(delay.as_secs()).tries(&with).len(), 1);
    }
    assert_eq!(delays, [5, 5, 10, 5, 5]);
}
