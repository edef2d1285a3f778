//! What a list of peers says of an attempt.

use super::*;

#[test]
fn a_peer_in_the_list_without_a_handshake_is_neither_connected_nor_failed_for_a_minute() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1"]));
    let half = Peer {
        handshaken: false,
        ..Peer::bare("10.0.0.5:1", Some(Direction::Outbound))
    };
    let list = [half, Peer::bare("10.9.9.9:1", Some(Direction::Inbound))];
    scene.observes_peers(&list).wait(5);
    let begun = scene.state.begin(scene.now().mono);
    scene.state.dial_ended(
        &begun[0].0,
        begun[0].1,
        DialOutcome::Tried(SECOND),
        scene.now(),
        0,
    );
    scene.observes_peers(&list).wait(59).observes_peers(&list);
    assert_eq!(scene.queued()[0].1, RowState::Connecting);
    scene.wait(1).observes_peers(&list);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:1", 1)]);
}

#[test]
fn of_a_peer_that_goes_before_its_handshake_it_is_reported_how_long_it_was_there_and_not_how_short_the_call_was()
 {
    let mut scene = Scene::new(terms(&["10.0.0.5:1"]));
    let half = Peer {
        handshaken: false,
        ..Peer::bare("10.0.0.5:1", Some(Direction::Outbound))
    };
    let other = Peer::bare("10.9.9.9:1", Some(Direction::Inbound));
    let mut error = |listed: bool, seconds: u64| {
        scene.observes_peers(std::slice::from_ref(&other)).wait(600);
        let begun = scene.state.begin(scene.now().mono);
        scene.state.dial_ended(
            &begun[0].0,
            begun[0].1,
            DialOutcome::Tried(Duration::ZERO),
            scene.now(),
            0,
        );
        if listed {
            scene.observes_peers(&[half.clone(), other.clone()]);
        }
        scene
            .wait(seconds)
            .observes_peers(std::slice::from_ref(&other));
        scene
            .state
            .view(scene.now())
            .queue_row_of(&address("10.0.0.5:1"))
            .unwrap()
            .last_error
            .unwrap()
    };
    assert_eq!(
        error(true, 59),
        "connected, but gone again within 59 s, before the handshake was over"
    );
    assert_eq!(error(false, 1), "not connected: the node tried for 0.0 s");
}

#[test]
fn a_list_that_was_asked_for_before_the_call_returned_says_nothing_of_the_attempt() {
    let mut scene = Scene::new(terms(&["10.0.0.5:1"]));
    scene.observes(&["10.9.9.9:1"]).wait(5);
    let begun = scene.state.begin(scene.now().mono);
    scene.observes(&["10.9.9.9:1"]);
    let asked = scene.now().mono;
    scene.wait(3);
    let now = scene.now();
    scene
        .state
        .dial_ended(&begun[0].0, begun[0].1, DialOutcome::Tried(SECOND), now, 0);
    let peers = [Peer::bare("10.9.9.9:1", None)];
    scene.state.observe(
        &Observation {
            peers: &peers,
            asked,
            network: None,
            chain: None,
            epoch: 1,
        },
        now,
        || 0,
    );
    assert_eq!(scene.queued()[0].1, RowState::Connecting);
    scene.observes(&["10.9.9.9:1"]);
    assert_eq!(scene.queued(), [waiting("10.0.0.5:1", 1)]);
}
