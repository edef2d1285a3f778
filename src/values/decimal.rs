//! Numbers as protocols write them.

/// The number that is written in `digits`, and nothing else: no sign, no space, no end of what 64
/// bits hold.
#[must_use]
pub fn decimal(digits: &[u8]) -> Option<u64> {
    let more = |number: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    if digits.is_empty() {
        None
    } else {
        digits.iter().try_fold(0, more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_number() {
        assert_eq!(
            [&b"0"[..], b"007", b"18446744073709551615"].map(decimal),
            [Some(0), Some(7), Some(u64::MAX)]
        );
        for none in [
            &b""[..],
            b"+1",
            b"-1",
            b" 1",
            b"1 ",
            b"1,1",
            b"0x1",
            b"\xb2",
            b"18446744073709551616",
        ] {
            assert_eq!(decimal(none), None, "{none:?}");
        }
    }
}
