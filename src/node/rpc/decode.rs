//! What each method's result means, in each dialect. Pure.
//!
//! Invariant: a field that a program is known to fill with a made-up number is absent; a name is
//! short and one line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::envelope::printable;
use crate::node::{
    BackgroundValidation, ChainInfo, ChainTip, Dialect, ErrorMeaning, Extent, Index, MempoolInfo,
    NodeError, NodeResult, PruneLock, Pruned,
};

/// A field that may be missing, null, or of another type in a thinner node: then it is not known.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    field: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(field)?).ok())
}

#[derive(Deserialize)]
pub(super) struct RawChain {
    chain: String,
    blocks: u32,
    headers: u32,
    bestblockhash: String,
    #[serde(default, deserialize_with = "lenient")]
    time: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    mediantime: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    difficulty: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    verificationprogress: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    initialblockdownload: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    size_on_disk: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pruned: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    pruneheight: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    chainwork: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    signet_challenge: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    backgroundvalidation: Option<RawBackground>,
}

/// Core 31 has it in `getblockchaininfo`.
#[derive(Deserialize)]
struct RawBackground {
    snapshotheight: u32,
    blocks: u32,
}

/// `getchainstates` of Core 26 to 30, and of Knots: the most-work chain state is the last.
#[derive(Deserialize)]
pub(super) struct RawChainstates {
    chainstates: Vec<RawChainstate>,
}

#[derive(Deserialize)]
struct RawChainstate {
    blocks: u32,
    #[serde(default)]
    snapshot_blockhash: Option<String>,
    validated: bool,
}

impl RawChainstates {
    /// The hash of the snapshot's block, and up to where the blocks under it are validated; `None`
    /// if there is no snapshot, or all of it is validated.
    pub(super) fn read(self) -> Option<(String, u32)> {
        let snapshot = self.chainstates.iter().filter(|state| !state.validated);
        let hash = snapshot
            .filter_map(|state| state.snapshot_blockhash.clone())
            .next_back()?;
        let behind = self
            .chainstates
            .iter()
            .filter(|state| state.snapshot_blockhash.is_none());
        Some((hash, behind.map(|state| state.blocks).max().unwrap_or(0)))
    }
}

/// The work of a chain, as the node writes it: 64 digits, so that text compares as numbers do.
fn work(digits: &str) -> Option<Arc<str>> {
    let is_hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    (digits.len() == 64 && digits.bytes().all(is_hex)).then(|| digits.into())
}

impl RawChain {
    /// The values of a node of this `dialect`, without what it makes up.
    pub(super) fn read(self, dialect: &Dialect) -> ChainInfo {
        let is_reported = dialect.reports_chain_figures;
        ChainInfo {
            chain: printable(&self.chain),
            blocks: self.blocks,
            headers: self.headers,
            tip_hash: self.bestblockhash,
            tip_time: self.time,
            median_time: self.mediantime,
            difficulty: self.difficulty.filter(|_| is_reported),
            verification_progress: self.verificationprogress.filter(|_| is_reported),
            initial_block_download: self.initialblockdownload,
            size_on_disk_bytes: self.size_on_disk.filter(|_| dialect.has_exact_size_on_disk),
            pruned: self.pruned,
            prune_height: self.pruneheight.filter(|height| *height > 0 || is_reported),
            chainwork: self
                .chainwork
                .as_deref()
                .and_then(work)
                .filter(|_| is_reported),
            signet_challenge: self.signet_challenge.as_deref().map(printable),
            background: self
                .backgroundvalidation
                .map(|background| BackgroundValidation {
                    snapshot_height: background.snapshotheight,
                    validated_height: background.blocks,
                }),
        }
    }
}

/// A block, with the names of its transactions, which nobody looks at.
#[derive(Deserialize)]
pub(super) struct RawBlock {
    pub(super) size: u64,
}

#[derive(Deserialize)]
pub(super) struct RawTimes {
    pub(super) mediantime: u64,
}

