//! Scripts, run by Bitcoin Core's own code in libbitcoinconsensus.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use bitcoin::consensus::serialize;
use bitcoin::{Transaction, TxOut};
use bitcoinconsensus::{Utxo, VERIFY_TAPROOT};

use super::reject::{Fault, Reject};
use super::script_error::{self, InputSpend};

/// A transaction whose inputs are to be checked.
pub(crate) struct ScriptCheck<'a> {
    tx: &'a Transaction,
    bytes: Vec<u8>,
    /// What its inputs spend, in their order.
    spent: Vec<TxOut>,
    flags: u32,
}

impl<'a> ScriptCheck<'a> {
    /// Spends of `tx`, whose inputs spend `spent`, held to the rules of `flags`.
    pub(crate) fn new(tx: &'a Transaction, spent: Vec<TxOut>, flags: u32) -> Self {
        Self {
            tx,
            bytes: serialize(tx),
            spent,
            flags,
        }
    }

    fn is_valid(&self, input: usize, output: &TxOut) -> bool {
        let utxo = |output: &TxOut| {
            let script = output.script_pubkey.as_bytes();
            Utxo {
                script_pubkey: script.as_ptr(),
                script_pubkey_len: u32::try_from(script.len()).unwrap_or(u32::MAX),
                value: i64::try_from(output.value.to_sat()).unwrap_or(i64::MAX),
            }
        };
        let script = output.script_pubkey.as_bytes();
        let value = output.value.to_sat();
        // Only a taproot spend looks at what the other inputs spend, and hashes all of that
        // for each input.
        let spent: Option<Vec<Utxo>> = output
            .script_pubkey
            .is_p2tr()
            .then(|| self.spent.iter().map(utxo).collect());
        let flags = if spent.is_some() {
            self.flags
        } else {
            self.flags & !VERIFY_TAPROOT
        };
        bitcoinconsensus::verify_with_flags(
            script,
            value,
            &self.bytes,
            spent.as_deref(),
            input,
            flags,
        )
        .is_ok()
    }
}

/// What the scripts are run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A block, which breaks a rule if one of them fails.
    Block,
    /// The mempool, where nobody is to blame for what could be a rule of tomorrow.
    Mempool,
}

/// Fewer inputs are done sooner than threads for them begin.
const MIN_INPUTS_FOR_THREADS: usize = 16;
const MAX_SCRIPT_THREADS: usize = 4;

/// Runs the scripts of all inputs of `jobs`, on several threads if there are many. The
/// failure of the first input is reported, whichever thread finishes first.
pub(crate) fn check(jobs: &[ScriptCheck<'_>], purpose: Purpose) -> Result<(), Reject> {
    let inputs: Vec<(&ScriptCheck<'_>, usize, &TxOut)> = jobs
        .iter()
        .flat_map(|job| {
            job.spent
                .iter()
                .enumerate()
                .map(move |(at, output)| (job, at, output))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(usize::MAX);
    let work = || loop {
        // They are handed out in order, so that all before one that failed are looked at; what
        // comes after does not count.
        let at = next.fetch_add(1, Ordering::Relaxed);
        let is_wanted = at < failed.load(Ordering::Relaxed);
        let Some((job, input, output)) = inputs.get(at).filter(|_| is_wanted) else {
            return;
        };
        if !job.is_valid(*input, output) {
            failed.fetch_min(at, Ordering::Relaxed);
        }
    };
    let cores = if inputs.len() < MIN_INPUTS_FOR_THREADS {
        1
    } else {
        std::thread::available_parallelism()
            .map_or(1, NonZero::get)
            .min(MAX_SCRIPT_THREADS)
    };
    std::thread::scope(|scope| {
        for _ in 1..cores {
            scope.spawn(work);
        }
        work();
    });
    match inputs.get(failed.into_inner()) {
        Some((job, input, output)) => Err(refuse(job, *input, output, purpose)),
        None => Ok(()),
    }
}

fn refuse(job: &ScriptCheck<'_>, input: usize, output: &TxOut, purpose: Purpose) -> Reject {
    let tx = job.tx;
    let is_policy = purpose == Purpose::Mempool;
    let why = script_error::why(InputSpend {
        tx,
        input,
        output,
        flags: job.flags,
        is_policy,
    });
    let place = if is_policy { "mempool" } else { "block" };
    let fault = if is_policy {
        Fault::Policy
    } else {
        Fault::Consensus
    };
    let txid = tx.compute_txid();
    let wtxid = tx.compute_wtxid();
    let spending = tx
        .input
        .get(input)
        .map(|input| input.previous_output)
        .unwrap_or_default();
    Reject::new(fault, format!("{place}-script-verify-flag-failed ({why})")).at(format!(
        "input {input} of {txid} (wtxid {wtxid}), spending {spending}"
    ))
}

#[cfg(test)]
mod tests {
    use bitcoin::absolute::LockTime;
    use bitcoin::opcodes::all::{OP_PUSHNUM_1, OP_RETURN};
    use bitcoin::script::Builder;
    use bitcoin::transaction::Version;
    use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, TxIn, Witness};

    use super::*;

    fn outputs(count: usize, bad: &[usize]) -> Vec<TxOut> {
        let script = |at| {
            if bad.contains(&at) {
                OP_RETURN
            } else {
                OP_PUSHNUM_1
            }
        };
        let output = |at| TxOut {
            value: Amount::ONE_BTC,
            script_pubkey: Builder::new().push_opcode(script(at)).into_script(),
        };
        (0..count).map(output).collect()
    }

    fn spender(inputs: usize) -> Transaction {
        let input = TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        };
        let output = TxOut {
            value: Amount::ONE_SAT,
            script_pubkey: ScriptBuf::new(),
        };
        let input = vec![input; inputs];
        Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input,
            output: vec![output],
        }
    }

    #[test]
    fn of_several_bad_inputs_it_is_always_the_first_that_is_reported() {
        let one = spender(300);
        let other = spender(40);
        for round in 0..50 {
            let bad = [17 + round, 18 + round, 200, 299];
            let jobs = [
                ScriptCheck::new(&other, outputs(40, &[]), 0),
                ScriptCheck::new(&one, outputs(300, &bad), 0),
            ];
            let reject = check(&jobs, Purpose::Block).unwrap_err();
            assert_eq!(
                reject.reason,
                "block-script-verify-flag-failed (OP_RETURN was encountered)"
            );
            let wanted = format!("input {} of {} ", 17 + round, one.compute_txid());
            assert!(reject.detail.starts_with(&wanted), "{reject}");
        }
        let good = [
            ScriptCheck::new(&one, outputs(300, &[]), 0),
            ScriptCheck::new(&other, outputs(40, &[]), 0),
        ];
        assert_eq!(check(&good, Purpose::Block), Ok(()));
        assert_eq!(check(&[], Purpose::Block), Ok(()));
    }
}
