//! Scripts as Bitcoin Core writes them in `asm`. Pure.

use bitcoin::Script;
use bitcoin::hex::DisplayHex;
use bitcoin::opcodes::Opcode;
use bitcoin::script::read_scriptint_non_minimal;

use crate::chain::coins::is_unspendable_script;
use crate::chain::signature_encoding::{hash_type_name, is_strict_der};
use crate::chain::sigops::first;

const OP_PUSHDATA4: u8 = 0x4e;
/// Longer pushes are no numbers.
const MAX_NUMBER_BYTES: usize = 4;

/// An output script: short pushes are numbers, the others hexadecimal.
pub(super) fn output_script(script: &Script) -> String {
    disassemble(script, |pushed| pushed.to_lower_hex_string())
}

/// An input script: as an output script, but signatures end in the name of their hash type.
pub(super) fn input_script(script: &Script) -> String {
    if is_unspendable_script(script) {
        output_script(script)
    } else {
        disassemble(script, named_signature)
    }
}

fn disassemble(script: &Script, long_push: impl Fn(&[u8]) -> String) -> String {
    let mut words = Vec::new();
    let mut rest = script.as_bytes();
    while !rest.is_empty() {
        let Some((opcode, pushed, after)) = first(rest) else {
            words.push("[error]".to_owned());
            break;
        };
        words.push(match opcode {
            ..=OP_PUSHDATA4 if pushed.len() <= MAX_NUMBER_BYTES => {
                read_scriptint_non_minimal(pushed).map_or_else(|_| String::new(), |n| n.to_string())
            }
            ..=OP_PUSHDATA4 => long_push(pushed),
            _ => opcode_name(opcode),
        });
        rest = after;
    }
    words.join(" ")
}

fn named_signature(pushed: &[u8]) -> String {
    match (hash_type_name(pushed), pushed.split_last()) {
        (Some(name), Some((_, der))) if is_strict_der(pushed) => {
            format!("{}[{name}]", der.to_lower_hex_string())
        }
        _ => pushed.to_lower_hex_string(),
    }
}

/// The name of an opcode that is no push of data.
fn opcode_name(opcode: u8) -> String {
    match opcode {
        0x4f => "-1".to_owned(),
        0x51..=0x60 => (opcode - 0x50).to_string(),
        0xb1 => "OP_CHECKLOCKTIMEVERIFY".to_owned(),
        0xb2 => "OP_CHECKSEQUENCEVERIFY".to_owned(),
        0xbb..=0xfe => "OP_UNKNOWN".to_owned(),
        _ => Opcode::from(opcode).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use bitcoin::ScriptBuf;
    use serde_json::Value;

    /// What `decoderawtransaction` of Bitcoin Core 31.99 answered.
    #[test]
    fn input_scripts_are_written_as_bitcoind_writes_them() {
        let text = include_str!("../../tests/data/input-scripts.json");
        let recorded: Vec<Value> = serde_json::from_str(text).unwrap();
        assert!(recorded.len() > 50);
        for case in recorded {
            let script = ScriptBuf::from_hex(case["hex"].as_str().unwrap()).unwrap();
            assert_eq!(super::input_script(&script), case["asm"], "{script:x}");
        }
    }
}
