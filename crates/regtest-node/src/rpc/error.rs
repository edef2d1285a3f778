//! Bitcoin Core's error codes (`rpc/protocol.h`) and the statuses they come with. Pure.

use serde_json::{Value, json};

use crate::store::StorageError;

pub(super) const MISC: i32 = -1;
pub(super) const TYPE_ERROR: i32 = -3;
pub(super) const INVALID_ADDRESS_OR_KEY: i32 = -5;
pub(super) const INVALID_PARAMETER: i32 = -8;
pub(super) const DATABASE: i32 = -20;
pub(super) const DESERIALIZATION: i32 = -22;
pub(super) const NODE_ALREADY_ADDED: i32 = -23;
pub(super) const NODE_NOT_ADDED: i32 = -24;
pub(super) const VERIFY: i32 = -25;
pub(super) const VERIFY_REJECTED: i32 = -26;
pub(super) const ALREADY_IN_CHAIN: i32 = -27;
pub(super) const IN_WARMUP: i32 = -28;
pub(super) const NODE_NOT_CONNECTED: i32 = -29;
const INVALID_REQUEST: i32 = -32_600;
const METHOD_NOT_FOUND: i32 = -32_601;
const PARSE: i32 = -32_700;

/// What comes of a method.
pub(super) type MethodResult = Result<Value, RpcError>;

/// The error that a method answers with, in Bitcoin Core's codes and words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// As in Core's `rpc/protocol.h`.
    pub code: i32,
    /// What was wrong.
    pub message: String,
}

impl RpcError {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(super) fn parse(message: &str) -> Self {
        Self::new(PARSE, message)
    }

    pub(super) fn invalid_request(message: &str) -> Self {
        Self::new(INVALID_REQUEST, message)
    }

    pub(super) fn method_not_found() -> Self {
        Self::new(METHOD_NOT_FOUND, "Method not found")
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMETER, message)
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::new(INVALID_ADDRESS_OR_KEY, message)
    }

    /// Whether it was no request, rather than one that failed.
    pub(super) fn is_of_request(&self) -> bool {
        self.code == INVALID_REQUEST
    }

    /// The HTTP status of a single call in the old form; in the new one that of a failed method is
    /// 200.
    pub(super) fn status(&self) -> u16 {
        match self.code {
            INVALID_REQUEST => 400,
            METHOD_NOT_FOUND => 404,
            _ => 500,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}

impl From<StorageError> for RpcError {
    fn from(error: StorageError) -> Self {
        Self::new(DATABASE, error.to_string())
    }
}
