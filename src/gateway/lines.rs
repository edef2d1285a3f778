//! The headers of an answer, as they are written. Pure.

use std::sync::Arc;

/// Headers, one line each: most are only passed on, and to sort them first costs more than all else
/// that is done to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderLines {
    /// Shared: those of one answer are often those of the next.
    text: Arc<Vec<u8>>,
    is_dated: bool,
    has_length: bool,
}

impl HeaderLines {
    /// No lines, with a capacity in bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self {
            text: Arc::new(Vec::with_capacity(bytes)),
            ..Self::default()
        }
    }

    /// Adds a header. The caller guarantees that name and value are valid and contain no line
    /// break.
    pub(crate) fn push(&mut self, name: &str, value: &[u8]) {
        self.is_dated |= name.eq_ignore_ascii_case("date");
        self.has_length |= name.eq_ignore_ascii_case("content-length");
        write_line(Arc::make_mut(&mut self.text), name, value);
    }

    /// All of them, each with the end of its line.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// Whether `Date` is among them.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.is_dated
    }

    /// Whether `Content-Length` is among them.
    #[must_use]
    pub fn has_length(&self) -> bool {
        self.has_length
    }

    /// The names as they are written, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let lines = self.text.split(|byte| *byte == b'\n');
        let name = |line: &'_ [u8]| line.iter().position(|byte| *byte == b':');
        lines.filter_map(move |line| std::str::from_utf8(line.get(..name(line)?)?).ok())
    }
}

/// Writes one header, with the end of its line.
pub(crate) fn write_line(to: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        to.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_and_length_are_noted_in_any_case() {
        let mut lines = HeaderLines::default();
        assert!(!lines.is_dated());
        for (name, value) in [("X-a", "1: 2"), ("DATE", ""), ("x-A", "\u{e9}\t3")] {
            lines.push(name, value.as_bytes());
        }
        assert_eq!(
            lines.as_bytes(),
            "X-a: 1: 2\r\nDATE: \r\nx-A: \u{e9}\t3\r\n".as_bytes()
        );
        assert!(lines.is_dated() && !lines.has_length());
        lines.push("content-LENGTH", b"0");
        assert!(lines.has_length());
    }
}
