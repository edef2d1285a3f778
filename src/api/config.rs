//! `POST /api/v1/config/reload`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;

/// The answer to `POST /api/v1/config/reload`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReloadOutcome {
    /// The configuration is in force.
    pub applied: bool,
    /// What is wrong with it, or to be known of it.
    #[serde(default)]
    pub problems: Vec<ReloadProblem>,
    /// Keys that changed and take effect with a restart.
    #[serde(default)]
    pub needs_restart: Vec<String>,
}

/// Why a configuration was not reloaded, or what is to be known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ReloadProblem {
    /// Of the configuration.
    Config(Box<ConfigProblem>),
    /// Of something else: a sentence.
    Sentence(String),
}

words! {
    /// How bad a problem is.
    ProblemSeverity {
        /// The configuration cannot be used.
        Error = "error",
        /// It can, but something is probably not as meant.
        Warning = "warning",
    }
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigProblem {
    /// How bad it is.
    pub severity: ProblemSeverity,
    /// The file it is in.
    #[schema(value_type = Option<String>)]
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
