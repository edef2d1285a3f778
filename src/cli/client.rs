//! The way to the daemon: where it is, and with which token.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use reqwest::header::{CONTENT_TYPE, SERVER};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::args::Common;
use super::config::not_valid;
use super::exit::{Exit, Failure};
use crate::config::{self, Flags, Loaded, Problem, Severity};
use crate::daemon::control_cookie;
use crate::env::Env;

/// Where the daemon is if nothing says otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:18332";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client of the daemon.
pub(super) struct Client {
    runtime: Runtime,
    http: reqwest::Client,
    timeout: Duration,
    url: Url,
    /// Where the control token is; or what keeps the configuration from saying it, told when it is
    /// needed.
    token_file: Result<Option<PathBuf>, Vec<Problem>>,
    /// Somebody has named that file.
    names_token: bool,
}

/// What the daemon answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: String,
    /// The headers say that a bllvmctl has answered.
    is_ours: bool,
}

/// What is asked of it.
struct Sent<'a> {
    method: Method,
    path: &'a str,
    token: Option<&'a str>,
    document: Option<&'a Value>,
}

impl<'a> Sent<'a> {
    fn plain(path: &'a str) -> Self {
        Self {
            method: Method::GET,
            path,
            token: None,
            document: None,
        }
    }
}

impl Answer {
    /// Of a bllvmctl: by its headers, which a proxy may take away, else by what `in_body` finds.
    fn is_ours(&self, in_body: impl FnOnce(&str) -> bool) -> bool {
        self.is_ours || in_body(&self.body)
    }

    /// The answer to a wish: what the daemon says of it, or why it says no.
    pub(super) fn granted(self) -> Result<Value, Failure> {
        match self.status {
            StatusCode::OK => self.json(),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::BAD_GATEWAY => {
                let detail =
                    problem_detail(&self).unwrap_or_else(|| "the daemon says no".to_owned());
                Err(Failure::text(Exit::No, detail))
            }
            StatusCode::BAD_REQUEST => Err(Failure::text(
                Exit::Usage,
                problem_detail(&self).unwrap_or_default(),
            )),
            _ => Err(unexpected(&self)),
        }
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, Failure> {
        serde_json::from_str(&self.body)
            .with_context(|| {
                format!(
                    "cannot read the daemon's answer (HTTP {})",
                    self.status.as_u16()
                )
            })
            .map_err(|error| Failure::new(Exit::Internal, error))
    }
}

impl Client {
    pub(super) fn new(common: &Common, env: &Env) -> Result<Self, Failure> {
        let internal = |error: anyhow::Error| Failure::new(Exit::Internal, error);
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime
            .context("cannot start the runtime")
            .map_err(internal)?;
        let timeout = common.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(timeout)
            .build();
        let http = http
            .context("cannot make an HTTP client")
            .map_err(internal)?;
        let named_url = common
            .url
            .clone()
            .or_else(|| env.get("BLLVMCTL_URL").map(str::to_owned));
        let token_file = common
            .token_file
            .clone()
            .or_else(|| env.get("BLLVMCTL_TOKEN_FILE").map(PathBuf::from));
        let names_token = token_file.is_some();
        // The configuration is read only for what was not given.
        let loaded = (named_url.is_none() || token_file.is_none()).then(|| load(common, env));
        let url = match (&named_url, &loaded) {
            (Some(url), _) => url.clone(),
            (None, Some(loaded)) if !tells(loaded, &["rpc.listen", "rpc.ops_listen"]) => {
                return Err(not_valid(&loaded.problems));
            }
            (None, loaded) => loaded
                .as_ref()
                .and_then(daemon_url)
                .unwrap_or_else(|| DEFAULT_URL.to_owned()),
        };
        let url = Url::parse(&url).with_context(|| format!("`{url}` is not a URL"));
        let url = url.map_err(|error| {
            let quotes = named_url
                .as_ref()
                .is_some_and(|url| url.contains(['"', '\'']));
            let hint = if quotes {
                "the quotes are part of the value; leave them out".to_owned()
            } else {
                format!("write {DEFAULT_URL}, say")
            };
            Failure::new(Exit::Usage, error).hint(hint)
        })?;
        if url.scheme() != "http" || url.host().is_none() {
            let text = format!("`{url}` is not the URL of a daemon");
            return Err(Failure::text(Exit::Usage, text).hint(format!("write {DEFAULT_URL}, say")));
        }
        let token_file = match (token_file, loaded) {
            (Some(file), _) => Ok(Some(file)),
            (None, Some(loaded)) if !tells(&loaded, &["rpc.control_token_file", "state_dir"]) => {
                Err(loaded.problems)
            }
            (None, loaded) => Ok(loaded.as_ref().and_then(control_cookie)),
        };
        Ok(Self {
            runtime,
            http,
            timeout,
            url,
            token_file,
            names_token,
        })
    }

