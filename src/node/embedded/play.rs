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
    Amount, CompressedPublicKey, OutPoint, PrivateKey, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, ecdsa,
};
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use super::chain::connect::MATURITY;
use super::engine::Stopped;
use super::machine::Machine;
use super::rpc::mine;
use super::{CHAIN, Embedded};

/// Between two blocks.
const BLOCK_INTERVAL: Duration = Duration::from_secs(2);
/// Mined at the beginning, so that there are coins to spend and blocks to prune.
const HEAD_START: u32 = 640;
/// Mined in one go; in between others are answered.
const AT_ONCE: u32 = 20;
const FEE: Amount = Amount::from_sat(20_000);

/// A miner, and a key of its own that it pays: what it spends it signs.
struct Player {
    secp: Secp256k1<All>,
    key: PrivateKey,
    public: CompressedPublicKey,
    /// Its coins that no transaction spends yet, the oldest first, and the height from which each may be spent.
    coins: VecDeque<(OutPoint, Amount, u32)>,
    /// Counts the payments, so that each is another.
    count: u32,
}

impl Player {
    /// One with a new key; `None` if there is no randomness.
    fn new() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        let (secp, key) = (Secp256k1::new(), PrivateKey::new(SecretKey::from_slice(&bytes).ok()?, CHAIN));
        let public = CompressedPublicKey::from_private_key(&secp, &key).ok()?;
        Some(Self { secp, key, public, coins: VecDeque::new(), count: 0 })
    }

    fn script(&self) -> ScriptBuf {
        ScriptBuf::new_p2wpkh(&self.public.wpubkey_hash())
    }

    fn mine(&mut self, machine: &mut Machine) {
        match mine(machine, self.script(), u64::MAX) {
            Ok(Some((hash, _))) => {
                let Some(id) = machine.chain.tree().find(&hash) else { return };
                let Ok(Some(block)) = machine.chain.block(id) else { return };
                let Some(coinbase) = block.txdata.first() else { return };
                let outpoint = OutPoint { txid: coinbase.compute_txid(), vout: 0 };
                let value = coinbase.output.first().map_or(Amount::ZERO, |output| output.value);
                let ripe = machine.chain.tree().get(id).height.saturating_add(MATURITY);
                self.coins.push_back((outpoint, value, ripe));
            }
            Ok(None) => {}
            Err(error) => warn!(error.message, "no block"),
        }
    }

    /// Some payments of different sizes; told to the peers, unless they are in a block at once.
    fn pay(&mut self, machine: &mut Machine, tell: bool) {
        let height = machine.chain.tree().height();
        for _ in 0..=self.count % 4 {
            let ripe = self.coins.front().copied().filter(|(_, value, ripe)| *ripe <= height && *value > FEE * 3);
            let Some((outpoint, value, _)) = ripe else { return };
            self.coins.pop_front();
            let tx = Arc::new(self.payment(outpoint, value));
            match machine.take_transaction(&tx) {
                Ok(txid) => {
                    if tell {
                        machine.announce_transaction(txid);
                    }
                    let change = tx.output.iter().map(|output| output.value).zip(0..).filter(|(value, _)| *value > FEE);
                    let coins = change.map(|(value, vout)| (OutPoint { txid, vout }, value, height.saturating_add(1)));
                    self.coins.extend(coins);
                }
                // Another branch has it: there are other coins.
                Err(reject) => warn!(%reject, "no payment"),
            }
        }
    }

    /// Pays half to itself and half to itself again, with a note of some thousand bytes.
    fn payment(&mut self, previous_output: OutPoint, value: Amount) -> Transaction {
        self.count = self.count.wrapping_add(1);
        // So long that blocks outgrow by far what is kept of each for ever: its header and its coins.
        let mut note = self.count.to_le_bytes().repeat(1 + usize::try_from(self.count * 370 % 4_000).unwrap_or(0));
        note.truncate(9_500);
        let note = PushBytesBuf::try_from(note).unwrap_or_default();
        let script = ScriptBuf::builder().push_opcode(OP_RETURN).push_slice(note).into_script();
        let half = (value - FEE) / 2;
        let pay = |value| TxOut { value, script_pubkey: self.script() };
        let input = TxIn {
            previous_output,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        };
        let mut tx = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![input],
            output: vec![pay(half), pay(value - FEE - half), TxOut { value: Amount::ZERO, script_pubkey: script }],
        };
        self.sign(&mut tx, value);
        tx
    }

    /// Signs the one input of `tx`, which spends a coin of its own worth `value`.
    fn sign(&self, tx: &mut Transaction, value: Amount) {
        let (script, all) = (self.script(), EcdsaSighashType::All);
        // There is an input, and the script is of that kind; unsigned, the payment would be refused.
        let Ok(hash) = SighashCache::new(&*tx).p2wpkh_signature_hash(0, &script, value, all) else { return };
        let signature = self.secp.sign_ecdsa(&Message::from(hash), &self.key.inner);
        let signature = ecdsa::Signature { signature, sighash_type: all };
        if let Some(input) = tx.input.first_mut() {
            input.witness = Witness::p2wpkh(&signature, &self.public.0);
        }
    }
}

impl Embedded {
    /// Mines and pays until the node ends.
    pub async fn play(&self) {
        let _ = self.played().await;
    }

    async fn played(&self) -> Result<(), Stopped> {
        let Some(mut player) = Player::new() else {
            warn!("there are no random bytes: nothing is mined");
            return std::future::pending().await;
        };
        for _ in 0..HEAD_START / AT_ONCE {
            player = self
                .engine
                .ask(move |machine| {
                    for _ in 0..AT_ONCE {
                        player.pay(machine, false);
                        player.mine(machine);
                    }
                    player
                })
                .await?;
        }
        let mut ticks = interval(BLOCK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            player = self
                .engine
                .ask(move |machine| {
                    player.mine(machine);
                    player.pay(machine, true);
                    player
                })
                .await?;
        }
    }
}
