//! Numbers as protocols write them.

/// The number that is written in `digits`, and nothing else: no sign, no space, no end of what 64 bits hold.
#[must_use]
pub fn decimal(digits: &[u8]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_number() {
        assert_eq!([&b"0"[..], b"007", b"18446744073709551615"].map(decimal), [Some(0), Some(7), Some(u64::MAX)]);
        for none in [&b""[..], b"+1", b"-1", b" 1", b"1 ", b"1,1", b"0x1", b"\xb2", b"18446744073709551616"] {
            assert_eq!(decimal(none), None, "{none:?}");
        }
    }
}
