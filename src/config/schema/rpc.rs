//! `[rpc]`: listeners, gateway, metrics.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use super::Auth;
use crate::config::keys::{Key, either, text, toml};
use crate::tls::ServerTls;
use crate::values::{ListenAddress, TrustedProxies};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    text("rpc.listen", r#""127.0.0.1:18332""#)
        .help(
            "Calls, metrics and health; in a container \"0.0.0.0:18332\". Or a Unix socket: \
             \"unix:/run/bllvmctl/rpc.sock\".",
        )
        .written(),
    text("rpc.ops_listen", r#""""#).help(
        "A second listener for everything but calls and the plain health paths; empty: \
         none.",
    ),
    text("rpc.agent_listen", r#""""#).help(
        "Where HAProxy's agent-check is answered: loopback or a private address; empty: \
         nowhere.",
    ),
    toml("rpc.enabled", "true").help(
        "Parts that can be switched off: the gateway, /metrics, /health, the status page \
         for browsers.",
    ),
    toml("rpc.metrics_enabled", "true"),
    toml("rpc.health_checks_enabled", "true"),
    toml("rpc.status_page", "true"),
    toml("rpc.metrics_aliases", "[]")
        .help(
            "\"jvstein\": /metrics also has the bitcoin_* families of \
             bitcoin-prometheus-exporter, for boards made for it.",
        )
        .examples(&[r#"metrics_aliases = ["jvstein"]"#]),
    text("rpc.control_token_file", r#""""#).help(
        "A file with the token of the control API, instead of a cookie made at each start; \
         the group that may use the control socket and read the cookie.",
    ),
    text("rpc.control_cookie_group", r#""""#),
    toml("rpc.methods", r#"["*"]"#)
        .help("Methods that all callers may use; ! forbids a method.")
        .examples(&[r#"methods = ["*", "!stop"]"#]),
    toml("rpc.max_body_bytes", "10485760")
        .help("The largest request, and the most calls in one batch."),
    toml("rpc.max_batch", "100"),
    either("rpc.max_in_flight", r#""auto""#).help(
        "Concurrent calls at the node, \"auto\" by its version; how long others wait in the \
         queue, and how long a call may take.",
    ),
    toml("rpc.queue_timeout_ms", "2000"),
    toml("rpc.request_timeout_secs", "900"),
    either("rpc.max_long_polls", r#""auto""#).help(
        "How many of them may be long polls, which wait for a block; \"auto\": half. They \
         never take the last slot.",
    ),
    toml("rpc.drain_secs", "0").help(
        "At shutdown: the time until new connections are refused, and the time for requests \
         to end.",
    ),
    toml("rpc.shutdown_grace_secs", "20"),
    toml("rpc.allowed_hosts", "[]")
        .help("Host names for a loopback listener, besides localhost and addresses."),
    either("rpc.max_connections_per_address", r#""auto""#).help(
        "Concurrent connections of one address, \"auto\": a quarter of all; trusted proxies \
         have no such limit.",
    ),
    toml("rpc.trusted_proxies", "[]").help(
        "Proxies whose X-Forwarded-For is trusted, in CIDR form; \"unix\": those over a \
         Unix socket.",
    ),
    text("rpc.proxy_protocol", r#""off""#).help(
        "\"required\": each TCP connection of trusted_proxies begins with a PROXY protocol \
         header; \"off\": none does.",
    ),
    text("rpc.tls_cert_file", r#""""#).help(
        "TLS on both TCP listeners: the certificate, with those between it and its CA, and \
         its key; read again at each reload.",
    ),
    text("rpc.tls_key_file", r#""""#),
    text("rpc.tls_client_ca_file", r#""""#).help(
        "The CA of the certificates that clients must have; \"open\" probes need none for \
         the three plain health paths.",
    ),
    text("rpc.tls_probes", r#""closed""#),
];

/// How many calls may be at the node at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxInFlight {
    /// By the node's version and flavour; of long polls by how many calls there may be.
    Auto,
    /// This many.
    Fixed(NonZeroU32),
}

impl MaxInFlight {
    /// The number that is written, if one is.
    #[must_use]
    pub fn fixed(self) -> Option<NonZeroU32> {
        match self {
            Self::Auto => None,
            Self::Fixed(most) => Some(most),
        }
    }
}

/// `[rpc]`
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the configuration"
)]
pub struct Rpc {
    /// Serve the gateway.
    pub enabled: bool,
    /// The listener.
    pub listen: ListenAddress,
    /// A second listener for everything but calls and the plain health paths.
    pub ops_listen: Option<ListenAddress>,
    /// Where HAProxy's agent-check is answered.
    pub agent_listen: Option<SocketAddr>,
    /// The control API's token, instead of a cookie made at start.
    pub control_token_file: Option<PathBuf>,
    /// The group that may read the control cookie.
    pub control_cookie_group: Option<String>,
    /// Serve `/metrics`.
    pub metrics_enabled: bool,
    /// Exporters whose families are on it too.
    pub metrics_aliases: Vec<MetricsAlias>,
    /// Serve the status page.
    pub status_page: bool,
    /// Serve `/health…`.
    pub health_checks_enabled: bool,
    /// Globs of methods any caller may use, `!` first forbids.
    pub methods: Vec<String>,
    /// Largest body of a request, bytes.
    pub max_body_bytes: NonZeroU64,
    /// Most calls in one batch.
    pub max_batch: NonZeroU32,
    /// Calls at the node at once.
    pub max_in_flight: MaxInFlight,
    /// Calls at the node at once that wait for a block.
    pub max_long_polls: MaxInFlight,
    /// How long a call may wait for its turn.
    pub queue_timeout: Duration,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// Time between SIGTERM and refusing new connections.
    pub drain: Duration,
    /// Time for requests in flight to end.
    pub shutdown_grace: Duration,
    /// Names by which a loopback listener may be called, beside its own.
    pub allowed_hosts: Vec<String>,
    /// Connections of one address at once; by default a quarter of all.
    pub max_connections_per_address: MaxInFlight,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Each of their connections over TCP begins with a PROXY header.
    pub proxy_header_is_required: bool,
    /// What both listeners speak over TCP; `None`: plain HTTP.
    pub tls: Option<ServerTls>,
    /// `[rpc.auth]`
    pub auth: Auth,
}

/// An exporter whose families are on the metrics page beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAlias {
    /// jvstein/bitcoin-prometheus-exporter.
    Jvstein,
}
