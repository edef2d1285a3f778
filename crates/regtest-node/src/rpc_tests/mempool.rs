//! The mempool: transactions that come in, are mined, and come back.

use super::*;

#[tokio::test]
async fn a_transaction_goes_through_the_mempool_into_a_block() {
    let node = node().await;
    let hashes = node.mine(101).await;
    let block = node.ok("getblock", json!([hashes[0], 2])).await;
    let coinbase: bitcoin::Transaction =
        bitcoin::consensus::encode::deserialize_hex(block["tx"][0]["hex"].as_str().unwrap())
            .unwrap();
    let mut tx = coinbase.clone();
    tx.input[0].previous_output = bitcoin::OutPoint {
        txid: coinbase.compute_txid(),
        vout: 0,
    };
    tx.input[0].script_sig = bitcoin::ScriptBuf::new();
    tx.input[0].witness.clear();
    tx.output[0].value -= bitcoin::Amount::from_sat(10_000);
    let hex = bitcoin::consensus::encode::serialize_hex(&tx);
    let txid = node.ok("sendrawtransaction", json!([hex])).await;
    assert_eq!(txid, tx.compute_txid().to_string());
    assert_eq!(
        node.ok("sendrawtransaction", json!([hex])).await,
        txid,
        "again is no error"
    );
    assert_eq!(node.ok("getrawmempool", json!([])).await, json!([txid]));
    assert_eq!(node.ok("getrawtransaction", json!([txid])).await, hex);
    let entry = node.ok("getmempoolentry", json!([txid])).await;
    assert_eq!(
        (&entry["fees"]["base"], &entry["ancestorcount"]),
        (&json!(0.0001), &json!(1))
    );
    assert_eq!(
        node.ok("gettxout", json!([coinbase.compute_txid().to_string(), 0]))
            .await,
        Value::Null
    );
    let mut greedy = tx.clone();
    greedy.output[0].value = bitcoin::Amount::from_sat(1_000);
    let greedy = bitcoin::consensus::encode::serialize_hex(&greedy);
    assert_eq!(
        node.call("sendrawtransaction", json!([greedy]))
            .await
            .unwrap_err()
            .0,
        -25
    );
    assert_eq!(
        node.call("sendrawtransaction", json!(["00"]))
            .await
            .unwrap_err()
            .0,
        -22
    );
    assert_eq!(
        node.call("sendrawtransaction", json!([hex, 1]))
            .await
            .unwrap_err()
            .0,
        -8
    );
    let mut burning = tx.clone();
    burning.output[0].script_pubkey = bitcoin::ScriptBuf::from_bytes(vec![0x6a]);
    let burning = bitcoin::consensus::encode::serialize_hex(&burning);
    let burnt = node
        .call("sendrawtransaction", json!([burning]))
        .await
        .unwrap_err();
    assert_eq!(
        burnt,
        (
            -25,
            "Unspendable output exceeds maximum configured by user (maxburnamount)".into()
        )
    );
    assert_ne!(
        node.call("sendrawtransaction", json!([burning, 0.1, 50]))
            .await
            .unwrap_err()
            .0,
        -25
    );

    let mined = node.mine(1).await;
    let block = node.ok("getblock", json!([mined[0], 2])).await;
    assert_eq!(block["tx"][1]["fee"], 0.0001);
    assert_eq!(node.ok("getrawmempool", json!([])).await, json!([]));
    let known = node
        .call("sendrawtransaction", json!([hex]))
        .await
        .unwrap_err();
    assert_eq!(
        known,
        (-27, "Transaction outputs already in utxo set".into())
    );
    let stats = node
        .ok(
            "getblockstats",
            json!([mined[0], ["totalfee", "txs", "ins"]]),
        )
        .await;
    assert_eq!(stats, json!({"totalfee": 10_000, "txs": 2, "ins": 1}));
}

/// A session with Bitcoin Core 31.99: blocks and transactions as it got them, and what it
/// answered. Times, and whether a peer has asked for a transaction yet, are left out.
#[tokio::test]
async fn a_recorded_session_is_answered_as_bitcoind_answered_it() {
    let node = node().await;
    let text = include_str!("../../tests/data/mempool-session.json");
    let session: Vec<(String, Value, Value, Value)> = serde_json::from_str(text).unwrap();
    assert!(session.len() > 250);
    for (at, (method, params, result, error)) in session.into_iter().enumerate() {
        let call = json!({"id": at, "method": method, "params": params});
        let (_, mut answer) = node.raw(&call).await;
        let entries = answer["result"].as_object_mut();
        for entry in entries.into_iter().flat_map(|entries| entries.values_mut()) {
            let entry = entry.as_object_mut().unwrap();
            assert!(entry.remove("time").is_some() && entry.remove("unbroadcast").is_some());
        }
        assert_eq!(
            (&answer["result"], &answer["error"]),
            (&result, &error),
            "step {at}: {method} {params}"
        );
    }
}

#[tokio::test]
async fn a_test_of_a_transaction_takes_one_and_says_what_is_wrong_with_it() {
    let node = node().await;
    let code = async |params: Value| node.call("testmempoolaccept", params).await.unwrap_err().0;
    assert_eq!(code(json!([[]])).await, -8);
    assert_eq!(code(json!([["00", "00"]])).await, -8);
    assert_eq!(code(json!([["00"]])).await, -22);
    assert_eq!(code(json!([[7]])).await, -3);
    assert_eq!(code(json!(["00"])).await, -3);
}
