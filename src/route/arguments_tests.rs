use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const SECOND: Parameter = Parameter {
    index: 1,
    name: "blockhash",
};

#[test]
fn a_parameter_is_found_by_its_place_and_by_its_name() {
    for params in [
        r#"["a","b"]"#,
        "[ \"a\" ,\n\t\"b\" , 3 ]",
        r#"[{"x":["]",{}]},"b"]"#,
        r#"["\"],\\","b"]"#,
        r#"[-1.5e3,"b"]"#,
        r#"{"blockhash":"b"}"#,
        r#"{ "txid" : [ "," , {} ] , "blockhash" : "b" }"#,
        r#"{"block\u0068ash":"b"}"#,
        r#"{"args":["a","b"]}"#,
        r#"{"args":["a"],"blockhash":"b"}"#,
        r#"{"args":["a","x"],"blockhash":"b"}"#,
    ] {
        assert_eq!(argument(params, SECOND), Some(r#""b""#), "{params}");
    }
}

#[test]
fn what_is_absent_or_null_is_no_parameter() {
    for params in [
        "[]",
        "[ ]",
        "{}",
        r#"["a"]"#,
        r#"["a",null]"#,
        r#"["blockhash"]"#,
        r#"[["a","b"]]"#,
        r#"{"txid":"blockhash"}"#,
        r#"{"x":{"blockhash":"b"}}"#,
        r#"{"blockhash":null}"#,
        r#"{"args":{"blockhash":"b"}}"#,
        r#"{"args":null}"#,
        "null",
        "7",
        r#""blockhash""#,
        "",
    ] {
        assert_eq!(argument(params, SECOND), None, "{params}");
    }
}

#[test]
fn a_member_of_an_object_is_found_by_its_name() {
    let deep = format!(r#"{{"x":{}{},"id":1}}"#, "[".repeat(400), "]".repeat(400));
    assert_eq!(member(&deep, "id"), Some("1"));
    assert_eq!(member(r#"{"id":null}"#, "id"), None);
    assert_eq!(member(r#"{"x":"id"}"#, "id"), None);
    assert_eq!(member(r#"["id","id"]"#, "id"), None);
}

#[test]
fn a_block_hash_is_a_string_of_64_hex_digits() {
    let hash = "00000000000000000001A9f84bcd2c5a7c0ef62e5ab8c0b29fa5c8a1d0d6dbf9";
    assert!(is_block_hash(&format!("\"{hash}\"")));
    for other in [
        hash.to_owned(),
        format!("\"{hash}0\""),
        format!("\"{}\"", &hash[1..]),
        format!("\"{}g\"", &hash[1..]),
        "800000".to_owned(),
        "\"\"".to_owned(),
        "\"".to_owned(),
    ] {
        assert!(!is_block_hash(&other), "{other}");
    }
}

#[test]
fn private_keys_are_noticed_in_descriptors() {
    let extended = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6\
                    LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
    for key in [
        extended,
        "tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJC\
         CRUcMRvmDUjyEmNUWwx8UbK",
        "L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1",
        "cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW",
        "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
    ] {
        let params = json!([format!("wpkh([d34db33f/84h/0h/0h]{key}/0/*)#cjjspncu")]);
        assert!(may_hold_private_key(&params.to_string()), "{key}");
    }
    assert!(may_hold_private_key(r#"["wpkh(x\u0070rv)"]"#));
}

#[test]
fn public_keys_addresses_and_hashes_are_no_private_keys() {
    for key in [
        "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD2\
         65TMg7usUDFdp6W1EGMcet8",
        "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "cHNidP8BAHUCAAAAASaBcTce3/KF6Tet7qSze3gADAVmy7OtZGQXE8pCFxv2AAAAAAD+////\
         AtPf9QUAAAAAGXapFNDFmQPFusKGh2DpD9UhpGZap2UgiKwA4fUFAAAAABepFDVF5uM7gyxHBQ8k0+65PJwDlIvH\
         h7MuEwAAAQD9pQEBAAAAAAECiaPHHqtNIOA3G7ukzGmPopXJRjr6Ljl/\
         hTPMti+VZ+UBAAAAFxYAFL4Y0VKpsBIDna89p95PUzSe7LmF/////w==",
    ] {
        let params = json!([format!("wpkh({key})"), [0, 5], key]);
        assert!(!may_hold_private_key(&params.to_string()), "{key}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a\"\\\\,:\\[\\]{}\u{e9}\n]{0,6}".prop_map(Value::from),
        Just(Value::from("blockhash")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = prop_oneof![
            Just("blockhash".to_owned()),
            Just("args".to_owned()),
            "[ab\"\\\\]{0,3}"
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The same, by a reader that parses everything.
fn naive(params: &Value) -> Option<Value> {
    let value = match params {
        Value::Array(list) => list.get(SECOND.index),
        Value::Object(named) => named
            .get(SECOND.name)
            .or_else(|| named.get("args")?.as_array()?.get(SECOND.index)),
        _ => None,
    };
    value.filter(|value| !value.is_null()).cloned()
}

proptest! {
    #[test]
    fn a_parameter_is_the_one_that_a_whole_parser_finds(params in any_json()) {
        let texts = [
            serde_json::to_string(&params).unwrap(),
            serde_json::to_string_pretty(&params).unwrap(),
        ];
        for text in texts {
            let found = argument(&text, SECOND);
            let found = found.map(|value| serde_json::from_str::<Value>(value).unwrap());
            prop_assert_eq!(found, naive(&params), "{}", text);
        }
    }

    #[test]
    fn what_is_no_json_gives_anything_but_a_panic(
        text in r#"[\[{\]}",:\\nul1a ]{0,24}"#,
        cut in any_json(),
        length in 0_usize..64,
    ) {
        let cut = cut.to_string();
        for text in [text.as_str(), &cut[..cut.floor_char_boundary(length)]] {
            argument(text, SECOND);
            member(text, "a");
            may_hold_private_key(text);
            is_block_hash(text);
        }
    }
}
