//! Tests of `proxy_header`.

use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use super::*;

/// What is read of a connection over which these pieces come, and what is left behind it.
fn read_pieces(pieces: &[&[u8]]) -> (Result<Option<SocketAddr>, ProxyHeaderError>, Vec<u8>) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        client.set_nodelay(true).unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let send = async {
            for piece in pieces {
                client.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            client.shutdown().await.unwrap();
        };
        let receive = async {
            let address = read(&mut stream).await;
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.unwrap();
            (address, rest)
        };
        let (read, ()) = tokio::join!(receive, send);
        read
    })
}

fn address_of(header: &[u8]) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    read_pieces(&[header]).0
}

/// A header of version 2 with this command, family and protocol, and these bytes behind its length.
fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family][..], &length, rest].concat()
}

const IPV4: [u8; 12] = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 0x01, 0xbb];

#[test]
fn both_versions_have_the_address_of_the_client() {
    let cases: [(&[u8], Option<&str>); 8] = [
        (
            b"PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\n",
            Some("192.0.2.7:4660"),
        ),
        (
            b"PROXY TCP6 2001:db8::7 ::1 4660 443\r\n",
            Some("[2001:db8::7]:4660"),
        ),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
        (&binary(0x21, 0x11, &IPV4), Some("192.0.2.7:4660")),
        // With more behind the addresses, such as the version of TLS.
        (
            &binary(0x21, 0x11, &[&IPV4[..], &[0x04, 0, 1, 0xff]].concat()),
            Some("192.0.2.7:4660"),
        ),
        (&binary(0x20, 0x00, &[]), None),
        (&binary(0x20, 0x11, &IPV4), None),
    ];
    for (header, expected) in cases {
        let address = address_of(header).unwrap();
        assert_eq!(
            address.map(|address| address.to_string()).as_deref(),
            expected,
            "{header:?}"
        );
    }
}

#[test]
fn what_is_no_header_is_refused() {
    for text in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"proxy TCP4 192.0.2.7 10.0.0.1 1 2\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaa",
    ] {
        assert!(
            matches!(address_of(text), Err(ProxyHeaderError::Missing)),
            "{text:?}"
        );
    }
    let long = [b"PROXY TCP4 ", &[b'1'; 200][..]].concat();
    for text in [
        &b"PROXY TCP4 192.0.2.7 10.0.0.1 65536 2\r\n"[..],
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n",
        &long,
        &binary(0x31, 0x11, &IPV4),
        &binary(0x21, 0x11, &IPV4[..8]),
        &binary(0x21, 0x11, &[0; 5000]),
    ] {
        let read = address_of(text);
        assert!(
            matches!(read, Err(ProxyHeaderError::Malformed(_))),
            "{text:?} {read:?}"
        );
    }
    for text in [
        &b"PROXY TCP4 192.0.2.7"[..],
        b"PRO",
        b"",
        &binary(0x21, 0x11, &IPV4)[..20],
    ] {
        assert!(
            matches!(address_of(text), Err(ProxyHeaderError::Ended)),
            "{text:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn nothing_behind_the_header_is_read_however_it_comes(
        octets: [u8; 4], port: u16, is_binary: bool, body in prop::collection::vec(any::<u8>(), 0..300),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let source = SocketAddr::from((octets, port));
        let header = if is_binary {
            let rest = [&octets[..], &[10, 0, 0, 1], &port.to_be_bytes(), &[0, 1]].concat();
            binary(0x21, 0x11, &rest)
        } else {
            format!("PROXY TCP4 {} 10.0.0.1 {port} 1\r\n", source.ip()).into_bytes()
        };
        let all = [&header[..], &body].concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(all.len() + 1)).collect();
        cuts.extend([0, all.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &all[pair[0]..pair[1]]).collect();
        let (address, rest) = read_pieces(&pieces);
        prop_assert_eq!(address.unwrap(), Some(source));
        prop_assert_eq!(rest, body);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..40), head in prop::sample::select(vec![
        &b"PROXY TCP4 "[..], b"PROXY TCP6 ", b"PROXY ", &SIGNATURE[..], b"",
    ])) {
        let _ = address_of(&[head, &bytes].concat());
    }
}
