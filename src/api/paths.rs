//! The paths of the control API.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What all paths of the control API begin with.
pub const PATH_PREFIX: &str = "/api/v1/";

/// What needs no encoding in a segment of a path (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The path of `resource`, such as `queue/add`, of the node `name`; without a name, of the only
/// node.
#[must_use]
pub fn path_of_node(name: Option<&str>, resource: &str) -> String {
    match name {
        None => format!("{PATH_PREFIX}{resource}"),
        Some(name) => format!("{}/{resource}", path_of_status(Some(name))),
    }
}

/// The path of the status of the node `name`; without a name, of the only node.
#[must_use]
pub fn path_of_status(name: Option<&str>) -> String {
    match name {
        None => format!("{PATH_PREFIX}status"),
        Some(name) => {
            let name = utf8_percent_encode(name, RESERVED);
            format!("{PATH_PREFIX}nodes/{name}")
        }
    }
}

/// The name in a segment of a path; `None`: it is no UTF-8, and so no name.
#[must_use]
pub fn decoded_name(segment: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(segment).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_a_name_is_that_of_the_only_node() {
        assert_eq!(path_of_node(None, "queue/add"), "/api/v1/queue/add");
        assert_eq!(path_of_status(None), "/api/v1/status");
        let named = path_of_node(Some("a b/c"), "queue");
        assert_eq!(named, "/api/v1/nodes/a%20b%2Fc/queue");
        assert_eq!(path_of_status(Some("main-1")), "/api/v1/nodes/main-1");
    }

    #[test]
    fn what_is_no_utf8_is_no_name() {
        assert_eq!(decoded_name("a%FF"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_one_segment_and_comes_back(name in "\\PC{1,12}") {
            let path = path_of_status(Some(&name));
            let segment = path.strip_prefix("/api/v1/nodes/").unwrap();
            proptest::prop_assert!(!segment.contains(['/', '?', '#']), "{}", segment);
            proptest::prop_assert_eq!(decoded_name(segment).unwrap(), name);
        }
    }
}
