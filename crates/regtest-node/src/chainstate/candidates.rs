//! Which tip the chain is to go to.
//!
//! Decides among the tips whose blocks are all here. Refuses to know what is in a block. Invariant:
//! of two tips with the same work the one whose chain was whole first goes first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, VecDeque};

use bitcoin::Work;
use tracing::warn;

use super::headers::HeaderIndex;
use crate::chain::tree::{HeaderTree, Id};

/// A tip that could be the best one: the most work, then the one whose chain was whole first.
type Candidate = (Work, Reverse<u64>, Id);

/// The tips that could be the best one.
#[derive(Debug)]
pub(super) struct Candidates {
    tips: BTreeSet<Candidate>,
    /// Blocks that came before their parents, by the parent.
    waiting: HashMap<Id, Vec<Id>>,
    /// For the next chain that becomes whole.
    next_sequence: u64,
    /// Every block on the way to this tip is on the disk.
    open_way: Option<Id>,
    /// The block at which a better chain forks off that cannot be gone to, once that was logged.
    logged_fork: Option<Id>,
}

fn candidate(tree: &HeaderTree, id: Id) -> Candidate {
    let entry = tree.get(id);
    (entry.work, Reverse(entry.sequence), id)
}

/// Whether all blocks from `tip` down to the one above `fork` are on the disk.
pub(super) fn are_stored(tree: &HeaderTree, tip: Id, fork: Id) -> bool {
    tree.line(tip)
        .take_while(|step| *step != fork)
        .all(|step| tree.get(step).location.is_some())
}

impl Candidates {
    pub(super) fn new() -> Self {
        Self {
            tips: BTreeSet::new(),
            waiting: HashMap::new(),
            next_sequence: 1,
            open_way: None,
            logged_fork: None,
        }
    }

    /// A chain of the database became whole as the one with this number.
    pub(super) fn skip_sequence(&mut self, sequence: u64) {
        self.next_sequence = self.next_sequence.max(sequence.saturating_add(1));
    }

    fn take_sequence(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.saturating_add(1);
        sequence
    }

    /// Notes that the block is here, and which others that waited for it are complete now: they are
    /// counted in the order in which their chains became whole, the lower ones and those that came
    /// first before the others.
    pub(super) fn complete(&mut self, headers: &mut HeaderIndex, id: Id) {
        let mut ready = VecDeque::from([id]);
        while let Some(id) = ready.pop_front() {
            let Some(parent) = headers.tree.get(id).parent else {
                continue;
            };
            let below = headers.tree.get(parent).chain_transactions;
            if below == 0 {
                // Also what an earlier version has counted when it came.
                headers.tree.get_mut(id).sequence = 0;
                self.waiting.entry(parent).or_default().push(id);
                continue;
            }
            // What comes from the database has its number.
            if headers.tree.get(id).sequence == 0 {
                headers.change(id).sequence = self.take_sequence();
            }
            let entry = headers.tree.get_mut(id);
            entry.chain_transactions = below.saturating_add(u64::from(entry.transactions));
            if !entry.validity.has_failed() {
                self.tips.insert(candidate(&headers.tree, id));
            }
            ready.extend(self.waiting.remove(&id).unwrap_or_default());
        }
    }

    /// Examines all entries again: after `invalidateblock` or `reconsiderblock` any may be the
    /// best.
    pub(super) fn rebuild(&mut self, tree: &HeaderTree) {
        self.open_way = None;
        let tip = tree.tip();
        let floor = (!tree.get(tip).validity.has_failed()).then(|| candidate(tree, tip));
        let good = |id: &Id| {
            let entry = tree.get(*id);
            entry.is_complete()
                && !entry.validity.has_failed()
                && (entry.location.is_some() || tree.is_best(*id))
        };
        let found = tree.ids().filter(good).map(|id| candidate(tree, id));
        self.tips = found
            .filter(|found| floor.is_none_or(|floor| *found >= floor))
            .collect();
    }

    /// The tip to go to; `None` if it is the one we have.
    pub(super) fn target(&mut self, tree: &HeaderTree, first_stored: u32) -> Option<Id> {
        let tip = tree.tip();
        loop {
            let (work, Reverse(sequence), id) = *self.tips.last()?;
            let entry = tree.get(tip);
            let is_better = (work, Reverse(sequence)) > (entry.work, Reverse(entry.sequence));
            if id == tip || (!is_better && !entry.validity.has_failed()) {
                return None;
            }
            // The whole way is looked at once, not again at each of its steps.
            if self.open_way == Some(id) {
                return Some(id);
            }
            let fork = tree.fork(id);
            let is_way_there = are_stored(tree, id, fork);
            if is_way_there && are_stored(tree, tip, fork) {
                self.open_way = Some(id);
                return Some(id);
            }
            // A block on the way there, or back to where the two part, was pruned.
            if is_way_there && self.logged_fork.replace(fork) != Some(fork) {
                let tip = tree.get(id).hash;
                let height = tree.get(fork).height;
                warn!(%tip, forks_at = height, kept_from = first_stored,
                    "a better chain forks off below the pruned height: not taken");
            }
            self.tips.pop_last();
        }
    }

    /// The block is the tip now: what has less work is out of the race.
    pub(super) fn connected(&mut self, tree: &HeaderTree, id: Id) {
        self.tips = self.tips.split_off(&candidate(tree, id));
    }

    /// Blocks were deleted: no way is known to be whole.
    pub(super) fn pruned(&mut self) {
        self.open_way = None;
    }

    /// Of tips with the same work the operator's choice goes first: the others count as having come
    /// after it.
    pub(super) fn prefer(&mut self, tree: &mut HeaderTree, id: Id) {
        let tip = tree.tip();
        let entry = tree.get(id);
        let is_whole =
            entry.is_complete() && entry.location.is_some() && !entry.validity.has_failed();
        if id == tip || !is_whole || entry.work < tree.get(tip).work {
            return;
        }
        let rivals = self.tips.iter().map(|(_, _, rival)| *rival).chain([tip]);
        let rivals: BTreeSet<Id> = rivals.filter(|rival| *rival != id).collect();
        for rival in rivals {
            let was_there = self.tips.remove(&candidate(tree, rival));
            tree.get_mut(rival).sequence = self.take_sequence();
            if was_there {
                self.tips.insert(candidate(tree, rival));
            }
        }
        self.tips.insert(candidate(tree, id));
    }
}
