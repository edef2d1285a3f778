//! The operations that check signatures. Pure.

use bitcoin::Script;
use bitcoinconsensus::{VERIFY_DERSIG, VERIFY_NULLDUMMY};

use super::eval::{Interpreter, MAX_OPERATIONS, TOO_MANY_OPERATIONS};
use super::stack::number;
use super::{ScriptErrorText, signature};
use crate::chain::signature_encoding::is_strict_der;

const MAX_KEYS: usize = 20;
const NOT_DER: ScriptErrorText = "Non-canonical DER signature";
const NOT_EMPTY: ScriptErrorText = "Signature must be zero for failed CHECK(MULTI)SIG operation";

impl Interpreter<'_> {
    pub(super) fn check_signature(&mut self, is_verify: bool) -> Result<(), ScriptErrorText> {
        let signature = self.stack.top(2)?.clone();
        let key = self.stack.top(1)?.clone();
        self.check_encoding(&signature)?;
        let mut code = Script::from_bytes(self.code).to_owned();
        if !self.run.is_witness {
            code = signature::remove_pushes_of(&code, &signature);
        }
        let verifies = signature::verifies(&signature, &key, &code, &self.run);
        if !verifies && self.run.spend.is_policy && !signature.is_empty() {
            return Err(NOT_EMPTY);
        }
        self.stack.pop()?;
        self.stack.pop()?;
        self.stack.push_flag(verifies);
        self.verify_if(is_verify, "Script failed an OP_CHECKSIGVERIFY operation")
    }

    /// How a signature is written.
    fn check_encoding(&self, signature: &[u8]) -> Result<(), ScriptErrorText> {
        let is_wrong =
            self.run.spend.has(VERIFY_DERSIG) && !signature.is_empty() && !is_strict_der(signature);
        if is_wrong { Err(NOT_DER) } else { Ok(()) }
    }

    pub(super) fn check_multisig(&mut self, is_verify: bool) -> Result<(), ScriptErrorText> {
        let keys = usize::try_from(number(self.stack.top(1)?, 4)?)
            .ok()
            .filter(|keys| *keys <= MAX_KEYS);
        let keys = keys.ok_or("Pubkey count negative or limit exceeded")?;
        self.operations += keys;
        if self.operations > MAX_OPERATIONS {
            return Err(TOO_MANY_OPERATIONS);
        }
        let count = number(self.stack.top(keys + 2)?, 4)?;
        let count = usize::try_from(count).ok().filter(|count| *count <= keys);
        let count = count.ok_or("Signature count negative or greater than pubkey count")?;
        self.stack.top(keys + count + 3)?;
        self.stack.pop()?;
        let keys = (0..keys)
            .map(|_| self.stack.pop())
            .collect::<Result<Vec<_>, _>>()?;
        self.stack.pop()?;
        let signatures = (0..count)
            .map(|_| self.stack.pop())
            .collect::<Result<Vec<_>, _>>()?;
        let are_matched = self.match_signatures(&signatures, &keys)?;
        if !are_matched
            && self.run.spend.is_policy
            && signatures.iter().any(|signature| !signature.is_empty())
        {
            return Err(NOT_EMPTY);
        }
        if !self.stack.pop()?.is_empty() && self.run.spend.has(VERIFY_NULLDUMMY) {
            return Err("Dummy CHECKMULTISIG argument must be zero");
        }
        self.stack.push_flag(are_matched);
        self.verify_if(
            is_verify,
            "Script failed an OP_CHECKMULTISIGVERIFY operation",
        )
    }

    /// Whether each of `signatures` is by one of `keys`, in the same order.
    fn match_signatures(
        &self,
        signatures: &[Vec<u8>],
        keys: &[Vec<u8>],
    ) -> Result<bool, ScriptErrorText> {
        let mut code = Script::from_bytes(self.code).to_owned();
        if !self.run.is_witness {
            for signature in signatures {
                code = signature::remove_pushes_of(&code, signature);
            }
        }
        let mut signatures = signatures;
        let mut keys = keys;
        while let Some((signature, others)) = signatures.split_first() {
            if signatures.len() > keys.len() {
                return Ok(false);
            }
            let Some((key, left)) = keys.split_first() else {
                return Ok(false);
            };
            self.check_encoding(signature)?;
            if signature::verifies(signature, key, &code, &self.run) {
                signatures = others;
            }
            keys = left;
        }
        Ok(true)
    }
}
