//! The best order of mining a cluster: its chunks. Pure.
//!
//! A chunk is what pays most for its size of all that can be mined next, with all that it builds
//! on, and no larger than that takes. Bitcoin Core approaches this order and reaches it for
//! clusters within its limits; here it is found exactly, by maximum-weight closures.

#![expect(
    clippy::indexing_slicing,
    reason = "an index is that of a transaction of the graph, for which each list has a place"
)]

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::iter::Sum;

/// A fee, in satoshi, and the size that it pays for, in weight units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeeFrac {
    pub(crate) fee: u64,
    pub(crate) size: u64,
}

impl FeeFrac {
    /// Which of the two pays more for its size.
    pub(crate) fn cmp_rate(self, other: Self) -> Ordering {
        let product = |fee: u64, size: u64| u128::from(fee) * u128::from(size);
        product(self.fee, other.size).cmp(&product(other.fee, self.size))
    }
}

impl Sum for FeeFrac {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            fee: sum.fee.saturating_add(part.fee),
            size: sum.size.saturating_add(part.size),
        })
    }
}

/// Transactions that are mined together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Their places in the graph, in its order.
    pub(super) members: Vec<usize>,
    pub(super) sum: FeeFrac,
}

/// Transactions and which of them build on which.
pub(super) struct ClusterGraph {
    sizes: Vec<FeeFrac>,
    /// Of each transaction, itself and all that it builds on.
    ancestors: Vec<Vec<usize>>,
}

impl ClusterGraph {
    /// Transactions, each with the places of its parents.
    pub(super) fn new(transactions: &[(FeeFrac, Vec<usize>)]) -> Self {
        let ancestors = (0..transactions.len()).map(|at| {
            let mut found = vec![false; transactions.len()];
            let mut open = vec![at];
            while let Some(next) = open.pop() {
                if !std::mem::replace(&mut found[next], true) {
                    open.extend(&transactions[next].1);
                }
            }
            members(&found)
        });
        Self {
            ancestors: ancestors.collect(),
            sizes: transactions.iter().map(|(size, _)| *size).collect(),
        }
    }

    /// All transactions, in chunks of falling rate.
    pub(super) fn chunks(&self) -> Vec<Chunk> {
        let mut left = vec![true; self.sizes.len()];
        let mut chunks = Vec::new();
        while left.contains(&true) {
            let members = self.best_chunk(&left);
            for member in &members {
                left[*member] = false;
            }
            let sum = self.sum(&members);
            chunks.push(Chunk { members, sum });
        }
        chunks
    }

    fn sum(&self, members: &[usize]) -> FeeFrac {
        members.iter().map(|member| self.sizes[*member]).sum()
    }

    /// The smallest of the closures of `left` that pay most for their size (Dinkelbach's method).
    fn best_chunk(&self, left: &[bool]) -> Vec<usize> {
        let mut best = members(left);
        let mut weights = self.weights(self.sum(&best));
        loop {
            let heavier = self.heaviest_closure(left, &weights, None);
            let gain: i128 = heavier.iter().map(|member| weights[*member]).sum();
            if gain <= 0 {
                break;
            }
            best = heavier;
            weights = self.weights(self.sum(&best));
        }
        let smallest = best
            .iter()
            .map(|member| self.heaviest_closure(left, &weights, Some(*member)))
            .min_by_key(Vec::len);
        smallest.unwrap_or(best)
    }

    /// What each transaction pays above the rate of `sum`, times its size.
    fn weights(&self, sum: FeeFrac) -> Vec<i128> {
        let product = |fee: u64, size: u64| i128::from(fee) * i128::from(size);
        self.sizes
            .iter()
            .map(|own| product(own.fee, sum.size) - product(sum.fee, own.size))
            .collect()
    }

