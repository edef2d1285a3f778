//! How ECDSA signatures are written in scripts (BIP66): by reading them, not by verifying them.
//! Pure.

const COMPOUND: u8 = 0x30;
const INTEGER: u8 = 0x02;
const SIGN: u8 = 0x80;
/// Of DER with the hash type behind it, as Core's `IsValidSignatureEncoding` has them.
const SIGNATURE_BYTES: std::ops::RangeInclusive<usize> = 9..=73;

/// Whether `signature`, with its hash type behind it, is in strict DER. The values of the two
/// integers may be out of range: that does not concern the encoding.
pub(crate) fn is_strict_der(signature: &[u8]) -> bool {
    if !SIGNATURE_BYTES.contains(&signature.len()) {
        return false;
    }
    let Some((_, der)) = signature.split_last() else {
        return false;
    };
    let [COMPOUND, length, integers @ ..] = der else {
        return false;
    };
    usize::from(*length) == integers.len()
        && integer(integers)
            .and_then(integer)
            .is_some_and(<[u8]>::is_empty)
}

/// What comes after the integer that `bytes` begin with; `None` if it is negative or longer than
/// it has to be.
fn integer(bytes: &[u8]) -> Option<&[u8]> {
    let [INTEGER, length, rest @ ..] = bytes else {
        return None;
    };
    let (value, rest) = rest.split_at_checked(usize::from(*length))?;
    match value {
        [] => None,
        [first, ..] if first & SIGN != 0 => None,
        [0, second, ..] if second & SIGN == 0 => None,
        _ => Some(rest),
    }
}

/// What the hash type behind `signature` is called; `None` for one that is not defined.
pub(crate) fn hash_type_name(signature: &[u8]) -> Option<&'static str> {
    match signature.last()? {
        0x01 => Some("ALL"),
        0x02 => Some("NONE"),
        0x03 => Some("SINGLE"),
        0x81 => Some("ALL|ANYONECANPAY"),
        0x82 => Some("NONE|ANYONECANPAY"),
        0x83 => Some("SINGLE|ANYONECANPAY"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(r: &[u8], s: &[u8]) -> Vec<u8> {
        let part = |bytes: &[u8]| [&[2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
        let body = [part(r), part(s)].concat();
        [&[0x30, u8::try_from(body.len()).unwrap()], &body[..], &[1]].concat()
    }

    #[test]
    fn an_integer_is_positive_and_no_longer_than_it_has_to_be() {
        assert!(is_strict_der(&signature(&[1; 32], &[1; 32])));
        assert!(is_strict_der(&signature(&[0, 0x80], &[0x7f, 0])));
        assert!(
            is_strict_der(&signature(&[0x7f; 33], &[0x7f; 33])),
            "no number of the curve, but an encoding"
        );
        for wrong in [&[][..], &[0x80], &[0xff; 32], &[0, 0x7f], &[0, 0, 0x80]] {
            assert!(!is_strict_der(&signature(wrong, &[1; 32])), "{wrong:x?}");
            assert!(!is_strict_der(&signature(&[1; 32], wrong)), "{wrong:x?}");
        }
    }

    #[test]
    fn lengths_agree_with_each_other() {
        let good = signature(&[1; 32], &[1; 32]);
        for at in [0, 1, 2, 3, 36, 37] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(!is_strict_der(&bad), "byte {at}");
        }
        assert!(!is_strict_der(&good[..good.len() - 1]));
        assert!(!is_strict_der(&signature(&[1; 33], &[1; 34])), "74 bytes");
        assert!(!is_strict_der(&signature(&[1], &[])), "8 bytes");
        assert!(!is_strict_der(&[]));
    }
}
