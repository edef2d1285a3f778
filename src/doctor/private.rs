//! What of a configuration is nobody else's: its secrets, its users, its hosts.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::redaction::Redaction;
use crate::config::Config;
use crate::config::schema::NotifyDestination;
use crate::env::Env;
use crate::values::Credentials;

/// No secret is longer.
const MAX_SECRET_BYTES: u64 = 64 * 1024;
/// What is shorter would take words out of every text.
const MIN_SECRET_CHARS: usize = 4;
const MIN_ARGUMENT_CHARS: usize = 12;

/// What is to be taken out of what a daemon with `config` says; `cookie` is the file with the
/// control token.
#[must_use]
pub fn redaction(
    config: Option<&Config>,
    cookie: Option<&Path>,
    env: &Env,
    keeps_addresses: bool,
) -> Redaction {
    let mut files: Vec<PathBuf> = cookie.map(Path::to_path_buf).into_iter().collect();
    let mut secrets = Vec::new();
    if let Some(config) = config {
        for member in config.members() {
            files.push(match &member.node.credentials {
                Credentials::CookieFile(path) | Credentials::TokenFile(path) => path.clone(),
                Credentials::UserPassword { password_file, .. } => password_file.clone(),
            });
        }
        files.extend(config.rpc.control_token_file.clone());
        files.extend(config.limits.url_password_file.clone());
        files.extend(config.limits.secret_file.clone());
        let users = config.rpc.auth.users.iter();
        secrets.extend(users.map(|user| user.rpcauth.expose().to_owned()));
        for entry in &config.notify {
            secrets.extend(of_notify(&entry.target));
        }
    }
    for file in files {
        let text = secret_in(&file).unwrap_or_default();
        // A cookie is a user and a password.
        secrets.extend(
            text.split_once(':')
                .map(|(_, password)| password.to_owned()),
        );
        secrets.push(text);
    }
    // A word such as Bearer is none.
    secrets.retain(|secret| secret.chars().count() >= MIN_SECRET_CHARS && secret != "Bearer");
    let mut redaction = Redaction::new(secrets, keeps_addresses);
    if let Some(config) = config {
        hide_names(&mut redaction, config);
    }
    if let Some(home) = env.get("HOME") {
        redaction.hide_home(home);
    }
    for variable in ["USER", "LOGNAME", "SUDO_USER"] {
        redaction.hide("user", env.get(variable).unwrap_or_default());
    }
    redaction
}

/// The secrets of notifications: URLs behind their host, and values of headers.
fn of_notify(target: &NotifyDestination) -> Vec<String> {
    let behind_host = |url: &str| {
        let (_, rest) = url.trim().split_once("://")?;
        rest.split_once('/').map(|(_, path)| path.to_owned())
    };
    let of_headers = |file: &Option<PathBuf>| {
        let text = file.as_deref().and_then(secret_in).unwrap_or_default();
        let values = text.lines().filter_map(|line| line.split_once(':'));
        let words = values.flat_map(|(_, value)| value.split_whitespace());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    match target {
        NotifyDestination::Url { url, header_file } => {
            let mut secrets = of_headers(header_file);
            secrets.extend(behind_host(url.expose()));
            secrets
        }
        NotifyDestination::UrlFile {
            url_file,
            header_file,
        } => {
            let mut secrets = of_headers(header_file);
            secrets.extend(secret_in(url_file).and_then(|url| behind_host(&url)));
            secrets
        }
        // A short one is rather a switch or a word, and would be found anywhere.
        NotifyDestination::Command { arguments, .. } => {
            let is_long = |argument: &&String| argument.len() >= MIN_ARGUMENT_CHARS;
            arguments.iter().filter(is_long).cloned().collect()
        }
    }
}

fn hide_names(redaction: &mut Redaction, config: &Config) {
    for user in &config.rpc.auth.users {
        redaction.hide("user", &user.name);
    }
    redaction.hide("host", &config.limits.url.host);
    redaction.hide(
        "user",
        config.limits.url.user.as_deref().unwrap_or_default(),
    );
    for host in &config.rpc.allowed_hosts {
        redaction.hide("host", host);
    }
    for member in config.members() {
        if let Credentials::UserPassword { user, .. } = &member.node.credentials {
            redaction.hide("user", user);
        }
        if let Some(host) = member.node.rpc_url.host_str() {
            redaction.hide("host", host.trim_matches(['[', ']']));
        }
        for peer in &member.network.peers {
            redaction.hide("host", &peer.to_string());
            let name = peer.to_string();
            if let Some((host, _)) = name.rsplit_once(':') {
                redaction.hide("host", host.trim_matches(['[', ']']));
            }
        }
    }
}

/// The secret in a file; a fifo or a device has none.
fn secret_in(path: &Path) -> Option<String> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)
        .ok()?;
    file.metadata().ok()?.is_file().then_some(())?;
    let mut text = String::new();
    file.take(MAX_SECRET_BYTES).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}
