//! What is wrong with a configuration, and how it is reported.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::item::Origin;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can, but something is probably not as meant.
    Warning,
}

/// One thing that is wrong, where, and what to write instead. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The file it is in.
    pub file: Option<PathBuf>,
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// The column in the line, from 1, in characters.
    pub column: Option<usize>,
    /// The environment variable or the flag, where it is not in a file; `default` if nobody wrote
    /// the value.
    pub given_by: Option<String>,
    /// The key, from the root: `rpc.listen`.
    pub key: Option<String>,
    /// The value as it was written.
    pub value: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do or to write instead; several lines are TOML.
    pub suggestion: Option<String>,
}

impl Problem {
    /// An error at `origin`, so far without key, value and suggestion.
    pub(super) fn error(origin: &Origin, message: impl Into<String>) -> Self {
        let mut problem = Self {
            severity: Severity::Error,
            file: None,
            line: None,
            column: None,
            given_by: None,
            key: None,
            value: None,
            message: message.into(),
            suggestion: None,
        };
        problem.set_origin(origin);
        problem
    }

    /// Whether it is about a value from `origin`.
    pub(super) fn is_at(&self, origin: &Origin) -> bool {
        let other = Self::error(origin, "");
        let is_same_source = self.file == other.file && self.given_by == other.given_by;
        is_same_source && self.line == other.line && self.column == other.column
    }

    fn set_origin(&mut self, origin: &Origin) {
        match origin {
            Origin::Default => {}
            Origin::File { path, line, column } => {
                self.file = Some(path.clone());
                self.line = Some(*line);
                self.column = Some(*column);
            }
            Origin::Environment(name) => self.given_by = Some(name.clone()),
            Origin::Flag(name) => self.given_by = Some((*name).to_owned()),
        }
    }

    /// A problem that was found without the file: where the value of its key came from is in
    /// `entries`.
    #[must_use]
    pub fn located(mut self, entries: &[Entry]) -> Self {
        match entries
            .iter()
            .find(|entry| self.key.as_ref() == Some(&entry.key))
            .map(|entry| &entry.origin)
        {
            Some(Origin::Default) => self.given_by = Some("default".to_owned()),
            Some(origin) => self.set_origin(origin),
            None => {}
        }
        self
    }

    /// As a warning.
    pub(super) fn warning(self) -> Self {
        Self {
            severity: Severity::Warning,
            ..self
        }
    }

    /// About `key`, which may be one that somebody mistyped: without control characters.
    pub(super) fn key(self, key: impl Into<String>) -> Self {
        let key: String = key.into();
        Self {
            key: Some(key.replace(char::is_control, "\u{fffd}")),
            ..self
        }
    }

    /// About `value`, which must already be fit to be shown; an empty one is not.
    pub(super) fn value(self, value: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()).filter(|value| !value.is_empty()),
            ..self
        }
    }

    /// With a suggestion.
    pub(super) fn suggest(self, suggestion: impl Into<String>) -> Self {
        Self {
            suggestion: Some(suggestion.into()),
            ..self
        }
    }

    /// Problems are reported in this order: the file's as it is read, the environment's, the
    /// flags'.
    pub(super) fn rank(&self) -> (u8, usize, usize, Option<String>) {
        let layer = match &self.given_by {
            None => 0,
            Some(name) if name.starts_with("--") => 2,
            Some(_) => 1,
        };
        (
            layer,
            self.line.unwrap_or(0),
            self.column.unwrap_or(0),
            self.given_by.clone(),
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.given_by, &self.file) {
            (Some(name), _) => write!(f, "{name}: ")?,
            (None, Some(file)) => {
                write!(f, "{}:", file.display())?;
                for number in [self.line, self.column].into_iter().flatten() {
                    write!(f, "{number}:")?;
                }
                f.write_str(" ")?;
            }
            (None, None) => {}
        }
        match (&self.key, &self.value) {
            (Some(key), Some(value)) => write!(f, "{key} = {value}: ")?,
            (Some(key), None) => write!(f, "{key}: ")?,
            (None, Some(value)) => write!(f, "{value}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)?;
        match &self.suggestion {
            Some(lines) if lines.contains('\n') => {
                f.write_str("; write instead:")?;
                lines.lines().try_for_each(|line| write!(f, "\n    {line}"))
            }
            Some(line) => write!(f, "; {line}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize) -> Origin {
        Origin::File {
            path: "bllvmctl.toml".into(),
            line,
            column,
        }
    }

    #[test]
    fn a_problem_says_where_what_and_what_to_write() {
        let problem = Problem::error(&at(12, 5), "must be below pruning_threshold_gb = 100")
            .key("storage.pruning_target_gb")
            .value("120")
            .suggest("write 80, say");
        assert_eq!(
            problem.to_string(),
            "bllvmctl.toml:12:5: storage.pruning_target_gb = 120: must be below \
             pruning_threshold_gb = 100; write 80, say"
        );
    }

    #[test]
    fn a_problem_found_without_the_file_is_where_its_key_was_written_or_says_who_gave_the_value() {
        let message = |origin: Origin| {
            let entry = Entry {
                key: "state_dir".into(),
                value: "/x".into(),
                origin,
            };
            let problem = Problem::error(&Origin::Default, "is wrong")
                .key("state_dir")
                .value("/x");
            problem.located(&[entry]).to_string()
        };
        assert_eq!(
            message(at(3, 1)),
            "bllvmctl.toml:3:1: state_dir = /x: is wrong"
        );
        assert_eq!(
            message(Origin::Default),
            "default: state_dir = /x: is wrong"
        );
        let variable = Origin::Environment("STATE_DIRECTORY".into());
        assert_eq!(
            message(variable),
            "STATE_DIRECTORY: state_dir = /x: is wrong"
        );
    }

    #[test]
    fn several_lines_to_write_follow_indented() {
        let problem = Problem::error(&at(1, 1), "is wrong").suggest("[a]\nb = 1");
        assert_eq!(
            problem.to_string(),
            "bllvmctl.toml:1:1: is wrong; write instead:\n    [a]\n    b = 1"
        );
    }

    #[test]
    fn a_variable_or_a_flag_stands_in_place_of_the_file() {
        let problem = Problem::error(
            &Origin::Environment("BLLVMCTL_RPC__LISTEN".into()),
            "is wrong",
        )
        .key("rpc.listen");
        assert_eq!(
            problem.to_string(),
            "BLLVMCTL_RPC__LISTEN: rpc.listen: is wrong"
        );
        let problem = Problem::error(&Origin::Flag("--listen"), "is wrong")
            .key("rpc.listen")
            .value("x");
        assert_eq!(problem.to_string(), "--listen: rpc.listen = x: is wrong");
    }
}
