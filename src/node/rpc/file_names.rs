//! Names of a node's files.

use std::ffi::OsStr;

/// The directory of a signet with a challenge of its own, as Knots names it.
pub(super) fn is_custom_signet(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| name.starts_with("signet_"))
}

/// `blk00000.dat`, or the undo data beside it.
pub(super) fn is_block_file(name: &str) -> bool {
    let numbered = |prefix: &str| {
        name.strip_prefix(prefix)
            .and_then(|rest| rest.strip_suffix(".dat"))
            .is_some_and(|digits| {
                !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
            })
    };
    numbered("blk") || numbered("rev")
}
