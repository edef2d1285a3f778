//! Tests of `peer_address`.

use super::*;
use proptest::prelude::*;

fn on(text: &str, chain: Chain) -> String {
    text.parse::<PeerName>()
        .unwrap_or_else(|wrong| panic!("{text} {wrong}"))
        .on(chain)
        .to_string()
}

#[test]
fn a_port_that_is_not_written_is_the_chains() {
    assert_eq!(on("10.0.0.5", Chain::Main), "10.0.0.5:8333");
    assert_eq!(on("[2001:db8::1]", Chain::Testnet4), "[2001:db8::1]:48333");
    assert_eq!(
        on("seed.example.org", Chain::Signet),
        "seed.example.org:38333"
    );
    assert_eq!(
        on("seed.example.org:1", Chain::Regtest),
        "seed.example.org:1"
    );
    let onion = "a".repeat(56) + ".onion";
    assert_eq!(on(&onion, Chain::Test), onion + ":18333");
    let i2p = "b".repeat(52) + ".b32.i2p";
    assert_eq!(on(&i2p, Chain::Main), i2p + ":0", "I2P has none");
}

#[test]
fn spellings_of_one_address_are_equal() {
    let same = |one: &str, other: &str| assert_eq!(on(one, Chain::Main), on(other, Chain::Main));
    same("Seed.Example.ORG", "seed.example.org:8333");
    same("[2001:0DB8:0:0::1]:8333", "[2001:db8::1]");
    same("[::ffff:10.0.0.5]", "10.0.0.5");
    same("10.0.0.5:08333", "10.0.0.5");
    same("seed.example.org.", "seed.example.org");
    same("seed.example.org.:8333", "seed.example.org:8333");
}

#[test]
fn only_names_of_the_domain_name_system_are_looked_up() {
    let onion = "a".repeat(56) + ".onion:1";
    let i2p = "b".repeat(52) + ".b32.i2p:0";
    for (text, looked_up) in [
        ("localhost:1", true),
        ("10.0.0.5:1", false),
        (&onion, false),
        (&i2p, false),
    ] {
        let address: PeerAddress = text.parse().unwrap();
        assert_eq!(address.lookup().is_some(), looked_up, "{text}");
        assert_eq!(
            address.socket().is_some(),
            text.starts_with("10."),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_address_is_refused_with_what_to_write() {
    let refused = |text: &str| text.parse::<PeerName>().unwrap_err();
    assert_eq!(
        refused("2001:db8::1").suggestion.as_deref(),
        Some("write \"[2001:db8::1]\"")
    );
    assert_eq!(
        refused("host:0").suggestion.as_deref(),
        Some("write \"host:8333\", say")
    );
    assert_eq!(
        refused("[::1]x").suggestion.as_deref(),
        Some("write \"[::1]:8333\", say")
    );
    let i2p = "b".repeat(52) + ".b32.i2p";
    let with_port = refused(&format!("{i2p}:8333"));
    assert_eq!(
        with_port.message,
        "has a port, and I2P has none: the node cannot connect to it"
    );
    assert_eq!(with_port.suggestion, Some(format!("write \"{i2p}:0\"")));
    assert_eq!(
        on(&format!("{i2p}:0"), Chain::Main),
        format!("{i2p}:0"),
        "what is suggested is taken"
    );
    for text in [
        "",
        "a b",
        "host:65536",
        "host:+5",
        "host:",
        "1.2.3",
        "300.1.1.1",
        "[::1",
        "a..b",
        "-a",
    ] {
        refused(text);
    }
    for text in ["[fe80::1%eth0]:8333", "fe80::1%2"] {
        let wrong = refused(text);
        assert!(wrong.message.contains("zone"), "{wrong}");
        assert!(!wrong.suggestion.unwrap().starts_with("write "), "{text}");
    }
    for text in [
        "short.onion",
        "10.0.0.5.",
        "a..",
        ".",
        "short.b32.i2p",
        "http://x",
        "a:1:2",
        "0.0.0.0:1",
        "[::]",
        "224.0.0.1",
        "ä.org",
    ] {
        refused(text);
    }
    assert!("host".parse::<PeerAddress>().is_err(), "a node lists ports");
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_is_written_the_same(text in "[a-zA-Z0-9.:\\[\\]_-]{0,30}|.{0,30}") {
        if let Ok(name) = text.parse::<PeerName>() {
            prop_assert_eq!(name.to_string().parse::<PeerName>(), Ok(name.clone()));
            let address = name.on(Chain::Main);
            prop_assert_eq!(address.to_string().parse::<PeerAddress>(), Ok(address));
        }
    }
}
