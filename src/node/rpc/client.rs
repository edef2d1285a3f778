//! One JSON-RPC call to the node, over a kept-alive connection.
//!
//! Refuses to know what is asked and why. Invariant: a call that was sent is waited for, however
//! long; only a connection that is dead, as TCP keep-alive finds, ends it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use serde_json::json;
use url::Url;

use super::credentials::{Authorization, Keyring};
use super::envelope;
use crate::clock;
use crate::node::{NodeError, RefusedCredentials};
use crate::tls::handshake_failure;

/// Longer than any honest answer to a poll: 1000 peers take some 3 MB.
const LIMIT_BYTES: usize = 8 << 20;

/// What was sent to a node and has not come there for so long ends its connection
/// (`TCP_USER_TIMEOUT`): its host is gone.
pub const USER_TIMEOUT: Duration = Duration::from_secs(60);
/// The same of the liveness call, which shows that the host is gone before other calls notice: it
/// is acknowledged by the system of a host that is there, even of a node that is frozen.
pub(super) const LIVENESS_USER_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection takes at most so long to be made; unlike a call, one that is given up costs the
/// node nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Called after each call: method, duration, and how it failed.
pub type CallObserver = Arc<dyn Fn(&'static str, Duration, Option<&NodeError>) + Send + Sync>;

/// A caller with a connection of its own.
pub(super) struct Caller {
    http: reqwest::Client,
    url: Url,
    address: String,
    keyring: Arc<Keyring>,
    observer: CallObserver,
    /// The last call was answered, so that a connection of the pool may have been closed since,
    /// while idle.
    warm: AtomicBool,
}

impl Caller {
    /// A caller that keeps at most `connections` idle connections to `url`, with `tls` if that is
    /// `https`, each of which ends when
    /// what was sent over it is not acknowledged within `user_timeout`.
    pub(super) fn new(
        url: Url,
        tls: &ClientConfig,
        connections: usize,
        user_timeout: Duration,
        keyring: Arc<Keyring>,
        observer: CallObserver,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(connections)
            .pool_idle_timeout(None)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .tcp_user_timeout(user_timeout)
            .tcp_keepalive(Duration::from_secs(30))
            .tcp_keepalive_interval(Duration::from_secs(10))
            .tcp_keepalive_retries(3)
            .user_agent(concat!("bllvmctl/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let address = match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            _ => url.to_string(),
        };
        Ok(Self {
            http,
            url,
            address,
            keyring,
            observer,
            warm: AtomicBool::new(false),
        })
    }

    /// Calls `method`. A 401 makes the credentials be read again, and a connection that the node
    /// closed while it was idle is replaced; each at most once.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: &[serde_json::Value],
    ) -> Result<T, NodeError> {
        let asked = clock::mono();
        let warm = self.warm.load(Ordering::Relaxed);
        let mut answer = self.attempt(method, params).await;
        if warm && matches!(answer, Err(NodeError::Closed { .. })) {
            answer = self.attempt(method, params).await;
        }
        self.warm.store(
            answer.as_ref().err().is_none_or(NodeError::is_answer),
            Ordering::Relaxed,
        );
        (self.observer)(method, clock::mono().since(asked), answer.as_ref().err());
        answer
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: &[serde_json::Value],
    ) -> Result<T, NodeError> {
        let mut used = self.keyring.current();
        let mut response = self.send(method, params, &used).await?;
        if response.status() == StatusCode::UNAUTHORIZED && self.keyring.refused(&used).await {
            used = self.keyring.current();
            response = self.send(method, params, &used).await?;
            if response.status() == StatusCode::UNAUTHORIZED {
                self.keyring.refused(&used).await;
            }
        }
        if response.status().is_success() {
            self.keyring.accepted(&used);
        }
        self.read(method, response).await
    }

    async fn send(
        &self,
        method: &'static str,
        params: &[serde_json::Value],
        authorization: &Authorization,
    ) -> Result<Response, NodeError> {
        let body = json!({"id": "bllvmctl", "method": method, "params": params}).to_string();
        let mut request = self
            .http
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(header) = authorization.header() {
            request = request.header(header::AUTHORIZATION, header);
        }
        request
            .send()
            .await
            .map_err(|error| self.failure(method, &error))
    }

    async fn read<T: DeserializeOwned>(
        &self,
        method: &'static str,
        response: Response,
    ) -> Result<T, NodeError> {
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED => {
                return Err(self.unauthorized(status, self.keyring.describe()));
            }
            StatusCode::FORBIDDEN => {
                return Err(NodeError::Forbidden {
                    address: self.address.clone(),
                    method,
                });
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                return Err(NodeError::Busy {
                    method,
                    status: status.as_u16(),
                });
            }
            _ => {}
        }
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or("no content type")
            .to_owned();
        let body = self.body(method, response).await?;
        envelope::result(method, &body).map_err(|refusal| match refusal {
            envelope::EnvelopeError::NotJsonRpc => self.not_a_node(format!(
                "HTTP {} with {}",
                status.as_u16(),
                envelope::printable(&content_type)
            )),
            envelope::EnvelopeError::Error(error) => error,
        })
    }

    /// The error for whoever listens there without being a node, which `detail` shows.
    pub(super) fn not_a_node(&self, detail: String) -> NodeError {
        NodeError::NotANode {
            address: self.address.clone(),
            detail,
        }
    }

    /// The error for a node that answers none of `methods`.
    pub(super) fn all_forbidden(&self, methods: &[&str]) -> NodeError {
        let detail = format!(
            "does the node's rpcallowip include this machine, and its rpcwhitelist one of {}?",
            methods.join(", ")
        );
        self.unauthorized(StatusCode::FORBIDDEN, RefusedCredentials::Sent(detail))
    }

    fn unauthorized(&self, status: StatusCode, detail: RefusedCredentials) -> NodeError {
        NodeError::Unauthorized {
            address: self.address.clone(),
            status: status.as_u16(),
            detail,
        }
    }

    async fn body(
        &self,
        method: &'static str,
        mut response: Response,
    ) -> Result<Vec<u8>, NodeError> {
        let too_large = || NodeError::TooLarge {
            address: self.address.clone(),
            method,
            limit_bytes: LIMIT_BYTES,
        };
        let announced = response.content_length().unwrap_or(0);
        if announced > u64::try_from(LIMIT_BYTES).unwrap_or(u64::MAX) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.failure(method, &error))?
        {
            if body.len() + chunk.len() > LIMIT_BYTES {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// What a transport error says in our words. Its own text names the URL again, so only its
    /// cause is reported.
    fn failure(&self, method: &'static str, error: &reqwest::Error) -> NodeError {
        let address = self.address.clone();
        if error.is_timeout() && error.is_connect() {
            return NodeError::Connect {
                address,
                reason: "no answer within the timeout".to_owned(),
            };
        }
        let cause = handshake_failure(error).map_or_else(
            || root_cause(error),
            |failure| format!("its server {failure}"),
        );
        if error.is_connect() {
            return NodeError::Connect {
                address,
                reason: cause,
            };
        }
        let parse = std::iter::successors(std::error::Error::source(error), |cause| cause.source())
            .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
            .any(hyper::Error::is_parse);
        if parse {
            return self.not_a_node(format!("not HTTP ({cause})"));
        }
        NodeError::Closed { address, method }
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let last = std::iter::successors(Some(error), |cause| cause.source()).last();
    envelope::printable(&last.map_or_else(String::new, ToString::to_string))
}
