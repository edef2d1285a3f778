//! What calls to prune have brought: what was deleted, and what became free of it. Pure.

use std::time::Duration;

use super::reading::Reading;

/// What one call has brought, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the unit is in the name")]
pub(super) struct Gain {
    pub(super) deleted_bytes: Option<u64>,
    /// What the volume gained, the growth of the node's other files added, since these are no sign
    /// of anything.
    pub(super) room_bytes: Option<i128>,
    /// That growth.
    pub(super) growth_bytes: u64,
}

impl Gain {
    pub(super) fn between(before: &Reading, after: &Reading) -> Self {
        let size = |reading: &Reading| reading.blocks_bytes.or(reading.usage_bytes);
        // Of a node that has gone silent what is known is what was known before the call.
        let sizes = size(before).zip(size(after)).filter(|_| after.is_known());
        let difference = |before: Option<u64>, after: Option<u64>| {
            Some(i128::from(after?) - i128::from(before?))
        };
        let growth = difference(before.other_bytes, after.other_bytes)
            .unwrap_or(0)
            .max(0);
        Self {
            deleted_bytes: sizes.map(|(before, after)| before.saturating_sub(after)),
            room_bytes: difference(before.free_bytes, after.free_bytes).map(|room| room + growth),
            growth_bytes: u64::try_from(growth).unwrap_or(u64::MAX),
        }
    }

    /// It can be measured what came of what was deleted, on a volume that changed by `noise_bytes`
    /// without the call. Files may grow without taking room, where the file system has set it aside
    /// before: what looks like room only by such growth is reported only of more than that.
    fn is_clear(self, noise_bytes: u64) -> bool {
        let deleted = self.deleted_bytes.unwrap_or(0);
        let without_growth = Self {
            room_bytes: self
                .room_bytes
                .map(|room| room - i128::from(self.growth_bytes)),
            ..self
        };
        let doubtful_bytes = match (self.is_short(), without_growth.is_short()) {
            (true, _) => noise_bytes,
            (false, true) => noise_bytes.saturating_add(self.growth_bytes),
            (false, false) => return true,
        };
        deleted > doubtful_bytes
    }

    /// So much less than what was deleted became free that it is worth a second look: some file
    /// systems take a while.
    pub(super) fn is_short(self) -> bool {
        let (Some(deleted), Some(room)) = (self.deleted_bytes, self.room_bytes) else {
            return false;
        };
        deleted > 0 && room < i128::from(deleted) * 9 / 10
    }
}

/// What the calls of one run have brought in all.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// `None`: what came of a call could not be measured.
    deleted_bytes: Option<u64>,
    /// Of that, as far as the volume has shown.
    freed_bytes: Option<u64>,
    /// What the volume has gained.
    room_bytes: i128,
    unread: Unread,
    /// What the last calls deleted of which the volume showed what came of it, and what became free
    /// of that.
    last_read: Option<(u64, u64)>,
}

/// What calls have brought while the volume changed by more without them.
#[derive(Clone, Copy, Debug, Default)]
struct Unread {
    calls: u32,
    deleted_bytes: u64,
    room_bytes: i128,
    noise_bytes: u64,
    growth_bytes: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            deleted_bytes: Some(0),
            freed_bytes: Some(0),
            room_bytes: 0,
            unread: Unread::default(),
            last_read: None,
        }
    }
}

impl Ledger {
    /// Adds what one call has brought, on a volume that changed by so much without it.
    pub(super) fn add(&mut self, gain: Gain, noise_bytes: u64) {
        let add = |sum: Option<u64>, more: Option<u64>| {
            sum.zip(more).map(|(sum, more)| sum.saturating_add(more))
        };
        self.deleted_bytes = add(self.deleted_bytes, gain.deleted_bytes);
        self.room_bytes += gain.room_bytes.unwrap_or(0);
        let (Some(deleted), Some(room)) = (gain.deleted_bytes, gain.room_bytes) else {
            self.freed_bytes = add(self.freed_bytes, gain.deleted_bytes);
            return;
        };
        if deleted == 0 {
            return;
        }
        let unread = Unread {
            calls: self.unread.calls.saturating_add(1),
            deleted_bytes: self.unread.deleted_bytes.saturating_add(deleted),
            room_bytes: self.unread.room_bytes + room,
            noise_bytes: self.unread.noise_bytes.saturating_add(noise_bytes),
            growth_bytes: self.unread.growth_bytes.saturating_add(gain.growth_bytes),
        };
        let freed_of = |room: i128, deleted: u64| u64::try_from(room).unwrap_or(0).min(deleted);
        if gain.is_clear(noise_bytes) {
            // What came of the calls before, which could not be measured, is taken to be as much.
            let freed = freed_of(room, deleted);
            let before =
                u128::from(self.unread.deleted_bytes) * u128::from(freed) / u128::from(deleted);
            let before = u64::try_from(before).unwrap_or(u64::MAX);
            self.read(unread.deleted_bytes, freed.saturating_add(before));
            return;
        }
        let sum = Gain {
            deleted_bytes: Some(unread.deleted_bytes),
            room_bytes: Some(unread.room_bytes),
            growth_bytes: unread.growth_bytes,
        };
        if sum.is_clear(unread.noise_bytes) {
            let freed = freed_of(unread.room_bytes, unread.deleted_bytes);
            self.read(unread.deleted_bytes, freed);
        } else {
            self.unread = unread;
        }
    }

