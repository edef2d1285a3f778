//! Problems that were found without the file: a key, its value, what is wrong.

use std::fmt::Display;

use crate::config::{Problem, Severity};

fn problem(
    severity: Severity,
    key: &str,
    value: &dyn Display,
    message: impl Into<String>,
) -> Problem {
    Problem {
        severity,
        file: None,
        line: None,
        column: None,
        given_by: None,
        key: Some(key.to_owned()),
        value: Some(value.to_string()),
        message: message.into(),
        suggestion: None,
    }
}

pub(super) fn error(key: &str, value: impl Display, message: impl Into<String>) -> Problem {
    problem(Severity::Error, key, &value, message)
}

pub(super) fn warning(key: &str, value: impl Display, message: impl Into<String>) -> Problem {
    problem(Severity::Warning, key, &value, message)
}
