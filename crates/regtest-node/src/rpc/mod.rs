//! The node's half of JSON-RPC, in Bitcoin Core's shapes, codes and HTTP statuses.
//!
//! Decides what a method answers. Refuses to know sockets, users and limits: the caller of
//! `RpcHandler::handle` is responsible for those. Invariant: a request has an answer, whatever it
//! says.

mod active;
mod answer;
mod asm;
mod blocks;
mod call;
mod chain;
mod descriptor;
mod error;
mod json;
mod mempool;
mod methods;
mod mining;
mod network;
mod params;
mod scripts;
mod stats;
mod usage;

pub use self::error::RpcError;
pub(super) use self::mining::mine;

use std::sync::Arc;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use self::active::ActiveCalls;
use self::call::{JsonRpcVersion, RawParams, RpcCall};
use self::error::MethodResult;
use self::methods::{METHODS, MethodHandler};
use self::params::MethodParams;
use crate::agent::Agent;
use crate::clock;
use crate::node_thread::NodeThread;
use crate::time::MonotonicTime;

/// An answer, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcReply {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON, or nothing with 204.
    pub body: Vec<u8>,
}

/// The node's JSON-RPC.
#[derive(Clone)]
pub struct RpcHandler {
    thread: NodeThread,
    started: MonotonicTime,
    agent: Arc<Agent>,
    stop: CancellationToken,
    active: ActiveCalls,
}

impl RpcHandler {
    pub(super) fn new(
        thread: NodeThread,
        started: MonotonicTime,
        agent: Arc<Agent>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            thread,
            started,
            agent,
            stop,
            active: ActiveCalls::default(),
        }
    }

    /// Answers the JSON-RPC request in `body`, single or batch, as it came to `/` or to
    /// `/wallet/NAME`. There are no wallets, and no method of the node depends on one.
    pub async fn handle(&self, _path: &str, body: &[u8]) -> RpcReply {
        let Ok(request) = serde_json::from_slice::<&RawValue>(body) else {
            return single(&RpcCall::unreadable(), Err(RpcError::parse("Parse error")));
        };
        match request.get().as_bytes().first() {
            Some(b'[') => {
                self.batch(json::items(request.get()).unwrap_or_default())
                    .await
            }
            Some(b'{') => {
                let (mut call, method) = RpcCall::read(request);
                let outcome = self.outcome(&mut call, method).await;
                if call.is_notification() {
                    RpcReply {
                        status: 204,
                        body: Vec::new(),
                    }
                } else {
                    single(&call, outcome)
                }
            }
            _ => single(
                &RpcCall::unreadable(),
                Err(RpcError::parse("Top-level object parse error")),
            ),
        }
    }

    /// Calls `method` with `params`, by position or by name; null is none.
    pub(crate) async fn call(&self, method: &str, params: &Value) -> Result<Value, RpcError> {
        let internal = |error: serde_json::Error| RpcError::new(error::MISC, error.to_string());
        let params = to_raw_value(params).map_err(internal)?;
        let result = self.run(method, RawParams::read(Some(&params))?).await?;
        // As a caller over HTTP reads it.
        serde_json::from_str(&answer::write(&result, method)).map_err(internal)
    }

    async fn batch(&self, requests: Vec<&RawValue>) -> RpcReply {
        let mut answers = Vec::new();
        let is_empty = requests.is_empty();
        for request in requests {
            let (mut call, method) = RpcCall::read(request);
            let outcome = self.outcome(&mut call, method).await;
            if !call.is_notification() {
                answers.push(call.envelope(outcome));
            }
        }
        if answers.is_empty() && !is_empty {
            return RpcReply {
                status: 204,
                body: Vec::new(),
            };
        }
        RpcReply {
            status: 200,
            body: encode(format!("[{}]", answers.join(","))),
        }
    }

    /// The result, as text.
    async fn outcome(
        &self,
        call: &mut RpcCall,
        method: Result<String, RpcError>,
    ) -> Result<String, RpcError> {
        let name = method?;
        let result = self.run(&name, call.take_params()).await?;
        Ok(answer::write(&result, &name))
    }

    async fn run(&self, name: &str, given: RawParams) -> MethodResult {
        let method = METHODS
            .iter()
            .find(|method| method.usage.name == name)
            .ok_or_else(RpcError::method_not_found)?;
        if let Some(message) = self.thread.phase().message() {
            return Err(RpcError::new(error::IN_WARMUP, message));
        }
        let params = MethodParams::read(&method.usage, given)?;
        let _open = self.active.enter(method.usage.name);
        match method.run {
            MethodHandler::Now(run) => Ok(run(&params)),
            MethodHandler::Read(run) => self.on_node(move |state| run(state)).await,
            MethodHandler::Do(run) => self.on_node(move |state| run(state, &params)).await,
            MethodHandler::OnNode(run) => self.on_node(move |state| run(state, &params)).await?,
            MethodHandler::Uptime => Ok(json!(clock::mono().since(self.started).as_secs())),
            MethodHandler::RpcInfo => {
                Ok(json!({ "active_commands": self.active.show(), "logpath": "" }))
            }
            MethodHandler::Generate(target) => self.generate(target(&params)?).await,
            MethodHandler::Stop => {
                self.stop.cancel();
                Ok(json!(format!("{} stopping", self.agent.name)))
            }
        }
    }

    async fn on_node<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut super::node_state::NodeState) -> T + Send + 'static,
    ) -> Result<T, RpcError> {
        self.thread
            .request(job)
            .await
            .map_err(|stopped| RpcError::new(error::MISC, stopped.to_string()))
    }

    /// Mines block after block, so that others are answered in between.
    async fn generate(&self, order: mining::GenerateRequest) -> MethodResult {
        let mut hashes = Vec::new();
        let mut tries = order.max_tries;
        for _ in 0..order.blocks {
            let script = order.script.clone();
            match self
                .on_node(move |state| mine(state, script, tries))
                .await??
            {
                Some((hash, used)) => {
                    hashes.push(json!(hash.to_string()));
                    tries = tries.saturating_sub(used);
                }
                None => break,
            }
        }
        Ok(Value::Array(hashes))
    }
}

fn single(call: &RpcCall, outcome: Result<String, RpcError>) -> RpcReply {
    let status = match (&outcome, call.version()) {
        (Err(error), JsonRpcVersion::One) => error.status(),
        // What is no request has no version.
        (Err(error), JsonRpcVersion::Two) if error.is_of_request() => error.status(),
        _ => 200,
    };
    RpcReply {
        status,
        body: encode(call.envelope(outcome)),
    }
}

/// As bitcoind ends its answers.
fn encode(mut answer: String) -> Vec<u8> {
    answer.push('\n');
    answer.into_bytes()
}
