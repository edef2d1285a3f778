//! What is made of a node's answers, with `hyper`'s client as the judge.

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::tests::{ObservedAnswer, headers, ours, runtime};
use super::*;
use crate::gateway::upstream::wire::MalformedResponse;

fn hypers(pieces: &[&[u8]]) -> Option<ObservedAnswer> {
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
            reported = async { tokio::join!(answer, say).0 } => reported,
            () = async { let _ = driver.await; std::future::pending().await } => None,
        }
    })
}

fn in_chunks(body: &[u8], sizes: &[usize], extension: &str, trailer: &str) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = body;
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
    let before = prop_oneof![
        3 => Just(""),
        1 => Just("HTTP/1.1 100 Continue\r\n\r\n"),
        1 => Just("HTTP/1.1 103 x\r\nA: b\r\n\r\n")
    ];
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
    let mut pieces = Vec::new();
    let mut rest = text;
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

/// What our parser says of an answer.
type OwnReading = Result<(ObservedAnswer, bool), CallFailure>;

proptest! {
    #[test]
    fn a_head_means_the_same_whatever_came_before(
        answers in prop::collection::vec(answer_text(), 1..4),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
    ) {
        let mut heads = HeadParser::default();
        for answer in order.iter().map(|index| index.get(&answers)) {
            let mut one = BytesMut::from(&answer[..]);
            let mut other = BytesMut::from(&answer[..]);
            let known = heads.take(&mut one);
            let fresh = HeadParser::default().take(&mut other);
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
        let reported = |ours: &OwnReading| ours.as_ref().ok().map(|(reported, _)| reported.clone());
        prop_assert_eq!(reported(&in_pieces), reported(&at_once), "{}", shown);
        let hypers = hypers(&[&text]);
        match (at_once, hypers) {
            (Ok((ours, _)), hypers) => prop_assert_eq!(Some(ours), hypers, "{}", shown),
            // Where the length says nothing, hyper does not look at it. We take no answer with a
            // length that is none.
            (Err(CallFailure::MalformedResponse(MalformedResponse::Length)), Some((status, ..)))
                if matches!(status, 204 | 304) || shown.to_lowercase().contains("transfer-") => {}
            (Err(failure), hypers) => prop_assert_eq!(None, hypers, "{}: {}", failure, shown),
        }
    }
}
