//! Counters of the library, named as their families.

use prometheus::{IntCounterVec, Opts};

use super::families::Family;

/// A counter of `family`.
pub(super) fn counter(family: &Family) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(Opts::new(family.name, family.help), family.labels)
}
