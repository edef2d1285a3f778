//! How much the node of `serve --dev` may take before blocks go. Pure.
//!
//! Its database has a record of each header for ever, and a block comes every two seconds:
//! thresholds that are fixed would be outgrown within hours, with nothing left to prune. So they
//! are computed from what the database takes.

/// When pruning starts, and where it stops. Bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Room {
    target: u64,
}

impl Room {
    /// The database may grow by so much before the thresholds change.
    const STEP: u64 = 1_000_000;
    /// More than the last 288 blocks take, which always stay: about 20 kB each. So much more that
    /// nothing goes before the peers have had time to download it, and so little that the first run
    /// comes within a minute or two.
    const BLOCKS: u64 = 12_000_000;
    /// What a run frees: blocks of a minute or two.
    const RUN: u64 = 700_000;

    /// With a database of so many bytes.
    pub(super) fn beside(database_bytes: u64) -> Self {
        let steps = database_bytes / Self::STEP + 1;
        Self {
            target: steps
                .saturating_mul(Self::STEP)
                .saturating_add(Self::BLOCKS),
        }
    }

    /// The lines of the configuration.
    pub(super) fn lines(self) -> String {
        // Nothing here is smaller than 100 kB.
        let gigabytes = |bytes: u64| {
            format!(
                "{}.{:04}",
                bytes / 1_000_000_000,
                bytes % 1_000_000_000 / 100_000
            )
        };
        let threshold = gigabytes(self.target.saturating_add(Self::RUN));
        format!(
            "pruning_threshold_gb = {threshold}\npruning_target_gb = {}\n",
            gigabytes(self.target)
        )
    }

    /// The configuration `text` with `other` in its place; `None` if somebody has changed these
    /// lines.
    pub(super) fn replaced_in(self, text: &str, other: Self) -> Option<String> {
        let lines = self.lines();
        text.contains(&lines)
            .then(|| text.replace(&lines, &other.lines()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a block, at most, as an average over 288 of them; the files of the last and the first are
    /// not whole.
    const BLOCK: u64 = 24_000;
    const ENDS: u64 = 2 * 65_536;

    #[test]
    fn whatever_the_database_takes_there_is_something_to_prune_at_the_threshold() {
        for database in (0..40_000).map(|tenth| tenth * 100_000) {
            let room = Room::beside(database);
            let kept = database + 288 * BLOCK + ENDS;
            assert!(
                kept < room.target,
                "{database}: what stays is more than {room:?}"
            );
            assert!(
                room.target - kept < 7_000_000,
                "{database}: {room:?} is not reached within minutes"
            );
        }
    }

    #[test]
    fn it_changes_only_with_a_step_and_never_shrinks() {
        assert_eq!(Room::beside(0), Room::beside(999_999));
        assert!(Room::beside(1_000_000) > Room::beside(999_999));
    }

    #[test]
    fn the_lines_are_replaced_unless_somebody_has_changed_them() {
        let small = Room::beside(0);
        let large = Room::beside(3_000_000_000);
        assert_eq!(
            small.lines(),
            "pruning_threshold_gb = 0.0137\npruning_target_gb = 0.0130\n"
        );
        assert_eq!(
            large.lines(),
            "pruning_threshold_gb = 3.0137\npruning_target_gb = 3.0130\n"
        );
        let text =
            |lines: &str| format!("[storage]\npruning_mode = \"normal\"\n{lines}min_free_gb = 0\n");
        assert_eq!(
            small.replaced_in(&text(&small.lines()), large),
            Some(text(&large.lines()))
        );
        let theirs = text("pruning_threshold_gb = 5\npruning_target_gb = 0.0130\n");
        assert_eq!(small.replaced_in(&theirs, large), None);
    }
}
