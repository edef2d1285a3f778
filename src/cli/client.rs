//! The HTTP client of the daemon: its requests, and what their answers mean.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context;
use reqwest::header::{CONTENT_TYPE, SERVER};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use url::{Url, form_urlencoded};

use super::answer::{Answer, ControlAnswer, NodeDocuments};
use super::args::Common;
use super::daemon_access::DaemonAccess;
use super::exit::{Exit, Failure};
use super::local_daemon::{LocalDaemon, Transport};
use super::node_names::unknown_node;
use super::unreachable::{not_bllvmctl, unreachable};
use crate::api::{ProblemDetails, path_of_node, path_of_status};
use crate::env::Env;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Ends the request that waits for an answer, else the next one; one for the process, which runs
/// one command.
static REQUEST_ABANDONED: Notify = Notify::const_new();

/// Lets the request that waits for an answer fail, else the next one: nobody needs it any more.
pub(super) fn abandon_request() {
    REQUEST_ABANDONED.notify_one();
}

/// A client of the daemon.
pub(super) struct Client {
    runtime: Runtime,
    /// Over TCP; made when it is needed, since the files of TLS may be missing.
    http: OnceLock<reqwest::Client>,
    ca_file: Option<PathBuf>,
    timeout: Duration,
    /// That of `--timeout`.
    is_timeout_given: bool,
    access: DaemonAccess,
    /// The daemon at the control socket of `access`.
    local: Option<LocalDaemon>,
    /// The node of `--node`; `None`: the only one.
    node: Option<String>,
}

/// A request to the daemon.
struct Request<'a> {
    method: Method,
    path: &'a str,
    token: Option<&'a str>,
    document: Option<String>,
}

impl<'a> Request<'a> {
    fn get(path: &'a str) -> Self {
        Self {
            method: Method::GET,
            path,
            token: None,
            document: None,
        }
    }
}

impl Client {
    /// The client of each daemon that `--url` names, else of the one that there is.
    pub(super) fn all(common: &Common, env: &Env) -> Result<Vec<Self>, Failure> {
        if common.url.len() < 2 {
            return Ok(vec![Self::new(common, env)?]);
        }
        let of_url = |url: &String| {
            let common = Common {
                url: vec![url.clone()],
                ..common.clone()
            };
            Self::new(&common, env)
        };
        common.url.iter().map(of_url).collect()
    }

    pub(super) fn new(common: &Common, env: &Env) -> Result<Self, Failure> {
        if common.url.len() > 1 {
            let text = "--url is there several times: this command asks one daemon";
            let hint = "`nodes drain`, `nodes undrain` and `nodes maintain` take several";
            return Err(Failure::text(Exit::Usage, text).hint(hint));
        }
        let internal = |error: anyhow::Error| Failure::new(Exit::Internal, error);
        let timeout = common.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")
            .map_err(internal)?;
        let access = DaemonAccess::find(common, env)?;
        let socket = access.socket.as_deref();
        let local = socket.map(LocalDaemon::new).transpose()?;
        Ok(Self {
            runtime,
            http: OnceLock::new(),
            ca_file: common.ca_file.clone(),
            timeout,
            is_timeout_given: common.timeout.is_some(),
            local,
            access,
            node: common.node.clone(),
        })
    }

    /// As this one, but it waits for so long where `--timeout` does not say otherwise.
    pub(super) fn patient(self, timeout: Duration) -> Self {
        Self {
            timeout: if self.is_timeout_given {
                self.timeout
            } else {
                timeout
            },
            ..self
        }
    }

    /// Whether an option or the environment names the file with the control token.
    pub(super) fn has_explicit_token(&self) -> bool {
        self.access.has_explicit_token
    }

    /// The node of `--node`; `None`: the only one.
    pub(super) fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// The path of `resource` of that node, such as `queue/add`.
    pub(super) fn path_of(&self, resource: &str) -> String {
        path_of_node(self.node.as_deref(), resource)
    }

    /// The path of that node's status.
    pub(super) fn status_path(&self) -> String {
        path_of_status(self.node.as_deref())
    }

