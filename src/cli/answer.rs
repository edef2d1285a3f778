//! What the daemon answered: a document as it came, and as this version understands it.

use std::marker::PhantomData;

use anyhow::Context;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::exit::{Exit, Failure};
use crate::api::ProblemDetails;

/// What the daemon answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: String,
    /// The headers say that a bllvmctl has answered.
    pub(super) has_our_headers: bool,
}

/// A document: what programs get, and what people are shown.
pub(super) struct Received<T> {
    /// With members of a newer daemon too.
    pub(super) raw: Value,
    pub(super) document: T,
}

impl Answer {
    /// Of a bllvmctl: by its headers, which a proxy may take away, else by what `in_body` finds.
    pub(super) fn is_ours(&self, in_body: impl FnOnce(&str) -> bool) -> bool {
        self.has_our_headers || in_body(&self.body)
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
            .context("cannot understand the daemon's answer; is it of another version?")
            .map_err(|error| Failure::new(Exit::Internal, error))?;
        Ok(Received { raw, document })
    }

    /// The problem in the body, if there is one.
    pub(super) fn problem(&self) -> Option<ProblemDetails> {
        serde_json::from_str(&self.body).ok()
    }

    /// The sentence of the problem in the body.
    pub(super) fn problem_detail(&self) -> Option<String> {
        let problem = self.problem()?;
        Some(problem.detail).filter(|detail| !detail.is_empty())
    }

    /// An answer that the command does not expect.
    pub(super) fn unexpected(&self) -> Failure {
        let detail = self
            .problem_detail()
            .unwrap_or_else(|| format!("HTTP {}", self.status.as_u16()));
        Failure::text(Exit::Internal, format!("the daemon answered: {detail}"))
    }
}

/// An answer of the control API, and the document that it has if it is a success.
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

    /// Whether what came without our headers is our document, or our problem.
    pub(super) fn is_ours(answer: &Answer) -> bool {
        answer.is_ours(|body| {
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

    /// The document of an answer that is nothing but 200.
    pub(super) fn ok(&self) -> Result<Received<T>, Failure> {
        if self.answer.status == StatusCode::OK {
            self.document()
        } else {
            Err(self.unexpected())
        }
    }

    /// The document of what was asked for, or why the daemon says no.
    pub(super) fn granted(&self) -> Result<Received<T>, Failure> {
        match self.answer.status {
            StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::BAD_GATEWAY => {
                let detail = self.answer.problem_detail();
                let detail = detail.unwrap_or_else(|| "the daemon says no".to_owned());
                Err(Failure::text(Exit::No, detail))
            }
            StatusCode::BAD_REQUEST => Err(Failure::text(Exit::Usage, self.detail())),
            _ => self.ok(),
        }
    }

    /// The sentence of the problem, if there is one.
    pub(super) fn detail(&self) -> String {
        self.answer.problem_detail().unwrap_or_default()
    }

    /// The problem as it came, and as this version understands it.
    pub(super) fn problem(&self) -> Result<Received<ProblemDetails>, Failure> {
        self.answer.document()
    }

    pub(super) fn unexpected(&self) -> Failure {
        self.answer.unexpected()
    }
}