    /// It is known now that of so much that was deleted so much became free.
    fn read(&mut self, deleted: u64, freed: u64) {
        self.freed_bytes = self.freed_bytes.map(|so_far| so_far.saturating_add(freed));
        self.last_read = Some((deleted, freed));
        self.unread = Unread::default();
    }

    /// Bytes of block files that went, where that is known.
    pub(super) fn deleted_bytes(&self) -> Option<u64> {
        self.deleted_bytes
    }

    /// What became free of that, where it is known. Where the volume does not show it, all of it.
    pub(super) fn freed_bytes(&self) -> Option<u64> {
        self.freed_bytes
            .map(|freed| freed.saturating_add(self.unread.deleted_bytes))
    }

    /// What the volume has gained.
    pub(super) fn room_bytes(&self) -> i128 {
        self.room_bytes
    }

    /// So many calls in a row deleted less than the volume changes by itself.
    pub(super) fn unread_calls(&self) -> u32 {
        self.unread.calls
    }

    /// What the last calls deleted, and what became free of it, if that is less than a tenth: it
    /// may have gone well before, and a snapshot was taken meanwhile.
    pub(super) fn in_vain(&self) -> Option<(u64, u64)> {
        self.last_read
            .filter(|(deleted, freed)| *freed < deleted / 10)
    }
}

/// What a volume changes by without us in `elapsed`, if it was seen to change by `range` in `seen`.
pub(super) fn noise_over(range: u64, seen: Duration, elapsed: Duration) -> u64 {
    let scaled = u128::from(range) * elapsed.max(seen).as_millis() / seen.as_millis().max(1);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_volume_changes_by_grows_with_the_time_that_a_call_takes() {
        let seconds = Duration::from_secs;
        assert_eq!(noise_over(500, seconds(5), seconds(60)), 6_000);
        assert_eq!(
            noise_over(500, seconds(5), seconds(1)),
            500,
            "never less than what was seen"
        );
        assert_eq!(noise_over(0, seconds(5), seconds(600)), 0);
        assert_eq!(noise_over(u64::MAX, Duration::ZERO, seconds(600)), u64::MAX);
    }

    #[test]
    fn what_could_not_be_read_at_first_is_corrected_once_it_can_be() {
        let mut ledger = Ledger::default();
        let gain = |deleted, room| Gain {
            deleted_bytes: Some(deleted),
            room_bytes: Some(room),
            growth_bytes: 0,
        };
        ledger.add(gain(100, -200), 300);
        assert_eq!(
            (
                ledger.unread_calls(),
                ledger.freed_bytes(),
                ledger.in_vain()
            ),
            (1, Some(100), None)
        );
        ledger.add(gain(600, 0), 300);
        assert_eq!(
            (
                ledger.unread_calls(),
                ledger.freed_bytes(),
                ledger.in_vain()
            ),
            (0, Some(0), Some((700, 0)))
        );
        assert_eq!(ledger.deleted_bytes(), Some(700));
    }

    #[test]
    fn what_looks_like_room_only_because_other_files_grew_is_read_once_more_than_that_has_gone() {
        let gain = |deleted, room, growth_bytes| Gain {
            deleted_bytes: Some(deleted),
            room_bytes: Some(room),
            growth_bytes,
        };
        // A snapshot holds all of it, and files grew into room that had been set aside for them.
        let mut ledger = Ledger::default();
        ledger.add(gain(100, 100, 100), 0);
        assert_eq!((ledger.unread_calls(), ledger.in_vain()), (1, None));
        ledger.add(gain(200, 0, 0), 0);
        assert_eq!(
            (
                ledger.unread_calls(),
                ledger.in_vain(),
                ledger.freed_bytes()
            ),
            (0, Some((300, 0)), Some(0))
        );
        // No snapshot: the node wrote out its cache with the first call.
        let mut ledger = Ledger::default();
        ledger.add(gain(100, 100, 900), 0);
        ledger.add(gain(200, 200, 0), 0);
        assert_eq!(
            (
                ledger.unread_calls(),
                ledger.in_vain(),
                ledger.freed_bytes()
            ),
            (0, None, Some(300))
        );
        // A snapshot, and the cache was written out: it is short whatever is added.
        let mut ledger = Ledger::default();
        ledger.add(gain(100, 0, 900), 0);
        assert_eq!(ledger.in_vain(), Some((100, 0)));
    }
}
