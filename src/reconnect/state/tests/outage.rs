//! What is done while the network is presumed down.

use super::*;
use crate::reconnect::outage::OutageCause;

#[test]
fn while_no_peer_at_all_is_connected_attempts_do_not_count_and_one_probe_goes_out_in_half_a_minute()
{
    let mut scene = Scene::new(terms(&["10.0.0.5:1", "10.0.0.6:1", "10.0.0.7:1"]));
    scene.observes(&[]).wait(5);
    assert_eq!(scene.tries(&[]).len(), 3);
    assert!(
        scene
            .events()
            .contains(&Event::Network(Some(OutageCause::NoPeers)))
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
    scene.observes(&[&dialled[0]]);
    assert!(scene.events().contains(&Event::Network(None)));
    assert_eq!(scene.begin().len(), 2, "all the others are due");
}

#[test]
fn a_peer_that_never_finishes_its_handshake_holds_up_no_probe_of_another() {
    let mut scene = Scene::new(terms(&["10.0.0.1:1", "10.0.0.2:1"]));
    scene.observes(&[]).wait(5).tries(&[]);
    assert_eq!(scene.state.outage.cause(), Some(OutageCause::NoPeers));
    let silent = Peer {
        handshaken: false,
        ..Peer::bare("10.0.0.1:1", Some(Direction::Outbound))
    };
    let mut probed = Vec::new();
    for second in 1..=65 {
        let now = scene.wait(1).now();
        for (address, number) in scene.state.begin(now.mono) {
            scene
                .state
                .dial_ended(&address, number, DialOutcome::Tried(SECOND), now, 0);
            probed.push((second, address.to_string()));
        }
        scene.observes_peers(std::slice::from_ref(&silent));
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
    scene.observes(&[]);
    assert_eq!(scene.queued().len(), 2);
    for _ in 0..60 {
        scene.wait(1).tries(&[]);
    }
    assert_eq!(scene.state.outage.cause(), Some(OutageCause::NoPeers));
    // With the first peer that is back, whoever it is, the others are due.
    scene.observes(&["10.9.9.9:1"]);
    assert_eq!(scene.wait(1).tries(&["10.9.9.9:1"]).len(), 2);
}

#[test]
fn the_best_is_probed_first_and_a_bad_one_before_the_best_is_probed_again() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1", "10.0.0.6:1"]));
    scene
        .observes(&["10.0.0.6:1"])
        .wait(3600)
        .observes(&["10.0.0.6:1"])
        .observes(&[])
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
    scene.observes(&["10.0.0.5:1", "10.0.0.6:1"]);
    scene.network.active = Some(false);
    scene.observes(&[]);
    let dialled: usize = (0..600).map(|_| scene.wait(1).tries(&[]).len()).sum();
    assert_eq!(dialled, 20, "a probe in each half minute");
    assert!(
        scene
            .queued()
            .iter()
            .all(|(_, state, attempts)| *state == RowState::Waiting && *attempts == 0)
    );
    scene.network.active = Some(true);
    scene.observes(&[]);
    assert_eq!(scene.begin().len(), 2);
}

#[test]
fn what_failed_through_a_former_process_says_nothing_of_the_next_ones_network() {
    let peers = ["10.0.0.5:1", "10.0.0.6:1", "10.0.0.7:1"];
    let mut scene = Scene::new(terms(&peers));
    scene.observes(&[]).wait(5).tries(&[]);
    assert_eq!(scene.state.outage.cause(), Some(OutageCause::NoPeers));
    scene.observes(&[]);
    assert_eq!(scene.state.outage.cause(), Some(OutageCause::NoPeers));
    scene.epoch += 1;
    scene.wait(1).observes(&[]);
    assert_eq!(scene.state.outage.cause(), None);
    assert!(scene.events().contains(&Event::OutageForgotten));
    assert_eq!(scene.wait(5).begin().len(), 3, "all within the first delay");
    // That the node says so itself is asked of the new process too.
    scene.network.active = Some(false);
    scene.observes(&[]);
    scene.epoch += 1;
    scene.observes(&[]);
    assert_eq!(scene.state.outage.cause(), Some(OutageCause::SwitchedOff));
}

#[test]
fn a_process_that_does_not_say_who_it_is_is_not_spoken_to_as_the_one_before() {
    let mut scene = Scene::blvm(terms(&[]));
    scene.observes(&[]);
    let blvm = scene.state.policy().spacing;
    let now = scene.now();
    let observation = Observation {
        peers: &[],
        asked: now.mono,
        network: None,
        chain: None,
        epoch: scene.epoch,
    };
    scene.state.observe(&observation, now, || 0);
    assert_eq!(scene.state.policy().spacing, blvm, "the same process");
    let of_another = Observation {
        epoch: scene.epoch + 1,
        ..observation
    };
    scene.state.observe(&of_another, now, || 0);
    assert!(scene.state.policy().spacing < blvm);
}
