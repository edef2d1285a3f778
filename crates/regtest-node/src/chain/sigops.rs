//! Signature operations, counted as the limit of a block counts them (BIP16, BIP141): by reading
//! scripts, not by running them. Pure.

use bitcoin::{Script, Transaction, TxOut, Witness};
use bitcoinconsensus::{VERIFY_P2SH, VERIFY_WITNESS};

use super::limits::WITNESS_SCALE_FACTOR;

/// What a `CHECKMULTISIG` counts for where the number of its keys is not looked at.
const MAX_MULTISIG_KEYS: usize = 20;

const OP_PUSHDATA1: u8 = 0x4c;
const OP_PUSHDATA2: u8 = 0x4d;
const OP_PUSHDATA4: u8 = 0x4e;
const OP_1: u8 = 0x51;
const OP_16: u8 = 0x60;
const OP_CHECKSIG: u8 = 0xac;
const OP_CHECKSIGVERIFY: u8 = 0xad;
const OP_CHECKMULTISIG: u8 = 0xae;
const OP_CHECKMULTISIGVERIFY: u8 = 0xaf;

/// What a `CHECKMULTISIG` counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Multisig {
    /// As many as any may have.
    AsMany,
    /// The number right before it, where there is one: in scripts that the spender provides.
    ByNumber,
}

/// Signature operations in the scripts of `tx` itself, as they were counted before P2SH.
pub(crate) fn legacy(tx: &Transaction) -> usize {
    let inputs = tx.input.iter().map(|input| input.script_sig.as_bytes());
    let outputs = tx
        .output
        .iter()
        .map(|output| output.script_pubkey.as_bytes());
    inputs
        .chain(outputs)
        .map(|script| count(script, Multisig::AsMany))
        .sum()
}

/// What `tx`, which is no coinbase, adds to the cost of its block under the rules of `flags`; its
/// inputs spend `spent`, in their order.
pub(crate) fn cost<'a>(
    tx: &Transaction,
    spent: impl Iterator<Item = &'a TxOut>,
    flags: u32,
) -> usize {
    let has_p2sh = flags & VERIFY_P2SH != 0;
    let has_witness = flags & VERIFY_WITNESS != 0;
    let of_inputs = tx.input.iter().zip(spent).map(|(input, output)| {
        let signature = input.script_sig.as_bytes();
        let script = &output.script_pubkey;
        let redeem = if script.is_p2sh() {
            redeem_script(signature)
        } else {
            None
        };
        let p2sh = redeem
            .filter(|_| has_p2sh)
            .map_or(0, |redeem| count(redeem, Multisig::ByNumber));
        let program = if script.is_p2sh() {
            redeem.map(Script::from_bytes)
        } else {
            Some(script.as_script())
        };
        let witness = program
            .filter(|_| has_witness)
            .map_or(0, |program| by_witness(program, &input.witness));
        p2sh.saturating_mul(WITNESS_SCALE_FACTOR)
            .saturating_add(witness)
    });
    of_inputs.fold(
        legacy(tx).saturating_mul(WITNESS_SCALE_FACTOR),
        usize::saturating_add,
    )
}

/// What the spend of a witness program counts for. Versions above 0 have a budget of their own
/// (BIP342).
fn by_witness(program: &Script, witness: &Witness) -> usize {
    if program.is_p2wpkh() {
        1
    } else if program.is_p2wsh() {
        witness
            .last()
            .map_or(0, |script| count(script, Multisig::ByNumber))
    } else {
        0
    }
}

/// The last thing that `script` pushes; `None` if it does anything but push, or is cut off. A
/// number is pushed without bytes, so that nothing is in it.
pub(super) fn redeem_script(script: &[u8]) -> Option<&[u8]> {
    let mut rest = script;
    let mut last = &[][..];
    while !rest.is_empty() {
        let (opcode, pushed, after) = first(rest)?;
        if opcode > OP_16 {
            return None;
        }
        last = pushed;
        rest = after;
    }
    Some(last)
}

fn count(script: &[u8], multisig: Multisig) -> usize {
    let mut count = 0_usize;
    let mut rest = script;
    let mut before = None;
    // What comes after an instruction that is cut off is not read.
    while let Some((opcode, _, after)) = first(rest) {
        count = count.saturating_add(match opcode {
            OP_CHECKSIG | OP_CHECKSIGVERIFY => 1,
            OP_CHECKMULTISIG | OP_CHECKMULTISIGVERIFY => {
                let keys = before
                    .and_then(number)
                    .filter(|_| multisig == Multisig::ByNumber);
                keys.unwrap_or(MAX_MULTISIG_KEYS)
            }
            _ => 0,
        });
        before = Some(opcode);
        rest = after;
    }
    count
}

/// The number from 1 to 16 that `opcode` pushes.
fn number(opcode: u8) -> Option<usize> {
    (OP_1..=OP_16)
        .contains(&opcode)
        .then(|| usize::from(opcode - OP_1) + 1)
}

