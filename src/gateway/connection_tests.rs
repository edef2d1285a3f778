//! A connection to a node that says odd things, against hyper's client as the judge.

use std::collections::BTreeSet;
use std::future::poll_fn;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::*;
use crate::clock;
use crate::gateway::exchange::Login;
use crate::logging::RequestId;
use crate::node::rpc::{Endpoint, Observer, RpcNode};
use crate::values::Credentials;

pub(in crate::gateway) fn upstream(port: u16) -> Arc<Upstream> {
    let url = Url::parse(&format!("http://127.0.0.1:{port}/below")).unwrap();
    let endpoint = Endpoint {
        url,
        credentials: Credentials::CookieFile("none".into()),
        directories: None,
    };
    let observer: Observer = Arc::new(|_, _, _| {});
    Arc::new(RpcNode::new(endpoint, &observer).unwrap().upstream())
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

/// A connection, and the node's end of it.
pub(in crate::gateway) fn connection(buffer: usize) -> (Box<Connection>, DuplexStream) {
    let (near, far) = duplex(buffer);
    (Connection::over(&upstream(1), Box::new(near)), far)
}

pub(in crate::gateway) fn begin(connection: &mut Connection, body: &Bytes) {
    let id = RequestId::from_client(b"an-id").unwrap();
    let (login, content_type) = (Login::Own, Some(&b"text/x"[..]));
    let outgoing = Outgoing {
        path: "/wallet/a?b",
        login,
        content_type,
        request_id: &id,
        body,
    };
    connection.begin(&outgoing, Some(b"Basic abc"));
}

async fn rest_of(connection: &mut Connection) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(part) = poll_fn(|context| connection.poll_part(context)).await {
        body.extend_from_slice(&part?);
    }
    Ok(body)
}

/// What was answered: status, headers, body.
type Told = (u16, BTreeSet<(String, Vec<u8>)>, Vec<u8>);

fn headers(map: &hyper::HeaderMap) -> BTreeSet<(String, Vec<u8>)> {
    let hop = [
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-hop",
        "content-length",
    ];
    let passed = map.iter().filter(|(name, _)| !hop.contains(&name.as_str()));
    passed
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect()
}

/// What we make of `pieces`, after which the node closes, and whether another call could be sent.
fn ours(pieces: &[&[u8]]) -> Result<(Told, bool), Failure> {
    runtime().block_on(async {
        let (mut connection, mut far) = connection(1 << 20);
        begin(&mut connection, &Bytes::new());
        let answer = async {
            let head = connection.answer().await?;
            assert!(headers(&head.lines.to_map()).len() <= 100);
            let body = rest_of(&mut connection).await?;
            let told = (head.status.as_u16(), headers(&head.lines.to_map()), body);
            Ok((told, connection.is_at_rest()))
        };
        let say = async {
            for piece in pieces {
                far.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            drop(far);
        };
        tokio::join!(answer, say).0
    })
}

fn hypers(pieces: &[&[u8]]) -> Option<Told> {
    runtime().block_on(async {
        let (near, mut far) = duplex(1 << 20);
        let (mut sender, driver) = http1::handshake(TokioIo::new(near)).await.unwrap();
        let request = Request::post("/").body(Empty::<Bytes>::new()).unwrap();
        let answer = async {
            let response = sender.send_request(request).await.ok()?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.ok()?.to_bytes().to_vec();
            Some((head.status.as_u16(), headers(&head.headers), body))
        };
        let say = async {
            // It takes nothing for an answer that came before the call.
            far.read_exact(&mut [0; 4]).await.unwrap();
            for piece in pieces {
                far.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            drop(far);
        };
        tokio::select! {
            told = async { tokio::join!(answer, say).0 } => told,
            () = async { let _ = driver.await; std::future::pending().await } => None,
        }
    })
}

fn in_chunks(body: &[u8], sizes: &[usize], extension: &str, trailer: &str) -> Vec<u8> {
    let (mut text, mut rest) = (Vec::new(), body);
    for size in sizes.iter().cycle() {
        let (chunk, left) = rest.split_at((*size).min(rest.len()));
        if chunk.is_empty() {
            break;
        }
        text.extend_from_slice(format!("{:X}{extension}\r\n", chunk.len()).as_bytes());
        text.extend_from_slice(chunk);
        text.extend_from_slice(b"\r\n");
        rest = left;
    }
    text.extend_from_slice(format!("0\r\n{trailer}\r\n").as_bytes());
    text
}

fn header_line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("content-length: LENGTH".to_owned()),
        1 => Just("Content-Length: LENGTH, LENGTH".to_owned()),
        1 => Just("Content-Length: 3".to_owned()),
        1 => Just("Content-Length: +3".to_owned()),
        2 => Just("Transfer-Encoding: chunked".to_owned()),
        1 => Just("transfer-encoding: gzip, Chunked".to_owned()),
        1 => Just("Transfer-Encoding: gzip".to_owned()),
        1 => Just("Connection: close".to_owned()),
        1 => Just("connection: Keep-Alive, x-hop".to_owned()),
        1 => Just("Keep-Alive: timeout=5".to_owned()),
        1 => Just("X-Hop: 1".to_owned()),
        1 => Just("Content-Type: application/json".to_owned()),
        1 => Just("X-Twice: a\r\nx-twice:  b\t".to_owned()),
        1 => Just("No colon".to_owned()),
        1 => Just("Odd: \u{e9}".to_owned()),
    ]
}

