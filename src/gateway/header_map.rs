//! The headers of an answer as `hyper` has them.

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use super::lines::HeaderLines;

/// The headers in `lines`, found by their names.
pub(crate) fn header_map(lines: &HeaderLines) -> HeaderMap {
    let lines = lines.as_bytes().split(|byte| *byte == b'\n');
    let headers = lines.filter_map(|line| {
        let line = line.strip_suffix(b"\r")?;
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(line.get(..colon)?).ok()?;
        Some((name, HeaderValue::from_bytes(line.get(colon + 2..)?).ok()?))
    });
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, value);
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_same_by_name() {
        let mut lines = HeaderLines::default();
        assert!(header_map(&lines).is_empty());
        for (name, value) in [("X-a", "1: 2"), ("DATE", ""), ("x-A", "\u{e9}\t3")] {
            lines.push(name, value.as_bytes());
        }
        let map = header_map(&lines);
        let values: Vec<_> = map
            .get_all("x-a")
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        assert_eq!(values, [b"1: 2", "\u{e9}\t3".as_bytes()]);
        assert!(map["date"].is_empty());
    }
}
