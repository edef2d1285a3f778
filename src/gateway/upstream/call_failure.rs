//! Why there is no whole answer to a call.

use std::io;

use super::wire::MalformedResponse;

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::gateway) enum CallFailure {
    /// The connection ended before all of the call was sent.
    #[error("the connection ended before the call was sent: {0}")]
    Unsent(io::Error),
    /// The node ended the connection.
    #[error("the node closed the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    /// It is no answer.
    #[error("{0}")]
    MalformedResponse(#[from] MalformedResponse),
}