fn answer_text() -> impl Strategy<Value = Vec<u8>> {
    let status = prop_oneof![
        Just("200 OK"),
        Just("204 No"),
        Just("304 x"),
        Just("500 Odd Reason"),
        Just("99 x"),
        Just("401")
    ];
    let before = prop_oneof![3 => Just(""), 1 => Just("HTTP/1.1 100 Continue\r\n\r\n"), 1 => Just("HTTP/1.1 103 x\r\nA: b\r\n\r\n")];
    let version = prop_oneof![4 => Just("1.1"), 1 => Just("1.0"), 1 => Just("2.0")];
    let lines = prop::collection::vec(header_line(), 0..5);
    let body = prop::collection::vec(any::<u8>(), 0..40);
    let sizes = prop::collection::vec(1_usize..20, 1..4);
    let extension = prop_oneof![4 => Just(""), 1 => Just(";ext=1"), 1 => Just(" ; a=\"b;\""), 1 => Just(";a\nb")];
    let trailer = prop_oneof![3 => Just(""), 1 => Just("X-Sum: 1\r\n")];
    let cut = prop_oneof![3 => Just(0_usize), 1 => 1_usize..30];
    (
        before,
        version,
        status,
        lines,
        body,
        sizes,
        (extension, trailer),
        cut,
    )
        .prop_map(
            |(before, version, status, lines, body, sizes, (extension, trailer), cut)| {
                let is_chunked = lines
                    .iter()
                    .any(|line| line.to_ascii_lowercase().ends_with("chunked"));
                let mut text = format!("{before}HTTP/{version} {status}\r\n").into_bytes();
                for line in lines {
                    text.extend_from_slice(
                        line.replace("LENGTH", &body.len().to_string()).as_bytes(),
                    );
                    text.extend_from_slice(b"\r\n");
                }
                text.extend_from_slice(b"\r\n");
                text.extend_from_slice(&if is_chunked {
                    in_chunks(&body, &sizes, extension, trailer)
                } else {
                    body
                });
                text.truncate(text.len().saturating_sub(cut));
                text
            },
        )
}

fn pieces<'a>(text: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    for size in sizes.iter().cycle() {
        let (piece, left) = rest.split_at((*size).min(rest.len()));
        if piece.is_empty() {
            break;
        }
        pieces.push(piece);
        rest = left;
    }
    pieces
}

