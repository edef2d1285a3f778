//! Secrets as types: what is secret cannot be printed by accident.

use std::fmt;

/// A text that never appears in output: `Debug` shows `[redacted]`, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one place that must use it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What in the content of a file with a secret an editor may have added: the node takes
/// it for a part of the secret. One end of a line is not counted.
#[must_use]
pub fn oddity_of_secret(content: &[u8]) -> Option<&'static str> {
    let line = content.strip_suffix(b"\n").unwrap_or(content);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if content.starts_with(b"\xef\xbb\xbf") {
        Some("begins with a byte order mark")
    } else if line.last().is_some_and(u8::is_ascii_whitespace) {
        Some("ends with a blank")
    } else if line.first().is_some_and(u8::is_ascii_whitespace) {
        Some("begins with a blank")
    } else {
        None
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::oddity_of_secret;

    #[test]
    fn what_an_editor_adds_unasked_is_found() {
        for (content, expected) in [
            (&b"hunter2"[..], None),
            (b"hunter2\n", None),
            (b"hunter2\r\n", None),
            (b"two words", None),
            (
                b"\xef\xbb\xbfhunter2\n",
                Some("begins with a byte order mark"),
            ),
            (b"hunter2 \n", Some("ends with a blank")),
            (b" hunter2", Some("begins with a blank")),
        ] {
            assert_eq!(oddity_of_secret(content), expected, "{content:?}");
        }
    }
}