/// What came of `pruneblockchain`. Core answers the last height that is gone, -1 if none is; blvm
/// an object; bcoin null. Their refusals have a code that says little, so that the words decide.
pub(super) fn pruned(answer: NodeResult<Value>) -> NodeResult<Pruned> {
    let refusal = match answer {
        Ok(result) => {
            let last = result.get("pruned_height").unwrap_or(&result).as_i64();
            return Ok(Pruned::Done(last.map_or(Extent::Unknown, |last| {
                // Core says -1 where no block is gone.
                u32::try_from(last).map_or(Extent::Nothing, Extent::UpTo)
            })));
        }
        Err(error) => error,
    };
    let NodeError::Rpc { message, .. } = &refusal else {
        return Err(refusal);
    };
    match ErrorMeaning::of(message) {
        Some(ErrorMeaning::TakesNoHeight) => Ok(Pruned::OnlyAll),
        Some(ErrorMeaning::NotInPruneMode) => Ok(Pruned::NotInPruneMode),
        Some(ErrorMeaning::ChainTooShort) => Ok(Pruned::ChainTooShort),
        Some(ErrorMeaning::AlreadyPruned) => Ok(Pruned::Done(Extent::Unknown)),
        _ => Err(refusal),
    }
}

/// Whether the node has private broadcast, by what it answers to `getprivatebroadcastinfo`: one
/// without it has no such method. One that refuses the question may have it.
pub(super) fn private_broadcast(answer: NodeResult<IgnoredAny>) -> NodeResult<bool> {
    match answer {
        // Each transaction that it still sends is in the answer, whole.
        Ok(_) | Err(NodeError::Forbidden { .. } | NodeError::TooLarge { .. }) => Ok(true),
        Err(NodeError::Unsupported { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
pub(super) struct RawTraffic {
    pub(super) totalbytessent: u64,
    pub(super) totalbytesrecv: u64,
}

#[derive(Deserialize)]
pub(super) struct RawMempool {
    size: u64,
    bytes: u64,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    mempoolminfee: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    unbroadcastcount: Option<u64>,
}

impl RawMempool {
    pub(super) fn read(self) -> MempoolInfo {
        // No node holds transactions in no memory: a zero beside them is a number nobody counted.
        let usage_bytes = self.usage.filter(|usage| *usage > 0 || self.size == 0);
        MempoolInfo {
            transactions: self.size,
            bytes: self.bytes,
            usage_bytes,
            min_fee_btc_per_kvb: self.mempoolminfee,
            unbroadcast: self.unbroadcastcount,
        }
    }
}

#[derive(Deserialize)]
struct RawIndex {
    synced: bool,
    #[serde(default, deserialize_with = "lenient")]
    best_block_height: Option<u32>,
}

/// Indexes by their names, of which a node has a handful.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct RawIndexes(BTreeMap<String, RawIndex>);

impl RawIndexes {
    pub(super) fn read(self) -> Vec<Index> {
        let index = |(name, raw): (String, RawIndex)| Index {
            name: printable(&name),
            synced: raw.synced,
            height: raw.best_block_height,
        };
        self.0.into_iter().map(index).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct RawPruneLocks {
    prune_locks: Vec<RawPruneLock>,
}

/// One height, or the first and the last; without a last one it has no end.
#[derive(Deserialize)]
struct RawPruneLock {
    id: String,
    height: Vec<u32>,
}

impl RawPruneLocks {
    pub(super) fn read(self) -> Vec<PruneLock> {
        let lock = |raw: RawPruneLock| PruneLock {
            id: printable(&raw.id),
            // One without a height keeps what nobody knows: all.
            from: raw.height.first().copied().unwrap_or(0),
            until: raw.height.get(1).copied(),
        };
        self.prune_locks.into_iter().map(lock).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct RawUtxos {
    pub(super) txouts: u64,
}

#[derive(Deserialize)]
pub(super) struct RawHeader {
    /// -1 when the block is not in the best chain.
    pub(super) confirmations: i64,
}

#[derive(Deserialize)]
pub(super) struct RawChainTip {
    height: u32,
    hash: String,
    branchlen: u32,
}

impl RawChainTip {
    pub(super) fn read(self) -> ChainTip {
        ChainTip {
            height: self.height,
            hash: self.hash,
            branch_length: self.branchlen,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawHeight {
    pub(super) height: u32,
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
