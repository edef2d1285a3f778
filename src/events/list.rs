//! The last events, the oldest first. Pure.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::record::{EventDraft, EventRecord};

/// The last [`EventList::BOUND`] events.
#[derive(Clone, Debug, Default)]
pub struct EventList {
    events: VecDeque<EventRecord>,
    newest: u64,
}

impl EventList {
    /// So many are kept.
    pub const BOUND: usize = 200;

    /// Those of an earlier run, in whatever order, whose numbers went up to `newest` at least.
    #[must_use]
    pub fn restore(mut events: Vec<EventRecord>, newest: u64) -> Self {
        events.sort_by_key(|event| event.id);
        events.dedup_by_key(|event| event.id);
        let excess = events.len().saturating_sub(Self::BOUND);
        events.drain(..excess);
        Self {
            newest: events.last().map_or(newest, |event| event.id.max(newest)),
            events: events.into(),
        }
    }

    /// Adds an event, in place of the oldest if the list is full; its number.
    pub fn add(&mut self, draft: EventDraft, time: Timestamp) -> u64 {
        self.newest += 1;
        self.events.push_back(EventRecord {
            id: self.newest,
            time,
            draft,
        });
        if self.events.len() > Self::BOUND {
            self.events.pop_front();
        }
        self.newest
    }

    /// The number of the newest; 0: there has been none.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Those after the one with the number `id`, the oldest first.
    #[must_use]
    pub fn after(&self, id: u64) -> Vec<EventRecord> {
        let later = self.events.iter().filter(|event| event.id > id);
        later.cloned().collect()
    }

    /// The last one about the same as `draft`.
    #[must_use]
    pub fn last_about(&self, draft: &EventDraft) -> Option<&EventRecord> {
        let mut newest_first = self.events.iter().rev();
        newest_first.find(|event| event.draft.is_about_same(draft))
    }

    /// The number below which none is kept.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.events.front().map_or(0, |event| event.id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::record::{EventKind, EventSeverity};
    use super::*;

    fn draft(reason: &str) -> EventDraft {
        EventDraft::new(EventKind::Reload, EventSeverity::Info, reason)
    }

    fn time() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    proptest! {
        #[test]
        fn the_last_two_hundred_are_there_in_order_also_after_restarts(
            runs in prop::collection::vec(0_usize..150, 1..6),
            turned in any::<bool>(),
        ) {
            let mut list = EventList::default();
            let mut all = Vec::new();
            for run in runs {
                for number in 0..run {
                    let reason = format!("{} {number}", all.len());
                    let id = list.add(draft(&reason), time());
                    prop_assert_eq!(id, u64::try_from(all.len()).unwrap() + 1);
                    all.push(reason);
                }
                let mut kept = list.after(0);
                if turned {
                    kept.reverse();
                }
                list = EventList::restore(kept, 0);
            }
            let expected: Vec<_> = all.iter().rev().take(EventList::BOUND).rev().collect();
            let kept = list.after(0);
            prop_assert_eq!(kept.iter().map(|event| &event.draft.reason).collect::<Vec<_>>(), expected);
            prop_assert!(kept.windows(2).all(|pair| pair[0].id < pair[1].id));
            let newest = list.newest();
            prop_assert_eq!(newest, u64::try_from(all.len()).unwrap());
            prop_assert!(list.after(newest).is_empty());
            prop_assert_eq!(list.oldest(), kept.first().map_or(0, |event| event.id));
        }
    }
}