/// The first instruction of `script`: its opcode, what it pushes, and what comes after it. `None`
/// at the end, and where it is cut off.
pub(crate) fn first(script: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (opcode, rest) = script.split_first()?;
    let (length, rest) = match *opcode {
        length if length < OP_PUSHDATA1 => (u32::from(length), rest),
        OP_PUSHDATA1 => rest
            .split_first()
            .map(|(length, rest)| (u32::from(*length), rest))?,
        OP_PUSHDATA2 => rest
            .split_first_chunk()
            .map(|(length, rest)| (u16::from_le_bytes(*length).into(), rest))?,
        OP_PUSHDATA4 => rest
            .split_first_chunk()
            .map(|(length, rest)| (u32::from_le_bytes(*length), rest))?,
        _ => (0, rest),
    };
    let (pushed, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((*opcode, pushed, rest))
}

#[cfg(test)]
mod tests {
    use bitcoin::absolute::LockTime;
    use bitcoin::hashes::Hash;
    use bitcoin::hex::FromHex;
    use bitcoin::transaction::Version;
    use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, TxIn};
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const ALL: u32 = VERIFY_P2SH | VERIFY_WITNESS;

    #[test]
    fn scripts_count_for_what_bitcoin_core_counts() {
        let text = include_str!("../../tests/data/sigops.json");
        let cases: Vec<Value> = serde_json::from_str(text).unwrap();
        assert!(cases.len() > 100);
        for case in cases {
            let script = Vec::from_hex(case["script"].as_str().unwrap()).unwrap();
            let reported =
                [Multisig::AsMany, Multisig::ByNumber].map(|multisig| count(&script, multisig));
            assert_eq!(
                [&case["legacy"], &case["accurate"]],
                [reported[0], reported[1]],
                "{case}"
            );
        }
    }

    /// A script as a list of what stands in it, and how it is written.
    #[derive(Clone, Debug)]
    enum Word {
        Number(u8),
        Other(u8),
        Push(Vec<u8>),
        /// A push with a longer prefix than it needs.
        Long(u8, Vec<u8>),
    }

    impl Word {
        fn write(&self, script: &mut Vec<u8>) {
            match self {
                Self::Number(number) => script.push(0x50 + number),
                Self::Other(opcode) => script.push(*opcode),
                Self::Push(bytes) => {
                    script.push(u8::try_from(bytes.len()).unwrap());
                    script.extend(bytes);
                }
                Self::Long(width, bytes) => {
                    script.push([OP_PUSHDATA1, OP_PUSHDATA2, OP_PUSHDATA4][usize::from(*width)]);
                    script.extend(&u32::try_from(bytes.len()).unwrap().to_le_bytes()[..1 << width]);
                    script.extend(bytes);
                }
            }
        }
    }

    /// The rule of Bitcoin Core, expressed over words instead of bytes.
    fn model(words: &[Word], by_number: bool) -> usize {
        let before = std::iter::once(None).chain(words.iter().map(Some));
        let counts = words
            .iter()
            .zip(before)
            .map(|(word, before)| match (word, before) {
                (Word::Other(0xac | 0xad), _) => 1,
                (Word::Other(0xae | 0xaf), Some(Word::Number(number))) if by_number => {
                    usize::from(*number)
                }
                (Word::Other(0xae | 0xaf), _) => 20,
                _ => 0,
            });
        counts.sum()
    }

    fn any_word() -> impl Strategy<Value = Word> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..60);
        let signing = prop::sample::select(vec![0xac_u8, 0xad, 0xae, 0xae, 0xaf, 0xaf]);
        // No push and no number: 0, -1, reserved, and all from 97 on.
        let other = prop_oneof![Just(0x4f_u8), Just(0x50), 0x61_u8..=0xff];
        prop_oneof![
            4 => signing.prop_map(Word::Other),
            3 => (1_u8..=16).prop_map(Word::Number),
            2 => other.prop_map(Word::Other),
            2 => bytes().prop_map(Word::Push),
            1 => (0_u8..3, bytes()).prop_map(|(width, bytes)| Word::Long(width, bytes)),
        ]
    }

    fn written(words: &[Word]) -> Vec<u8> {
        let mut script = Vec::new();
        for word in words {
            word.write(&mut script);
        }
        script
    }

    fn spending(script_sig: Vec<u8>, witness: &[Vec<u8>]) -> Transaction {
        let previous_output = OutPoint {
            txid: bitcoin::Txid::all_zeros(),
            vout: 0,
        };
        let input = TxIn {
            previous_output,
            script_sig: ScriptBuf::from_bytes(script_sig),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(witness),
        };
        Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![input],
            output: Vec::new(),
        }
    }

    fn pays(script_pubkey: ScriptBuf) -> TxOut {
        TxOut {
            value: Amount::ONE_SAT,
            script_pubkey,
        }
    }

    fn p2sh(script: &[u8]) -> ScriptBuf {
        Script::from_bytes(script).to_p2sh()
    }

    fn p2wsh(script: &[u8]) -> ScriptBuf {
        Script::from_bytes(script).to_p2wsh()
    }

    proptest! {
        #[test]
        fn a_script_counts_for_what_the_model_says_wherever_it_is_reported(
            words in prop::collection::vec(any_word(), 0..24),
            pushes in prop::collection::vec(any::<u8>(), 0..3),
        ) {
            let script = written(&words);
            let legacy_count = model(&words, false);
            let by_number = model(&words, true);
            let in_output = Transaction {
                output: vec![pays(ScriptBuf::from_bytes(script.clone()))],
                ..spending(vec![], &[])
            };
            prop_assert_eq!(legacy(&in_output), legacy_count);
            let none = pays(ScriptBuf::new());
            prop_assert_eq!(cost(&spending(script.clone(), &[]), [&none].into_iter(), ALL), legacy_count * 4);

            let mut words: Vec<Word> = pushes.into_iter().map(|byte| Word::Push(vec![byte])).collect();
            words.push(Word::Long(1, script.clone()));
            let signature = written(&words);
            let spent = pays(p2sh(&script));
            let reported = |flags| cost(&spending(signature.clone(), &[]), [&spent].into_iter(), flags);
            prop_assert_eq!([reported(ALL), reported(VERIFY_WITNESS)], [by_number * 4, 0]);

            let spent = pays(p2wsh(&script));
            let witness = [vec![1], script.clone()];
            let reported = |flags| cost(&spending(vec![], &witness), [&spent].into_iter(), flags);
            prop_assert_eq!([reported(ALL), reported(VERIFY_P2SH)], [by_number, 0]);
            let program = p2wsh(&script).into_bytes();
            let nested = written(&[Word::Push(program.clone())]);
            let spent = pays(p2sh(&program));
            prop_assert_eq!(cost(&spending(nested, &witness), [&spent].into_iter(), ALL), by_number);
        }

        #[test]
        fn nothing_behind_a_push_that_is_cut_off_counts(
            words in prop::collection::vec(any_word(), 0..12),
            behind in prop::collection::vec(any::<u8>(), 0..20),
            opcode in prop::sample::select(vec![0x4b_u8, OP_PUSHDATA1, OP_PUSHDATA2, OP_PUSHDATA4]),
        ) {
            let mut script = written(&words);
            script.push(opcode);
            // Longer than all that follows.
            script.extend(vec![0x4b; 4].into_iter().take(if opcode == 0x4b { 0 } else { 4 }));
            script.extend(behind);
            prop_assert_eq!(count(&script, Multisig::AsMany), model(&words, false));
            prop_assert_eq!(count(&script, Multisig::ByNumber), model(&words, true));
            prop_assert_eq!(redeem_script(&script), None);
        }
    }

    #[test]
    fn what_is_no_redeem_script_counts_for_nothing() {
        let spent = |script: &[u8]| pays(p2sh(script));
        let reported = |signature: Vec<u8>, spent: &TxOut| {
            cost(&spending(signature, &[]), [spent].into_iter(), ALL)
        };
        assert_eq!(reported(vec![0x01, 0xac], &spent(&[0xac])), 4);
        assert_eq!(
            reported(vec![0x01, 0xac, 0x51], &spent(&[0xac])),
            0,
            "the last push is a number"
        );
        assert_eq!(
            reported(vec![0x01, 0xac, 0x61], &spent(&[0xac])),
            0,
            "it does something else"
        );
        assert_eq!(reported(vec![0x61, 0x01, 0xac], &spent(&[0xac])), 0);
        assert_eq!(
            reported(vec![0x50, 0x01, 0xac], &spent(&[0xac])),
            4,
            "OP_RESERVED counts as a push"
        );
        assert_eq!(reported(Vec::new(), &spent(&[])), 0);
    }

    #[test]
    fn witness_programs_count_by_version_and_length() {
        let reported = |script: Vec<u8>, witness: &[Vec<u8>]| {
            cost(
                &spending(Vec::new(), witness),
                [&pays(ScriptBuf::from_bytes(script))].into_iter(),
                ALL,
            )
        };
        let program = |version: u8, length: u8| {
            [vec![version, length], vec![7; usize::from(length)]].concat()
        };
        assert_eq!(
            reported(program(0, 20), &[]),
            1,
            "also where nothing is there to be checked"
        );
        assert_eq!(reported(program(0, 32), &[]), 0);
        assert_eq!(reported(program(0, 32), &[vec![0xac, 0xac]]), 2);
        assert_eq!(reported(program(0, 24), &[vec![0xac]]), 0);
        assert_eq!(reported(program(0x51, 32), &[vec![0xac]]), 0, "taproot");
        assert_eq!(reported(program(0x51, 20), &[vec![0xac]]), 0);
    }
}
