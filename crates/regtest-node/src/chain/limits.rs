//! What no block may exceed, and how its bytes are weighed (BIP141). Pure.

/// In weight units.
pub(crate) const MAX_WEIGHT: usize = 4_000_000;
pub(crate) const MAX_SIGOPS_COST: usize = 80_000;
/// What a byte outside of the witness, or an old signature operation, weighs.
pub(crate) const WITNESS_SCALE_FACTOR: usize = 4;
