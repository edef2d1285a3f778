//! The state of the node in one word.

/// The state of the node, the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The daemon is shutting down.
    Draining,
    /// The node does not answer, does not know us, or is another one than was meant.
    Unreachable,
    /// The node, or the daemon, has only just begun.
    Starting,
    /// The node is behind.
    Syncing,
    /// No block has come for longer than chance explains.
    Stalled,
    /// The node is at the tip.
    Ready,
}

impl State {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Starting,
        Self::Syncing,
        Self::Ready,
        Self::Stalled,
        Self::Unreachable,
        Self::Draining,
    ];

    /// The name in JSON and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Unreachable => "unreachable",
            Self::Starting => "starting",
            Self::Syncing => "syncing",
            Self::Stalled => "stalled",
            Self::Ready => "ready",
        }
    }
}
