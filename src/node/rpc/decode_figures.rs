//! What the results mean that only `rpc.metrics_aliases` has a use for. Pure.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::decode::lenient;
use crate::node::{BlockStats, LockedMemory};

/// The statistics of a block that are asked for: none of them needs a look at the unspent outputs.
pub(super) const BLOCK_STATS: [&str; 8] = [
    "height",
    "total_size",
    "total_weight",
    "txs",
    "ins",
    "outs",
    "total_out",
    "totalfee",
];

#[derive(Deserialize)]
pub(super) struct RawBlockStats {
    height: u64,
    total_size: u64,
    total_weight: u64,
    txs: u64,
    ins: u64,
    outs: u64,
    total_out: u64,
    totalfee: u64,
}

impl RawBlockStats {
    pub(super) fn read(self) -> BlockStats {
        BlockStats {
            height: self.height,
            size_bytes: self.total_size,
            weight: self.total_weight,
            transactions: self.txs,
            inputs: self.ins,
            outputs: self.outs,
            output_sats: self.total_out,
            fee_sats: self.totalfee,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawChainStats {
    /// Core leaves it out while the blocks under an assumeutxo snapshot are not counted.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) txcount: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct RawFee {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) feerate: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct RawMemory {
    locked: RawLocked,
}

#[derive(Deserialize)]
struct RawLocked {
    used: u64,
    free: u64,
    total: u64,
    locked: u64,
    chunks_used: u64,
    chunks_free: u64,
}

impl RawMemory {
    pub(super) fn read(self) -> LockedMemory {
        let locked = self.locked;
        LockedMemory {
            used_bytes: locked.used,
            free_bytes: locked.free,
            total_bytes: locked.total,
            locked_bytes: locked.locked,
            chunks_used: locked.chunks_used,
            chunks_free: locked.chunks_free,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawCalls {
    active_commands: Vec<IgnoredAny>,
}

impl RawCalls {
    /// The calls beside the one that was answered with this list.
    pub(super) fn others(&self) -> u64 {
        let listed = u64::try_from(self.active_commands.len()).unwrap_or(u64::MAX);
        listed.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_question_itself_is_no_running_call() {
        let said =
            json!({"active_commands": [{"method": "getrpcinfo", "duration": 9}], "logpath": "/x"});
        let calls: RawCalls = serde_json::from_value(said).unwrap();
        assert_eq!(calls.others(), 0);
        let said = json!({"active_commands": [{"method": "getrpcinfo"}, {"method": "getblock"}]});
        let calls: RawCalls = serde_json::from_value(said).unwrap();
        assert_eq!(calls.others(), 1);
    }

    #[test]
    fn a_fee_that_the_node_cannot_estimate_is_not_known() {
        let said = json!({"errors": ["Insufficient data or no feerate found"], "blocks": 2});
        assert_eq!(
            serde_json::from_value::<RawFee>(said).unwrap().feerate,
            None
        );
        let said = json!({"feerate": 0.000_12, "blocks": 2});
        let fee: RawFee = serde_json::from_value(said).unwrap();
        assert_eq!(fee.feerate, Some(0.000_12));
    }
}
