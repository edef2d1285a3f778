//! How far the node is behind the best height that anyone it trusts has named.

use std::time::Duration;

use super::check::Level;
use super::text::{count, duration};
use crate::node::{BackgroundValidation, ChainInfo, Direction, HeaderTrust, Peer};

/// How far behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// So many blocks behind the best known height.
    Blocks(u32),
    /// The node knows no headers at all, so nothing says how far.
    NoHeaders,
}

/// The best height of headers and peers.
///
/// Inbound peers are not asked: anyone may connect and claim any height. A node that validates
/// headers and has some has fetched those of its peers, so that a height which only a few of them
/// claim is a lie: it counts if half of them do.
fn best_height(chain: &ChainInfo, peers: &[&Peer], header_trust: HeaderTrust) -> u32 {
    let chosen = || {
        peers
            .iter()
            .filter(|peer| peer.direction != Some(Direction::Inbound))
    };
    let synced = chosen()
        .flat_map(|peer| [peer.synced_headers, peer.synced_blocks])
        .flatten();
    let mut claims: Vec<u32> = chosen().filter_map(|peer| peer.starting_height).collect();
    claims.sort_unstable_by(|a, b| b.cmp(a));
    let needed = if header_trust == HeaderTrust::Validated && chain.headers > 0 {
        chosen().count().div_ceil(2)
    } else {
        1
    };
    let claimed = claims.get(needed.saturating_sub(1)).copied();
    synced.chain(claimed).fold(chain.headers, u32::max)
}

/// How far the node is behind.
pub(super) fn behind(chain: &ChainInfo, peers: &[&Peer], header_trust: HeaderTrust) -> Behind {
    if header_trust == HeaderTrust::Authoritative {
        return Behind::Blocks(chain.headers.saturating_sub(chain.blocks));
    }
    let best = best_height(chain, peers, header_trust);
    if best == 0 || (chain.headers == 0 && best <= chain.blocks) {
        return Behind::NoHeaders;
    }
    Behind::Blocks(best.saturating_sub(chain.blocks))
}

/// Whether the node is in its initial download. Where it does not say, a tip whose median time is a
/// day old is (Core's own rule, `DEFAULT_MAX_TIP_AGE`), except on regtest, where blocks are as old
/// as one likes.
pub(super) fn initial_download(chain: &ChainInfo, wall_secs: u64) -> bool {
    const MAX_TIP_AGE_SECS: u64 = 24 * 60 * 60;
    chain.initial_block_download.unwrap_or_else(|| {
        chain.chain != "regtest"
            && chain
                .median_time
                .is_some_and(|time| wall_secs.saturating_sub(time) > MAX_TIP_AGE_SECS)
    })
}

/// What an assumeutxo snapshot leaves to be validated, as the end of a sentence.
pub(super) fn unvalidated(background: BackgroundValidation) -> String {
    let BackgroundValidation {
        snapshot_height,
        validated_height,
    } = background;
    format!(
        ", on an assumeutxo snapshot of which {validated_height} of {snapshot_height} blocks are \
         validated"
    )
}

/// How far behind a node is, with what else the check `sync` says of it.
pub(super) struct Lag {
    pub(super) height: u32,
    /// Blocks behind the best known height.
    pub(super) behind: u32,
    /// So many blocks behind still count as synced.
    pub(super) max_behind: u32,
    /// The time that it takes, where it can be estimated.
    pub(super) eta: Option<Duration>,
    pub(super) downloading: bool,
    /// What is not validated below a snapshot, a clause; empty: nothing.
    pub(super) unvalidated: String,
}

