//! `[rpc.auth]`, its limits by method and its users

use std::collections::{BTreeMap, BTreeSet};

use super::network::count;
use super::rpc::glob;
use crate::config::address;
use crate::config::item::{Item, REDACTED, Value};
use crate::config::nearest;
use crate::config::problem::Problem;
use crate::config::reader::{Reader, entries};
use crate::config::scalar::{Wrong, boolean, choice, filled, rate, text};
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
    let users = users(reader, limit);
    Some(Auth {
        rate_limit_enabled: enabled?,
        rate_limit_mode: mode?,
        rate_limit: limit?,
        rate_limit_exempt: exempt?,
        per_method_limits: limits?,
        users: users?,
    })
}

fn table(item: &Item) -> Result<Vec<(String, Item)>, Wrong> {
    match &item.value {
        Value::Table(entries) => Ok(entries.clone()),
        _ => Err(Wrong::kind("a table", item)),
    }
}

fn limits(reader: &mut Reader<'_>) -> Option<BTreeMap<String, RateLimit>> {
    let methods = reader.get(LIMITS, table)?;
    let limits: Vec<_> = methods
        .iter()
        .map(|(method, item)| limit(reader, method, item))
        .collect();
    limits.into_iter().collect()
}

fn limit(reader: &mut Reader<'_>, method: &str, item: &Item) -> Option<(String, RateLimit)> {
    let path = format!("{LIMITS}.{method}");
    if method.is_empty()
        || !method
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    {
        let problem = Problem::error(
            &item.origin,
            "is not the name of a method; globs do not work here",
        );
        reader.refuse(
            LIMITS,
            problem.key(path).suggest("write one line for each method"),
        );
        return None;
    }
    let example =
        |wrong: Wrong| wrong.suggest(format!("write {method} = {{ rate = 10, burst = 20 }}, say"));
    let fields = reader.entry(LIMITS, &path, item, |item| table(item).map_err(example))?;
    let known = only(reader, LIMITS, &path, &fields, &["rate", "burst"]);
    let rate = required(reader, LIMITS, (&path, item), &fields, "rate")
        .map(|item| reader.entry(LIMITS, &format!("{path}.rate"), item, rate));
    let burst = required(reader, LIMITS, (&path, item), &fields, "burst")
        .map(|item| reader.entry(LIMITS, &format!("{path}.burst"), item, count));
    let limit = RateLimit {
        rate: rate??,
        burst: burst??,
    };
    known.then(|| (method.to_owned(), limit))
}

fn users(reader: &mut Reader<'_>, limit: Option<RateLimit>) -> Option<Vec<User>> {
    let items = reader.get(USERS, |item| {
        entries(item).map_err(|wrong| wrong.suggest("write [[rpc.auth.users]]"))
    })?;
    let mut names = BTreeSet::new();
    let mut users = Vec::new();
    for item in &items {
        users.push(user(reader, item, limit, &mut names));
    }
    users.into_iter().collect()
}

fn user(
    reader: &mut Reader<'_>,
    item: &Item,
    limit: Option<RateLimit>,
    names: &mut BTreeSet<String>,
) -> Option<User> {
    let example =
        |wrong: Wrong| wrong.suggest("write [[rpc.auth.users]] and the user's keys below it");
    let fields = reader.entry(USERS, USERS, item, |item| table(item).map_err(example))?;
    let known = only(
        reader,
        USERS,
        USERS,
        &fields,
        &["name", "rpcauth", "methods", "rate", "burst"],
    );
    let place = (USERS, item);
    let name = required(reader, USERS, place, &fields, "name").and_then(|item| {
        reader.entry(USERS, "rpc.auth.users.name", item, |item| {
            user_name(item, names)
        })
    });
    let rpcauth = required(reader, USERS, place, &fields, "rpcauth")
        .and_then(|item| reader.entry(USERS, "rpc.auth.users.rpcauth", item, rpcauth));
    let methods = match field(&fields, "methods") {
        None => Some(Vec::new()),
        Some(item) => reader
            .entry(USERS, "rpc.auth.users.methods", item, entries)
            .and_then(|globs| reader.entries(USERS, "rpc.auth.users.methods", &globs, glob)),
    };
    let rate = match field(&fields, "rate") {
        None => limit.map(|limit| limit.rate),
        Some(item) => reader.entry(USERS, "rpc.auth.users.rate", item, rate),
    };
    let burst = match field(&fields, "burst") {
        None => limit.map(|limit| limit.burst),
        Some(item) => reader.entry(USERS, "rpc.auth.users.burst", item, count),
    };
    let rate_limit = RateLimit {
        rate: rate?,
        burst: burst?,
    };
    known.then_some(())?;
    Some(User {
        name: name?,
        rpcauth: rpcauth?,
        methods: methods?,
        rate_limit,
    })
}

fn user_name(item: &Item, names: &mut BTreeSet<String>) -> Result<String, Wrong> {
    let name = filled(item)?;
    if name.contains(':') {
        return Err(Wrong::new("must have no colon").suggest("name holds only what is before it"));
    }
    if let Some(inner) = suggestion::within_quotes(&name) {
        return Err(Wrong::new("has quotes that are part of the name")
            .suggest(format!("write {}", quoted(inner))));
    }
    let is_new = names.insert(name.clone());
    if is_new {
        Ok(name)
    } else {
        Err(Wrong::new("is the name of two users").suggest("keep one of the two"))
    }
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

fn field<'a>(fields: &'a [(String, Item)], name: &str) -> Option<&'a Item> {
    fields
        .iter()
        .find(|(field, _)| field == name)
        .map(|(_, item)| item)
}

/// The field `name`, whose absence is told at the table's `place`.
fn required<'a>(
    reader: &mut Reader<'_>,
    key: &'static str,
    place: (&str, &Item),
    fields: &'a [(String, Item)],
    name: &str,
) -> Option<&'a Item> {
    let found = field(fields, name);
    if found.is_none() && !reader.is_torn(key) {
        let example = match name {
            "rate" => "10, say",
            "burst" => "20, say",
            _ => "\"…\"",
        };
        let problem = Problem::error(&place.1.origin, format!("has no {name}")).key(place.0);
        reader.refuse(key, problem.suggest(format!("write {name} = {example}")));
    }
    found
}

/// Tells fields that do not exist; whether there was none.
fn only(
    reader: &mut Reader<'_>,
    key: &'static str,
    path: &str,
    fields: &[(String, Item)],
    known: &[&str],
) -> bool {
    let strange = fields
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()));
    let told = strange.map(|(name, item)| {
        let near = nearest::closest(name, known.iter().copied())
            .map(|near| format!("did you mean {near}?"));
        let mut problem =
            Problem::error(&item.origin, "there is no such key").key(format!("{path}.{name}"));
        let secret = crate::config::item::is_secret(name);
        problem.value = Some(if secret {
            REDACTED.into()
        } else {
            item.written.clone()
        });
        problem.suggestion = near.or_else(|| {
            if secret {
                nearest::for_key_with(&format!("{path}.{name}"), None)
            } else {
                None
            }
        });
        problem
            .suggestion
            .get_or_insert_with(|| format!("known here: {}", known.join(", ")));
        reader.refuse(key, problem);
    });
    told.count() == 0
}
