//! Requests that are odd, as bitcoind answers them and as the embedded node does.

use std::fs;
use std::net::SocketAddr;

use serde_json::Value;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::embedded;
use crate::support::daemon::Daemon;
use crate::support::http::{self, Request};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::wait_until;

/// The first block of regtest.
macro_rules! genesis {
    () => {
        "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
    };
}

/// Nothing in their answers depends on the chain.
const ODD: [&str; 48] = [
    r#"{"method":"getblockcount"}"#,
    r#"{"method":"getblockcount","id":null}"#,
    r#"{"method":"getblockhash","params":[null],"id":1}"#,
    r#"{"method":"getblockhash","params":["0"],"id":1}"#,
    r#"{"method":"getblockhash","params":[-1],"id":1}"#,
    r#"{"method":"getblockhash","params":{"args":[0]},"id":1}"#,
    r#"{"method":"getblockhash","params":{"height":0},"id":1}"#,
    r#"{"method":"getblockhash","params":{"args":[0],"height":0},"id":1}"#,
    r#"{"method":"getblockhash","params":{"hight":0},"id":1}"#,
    r#"{"jsonrpc":"2.0","method":"getblockhash","params":"x","id":1}"#,
    r#"{"jsonrpc":"2.0","method":"getblockhash","params":[99999999],"id":1}"#,
    r#"{"jsonrpc":"2.0","method":"nosuch","id":1}"#,
    r#"{"jsonrpc":"2.0","method":"getblockcount"}"#,
    r#"{"method":"getrawmempool","params":[true,true],"id":1}"#,
    r#"{"method":"gettxout","params":["0000000000000000000000000000000000000000000000000000000000000001",-1],"id":1}"#,
    r#"{"method":"gettxout","params":["00",0],"id":1}"#,
    r#"{"method":"nosuch","id":"x"}"#,
    r#"{"method":"getrawmempool","params":{"args":[false],"mempool_sequence":false},"id":1}"#,
    r#"{"method":"getblockhash","params":[1099511627776],"id":1}"#,
    r#"{"method":"getblockhash","params":[2147483648],"id":1}"#,
    r#"{"method":"getblockhash","params":[-2147483649],"id":1}"#,
    r#"{"method":"getblockhash","params":[2147483647],"id":1}"#,
    r#"{"method":"getblockhash","params":[1.0],"id":1}"#,
    r#"{"method":"getblockhash","params":[99999999999999999999],"id":1}"#,
    concat!(
        r#"{"method":"getblock","params":{"blockhash":""#,
        genesis!(),
        r#"","verbose":false},"id":1}"#
    ),
    concat!(
        r#"{"method":"getblock","params":{"blockhash":""#,
        genesis!(),
        r#"","verbose":0},"id":1}"#
    ),
    concat!(
        r#"{"method":"getblock","params":{"blockhash":""#,
        genesis!(),
        r#"","verbose":true,"verbosity":0},"id":1}"#
    ),
    concat!(
        r#"{"method":"getblock","params":{"args":[""#,
        genesis!(),
        r#"",0],"verbose":true},"id":1}"#
    ),
    concat!(
        r#"{"method":"getblock","params":[""#,
        genesis!(),
        r#"",1099511627776],"id":1}"#
    ),
    r#"{"method":"getblock","params":["x",1.5],"id":1}"#,
    r#"{"method":"getblock","params":["0000000000000000000000000000000000000000000000000000000000000000",1.5],"id":1}"#,
    concat!(
        r#"{"method":"getrawtransaction","params":{"txid":""#,
        genesis!(),
        r#"","verbose":2147483648},"id":1}"#
    ),
    r#"{"method":"getblockstats","params":[2147483648],"id":1}"#,
    r#"{"method":"getblockstats","params":[-1],"id":1}"#,
    concat!(
        r#"{"method":"gettxout","params":[""#,
        genesis!(),
        r#"",4294967295],"id":1}"#
    ),
    concat!(
        r#"{"method":"gettxout","params":[""#,
        genesis!(),
        r#"",4294967296],"id":1}"#
    ),
    r#"{"method":"disconnectnode","params":["",1099511627776],"id":1}"#,
    r#"{"method":"disconnectnode","params":["",9223372036854775808],"id":1}"#,
    r#"{"method":"generatetodescriptor","params":[1,"raw()"],"id":1}"#,
    r#"{"method":"generatetodescriptor","params":[1,"raw(5)"],"id":1}"#,
    r#"{"method":"generatetodescriptor","params":[1,"addr()"],"id":1}"#,
    r#"{"method":"generatetodescriptor","params":[1,"raw(51)#x"],"id":1}"#,
    r#"{"method":"generatetodescriptor","params":[1099511627776,"raw()"],"id":1}"#,
    r#"{"method":"generatetodescriptor","params":[1,"raw(51)",-1],"id":1}"#,
    r#"{"method":"generatetodescriptor","params":[-1,"raw(51)"],"id":1}"#,
    r#"{"method":"generatetoaddress","params":[2147483648,"x"],"id":1}"#,
    r#"{"method":"generatetoaddress","params":[1,"x"],"id":1}"#,
    r#"{"method":"getblockcount","id":1.50}"#,
];

#[test]
fn odd_requests_are_answered_as_bitcoind_answers_them() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let daemon = Daemon::start(embedded());
    let cookie = daemon.directory().join("data/.cookie");
    wait_until("a cookie", std::time::Duration::from_mins(1), || {
        cookie.exists()
    });
    daemon.wait_for_status("/health/ready", 200, std::time::Duration::from_mins(1));
    let ask = |address: SocketAddr, cookie: &[u8], body: &str| {
        let authorization = http::basic(cookie);
        let headers = [("Authorization", authorization.as_str())];
        http::send(address, Request::post("/", body.as_bytes()).with(&headers)).unwrap()
    };
    let theirs = (
        SocketAddr::from(([127, 0, 0, 1], bitcoind.rpc_port())),
        fs::read(bitcoind.cookie_file()).unwrap(),
    );
    let ours = (daemon.addr(), fs::read(cookie).unwrap());
    for body in ODD {
        let [wanted, reported] = [&theirs, &ours].map(|(address, cookie)| {
            let answer = ask(*address, cookie, body);
            let mut said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            // The help in place of an error is each node's own.
            if said["error"]["code"] == -1
                && said["error"]["message"]
                    .as_str()
                    .is_some_and(|text| text.len() > 60)
            {
                said["error"]["message"] = "help".into();
            }
            (answer.status, said)
        });
        assert_eq!(reported, wanted, "{body}");
    }
}
