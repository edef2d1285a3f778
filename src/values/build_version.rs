//! Which build this is.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from, `-dirty` behind it if files differed; `unknown` if it was
/// built from sources without git.
pub const COMMIT: &str = env!("BUILD_COMMIT");

/// Both, for a person: `0.1.0 (commit 0123456789ab)`.
pub const VERSION_AND_COMMIT: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("BUILD_COMMIT"),
    ")"
);
