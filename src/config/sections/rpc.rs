//! `[rpc]`

use std::num::NonZeroU64;

use super::auth::{self, glob};
use super::credentials;
use super::tls;
use crate::config::address;
use crate::config::item::{Item, Value};
use crate::config::reader::Reader;
use crate::config::scalar::{
    Wrong, boolean, choice, count, filled, milliseconds, seconds, seconds_or_zero, whole,
};
use crate::config::schema::{MaxInFlight, MetricsAlias, Rpc};
use crate::config::suggestion;
use crate::values::{ListenAddress, Size};

/// Whether connections of trusted proxies begin with a PROXY header.
const PROXY_PROTOCOL: [(&str, bool); 2] = [("off", false), ("required", true)];

/// Exporters whose families can be had beside ours.
const METRICS_ALIASES: [(&str, MetricsAlias); 1] = [("jvstein", MetricsAlias::Jvstein)];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Rpc> {
    let may_read = reader.get("node.allow_world_readable_secrets", boolean);
    let enabled = reader.get("rpc.enabled", boolean);
    let listen = reader.get("rpc.listen", address::rpc_listener);
    let ops_listen = reader.optional("rpc.ops_listen", address::ops_listener);
    let agent_listen = reader.optional("rpc.agent_listen", address::agent_listener);
    let control_token_file = credentials::secret(reader, "rpc.control_token_file".into(), may_read);
    let control_cookie_group = reader.optional("rpc.control_cookie_group", filled);
    let metrics_enabled = reader.get("rpc.metrics_enabled", boolean);
    let metrics_aliases = reader.list("rpc.metrics_aliases", |item| choice(item, &METRICS_ALIASES));
    let status_page = reader.get("rpc.status_page", boolean);
    let health_checks_enabled = reader.get("rpc.health_checks_enabled", boolean);
    let methods = reader.list("rpc.methods", glob);
    let max_body_bytes = reader.get("rpc.max_body_bytes", bytes);
    let max_batch = reader.get("rpc.max_batch", count);
    let max_in_flight = reader.get("rpc.max_in_flight", in_flight);
    let max_long_polls = reader.get("rpc.max_long_polls", in_flight);
    let queue_timeout = reader.get("rpc.queue_timeout_ms", milliseconds);
    let request_timeout = reader.get("rpc.request_timeout_secs", seconds);
    let drain = reader.get("rpc.drain_secs", seconds_or_zero);
    let shutdown_grace = reader.get("rpc.shutdown_grace_secs", seconds_or_zero);
    let allowed_hosts = reader.list("rpc.allowed_hosts", host);
    let max_connections_per_address = reader.get("rpc.max_connections_per_address", in_flight);
    let trusted_proxies = reader.list("rpc.trusted_proxies", address::proxy);
    let proxy_protocol = reader.get("rpc.proxy_protocol", |item| choice(item, &PROXY_PROTOCOL));
    let tls = tls::listeners(reader, may_read);
    let auth = auth::read(reader);
    Some(Rpc {
        enabled: enabled?,
        listen: listen?,
        ops_listen: ops_listen?.map(ListenAddress::Tcp),
        agent_listen: agent_listen?,
        control_token_file: control_token_file?,
        control_cookie_group: control_cookie_group?,
        metrics_enabled: metrics_enabled?,
        metrics_aliases: metrics_aliases?,
        status_page: status_page?,
        health_checks_enabled: health_checks_enabled?,
        methods: methods?,
        max_body_bytes: max_body_bytes?,
        max_batch: max_batch?,
        max_in_flight: max_in_flight?,
        max_long_polls: max_long_polls?,
        queue_timeout: queue_timeout?,
        request_timeout: request_timeout?,
        drain: drain?,
        shutdown_grace: shutdown_grace?,
        allowed_hosts: allowed_hosts?,
        max_connections_per_address: max_connections_per_address?,
        trusted_proxies: trusted_proxies?.into_iter().collect(),
        proxy_header_is_required: proxy_protocol?,
        tls: tls?,
        auth: auth?,
    })
}

/// As the defaults say, for tests of what is decided by it.
#[cfg(test)]
pub(crate) fn default_rpc() -> Rpc {
    let env = crate::env::Env::default();
    let mut reader = Reader::new(crate::config::layer::ConfigLayer::default(), &env);
    read(&mut reader).expect("the defaults are valid")
}

/// A name as a Host header has it, without a port, in lower case.
fn host(item: &Item) -> Result<String, Wrong> {
    let name = filled(item)?.to_ascii_lowercase();
    let fits = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if fits {
        Ok(name)
    } else {
        Err(Wrong::new("must be a host's name").suggest("write \"node.example.org\", say"))
    }
}

fn bytes(item: &Item) -> Result<NonZeroU64, Wrong> {
    if let Value::Text(text) = &item.value
        && let Ok(size) = text.parse::<Size>()
    {
        return Err(
            Wrong::kind("a number of bytes", item).suggest(format!("write {}", size.bytes()))
        );
    }
    whole::<u64>(item, 1)
        .and_then(|bytes| NonZeroU64::new(bytes).ok_or_else(|| Wrong::new("must be at least 1")))
}

fn in_flight(item: &Item) -> Result<MaxInFlight, Wrong> {
    match &item.value {
        Value::Text(text) if text == "auto" => Ok(MaxInFlight::Auto),
        Value::Integer(_) => count(item).map(MaxInFlight::Fixed),
        Value::Text(text) => {
            let wrong = Wrong::new("must be \"auto\" or a whole number from 1");
            Err(match suggestion::number(text) {
                Some(number) => wrong.suggest(format!("write {number}")),
                None => wrong,
            })
        }
        _ => Err(Wrong::new("must be \"auto\" or a whole number from 1")),
    }
}
