//! What `gettxoutsetinfo` says of all coins. Pure.

use bitcoin::consensus::Encodable;
use bitcoin::hashes::{Hash, HashEngine, sha256d};
use bitcoin::{OutPoint, Txid};

use super::coins::Coin;

/// Sums over all coins, added in the order of their outpoints.
pub(crate) struct UtxoSummary {
    /// Bitcoin Core's `hash_serialized_3`: each outpoint, height and coinbase flag, output, hashed
    /// twice.
    hash: Option<<sha256d::Hash as Hash>::Engine>,
    pub(crate) outputs: u64,
    pub(crate) transactions: u64,
    /// A size that does not depend on how coins are stored.
    pub(crate) bogosize: u64,
    /// In satoshi.
    pub(crate) amount: u64,
    last: Option<Txid>,
}

impl UtxoSummary {
    /// Of no coins yet, with the hash or without.
    pub(crate) fn new(with_hash: bool) -> Self {
        let hash = with_hash.then(sha256d::Hash::engine);
        Self {
            hash,
            outputs: 0,
            transactions: 0,
            bogosize: 0,
            amount: 0,
            last: None,
        }
    }

    pub(crate) fn add(&mut self, outpoint: OutPoint, coin: &Coin) {
        /// Outpoint, height and flag, amount, length of the script.
        const FIXED: u64 = 32 + 4 + 4 + 8 + 2;
        self.outputs += 1;
        if self.last.replace(outpoint.txid) != Some(outpoint.txid) {
            self.transactions += 1;
        }
        self.amount = self.amount.saturating_add(coin.output.value.to_sat());
        self.bogosize += FIXED + u64::try_from(coin.output.script_pubkey.len()).unwrap_or(0);
        if let Some(engine) = &mut self.hash {
            let mut bytes = Vec::with_capacity(128);
            let code = coin.height << 1 | u32::from(coin.is_coinbase);
            let written = outpoint
                .consensus_encode(&mut bytes)
                .and_then(|_| code.consensus_encode(&mut bytes))
                .and_then(|_| coin.output.consensus_encode(&mut bytes));
            debug_assert!(written.is_ok(), "a vector takes all bytes");
            engine.input(&bytes);
        }
    }

    /// The hash over all coins added, if it was asked for.
    pub(crate) fn hash(&self) -> Option<sha256d::Hash> {
        self.hash.clone().map(sha256d::Hash::from_engine)
    }
}
