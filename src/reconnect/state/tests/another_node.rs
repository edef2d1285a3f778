//! What of the queue holds after a restart, at another node and on another chain.

use super::*;

/// What is saved of `scene`, as the next start reads it, without the peers' histories.
fn saved(scene: &mut Scene) -> (Vec<(PeerAddress, StoredEntry)>, StoredQueue) {
    let now = scene.now();
    let changes = scene.state.take_changes(now);
    let text = serde_json::to_string(&changes.whole).unwrap();
    let whole: Option<StoredQueue> = serde_json::from_str(&text).unwrap();
    let entries = changes.queue.into_iter();
    let queued = entries.filter_map(|(address, entry)| Some((address, entry?)));
    (queued.collect(), whole.unwrap_or_default())
}

/// A scene that begins with what was `saved`, of a node whose chain is not configured.
fn restored(terms: Terms, saved: (Vec<(PeerAddress, StoredEntry)>, StoredQueue)) -> Scene {
    let mut state = ReconnectState::new(Terms {
        chain: None,
        ..terms
    });
    let (queue, whole) = saved;
    let scene = Scene::new(super::terms(&[]));
    state.restore(queue, Vec::new(), &whole, scene.now(), || 0);
    Scene::with(state)
}

fn outbound(peers: &[&str]) -> Terms {
    Terms {
        scope: Scope::Outbound,
        chain: None,
        ..terms(peers)
    }
}

#[test]
fn after_a_restart_together_with_the_node_nobody_of_its_former_chain_is_dialled() {
    for is_same in [true, false] {
        let mut scene = Scene::new(outbound(&["10.0.0.5"]));
        scene.chain = Some(Chain::Signet);
        scene.observes(&["10.0.0.7:1"]).observes(&[]);
        let now = scene.now();
        let once = address("10.0.0.8:1");
        scene.state.operator().queue_add(&once, now, 0).unwrap();
        let addresses = |scene: &Scene| {
            let queued = scene.queued().into_iter().map(|(address, ..)| address);
            let mut queued: Vec<_> = queued.collect();
            queued.sort();
            queued
        };
        let of_signet = ["10.0.0.5:38333", "10.0.0.7:1", "10.0.0.8:1"];
        assert_eq!(addresses(&scene), of_signet);
        let mut scene = restored(outbound(&["10.0.0.5"]), saved(&mut scene));
        assert_eq!(addresses(&scene), of_signet);
        scene.chain = Some(if is_same {
            Chain::Signet
        } else {
            Chain::Regtest
        });
        scene.observes(&[]);
        if is_same {
            assert_eq!(addresses(&scene), of_signet);
            continue;
        }
        assert_eq!(addresses(&scene), ["10.0.0.5:18444"]);
        assert!(scene.events().contains(&Event::LeftOnOtherChain(2)));
        // What is saved is the new chain's.
        let (left, whole) = saved(&mut scene);
        assert_eq!((left.len(), whole.chain.as_deref()), (1, Some("regtest")));
    }
}

#[test]
fn a_node_that_comes_back_on_another_chain_has_neither_lost_its_peers_there_nor_given_any_up_here()
{
    let mut scene = Scene::new(outbound(&["10.0.0.5:1"]));
    scene.chain = Some(Chain::Signet);
    let other = ["10.9.9.9:1"];
    scene.observes(&other);
    for _ in 0..3 {
        scene.wait(60).tries(&other);
    }
    assert_eq!(scene.queued()[0].1, RowState::Abandoned);
    scene.epoch += 1;
    scene.observes(&other);
    assert_eq!(scene.queued()[0].1, RowState::Abandoned, "the same chain");
    scene.epoch += 1;
    scene.chain = Some(Chain::Regtest);
    scene.observes(&[]);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:1", 0)]);
}

#[test]
fn another_node_on_another_chain_does_not_dial_who_was_lost_at_the_former_one() {
    for (chain, left) in [(Chain::Signet, 1), (Chain::Regtest, 0)] {
        let mut scene = Scene::new(outbound(&[]));
        scene.chain = Some(Chain::Signet);
        scene.observes(&["10.0.0.7:1"]).observes(&[]);
        let now = scene.now();
        scene.state.change_node(now);
        scene.chain = Some(chain);
        scene.observes(&[]);
        assert_eq!(scene.queued().len(), left, "{chain}");
    }
}

#[test]
fn a_peer_that_left_the_configuration_while_the_daemon_was_away_is_not_dialled() {
    let mut scene = Scene::new(outbound(&["10.0.0.5:1", "10.0.0.6:1"]));
    scene.chain = Some(Chain::Regtest);
    scene.observes(&["10.9.9.9:1"]);
    let saved = saved(&mut scene);
    let mut scene = restored(outbound(&["10.0.0.6:1"]), saved);
    assert_eq!(scene.queued(), [waiting("10.0.0.6:1", 0)]);
    let gone = scene.state.take_changes(scene.now()).queue;
    assert!(gone.contains(&(address("10.0.0.5:1"), None)), "{gone:?}");
}

#[test]
fn what_an_earlier_version_saved_is_read_as_it_was() {
    let entry = r#"{"abandoned": true, "quality": 0.5, "attempts": 3, "step": 3,
        "next_attempt_at": "2026-01-01T00:00:00Z", "delay_secs": 5.0,
        "lost_at": "2026-01-01T00:00:00Z", "wanted": true}"#;
    let queue = vec![(address("10.0.0.5:1"), serde_json::from_str(entry).unwrap())];
    let whole = serde_json::from_str(r#"{"paused": true}"#).unwrap();
    let mut scene = restored(outbound(&[]), (queue, whole));
    scene.chain = Some(Chain::Regtest);
    scene.observes(&["10.9.9.9:1"]);
    let abandoned = ("10.0.0.5:1".to_owned(), RowState::Abandoned, 3);
    assert_eq!(scene.queued(), [abandoned]);
    assert!(scene.state.operator().set_paused(false).is_ok());
}
