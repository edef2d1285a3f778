//! A run of scripts, and the name of its failure.

use bitcoin::{Amount, Script, Transaction, TxOut};

/// Bitcoin Core's name of a failure.
pub(in crate::chain) type ScriptErrorText = &'static str;

pub(super) const PUSH_SIZE: ScriptErrorText = "Push value size limit exceeded";

/// The input whose script is run, and under which rules.
#[derive(Clone, Copy)]
pub(in crate::chain) struct InputSpend<'a> {
    pub(in crate::chain) tx: &'a Transaction,
    pub(in crate::chain) input: usize,
    pub(in crate::chain) output: &'a TxOut,
    pub(in crate::chain) flags: u32,
    /// A signature that is not right must be empty: the rule for the mempool.
    pub(in crate::chain) is_policy: bool,
}

/// A script that is run.
#[derive(Clone, Copy)]
pub(super) struct ScriptRun<'a> {
    pub(super) spend: InputSpend<'a>,
    pub(super) script: &'a Script,
    /// Signatures are those of BIP143.
    pub(super) is_witness: bool,
}

impl InputSpend<'_> {
    pub(super) fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn value(&self) -> Amount {
        self.output.value
    }
}
