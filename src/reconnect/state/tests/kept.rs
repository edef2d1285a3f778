//! What an operator wants, and what survives a restart.

use super::*;

#[test]
fn what_an_operator_takes_out_stays_out_until_it_is_connected_again() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1"]));
    let peer = address("10.0.0.5:1");
    scene.observes(&["10.0.0.5:1"]).observes(&[]);
    scene.state.operator().queue_drop(&peer).unwrap();
    scene.wait(60).observes(&[]);
    assert_eq!(scene.queued(), []);
    assert!(scene.state.operator().queue_drop(&peer).is_err());
    scene.observes(&["10.0.0.5:1"]).observes(&[]);
    assert_eq!(scene.queued().len(), 1);
    let released = scene.state.operator().release(&peer);
    assert!(matches!(
        released,
        Err(RequestError::Conflict(text)) if text.contains("network.peers")
    ));
}

#[test]
fn a_peer_disconnected_by_an_operator_is_not_lost() {
    let mut scene = Scene::new(Terms {
        scope: Scope::Outbound,
        ..terms(&[])
    });
    let peer = address("10.0.0.5:1");
    scene.observes(&["10.0.0.5:1", "10.0.0.6:1"]);
    assert_eq!(
        scene.state.operator().release(&peer),
        Ok(Some(peer.clone()))
    );
    scene
        .observes(&["10.0.0.5:1", "10.0.0.6:1"])
        .observes(&["10.0.0.6:1"])
        .observes(&["10.0.0.6:1"]);
    assert_eq!(scene.queued(), []);
    scene
        .observes(&["10.0.0.5:1", "10.0.0.6:1"])
        .observes(&["10.0.0.6:1"]);
    assert_eq!(
        scene.queued().len(),
        1,
        "the node dialled it again by itself"
    );
    assert!(matches!(
        scene.state.operator().release(&address("10.0.0.77:1")),
        Err(RequestError::NotFound(_))
    ));
}

#[test]
fn to_let_one_name_of_a_peer_go_does_not_disconnect_what_another_name_keeps() {
    for configured in ["127.0.0.1:1", "here.test:1"] {
        let mut scene = Scene::new(terms(&[configured]));
        let now = scene.now();
        let other = address("localhost:1");
        scene.state.operator().keep(&other, now, 0).unwrap();
        for name in ["localhost:1", "here.test:1"] {
            scene
                .state
                .resolved(&address(name), vec![address("127.0.0.1:1")]);
        }
        scene.observes(&["127.0.0.1:1"]);
        assert_eq!(
            scene.state.operator().release(&other),
            Ok(None),
            "{configured}"
        );
        scene.observes(&[]);
        assert_eq!(scene.queued(), [waiting(configured, 0)]);
    }
}

#[test]
fn an_added_peer_is_kept_after_its_episode_and_a_queued_one_is_not() {
    let mut scene = Scene::new(terms(&[]));
    scene.observes(&["10.9.9.9:1"]);
    let kept = address("10.0.0.5:1");
    let once = address("10.0.0.6:1");
    let now = scene.now();
    assert_eq!(scene.state.operator().keep(&kept, now, 0), Ok(true));
    assert_eq!(scene.state.operator().keep(&kept, now, 0), Ok(false));
    scene.state.operator().queue_add(&once, now, 0).unwrap();
    assert_eq!(scene.wait(5).tries(&["10.0.0.5:1", "10.0.0.6:1"]).len(), 2);
    scene.observes(&["10.9.9.9:1"]);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:1", 0)]);
    assert_eq!(scene.state.operator().release(&kept), Ok(None));
    assert_eq!(scene.queued(), []);
}

#[test]
fn a_restart_of_the_daemon_finds_the_state_as_it_was() {
    let mut scene = Scene::new(Terms {
        scope: Scope::Outbound,
        ..terms(&["10.0.0.5:1", "10.0.0.6:1"])
    });
    scene.observes(&["10.0.0.7:1", "10.9.9.9:1"]).wait(5);
    scene.tries(&["10.0.0.7:1", "10.9.9.9:1"]);
    let now = scene.now();
    scene
        .state
        .operator()
        .keep(&address("10.0.0.8:1"), now, 0)
        .unwrap();
    scene.state.operator().set_paused(true).unwrap();
    scene.state.save_growth();
    let before = scene.state.view(now).queue_rows();
    let changes = scene.state.take_changes(now);
    assert!(scene.state.take_changes(now).is_empty());
    let whole = changes.whole.clone().unwrap();
    assert_eq!((before.len(), whole.paused), (3, true));

    let through_json = |changes: &Changes| {
        let text = |stored: &Option<StoredPeer>| serde_json::to_string(stored).unwrap();
        let peers: Vec<_> = changes
            .peers
            .iter()
            .map(|(a, p)| (a.clone(), serde_json::from_str(&text(p)).unwrap()))
            .collect();
        peers
    };
    let queue = changes
        .queue
        .iter()
        .filter_map(|(address, entry)| Some((address.clone(), entry.clone()?)))
        .collect();
    let mut restored = ReconnectState::new(Terms {
        scope: Scope::Outbound,
        ..terms(&["10.0.0.5:1", "10.0.0.6:1"])
    });
    restored.restore(queue, through_json(&changes), &whole, now, || 0);
    assert_eq!(restored.view(now).queue_rows(), before);
    assert_eq!(restored.kept(&address("10.0.0.8:1")), Some(Kept::Added));

    let mut scene = Scene {
        seconds: scene.seconds,
        ..Scene::with(restored)
    };
    scene.state.operator().set_paused(false).unwrap();
    scene.wait(3).observes(&["10.9.9.9:1"]);
    assert!(
        scene.queued().contains(&waiting("10.0.0.7:1", 0)),
        "lost while the daemon was away: {:?}",
        scene.queued()
    );
}

