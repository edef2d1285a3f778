//! Names, and the node's own addresses.

use super::*;

#[test]
fn another_node_dials_what_was_the_address_of_the_one_before() {
    let mut scene = Scene::new(terms(&["10.0.0.1:1", "10.0.0.2:1"]));
    scene.network.own_addresses = vec![address("10.0.0.1:1")];
    scene.observes(&[]);
    assert_eq!(scene.queued(), [waiting("10.0.0.2:1", 0)]);
    let now = scene.now();
    scene.state.change_node(now);
    scene.state.set_node_up(true);
    scene.network.own_addresses = vec![address("10.0.0.2:1")];
    scene.observes(&[]);
    assert_eq!(scene.queued(), [waiting("10.0.0.1:1", 0)]);
}

#[test]
fn the_nodes_own_address_is_reported_once_and_not_dialled() {
    let mut scene = Scene::new(terms(&["10.0.0.1:1", "localhost:7"]));
    scene
        .state
        .resolved(&address("localhost:7"), vec![address("127.0.0.1:7")]);
    let ours = Peer {
        local_address: Some("127.0.0.1:7".into()),
        ..Peer::bare("10.9.9.9:5", Some(Direction::Inbound))
    };
    scene.network.own_addresses = vec![address("10.0.0.1:1")];
    scene
        .observes_peers(std::slice::from_ref(&ours))
        .wait(9)
        .observes_peers(std::slice::from_ref(&ours));
    assert_eq!(scene.queued(), []);
    let own = scene
        .events()
        .iter()
        .filter(|event| matches!(event, Event::Own(_)))
        .count();
    assert_eq!(own, 2);
    let now = scene.now();
    let refused = scene
        .state
        .operator()
        .queue_add(&address("10.0.0.1:1"), now, 0)
        .unwrap_err();
    assert!(matches!(refused, RequestError::Conflict(text) if text.contains("own address")));
}

#[test]
fn a_name_is_connected_when_an_address_it_stands_for_is() {
    let mut scene = Scene::new(terms(&["localhost:1", "127.0.0.1:1"]));
    scene.observes(&["10.9.9.9:1"]);
    assert_eq!(
        scene.queued(),
        [waiting("127.0.0.1:1", 0)],
        "a name is looked up before it is queued"
    );
    assert_eq!(scene.state.unresolved_names(), [address("localhost:1")]);
    scene.state.resolved(
        &address("localhost:1"),
        vec![address("[::1]:1"), address("127.0.0.1:1")],
    );
    scene.observes(&["10.9.9.9:1"]).wait(5);
    let begun = scene.state.begin(scene.now().mono);
    assert_eq!(begun.len(), 2);
    let alone = [address("127.0.0.1:1")];
    let rivals = [begun[0].0.clone(), begun[1].0.clone()]
        .map(|address| scene.state.earlier_attempt(&address, &alone));
    assert_eq!(
        rivals,
        [None, Some(begun[0].0.clone())],
        "the later one gives way"
    );
    scene.observes(&["127.0.0.1:1"]);
    assert_eq!(scene.queued(), []);
    let rows = scene
        .state
        .view(scene.now())
        .peer_rows(Some(&[Peer::bare("127.0.0.1:1", None)]));
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].connected, rows[0].kept),
        (Some(true), Some("configured"))
    );
    let unknown = scene.state.view(scene.now()).peer_rows(None);
    let kept = unknown
        .iter()
        .map(|row| (row.address.as_str(), row.connected));
    assert_eq!(
        kept.collect::<Vec<_>>(),
        [("127.0.0.1:1", None), ("localhost:1", None)],
        "the node does not report it"
    );
}

#[test]
fn names_are_not_looked_up_behind_a_proxy() {
    let mut scene = Scene::new(terms(&["seed.example.org"]));
    scene.network.proxied = true;
    scene.observes(&["10.9.9.9:1"]);
    assert_eq!(scene.state.unresolved_names(), []);
    assert_eq!(scene.queued(), [waiting("seed.example.org:18444", 0)]);
}
