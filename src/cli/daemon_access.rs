//! Where the daemon is, and with which token the control API is asked: by an option, the environment
//! or the configuration.

use std::path::{Path, PathBuf};

use anyhow::Context;
use url::Url;

use super::args::Common;
use super::endpoint::DaemonEndpoint;
use super::exit::{Exit, Failure};
use super::problems::not_valid;
use crate::config::{self, Flags, Loaded, Problem, Severity};
use crate::daemon::control_cookie;
use crate::env::Env;
use crate::values::parse_url;

/// The URL of the daemon if nothing else is configured.
const DEFAULT_URL: &str = "http://127.0.0.1:18332";

/// The URL of the daemon, and the file with the control token.
pub(super) struct DaemonAccess {
    pub(super) url: Url,
    endpoint: DaemonEndpoint,
    /// An option or the environment names the file with the control token.
    pub(super) has_explicit_token: bool,
    /// The file, or the problems of the configuration that hide it. They are reported only when the
    /// token is needed.
    token_file: Result<Option<PathBuf>, Vec<Problem>>,
}

impl DaemonAccess {
    pub(super) fn find(common: &Common, env: &Env) -> Result<Self, Failure> {
        let named_url = common
            .url
            .first()
            .cloned()
            .or_else(|| env.get("BLLVMCTL_URL").map(str::to_owned));
        let token_file = common
            .token_file
            .clone()
            .or_else(|| env.get("BLLVMCTL_TOKEN_FILE").map(PathBuf::from));
        let has_explicit_token = token_file.is_some();
        // The configuration is read only for values that are not given otherwise.
        let loaded = (named_url.is_none() || token_file.is_none()).then(|| load(common, env));
        let endpoint = match (&named_url, &loaded) {
            (Some(url), _) => DaemonEndpoint::at(url.clone()),
            (None, Some(loaded)) if !determines(loaded, &["rpc.listen", "rpc.ops_listen"]) => {
                return Err(not_valid(&loaded.problems));
            }
            (None, loaded) => loaded
                .as_ref()
                .and_then(DaemonEndpoint::configured)
                .unwrap_or_else(|| DaemonEndpoint::at(DEFAULT_URL.to_owned())),
        };
        let url = parse_daemon_url(&endpoint.url)?;
        let token_file = match (token_file, loaded) {
            (Some(file), _) => Ok(Some(file)),
            (None, Some(loaded))
                if !determines(&loaded, &["rpc.control_token_file", "state_dir"]) =>
            {
                Err(loaded.problems)
            }
            (None, loaded) => Ok(loaded.as_ref().and_then(control_cookie)),
        };
        Ok(Self {
            url,
            endpoint,
            has_explicit_token,
            token_file,
        })
    }

    /// An HTTP client of the daemon; `ca_file` is that of the command line.
    pub(super) fn client(&self, ca_file: Option<&Path>) -> Result<reqwest::Client, Failure> {
        self.endpoint.client(&self.url, ca_file)
    }

    /// The control token, or why it cannot be read; fails if the configuration is needed to find it
    /// and is not valid.
    pub(super) fn token(&self) -> Result<anyhow::Result<String>, Failure> {
        match &self.token_file {
            Ok(file) => Ok(read_token(file.as_deref())),
            Err(problems) => Err(not_valid(problems)),
        }
    }
}

/// The URL of a daemon: http or https, with a host.
fn parse_daemon_url(text: &str) -> Result<Url, Failure> {
    let example = || format!("write a URL such as {DEFAULT_URL}");
    let url = parse_url(text).with_context(|| format!("`{text}` is not a URL"));
    let url = url.map_err(|error| {
        let hint = if text.contains(['"', '\'']) {
            "the quotes are part of the value; leave them out".to_owned()
        } else {
            example()
        };
        Failure::new(Exit::Usage, error).hint(hint)
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        let text = format!("`{url}` is not the URL of a daemon");
        return Err(Failure::text(Exit::Usage, text).hint(example()));
    }
    Ok(url)
}

fn read_token(path: Option<&Path>) -> anyhow::Result<String> {
    let path = path.context("no token file is known")?;
    let token = std::fs::read_to_string(path);
    let token =
        token.with_context(|| format!("cannot read the control token {}", path.display()))?;
    // Some editors begin a file with a byte order mark.
    Ok(token.trim_start_matches('\u{feff}').trim().to_owned())
}

/// The configuration, from the file that the daemon would read.
pub(super) fn load(common: &Common, env: &Env) -> Loaded {
    let here = std::env::current_dir().unwrap_or_default();
    let file = config::find_file(common.config.as_deref(), env, &here);
    config::load(file.as_deref(), env, &Flags::default())
}

/// Whether the configuration determines these keys. Problems of other keys do not matter: the
/// daemon may run with an older configuration.
fn determines(loaded: &Loaded, keys: &[&str]) -> bool {
    let mut errors = loaded
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    // A file that cannot be read or parsed might have contained them.
    errors.all(|problem| {
        problem
            .key
            .as_deref()
            .is_some_and(|key| !keys.contains(&key))
    })
}
