//! Why a script fails, in Bitcoin Core's words. Pure.
//!
//! Whether it fails is decided by libbitcoinconsensus alone, which does not say why: the
//! reason that is found here is for the error message only.

mod check_signature;
mod eval;
mod script_run;
mod signature;
mod stack;

use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Script, ScriptBuf};
use bitcoinconsensus::{VERIFY_P2SH, VERIFY_TAPROOT, VERIFY_WITNESS};

pub(super) use self::script_run::{InputSpend, ScriptErrorText};

use self::script_run::{PUSH_SIZE, ScriptRun};
use self::stack::{Stack, is_true};
use super::sigops::redeem_script;

const EVAL_FALSE: ScriptErrorText =
    "Script evaluated without error but finished with a false/empty top stack element";
const UNKNOWN: ScriptErrorText = "unknown error";

impl<'a> InputSpend<'a> {
    fn run(
        self,
        script: &'a Script,
        stack: &mut Stack,
        is_witness: bool,
    ) -> Result<(), ScriptErrorText> {
        eval::eval(
            ScriptRun {
                spend: self,
                script,
                is_witness,
            },
            stack,
        )
    }
}

/// Why the input fails. It is known to do so.
pub(super) fn why(spend: InputSpend<'_>) -> ScriptErrorText {
    verify(spend).err().unwrap_or(UNKNOWN)
}

fn verify(spend: InputSpend<'_>) -> Result<(), ScriptErrorText> {
    let input = spend.tx.input.get(spend.input).ok_or(UNKNOWN)?;
    let signature = input.script_sig.as_script();
    let script = spend.output.script_pubkey.as_script();
    let mut stack = Stack::default();
    spend.run(signature, &mut stack, false)?;
    let mut pushed = stack.clone();
    spend.run(script, &mut stack, false)?;
    ends_true(&stack)?;
    let mut has_witness = false;
    if spend.has(VERIFY_WITNESS) && script.is_witness_program() {
        has_witness = true;
        if !signature.is_empty() {
            return Err("Witness requires empty scriptSig");
        }
        program(spend, script, false)?;
    }
    if spend.has(VERIFY_P2SH) && script.is_p2sh() {
        if redeem_script(signature.as_bytes()).is_none() {
            return Err("Only push operators allowed in signatures");
        }
        let redeem = ScriptBuf::from_bytes(pushed.pop()?);
        spend.run(&redeem, &mut pushed, false)?;
        ends_true(&pushed)?;
        if spend.has(VERIFY_WITNESS) && redeem.is_witness_program() {
            has_witness = true;
            if signature.as_bytes() != stack::push(redeem.as_bytes()) {
                return Err("Witness requires only-redeemscript scriptSig");
            }
            program(spend, &redeem, true)?;
        }
    }
    if spend.has(VERIFY_WITNESS) && !has_witness && !input.witness.is_empty() {
        return Err("Witness provided for non-witness script");
    }
    Ok(())
}

fn ends_true(stack: &Stack) -> Result<(), ScriptErrorText> {
    if stack.top(1).is_ok_and(|top| is_true(top)) {
        Ok(())
    } else {
        Err(EVAL_FALSE)
    }
}

/// The spend of a witness program.
fn program(
    spend: InputSpend<'_>,
    program: &Script,
    is_nested: bool,
) -> Result<(), ScriptErrorText> {
    const MISMATCH: ScriptErrorText = "Witness program hash mismatch";
    const EMPTY: ScriptErrorText = "Witness program was passed an empty witness";
    let witness = &spend.tx.input.get(spend.input).ok_or(UNKNOWN)?.witness;
    let mut items: Vec<Vec<u8>> = witness.iter().map(<[u8]>::to_vec).collect();
    if program.is_p2wsh() {
        let script = ScriptBuf::from_bytes(items.pop().ok_or(EMPTY)?);
        let wanted = program.as_bytes().get(2..).unwrap_or_default();
        if sha256::Hash::hash(script.as_bytes()).as_byte_array() != wanted {
            return Err(MISMATCH);
        }
        return execute(spend, &script, items);
    }
    if program.is_p2wpkh() {
        if items.len() != 2 {
            return Err(MISMATCH);
        }
        let hash = program.as_bytes().get(2..).unwrap_or_default();
        // What BIP143 lets stand for it: DUP HASH160 hash EQUALVERIFY CHECKSIG.
        let script = ScriptBuf::from_bytes([&[0x76, 0xa9, 0x14], hash, &[0x88, 0xac]].concat());
        return execute(spend, &script, items);
    }
    if program.as_bytes().first() == Some(&0) {
        return Err("Witness program has incorrect length");
    }
    if program.is_p2tr() && !is_nested && spend.has(VERIFY_TAPROOT) {
        return Err(taproot(&items).ok_or(EMPTY)?);
    }
    Ok(())
}

/// What is said of a taproot spend that fails: its scripts are not run here.
fn taproot(items: &[Vec<u8>]) -> Option<ScriptErrorText> {
    const ANNEX: u8 = 0x50;
    let has_annex = items.len() > 1
        && items
            .last()
            .is_some_and(|last| last.first() == Some(&ANNEX));
    let items = items.get(..items.len() - usize::from(has_annex))?;
    let last = items.last()?;
    Some(match (items.len(), last.len()) {
        (1, 64) => "Invalid Schnorr signature",
        (1, 65)
            if last
                .last()
                .is_some_and(|kind| matches!(kind, 1..=3 | 0x81..=0x83)) =>
        {
            "Invalid Schnorr signature"
        }
        (1, 65) => "Invalid Schnorr signature hash type",
        (1, _) => "Invalid Schnorr signature size",
        (_, length) if !(33..=33 + 128 * 32).contains(&length) || length % 32 != 1 => {
            "Invalid Taproot control block size"
        }
        _ => UNKNOWN,
    })
}

fn execute(
    spend: InputSpend<'_>,
    script: &Script,
    items: Vec<Vec<u8>>,
) -> Result<(), ScriptErrorText> {
    if items
        .iter()
        .any(|item| item.len() > eval::MAX_ELEMENT_BYTES)
    {
        return Err(PUSH_SIZE);
    }
    let mut stack = Stack::new(items);
    spend.run(script, &mut stack, true)?;
    if stack.len() != 1 {
        return Err("Stack size must be exactly one after execution");
    }
    ends_true(&stack)
}
