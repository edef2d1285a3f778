//! Something for a newcomer to see: blocks every two seconds, with payments in them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::absolute::LockTime;
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::PushBytesBuf;
use bitcoin::secp256k1::{All, Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, CompressedPublicKey, OutPoint, PrivateKey, ScriptBuf, Sequence, Transaction, TxIn,
    TxOut, Witness, ecdsa,
};
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use super::chain::connect::COINBASE_MATURITY_BLOCKS;
use super::chain::params::CHAIN;
use super::node::RegtestNode;
use super::node_state::NodeState;
use super::rpc::mine;
use crate::node_thread::Stopped;

/// Between two blocks.
const BLOCK_INTERVAL: Duration = Duration::from_secs(2);
/// Mined at the beginning, so that there are coins to spend and blocks to prune.
const INITIAL_BLOCKS: u32 = 640;
/// Mined in one go; in between others are answered.
const PAYMENTS_PER_BLOCK: u32 = 20;
const FEE: Amount = Amount::from_sat(20_000);
/// With more coins than these, payments gather coins instead of dividing them: each coin is a
/// record in the database.
const MAX_SPENDABLE_COINS: usize = 2_000;

/// A miner with a key: its blocks pay the key, and its transactions are signed with it.
struct Miner {
    secp: Secp256k1<All>,
    key: PrivateKey,
    public: CompressedPublicKey,
    /// Its coins that no transaction spends yet, the oldest first, and the height from which each
    /// may be spent.
    coins: VecDeque<(OutPoint, Amount, u32)>,
    /// Counts the payments, so that each is another.
    count: u32,
}

impl Miner {
    /// One with a new key; `None` if there is no randomness.
    fn new() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        let secp = Secp256k1::new();
        let key = PrivateKey::new(SecretKey::from_slice(&bytes).ok()?, CHAIN);
        let public = CompressedPublicKey::from_private_key(&secp, &key).ok()?;
        Some(Self {
            secp,
            key,
            public,
            coins: VecDeque::new(),
            count: 0,
        })
    }

    fn script(&self) -> ScriptBuf {
        ScriptBuf::new_p2wpkh(&self.public.wpubkey_hash())
    }

    fn mine(&mut self, state: &mut NodeState) {
        match mine(state, self.script(), u64::MAX) {
            Ok(Some((hash, _))) => {
                let Some(id) = state.validation.chain.tree().find(&hash) else {
                    return;
                };
                let Ok(Some(block)) = state.validation.chain.block(id) else {
                    return;
                };
                let Some(coinbase) = block.txdata.first() else {
                    return;
                };
                let outpoint = OutPoint {
                    txid: coinbase.compute_txid(),
                    vout: 0,
                };
                let value = coinbase
                    .output
                    .first()
                    .map_or(Amount::ZERO, |output| output.value);
                let ripe = state
                    .validation
                    .chain
                    .tree()
                    .get(id)
                    .height
                    .saturating_add(COINBASE_MATURITY_BLOCKS);
                self.coins.push_back((outpoint, value, ripe));
            }
            Ok(None) => {}
            Err(error) => warn!(error.message, "no block"),
        }
    }

    /// Adds some transactions of different sizes to the mempool, and announces them to the peers if
    /// `announce`.
    fn pay(&mut self, state: &mut NodeState, announce: bool) {
        let height = state.validation.chain.tree().height();
        for _ in 0..=self.count % 4 {
            let wanted = if self.coins.len() > MAX_SPENDABLE_COINS {
                2
            } else {
                1
            };
            let spent = self.ripe(wanted, height);
            if spent.is_empty() {
                return;
            }
            let tx = Arc::new(self.payment(&spent));
            match state.take_transaction(&tx) {
                Ok(txid) => {
                    if announce {
                        state.announce_transaction(txid);
                    }
                    let change = tx
                        .output
                        .iter()
                        .map(|output| output.value)
                        .zip(0..)
                        .filter(|(value, _)| *value > FEE);
                    let coins = change.map(|(value, vout)| {
                        (OutPoint { txid, vout }, value, height.saturating_add(1))
                    });
                    self.coins.extend(coins);
                }
                // Another branch has it: there are other coins.
                Err(reject) => warn!(%reject, "no payment"),
            }
        }
    }

    /// Takes at most `wanted` coins that may be spent above `height`.
    fn ripe(&mut self, wanted: usize, height: u32) -> Vec<(OutPoint, Amount)> {
        let mut taken = Vec::new();
        while taken.len() < wanted {
            let Some((outpoint, value, ripe)) = self.coins.front().copied() else {
                break;
            };
            // The subsidy ends within hours here: a coinbase of nothing but fees may be worth no
            // payment, and is left out. It would stand before all others for ever.
            let is_worth_it = value > FEE * 3;
            if is_worth_it && ripe > height {
                break;
            }
            self.coins.pop_front();
            taken.extend(is_worth_it.then_some((outpoint, value)));
        }
        taken
    }

    /// Pays to itself, one coin as two halves or several as one, with a note of some thousand
    /// bytes.
    fn payment(&mut self, spent: &[(OutPoint, Amount)]) -> Transaction {
        self.count = self.count.wrapping_add(1);
        // Long, so that a block takes far more room than the header and the coins, which stay when
        // it is pruned.
        let mut note = self
            .count
            .to_le_bytes()
            .repeat(1 + usize::try_from(self.count * 370 % 4_000).unwrap_or(0));
        note.truncate(9_500);
        let note = PushBytesBuf::try_from(note).unwrap_or_default();
        let script = ScriptBuf::builder()
            .push_opcode(OP_RETURN)
            .push_slice(note)
            .into_script();
        let value = spent.iter().map(|(_, value)| *value).sum::<Amount>() - FEE;
        let half = if spent.len() > 1 {
            Amount::ZERO
        } else {
            value / 2
        };
        let paid = [half, value - half]
            .into_iter()
            .filter(|paid| *paid > Amount::ZERO);
        let paid = paid.map(|value| TxOut {
            value,
            script_pubkey: self.script(),
        });
        let note = TxOut {
            value: Amount::ZERO,
            script_pubkey: script,
        };
        let input = |(previous_output, _): &(OutPoint, Amount)| TxIn {
            previous_output: *previous_output,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        };
        let mut tx = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: spent.iter().map(input).collect(),
            output: paid.chain([note]).collect(),
        };
        self.sign(&mut tx, spent);
        tx
    }

    /// Signs the inputs of `tx`, which spend coins of its own.
    fn sign(&self, tx: &mut Transaction, spent: &[(OutPoint, Amount)]) {
        let script = self.script();
        let all = EcdsaSighashType::All;
        let unsigned = tx.clone();
        let mut cache = SighashCache::new(&unsigned);
        for (index, (input, (_, value))) in tx.input.iter_mut().zip(spent).enumerate() {
            // There is such an input, and the script is of that kind; unsigned, the payment would
            // be refused.
            let Ok(hash) = cache.p2wpkh_signature_hash(index, &script, *value, all) else {
                return;
            };
            let signature = self.secp.sign_ecdsa(&Message::from(hash), &self.key.inner);
            let signature = ecdsa::Signature {
                signature,
                sighash_type: all,
            };
            input.witness = Witness::p2wpkh(&signature, &self.public.0);
        }
    }
}

