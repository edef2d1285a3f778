//! A value of the configuration as it may be shown. Pure.
//!
//! Decides what may hold a secret, by the key and by the value. Invariant: what is shown is one short line without control
//! characters.

use super::hook;
use super::redacted::REDACTED;

/// Whether the last part of a key names a secret. Keys that name a file with one do not.
pub(super) fn is_secret(key: &str) -> bool {
    let name = key
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let words = [
        "pass",
        "pw",
        "secret",
        "token",
        "auth",
        "credential",
        "cookie",
    ];
    let is_public = || {
        let mut known = super::keys::ALL.iter();
        known.any(|known| known.name() == name && !known.is_secret)
    };
    name == hook::TEMPLATE || (words.iter().any(|word| name.contains(word)) && !is_public())
}

/// A value as it may be shown: on one line, not too long, no control characters, and no secret.
pub(super) fn presentable(key: &str, written: &str) -> String {
    const MAX_CHARS: usize = 100;
    let login = ["user", "users", "name"]
        .iter()
        .any(|end| key.ends_with(end))
        && written.contains(':');
    // Whoever wrote the secret itself instead of the file that has it is warned without showing it.
    let is_path = |text: &str| {
        text.trim_start_matches(['"', '\''])
            .starts_with(['/', '~', '.'])
    };
    let mistaken = [
        "token_file",
        "password_file",
        "cookie_file",
        "url_file",
        "header_file",
    ]
    .iter()
    .any(|end| key.ends_with(end));
    let is_table_of_users = key.ends_with("users") && written.contains(['=', '"', '\'']);
    // Whatever stands in the place of the entries may be a URL of theirs.
    let is_hooks = key == hook::SECTION && written.trim() != "[]";
    if hook::is_url(key) {
        return hook::presentable(written);
    }
    if is_secret(key)
        || login
        || is_table_of_users
        || is_hooks
        || (mistaken && !written.trim().is_empty() && !is_path(written))
    {
        return REDACTED.into();
    }
    let line = without_userinfo(&without_rpcauth(
        &written.split_whitespace().collect::<Vec<_>>().join(" "),
    ));
    let mut shown: String = line
        .chars()
        .take(MAX_CHARS)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if line.chars().count() > MAX_CHARS {
        shown.push('…');
    }
    shown
}

/// An `rpcauth` inside a table, or a text that looks like one, is not for eyes.
fn without_rpcauth(line: &str) -> String {
    let hash =
        |word: &str| word.contains('$') || word.bytes().filter(u8::is_ascii_hexdigit).count() >= 48;
    let inside = ["rpcauth", "password", "secret", "token"]
        .iter()
        .any(|name| line.contains(name));
    let assigns = line.contains('=') || line.contains('{');
    if (inside && assigns) || line.split(['"', '\'']).any(hash) {
        REDACTED.into()
    } else {
        line.into()
    }
}

/// Hides the user and password of URLs.
fn without_userinfo(line: &str) -> String {
    let Some((scheme, rest)) = line.split_once("://") else {
        return line.into();
    };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{REDACTED}@{host}"),
        None => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_hold_a_secret_is_not_shown() {
        assert_eq!(presentable("node.rpc_password", "\"hunter2\""), REDACTED);
        assert_eq!(presentable("rpc.auth.users.rpcauth", "\"a$b\""), REDACTED);
        assert_eq!(
            presentable("node.rpc_url", "\"http://me:hunter2@node\""),
            "\"http://[redacted]@node\""
        );
        assert_eq!(
            presentable("rpc.auth.users", "[{ name = \"a\", rpcauth = \"s$1\" }]"),
            REDACTED
        );
        assert_eq!(presentable("node.name", "\"salt$0123\""), REDACTED);
    }

    #[test]
    fn what_names_a_file_is_shown() {
        assert_eq!(
            presentable("node.rpc_password_file", "\"/run/pw\""),
            "\"/run/pw\""
        );
        for key in [
            "node.rpc_token_file",
            "node.rpc_password_file",
            "node.rpc_cookie_file",
            "node.rpc_pass",
            "node.pw",
        ] {
            assert_eq!(presentable(key, "\"hunter2\""), REDACTED, "{key}");
        }
        assert_eq!(
            presentable("node.rpc_cookie_file", "__cookie__:hunter2"),
            REDACTED
        );
        assert_eq!(
            presentable("rpc.auth.users", "[\"alice:hunter2\"]"),
            REDACTED
        );
        assert_eq!(
            presentable("rpc.auth.users", "{ alice = \"hunter2\" }"),
            REDACTED
        );
        assert_eq!(
            presentable("rpc.auth.users.name", "alice:hunter2"),
            REDACTED
        );
        assert_eq!(presentable("rpc.auth.rate_limit_rate", "5"), "5");
    }

    #[test]
    fn a_shown_value_is_one_short_line() {
        let shown = presentable("network.peers", &"[\n\"a\u{1b}[31m\",\n".repeat(100));
        assert!(
            shown.chars().count() <= 101 && !shown.chars().any(char::is_control),
            "{shown}"
        );
    }
}
