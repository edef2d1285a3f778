//! What is a plain request, with hyper's server as the judge of what it means.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, Version};
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::runtime::Builder;

use super::*;

const CURL: &str = "POST / HTTP/1.1\r\nHost: 127.0.0.1:18332\r\nAuthorization: Basic YTpi\r\n\
                    User-Agent: curl/8\r\n\
                    Accept: */*\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}";

const PROBE: &str =
    "GET /health/ready?exclude=peers,disk&verbose HTTP/1.1\r\nHost: a\r\nX-Request-Id: i\r\n\r\n";

fn call(text: &str) -> (RpcRequest<'_>, PlainRequest<'_>) {
    let request = read(text.as_bytes()).unwrap();
    let RequestKind::Call(call) = &request.asked else {
        panic!("{request:?}")
    };
    (call.clone(), request)
}

#[test]
fn what_clients_send_is_an_plain_call() {
    let (asked, request) = call(CURL);
    assert_eq!(
        (asked.path, asked.authorization),
        ("/", Some(&b"Basic YTpi"[..]))
    );
    assert_eq!(asked.content_type, Some(&b"application/json"[..]));
    assert_eq!(&CURL.as_bytes()[request.body], b"{}");
    assert_eq!(
        call(&[CURL, CURL].concat()).1.body.end,
        CURL.len(),
        "the next one is left"
    );
    let traced = CURL.replace(
        "Accept: */*",
        "TraceParent: t\r\ntracestate: v=1\r\nTraceState: w=2\r\nx-forwarded-for: a\r\n\
         X-Forwarded-For: b\r\nX-Request-ID: i",
    );
    let (asked, request) = call(&traced);
    assert_eq!(
        (asked.traceparent, request.id),
        (Some(&b"t"[..]), Some(&b"i"[..]))
    );
    assert_eq!(asked.forwarded_for, [b"a", b"b"]);
    assert_eq!(asked.tracestate, [b"v=1", b"w=2"]);
    assert_eq!(
        call(&CURL.replace("POST /", "POST /wallet/hot-1")).0.path,
        "/wallet/hot-1"
    );
}

#[test]
fn what_probes_send_is_plain() {
    let end = PROBE.len();
    let asked = RequestKind::Probe("/health/ready?exclude=peers,disk&verbose");
    assert_eq!(
        read(PROBE.as_bytes()),
        Some(PlainRequest {
            asked,
            id: Some(b"i"),
            body: end..end
        })
    );
    for (from, to) in [
        ("GET", "HEAD"),
        ("/ready", "/%72eady"),
        ("/health", "/metrics"),
        ("Host: a", "Content-Length: 1"),
    ] {
        assert!(PROBE.contains(from));
        assert_eq!(
            read(format!("{}a", PROBE.replace(from, to)).as_bytes()),
            None,
            "{to}"
        );
    }
}

#[test]
fn what_is_incomplete_unusual_or_wrong_is_none() {
    for end in 0..CURL.len() {
        assert_eq!(read(&CURL.as_bytes()[..end]), None, "{end} bytes");
    }
    for (from, to) in [
        ("POST", "GET"),
        ("/1.1", "/1.0"),
        ("POST /", "POST /health"),
        ("POST /", "POST /?a"),
        ("POST /", "POST /wallet/a%20b"),
        ("POST /", "POST /wallet/a/../b"),
        ("POST /", "POST http://127.0.0.1/"),
        ("Accept: */*", "Connection: close"),
        ("Accept: */*", "Expect: 100-continue"),
        ("Accept: */*", "Origin: http://a"),
        ("Accept: */*", "Upgrade: h2c"),
        ("Accept: */*", "HTTP2-Settings: x"),
        ("Accept: */*", "Transfer-Encoding: chunked"),
        ("Accept: */*", "Content-Length: 2"),
        ("Accept: */*", "Authorization: Basic YTpj"),
        ("Accept: */*", "Accept : */*"),
        ("Accept: */*", " */*"),
        ("Length: 2", "Length: +2"),
        ("Length: 2", "Length: 2, 2"),
        ("Length: 2", "Length: "),
        ("Length: 2", "Length: 18446744073709551615"),
    ] {
        assert!(CURL.contains(from));
        assert_eq!(read(CURL.replace(from, to).as_bytes()), None, "{to}");
    }
    let many = "A: b\r\n".repeat(MAX_HEADERS);
    assert_eq!(
        read(CURL.replace("Accept: */*\r\n", &many).as_bytes()),
        None
    );
}

/// The first request in `bytes`, as hyper reads it: method, target, version, headers, body.
type ObservedRequest = (String, String, Version, HeaderMap, Bytes);

fn hypers(bytes: &[u8]) -> Option<ObservedRequest> {
    let seen = Arc::new(Mutex::new(None));
    let note = Arc::clone(&seen);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let note = Arc::clone(&note);
        async move {
            let (head, body) = request.into_parts();
            if let Ok(body) = body.collect().await {
                let request = (
                    head.method.to_string(),
                    head.uri.to_string(),
                    head.version,
                    head.headers,
                    body.to_bytes(),
                );
                note.lock().unwrap().get_or_insert(request);
            }
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            let (near, mut far) = tokio::io::duplex(1 << 20);
            far.write_all(bytes).await.unwrap();
            far.shutdown().await.unwrap();
            let mut server = http1::Builder::new();
            let _ = server
                .half_close(true)
                .serve_connection(TokioIo::new(near), service)
                .await;
        });
    seen.lock().unwrap().take()
}

