//! The node's half of JSON-RPC, in Bitcoin Core's shapes, codes and HTTP statuses.
//!
//! Decides what a method answers. Refuses to know sockets, users and limits: whoever calls
//! `Rpc::handle` has seen to those. Invariant: a request has an answer, whatever it says.

mod active;
mod answer;
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

use self::active::Active;
use self::call::{Call, Given, Version};
use self::methods::{METHODS, Run};
use self::params::Params;
use super::engine::Engine;
use crate::agent::Agent;
use crate::clock;
use crate::time::Mono;

/// What comes of a method.
type Outcome = Result<Value, RpcError>;

/// An answer, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON, or nothing with 204.
    pub body: Vec<u8>,
}

/// The node's JSON-RPC.
#[derive(Clone)]
pub struct Rpc {
    engine: Engine,
    started: Mono,
    agent: Arc<Agent>,
    stop: CancellationToken,
    active: Active,
}

impl Rpc {
    pub(super) fn new(
        engine: Engine,
        started: Mono,
        agent: Arc<Agent>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            engine,
            started,
            agent,
            stop,
            active: Active::default(),
        }
    }

    /// Answers the JSON-RPC request in `body`, single or batch, as it came to `/` or to
    /// `/wallet/NAME`. There are no wallets, and no method of the node depends on one.
    pub async fn handle(&self, _path: &str, body: &[u8]) -> Reply {
        let Ok(request) = serde_json::from_slice::<&RawValue>(body) else {
            return single(&Call::unreadable(), Err(RpcError::parse("Parse error")));
        };
        match request.get().as_bytes().first() {
            Some(b'[') => {
                self.batch(json::items(request.get()).unwrap_or_default())
                    .await
            }
            Some(b'{') => {
                let (mut call, method) = Call::read(request);
                let outcome = self.outcome(&mut call, method).await;
                if call.is_notification() {
                    Reply {
                        status: 204,
                        body: Vec::new(),
                    }
                } else {
                    single(&call, outcome)
                }
            }
            _ => single(
                &Call::unreadable(),
                Err(RpcError::parse("Top-level object parse error")),
            ),
        }
    }

    /// Calls `method` with `params`, by position or by name; null is none.
    pub(crate) async fn call(&self, method: &str, params: &Value) -> Result<Value, RpcError> {
        let internal = |error: serde_json::Error| RpcError::new(error::MISC, error.to_string());
        let params = to_raw_value(params).map_err(internal)?;
        let result = self.run(method, Given::read(Some(&params))?).await?;
        // As a caller over HTTP reads it.
        serde_json::from_str(&answer::write(&result, method)).map_err(internal)
    }

    async fn batch(&self, requests: Vec<&RawValue>) -> Reply {
        let (mut answers, is_empty) = (Vec::new(), requests.is_empty());
        for request in requests {
            let (mut call, method) = Call::read(request);
            let outcome = self.outcome(&mut call, method).await;
            if !call.is_notification() {
                answers.push(call.envelope(outcome));
            }
        }
        if answers.is_empty() && !is_empty {
            return Reply {
                status: 204,
                body: Vec::new(),
            };
        }
        Reply {
            status: 200,
            body: encode(format!("[{}]", answers.join(","))),
        }
    }

    /// The result, as text.
    async fn outcome(
        &self,
        call: &mut Call,
        method: Result<String, RpcError>,
    ) -> Result<String, RpcError> {
        let name = method?;
        let result = self.run(&name, call.take_params()).await?;
        Ok(answer::write(&result, &name))
    }

    async fn run(&self, name: &str, given: Given) -> Outcome {
        let method = METHODS
            .iter()
            .find(|method| method.usage.name == name)
            .ok_or_else(RpcError::method_not_found)?;
        if let Some(message) = self.engine.phase().message() {
            return Err(RpcError::new(error::IN_WARMUP, message));
        }
        let params = Params::read(&method.usage, given)?;
        let _open = self.active.enter(method.usage.name);
        match method.run {
            Run::Now(run) => Ok(run(&params)),
            Run::Show(run) => self.on_node(move |machine| run(machine)).await,
            Run::Do(run) => self.on_node(move |machine| run(machine, &params)).await,
            Run::OnNode(run) => self.on_node(move |machine| run(machine, &params)).await?,
            Run::Uptime => Ok(json!(clock::mono().since(self.started).as_secs())),
            Run::RpcInfo => Ok(json!({ "active_commands": self.active.show(), "logpath": "" })),
            Run::Generate(target) => self.generate(target(&params)?).await,
            Run::Stop => {
                self.stop.cancel();
                Ok(json!(format!("{} stopping", self.agent.name)))
            }
        }
    }

    async fn on_node<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut super::machine::Machine) -> T + Send + 'static,
    ) -> Result<T, RpcError> {
        self.engine
            .ask(job)
            .await
            .map_err(|stopped| RpcError::new(error::MISC, stopped.to_string()))
    }

    /// Mines block after block, so that others are answered in between.
    async fn generate(&self, order: mining::Order) -> Outcome {
        let mut hashes = Vec::new();
        let mut tries = order.max_tries;
        for _ in 0..order.blocks {
            let script = order.script.clone();
            match self
                .on_node(move |machine| mine(machine, script, tries))
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

fn single(call: &Call, outcome: Result<String, RpcError>) -> Reply {
    let status = match (&outcome, call.version()) {
        (Err(error), Version::One) => error.status(),
        // What is no request has no version.
        (Err(error), Version::Two) if error.is_of_request() => error.status(),
        _ => 200,
    };
    Reply {
        status,
        body: encode(call.envelope(outcome)),
    }
}

/// As bitcoind ends its answers.
fn encode(mut answer: String) -> Vec<u8> {
    answer.push('\n');
    answer.into_bytes()
}
