//! A connection to a node that says odd things.

use std::collections::BTreeSet;
use std::future::poll_fn;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::*;
use crate::clock;
use crate::gateway::header_map;
use crate::gateway::upstream::node_request::{LoginAs, TraceContext};
use crate::logging::RequestId;
use crate::node::rpc::{CallObserver, Endpoint, RpcNode};
use crate::tls::ClientTls;
use crate::values::Credentials;

pub(in crate::gateway) fn destination(port: u16) -> Arc<Destination> {
    let url = Url::parse(&format!("http://127.0.0.1:{port}/below")).unwrap();
    let endpoint = Endpoint {
        url,
        credentials: Credentials::CookieFile("none".into()),
        tls: ClientTls::default(),
        directories: None,
    };
    let observer: CallObserver = Arc::new(|_, _, _| {});
    Arc::new(RpcNode::new(endpoint, &observer).unwrap().destination())
}

pub(super) fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

/// A connection, and the node's end of it.
pub(in crate::gateway) fn connection(buffer: usize) -> (Box<NodeConnection>, DuplexStream) {
    let (near, far) = duplex(buffer);
    (NodeConnection::over(&destination(1), Box::new(near)), far)
}

pub(in crate::gateway) fn begin(connection: &mut NodeConnection, body: &Bytes) {
    let id = RequestId::from_client(b"an-id").unwrap();
    let login = LoginAs::Own;
    let content_type = Some(&b"text/x"[..]);
    let outgoing = NodeRequest {
        path: "/wallet/a?b",
        login,
        content_type,
        request_id: &id,
        trace: TraceContext::default(),
        body,
    };
    let call = UnsentCall::admitted();
    let _sent = connection.begin(&outgoing, Some(b"Basic abc"), call);
}

async fn rest_of(connection: &mut NodeConnection) -> Result<Vec<u8>, CallFailure> {
    let mut body = Vec::new();
    while let Some(part) = poll_fn(|context| connection.poll_part(context)).await {
        body.extend_from_slice(&part?);
    }
    Ok(body)
}

/// What was answered: status, headers, body.
pub(super) type ObservedAnswer = (u16, BTreeSet<(String, Vec<u8>)>, Vec<u8>);

pub(super) fn headers(map: &hyper::HeaderMap) -> BTreeSet<(String, Vec<u8>)> {
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
pub(super) fn ours(pieces: &[&[u8]]) -> Result<(ObservedAnswer, bool), CallFailure> {
    runtime().block_on(async {
        let (mut connection, mut far) = connection(1 << 20);
        begin(&mut connection, &Bytes::new());
        let answer = async {
            let head = connection.answer().await?;
            assert!(headers(&header_map(&head.lines)).len() <= 100);
            let body = rest_of(&mut connection).await?;
            let reported = (
                head.status.as_u16(),
                headers(&header_map(&head.lines)),
                body,
            );
            Ok((reported, connection.is_at_rest()))
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

fn text(answer: &str) -> Result<(ObservedAnswer, bool), String> {
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
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\n\
             ab\r\n0\r\nA: b\r\n\r\n",
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
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: \
         chunked\r\n\r\n1;x\nZ\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n",
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
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: x, Close\r\nContent-Length: \
         2\r\n\r\nab",
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
            matches!(
                ours(&[endless.as_bytes()]),
                Err(CallFailure::MalformedResponse(_))
            ),
            "{}",
            &endless[..80]
        );
    }
}

#[test]
fn a_call_is_what_it_says_and_is_known_to_be_unsent_until_the_node_has_all_of_it() {
    runtime().block_on(async {
        let (mut connection, mut far) = connection(1 << 20);
        let body = Bytes::from(vec![b'x'; 3 * BUFFER_BYTES]);
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
        let body = Bytes::from(vec![b'x'; 3 * BUFFER_BYTES]);
        let (mut connection, far) = connection(BUFFER_BYTES);
        begin(&mut connection, &body);
        let ended = tokio::join!(connection.answer(), async { drop(far) }).0;
        assert!(
            matches!(ended, Err(CallFailure::Unsent(_))),
            "{:?}",
            ended.err()
        );
    });
    runtime().block_on(async {
        let (mut connection, far) = connection(BUFFER_BYTES);
        begin(&mut connection, &Bytes::from_static(b"short"));
        let ended = tokio::join!(connection.answer(), async { drop(far) }).0;
        assert!(
            matches!(ended, Err(CallFailure::Closed)),
            "it may have run: {:?}",
            ended.err()
        );
    });
}

#[test]
fn a_node_that_refuses_before_it_has_all_is_heard() {
    runtime().block_on(async {
        let (mut connection, mut far) = connection(BUFFER_BYTES);
        begin(&mut connection, &Bytes::from(vec![b'x'; 3 * BUFFER_BYTES]));
        let refuse = async {
            far.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
                .await
                .unwrap();
            drop(far);
        };
        let head = tokio::join!(connection.answer(), refuse).0.unwrap();
        assert_eq!(head.status, 413);
        assert_eq!(rest_of(&mut connection).await.unwrap(), b"no");
        assert!(!connection.is_at_rest(), "it did not get all");
    });
}

#[test]
fn each_call_has_its_own_deadline_though_the_timer_is_one() {
    runtime().block_on(async {
        let (mut connection, mut far) = connection(1 << 20);
        let mut timer = ReusableTimer::default();
        let secs = Duration::from_secs;
        for round in 0..3 {
            begin(&mut connection, &Bytes::new());
            let began = clock::deadline(Duration::ZERO);
            let say = async {
                tokio::time::sleep(secs(20)).await;
                far.write_all(b"HTTP/1.1 204 No\r\n\r\n").await.unwrap();
            };
            let answer = tokio::join!(connection.answer_until(began + secs(30), &mut timer), say).0;
            assert!(answer.is_some_and(|answer| answer.is_ok()), "{round}");
        }
        begin(&mut connection, &Bytes::new());
        let began = clock::deadline(Duration::ZERO);
        assert!(
            connection
                .answer_until(began + secs(30), &mut timer)
                .await
                .is_none()
        );
        assert_eq!((clock::deadline(Duration::ZERO) - began).as_secs(), 30);
        let began = clock::deadline(Duration::ZERO);
        assert!(
            connection
                .answer_until(began + secs(3), &mut timer)
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
        let destination = destination(listener.local_addr().unwrap().port());
        let (connection, accepted) =
            tokio::join!(NodeConnection::open(&destination), listener.accept());
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

#[test]
fn what_is_sent_to_a_host_that_is_gone_is_given_up_after_a_minute() {
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        keep_alive(&stream).unwrap();
        let timeout = SockRef::from(&stream).tcp_user_timeout().unwrap();
        assert_eq!(timeout, Some(Duration::from_secs(60)));
    });
}
