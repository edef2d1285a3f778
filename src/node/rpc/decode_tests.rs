use serde_json::json;

use super::*;
use crate::node::rpc::decode_peers::{RawBan, RawNetwork, RawPeer};
use crate::node::{Ban, Identity};

fn core() -> Dialect {
    Identity::of("/Satoshi:29.0.0/".into(), Some(290_000), String::new()).dialect()
}

#[test]
fn what_a_node_calls_itself_cannot_flood_a_label() {
    let said = json!({"version": "v\n1", "subversion": "/x/".repeat(1_000_000)});
    let identity = serde_json::from_value::<RawNetwork>(said)
        .unwrap()
        .read()
        .identity;
    assert_eq!(identity.version_text, "v 1");
    assert!(identity.subversion.chars().count() <= 201);
}

#[test]
fn a_field_of_another_type_is_not_known_and_takes_no_other_with_it() {
    let said = json!({
        "chain": "main", "blocks": 7, "headers": 8, "bestblockhash": "00", "time": "noon", "difficulty": null,
        "pruned": 1, "pruneheight": -1, "size_on_disk": 1e30, "mediantime": 5, "warnings": [[[]]]
    });
    let chain = serde_json::from_value::<RawChain>(said)
        .unwrap()
        .read(&core());
    assert_eq!(
        (chain.blocks, chain.headers, chain.median_time),
        (7, 8, Some(5))
    );
    assert_eq!(
        (chain.tip_time, chain.difficulty, chain.pruned),
        (None, None, None)
    );
    assert_eq!((chain.prune_height, chain.size_on_disk_bytes), (None, None));
}

#[test]
fn a_snapshot_is_found_in_either_shape_and_one_that_is_validated_is_none() {
    let said = json!({"chain": "main", "blocks": 7, "headers": 8, "bestblockhash": "00",
        "backgroundvalidation": {"snapshotheight": 5, "blocks": 2, "verificationprogress": 0.1}});
    let chain = serde_json::from_value::<RawChain>(said)
        .unwrap()
        .read(&core());
    assert_eq!(
        chain.background,
        Some(BackgroundValidation {
            snapshot_height: 5,
            validated_height: 2
        })
    );

    let found = |states: Value| {
        let said = json!({"headers": 8, "chainstates": states});
        serde_json::from_value::<RawChainstates>(said)
            .unwrap()
            .read()
    };
    let behind = json!({"blocks": 2, "validated": true});
    let mut active = json!({"blocks": 7, "snapshot_blockhash": "ab", "validated": false});
    assert_eq!(found(json!([behind, active])), Some(("ab".to_owned(), 2)));
    assert_eq!(found(json!([behind])), None);
    active["validated"] = json!(true);
    assert_eq!(found(json!([active])), None);
}

#[test]
fn the_handshake_is_over_with_the_peers_verack() {
    let handshaken = |said: Value| {
        serde_json::from_value::<RawPeer>(said)
            .unwrap()
            .read()
            .handshaken
    };
    assert!(!handshaken(
        json!({"addr": "a:1", "version": 0, "bytesrecv_per_msg": {}})
    ));
    assert!(!handshaken(
        json!({"addr": "a:1", "version": 70016, "bytesrecv_per_msg": {"version": 126}})
    ));
    assert!(handshaken(
        json!({"addr": "a:1", "version": 70016, "bytesrecv_per_msg": {"version": 126, "verack": 24}})
    ));
    assert!(
        handshaken(json!({"addr": "a:1", "version": 70015, "bytesrecv_per_msg": {}})),
        "blvm counts none"
    );
    assert!(handshaken(json!({"addr": "a:1"})), "nothing is said of it");
}

#[test]
fn a_ping_of_nothing_was_not_measured() {
    for said in [
        json!(0),
        json!(0.0),
        json!(-1),
        json!("0.1"),
        json!(null),
        json!(1e300),
    ] {
        let peer = serde_json::from_value::<RawPeer>(json!({"addr": "a:1", "pingtime": said}))
            .unwrap()
            .read();
        assert_eq!(peer.ping, None, "{said}");
    }
}

#[test]
fn bans_are_networks_and_hosts() {
    let onion = "b".repeat(56) + ".onion";
    let covers = |ban: &str, address: &str| ban_of(ban).covers(&address.parse().unwrap());
    assert_eq!(
        ban_of("10.0.0.0/8"),
        Ban::Network("10.0.0.0/8".parse().unwrap())
    );
    assert!(covers("10.0.0.5/32", "10.0.0.5:1") && covers("10.0.0.0/8", "10.9.9.9:1"));
    assert!(covers("2001:db8::/32", "[2001:db8::1]:1") && !covers("10.0.0.5/32", "10.0.0.6:1"));
    assert!(covers("::1", "[::1]:1") && !covers("::/0", "10.0.0.6:1"));
    assert!(covers(&onion, &(onion.clone() + ":8333")) && !covers(&onion, "example.org:1"));
}

fn ban_of(address: &str) -> Ban {
    RawBan {
        address: address.to_owned(),
    }
    .read()
}

#[test]
fn own_addresses_and_proxies_are_read_as_the_node_writes_them() {
    let onion = "b".repeat(56) + ".onion";
    let said = json!({
        "subversion": "/Satoshi:29.0.0/",
        "networks": [{"name": "ipv4", "proxy": "127.0.0.1:9050"}, {"name": "onion", "proxy": ""}],
        "localaddresses": [
            {"address": "2001:db8::1", "port": 8333, "score": 1}, {"address": "203.0.113.7", "port": 8333},
            {"address": onion, "port": 8333}
        ]
    });
    let network = serde_json::from_value::<RawNetwork>(said).unwrap().read();
    let own: Vec<_> = network
        .own_addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        own,
        [
            "[2001:db8::1]:8333",
            "203.0.113.7:8333",
            &format!("{onion}:8333")
        ]
    );
    assert!(network.proxied);
    let only_onion =
        json!({"subversion": "", "networks": [{"name": "onion", "proxy": "127.0.0.1:9050"}]});
    assert!(
        !serde_json::from_value::<RawNetwork>(only_onion)
            .unwrap()
            .read()
            .proxied
    );
}

#[test]
fn warnings_are_a_text_or_a_list_and_may_be_missing() {
    let has_warning = |warnings: Value| {
        let said = json!({"version": 1, "subversion": "/x/", "warnings": warnings});
        let raw = serde_json::from_value::<RawNetwork>(said).unwrap();
        raw.read().has_warning
    };
    assert_eq!(has_warning(json!("")), Some(false));
    assert_eq!(has_warning(json!("a test build")), Some(true));
    assert_eq!(has_warning(json!([])), Some(false));
    assert_eq!(has_warning(json!(["a test build"])), Some(true));
    assert_eq!(has_warning(Value::Null), None);
    assert_eq!(has_warning(json!(5)), None);
}

#[test]
fn the_time_of_the_peers_is_known_where_the_node_reports_it() {
    let time_offset = |offset: Value| {
        let said = json!({"version": 1, "subversion": "/x/", "timeoffset": offset});
        let raw = serde_json::from_value::<RawNetwork>(said).unwrap();
        raw.read().time_offset_secs
    };
    assert_eq!(time_offset(json!(-75)), Some(-75));
    assert_eq!(time_offset(json!("x")), None);
    assert_eq!(time_offset(Value::Null), None);
}
