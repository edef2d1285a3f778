//! A node that misbehaves on demand: JSON-RPC over HTTP/1.1, a thread for each connection.
//!
//! It counts what it is asked, and how much of that at once. What it does can be changed while it
//! runs; a call that hangs goes on as soon as something else is set for its method.

mod behaviour;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

use super::fixture::Fixture;
use super::http::{Connection, Received};
use super::surroundings::{free_port, listen_again, now};
pub(crate) use behaviour::Behaviour;
use behaviour::{behaviour_of, json_rpc, keys_of};

/// One call, as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// The JSON-RPC method; `GET /path` for any other request.
    pub(crate) method: String,
    pub(crate) params: Value,
    /// The headers of the request it came in.
    pub(crate) headers: Vec<(String, String)>,
}

impl Call {
    /// The first header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A node that runs until it is dropped.
pub(crate) struct FakeNode {
    shared: Arc<Shared>,
    port: u16,
    listener: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    behaviours: BTreeMap<String, Behaviour>,
    overriding: Option<Behaviour>,
    /// Is answered as set for it all the same.
    spared: Option<&'static str>,
    required: Option<String>,
    connections: usize,
    open: Vec<TcpStream>,
    calls: Vec<Call>,
    /// Now and at most, of each method and, under the empty name, of all.
    outstanding: BTreeMap<String, (usize, usize)>,
    closed: bool,
}

impl FakeNode {
    /// Starts a node that does this when it is asked for these methods, and knows no others.
    pub(crate) fn start<'a>(behaviours: impl IntoIterator<Item = (&'a str, Behaviour)>) -> Self {
        Self::start_on(free_port(), behaviours)
    }

    /// As `start`, on this port: for a node that comes back.
    #[track_caller]
    pub(crate) fn start_on<'a>(
        port: u16,
        behaviours: impl IntoIterator<Item = (&'a str, Behaviour)>,
    ) -> Self {
        let socket = listen_again(port);
        let shared = Arc::new(Shared::default());
        shared.lock().behaviours.extend(
            behaviours
                .into_iter()
                .map(|(method, does)| (method.to_owned(), does)),
        );
        let listener = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&socket)
        });
        Self {
            shared,
            port,
            listener: Some(listener),
        }
    }

    /// A node that answers as the recorded one in `folder`, say `core-31.99/synced-prunable`.
    ///
    /// A call with the very parameters of a recording gets that answer; else the one recorded under
    /// the method's name.
    #[track_caller]
    pub(crate) fn from_fixtures(folder: &str) -> Self {
        Self::from_fixtures_on(free_port(), folder)
    }

    /// As `from_fixtures`, on this port.
    #[track_caller]
    pub(crate) fn from_fixtures_on(port: u16, folder: &str) -> Self {
        let node = Self::start_on(port, []);
        for fixture in Fixture::all_in(folder)
            .into_iter()
            .filter(|fixture| fixture.authorized)
        {
            for key in keys_of(&fixture) {
                node.shared
                    .lock()
                    .behaviours
                    .insert(key, behaviour_of(&fixture));
            }
        }
        node
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on `method` is answered so, whatever its parameters, also where a call hangs. `GET
    /// /path` is a method too; a method followed by a space and parameters as JSON is a call with
    /// just these.
    pub(crate) fn set(&self, method: &str, behaviour: Behaviour) {
        let mut state = self.shared.lock();
        state.behaviours.retain(|key, _| {
            key.strip_prefix(method)
                .is_none_or(|rest| !rest.starts_with(' '))
        });
        state.behaviours.insert(method.to_owned(), behaviour);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// From now on every call is answered so, whatever is set for its method.
    pub(crate) fn override_all(&self, behaviour: Behaviour) {
        let mut state = self.shared.lock();
        state.overriding = Some(behaviour);
        state.spared = None;
        drop(state);
        self.shared.changed.notify_all();
    }

    /// As `override_all`, but for `spared`, which is answered as set for it.
    pub(crate) fn override_all_but(&self, spared: &'static str, behaviour: Behaviour) {
        let mut state = self.shared.lock();
        state.overriding = Some(behaviour);
        state.spared = Some(spared);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// From now on every call is again answered as set for its method.
    pub(crate) fn end_override(&self) {
        self.shared.lock().overriding = None;
        self.shared.changed.notify_all();
    }

    /// From now on calls need this `Authorization`; without it they get a 401.
    pub(crate) fn require(&self, authorization: &str) {
        self.shared.lock().required = Some(authorization.to_owned());
    }

    /// Connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Calls so far, in the order they came. One that was refused for its credentials is among
    /// them.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
    }

    /// How often `method` was called.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.shared
            .lock()
            .calls
            .iter()
            .filter(|call| call.method == method)
            .count()
    }

    /// Most calls that were unanswered at one moment.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once_of("")
    }

    /// Most calls of `method` that were unanswered at one moment.
    pub(crate) fn most_at_once_of(&self, method: &str) -> usize {
        self.shared
            .lock()
            .outstanding
            .get(method)
            .map_or(0, |&(_, most)| most)
    }

    /// Calls that are unanswered now.
    pub(crate) fn outstanding(&self) -> usize {
        self.shared
            .lock()
            .outstanding
            .get("")
            .map_or(0, |&(now, _)| now)
    }

    /// Closes every connection that is open.
    pub(crate) fn disconnect_all(&self) {
        for stream in self.shared.lock().open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        self.disconnect_all();
        // The listener looks up when somebody knocks.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: Arc<Self>, socket: &TcpListener) {
        let mut served = Vec::new();
        for stream in socket.incoming().flatten() {
            let Ok(twin) = stream.try_clone() else {
                continue;
            };
            {
                let mut state = self.lock();
                if state.closed {
                    break;
                }
                state.connections += 1;
                state.open.push(twin);
            }
            let shared = Arc::clone(&self);
            served.push(thread::spawn(move || {
                // A connection that breaks is the client's business.
                let _ = shared.serve(stream);
            }));
        }
        for connection in served {
            let _ = connection.join();
        }
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let closer = stream.try_clone()?;
        let mut connection = Connection::accepted(stream)?;
        while let Some(request) = connection.receive()? {
            if !self.answer(&mut connection, &request)? {
                break;
            }
        }
        // `open` holds a twin of the socket, so that dropping this one would not close it.
        closer.shutdown(Shutdown::Both)
    }

    /// Answers one request; whether the connection stays open.
    fn answer(&self, connection: &mut Connection, request: &Received) -> io::Result<bool> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let calls = match (&body, request.method.as_str()) {
            (Value::Array(batch), "POST") => batch.clone(),
            (Value::Object(_), "POST") => vec![body.clone()],
            (_, "POST") => {
                return connection
                    .write(&head_and_body(500, "application/json", PARSE_ERROR))
                    .map(|()| true);
            }
            (_, other) => vec![json!({"method": format!("{other} {}", request.path)})],
        };
        let outstanding: Vec<_> = calls.iter().map(|call| self.begin(call, request)).collect();
        let required = self.lock().required.clone();
        if required.is_some() && request.header("authorization") != required.as_deref() {
            drop(outstanding);
            return connection.write(UNAUTHORIZED.as_bytes()).map(|()| true);
        }
        // A call is outstanding until its answer begins: once a client has read it, no count may
        // include it.
        let decided: Vec<_> = calls.iter().map(|call| (call, self.decide(call))).collect();
        // What cannot be part of a batch's answer becomes the answer to the batch.
        let whole = decided
            .iter()
            .find(|(call, behaviour)| json_rpc(call, behaviour).is_none());
        if let Some((call, behaviour)) = whole.or(decided.first().filter(|_| !body.is_array())) {
            let _until_the_end = (*behaviour == Behaviour::HalfAnswerHang).then_some(outstanding);
            return self.act(connection, call, behaviour);
        }
        drop(outstanding);
        let answers: Vec<_> = decided
            .iter()
            .filter_map(|(call, does)| Some(json_rpc(call, does)?.1))
            .collect();
        connection
            .write(&json_answer(200, &Value::Array(answers)))
            .map(|()| true)
    }

    /// What to do about a call, after all waiting.
    fn decide(&self, call: &Value) -> Behaviour {
        let mut state = self.lock();
        loop {
            match state.behaviour(call) {
                _ if state.closed => return Behaviour::Close,
                Behaviour::Hang => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Behaviour::Late(after, then) => {
                    let until = now() + after;
                    while let Some(left) = until
                        .checked_duration_since(now())
                        .filter(|_| !state.closed)
                    {
                        state = self
                            .changed
                            .wait_timeout(state, left)
                            .unwrap_or_else(PoisonError::into_inner)
                            .0;
                    }
                    return *then;
                }
                Behaviour::Then(once, afterwards) => {
                    let method = call["method"].as_str().unwrap_or_default().to_owned();
                    state.behaviours.insert(method, *afterwards);
                    return *once;
                }
                other => return other,
            }
        }
    }

    fn act(
        &self,
        connection: &mut Connection,
        call: &Value,
        behaviour: &Behaviour,
    ) -> io::Result<bool> {
        const HALF: &str = "{\"result\":{\"half\":";
        if let Some((status, answer)) = json_rpc(call, behaviour) {
            return connection
                .write(&json_answer(status, &answer))
                .map(|()| true);
        }
        match behaviour {
            Behaviour::Status {
                status,
                content_type,
                body,
            } => {
                connection.write(&head_and_body(*status, content_type, body))?;
                Ok(true)
            }
            Behaviour::Garbage(bytes) => connection.write(bytes).map(|()| false),
            Behaviour::HalfAnswer | Behaviour::HalfAnswerHang => {
                connection.write(
                    format!("{}{HALF}", head(200, "application/json", HALF.len() * 2)).as_bytes(),
                )?;
                self.wait_while(call, &Behaviour::HalfAnswerHang);
                Ok(false)
            }
            Behaviour::HalfThenRest => {
                connection.write(
                    format!("{}{HALF}", head(200, "application/json", HALF.len() * 2)).as_bytes(),
                )?;
                self.wait_while(call, &Behaviour::HalfThenRest);
                connection.write(HALF.as_bytes()).map(|()| true)
            }
            Behaviour::Huge(size) => huge(connection, *size).map(|()| true),
            // All waiting is over, and results and errors are answered.
            _close => Ok(false),
        }
    }

    fn wait_while(&self, call: &Value, behaviour: &Behaviour) {
        let mut state = self.lock();
        while !state.closed && state.behaviour(call) == *behaviour {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn begin(&self, call: &Value, request: &Received) -> Outstanding<'_> {
        let method = call["method"].as_str().unwrap_or_default().to_owned();
        let mut state = self.lock();
        for name in ["", &method] {
            let (now, most) = state.outstanding.entry(name.to_owned()).or_default();
            *now += 1;
            *most = (*most).max(*now);
        }
        let headers = request.headers.clone();
        state.calls.push(Call {
            method: method.clone(),
            params: call["params"].clone(),
            headers,
        });
        Outstanding {
            shared: self,
            method,
        }
    }
}

