//! Blocks and transactions from bytes, as Bitcoin Core reads them. Pure.
//!
//! The library reads a transaction without inputs in its own way: whether such bytes are a block
//! that breaks a rule, or none at all, would then be answered otherwise than by any other node.

use bitcoin::block::Header;
use bitcoin::consensus::encode::{Decodable, Error, VarInt};
use bitcoin::{Block, Transaction, TxIn, TxOut};

use super::coins::{MAX_SCRIPT_BYTES, has_valid_ops};

/// Whether a transaction may have witnesses (BIP144).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionEncoding {
    Extended,
    Legacy,
}

/// The block that `bytes` begin with. What comes after it is not looked at.
pub(crate) fn block(mut bytes: &[u8]) -> Result<Block, Error> {
    let bytes = &mut bytes;
    let header = Header::consensus_decode_from_finite_reader(bytes)?;
    let count = VarInt::consensus_decode_from_finite_reader(bytes)?.0;
    let txdata = (0..count)
        .map(|_| transaction(bytes, TransactionEncoding::Extended))
        .collect::<Result<_, _>>()?;
    Ok(Block { header, txdata })
}

/// The transaction that `bytes` begin with, and `bytes` after it.
pub(crate) fn transaction(
    bytes: &mut &[u8],
    form: TransactionEncoding,
) -> Result<Transaction, Error> {
    let version = Decodable::consensus_decode_from_finite_reader(bytes)?;
    let mut input = Vec::<TxIn>::consensus_decode_from_finite_reader(bytes)?;
    let mut output = Vec::<TxOut>::new();
    let mut flags = 0_u8;
    if input.is_empty() && form == TransactionEncoding::Extended {
        flags = u8::consensus_decode_from_finite_reader(bytes)?;
        if flags != 0 {
            input = Vec::consensus_decode_from_finite_reader(bytes)?;
            output = Vec::consensus_decode_from_finite_reader(bytes)?;
        }
    } else {
        output = Vec::consensus_decode_from_finite_reader(bytes)?;
    }
    if flags & 1 == 1 {
        for input in &mut input {
            input.witness = Decodable::consensus_decode_from_finite_reader(bytes)?;
        }
        if input.iter().all(|input| input.witness.is_empty()) {
            return Err(Error::ParseFailed("a witness flag without a witness"));
        }
    }
    if flags > 1 {
        return Err(Error::UnsupportedSegwitFlag(flags));
    }
    Ok(Transaction {
        version,
        lock_time: Decodable::consensus_decode_from_finite_reader(bytes)?,
        input,
        output,
    })
}

/// The transaction that `bytes` are. Bytes that both forms fit are of the one whose scripts make
/// sense, of both the extended one; a transaction without inputs cannot be
/// distinguished from one with witnesses otherwise.
pub(crate) fn whole_transaction(bytes: &[u8]) -> Option<Transaction> {
    let read = |form| {
        let mut rest = bytes;
        transaction(&mut rest, form)
            .ok()
            .filter(|_| rest.is_empty())
    };
    let extended = read(TransactionEncoding::Extended);
    if extended.as_ref().is_some_and(has_sane_scripts) {
        return extended;
    }
    let legacy = read(TransactionEncoding::Legacy);
    if legacy.as_ref().is_some_and(has_sane_scripts) {
        return legacy;
    }
    extended.or(legacy)
}

/// All its scripts, but that of a coinbase, could be run.
fn has_sane_scripts(tx: &Transaction) -> bool {
    let inputs = tx
        .input
        .iter()
        .filter(|_| !tx.is_coinbase())
        .map(|input| &input.script_sig);
    let outputs = tx.output.iter().map(|output| &output.script_pubkey);
    inputs
        .chain(outputs)
        .all(|script| script.len() <= MAX_SCRIPT_BYTES && has_valid_ops(script))
}

#[cfg(test)]
mod tests {
    use bitcoin::consensus::{deserialize, serialize};
    use bitcoin::constants::genesis_block;
    use bitcoin::hex::FromHex;

    use super::*;

    fn read(hex: &str) -> Option<Transaction> {
        let bytes = Vec::from_hex(&hex.replace(' ', "")).unwrap();
        let mut rest = bytes.as_slice();
        transaction(&mut rest, TransactionEncoding::Extended)
            .ok()
            .filter(|_| rest.is_empty())
    }

    #[test]
    fn a_transaction_without_inputs_is_read_as_bitcoin_core_reads_it() {
        let empty = read("02000000 00 00 00000000").unwrap();
        assert_eq!((empty.input.len(), empty.output.len()), (0, 0));
        assert_eq!(
            read("02000000 00 01 00 00 00000000"),
            None,
            "a flag without a witness"
        );
        let input = format!("{} 00000000 00 ffffffff", "11".repeat(32));
        let output = "0100000000000000 01 51";
        assert!(read(&format!("02000000 01 {input} 01 {output} 00000000")).is_some());
        assert!(
            read(&format!(
                "02000000 00 01 01 {input} 01 {output} 01 01 07 00000000"
            ))
            .is_some()
        );
        assert_eq!(
            read(&format!(
                "02000000 00 01 01 {input} 01 {output} 00 00000000"
            )),
            None
        );
        assert_eq!(
            read(&format!("02000000 00 02 01 {input} 01 {output} 00000000")),
            None,
            "an unknown flag"
        );
        assert_eq!(
            read(&format!(
                "02000000 00 03 01 {input} 01 {output} 01 01 07 00000000"
            )),
            None
        );
    }

    #[test]
    fn of_two_readings_the_one_whose_scripts_make_sense_is_taken() {
        // Extended there is one input without a witness: it is none. Legacy: no input, one output.
        let legacy =
            Vec::from_hex("020000000001010000000000000001510000000000".trim_end_matches("00"))
                .unwrap();
        assert_eq!(
            whole_transaction(&legacy).map(|tx| (tx.input.len(), tx.output.len())),
            None
        );
        let legacy = Vec::from_hex("0200000000010100000000000000015100000000").unwrap();
        assert_eq!(
            whole_transaction(&legacy).map(|tx| (tx.input.len(), tx.output.len())),
            Some((0, 1))
        );
        let mut behind = legacy.clone();
        behind.push(0);
        assert_eq!(
            whole_transaction(&behind),
            None,
            "all of it must be the transaction"
        );
    }

    #[test]
    fn what_comes_after_a_block_is_not_looked_at() {
        let mut bytes = serialize(&genesis_block(bitcoin::Network::Regtest));
        let whole: Block = deserialize(&bytes).unwrap();
        assert_eq!(block(&bytes).unwrap(), whole);
        bytes.extend([1, 2, 3]);
        assert_eq!(block(&bytes).unwrap(), whole);
        assert!(block(&bytes[..bytes.len() - 4]).is_err());
    }
}
