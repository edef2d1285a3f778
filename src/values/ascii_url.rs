//! URLs whose host is ASCII.

use url::{ParseError, Url};

/// Parses a URL in ASCII; a host with other letters is written as `xn--…`. Anything else is refused
/// before the parser, which is built without Unicode data and must not get it.
pub fn parse_url(text: &str) -> Result<Url, ParseError> {
    if text.is_ascii() {
        Url::parse(text)
    } else {
        Err(ParseError::IdnaError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_ascii() {
        // With an upper-case letter in front, the parser's debug build panics on the second.
        for text in ["http://b\u{fc}cher.example", "http://A\u{a1}/"] {
            assert_eq!(parse_url(text), Err(ParseError::IdnaError), "{text}");
        }
        let url = parse_url("http://xn--bcher-kva.example:8332").unwrap();
        assert_eq!(url.host_str(), Some("xn--bcher-kva.example"));
    }
}