impl RegtestNode {
    /// Mines a block every two seconds, with payments in it, until the node ends; 640 blocks at
    /// once to begin with, so that there are coins to spend and blocks to prune.
    pub async fn mine_and_pay(&self) {
        let _ = self.mine_until_stopped().await;
    }

    async fn mine_until_stopped(&self) -> Result<(), Stopped> {
        let Some(mut miner) = Miner::new() else {
            warn!("there are no random bytes: nothing is mined");
            return std::future::pending().await;
        };
        for _ in 0..INITIAL_BLOCKS / PAYMENTS_PER_BLOCK {
            miner = self
                .thread
                .request(move |state| {
                    for _ in 0..PAYMENTS_PER_BLOCK {
                        miner.pay(state, false);
                        miner.mine(state);
                    }
                    miner
                })
                .await?;
        }
        let mut ticks = interval(BLOCK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            miner = self
                .thread
                .request(move |state| {
                    miner.mine(state);
                    miner.pay(state, true);
                    miner
                })
                .await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::Txid;
    use bitcoin::hashes::Hash;

    fn miner(coins: &[(u64, u32)]) -> Miner {
        let mut miner = Miner::new().unwrap();
        let coin = |(vout, (value, ripe)): (u32, &(u64, u32))| {
            (
                OutPoint {
                    txid: Txid::all_zeros(),
                    vout,
                },
                Amount::from_sat(*value),
                *ripe,
            )
        };
        miner.coins = (0..).zip(coins).map(coin).collect();
        miner
    }

    #[test]
    fn coins_worth_less_than_their_fees_hold_up_no_other() {
        let mut miner = miner(&[
            (0, 1),
            (60_000, 900),
            (60_001, 5),
            (9, 1),
            (70_000, 5),
            (80_000, 6),
        ]);
        let vouts = |taken: Vec<(OutPoint, Amount)>| {
            taken.iter().map(|(coin, _)| coin.vout).collect::<Vec<_>>()
        };
        assert_eq!(vouts(miner.ripe(2, 4)), [0; 0], "none may be spent yet");
        assert_eq!(vouts(miner.ripe(2, 5)), [2, 4]);
        assert_eq!(vouts(miner.ripe(2, 6)), [5], "one is enough");
        assert_eq!(vouts(miner.ripe(2, 6)), [0; 0]);
    }

    #[test]
    fn several_coins_become_one_and_one_becomes_two() {
        let mut miner = miner(&[(1_000_001, 0), (2_000_000, 0), (3_000_000, 0)]);
        for (wanted, values) in [(1, &[490_000, 490_001][..]), (2, &[4_980_000])] {
            let spent = miner.ripe(wanted, 0);
            let tx = miner.payment(&spent);
            let paid: Vec<u64> = tx
                .output
                .iter()
                .map(|output| output.value.to_sat())
                .filter(|paid| *paid > 0)
                .collect();
            assert_eq!((tx.input.len(), paid.as_slice()), (wanted, values));
            assert!(tx.input.iter().all(|input| input.witness.len() == 2));
        }
    }
}
