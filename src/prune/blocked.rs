//! Why nothing can be pruned now. Pure.

use std::mem::discriminant;

use super::obstacle::Obstacle;

/// Why nothing can be pruned now, though something may be to be pruned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The node cannot prune at all.
    Obstacle(Obstacle),
    /// Nobody knows what is used.
    UsageUnknown,
    /// The time is outside of `storage.custom.window`.
    OutsideWindow,
    /// Blocks were deleted before, and the volume did not get the room.
    NoRoom,
    /// Blocks were deleted before, and the node's files did not get smaller.
    InVain,
    /// The node knows no height, and less than all is to go.
    NoHeight,
}

impl Blocked {
    /// Whether both are the same to whoever reads the log: numbers change from look to look.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Obstacle(one @ Obstacle::WrongChain { .. }),
                Self::Obstacle(another @ Obstacle::WrongChain { .. }),
            ) => one == another,
            (Self::Obstacle(one), Self::Obstacle(another)) => {
                discriminant(one) == discriminant(another)
            }
            _ => self == other,
        }
    }

    /// Whether others say so: the state of the node, or the check `pruning`.
    #[must_use]
    pub fn is_said_elsewhere(&self) -> bool {
        matches!(
            self,
            Self::Obstacle(Obstacle::NotKnown | Obstacle::NotInPruneMode)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_whose_number_changed_is_the_same_and_another_reason_is_not() {
        let full = |free_bytes| Blocked::Obstacle(Obstacle::DiskFull { free_bytes });
        assert!(full(1).is_like(&full(2)));
        assert!(!full(1).is_like(&Blocked::Obstacle(Obstacle::InitialDownload)));
        assert!(!full(1).is_like(&Blocked::NoRoom));
        assert!(Blocked::InVain.is_like(&Blocked::InVain));
        assert!(!Blocked::InVain.is_like(&Blocked::NoRoom));
        let on = |found: &str| {
            Blocked::Obstacle(Obstacle::WrongChain {
                found: found.to_owned(),
                wanted: "main",
            })
        };
        assert!(on("test").is_like(&on("test")) && !on("test").is_like(&on("signet")));
    }

    #[test]
    fn only_what_the_state_or_the_check_says_is_said_elsewhere() {
        assert!(Blocked::Obstacle(Obstacle::NotKnown).is_said_elsewhere());
        assert!(Blocked::Obstacle(Obstacle::NotInPruneMode).is_said_elsewhere());
        assert!(!Blocked::Obstacle(Obstacle::InitialDownload).is_said_elsewhere());
        assert!(!Blocked::InVain.is_said_elsewhere());
    }
}