impl State {
    fn behaviour(&self, call: &Value) -> Behaviour {
        let method = call["method"].as_str().unwrap_or_default();
        if let Some(behaviour) = &self.overriding
            && self.spared != Some(method)
        {
            return behaviour.clone();
        }
        let exact = format!("{method} {}", call["params"]);
        let found = self
            .behaviours
            .get(&exact)
            .or_else(|| self.behaviours.get(method));
        found.cloned().unwrap_or_else(Behaviour::unknown_method)
    }
}

/// A call that has come and is not answered yet.
struct Outstanding<'a> {
    shared: &'a Shared,
    method: String,
}

impl Drop for Outstanding<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        for name in ["", &self.method] {
            if let Some((now, _)) = state.outstanding.get_mut(name) {
                *now -= 1;
            }
        }
    }
}

const PARSE_ERROR: &str =
    r#"{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}"#;
const UNAUTHORIZED: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic \
    realm=\"jsonrpc\"\r\nContent-Length: 0\r\n\r\n";

fn head(status: u16, content_type: &str, length: usize) -> String {
    let content_type = if content_type.is_empty() {
        String::new()
    } else {
        format!("Content-Type: {content_type}\r\n")
    };
    format!("HTTP/1.1 {status} Reason\r\n{content_type}Content-Length: {length}\r\n\r\n")
}

fn head_and_body(status: u16, content_type: &str, body: &str) -> Vec<u8> {
    [
        head(status, content_type, body.len()).as_bytes(),
        body.as_bytes(),
    ]
    .concat()
}

fn json_answer(status: u16, answer: &Value) -> Vec<u8> {
    head_and_body(status, "application/json", &answer.to_string())
}

fn huge(connection: &mut Connection, size: usize) -> io::Result<()> {
    static PIECE: [u8; 65_536] = [b'0'; 65_536];
    let before = r#"{"error":null,"result":""#;
    let after = r#""}"#;
    connection
        .write(head(200, "application/json", before.len() + size + after.len()).as_bytes())?;
    connection.write(before.as_bytes())?;
    let mut left = size;
    while left > 0 {
        let piece = left.min(PIECE.len());
        connection.write(&PIECE[..piece])?;
        left -= piece;
    }
    connection.write(after.as_bytes())
}
