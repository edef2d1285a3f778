//! The nodes of a daemon.

use serde::{Deserialize, Serialize};

use super::health::NodeState;

/// A node in short; a row of `GET /api/v1/nodes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSummary {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: NodeState,
    /// Why it is not ready, a sentence; `null`: it is.
    pub reason: Option<String>,
    /// The height of its tip.
    pub height: Option<u32>,
    /// How many blocks it is behind.
    pub blocks_behind: Option<u32>,
    /// The lowest height whose block it still has whole.
    pub first_kept_height: Option<u32>,
    /// The kind of program: `core`, `knots`, `embedded`, …
    pub flavour: Option<String>,
    /// The program's version.
    pub version: Option<String>,
}
