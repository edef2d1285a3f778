//! Texts with placeholders for what a notification says of an event: `{{node}} is {{to}}`.

use std::fmt;

/// What is put in place of `{{name}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placeholder {
    /// What the event is about: `state`, `check`, …
    Event,
    /// The node.
    Node,
    /// The check.
    Check,
    /// How it was before.
    From,
    /// How it is now.
    To,
    /// Why, a sentence.
    Reason,
    /// Since when it is as it is now.
    Since,
    /// How bad it is now: `info`, `warning` or `critical`.
    Severity,
    /// `trigger` while it is so, `resolve` when it is over.
    Action,
    /// For how long it was as before, seconds.
    LastedSecs,
    /// When it was noticed.
    Time,
    /// The number of the event.
    Id,
    /// What the event is about, the same for its begin and its end.
    Key,
    /// The event in one sentence.
    Summary,
}

impl Placeholder {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Event,
        Self::Node,
        Self::Check,
        Self::From,
        Self::To,
        Self::Reason,
        Self::Since,
        Self::Severity,
        Self::Action,
        Self::LastedSecs,
        Self::Time,
        Self::Id,
        Self::Key,
        Self::Summary,
    ];

    /// Its name between the braces.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Node => "node",
            Self::Check => "check",
            Self::From => "from",
            Self::To => "to",
            Self::Reason => "reason",
            Self::Since => "since",
            Self::Severity => "severity",
            Self::Action => "action",
            Self::LastedSecs => "lasted_secs",
            Self::Time => "time",
            Self::Id => "id",
            Self::Key => "key",
            Self::Summary => "summary",
        }
    }
}

/// Why a text is no template. What the text says is not in it: it may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// There is no such placeholder.
    #[error("has the placeholder {{{{{0}}}}}, which there is not")]
    Unknown(String),
    /// `{{` without its `}}`.
    #[error("has a {{{{ that no }}}} closes")]
    Unclosed,
}

#[derive(Clone, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Placeholder(Placeholder),
}

/// A text with placeholders. It may hold a secret, and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Template(Vec<TemplatePart>);

impl Template {
    /// Reads `text`.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, behind) = after.split_once("}}").ok_or(InvalidTemplate::Unclosed)?;
            let name = name.trim();
            let mut all = Placeholder::ALL.into_iter();
            let known = all.find(|known| known.as_str() == name);
            let Some(placeholder) = known else {
                return Err(InvalidTemplate::Unknown(short(name)));
            };
            parts.push(TemplatePart::Text(before.to_owned()));
            parts.push(TemplatePart::Placeholder(placeholder));
            rest = behind;
        }
        parts.push(TemplatePart::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The text with `value` of each placeholder in its place, escaped for a string of JSON.
    #[must_use]
    pub fn render(&self, value: impl Fn(Placeholder) -> String) -> String {
        let mut rendered = String::new();
        for part in &self.0 {
            match part {
                TemplatePart::Text(text) => rendered.push_str(text),
                TemplatePart::Placeholder(placeholder) => {
                    rendered.push_str(&escaped(&value(*placeholder)));
                }
            }
        }
        rendered
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template([redacted])")
    }
}

/// A name as an error shows it: what stands between braces by mistake may be long.
fn short(name: &str) -> String {
    const MAX_CHARS: usize = 32;
    let shown = name.chars().take(MAX_CHARS);
    shown
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// `text` as it stands between the quotes of a string of JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn placeholders_are_replaced_and_all_else_stays() {
        let template = Template::parse(r#"{"text":"{{node}} is {{ to }}","n":{"a":{}}}"#).unwrap();
        let rendered = template.render(|placeholder| match placeholder {
            Placeholder::Node => "a \"b\"\n".to_owned(),
            other => other.as_str().to_uppercase(),
        });
        assert_eq!(rendered, r#"{"text":"a \"b\"\n is TO","n":{"a":{}}}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&rendered).is_ok());
    }

    #[test]
    fn what_is_no_placeholder_is_an_error_that_names_it() {
        let error = |text: &str| Template::parse(text).unwrap_err().to_string();
        assert_eq!(
            error("{{nod}}"),
            "has the placeholder {{nod}}, which there is not"
        );
        assert_eq!(error("a {{node"), "has a {{ that no }} closes");
        let secret = Template::parse("hunter2 {{node}}").unwrap();
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn a_value_between_quotes_comes_back_from_json_as_it_was(value in "\\PC*|[\\x00-\\x7f]*") {
            let template = Template::parse(r#"{"a":"{{reason}}"}"#).unwrap();
            let rendered = template.render(|_| value.clone());
            let read: serde_json::Value = serde_json::from_str(&rendered).unwrap();
            prop_assert_eq!(read["a"].as_str(), Some(value.as_str()));
        }

        #[test]
        fn no_text_panics(text in "[{}a-z ]{0,20}") {
            let _ = Template::parse(&text).map(|template| template.render(|_| String::new()));
        }
    }
}
