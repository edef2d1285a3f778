//! Room for what is read and is not yet a request, all together, and who may have how much of it.
//!
//! An address may have as much as is still free, and no more ("dynamic thresholds", Choudhury and
//! Hahne 1998): one alone gets half of the room, two a third each, and however many fill what they
//! can, there is some left for the next one. Invariant: what is held together never is more than
//! the room.

use std::collections::HashMap;

/// Who holds how many bytes. A network is an address' number, see `crate::limit::network_of`.
#[derive(Default)]
pub(super) struct Room {
    held: u64,
    by_network: HashMap<u64, u64>,
}

impl Room {
    /// Gives `network` another `more` bytes of a room of `size`, if it may have them.
    pub(super) fn take(&mut self, network: u64, more: u64, size: u64) -> bool {
        let own = self
            .by_network
            .get(&network)
            .copied()
            .unwrap_or(0)
            .saturating_add(more);
        let held = self.held.saturating_add(more);
        if own > size.saturating_sub(held) {
            return false;
        }
        self.held = held;
        self.by_network.insert(network, own);
        true
    }

    /// Takes back `bytes` of those that `network` holds.
    pub(super) fn give_back(&mut self, network: u64, bytes: u64) {
        let Some(own) = self.by_network.get_mut(&network) else {
            return;
        };
        let bytes = bytes.min(*own);
        *own -= bytes;
        self.held -= bytes;
        if *own == 0 {
            self.by_network.remove(&network);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: u64 = 1200;

    /// What `network` gets, one by one, before it is refused.
    fn fill(room: &mut Room, network: u64) -> u64 {
        (0..=SIZE).find(|_| !room.take(network, 1, SIZE)).unwrap()
    }

    #[test]
    fn one_alone_gets_half_and_however_many_come_the_next_one_gets_something() {
        let mut room = Room::default();
        assert_eq!(fill(&mut room, 1), 600);
        assert_eq!(fill(&mut room, 2), 300);
        for hog in 3..9 {
            assert!(fill(&mut room, hog) > 0, "{hog}");
        }
    }

    #[test]
    fn what_is_given_back_can_be_had_again_and_leaves_nothing_behind() {
        let mut room = Room::default();
        assert!(room.take(1, 600, SIZE) && !room.take(1, 1, SIZE));
        room.give_back(1, 600);
        assert!(room.by_network.is_empty() && room.take(1, 600, SIZE));
        // A smaller room after a reload: what is held stays.
        assert!(!room.take(2, 1, 100));
        room.give_back(1, 600);
        room.give_back(1, 600);
        assert_eq!((room.held, room.by_network.len()), (0, 0));
    }

    proptest! {
        #[test]
        fn the_room_is_never_overfull_and_what_is_held_is_the_sum(
            steps in prop::collection::vec((0_u64..6, 1_u64..400, any::<bool>()), 1..200),
        ) {
            let (mut room, mut model) = (Room::default(), HashMap::<u64, u64>::new());
            for (network, bytes, takes) in steps {
                let own = model.entry(network).or_default();
                if !takes {
                    room.give_back(network, bytes);
                    *own = own.saturating_sub(bytes);
                } else if room.take(network, bytes, SIZE) {
                    *own += bytes;
                }
                let held: u64 = model.values().sum();
                prop_assert_eq!(held, room.held);
                prop_assert!(held <= SIZE);
                prop_assert!(model.values().all(|own| own * 2 <= SIZE));
            }
        }
    }
}
