//! Problems of a configuration, as lines.

use super::exit::{Exit, Failure};
use crate::config::{Problem, Severity};

/// The word for how bad a problem is.
pub(super) fn severity(problem: &Problem) -> &'static str {
    match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// One problem.
pub(super) fn line(problem: &Problem) -> String {
    format!("{}: {problem}\n", severity(problem))
}

/// The failure for an invalid configuration, with every problem.
pub(super) fn not_valid(problems: &[Problem]) -> Failure {
    let lines: String = problems.iter().map(line).collect();
    Failure::text(
        Exit::Configuration,
        format!("the configuration is not valid\n{}", lines.trim_end()),
    )
    .hint(
        "`bllvmctl config check` reports every problem; `bllvmctl config init` writes a file to \
         start from",
    )
}
