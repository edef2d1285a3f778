//! Signatures of scripts before taproot. Pure.

use bitcoin::secp256k1::ecdsa::Signature;
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::{Script, ScriptBuf};

use super::ScriptRun;
use super::stack::push;
use crate::chain::sigops::first;

const CODESEPARATOR: u8 = 0xab;

/// Whether `signature` is one by `key` over the spend, whose script from the last separator on is
/// `code`.
pub(super) fn verifies(signature: &[u8], key: &[u8], code: &Script, run: &ScriptRun<'_>) -> bool {
    let Some((kind, der)) = signature.split_last() else {
        return false;
    };
    let (Ok(key), Ok(mut signature)) = (PublicKey::from_slice(key), Signature::from_der_lax(der))
    else {
        return false;
    };
    signature.normalize_s();
    let mut cache = SighashCache::new(run.spend.tx);
    let digest = if run.is_witness {
        let kind = EcdsaSighashType::from_consensus(u32::from(*kind));
        let hash = cache.p2wsh_signature_hash(run.spend.input, code, run.spend.value(), kind);
        hash.ok().map(Message::from)
    } else {
        let code = without_separators(code);
        cache
            .legacy_signature_hash(run.spend.input, &code, u32::from(*kind))
            .ok()
            .map(Message::from)
    };
    digest.is_some_and(|digest| {
        Secp256k1::verification_only()
            .verify_ecdsa(&digest, &signature, &key)
            .is_ok()
    })
}

fn without_separators(code: &Script) -> ScriptBuf {
    let mut kept = Vec::new();
    let mut rest = code.as_bytes();
    while let Some((opcode, _, after)) = first(rest) {
        if opcode != CODESEPARATOR {
            kept.extend(rest.iter().take(rest.len() - after.len()));
        }
        rest = after;
    }
    kept.extend(rest);
    ScriptBuf::from_bytes(kept)
}

/// `code` without the places at which `signature` is pushed: it cannot have signed itself.
pub(super) fn remove_pushes_of(code: &Script, signature: &[u8]) -> ScriptBuf {
    let pattern = push(signature);
    let mut kept = Vec::new();
    let mut rest = code.as_bytes();
    loop {
        while let Some(after) = rest.strip_prefix(pattern.as_slice()) {
            rest = after;
        }
        let Some((_, _, after)) = first(rest) else {
            break;
        };
        kept.extend(rest.iter().take(rest.len() - after.len()));
        rest = after;
    }
    kept.extend(rest);
    ScriptBuf::from_bytes(kept)
}
