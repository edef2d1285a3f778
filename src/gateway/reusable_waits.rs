//! What a client's calls wait with, one after another.

use super::reusable_timer::ReusableTimer;
use super::upstream::presence::DepartureWatch;

/// The waits of one call after another. A wait is registered once for many calls: most of them end
/// long before what it waits for.
#[derive(Default)]
pub(super) struct ReusableWaits {
    /// For deadlines.
    pub(super) timer: ReusableTimer,
    /// For the departure from the node that has the call.
    pub(super) departure: DepartureWatch,
    /// For other nodes that may get the call.
    pub(super) superseded: DepartureWatch,
}
