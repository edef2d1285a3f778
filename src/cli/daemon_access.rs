//! Where the daemon is, and with which token the control API is asked: by an option, the
//! environment or the configuration, also by one that has become wrong since the daemon read it.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use nix::fcntl::OFlag;
use url::Url;

use super::args::Common;
use super::endpoint::DaemonAddress;
use super::exit::{Exit, Failure};
use super::local_daemon;
use super::problems::not_valid;
use crate::config::{self, Flags, Loaded, Problem, Severity};
use crate::daemon::{control_cookie, control_socket};
use crate::env::Env;
use crate::values::parse_url;

/// The URL of the daemon if nothing else is configured.
const DEFAULT_URL: &str = "http://127.0.0.1:18332";

/// The URL of the daemon, and the file with the control token.
pub(super) struct DaemonAccess {
    pub(super) url: Url,
    endpoint: DaemonAddress,
    /// The control socket, which is tried before the URL; none if that or a token was given.
    pub(super) socket: Option<PathBuf>,
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
        // A token is for the listener.
        let socket = loaded
            .as_ref()
            .filter(|_| named_url.is_none() && !has_explicit_token)
            .filter(|loaded| determines(loaded, &["state_dir"]))
            .and_then(control_socket);
        let is_local = socket.as_deref().is_some_and(local_daemon::is_open);
        let endpoint = endpoint_of(named_url, loaded.as_ref(), is_local)?;
        Ok(Self {
            url: parse_daemon_url(&endpoint.url)?,
            endpoint,
            socket,
            has_explicit_token,
            token_file: token_file_of(token_file, loaded),
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

/// The daemon at the URL that is given, or at the one of the configuration, which may be wrong
/// there if the daemon `is_local`.
fn endpoint_of(
    named: Option<String>,
    loaded: Option<&Loaded>,
    is_local: bool,
) -> Result<DaemonAddress, Failure> {
    let is_known = |loaded: &&Loaded| determines(loaded, &["rpc.listen", "rpc.ops_listen"]);
    match (named, loaded) {
        (Some(url), _) => Ok(DaemonAddress::at(url)),
        (None, Some(loaded)) if !is_local && !is_known(&loaded) => Err(not_valid(&loaded.problems)),
        (None, loaded) => Ok(loaded
            .filter(is_known)
            .and_then(DaemonAddress::configured)
            .unwrap_or_else(|| DaemonAddress::at(DEFAULT_URL.to_owned()))),
    }
}

/// The file with the control token, or the problems of the configuration that hide it.
fn token_file_of(
    named: Option<PathBuf>,
    loaded: Option<Loaded>,
) -> Result<Option<PathBuf>, Vec<Problem>> {
    match (named, loaded) {
        (Some(file), _) => Ok(Some(file)),
        (None, Some(loaded)) if !determines(&loaded, &["rpc.control_token_file", "state_dir"]) => {
            Err(loaded.problems)
        }
        (None, loaded) => Ok(loaded.as_ref().and_then(control_cookie)),
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
    let token = read_small_file(path);
    let token =
        token.with_context(|| format!("cannot read the control token {}", path.display()))?;
    // Some editors begin a file with a byte order mark.
    Ok(token.trim_start_matches('\u{feff}').trim().to_owned())
}

/// The text of a file. A fifo or a device is none: to read it might wait for ever.
fn read_small_file(path: &Path) -> std::io::Result<String> {
    const MAX_BYTES: u64 = 64 * 1024;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
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
