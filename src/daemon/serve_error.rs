//! Why the daemon ended other than by a clean stop.

use crate::config::Problem;
use crate::state;
use crate::tls::TlsFileError;
use crate::values::ListenAddress;

/// Why the daemon ended other than by a clean stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration cannot be used; all that is wrong with it.
    #[error("the configuration is not valid")]
    Configuration(Vec<Problem>),
    /// The embedded node cannot be started.
    #[error("cannot start the embedded node")]
    Embedded {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// What an operator can do about it.
        hint: Option<&'static str>,
    },
    /// A flag is for the embedded node, and this build has none.
    #[error("{0} needs the embedded node, which this build does not have")]
    NoEmbeddedNode(&'static str),
    /// A listener's address cannot be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: ListenAddress,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of `rpc.tls_…` cannot be used.
    #[error("cannot speak TLS")]
    Tls {
        /// Which, and why.
        #[source]
        error: TlsFileError,
        /// What an operator can do about it.
        hint: String,
    },
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] state::StateError),
    /// Something else that is needed cannot be had.
    #[error("cannot start: {0}")]
    Start(String),
    /// A task that must not end has ended.
    #[error("a critical task ended; the log says which and why")]
    TaskDied,
}

/// The error that `what` cannot be had.
pub(super) fn start<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> ServeError {
    move |error| ServeError::Start(format!("{what}: {error}"))
}
