//! Scripts, run by Bitcoin Core's own code in libbitcoinconsensus.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use bitcoin::consensus::serialize;
use bitcoin::{Transaction, TxOut};
use bitcoinconsensus::Utxo;

use super::reject::Reject;

/// A transaction whose inputs are to be checked.
pub(crate) struct Job {
    tx: Vec<u8>,
    /// What its inputs spend, in their order.
    spent: Vec<TxOut>,
    flags: u32,
}

impl Job {
    /// Spends of `tx`, whose inputs spend `spent`, held to the rules of `flags`.
    pub(crate) fn new(tx: &Transaction, spent: Vec<TxOut>, flags: u32) -> Self {
        Self { tx: serialize(tx), spent, flags }
    }

    fn check(&self, input: usize, output: &TxOut) -> Result<(), Reject> {
        let utxo = |output: &TxOut| {
            let script = output.script_pubkey.as_bytes();
            Utxo {
                script_pubkey: script.as_ptr(),
                script_pubkey_len: u32::try_from(script.len()).unwrap_or(u32::MAX),
                value: i64::try_from(output.value.to_sat()).unwrap_or(i64::MAX),
            }
        };
        let spent: Vec<Utxo> = self.spent.iter().map(utxo).collect();
        let (script, value) = (output.script_pubkey.as_bytes(), output.value.to_sat());
        bitcoinconsensus::verify_with_flags(script, value, &self.tx, Some(&spent), input, self.flags)
            .map_err(|_| Reject::consensus(format!("mandatory-script-verify-flag-failed (input {input})")))
    }
}

/// Fewer inputs are done sooner than threads for them begin.
const WORTH_THREADS: usize = 16;
const MOST_THREADS: usize = 4;

/// Runs the scripts of all inputs of `jobs`, on several threads if there are many.
pub(crate) fn check(jobs: &[Job]) -> Result<(), Reject> {
    let inputs: Vec<(&Job, usize, &TxOut)> =
        jobs.iter().flat_map(|job| job.spent.iter().enumerate().map(move |(at, output)| (job, at, output))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((job, at, output)) = inputs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(reject) = job.check(*at, output) {
                next.store(inputs.len(), Ordering::Relaxed);
                return Err(reject);
            }
        }
        Ok(())
    };
    if inputs.len() < WORTH_THREADS {
        return work();
    }
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..cores).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let theirs = helpers.into_iter().map(|helper| {
            helper.join().unwrap_or_else(|_| Err(Reject::consensus("mandatory-script-verify-flag-failed")))
        });
        // All are waited for, whatever the first says.
        theirs.fold(mine, Result::and)
    })
}
