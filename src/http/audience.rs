//! Who reads a document. Pure.

/// Who reads a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Somebody on this machine, or with the control token.
    Operator,
    /// Anybody: no address of a peer or client and no name of a user is shown.
    Anybody,
}