    /// Somebody has named the file with the control token.
    pub(super) fn names_token(&self) -> bool {
        self.names_token
    }

    /// `GET` of a path that asks for no token, waiting no longer than `limit`. The answer is that
    /// of a bllvmctl, by its headers or by what `in_body` finds.
    pub(super) fn get(
        &self,
        path: &str,
        limit: Option<Duration>,
        in_body: impl FnOnce(&str) -> bool,
    ) -> Result<Answer, Failure> {
        let answer = self.send(&Sent::plain(path), limit)?;
        if answer.is_ours(in_body) {
            Ok(answer)
        } else {
            Err(self.stranger(&answer))
        }
    }

    /// What answers is something else.
    fn stranger(&self, answer: &Answer) -> Failure {
        let text = format!(
            "what answers at {} is no bllvmctl (HTTP {})",
            self.url,
            answer.status.as_u16()
        );
        let hint =
            "rpc.listen of the daemon is its address, 127.0.0.1:18332 if nobody has changed it";
        Failure::text(Exit::Unreachable, text).hint(hint)
    }

    /// A call of the control API.
    pub(super) fn control(&self, method: Method, path: &str) -> Result<Answer, Failure> {
        self.control_with(method, path, None)
    }

    /// A call of the control API that asks for something.
    pub(super) fn ask(&self, path: &str, document: &Value) -> Result<Answer, Failure> {
        self.control_with(Method::POST, path, Some(document))
    }