#[test]
fn after_a_long_absence_overdue_entries_do_not_come_at_once_and_none_waits_for_a_clock() {
    let names: Vec<String> = (1..=64).map(|n| format!("10.0.0.{n}:1")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scene = Scene::new(terms(&names));
    scene.observes(&[]);
    let stored = scene.state.take_changes(scene.now());
    let restored_after = |jump: i64| {
        let queue = stored
            .queue
            .iter()
            .map(|(address, entry)| (address.clone(), entry.clone().unwrap()))
            .collect();
        let mut state = ReconnectState::new(terms(&names));
        let wall = scene
            .now()
            .wall
            .checked_add(jiff::SignedDuration::from_secs(jump))
            .unwrap();
        let now = Now {
            mono: Mono::from_start(SECOND),
            wall,
        };
        let mut draws = (0_u64..64).map(|n| n << 58);
        let whole = StoredQueue::default();
        state.restore(queue, Vec::new(), &whole, now, || draws.next().unwrap_or(0));
        state
            .queue
            .iter()
            .map(|entry| entry.due.since(now.mono))
            .collect::<Vec<_>>()
    };
    let after_a_week = restored_after(7 * 86_400);
    assert!(after_a_week.iter().all(|due| *due <= 5 * SECOND));
    assert!(after_a_week.iter().filter(|due| **due < SECOND).count() < 20);
    let clock_set_back = restored_after(-7 * 86_400);
    assert!(clock_set_back.iter().all(|due| *due <= 3600 * SECOND));
}

#[test]
fn a_peer_that_is_taken_out_of_the_configuration_is_not_waited_for() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1", "10.0.0.6:1"]));
    scene.observes(&[]);
    let now = scene.now().mono;
    scene.state.change_terms(terms(&["10.0.0.6:1"]), now);
    assert_eq!(scene.queued(), [waiting("10.0.0.6:1", 0)]);
    scene.state.change_terms(
        Terms {
            enabled: false,
            ..terms(&["10.0.0.6:1"])
        },
        now,
    );
    assert_eq!(scene.wait(99).begin(), [""; 0]);
    assert_eq!(scene.queued()[0].1, RowState::Paused);
}

#[test]
fn a_port_that_is_not_written_waits_for_the_chain() {
    let mut scene = Scene::new(Terms {
        chain: None,
        ..terms(&["10.0.0.5"])
    });
    scene.observes(&["10.9.9.9:1"]);
    assert_eq!(scene.queued(), []);
    let name: PeerName = "10.0.0.6".parse().unwrap();
    assert!(
        matches!(scene.state.address_of(&name), Err(RequestError::Conflict(text)) if text.contains("chain"))
    );
    let now = scene.now();
    let observation = Observation {
        peers: &[],
        asked: now.mono,
        network: None,
        chain: Some(Chain::Signet),
        epoch: 1,
    };
    scene.state.observe(&observation, now, || 0);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:38333", 0)]);
}

#[test]
fn a_port_that_is_not_written_follows_the_node_to_another_chain() {
    let unnamed = Terms {
        chain: None,
        ..terms(&["10.0.0.5"])
    };
    let mut scene = Scene::new(unnamed.clone());
    let observe = |scene: &mut Scene, chain, epoch| {
        let now = scene.now();
        let observation = Observation {
            peers: &[],
            asked: now.mono,
            network: None,
            chain: Some(chain),
            epoch,
        };
        scene.state.observe(&observation, now, || 0);
    };
    observe(&mut scene, Chain::Signet, 1);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:38333", 0)]);
    observe(&mut scene, Chain::Regtest, 2);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:18444", 0)]);
    let name: PeerName = "10.0.0.6".parse().unwrap();
    assert_eq!(
        scene.state.address_of(&name).unwrap(),
        address("10.0.0.6:18444")
    );
    // A configured chain decides, and no longer once it is taken out of the configuration.
    let now = scene.now().mono;
    let named = Terms {
        chain: Some(Chain::Main),
        ..unnamed.clone()
    };
    scene.state.change_terms(named, now);
    assert_eq!(
        scene.state.address_of(&name).unwrap(),
        address("10.0.0.6:8333")
    );
    scene.state.change_terms(unnamed, now);
    assert_eq!(
        scene.state.address_of(&name).unwrap(),
        address("10.0.0.6:18444")
    );
}

#[test]
fn a_kept_peer_that_was_abandoned_at_one_node_is_tried_at_the_next() {
    let mut scene = Scene::new(terms(&["10.0.0.5"]));
    let other = ["10.9.9.9:1"];
    scene.observes(&other);
    for _ in 0..3 {
        scene.wait(60).tries(&other);
    }
    assert_eq!(
        scene.queued(),
        [("10.0.0.5:18444".to_owned(), RowState::Abandoned, 3)]
    );
    let now = scene.now();
    scene.state.change_node(now);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:18444", 0)]);
}
