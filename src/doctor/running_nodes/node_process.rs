//! How a node was started.

use std::path::PathBuf;

/// A program of Bitcoin Core's family, as it was started.
#[derive(Clone, Debug)]
pub(super) struct NodeProcess {
    pub(super) id: Option<i32>,
    pub(super) arguments: Vec<String>,
    /// What relative paths are relative to.
    pub(super) directory: PathBuf,
    pub(super) home: Option<PathBuf>,
}