proptest! {
    #[test]
    fn a_head_means_the_same_whatever_came_before(
        answers in prop::collection::vec(answer_text(), 1..4),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
    ) {
        let mut heads = Heads::default();
        for answer in order.iter().map(|index| index.get(&answers)) {
            let (mut one, mut other) = (BytesMut::from(&answer[..]), BytesMut::from(&answer[..]));
            let (known, fresh) = (heads.take(&mut one), Heads::default().take(&mut other));
            prop_assert_eq!(known.map_err(|error| error.to_string()), fresh.map_err(|error| error.to_string()));
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn an_answer_is_what_hyper_takes_it_for_however_it_comes(
        text in answer_text(),
        sizes in prop::collection::vec(1_usize..60, 1..6),
    ) {
        let shown = String::from_utf8_lossy(&text).into_owned();
        let in_pieces = ours(&pieces(&text, &sizes));
        let at_once = ours(&[&text]);
        let told = |ours: &Result<(Told, bool), Failure>| ours.as_ref().ok().map(|(told, _)| told.clone());
        prop_assert_eq!(told(&in_pieces), told(&at_once), "{}", shown);
        let hypers = hypers(&[&text]);
        match (at_once, hypers) {
            (Ok((ours, _)), hypers) => prop_assert_eq!(Some(ours), hypers, "{}", shown),
            // Where the length says nothing, hyper does not look at it. We take no answer with a
            // length that is none.
            (Err(Failure::Malformed(Malformed::Length)), Some((status, ..)))
                if matches!(status, 204 | 304) || shown.to_lowercase().contains("transfer-") => {}
            (Err(failure), hypers) => prop_assert_eq!(None, hypers, "{}: {}", failure, shown),
        }
    }
}

fn text(answer: &str) -> Result<(Told, bool), String> {
    ours(&[answer.as_bytes()]).map_err(|failure| failure.to_string())
}

#[test]
fn the_body_ends_where_its_head_says_or_there_is_none() {
    let body =
        |answer: &str| text(answer).map(|((_, _, body), _)| String::from_utf8(body).unwrap());
    for (answer, whole) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "ab"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nabcd",
            "ab",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nA: b\r\n\r\n",
            "ab",
        ),
        ("HTTP/1.0 200 OK\r\n\r\nab", "ab"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n", ""),
    ] {
        assert_eq!(body(answer).as_deref(), Ok(whole), "{answer}");
    }
    for answer in [
        "",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 101 x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\nZ\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n",
    ] {
        assert!(text(answer).is_err(), "{answer}");
    }
}

#[test]
fn a_connection_is_used_again_only_if_both_know_where_the_answer_ended() {
    let rests = |answer: &str| text(answer).unwrap().1;
    assert!(rests("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"));
    assert!(rests(
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nab"
    ));
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab\n",
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\n\r\nab",
        "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nab",
    ] {
        assert!(!rests(answer), "{answer}");
    }
}

#[test]
fn a_head_and_what_is_around_chunks_take_a_bounded_room() {
    let long = "a".repeat(70_000);
    for endless in [
        format!("HTTP/1.1 200 OK\r\nA: {long}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;{long}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: {long}"),
    ] {
        assert!(
            matches!(ours(&[endless.as_bytes()]), Err(Failure::Malformed(_))),
            "{}",
            &endless[..80]
        );
    }
}

#[test]
fn a_call_is_what_it_says_and_is_known_to_be_unsent_until_the_node_has_all_of_it() {
    runtime().block_on(async {
        let (mut connection, mut far) = connection(1 << 20);
        let body = Bytes::from(vec![b'x'; 3 * SHORT]);
        begin(&mut connection, &body);
        assert!(!connection.is_sent() && !connection.is_at_rest());
        let say = async {
            let mut call = vec![0; body.len()];
            far.read_exact(&mut call).await.unwrap();
            let text = String::from_utf8(call).unwrap();
            let head = text.split_once("\r\n\r\n").unwrap().0.to_owned();
            far.read_exact(&mut vec![0; head.len() + 4]).await.unwrap();
            far.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .await
                .unwrap();
            head
        };
        let (answer, head) = tokio::join!(connection.answer(), say);
        assert_eq!(
            head,
            "POST /below/wallet/a?b HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAuthorization: Basic abc\r\n\
             Content-Type: text/x\r\nX-Request-Id: an-id\r\nContent-Length: 24576"
        );
        assert!(answer.is_ok() && connection.is_at_rest());
        assert!(body.is_unique(), "what is sent is not held on to");
    });
}