fn header() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "Host",
        "Content-Length",
        "content-length",
        "Authorization",
        "Content-Type",
        "X-Request-Id",
        "Connection",
        "Transfer-Encoding",
        "Expect",
        "Upgrade",
        "X-Forwarded-For",
        "traceparent",
        "tracestate",
        "Origin",
        "Accept",
        "Te",
    ]);
    let value = prop_oneof![
        4 => prop::sample::select(vec![
            "0", "3", "5", " 3 ", "3,3", "03", "+3", "-1", "keep-alive", "close", "Keep-Alive, x", "chunked", "", "h2c",
            "100-continue", "Basic YTpi", "application/json",
        ]).prop_map(str::to_owned),
        1 => "[ -~\t\u{e9}]{0,12}",
    ];
    let colon = prop::sample::select(vec![": ", ":", ":\t", " : "]);
    let end = prop_oneof![9 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r\n ")];
    (name, colon, value, end)
        .prop_map(|(name, colon, value, end)| format!("{name}{colon}{value}{end}"))
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        6 => Just("POST / HTTP/1.1\r\n"),
        2 => Just("GET /health?a=b HTTP/1.1\r\n"),
        1 => prop::sample::select(vec![
            "POST /wallet/a HTTP/1.1\r\n", "POST /wallet/ HTTP/1.1\n", "POST  / HTTP/1.1\r\n", "POST / HTTP/1.0\r\n",
            "PUT / HTTP/1.1\r\n", "\r\nPOST / HTTP/1.1\r\n", "POST /#a HTTP/1.1\r\n", "POST * HTTP/1.1\r\n",
        ]),
    ];
    let length = prop::option::weighted(0.8, Just("Content-Length: 3\r\n".to_owned()));
    let body = prop::sample::select(vec!["", "abc", "abcdef", "3\r\nabc\r\n0\r\n\r\n"]);
    (
        line,
        length,
        prop::collection::vec(header(), 0..4),
        body,
        0..4_usize,
    )
        .prop_map(|(line, length, headers, body, cut)| {
            let mut text = format!(
                "{line}{}{}\r\n{body}",
                length.unwrap_or_default(),
                headers.concat()
            )
            .into_bytes();
            if cut == 0 {
                text.pop();
            }
            text
        })
}

#[test]
fn a_head_is_known_again_unless_it_differs_each_time() {
    let other = CURL.replace("YTpi", "YTpj");
    let named = CURL.replace("Accept: */*", "X-Request-Id: i");
    let mut heads = HeadReader::default();
    let mut knows = |text: &str| {
        let is_known = heads
            .last
            .as_ref()
            .is_some_and(|known| text.as_bytes().starts_with(&known.bytes));
        assert_eq!(heads.read(text.as_bytes()), read(text.as_bytes()), "{text}");
        is_known
    };
    let requests = [
        CURL,
        CURL,
        &other,
        &other,
        CURL,
        PROBE,
        PROBE,
        &named,
        &named,
        CURL,
        &CURL.replace("{}", "[]"),
    ];
    assert_eq!(
        requests.map(&mut knows),
        [
            false, true, false, true, false, false, false, false, false, false, true
        ],
        "{requests:?}"
    );
    assert!(knows(&CURL[..CURL.len() - 1]) && knows(&[CURL, CURL].concat()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_request_means_the_same_whatever_came_before(
        requests in prop::collection::vec(request(), 1..4),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
    ) {
        let mut heads = HeadReader::default();
        for bytes in order.iter().map(|index| index.get(&requests)) {
            prop_assert_eq!(heads.read(bytes), read(bytes));
        }
    }

    #[test]
    fn an_plain_request_means_the_same_to_hyper(bytes in request()) {
        let Some(request) = read(&bytes) else { return Ok(()) };
        let seen = hypers(&bytes);
        prop_assert!(seen.is_some(), "{}", String::from_utf8_lossy(&bytes));
        let (method, target, version, headers, body) = seen.unwrap();
        match &request.asked {
            RequestKind::Call(call) => {
                prop_assert_eq!((&*method, &*target), ("POST", call.path));
                prop_assert_eq!(&RpcRequest::new(&target, &headers), call);
            }
            RequestKind::Probe(path) => prop_assert_eq!((&*method, &*target), ("GET", *path)),
        }
        prop_assert_eq!(version, Version::HTTP_11);
        prop_assert_eq!(headers.get("x-request-id").map(HeaderValue::as_bytes), request.id);
        prop_assert_eq!(&body, &bytes[request.body.clone()]);
        for unusual in UNSUPPORTED_HEADERS {
            prop_assert!(!headers.contains_key(unusual), "{}", unusual);
        }
    }
}
