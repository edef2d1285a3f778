//! What of `[[notify]]` may be shown: of the URL of a webhook its scheme and host, of a template
//! nothing.

use super::redacted::REDACTED;
use super::suggestion::quoted;
use crate::values::parse_url;

/// The section.
pub(super) const SECTION: &str = "notify";
/// The key of the URL in an entry.
pub(super) const URL: &str = "url";
/// The key of the template in an entry.
pub(super) const TEMPLATE: &str = "template";

/// Whether `key`, in an entry or from the root, is that of a webhook's URL.
pub(super) fn is_url(key: &str) -> bool {
    key == URL || key == "notify.url"
}

/// Whether `key` is that of a webhook's URL among the entries of a configuration.
pub(super) fn is_url_of_entry(key: &str) -> bool {
    key.starts_with("notify[") && key.ends_with("].url")
}

/// The URL as it may be shown, of what was written.
pub(super) fn presentable(written: &str) -> String {
    let text = written.trim().trim_matches(['"', '\'']);
    origin(text).map_or_else(|| REDACTED.into(), |origin| quoted(&origin))
}

/// The URL `text` as it may be shown, as JSON; `None` is a value of another kind.
pub(super) fn to_json(text: Option<&str>) -> serde_json::Value {
    let origin = text.and_then(origin);
    origin.unwrap_or_else(|| REDACTED.into()).into()
}

/// The scheme and the host of a URL; nothing of a text that is none.
fn origin(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    let url = parse_url(text.trim()).ok()?;
    url.host()?;
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use crate::config::redacted::REDACTED;
    use crate::config::shown_value::presentable;

    #[test]
    fn of_the_url_of_a_webhook_scheme_and_host_are_shown() {
        let url = "https://u:hunter2@hooks.example.org/hunter2?hunter2#hunter2";
        for key in ["url", "notify.url"] {
            let shown = presentable(key, &format!("\"{url}\""));
            assert_eq!(shown, "\"https://hooks.example.org\"", "{key}");
            assert_eq!(presentable(key, url), "\"https://hooks.example.org\"");
            assert_eq!(presentable(key, "hunter2"), REDACTED);
        }
        assert_eq!(
            presentable("notify", &format!("[{{ url = '{url}' }}]")),
            REDACTED
        );
        assert_eq!(presentable("notify.url_file", "\"hunter2\""), REDACTED);
        assert_eq!(presentable("template", "\"hunter2 {{node}}\""), REDACTED);
        assert_eq!(
            presentable("limits.url", "\"redis://a/0\""),
            "\"redis://a/0\""
        );
    }
}
