//! What a listener serves.

/// What a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `rpc.listen`: everything, unless there is an operations listener.
    Main,
    /// `rpc.ops_listen`: everything but calls.
    Ops,
    /// Either of them, to who shows no client certificate: the plain health paths.
    ProbesOnly,
}