#[test]
fn what_the_node_did_not_take_whole_was_not_sent() {
    runtime().block_on(async {
        let body = Bytes::from(vec![b'x'; 3 * SHORT]);
        let (mut connection, far) = connection(SHORT);
        begin(&mut connection, &body);
        let ended = tokio::join!(connection.answer(), async { drop(far) }).0;
        assert!(
            matches!(ended, Err(Failure::Unsent(_))),
            "{:?}",
            ended.err()
        );
    });
    runtime().block_on(async {
        let (mut connection, far) = connection(SHORT);
        begin(&mut connection, &Bytes::from_static(b"short"));
        let ended = tokio::join!(connection.answer(), async { drop(far) }).0;
        assert!(
            matches!(ended, Err(Failure::Closed)),
            "it may have run: {:?}",
            ended.err()
        );
    });
}

#[test]
fn a_node_that_refuses_before_it_has_all_is_heard() {
    runtime().block_on(async {
        let (mut connection, mut far) = connection(SHORT);
        begin(&mut connection, &Bytes::from(vec![b'x'; 3 * SHORT]));
        let refuse = async {
            far.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
                .await
                .unwrap();
            drop(far);
        };
        let head = tokio::join!(connection.answer(), refuse).0.unwrap();
        assert_eq!(head.status, 413);
        assert_eq!(rest_of(&mut connection).await.unwrap(), b"no");
        assert!(!connection.is_at_rest(), "it was not told all");
    });
}

#[test]
fn each_call_has_its_own_deadline_though_the_timer_is_one() {
    runtime().block_on(async {
        let (mut connection, mut far) = connection(1 << 20);
        let (mut alarm, secs) = (Alarm::default(), Duration::from_secs);
        for round in 0..3 {
            begin(&mut connection, &Bytes::new());
            let began = clock::deadline(Duration::ZERO);
            let say = async {
                tokio::time::sleep(secs(20)).await;
                far.write_all(b"HTTP/1.1 204 No\r\n\r\n").await.unwrap();
            };
            let answer = tokio::join!(connection.answer_until(began + secs(30), &mut alarm), say).0;
            assert!(answer.is_some_and(|answer| answer.is_ok()), "{round}");
        }
        begin(&mut connection, &Bytes::new());
        let began = clock::deadline(Duration::ZERO);
        assert!(
            connection
                .answer_until(began + secs(30), &mut alarm)
                .await
                .is_none()
        );
        assert_eq!((clock::deadline(Duration::ZERO) - began).as_secs(), 30);
        let began = clock::deadline(Duration::ZERO);
        assert!(
            connection
                .answer_until(began + secs(3), &mut alarm)
                .await
                .is_none(),
            "a shorter one, after a reload"
        );
        assert_eq!((clock::deadline(Duration::ZERO) - began).as_secs(), 3);
    });
}

#[test]
fn an_answer_whose_end_is_a_reset_is_not_whole() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = upstream(listener.local_addr().unwrap().port());
        let (connection, accepted) = tokio::join!(Connection::open(&upstream), listener.accept());
        let (mut connection, (mut far, _)) = (connection.unwrap(), accepted.unwrap());
        // More than both ends of a connection hold.
        begin(&mut connection, &Bytes::from(vec![b'x'; 64 << 20]));
        far.write_all(b"HTTP/1.0 200 OK\r\n\r\nabcd").await.unwrap();
        assert!(connection.answer().await.is_ok() && !connection.is_sent());
        let part = poll_fn(|context| connection.poll_part(context)).await;
        assert_eq!(part.unwrap().unwrap(), "abcd");
        SockRef::from(&far)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
        drop(far);
        let end = poll_fn(|context| connection.poll_part(context)).await;
        assert!(matches!(end, Some(Err(_))), "{end:?}");
    });
}
