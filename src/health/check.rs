//! One thing that is looked at, and how it stands.

use std::fmt;
use std::str::FromStr;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckName {
    /// The daemon's own loops, and whether it is shutting down.
    Daemon,
    /// The node answers.
    Node,
    /// The node accepts our credentials.
    Credentials,
    /// The node is on the right chain and reports its state.
    Chain,
    /// The node is at the tip.
    Sync,
    /// Blocks come as often as chance allows.
    Stall,
    /// The volume has room for the node to write at all.
    Storage,
    /// The volume has the room that is wanted.
    Disk,
    /// Enough peers.
    Peers,
    /// Pruning can do what is asked of it.
    Pruning,
    /// The certificate of the listeners is valid for a while.
    Tls,
    /// Of several nodes: one more may be lost.
    Redundancy,
    /// Several nodes are on one chain.
    Fork,
    /// The store of limits that several daemons share is used.
    Limits,
}

impl CheckName {
    /// All checks, in the order in which they are reported.
    pub const ALL: [Self; 14] = [
        Self::Daemon,
        Self::Node,
        Self::Credentials,
        Self::Chain,
        Self::Sync,
        Self::Stall,
        Self::Storage,
        Self::Disk,
        Self::Peers,
        Self::Pruning,
        Self::Tls,
        Self::Redundancy,
        Self::Fork,
        Self::Limits,
    ];

    /// Whether it is about several nodes together, and no check of one of them.
    #[must_use]
    pub fn is_of_several_nodes(self) -> bool {
        matches!(self, Self::Redundancy | Self::Fork)
    }

    /// The name in reasons, metrics and `?exclude=`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daemon => "daemon",
            Self::Node => "node",
            Self::Credentials => "credentials",
            Self::Chain => "chain",
            Self::Sync => "sync",
            Self::Stall => "stall",
            Self::Storage => "storage",
            Self::Disk => "disk",
            Self::Peers => "peers",
            Self::Pruning => "pruning",
            Self::Tls => "tls",
            Self::Redundancy => "redundancy",
            Self::Fork => "fork",
            Self::Limits => "limits",
        }
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is no check's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such check; there are {}", CheckName::ALL.map(CheckName::as_str).join(", "))]
pub struct UnknownCheck;

impl FromStr for CheckName {
    type Err = UnknownCheck;

    fn from_str(name: &str) -> Result<Self, UnknownCheck> {
        Self::ALL
            .into_iter()
            .find(|check| check.as_str() == name)
            .ok_or(UnknownCheck)
    }
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Good,
    /// It is unknown now: another check is bad, or no answer has come yet.
    Unknown,
    /// To be looked at; no probe fails for it.
    Warning,
    /// A probe fails for it.
    Bad,
}

impl Level {
    /// The mark before a line.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Good => "[+]",
            Self::Unknown | Self::Warning => "[!]",
            Self::Bad => "[-]",
        }
    }

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// One check's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: CheckName,
    /// How it stands.
    pub level: Level,
    /// The sentence after the name, with the number behind it.
    pub text: String,
}

impl Check {
    /// That of `name`.
    #[must_use]
    pub fn new(name: CheckName, level: Level, text: impl Into<String>) -> Self {
        Self {
            name,
            level,
            text: text.into(),
        }
    }

    /// One sentence that begins with the check's name.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("{}: {}", self.name, self.text)
    }

    /// A line of `?verbose` and of `bllvmctl health`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}: {}", self.level.mark(), self.name, self.text)
    }
}
