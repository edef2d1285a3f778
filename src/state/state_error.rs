//! Why the state directory cannot be used.

use std::io;
use std::path::PathBuf;

use super::free_space::is_full;
use super::store_error::StoreError;

/// Why the state directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be made or written.
    #[error("cannot write {path}")]
    Write {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another daemon has it.
    #[error("another bllvmctl uses the state directory {path}")]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// `rpc.control_cookie_group` is no group here.
    #[error("there is no group {group} on this machine")]
    Group {
        /// As configured.
        group: String,
    },
    /// The control socket cannot be made.
    #[error("cannot make the control socket {path}")]
    Socket {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The token file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What survived the last run cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gave no random bytes.
    #[error("cannot get random bytes: {0}")]
    Random(String),
}

impl StateError {
    /// Whether there was no room, which may be another time.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Write { source, .. } if is_full(source))
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Read { .. } => "rpc.control_token_file names it",
            Self::Group { .. } => "rpc.control_cookie_group names it",
            Self::Locked { .. } => "state_dir names the directory; each daemon has one of its own",
            Self::Write { .. } | Self::Socket { .. } | Self::Random(_) => {
                "state_dir names the directory; look at its owner, its mode and the free space"
            }
        }
    }
}
