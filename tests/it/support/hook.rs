//! A small server that takes what a webhook is sent, and answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use super::surroundings::{eventually, now};

/// Longer than a notification takes on a busy machine.
const SOON: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);

/// What was sent.
#[derive(Clone, Debug)]
pub(crate) struct HookRequest {
    pub(crate) at: Instant,
    pub(crate) method: String,
    pub(crate) path: String,
    /// In their order, the names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl HookRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }
}

/// What is answered: a status, headers as lines, a body.
pub(crate) type HookAnswer = (u16, &'static str, String);

/// The server, until it is dropped.
pub(crate) struct Hook {
    port: u16,
    taken: Arc<Mutex<Vec<HookRequest>>>,
    is_over: Arc<AtomicBool>,
}

impl Hook {
    /// One that takes everything.
    pub(crate) fn start() -> Self {
        Self::answering(|_| (200, "", "ok".to_owned()))
    }

    /// One that takes everything, behind the certificate of `tls`.
    pub(crate) fn behind(tls: Arc<ServerConfig>) -> Self {
        Self::serving(
            |_| (200, "", "ok".to_owned()),
            move |stream, serve| {
                let session = ServerConnection::new(Arc::clone(&tls)).expect("a session");
                let mut stream = StreamOwned::new(session, stream);
                serve(&mut stream);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            },
        )
    }

    /// One that answers each request with what `answer` makes of it.
    pub(crate) fn answering(
        answer: impl Fn(&HookRequest) -> HookAnswer + Send + Sync + 'static,
    ) -> Self {
        Self::serving(answer, |mut stream, serve| serve(&mut stream))
    }

    fn serving(
        answer: impl Fn(&HookRequest) -> HookAnswer + Send + Sync + 'static,
        speak: impl Fn(TcpStream, &dyn Fn(&mut dyn Stream)) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let of_thread = Arc::clone(&taken);
        let over = Arc::clone(&is_over);
        let answer = Arc::new(answer);
        let speak = Arc::new(speak);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let taken = Arc::clone(&of_thread);
                let answer = Arc::clone(&answer);
                let speak = Arc::clone(&speak);
                let _ = stream.set_read_timeout(Some(TIMEOUT));
                // A client that sends nothing keeps no other one waiting.
                thread::spawn(move || {
                    speak(stream, &|stream| serve(stream, &taken, &*answer));
                });
            }
        });
        Self {
            port,
            taken,
            is_over,
        }
    }

    /// Its URL with this path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Its URL with this path, with TLS.
    pub(crate) fn https_url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// All that was taken so far.
    pub(crate) fn taken(&self) -> Vec<HookRequest> {
        self.taken.lock().expect("the requests").clone()
    }

    /// Waits until what was taken is `good`, and returns it.
    #[track_caller]
    pub(crate) fn wait(
        &self,
        what: &str,
        good: impl Fn(&[HookRequest]) -> bool,
    ) -> Vec<HookRequest> {
        eventually(what, SOON, || self.taken(), |taken| good(taken))
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // It looks at the flag with the next connection.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

/// What a request is read from, and its answer written to.
trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

fn serve(
    stream: &mut dyn Stream,
    taken: &Mutex<Vec<HookRequest>>,
    answer: &dyn Fn(&HookRequest) -> HookAnswer,
) {
    let Some(request) = read(stream) else {
        return;
    };
    let (status, headers, body) = answer(&request);
    taken.lock().expect("the requests").push(request);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // Whoever reads no more of it has its reasons.
    let _ = stream.write_all((head + &body).as_bytes());
}

fn read(stream: &mut dyn Stream) -> Option<HookRequest> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let method = words.next()?;
    let path = words.next()?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = HookRequest {
        at: now(),
        method,
        path,
        headers,
        body: String::new(),
    };
    let length = request.header("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}
