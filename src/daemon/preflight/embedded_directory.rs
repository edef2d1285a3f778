//! Whether the embedded node can use a directory.

use std::path::Path;

#[cfg(feature = "embedded")]
use super::problem;
use crate::config::Problem;
#[cfg(feature = "embedded")]
use crate::node::embedded;

/// Why the embedded node would not start in `directory`, as far as its files show; if
/// `only_others`, no other reason than that it is another node's.
#[cfg(feature = "embedded")]
pub(super) fn unusable_directory(directory: &Path, only_others: bool) -> Option<Problem> {
    let unusable = embedded::unusable(directory)
        .filter(|unusable| unusable.is_another_nodes || !only_others)?;
    Some(Problem {
        suggestion: Some(unusable.hint.to_owned()),
        ..problem::error("node.data_dir", directory.display(), unusable.message)
    })
}

/// A build without that node refuses it in the configuration, before its directory is looked at.
#[cfg(not(feature = "embedded"))]
pub(super) fn unusable_directory(_directory: &Path, _only_others: bool) -> Option<Problem> {
    None
}
