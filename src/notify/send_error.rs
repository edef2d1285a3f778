//! Why a message was not sent.

use super::delivery_queue::DeliveryQueue;

/// Why a message was not sent. No secret of its target is in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// There is no client for webhooks.
    #[error("cannot make an HTTP client: {0}")]
    Client(String),
    /// A file with the URL or with headers cannot be used.
    #[error("cannot use {file}: {reason}")]
    File { file: String, reason: String },
    /// The server cannot be reached, or breaks off.
    #[error("cannot reach {target}: {reason}")]
    Reach { target: String, reason: String },
    /// It answered something else than a success.
    #[error("{target} answered {status}")]
    Refused { target: String, status: u16 },
    /// The program cannot be started, or fails.
    #[error("cannot run {program}: {reason}")]
    Command { program: String, reason: String },
    /// It took too long.
    #[error("{target} took longer than {} s", DeliveryQueue::TRY_TIMEOUT.as_secs())]
    Late { target: String },
}