impl Lag {
    /// The level and the sentence.
    pub(super) fn judge(&self) -> (Level, String) {
        let Self {
            height,
            unvalidated,
            ..
        } = self;
        let lag = format!("{} behind", count(self.behind.into(), "block"));
        if self.downloading && self.behind == 0 {
            let text = format!("in initial block download at height {height}, {lag}{unvalidated}");
            return (Level::Bad, text);
        }
        if self.downloading || self.behind > self.max_behind {
            let eta = self.eta.map(|eta| format!(", about {}", duration(eta)));
            let text = format!("{lag}{}{unvalidated}", eta.unwrap_or_default());
            return (Level::Bad, text);
        }
        let level = if unvalidated.is_empty() {
            Level::Good
        } else {
            Level::Warning
        };
        (level, format!("{lag} at height {height}{unvalidated}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(blocks: u32, headers: u32) -> ChainInfo {
        ChainInfo::bare("main", blocks, headers)
    }

    fn peer(direction: Direction, starting_height: u32) -> Peer {
        Peer {
            starting_height: Some(starting_height),
            ..Peer::bare("192.0.2.1:8333", Some(direction))
        }
    }

    #[test]
    fn no_headers_is_never_synced_whatever_the_node_says() {
        assert_eq!(
            behind(&chain(0, 0), &[], HeaderTrust::Unverified),
            Behind::NoHeaders
        );
        assert_eq!(
            behind(&chain(63, 0), &[], HeaderTrust::Unverified),
            Behind::NoHeaders
        );
    }

    #[test]
    fn the_embedded_node_is_where_its_headers_are_also_at_genesis() {
        let peers = [&peer(Direction::Outbound, 800_000)];
        assert_eq!(
            behind(&chain(0, 0), &peers, HeaderTrust::Authoritative),
            Behind::Blocks(0)
        );
        assert_eq!(
            behind(&chain(3, 10), &peers, HeaderTrust::Authoritative),
            Behind::Blocks(7)
        );
    }

    #[test]
    fn a_peers_height_counts_where_headers_are_missing() {
        let peers = [&peer(Direction::Outbound, 800_000)];
        assert_eq!(
            behind(&chain(0, 0), &peers, HeaderTrust::Unverified),
            Behind::Blocks(800_000)
        );
    }

    #[test]
    fn a_liar_cannot_make_a_synced_core_node_look_behind() {
        let honest = peer(Direction::Outbound, 899_990);
        let peers = [
            &peer(Direction::Inbound, u32::MAX),
            &peer(Direction::Outbound, u32::MAX),
            &honest,
            &honest,
        ];
        assert_eq!(
            behind(&chain(900_000, 900_000), &peers, HeaderTrust::Validated),
            Behind::Blocks(0)
        );
    }

    #[test]
    fn a_core_node_that_is_behind_half_of_its_peers_is_behind() {
        let ahead = peer(Direction::Outbound, 900_600);
        let low = peer(Direction::Outbound, 1);
        let bare = Peer::bare("192.0.2.2:8333", Some(Direction::Outbound));
        let lag = |peers: &[&Peer]| behind(&chain(900_000, 900_000), peers, HeaderTrust::Validated);
        assert_eq!(lag(&[&ahead]), Behind::Blocks(600));
        assert_eq!(lag(&[&ahead, &ahead, &low, &bare]), Behind::Blocks(600));
        assert_eq!(lag(&[&ahead, &low, &bare]), Behind::Blocks(0));
    }

    #[test]
    fn an_inbound_peer_is_not_believed_anywhere() {
        let peers = [&peer(Direction::Inbound, u32::MAX)];
        assert_eq!(
            behind(&chain(63, 63), &peers, HeaderTrust::Unverified),
            Behind::Blocks(0)
        );
    }

    #[test]
    fn a_node_that_does_not_say_is_judged_by_the_age_of_its_tip() {
        let old = ChainInfo {
            initial_block_download: None,
            median_time: Some(1_000),
            ..chain(5, 5)
        };
        assert!(initial_download(&old, 1_000 + 86_401));
        assert!(!initial_download(&old, 1_000 + 86_400));
        assert!(!initial_download(
            &ChainInfo {
                chain: "regtest".into(),
                ..old
            },
            1_000_000
        ));
    }
}
