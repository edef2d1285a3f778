//! A node that counts what it gets, and answers as the test says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What is done with a call.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// This result.
    Result(Value),
    /// This error, as bitcoind answers in version 1.
    Error(i64, &'static str),
    /// This status with this body.
    Status(u16, &'static str),
    /// Nothing, for ever.
    Hang,
    /// The node's name, once the call is released.
    Hold,
    /// The connection is closed.
    Close,
    /// The head of an answer and some of its body, and then the connection is closed.
    HalfAnswer,
}

impl Act {
    /// Whether a client may take it that the call has run.
    pub(super) fn may_have_run(&self) -> bool {
        !matches!(self, Self::Status(401 | 503, _) | Self::Error(-28, _))
    }
}

/// A call as it came.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StubCall {
    pub(super) path: String,
    pub(super) method: String,
    pub(super) id: Value,
    pub(super) params: Value,
}

struct StubState {
    acts: Mutex<HashMap<String, Act>>,
    calls: Mutex<Vec<(StubCall, Act)>>,
    killed: CancellationToken,
    name: String,
    /// One for each call on hold that may be answered.
    releases: Semaphore,
}

/// A node that listens until it is killed.
pub(super) struct StubNode {
    pub(super) port: u16,
    state: Arc<StubState>,
    tasks: TaskTracker,
}

impl StubNode {
    /// One that answers every call with its `name`.
    pub(super) async fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let usual = Act::Result(json!(name));
        let state = Arc::new(StubState {
            acts: Mutex::new(HashMap::from([(String::new(), usual)])),
            calls: Mutex::default(),
            killed: CancellationToken::new(),
            name: name.to_owned(),
            releases: Semaphore::new(0),
        });
        let tasks = TaskTracker::new();
        tasks.spawn({
            let state = Arc::clone(&state);
            let tasks = tasks.clone();
            async move {
                loop {
                    let stream = tokio::select! {
                        accepted = listener.accept() => accepted.unwrap().0,
                        () = state.killed.cancelled() => return,
                    };
                    tasks.spawn(serve(stream, Arc::clone(&state)));
                }
            }
        });
        Self { port, state, tasks }
    }

    /// From now on calls of `method` are answered so; of any, if it is empty.
    pub(super) fn set(&self, method: &str, act: Act) {
        self.state
            .acts
            .lock()
            .unwrap()
            .insert(method.to_owned(), act);
    }

    /// Answers as many calls that are on hold, those first that came first.
    pub(super) fn release(&self, calls: usize) {
        self.state.releases.add_permits(calls);
    }

    /// Closes all connections, and takes no more.
    pub(super) async fn kill(&self) {
        self.state.killed.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub(super) fn calls(&self) -> Vec<StubCall> {
        self.acted().into_iter().map(|(call, _)| call).collect()
    }

    /// The calls, and what was done with each.
    pub(super) fn acted(&self) -> Vec<(StubCall, Act)> {
        self.state.calls.lock().unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.state.calls.lock().unwrap().len()
    }

    /// Waits until that many calls have come.
    pub(super) async fn wait_for(&self, calls: usize) {
        while self.count() < calls {
            tokio::task::yield_now().await;
        }
    }
}

async fn serve(mut stream: TcpStream, state: Arc<StubState>) {
    tokio::select! {
        () = answer_all(&mut stream, &state) => {}
        () = state.killed.cancelled() => {}
    }
}

async fn answer_all(stream: &mut TcpStream, state: &StubState) {
    let mut came = Vec::new();
    while let Some((path, body)) = read(stream, &mut came).await {
        let parsed: Value = serde_json::from_slice(&body).unwrap();
        let call = parsed.get(0).unwrap_or(&parsed);
        let method = call["method"].as_str().unwrap().to_owned();
        let id = call["id"].clone();
        let params = call["params"].clone();
        let act = {
            let acts = state.acts.lock().unwrap();
            acts.get(&method).or_else(|| acts.get("")).unwrap().clone()
        };
        let call = StubCall {
            path,
            method,
            id,
            params,
        };
        let id = call.id.clone();
        state.calls.lock().unwrap().push((call, act.clone()));
        let success = |result: Value| {
            let body = json!({"result": result, "error": null, "id": id});
            (200, body.to_string())
        };
        let (status, body) = match act {
            Act::Result(result) => success(result),
            Act::Hold => {
                state.releases.acquire().await.unwrap().forget();
                success(json!(state.name))
            }
            Act::Error(code, message) => {
                let error = json!({"code": code, "message": message});
                let body = json!({"result": null, "error": error, "id": id});
                (500, body.to_string())
            }
            Act::Status(status, body) => (status, body.to_owned()),
            Act::Hang => std::future::pending().await,
            Act::Close => return,
            Act::HalfAnswer => {
                let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"result\"";
                let _ = stream.write_all(half).await;
                return;
            }
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The path and the body of the next request; `None` at the end.
async fn read(stream: &mut TcpStream, came: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = came.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8(came[..end].to_vec()).unwrap();
            let path = head.split(' ').nth(1).unwrap().to_owned();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "));
            let body = end + 4..end + 4 + length.unwrap().parse::<usize>().unwrap();
            if came.len() >= body.end {
                let bytes = came[body.clone()].to_vec();
                came.drain(..body.end);
                return Some((path, bytes));
            }
        }
        if stream.read_buf(came).await.ok()? == 0 {
            return None;
        }
    }
}
