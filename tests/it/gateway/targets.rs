//! Before a real bitcoind: a call reaches the wallet that its target names, or none.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use super::SOON;
use super::real::Pair;
use crate::support::skip::bitcoind_or_skip;

const BODY: &str = r#"{"id":1,"method":"getwalletinfo"}"#;

/// With this a request is no ordinary one any more, and means the same.
const UNUSUAL: &str = "HTTP2-Settings: x\r\n";

/// The status and the body that whoever listens at `addr` answers to a call of `target`.
fn ask(addr: SocketAddr, target: &[u8], headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream.set_read_timeout(Some(SOON)).expect("a timeout");
    let length = BODY.len();
    let rest = format!(
        " HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\nContent-Length: \
         {length}\r\n\r\n{BODY}"
    );
    let request = [b"POST ", target, rest.as_bytes()].concat();
    stream.write_all(&request).expect("a request that is sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (
        status.unwrap_or_else(|| panic!("no answer to {target:?}: {answer}")),
        body.to_owned(),
    )
}

/// The name of the wallet that answered, else the code of the error; of the gateway's own 404 its
/// status.
fn wallet((status, body): &(u16, String)) -> Result<String, i64> {
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    match answer["result"]["walletname"].as_str() {
        Some(name) => Ok(name.to_owned()),
        None => Err(answer["error"]["code"]
            .as_i64()
            .unwrap_or_else(|| (*status).into())),
    }
}

#[test]
fn no_byte_of_a_target_leads_a_call_to_another_wallet() {
    let pair = Pair::start(
        bitcoind_or_skip!(),
        "[rpc.auth]\nrate_limit_enabled = false",
    );
    for name in ["pay", "pay#2", "pay?2", "a/b", "pay2", "pay 2"] {
        pair.node.rpc("createwallet", json!([name]));
    }
    let login = format!("Authorization: {}\r\n", pair.cookie());
    let unusual = format!("{login}{UNUSUAL}");
    let same = |target: &[u8]| {
        let direct = ask(pair.node_addr(), target, &login);
        for headers in [&login, &unusual] {
            let through = ask(pair.daemon.addr(), target, headers);
            let is_same = (through.0, wallet(&through)) == (direct.0, wallet(&direct));
            let shown = target.escape_ascii();
            assert!(
                is_same || through.0 == 400,
                "{shown}: {direct:?} at the node, {through:?} here"
            );
        }
        (
            direct.0,
            wallet(&direct),
            ask(pair.daemon.addr(), target, &login).0,
        )
    };
    let of = |name: &str| Ok(name.to_owned());
    for (target, wanted) in [
        ("/wallet/pay", of("pay")),
        ("/wallet/pay%232", of("pay#2")),
        ("/wallet/pay%3f2", of("pay?2")),
        ("/wallet/pay?2", of("pay?2")),
        ("/wallet/pay%202", of("pay 2")),
        ("/wallet/a%2fb", of("a/b")),
        ("/wallet/a%2Fb", of("a/b")),
        ("/wallet/a/b", of("a/b")),
        ("/wallet/%70ay", of("pay")),
        ("/wallet/", Err(-18)),
        ("/wallet/../pay", Err(-18)),
        ("/wallet/./pay", Err(-18)),
        ("/wallet//pay", Err(-18)),
        ("/wallet/pay/", Err(-18)),
        ("/wallet/pay?", Err(-18)),
        ("/wallet/pay%", Err(-18)),
        ("/wallet/pay%zz", Err(-18)),
        ("/wallet/pay%2", Err(-18)),
        ("/wallet/pay+2", Err(-18)),
        ("/wallet", Err(404)),
        ("//wallet/pay", Err(404)),
        ("/%77allet/pay", Err(404)),
        ("/wallet%2fpay", Err(404)),
        ("/Wallet/pay", Err(404)),
        ("/./wallet/pay", Err(404)),
        ("/?wallet", Err(404)),
        ("*", Err(404)),
    ] {
        let (_, seen, through) = same(target.as_bytes());
        assert_eq!((seen, through == 400), (wanted, false), "{target}");
    }
    // What is no target, or is one to other readers, is refused.
    for target in [
        "/wallet/pay#2",
        "/wallet/pay%232#x",
        "/#x",
        "/#",
        "/wallet/pay?2#x",
        "/wallet/pay 2",
        "http://x/wallet/pay",
        "http://x/",
        "http://x",
        "http://x?/wallet/pay",
        "https://u:p@x:1/wallet/pay",
        "HTTP://x/wallet/pay",
        "ftp://x/wallet/pay",
        "http:/wallet/pay",
    ] {
        let (_, _, through) = same(target.as_bytes());
        assert_eq!(through, 400, "{target}");
    }
    for byte in 0..=u8::MAX {
        for target in [&b"/wallet/pay_2"[..], b"/wallet/pay%232_x", b"/_"] {
            let target: Vec<u8> = target
                .iter()
                .map(|at| if *at == b'_' { byte } else { *at })
                .collect();
            let _ = same(&target);
        }
    }
}
