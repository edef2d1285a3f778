//! A small blocking HTTP/1.1 client: what it read is what was sent, truncation is an error.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::description::{self, Answer};
use super::surroundings::now;

/// No test waits longer for one answer, unless it says so.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// An answer, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// In their order, the names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The first header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// As it is held to the description.
    fn described(&self) -> Answer<'_> {
        Answer {
            status: self.status,
            media_type: self.header("content-type"),
            body: &self.body,
        }
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body)
            .unwrap_or_else(|error| panic!("not UTF-8 ({error}): {self:?}"))
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!(
                "not JSON ({error}): {}",
                String::from_utf8_lossy(&self.body)
            )
        })
    }
}

/// A request; `Host` and `Content-Length` are added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

impl<'a> Request<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self {
            method: "GET",
            path,
            headers: &[],
            body: &[],
        }
    }

    pub(crate) fn post(path: &'a str, body: &'a [u8]) -> Self {
        Self {
            method: "POST",
            path,
            headers: &[],
            body,
        }
    }

    pub(crate) fn with(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { headers, ..self }
    }

    fn bytes(&self, host: SocketAddr) -> Vec<u8> {
        let mut lines = vec![
            format!("{} {} HTTP/1.1", self.method, self.path),
            format!("Host: {host}"),
        ];
        lines.extend(
            self.headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}")),
        );
        if !self.body.is_empty() || self.method == "POST" {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        [lines.join("\r\n").as_bytes(), b"\r\n\r\n", self.body].concat()
    }
}

/// A request that came in.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    /// In their order, the names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// The first header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.as_str())
}

/// A connection that is kept alive.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    peer: SocketAddr,
}

impl Connection {
    pub(crate) fn open(addr: SocketAddr) -> io::Result<Self> {
        Self::open_for(addr, TIMEOUT)
    }

    /// As `open`, giving up after `timeout` without a byte.
    pub(crate) fn open_for(addr: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, timeout)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            reader: BufReader::new(stream),
            peer: addr,
        })
    }

    /// The server's end of a connection; waits for requests without end.
    pub(crate) fn accepted(stream: TcpStream) -> io::Result<Self> {
        let peer = stream.peer_addr()?;
        stream.set_nodelay(true)?;
        Ok(Self {
            reader: BufReader::new(stream),
            peer,
        })
    }

    /// The answer to `request`; one of the control API or of a health path is held to its
    /// description.
    #[track_caller]
    pub(crate) fn send(&mut self, request: Request<'_>) -> io::Result<Response> {
        self.write(&request.bytes(self.peer))?;
        let response = self.read(request.method == "HEAD")?;
        let is_ours = response
            .header("server")
            .is_some_and(|name| name.starts_with("bllvmctl/"));
        if is_ours {
            description::hold(request.method, request.path, &response.described());
        }
        Ok(response)
    }

    /// Sends bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Reads one answer; that to a HEAD has no body.
    pub(crate) fn read(&mut self, head: bool) -> io::Result<Response> {
        loop {
            let status = parse_status(&self.line()?)?;
            let headers = self.headers()?;
            let mut response = Response {
                status,
                headers,
                body: Vec::new(),
            };
            if (100..200).contains(&status) {
                continue;
            }
            if !head && status != 204 && status != 304 {
                response.body = self.body(&response)?;
            }
            return Ok(response);
        }
    }

    /// Waits until something has come, and leaves it to be read.
    pub(crate) fn wait_for_some(&mut self) -> io::Result<()> {
        self.reader.fill_buf().map(|_| ())
    }

    /// All bytes until the other side closes.
    pub(crate) fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader.read_to_end(&mut bytes).map(|_| bytes)
    }

    /// Reads one request, as a server: `None` when the client has closed.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Received>> {
        if self.reader.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let line = self.line()?;
        let [method, path, _version] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(malformed("request line", &line));
        };
        let headers = self.headers()?;
        let body = match header(&headers, "content-length") {
            Some(length) => self.exactly(parse_length(length)?)?,
            None if header(&headers, "transfer-encoding").is_some() => self.chunks()?,
            None => Vec::new(),
        };
        Ok(Some(Received {
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body,
        }))
    }

    fn headers(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(headers);
            }
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| malformed("header", &line))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    fn body(&mut self, head: &Response) -> io::Result<Vec<u8>> {
        if head
            .header("transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
        {
            return self.chunks();
        }
        match head.header("content-length") {
            Some(length) => self.exactly(parse_length(length)?),
            None => self.read_to_end(),
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size.trim(), 16)
                .map_err(|_| malformed("chunk size", &line))?;
            if size == 0 {
                self.headers()?;
                return Ok(body);
            }
            body.extend(self.exactly(size)?);
            self.exactly(2)?;
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).map(|()| bytes)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None if line.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            None => Err(malformed("line", &line)),
        }
    }
}

fn parse_status(line: &str) -> io::Result<u16> {
    let code = line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1));
    code.and_then(|code| code.parse().ok())
        .ok_or_else(|| malformed("status line", line))
}

fn parse_length(text: &str) -> io::Result<usize> {
    text.parse().map_err(|_| malformed("length", text))
}

fn malformed(what: &str, text: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("not a {what}: {text:?}"))
}

/// The `Authorization` of `user:password`.
pub(crate) fn basic(user_and_password: impl AsRef<[u8]>) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(user_and_password))
}

/// One request on a connection of its own.
#[track_caller]
pub(crate) fn send(addr: SocketAddr, request: Request<'_>) -> io::Result<Response> {
    Connection::open(addr)?.send(request)
}

/// How long each of some requests took, shortest first.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// The duration that `percent` of 100 requests did not exceed (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent)
            .div_ceil(100)
            .clamp(1, self.0.len());
        self.0[rank - 1]
    }

    pub(crate) fn p99(&self) -> Duration {
        self.percentile(99)
    }

    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }
}

/// Sends `count` GETs of `path`, one after the other on one connection; each must be answered with
/// `status`.
#[track_caller]
pub(crate) fn latencies(addr: SocketAddr, path: &str, status: u16, count: usize) -> Latencies {
    assert!(count > 0, "no request, no latency");
    let mut connection = Connection::open(addr).expect("a connection");
    let mut durations: Vec<_> = (0..count)
        .map(|_| {
            let start = now();
            let response = connection.send(Request::get(path)).expect("an answer");
            let duration = now() - start;
            assert_eq!(response.status, status, "{response:?}");
            duration
        })
        .collect();
    durations.sort_unstable();
    Latencies(durations)
}
