//! Whether a file is in another notation than TOML: then one sentence says so, instead of one for
//! each line. Pure.

/// The notation that `text` is in, where that is certainly not TOML.
pub(super) fn other(text: &str) -> Option<&'static str> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        return Some("JSON");
    }
    let is_of_note = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let lines: Vec<_> = text.lines().map(str::trim).filter(is_of_note).collect();
    let is_toml = |line: &&str| line.starts_with('[') || is_pair(line, '=');
    let is_yaml = |line: &&str| *line == "---" || is_pair(line, ':') || line.starts_with("- ");
    let certain = !lines.iter().any(is_toml)
        && lines.iter().filter(|line| is_yaml(line)).count() * 2 > lines.len();
    certain.then_some("YAML")
}

/// A name, the mark, and a value or nothing.
fn is_pair(line: &str, mark: char) -> bool {
    line.split_once(mark).is_some_and(|(name, value)| {
        let name = name.trim();
        let is_name = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'"'));
        !name.is_empty() && is_name && (mark == '=' || value.is_empty() || value.starts_with(' '))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_notations_are_known_by_their_marks() {
        assert_eq!(other("node:\n  kind: attached\n"), Some("YAML"));
        assert_eq!(
            other("---\n# x\nnetwork:\n  peers:\n    - a:1\n"),
            Some("YAML")
        );
        assert_eq!(other("{\"node\": {\"kind\": \"attached\"}}"), Some("JSON"));
        for toml in [
            "",
            "# a: b\n",
            "[node]\nkind: attached",
            "kind = 'x'",
            "node.kind = attached",
            "nonsense",
        ] {
            assert_eq!(other(toml), None, "{toml}");
        }
    }
}
