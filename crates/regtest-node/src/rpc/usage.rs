//! What a method is called, which parameters it takes, and what is said of it. Pure.

use super::json::Json;

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParamKind {
    Number,
    Text,
    Flag,
    List,
    /// A number or a flag: a verbosity, looked at by the method in its turn.
    Level,
    /// Looked at by the method.
    Any,
}

impl ParamKind {
    /// The name of the wanted type, if `value` is of another; null is none of a value that is
    /// `required`.
    pub(super) fn refuses(self, value: &Json, required: bool) -> Option<&'static str> {
        let wanted = match self {
            Self::Number => "number",
            Self::Text => "string",
            Self::Flag => "bool",
            Self::List => "array",
            Self::Level | Self::Any => return None,
        };
        let fits = value.type_name() == wanted || (value.is_null() && !required);
        (!fits).then_some(wanted)
    }
}

/// A parameter: name, kind, and whether it must be given.
pub(super) type Param = (&'static str, ParamKind, bool);

/// What a caller has to know of a method.
pub(super) struct MethodUsage {
    pub(super) name: &'static str,
    pub(super) params: &'static [Param],
    pub(super) about: &'static str,
}

impl MethodUsage {
    /// The name and the parameters, those that may be left out in parentheses.
    pub(super) fn line(&self) -> String {
        let quoted = |(name, kind, _): &Param| {
            if *kind == ParamKind::Text {
                format!("\"{name}\"")
            } else {
                (*name).to_owned()
            }
        };
        let (required, optional): (Vec<_>, Vec<_>) =
            self.params.iter().partition(|(_, _, required)| *required);
        let mut words = vec![self.name.to_owned()];
        words.extend(required.into_iter().map(quoted));
        if !optional.is_empty() {
            words.push(format!(
                "( {} )",
                optional
                    .into_iter()
                    .map(quoted)
                    .collect::<Vec<_>>()
                    .join(" ")
            ));
        }
        words.join(" ")
    }

    /// The line, and what the method is for.
    pub(super) fn help(&self) -> String {
        format!("{}\n\n{}\n", self.line(), self.about)
    }
}
