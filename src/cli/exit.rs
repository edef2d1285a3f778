//! How a command ends: exit codes and error reports.

use std::process::ExitCode;

/// The exit codes; 64 to 78 are those of sysexits(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Yes, or done.
    Yes,
    /// The answer is no.
    No,
    Usage,
    Unreachable,
    Internal,
    NotAuthorised,
    Configuration,
    /// A signal ended it: 128 plus its number, as in a shell.
    Signal(u8),
    /// The exit code of a Nagios plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    Nagios(u8),
}

impl Exit {
    /// The exit code after `signal`.
    pub(super) fn of_signal(signal: i32) -> Self {
        Self::Signal(u8::try_from(signal).unwrap_or(u8::MAX))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::Usage => 2,
            Exit::Unreachable => 69,
            Exit::Internal => 70,
            Exit::NotAuthorised => 77,
            Exit::Configuration => 78,
            Exit::Signal(signal) => signal.saturating_add(128),
            Exit::Nagios(code) => code,
        })
    }
}

/// Why a command failed, and what to do about it.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    pub(super) error: anyhow::Error,
    pub(super) hint: Option<String>,
}

/// The result of a command.
pub(super) type CommandResult = Result<Exit, Failure>;

impl Failure {
    pub(super) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
            hint: None,
        }
    }

    pub(super) fn text(exit: Exit, text: impl Into<String>) -> Self {
        Self::new(exit, anyhow::Error::msg(text.into()))
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// The report for stderr: the failure, its causes, the hint.
    pub(super) fn report(&self) -> String {
        let mut causes = self.error.chain();
        let first = causes.next().map(|first| format!("error: {first}\n"));
        let causes = causes.map(|cause| format!("  caused by: {cause}\n"));
        let hint = self.hint.as_ref().map(|hint| format!("hint: {hint}\n"));
        first.into_iter().chain(causes).chain(hint).collect()
    }
}