    /// The smallest of the heaviest subsets of `left` that have all that they build on, with
    /// `forced` in it: a minimum cut, where what weighs more than nothing pays for its ancestors.
    fn heaviest_closure(
        &self,
        left: &[bool],
        weights: &[i128],
        forced: Option<usize>,
    ) -> Vec<usize> {
        let count = weights.len();
        let enough = weights.iter().map(|weight| weight.abs()).sum::<i128>() + 1;
        let mut excess: Vec<i128> = weights.iter().map(|weight| (*weight).max(0)).collect();
        let mut room: Vec<i128> = weights.iter().map(|weight| (-weight).max(0)).collect();
        if let Some(forced) = forced {
            excess[forced] = enough;
            room[forced] = 0;
        }
        let is_payer: Vec<bool> = excess.iter().map(|excess| *excess > 0).collect();
        // What the first pays for the second.
        let mut paid = vec![0_i128; count * count];
        loop {
            let mut came_from: Vec<Option<usize>> = vec![None; count];
            let mut seen: Vec<bool> = (0..count).map(|at| left[at] && excess[at] > 0).collect();
            let mut open: VecDeque<usize> = members(&seen).into();
            let mut end = None;
            while let Some(at) = open.pop_front() {
                if room[at] > 0 {
                    end = Some(at);
                    break;
                }
                let next: Vec<usize> = if is_payer[at] {
                    self.ancestors[at].clone()
                } else {
                    (0..count)
                        .filter(|payer| paid[payer * count + at] > 0)
                        .collect()
                };
                for next in next {
                    if left[next] && !std::mem::replace(&mut seen[next], true) {
                        came_from[next] = Some(at);
                        open.push_back(next);
                    }
                }
            }
            let Some(end) = end else {
                return members(&self.with_ancestors(&seen, left));
            };
            augment(
                end,
                &came_from,
                &is_payer,
                &mut excess,
                &mut room,
                &mut paid,
            );
        }
    }

    fn with_ancestors(&self, seen: &[bool], left: &[bool]) -> Vec<bool> {
        let mut closure = vec![false; seen.len()];
        for member in members(seen) {
            for ancestor in &self.ancestors[member] {
                closure[*ancestor] = left[*ancestor];
            }
        }
        closure
    }
}

/// Pays as much as the way to `end` allows.
fn augment(
    end: usize,
    came_from: &[Option<usize>],
    is_payer: &[bool],
    excess: &mut [i128],
    room: &mut [i128],
    paid: &mut [i128],
) {
    let count = came_from.len();
    let mut steps = Vec::new();
    let mut at = end;
    while let Some(before) = came_from[at] {
        steps.push((before, at));
        at = before;
    }
    // Back over what a payer pays already there is no more than that.
    let backwards = steps
        .iter()
        .filter(|(before, _)| !is_payer[*before])
        .map(|(before, payer)| paid[payer * count + before]);
    let amount = backwards
        .min()
        .map_or(room[end], |least| least.min(room[end]));
    let amount = amount.min(excess[at]);
    excess[at] -= amount;
    room[end] -= amount;
    for (before, next) in steps {
        if is_payer[before] {
            paid[before * count + next] += amount;
        } else {
            paid[next * count + before] -= amount;
        }
    }
}

