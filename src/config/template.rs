//! The file that `config init` writes.

/// A complete configuration for an attached node: what an operator has to decide is written,
/// everything else is there as a comment with its default.
#[must_use]
pub fn template() -> &'static str {
    include_str!("template.toml")
}