    fn control_with(
        &self,
        method: Method,
        path: &str,
        document: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let token = self
            .token_file
            .as_ref()
            .map_err(|problems| not_valid(problems))?;
        let token = read_token(token.as_deref());
        let request = Sent {
            method,
            path,
            token: token.as_ref().ok().map(String::as_str),
            document,
        };
        let answer = self.send(&request, None)?;
        let is_document = |body: &str| {
            let fields = ["chain", "storage", "network", "rpc"];
            serde_json::from_str::<Value>(body).is_ok_and(|body| {
                match (body.get("type"), body.get("status")) {
                    (Some(kind), _) => kind == "about:blank",
                    (None, Some(_)) => fields.iter().all(|field| body.get(field).is_some()),
                    (None, None) => answer.status.is_success(),
                }
            })
        };
        if !answer.is_ours(is_document) {
            return Err(self.stranger(&answer));
        }
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                let text = format!("the daemon at {} refused the request", self.url);
                let error = match (token, problem_detail(&answer)) {
                    // It was asked without a token, since there was none to show.
                    (Err(unread), _) => unread,
                    (Ok(_), Some(detail)) => anyhow::Error::msg(detail).context(text),
                    (Ok(_), None) => anyhow::Error::msg(text),
                };
                let hint = "run it as the user the daemon runs as, with the configuration that names its state_dir, or \
                            name the token with --token-file";
                Err(Failure::new(Exit::NotAuthorised, error).hint(hint))
            }
            _ => Ok(answer),
        }
    }

    fn send(&self, sent: &Sent<'_>, limit: Option<Duration>) -> Result<Answer, Failure> {
        let url = self
            .url
            .join(sent.path)
            .map_err(|error| Failure::new(Exit::Usage, error))?;
        let mut request = self.http.request(sent.method.clone(), url);
        if let Some(limit) = limit.filter(|limit| *limit < self.timeout) {
            request = request.timeout(limit);
        }
        if let Some(token) = sent.token {
            request = request.bearer_auth(token);
        }
        if let Some(document) = sent.document {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(document.to_string());
        }
        let answer = self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status();
            let server = response
                .headers()
                .get(SERVER)
                .and_then(|server| server.to_str().ok());
            let is_ours = server.is_some_and(|server| server.starts_with("bllvmctl/"))
                || response
                    .headers()
                    .get(CONTENT_TYPE)
                    .is_some_and(|kind| kind == "application/problem+json");
            let body = response.bytes().await?;
            Ok(Answer {
                status,
                body: String::from_utf8_lossy(&body).into_owned(),
                is_ours,
            })
        });
        answer.map_err(|error: reqwest::Error| self.unreachable(error))
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        // The library's own text repeats the URL; its causes say what happened.
        let error = error.without_url();
        let timed_out = error.is_timeout();
        let causes =
            std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
        let cause = causes
            .last()
            .map_or_else(|| error.to_string(), ToString::to_string);
        let cause = if timed_out {
            "no answer within the timeout".to_owned()
        } else {
            cause
        };
        let what =
            anyhow::Error::msg(cause).context(format!("cannot reach the daemon at {}", self.url));
        let hint = "is it running? `bllvmctl serve` starts it; --url or --config names another";
        Failure::new(Exit::Unreachable, what).hint(hint)
    }
}

fn read_token(path: Option<&Path>) -> anyhow::Result<String> {
    let path = path.context("no token file is known")?;
    let token = std::fs::read_to_string(path);
    let token =
        token.with_context(|| format!("cannot read the control token {}", path.display()))?;
    // Some editors begin a file with a byte order mark.
    Ok(token.trim_start_matches('\u{feff}').trim().to_owned())
}

/// The sentence in a problem document.
pub(super) fn problem_detail(answer: &Answer) -> Option<String> {
    let problem: Value = serde_json::from_str(&answer.body).ok()?;
    Some(problem.get("detail")?.as_str()?.to_owned())
}

/// An answer that the command does not expect.
pub(super) fn unexpected(answer: &Answer) -> Failure {
    let detail =
        problem_detail(answer).unwrap_or_else(|| format!("HTTP {}", answer.status.as_u16()));
    Failure::text(Exit::Internal, format!("the daemon answered: {detail}"))
}

/// The configuration that the daemon reads too.
pub(super) fn load(common: &Common, env: &Env) -> Loaded {
    let here = std::env::current_dir().unwrap_or_default();
    let file = config::find_file(common.config.as_deref(), env, &here);
    config::load(file.as_deref(), env, &Flags::default())
}

/// Whether the configuration tells these keys. One that is not valid elsewhere does: the daemon may
/// run with an older one.
fn tells(loaded: &Loaded, keys: &[&str]) -> bool {
    let mut errors = loaded
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    // What is no statement of TOML, or cannot be read, might have said them.
    errors.all(|problem| {
        problem
            .key
            .as_deref()
            .is_some_and(|key| !keys.contains(&key))
    })
}

/// The listener for operators, by the configuration; also where that is not valid, since the daemon
/// may run with an older one.
fn daemon_url(loaded: &Loaded) -> Option<String> {
    let value = |key: &str| {
        let entry = loaded.entries.iter().find(|entry| entry.key == key)?;
        entry
            .value
            .as_str()
            .and_then(|text| text.parse::<std::net::SocketAddr>().ok())
    };
    let mut address = value("rpc.ops_listen").or_else(|| value("rpc.listen"))?;
    if address.ip().is_unspecified() {
        let loopback: std::net::IpAddr = match address {
            std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        address.set_ip(loopback);
    }
    Some(format!("http://{address}"))
}
