//! Unspent outputs, and what a block does to them. Pure.

use std::collections::HashMap;

use bitcoin::consensus::encode::{Decodable, Encodable, Error, VarInt};
use bitcoin::script::{Error as ScriptError, Instruction};
use bitcoin::{Amount, OutPoint, Script, ScriptBuf, Transaction, TxOut};

/// Scripts longer than this cannot be spent (Core's `MAX_SCRIPT_SIZE`).
pub(crate) const MAX_SCRIPT_BYTES: usize = 10_000;

/// An unspent output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coin {
    pub(crate) output: TxOut,
    /// Of the block that made it.
    pub(crate) height: u32,
    pub(crate) is_coinbase: bool,
}

impl Coin {
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let code = u64::from(self.height) << 1 | u64::from(self.is_coinbase);
        let script = &self.output.script_pubkey;
        let written = VarInt(code)
            .consensus_encode(bytes)
            .and_then(|_| VarInt(self.output.value.to_sat()).consensus_encode(bytes))
            .and_then(|_| script.consensus_encode(bytes));
        debug_assert!(written.is_ok(), "a vector takes all bytes");
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Error> {
        let code = VarInt::consensus_decode(bytes)?.0;
        let value = Amount::from_sat(VarInt::consensus_decode(bytes)?.0);
        let script_pubkey = ScriptBuf::consensus_decode(bytes)?;
        let height = u32::try_from(code >> 1).map_err(|_| Error::ParseFailed("a coin's height"))?;
        Ok(Self {
            output: TxOut {
                value,
                script_pubkey,
            },
            height,
            is_coinbase: code & 1 == 1,
        })
    }
}

/// Nobody can ever spend such an output: it is no coin.
pub(crate) fn is_unspendable(output: &TxOut) -> bool {
    is_unspendable_script(&output.script_pubkey)
}

/// As `is_unspendable`, of the script alone.
pub(crate) fn is_unspendable_script(script: &Script) -> bool {
    script.is_op_return() || script.len() > MAX_SCRIPT_BYTES
}

/// Every instruction of `script` is whole, has a known opcode and pushes no more than may be
/// pushed.
pub(crate) fn has_valid_ops(script: &Script) -> bool {
    const MAX_ELEMENT_BYTES: usize = 520;
    const LAST_OPCODE: u8 = 0xb9;
    let is_valid = |instruction: Result<Instruction<'_>, ScriptError>| match instruction {
        Ok(Instruction::PushBytes(bytes)) => bytes.len() <= MAX_ELEMENT_BYTES,
        Ok(Instruction::Op(opcode)) => opcode.to_u8() <= LAST_OPCODE,
        Err(_) => false,
    };
    script.instructions().all(is_valid)
}

/// The coins that `tx` at `height` makes.
pub(crate) fn made_by(tx: &Transaction, height: u32) -> impl Iterator<Item = (OutPoint, Coin)> {
    let txid = tx.compute_txid();
    let is_coinbase = tx.is_coinbase();
    let outputs = (0_u32..)
        .zip(&tx.output)
        .filter(|(_, output)| !is_unspendable(output));
    outputs.map(move |(vout, output)| {
        (
            OutPoint { txid, vout },
            Coin {
                output: output.clone(),
                height,
                is_coinbase,
            },
        )
    })
}

/// For each transaction of a block but its coinbase, the coins it spent.
pub(crate) type Undo = Vec<Vec<Coin>>;

pub(crate) fn write_undo(undo: &Undo) -> Vec<u8> {
    let mut bytes = Vec::new();
    let count = |count: usize, bytes: &mut Vec<u8>| {
        let written = VarInt::from(count).consensus_encode(bytes);
        debug_assert!(written.is_ok(), "a vector takes all bytes");
    };
    count(undo.len(), &mut bytes);
    for coins in undo {
        count(coins.len(), &mut bytes);
        for coin in coins {
            coin.write(&mut bytes);
        }
    }
    bytes
}

pub(crate) fn read_undo(mut bytes: &[u8]) -> Result<Undo, Error> {
    let bytes = &mut bytes;
    let transactions = VarInt::consensus_decode(bytes)?.0;
    let one = |bytes: &mut &[u8]| {
        let coins = VarInt::consensus_decode(bytes)?.0;
        (0..coins).map(|_| Coin::read(bytes)).collect()
    };
    (0..transactions).map(|_| one(bytes)).collect()
}

/// How a change leaves each coin it touches: `None` is spent.
pub(crate) type CoinChanges = HashMap<OutPoint, Option<Coin>>;

/// Where coins are looked up.
pub(crate) trait CoinView {
    /// Why a look failed: the storage's error.
    type Error;

    /// The coin at `outpoint`, unless it is spent or never was.
    fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, Self::Error>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_coin() -> impl Strategy<Value = Coin> {
        let script = prop::collection::vec(any::<u8>(), 0..300);
        (any::<u64>(), script, any::<u32>(), any::<bool>()).prop_map(
            |(value, script, height, is_coinbase)| {
                let output = TxOut {
                    value: Amount::from_sat(value),
                    script_pubkey: ScriptBuf::from_bytes(script),
                };
                Coin {
                    output,
                    height,
                    is_coinbase,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            undo in prop::collection::vec(prop::collection::vec(any_coin(), 0..5), 0..5),
            cut in any::<prop::sample::Index>()
        ) {
            let bytes = write_undo(&undo);
            prop_assert_eq!(read_undo(&bytes).unwrap(), undo);
            prop_assert!(read_undo(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }
}