    /// A health path for that node, with a line for each check if it is `verbose`.
    pub(super) fn health_path(&self, path: &str, verbose: bool) -> String {
        let node = self.node.as_ref().map(|node| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("node", node).finish()
        });
        let verbose = verbose.then(|| "verbose".to_owned());
        let query: Vec<String> = verbose.into_iter().chain(node).collect();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }

    /// `GET` of a path that needs no token, waiting at most `limit`. Fails unless bllvmctl
    /// answered, by its headers or by `in_body`.
    pub(super) fn get(
        &self,
        path: &str,
        limit: Option<Duration>,
        in_body: impl FnOnce(&str) -> bool,
    ) -> Result<Answer, Failure> {
        let transport = self.transport()?;
        let answer = self.send_over(&transport, Request::get(path), limit)?;
        if answer.is_from_bllvmctl(in_body) {
            Ok(answer)
        } else {
            Err(not_bllvmctl(&transport, &answer))
        }
    }

    /// A request to the control API; a success has a `T`.
    pub(super) fn control<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
    ) -> Result<ControlAnswer<T>, Failure> {
        self.control_with(method, path, None)
    }

    /// A `POST` to the control API with a document.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<ControlAnswer<T>, Failure> {
        let document =
            serde_json::to_string(request).map_err(|error| Failure::new(Exit::Internal, error))?;
        self.control_with(Method::POST, path, Some(document))
    }

    /// What is below `resource` of the only node, or of the one of `--node`; of each, where there
    /// are several and none is named.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        resource: &str,
    ) -> Result<NodeDocuments<T>, Failure> {
        let answer = self.exchange::<T>(Method::GET, &self.path_of(resource), None)?;
        let Some(names) = several_nodes(&answer) else {
            return ControlAnswer::new(answer).granted().map(NodeDocuments::One);
        };
        let mut each = Vec::new();
        for name in names {
            let path = path_of_node(Some(&name), resource);
            let document = self.control::<T>(Method::GET, &path)?.granted()?;
            each.push((name, document));
        }
        Ok(NodeDocuments::Each(each))
    }

    fn control_with<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        document: Option<String>,
    ) -> Result<ControlAnswer<T>, Failure> {
        let answer = self.exchange::<T>(method, path, document)?;
        match several_nodes(&answer) {
            Some(names) => Err(node_not_named(&names)),
            None => Ok(ControlAnswer::new(answer)),
        }
    }

    /// The answer to a request to the control API, if it was let in and its node is there.
    fn exchange<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        document: Option<String>,
    ) -> Result<Answer, Failure> {
        let transport = self.transport()?;
        let token = if transport.needs_token {
            Some(self.access.token()?)
        } else {
            None
        };
        let request = Request {
            method,
            path,
            token: token.as_ref().and_then(|token| token.as_deref().ok()),
            document,
        };
        let answer = self.send_over(&transport, request, None)?;
        if !ControlAnswer::<T>::is_from_bllvmctl(&answer) {
            return Err(not_bllvmctl(&transport, &answer));
        }
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                let text = format!("the daemon at {} refused the request", transport.address);
                let error = match (token, answer.problem_detail()) {
                    // The request was sent without a token, since none could be read.
                    (Some(Err(unread)), _) => unread,
                    (_, Some(detail)) => anyhow::Error::msg(detail).context(text),
                    (_, None) => anyhow::Error::msg(text),
                };
                let hint = "run the command as the user of the daemon, with the configuration that \
                            has its state_dir, or name the token with --token-file";
                Err(Failure::new(Exit::NotAuthorised, error).hint(hint))
            }
            StatusCode::NOT_FOUND if let Some(failure) = no_such_node(&answer) => Err(failure),
            _ => Ok(answer),
        }
    }

    /// How the daemon is reached now: it may have been started since the last request.
    fn transport(&self) -> Result<Transport<'_>, Failure> {
        if let Some(local) = self.local.as_ref().and_then(LocalDaemon::transport) {
            return Ok(local);
        }
        Ok(Transport {
            http: self.http()?,
            url: self.access.url.as_str(),
            address: self.access.url.to_string(),
            needs_token: true,
        })
    }

    /// The client over TCP, which reads the files of TLS.
    fn http(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = self.access.client(self.ca_file.as_deref())?;
        Ok(self.http.get_or_init(|| http))
    }

    fn send_over(
        &self,
        transport: &Transport<'_>,
        request: Request<'_>,
        limit: Option<Duration>,
    ) -> Result<Answer, Failure> {
        let url = Url::parse(transport.url)
            .and_then(|url| url.join(request.path))
            .map_err(|error| Failure::new(Exit::Usage, error))?;
        let limit = limit.map_or(self.timeout, |limit| limit.min(self.timeout));
        let mut builder = transport.http.request(request.method, url).timeout(limit);
        if let Some(token) = request.token {
            builder = builder.bearer_auth(token);
        }
        if let Some(document) = request.document {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(document);
        }
        let exchange = async {
            let response = builder.send().await?;
            let status = response.status();
            let server = response
                .headers()
                .get(SERVER)
                .and_then(|server| server.to_str().ok());
            let has_bllvmctl_headers = server.is_some_and(|server| server.starts_with("bllvmctl/"))
                || response
                    .headers()
                    .get(CONTENT_TYPE)
                    .is_some_and(|kind| kind == ProblemDetails::MEDIA_TYPE);
            let body = response.bytes().await?;
            Ok(Answer {
                status,
                body: String::from_utf8_lossy(&body).into_owned(),
                has_bllvmctl_headers,
            })
        };
        let answer = self.runtime.block_on(async {
            tokio::select! {
                answer = exchange => Some(answer),
                () = REQUEST_ABANDONED.notified() => None,
            }
        });
        let abandoned = || Failure::text(Exit::Unreachable, "the request was abandoned");
        let answer: reqwest::Result<Answer> = answer.ok_or_else(abandoned)?;
        answer.map_err(|error| unreachable(&transport.address, error))
    }
}

/// The names of the nodes, if the answer says that one of them has to be named.
fn several_nodes(answer: &Answer) -> Option<Vec<String>> {
    if answer.status != StatusCode::BAD_REQUEST {
        return None;
    }
    answer.problem()?.nodes
}

/// The failure of a command that means one node, where there are several.
fn node_not_named(names: &[String]) -> Failure {
    let text = format!(
        "there are several nodes, and none is named: {}",
        names.join(", ")
    );
    Failure::text(Exit::Usage, text).hint("name a node with --node NAME")
}

/// The failure, if the answer says that the node does not exist.
fn no_such_node(answer: &Answer) -> Option<Failure> {
    let problem = answer.problem()?;
    problem.nodes?;
    Some(unknown_node(problem.detail))
}
