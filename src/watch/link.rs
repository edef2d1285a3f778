//! Whether the node is to be reached. Pure.

use std::time::Duration;

use crate::node::NodeError;

/// What the liveness call says of the way to the node.
#[derive(Clone, Debug, PartialEq)]
pub enum Link<'a> {
    /// It has not been answered or refused yet.
    Unasked,
    /// The node answers.
    Up,
    /// The node answers that it is starting.
    Starting(&'a NodeError),
    /// The node answers that it does not know us.
    Refused(&'a NodeError),
    /// Nobody answers, or somebody else.
    Down(&'a NodeError),
    /// The question is open past its timeout, for so long.
    Silent(Duration),
}
