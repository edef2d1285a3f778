//! Answers to clients that speak something else than this listener does. Pure.

/// An answer in HTTP/1.1, after which the connection closes.
pub(super) struct Unspoken {
    status: &'static str,
    text: &'static str,
}

/// A request in the clear where TLS is spoken.
pub(super) const PLAIN_HTTP: Unspoken = Unspoken {
    status: "400 Bad Request",
    text: "this listener speaks TLS (rpc.tls_cert_file): use https://\n",
};

/// HTTP/2, by clients that know beforehand or think so.
pub(super) const HTTP_2: Unspoken = Unspoken {
    status: "505 HTTP Version Not Supported",
    text: "HTTP/2 is not spoken here: use HTTP/1.1\n",
};

/// How a client of HTTP/2 begins (RFC 9113, 3.4), up to where a head of HTTP/1 would end.
const HTTP_2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";

/// Whether what came is the beginning of HTTP/2.
pub(super) fn is_http_2(came: &[u8]) -> bool {
    came.starts_with(HTTP_2_PREFACE)
}

impl Unspoken {
    /// All of the answer.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let Self { status, text } = self;
        let length = text.len();
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preface_of_http_2_is_known_and_no_other_request() {
        assert!(is_http_2(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        for other in [
            &b"PRI / HTTP/1.1\r\n\r\n"[..],
            b"GET / HTTP/2.0\r\n\r\n",
            b"PRI",
        ] {
            assert!(!is_http_2(other));
        }
    }

    #[test]
    fn an_answer_announces_the_length_of_its_text() {
        let bytes = HTTP_2.bytes();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 505 "), "{head}");
        assert!(
            head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())),
            "{head}"
        );
    }
}
