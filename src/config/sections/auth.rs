//! `[rpc.auth]`, its limits by method and its users

use std::collections::{BTreeMap, BTreeSet};

use crate::config::address;
use crate::config::item::Item;
use crate::config::place::Place;
use crate::config::reader::Reader;
use crate::config::scalar::{Wrong, boolean, choice, count, filled, rate, text};
use crate::config::schema::{Auth, RateLimit, RateLimitMode, User};
use crate::config::suggestion::{self, quoted};
use crate::values::Secret;

const LIMITS: &str = "rpc.auth.per_method_limits";
const USERS: &str = "rpc.auth.users";
const MODES: [(&str, RateLimitMode); 2] = [
    ("enforce", RateLimitMode::Enforce),
    ("observe", RateLimitMode::Observe),
];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Auth> {
    let enabled = reader.get("rpc.auth.rate_limit_enabled", boolean);
    let mode = reader.get("rpc.auth.rate_limit_mode", |item| choice(item, &MODES));
    let rate = reader.get("rpc.auth.rate_limit_rate", rate);
    let burst = reader.get("rpc.auth.rate_limit_burst", count);
    let exempt = reader.list("rpc.auth.rate_limit_exempt", address::network);
    let limit = rate
        .zip(burst)
        .map(|(rate, burst)| RateLimit { rate, burst });
    let limits = limits(reader);
    let users = users(reader);
    Some(Auth {
        rate_limit_enabled: enabled?,
        rate_limit_mode: mode?,
        rate_limit: limit?,
        rate_limit_exempt: exempt?,
        per_method_limits: limits?,
        users: users?,
    })
}

fn limits(reader: &mut Reader<'_>) -> Option<BTreeMap<String, RateLimit>> {
    let entries = reader.entries_of(LIMITS)?;
    let limits: Vec<_> = entries
        .into_iter()
        .map(|entry| limit(reader, entry))
        .collect();
    limits.into_iter().collect()
}

fn limit(reader: &mut Reader<'_>, entry: usize) -> Option<(String, RateLimit)> {
    let rate_place = Place::in_entry("rpc.auth.per_method_limits.rate", entry);
    let method = reader.entry_name(rate_place)?.to_owned();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if method.is_empty() || !method.chars().all(is_letter) {
        let problem = reader.entry_problem(
            rate_place,
            "is not the name of a method; globs do not work here",
        )?;
        reader.refuse(LIMITS, problem.suggest("write one line for each method"));
        return None;
    }
    let rate = reader.required(rate_place, rate);
    let burst_place = Place::in_entry("rpc.auth.per_method_limits.burst", entry);
    let burst = reader.required(burst_place, count);
    let limit = RateLimit {
        rate: rate?,
        burst: burst?,
    };
    Some((method, limit))
}

fn users(reader: &mut Reader<'_>) -> Option<Vec<User>> {
    let entries = reader.entries_of(USERS)?;
    let mut names = BTreeSet::new();
    let users: Vec<_> = entries
        .into_iter()
        .map(|entry| user(reader, entry, &mut names))
        .collect();
    users.into_iter().collect()
}

fn user(reader: &mut Reader<'_>, entry: usize, names: &mut BTreeSet<String>) -> Option<User> {
    let place = |path| Place::in_entry(path, entry);
    let name = reader.required(place("rpc.auth.users.name"), user_name);
    if name
        .as_ref()
        .is_some_and(|name| !names.insert(name.clone()))
    {
        let place = place("rpc.auth.users.name");
        let problem = reader.problem(place, "is the name of two users");
        reader.refuse(place, problem.suggest("keep one of the two"));
    }
    let rpcauth = reader.required(place("rpc.auth.users.rpcauth"), rpcauth);
    let methods = reader.list(place("rpc.auth.users.methods"), glob);
    let nodes = reader.list(place("rpc.auth.users.nodes"), node_glob);
    let rate = reader.get(place("rpc.auth.users.rate"), rate);
    let burst = reader.get(place("rpc.auth.users.burst"), count);
    Some(User {
        name: name?,
        rpcauth: rpcauth?,
        methods: methods?,
        nodes: nodes?,
        rate_limit: RateLimit {
            rate: rate?,
            burst: burst?,
        },
    })
}

fn user_name(item: &Item) -> Result<String, Wrong> {
    let name = filled(item)?;
    if name.contains(':') {
        return Err(Wrong::new("must have no colon").suggest("name holds only what is before it"));
    }
    if let Some(inner) = suggestion::within_quotes(&name) {
        return Err(Wrong::new("has quotes that are part of the name")
            .suggest(format!("write {}", quoted(inner))));
    }
    Ok(name)
}

/// `salt$hmac`, the hmac in 64 hex digits.
fn rpcauth(item: &Item) -> Result<Secret, Wrong> {
    let text = text(item)?;
    let line = text.trim_start_matches("rpcauth=");
    if let Some((_, rest)) = line.split_once(':')
        && is_rpcauth(rest)
    {
        let wrong = Wrong::new("is bitcoind's whole rpcauth line");
        return Err(wrong.suggest("name holds what is before the colon; write what is after it"));
    }
    if is_rpcauth(&text) {
        return Ok(Secret::new(text));
    }
    let wrong = Wrong::new("must be salt$hmac, the hmac in 64 hex digits");
    Err(wrong.suggest(
        "write what follows the colon in the line that bitcoind's share/rpcauth/rpcauth.py prints",
    ))
}

fn is_rpcauth(text: &str) -> bool {
    text.split_once('$').is_some_and(|(salt, hmac)| {
        !salt.is_empty()
            && !salt.chars().any(|c| c.is_whitespace() || c == ':')
            && hmac.len() == 64
            && hmac.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// A glob over methods, with `!` in front if it forbids.
pub(super) fn glob(item: &Item) -> Result<String, Wrong> {
    let text = text(item)?;
    let glob = text.strip_prefix('!').unwrap_or(&text);
    if glob.is_empty() {
        return Err(Wrong::new("names no method")
            .suggest("write \"*\" for all, or \"!stop\" to forbid one"));
    }
    let fits = glob
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '?'));
    if !fits {
        let wrong = Wrong::new(
            "must be a method's name, with * or ? for what may vary and ! in front to forbid",
        );
        return Err(wrong.suggest("write \"getblock*\", say"));
    }
    Ok(text)
}

/// A glob over the names of nodes. Nothing forbids: without a glob no node is reached.
pub(in crate::config) fn node_glob(item: &Item) -> Result<String, Wrong> {
    let text = filled(item)?;
    if let Some(forbidden) = text.strip_prefix('!') {
        let wrong = Wrong::new(format!(
            "cannot forbid {forbidden}: a user reaches the nodes that are named, and no others"
        ));
        return Err(wrong.suggest("name those that it reaches"));
    }
    if text.chars().any(|c| c.is_whitespace() || c == '/') {
        let wrong = Wrong::new("must be a node's name, with * or ? for what may vary");
        return Err(wrong.suggest("write \"a\", or \"*\" for all"));
    }
    Ok(text)
}
