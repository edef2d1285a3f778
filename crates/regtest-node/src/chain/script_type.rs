//! The forms of output scripts, distinguished as Bitcoin Core's `Solver` does. Pure.

use bitcoin::Script;

use super::sigops::first;

const OP_RETURN: u8 = 0x6a;
const OP_1: u8 = 0x51;
const OP_16: u8 = 0x60;
const OP_CHECKSIG: u8 = 0xac;
const OP_CHECKMULTISIG: u8 = 0xae;
/// Pay-to-anchor: version 1 and a program of two bytes.
const PAY_TO_ANCHOR: [u8; 4] = [0x51, 0x02, 0x4e, 0x73];
const MAX_MULTISIG_KEYS: u8 = 20;

/// The form of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScriptType<'a> {
    Nonstandard,
    PublicKey(&'a [u8]),
    PublicKeyHash,
    ScriptHash,
    Multisig {
        required: u8,
        keys: Vec<&'a [u8]>,
    },
    NullData,
    Anchor,
    WitnessV0KeyHash,
    WitnessV0ScriptHash,
    /// With its key, which need not be on the curve.
    WitnessV1Taproot(&'a [u8]),
    WitnessUnknown,
}

impl<'a> ScriptType<'a> {
    /// The form of `script`.
    pub(crate) fn of(script: &'a Script) -> Self {
        let bytes = script.as_bytes();
        if script.is_p2sh() {
            return Self::ScriptHash;
        }
        if script.is_witness_program() {
            return Self::of_witness_program(script);
        }
        if let [OP_RETURN, rest @ ..] = bytes
            && is_push_only(rest)
        {
            return Self::NullData;
        }
        if let [length, key @ .., OP_CHECKSIG] = bytes
            && usize::from(*length) == key.len()
            && is_sized_as_key(key)
        {
            return Self::PublicKey(key);
        }
        if script.is_p2pkh() {
            return Self::PublicKeyHash;
        }
        multisig(bytes).unwrap_or(Self::Nonstandard)
    }

    fn of_witness_program(script: &'a Script) -> Self {
        match script.as_bytes() {
            [0, ..] if script.is_p2wpkh() => Self::WitnessV0KeyHash,
            [0, ..] if script.is_p2wsh() => Self::WitnessV0ScriptHash,
            [0, ..] => Self::Nonstandard,
            [_, _, key @ ..] if script.is_p2tr() => Self::WitnessV1Taproot(key),
            bytes if bytes == PAY_TO_ANCHOR => Self::Anchor,
            _ => Self::WitnessUnknown,
        }
    }

    /// As Bitcoin Core calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Nonstandard => "nonstandard",
            Self::PublicKey(_) => "pubkey",
            Self::PublicKeyHash => "pubkeyhash",
            Self::ScriptHash => "scripthash",
            Self::Multisig { .. } => "multisig",
            Self::NullData => "nulldata",
            Self::Anchor => "anchor",
            Self::WitnessV0KeyHash => "witness_v0_keyhash",
            Self::WitnessV0ScriptHash => "witness_v0_scripthash",
            Self::WitnessV1Taproot(_) => "witness_v1_taproot",
            Self::WitnessUnknown => "witness_unknown",
        }
    }
}

fn is_push_only(script: &[u8]) -> bool {
    let mut rest = script;
    while !rest.is_empty() {
        match first(rest) {
            Some((..=OP_16, _, after)) => rest = after,
            _ => return false,
        }
    }
    true
}

/// Whether `key` has the length that its first byte announces. It need not be on the curve.
fn is_sized_as_key(key: &[u8]) -> bool {
    match key.first() {
        Some(0x02 | 0x03) => key.len() == 33,
        Some(0x04 | 0x06 | 0x07) => key.len() == 65,
        _ => false,
    }
}

/// `required KEY… count CHECKMULTISIG`, and nothing behind it.
fn multisig(script: &[u8]) -> Option<ScriptType<'_>> {
    let (opcode, pushed, mut rest) = first(script)?;
    let required = small_number(opcode, pushed)?;
    let mut keys = Vec::new();
    loop {
        let (opcode, pushed, after) = first(rest)?;
        rest = after;
        if is_sized_as_key(pushed) {
            keys.push(pushed);
            continue;
        }
        let count = small_number(opcode, pushed).filter(|count| *count >= required)?;
        let is_whole = usize::from(count) == keys.len() && rest == [OP_CHECKMULTISIG];
        return is_whole.then_some(ScriptType::Multisig { required, keys });
    }
}

/// A number from 1 to 20 in its shortest form: there are opcodes up to 16, a byte is pushed above.
fn small_number(opcode: u8, pushed: &[u8]) -> Option<u8> {
    match (opcode, pushed) {
        (OP_1..=OP_16, _) => Some(opcode - OP_1 + 1),
        (1, [number]) if (17..=MAX_MULTISIG_KEYS).contains(number) => Some(*number),
        _ => None,
    }
}
