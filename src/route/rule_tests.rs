use super::*;
use crate::route::{METHODS, method_index};

const HASH: &str = "\"00000000000000000001a9f84bcd2c5a7c0ef62e5ab8c0b29fa5c8a1d0d6dbf9\"";

fn of(name: &str, params: &str) -> Classification {
    let method = method_index(name).and_then(|index| METHODS.get(usize::from(index)));
    let params = params.replace("HASH", HASH);
    classify(method, (!params.is_empty()).then_some(&params))
}

fn class(name: &str, params: &str) -> Class {
    of(name, params).class
}

#[test]
fn an_unknown_method_is_a_view_that_is_never_sent_again() {
    for name in ["", "getblocks", "GetBlock", "getblock "] {
        assert_eq!(of(name, "[HASH]"), Classification::UNKNOWN, "{name}");
    }
    assert_eq!(Classification::UNKNOWN.class, Class::View);
    assert_eq!(Classification::UNKNOWN.resend, Resend::Never);
}

#[test]
fn a_block_hash_makes_a_call_by_hash() {
    for (name, by_hash, view) in [
        ("getblock", "[HASH]", "[800000]"),
        ("getblock", r#"{"blockhash":HASH}"#, "{}"),
        ("getblockheader", "[HASH,false]", ""),
        ("getblockstats", "[HASH]", "[800000]"),
        (
            "getblockstats",
            r#"{"hash_or_height":HASH}"#,
            r#"{"hash_or_height":7}"#,
        ),
        ("getblockfilter", r#"[HASH,"basic"]"#, "[]"),
        ("getdeploymentinfo", "[HASH]", "[]"),
        ("getchaintxstats", "[10,HASH]", "[10]"),
        (
            "getchaintxstats",
            r#"{"blockhash":HASH}"#,
            r#"{"nblocks":10}"#,
        ),
        ("getrawtransaction", "[HASH,true,HASH]", "[HASH,true]"),
        (
            "getrawtransaction",
            r#"{"txid":HASH,"blockhash":HASH}"#,
            r#"{"txid":HASH}"#,
        ),
        (
            "getrawtransaction",
            r#"{"args":[HASH,1,HASH]}"#,
            r#"{"args":[HASH]}"#,
        ),
        ("getrawtransaction", "[HASH,1,HASH]", "[HASH,1,null]"),
        ("gettxoutproof", "[[HASH],HASH]", "[[HASH,HASH]]"),
    ] {
        assert_eq!(class(name, by_hash), Class::ByHash, "{name} {by_hash}");
        assert_eq!(class(name, view), Class::View, "{name} {view}");
    }
}

#[test]
fn only_without_its_block_a_transaction_is_looked_for_in_an_index() {
    assert_eq!(
        of("getrawtransaction", "[HASH,1,HASH]").needs,
        Needs::BLOCKS
    );
    assert_eq!(of("getrawtransaction", "[HASH]").needs, Needs::TX_INDEX);
    let both = Needs::BLOCKS.union(Needs::TX_INDEX);
    assert_eq!(of("gettxoutproof", "[[HASH]]").needs, both);
    assert_eq!(of("gettxoutproof", "[[HASH],HASH]").needs, Needs::BLOCKS);
    assert_eq!(of("getblockheader", "[HASH]").needs, Needs::NONE);
    assert_eq!(of("getblockfilter", "[HASH]").needs, Needs::FILTER_INDEX);
    assert_eq!(of("gettxoutsetinfo", "").needs, Needs::COIN_STATS_INDEX);
}

#[test]
fn a_template_is_waited_for_only_where_another_is_known() {
    let deep = format!(
        r#"[{{"x":{}{},"longpollid":"y"}}]"#,
        "[".repeat(400),
        "]".repeat(400)
    );
    for params in [
        r#"[{"rules":["segwit"],"longpollid":"00ff1"}]"#,
        r#"[{"long\u0070ollid":"00ff1"}]"#,
        r#"{"template_request":{"longpollid":"00ff1","rules":[{}]}}"#,
        r#"{"args":[{"longpollid":"00ff1"}]}"#,
        &deep,
        "[1]",
        "7",
    ] {
        let template = of("getblocktemplate", params);
        assert_eq!(template.class, Class::LongPoll, "{params}");
        assert_eq!(template.resend, Resend::WithRemainingTime, "{params}");
    }
    for params in [
        r#"[{"rules":["longpollid"]}]"#,
        r#"[{"longpollid":null}]"#,
        "[]",
        "{}",
        "[null]",
        "null",
        "",
        r#"{"template_request":{}}"#,
    ] {
        let template = of("getblocktemplate", params);
        assert_eq!(template.class, Class::Mining, "{params}");
        assert_eq!(template.resend, Resend::Allowed, "{params}");
    }
}

#[test]
fn whoever_waits_for_a_block_polls_long() {
    for name in ["waitfornewblock", "waitforblock", "waitforblockheight"] {
        for params in ["", "[1]", "{}"] {
            assert_eq!(class(name, params), Class::LongPoll, "{name} {params}");
        }
    }
    assert_eq!(class("getblock", r#"[{"longpollid":"x"}]"#), Class::View);
}

#[test]
fn status_and_abort_follow_the_scan_that_was_started() {
    for name in ["scantxoutset", "scanblocks"] {
        for (params, follows) in [
            (r#"["start",["addr(x)"]]"#, false),
            (r#"{"action":"start"}"#, false),
            ("[]", false),
            (r#"["status"]"#, true),
            (r#"["abort"]"#, true),
            (r#"{"action":"abort"}"#, true),
        ] {
            let scan = of(name, params);
            assert_eq!(scan.follows_scan, follows, "{name} {params}");
            assert_eq!((scan.class, scan.resend), (Class::Heavy, Resend::Never));
        }
    }
}

#[test]
fn what_holds_a_private_key_is_never_sent_again() {
    let public = r#"["wpkh(02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9)"]"#;
    let private = r#"["wpkh(L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1)"]"#;
    for name in ["deriveaddresses", "getdescriptorinfo"] {
        assert_eq!(of(name, public), Classification::of(Class::Pure), "{name}");
        assert_eq!(of(name, private).class, Class::Pure, "{name}");
        assert_eq!(of(name, private).resend, Resend::Never, "{name}");
    }
    for name in [
        "signmessagewithprivkey",
        "signrawtransactionwithkey",
        "descriptorprocesspsbt",
    ] {
        assert_eq!(of(name, "").resend, Resend::Never, "{name}");
    }
    assert_eq!(of("decodescript", "").resend, Resend::Allowed);
}

#[test]
fn at_the_path_of_a_wallet_every_call_is_of_that_wallet_but_those_that_need_a_named_node() {
    for method in METHODS {
        for (_, case) in method.rule.cases() {
            let there = case.at_wallet_path();
            if case.class.requires_named_node() {
                assert_eq!(there, case, "{}", method.name);
            } else {
                assert_eq!(there, Classification::of(Class::Wallet), "{}", method.name);
            }
        }
    }
}

#[test]
fn every_case_of_a_rule_is_one_that_calls_may_have() {
    for method in METHODS {
        let cases: Vec<_> = method
            .rule
            .cases()
            .into_iter()
            .map(|(_, case)| case)
            .collect();
        for params in [
            "",
            "[]",
            "{}",
            "7",
            "[HASH,HASH,HASH]",
            r#"["abort"]"#,
            r#"[{"longpollid":"1"}]"#,
            r#"["xprv"]"#,
        ] {
            let mut given = of(method.name, params);
            given.follows_scan = false;
            assert!(cases.contains(&given), "{} {params}", method.name);
        }
    }
}
