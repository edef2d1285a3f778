//! The samples of the last hour of one thing, in fixed memory. Pure.

use std::time::Duration;

use crate::values::Mono;

/// Between two samples.
pub(super) const SAMPLE_INTERVAL: Duration = Duration::from_secs(10);
/// So many samples are an hour.
pub(super) const SAMPLES: usize = 360;
/// The same number, of slots.
const SLOTS: u64 = 360;

/// The slot of a sample that is taken at `now`, counted from the start of the process.
pub(super) fn slot_at(now: Mono) -> u64 {
    now.since_start().as_secs() / SAMPLE_INTERVAL.as_secs()
}

/// When `slot` begins.
pub(super) fn moment_of(slot: u64) -> Mono {
    let seconds = slot.saturating_mul(SAMPLE_INTERVAL.as_secs());
    Mono::from_start(Duration::from_secs(seconds))
}

/// The last [`SAMPLES`] samples, each of `N` values. A value that is not known is NaN, so that a
/// sample takes `4 * N` bytes and no more.
#[derive(Clone, Debug)]
pub(super) struct SampleRing<const N: usize> {
    /// The sample of slot `s` is at `s % SLOTS`. Nothing is allocated before the first.
    samples: Vec<[f32; N]>,
    newest: Option<u64>,
}

impl<const N: usize> Default for SampleRing<N> {
    fn default() -> Self {
        Self {
            samples: Vec::new(),
            newest: None,
        }
    }
}

impl<const N: usize> SampleRing<N> {
    const UNKNOWN: [f32; N] = [f32::NAN; N];

    /// Puts `sample` into `slot`. What was missed between it and the newest is unknown. A sample
    /// that is older than the newest changes nothing.
    pub(super) fn put(&mut self, slot: u64, sample: [f32; N]) {
        if self.newest.is_some_and(|newest| slot < newest) {
            return;
        }
        if self.samples.is_empty() {
            self.samples = vec![Self::UNKNOWN; SAMPLES];
        }
        let oldest_kept = (slot + 1).saturating_sub(SLOTS);
        let after_newest = self.newest.map_or(slot, |newest| newest + 1);
        for missed in after_newest.max(oldest_kept)..slot {
            self.set(missed, Self::UNKNOWN);
        }
        self.set(slot, sample);
        self.newest = Some(slot);
    }

    fn set(&mut self, slot: u64, sample: [f32; N]) {
        if let Some(place) = self.samples.get_mut(place_of(slot)) {
            *place = sample;
        }
    }

    /// The sample of `slot`; unknown if there is none, or none any more.
    fn get(&self, slot: u64) -> [f32; N] {
        let is_kept = self
            .newest
            .is_some_and(|newest| slot <= newest && newest - slot < SLOTS);
        let sample = self.samples.get(place_of(slot)).filter(|_| is_kept);
        sample.copied().unwrap_or(Self::UNKNOWN)
    }

    /// The samples of the hour up to `until`, the oldest first; of a shorter time if the process is
    /// younger.
    pub(super) fn until(&self, until: u64) -> impl Iterator<Item = [f32; N]> {
        let first = (until + 1).saturating_sub(SLOTS);
        (first..=until).map(move |slot| self.get(slot))
    }

    /// The newest slot that has a sample.
    pub(super) fn newest(&self) -> Option<u64> {
        self.newest
    }
}

fn place_of(slot: u64) -> usize {
    // It is below `SAMPLES`.
    usize::try_from(slot % SLOTS).unwrap_or(0)
}

/// `None` as NaN, as samples are kept.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "seven digits are enough for a chart"
)]
pub(super) fn stored(value: Option<f64>) -> f32 {
    value.map_or(f32::NAN, |value| value as f32)
}

/// NaN as `None`.
pub(super) fn known(value: f32) -> Option<f64> {
    (!value.is_nan()).then(|| f64::from(value))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// How many samples after the one before.
    fn any_step() -> impl Strategy<Value = u64> {
        prop_oneof![8 => 1_u64..3, 1 => 0_u64..1, 1 => 300_u64..900]
    }

    proptest! {
        /// Against a map of all samples there ever were.
        #[test]
        fn the_last_hour_is_there_in_order_and_what_was_missed_is_unknown(
            steps in prop::collection::vec((any_step(), -9_i16..9), 1..700),
            start in 0_u64..500,
            later in 0_u64..400,
        ) {
            let mut ring = SampleRing::<2>::default();
            prop_assert_eq!(ring.samples.capacity(), 0);
            let mut all = BTreeMap::new();
            let mut slot = start;
            for (step, value) in steps {
                slot += step;
                let sample = [f32::from(value), f32::NAN];
                ring.put(slot, sample);
                all.insert(slot, value);
                if slot > 0 {
                    ring.put(slot - 1, [99.0, 99.0]);
                }
            }
            let until = slot + later;
            let read: Vec<_> = ring.until(until).map(|[first, second]| (known(first), known(second))).collect();
            let first = (until + 1).saturating_sub(360);
            let expected: Vec<_> = (first..=until)
                .map(|slot| (all.get(&slot).map(|value| f64::from(*value)), None))
                .collect();
            prop_assert_eq!(read, expected);
            prop_assert_eq!(ring.newest(), Some(slot));
            prop_assert_eq!(ring.samples.capacity(), SAMPLES);
        }
    }

    #[test]
    fn slots_follow_one_another_every_ten_seconds() {
        let at = |seconds| Mono::from_start(Duration::from_secs(seconds));
        assert_eq!(
            [0, 9, 10, 3_605].map(|seconds| slot_at(at(seconds))),
            [0, 0, 1, 360]
        );
        assert_eq!(moment_of(slot_at(at(3_605))), at(3_600));
        assert_eq!(SAMPLE_INTERVAL * 360, Duration::from_secs(3_600));
        assert_eq!(usize::try_from(SLOTS), Ok(SAMPLES));
    }
}
