//! How numbers are written: to the letter as bitcoind writes them, so that no client reads another
//! value of one.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::http::{self, Request};
use crate::support::inside::Inside;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::repository;

/// Each number of an answer as it is written, by where it stands.
fn numbers(text: &RawValue, place: &str, found: &mut BTreeMap<String, String>) {
    let text = text.get();
    if text.starts_with('{') {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
        for (name, value) in members {
            numbers(value, &format!("{place}.{name}"), found);
        }
    } else if text.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text).unwrap();
        for (at, value) in items.into_iter().enumerate() {
            numbers(value, &format!("{place}.{at}"), found);
        }
    } else if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        found.insert(place.to_owned(), text.to_owned());
    }
}

struct Both {
    bitcoind: Bitcoind,
    inside: Inside,
    is_core_31: bool,
}

impl Both {
    /// With the same 236 blocks of signed payments.
    fn start(bitcoind: Bitcoind) -> Self {
        let inside = Inside::start(&[]);
        let bytes =
            fs::read(repository().join("crates/regtest-node/tests/data/regtest-wallet-chain.dat"))
                .unwrap();
        let mut rest = bytes.as_slice();
        while rest.len() > 8 {
            let length =
                usize::try_from(u32::from_le_bytes(rest[4..8].try_into().unwrap())).unwrap();
            let hex = rest[8..8 + length]
                .iter()
                .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            let hex = json!([hex]);
            assert_eq!(
                inside.rpc("submitblock", hex.clone()),
                bitcoind.rpc("submitblock", hex)
            );
            rest = &rest[8 + length..];
        }
        let is_core_31 = bitcoind.is_core_from(31);
        Self {
            bitcoind,
            inside,
            is_core_31,
        }
    }

    /// The answers to one call, bitcoind's first, as they are written.
    fn raw(&self, method: &str, params: &Value) -> [String; 2] {
        let body = json!({ "id": 1, "method": method, "params": params }).to_string();
        let authorization = http::basic(fs::read(self.bitcoind.cookie_file()).unwrap());
        let headers = [("Authorization", authorization.as_str())];
        let address = SocketAddr::from(([127, 0, 0, 1], self.bitcoind.rpc_port()));
        let theirs =
            http::send(address, Request::post("/", body.as_bytes()).with(&headers)).unwrap();
        let ours = self
            .inside
            .ask(self.inside.node.node().rpc().handle("/", body.as_bytes()));
        [theirs.body, ours.body].map(|body| String::from_utf8(body).unwrap())
    }

    /// Both say the same, to the letter; other versions than Core 31 report other things beside the
    /// numbers.
    fn agree(&self, method: &str, params: &Value) {
        let [theirs, ours] = self.raw(method, params);
        if self.is_core_31 {
            assert_eq!(ours, theirs, "{method} {params}");
        }
        for (place, [theirs, ours]) in self.shared(method, params) {
            assert_eq!(ours, theirs, "{method} {params} {place}");
        }
    }

    /// The numbers that both report, side by side.
    fn shared(&self, method: &str, params: &Value) -> BTreeMap<String, [String; 2]> {
        let [theirs, ours] = self.raw(method, params).map(|body| {
            let mut found = BTreeMap::new();
            numbers(serde_json::from_str(&body).unwrap(), "", &mut found);
            found
        });
        let pair = |(place, number): (String, String)| {
            Some((place.clone(), [number, ours.get(&place)?.clone()]))
        };
        theirs.into_iter().filter_map(pair).collect()
    }
}

#[test]
fn numbers_are_written_as_bitcoind_writes_them() {
    let both = Both::start(Bitcoind::start(
        bitcoind_or_skip!(),
        BitcoindOptions::default(),
    ));
    for height in [0, 1, 120, 200, 236] {
        let hash = both.inside.rpc("getblockhash", json!([height]));
        let block = both.inside.rpc("getblock", json!([hash, 1]));
        for (method, params) in [
            ("getblock", json!([hash, 1])),
            ("getblock", json!([hash, 2])),
            ("getblock", json!([hash, 3])),
            ("getblockheader", json!([hash])),
            ("gettxout", json!([block["tx"][0], 0])),
        ] {
            both.agree(method, &params);
        }
    }
    // What each node has its own idea of.
    let own = [
        "time",
        "size",
        "disk",
        "verificationprogress",
        "version",
        "bytes",
        "usage",
        "max",
        "fee",
        "port",
        "score",
    ];
    let mut looked_at = 0;
    for method in [
        "getdifficulty",
        "getmininginfo",
        "getblockchaininfo",
        "gettxoutsetinfo",
        "getmempoolinfo",
        "getchaintips",
    ] {
        for (place, [theirs, ours]) in both.shared(method, &json!([])) {
            if !own.iter().any(|own| place.contains(own)) {
                assert_eq!(ours, theirs, "{method}{place}");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 15, "{looked_at}");
    let [_, chain] = both.raw("getblockchaininfo", &json!([]));
    assert!(chain.contains(r#""verificationprogress":1,"#), "{chain}");
}