fn members(set: &[bool]) -> Vec<usize> {
    (0..set.len()).filter(|at| set[*at]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mempool::diagram::improves;

    fn frac(fee: u64, size: u64) -> FeeFrac {
        FeeFrac { fee, size }
    }

    fn sums(transactions: &[(FeeFrac, Vec<usize>)]) -> Vec<FeeFrac> {
        let chunks = ClusterGraph::new(transactions).chunks();
        chunks.into_iter().map(|chunk| chunk.sum).collect()
    }

    #[test]
    fn a_child_pays_for_its_parent_and_not_for_its_cousin() {
        let low = (frac(1, 10), vec![]);
        assert_eq!(sums(&[low.clone(), (frac(9, 10), vec![0])]), [frac(10, 20)]);
        assert_eq!(
            sums(&[(frac(9, 10), vec![]), (frac(1, 10), vec![0])]),
            [frac(9, 10), frac(1, 10)]
        );
        assert_eq!(
            sums(&[low.clone(), low, (frac(9, 10), vec![1])]),
            [frac(10, 20), frac(1, 10)]
        );
    }

    #[test]
    fn of_equal_rates_each_is_a_chunk_of_its_own() {
        let equal = |parents: Vec<usize>| (frac(2, 10), parents);
        assert_eq!(
            sums(&[equal(vec![]), equal(vec![0]), equal(vec![1])]),
            [frac(2, 10); 3]
        );
    }

    /// The best of all subsets, tried one by one.
    fn naive_chunks(transactions: &[(FeeFrac, Vec<usize>)]) -> Vec<FeeFrac> {
        let mut left = (1_u32 << transactions.len()) - 1;
        let mut chunks = Vec::new();
        while left != 0 {
            let has = |set: u32, at: usize| set >> at & 1 == 1;
            let is_closed = |set: u32| {
                (0..transactions.len()).all(|at| {
                    let mut parents = transactions[at].1.iter();
                    !has(set, at) || parents.all(|parent| has(set, *parent) || !has(left, *parent))
                })
            };
            let sum = |set: u32| -> FeeFrac {
                let members = (0..transactions.len()).filter(|at| has(set, *at));
                members.map(|at| transactions[at].0).sum()
            };
            let best = (1..=left)
                .filter(|set| set & !left == 0 && is_closed(*set))
                .max_by(|one, other| {
                    let by_rate = sum(*one).cmp_rate(sum(*other));
                    by_rate.then(other.count_ones().cmp(&one.count_ones()))
                })
                .unwrap();
            chunks.push(sum(best));
            left &= !best;
        }
        chunks
    }

    fn any_cluster() -> impl Strategy<Value = Vec<(FeeFrac, Vec<usize>)>> {
        let one = (0_u64..6, 1_u64..5, any::<u8>());
        prop::collection::vec(one, 1..8).prop_map(|transactions| {
            let with_parents = |(at, (fee, size, parents)): (usize, (u64, u64, u8))| {
                let parents = (0..at).filter(|parent| parents >> parent & 1 == 1);
                (frac(fee, size), parents.collect())
            };
            transactions
                .into_iter()
                .enumerate()
                .map(with_parents)
                .collect()
        })
    }

    proptest! {
        #[test]
        fn chunks_are_those_that_a_search_of_all_subsets_finds(cluster in any_cluster()) {
            let chunks = ClusterGraph::new(&cluster).chunks();
            // Of several chunks with one rate any may go first.
            let rank = |mut sums: Vec<FeeFrac>| {
                sums.sort_by(|one, other| other.cmp_rate(*one).then(one.size.cmp(&other.size)));
                sums
            };
            let found: Vec<FeeFrac> = chunks.iter().map(|chunk| chunk.sum).collect();
            for pair in found.windows(2) {
                prop_assert_ne!(pair[0].cmp_rate(pair[1]), Ordering::Less);
            }
            let total = |sums: &[FeeFrac]| sums.iter().copied().sum::<FeeFrac>();
            let naive = naive_chunks(&cluster);
            prop_assert_eq!(total(&found), total(&naive));
            prop_assert_eq!(found.len(), naive.len());
            prop_assert!(!improves(&rank(naive.clone()), &found));
            prop_assert!(!improves(&found, &rank(naive.clone())));
            let mut seen = vec![false; cluster.len()];
            for chunk in &chunks {
                for member in &chunk.members {
                    prop_assert!(!std::mem::replace(&mut seen[*member], true));
                }
                for member in &chunk.members {
                    prop_assert!(cluster[*member].1.iter().all(|parent| seen[*parent]));
                }
            }
            prop_assert!(!seen.contains(&false));
        }
    }
}
