//! Output descriptors, as far as mining and showing need them: `raw(HEX)` and `addr(ADDRESS)`, with
//! their checksums (BIP380). Pure.

use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::{Address, Network, Script, ScriptBuf, XOnlyPublicKey};

use crate::chain::script_type::ScriptType;

const INPUT: &str = "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
const OUTPUT: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR: [u64; 5] = [
    0xf5_dee5_1989,
    0xa9_fdca_3312,
    0x1b_ab10_e32d,
    0x37_06b1_677a,
    0x64_4d62_6ffd,
];

fn step(check: u64, value: u64) -> u64 {
    let top = check >> 35;
    let mut check = (check & 0x7_ffff_ffff) << 5 ^ value;
    for (bit, generator) in GENERATOR.iter().enumerate() {
        if top >> bit & 1 == 1 {
            check ^= generator;
        }
    }
    check
}

/// The eight letters behind the `#`; `None` if a letter cannot be in a descriptor.
pub(super) fn checksum(descriptor: &str) -> Option<String> {
    let mut check = 1;
    let mut class = 0;
    let mut count = 0;
    for letter in descriptor.chars() {
        let place = u64::try_from(INPUT.find(letter)?).ok()?;
        check = step(check, place & 31);
        class = class * 3 + (place >> 5);
        count += 1;
        if count == 3 {
            check = step(check, class);
            class = 0;
            count = 0;
        }
    }
    if count > 0 {
        check = step(check, class);
    }
    let check = (0..8).fold(check, |check, _| step(check, 0)) ^ 1;
    let letter = |at: u32| {
        let place = usize::try_from(check >> (5 * (7 - at)) & 31).unwrap_or(0);
        OUTPUT.chars().nth(place)
    };
    (0..8).map(letter).collect()
}

/// `descriptor` with its checksum.
pub(super) fn with_checksum(descriptor: &str) -> String {
    format!("{descriptor}#{}", checksum(descriptor).unwrap_or_default())
}

/// The descriptor of a script of the form `script_type`, as `InferDescriptor` of Bitcoin Core finds
/// it without keys of its own.
pub(super) fn of_script(
    script: &Script,
    script_type: &ScriptType<'_>,
    address: Option<&Address>,
) -> String {
    let body = match script_type {
        ScriptType::PublicKey(key) if !is_hybrid(key) => format!("pk({})", key.as_hex()),
        ScriptType::Multisig { required, keys } if !keys.iter().any(|key| is_hybrid(key)) => {
            let keys: Vec<String> = keys.iter().map(|key| key.to_lower_hex_string()).collect();
            format!("multi({required},{})", keys.join(","))
        }
        ScriptType::WitnessV1Taproot(key) if XOnlyPublicKey::from_slice(key).is_ok() => {
            format!("rawtr({})", key.as_hex())
        }
        _ => match address {
            Some(address) => format!("addr({address})"),
            None => format!("raw({})", script.as_bytes().as_hex()),
        },
    };
    with_checksum(&body)
}

/// A key with both coordinates, of which one is said twice: descriptors have none.
fn is_hybrid(key: &[u8]) -> bool {
    matches!(key.first(), Some(0x06 | 0x07))
}

/// The script of an address of `network`.
pub(super) fn address_script(text: &str, network: Network) -> Option<ScriptBuf> {
    let address: Address<bitcoin::address::NetworkUnchecked> = text.parse().ok()?;
    Some(address.require_network(network).ok()?.script_pubkey())
}

/// The script that `descriptor` stands for, or why it stands for none.
pub(super) fn script(descriptor: &str, network: Network) -> Result<ScriptBuf, String> {
    let (body, given) = match descriptor.split_once('#') {
        Some((body, given)) => (body, Some(given)),
        None => (descriptor, None),
    };
    let wanted = checksum(body).ok_or_else(|| "Invalid characters in payload".to_owned())?;
    if let Some(length) = given
        .map(|given| given.chars().count())
        .filter(|length| *length != wanted.len())
    {
        return Err(format!(
            "Expected {} character checksum, not {length} characters",
            wanted.len()
        ));
    }
    if let Some(given) = given.filter(|given| *given != wanted) {
        return Err(format!(
            "Provided checksum '{given}' does not match computed checksum '{wanted}'"
        ));
    }
    let call = body.strip_suffix(')').and_then(|call| call.split_once('('));
    let (function, argument) = call.unwrap_or((body, ""));
    match function {
        "raw" if argument.is_empty() => Err("Raw script is not hex".to_owned()),
        "raw" => Vec::from_hex(argument)
            .map(ScriptBuf::from_bytes)
            .map_err(|_| "Raw script is not hex".to_owned()),
        "addr" => {
            address_script(argument, network).ok_or_else(|| "Address is not valid".to_owned())
        }
        other => Err(format!(
            "'{other}' is not a valid descriptor function here: use raw(HEX) or addr(ADDRESS)"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_bitcoind() {
        assert_eq!(with_checksum("raw(51)"), "raw(51)#8lvh9jxk");
        assert_eq!(
            with_checksum(
                "raw(6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9)"
            ),
            "raw(6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9)#cav96mf3"
        );
        assert_eq!(checksum("raw(51)é"), None);
    }

    #[test]
    fn a_descriptor_is_a_script_or_says_why_not() {
        let read = |text: &str| script(text, Network::Regtest).map(|script| script.to_hex_string());
        assert_eq!(read("raw(51)"), Ok("51".into()));
        assert_eq!(read("raw(51)#8lvh9jxk"), Ok("51".into()));
        assert!(
            read("raw(51)#8lvh9jxq")
                .unwrap_err()
                .contains("does not match")
        );
        for not_hex in ["raw(5x)", "raw(5)", "raw()"] {
            assert_eq!(read(not_hex), Err("Raw script is not hex".into()));
        }
        assert!(
            read("raw(51")
                .unwrap_err()
                .starts_with("'raw(51' is not a valid descriptor function")
        );
        assert_eq!(
            read("raw(51)#8lvh"),
            Err("Expected 8 character checksum, not 4 characters".into())
        );
        assert!(read("wpkh(02)").unwrap_err().contains("addr(ADDRESS)"));
        let address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
        assert_eq!(
            read(&format!("addr({address})")),
            Ok("0014751e76e8199196d454941c45d1b3a323f1433bd6".into())
        );
        assert!(
            read("addr(bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4)").is_err(),
            "another chain's"
        );
    }
}
