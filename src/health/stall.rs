//! Is the gap since the last block longer than chance explains?
//!
//! Blocks arrive as a Poisson process, so a gap of at least t has probability e^(-t/T), with T the
//! mean spacing: 10 minutes on main and signet. A gap of 60 minutes happens 130 times a year; a
//! fixed age as an alarm would cry wolf each of these times.

use std::time::Duration;

use super::text::count;
use crate::node::{ChainInfo, Direction, Peer};
use crate::values::Chain;

/// Mean time between blocks, seconds (consensus `nPowTargetSpacing` of main and signet).
const MEAN_SPACING_SECS: f64 = 600.0;
/// From this probability on a gap is worth a look.
const WARN_BELOW: f64 = 1e-3;

/// How a gap is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Explained by chance, or blocks are not expected.
    Usual,
    /// Unlikely.
    Unlikely,
    /// Less likely than the configured probability.
    Stalled,
}

/// The gap since a tip that has been `seen_for` so long and by its header is of this `age`.
///
/// A tip is seen after it was mined. One that is said to have been seen long before was remembered
/// by a clock that was set since; a header's time may be so much later than its block (consensus
/// `MAX_FUTURE_BLOCK_TIME`).
pub(super) fn gap(seen_for: Duration, age: Option<Duration>) -> Duration {
    const MAX_FUTURE: Duration = Duration::from_secs(2 * 3600);
    age.map_or(seen_for, |age| seen_for.min(age.saturating_add(MAX_FUTURE)))
}

/// The probability of a gap at least as long as `gap`.
pub(super) fn probability(gap: Duration) -> f64 {
    (-gap.as_secs_f64() / MEAN_SPACING_SECS).exp()
}

/// Judges a `gap` on `chain`. On test chains, where difficulty may leave no miner behind, it is
/// never more than unlikely; on regtest and unknown chains nothing is expected.
pub(super) fn judge(chain: Option<Chain>, gap: Duration, stall_probability: f64) -> Gap {
    let probability = probability(gap);
    match chain {
        None | Some(Chain::Regtest) => Gap::Usual,
        Some(Chain::Main | Chain::Signet) if probability < stall_probability => Gap::Stalled,
        Some(_) if probability < WARN_BELOW => Gap::Unlikely,
        Some(_) => Gap::Usual,
    }
}

/// What shows that the node, not chance, is behind a gap. A node whose peers do not report what
/// they have in common with it is given the benefit of the doubt.
pub(super) fn cause(chain: &ChainInfo, peers: Option<&[&Peer]>) -> Option<String> {
    if chain.headers > chain.blocks {
        return Some(format!(
            "headers are {} ahead",
            count((chain.headers - chain.blocks).into(), "block")
        ));
    }
    let peers = peers?.iter().copied();
    let outbound: Vec<&Peer> = peers
        .filter(|peer| peer.direction != Some(Direction::Inbound))
        .collect();
    let best_common = |peer: &&Peer| peer.synced_blocks.max(peer.synced_headers);
    let reported: Vec<u32> = outbound.iter().filter_map(best_common).collect();
    let unknown = !outbound.is_empty() && reported.is_empty();
    let shared = reported.iter().any(|height| *height >= chain.blocks);
    (!unknown && !shared).then(|| {
        format!(
            "none of {} shares our tip",
            count(count_of(&outbound), "outbound peer")
        )
    })
}

fn count_of<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_default_stalls_after_115_minutes_and_warns_after_70() {
        assert_eq!(judge(Some(Chain::Main), MINUTE * 69, 1e-5), Gap::Usual);
        assert_eq!(judge(Some(Chain::Main), MINUTE * 70, 1e-5), Gap::Unlikely);
        assert_eq!(judge(Some(Chain::Main), MINUTE * 115, 1e-5), Gap::Unlikely);
        assert_eq!(judge(Some(Chain::Main), MINUTE * 116, 1e-5), Gap::Stalled);
    }

    #[test]
    fn a_tip_has_not_been_seen_long_before_it_was_mined() {
        assert_eq!(gap(MINUTE * 5, None), MINUTE * 5);
        assert_eq!(gap(MINUTE * 5, Some(MINUTE * 600)), MINUTE * 5);
        assert_eq!(gap(MINUTE * 100_000, Some(MINUTE * 3)), MINUTE * 123);
    }

    #[test]
    fn an_hour_without_a_block_is_usual() {
        assert_eq!(judge(Some(Chain::Main), MINUTE * 60, 1e-5), Gap::Usual);
    }

    #[test]
    fn test_chains_only_warn_and_regtest_expects_nothing() {
        let day = MINUTE * 1440;
        assert_eq!(judge(Some(Chain::Testnet4), day, 1e-5), Gap::Unlikely);
        assert_eq!(judge(Some(Chain::Test), day, 1e-5), Gap::Unlikely);
        assert_eq!(judge(Some(Chain::Signet), day, 1e-5), Gap::Stalled);
        assert_eq!(judge(Some(Chain::Regtest), day, 1e-5), Gap::Usual);
    }
}
