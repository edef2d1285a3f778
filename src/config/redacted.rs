//! What is shown of a secret.

/// What stands in place of a secret.
pub(super) const REDACTED: &str = "[redacted]";
