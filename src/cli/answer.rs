//! The answers of the daemon: documents as received, and as types of this version.

use std::marker::PhantomData;

use anyhow::Context;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::exit::{Exit, Failure};
use crate::api::ProblemDetails;

/// An answer of the daemon.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: String,
    /// The headers are those of bllvmctl.
    pub(super) has_bllvmctl_headers: bool,
}

/// A document: raw for programs, typed for tables.
pub(super) struct Received<T> {
    /// Includes members that only a newer daemon has.
    pub(super) raw: Value,
    pub(super) document: T,
}

impl Answer {
    /// Whether bllvmctl answered: by the headers, or, where a proxy has removed them, by `in_body`.
    pub(super) fn is_from_bllvmctl(&self, in_body: impl FnOnce(&str) -> bool) -> bool {
        self.has_bllvmctl_headers || in_body(&self.body)
    }

    /// The document in the body.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<Received<T>, Failure> {
        let raw: Value = serde_json::from_str(&self.body)
            .with_context(|| {
                format!(
                    "cannot read the daemon's answer (HTTP {})",
                    self.status.as_u16()
                )
            })
            .map_err(|error| Failure::new(Exit::Internal, error))?;
        let document = T::deserialize(&raw)
            .context("cannot decode the daemon's answer; is it of another version?")
            .map_err(|error| Failure::new(Exit::Internal, error))?;
        Ok(Received { raw, document })
    }

    /// The problem details in the body, if there are any.
    pub(super) fn problem(&self) -> Option<ProblemDetails> {
        serde_json::from_str(&self.body).ok()
    }

    /// The sentence of the problem details in the body.
    pub(super) fn problem_detail(&self) -> Option<String> {
        let problem = self.problem()?;
        Some(problem.detail).filter(|detail| !detail.is_empty())
    }

    /// The failure for an answer that the command does not expect.
    pub(super) fn unexpected(&self) -> Failure {
        let detail = self
            .problem_detail()
            .unwrap_or_else(|| format!("HTTP {}", self.status.as_u16()));
        Failure::text(Exit::Internal, format!("the daemon answered: {detail}"))
    }
}

/// The documents of the nodes.
pub(super) enum NodeDocuments<T> {
    /// That of the only node, or of the one that was named.
    One(Received<T>),
    /// Those of several, by name.
    Each(Vec<(String, Received<T>)>),
}

/// An answer of the control API; a success has a document of type `T`.
pub(super) struct ControlAnswer<T> {
    answer: Answer,
    document: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> ControlAnswer<T> {
    pub(super) fn new(answer: Answer) -> Self {
        Self {
            answer,
            document: PhantomData,
        }
    }

    /// Whether bllvmctl answered: without its headers, the body must be a `T` or problem details.
    pub(super) fn is_from_bllvmctl(answer: &Answer) -> bool {
        answer.is_from_bllvmctl(|body| {
            if answer.status.is_success() {
                return serde_json::from_str::<T>(body).is_ok();
            }
            let problem = answer.problem();
            problem.is_some_and(|problem| problem.r#type == ProblemDetails::ABOUT_BLANK)
        })
    }

    pub(super) fn status(&self) -> StatusCode {
        self.answer.status
    }

    pub(super) fn document(&self) -> Result<Received<T>, Failure> {
        self.answer.document()
    }

    /// The document, if the status is 200.
    pub(super) fn ok(&self) -> Result<Received<T>, Failure> {
        if self.answer.status == StatusCode::OK {
            self.document()
        } else {
            Err(self.unexpected())
        }
    }

    /// The document, or why the daemon refused the request.
    pub(super) fn granted(&self) -> Result<Received<T>, Failure> {
        match self.answer.status {
            StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::BAD_GATEWAY => {
                let detail = self.answer.problem_detail();
                let detail = detail.unwrap_or_else(|| "the daemon refused the request".to_owned());
                Err(Failure::text(Exit::No, detail))
            }
            StatusCode::BAD_REQUEST => Err(Failure::text(Exit::Usage, self.detail())),
            _ => self.ok(),
        }
    }

    /// The sentence of the problem details; empty if there is none.
    pub(super) fn detail(&self) -> String {
        self.answer.problem_detail().unwrap_or_default()
    }

    /// The problem details, raw and typed.
    pub(super) fn problem(&self) -> Result<Received<ProblemDetails>, Failure> {
        self.answer.document()
    }

    pub(super) fn unexpected(&self) -> Failure {
        self.answer.unexpected()
    }
}

/// The document of the only node, or of each with its name.
pub(super) fn named<T>(documents: NodeDocuments<T>) -> impl Iterator<Item = (Option<String>, T)> {
    let each: Vec<(Option<String>, T)> = match documents {
        NodeDocuments::One(received) => vec![(None, received.document)],
        NodeDocuments::Each(each) => each
            .into_iter()
            .map(|(name, received)| (Some(name), received.document))
            .collect(),
    };
    each.into_iter()
}
