//! Why a header, block or transaction is refused, in Bitcoin Core's words. Pure.

use std::borrow::Cow;
use std::fmt;

/// What follows from a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A rule of the chain is broken: it stays broken, and whoever sent it is to blame.
    Consensus,
    /// The data does not belong to its header: another copy may be good.
    Mutated,
    /// Its parent, or what it spends, is not known here.
    Missing,
    /// It may be good later.
    NotYet,
    /// It builds on what was refused before.
    OnRefused,
    /// Our own policy, nobody's fault.
    Policy,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reject {
    /// In Bitcoin Core's words, such as `bad-txnmrklroot`.
    pub(crate) reason: Cow<'static, str>,
    /// Where, for whoever reads it; empty where the reason says all.
    pub(crate) detail: String,
    pub(crate) fault: Fault,
}

impl Reject {
    pub(crate) fn new(fault: Fault, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: reason.into(),
            detail: String::new(),
            fault,
        }
    }

    pub(crate) fn consensus(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Fault::Consensus, reason)
    }

    pub(crate) fn policy(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Fault::Policy, reason)
    }

    /// With where it is.
    pub(crate) fn at(self, detail: String) -> Self {
        Self { detail, ..self }
    }

    pub(crate) fn mutated(reason: &'static str) -> Self {
        Self::new(Fault::Mutated, reason)
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        if self.detail.is_empty() {
            Ok(())
        } else {
            write!(f, ", {}", self.detail)
        }
    }
}

/// `Ok`, or a broken rule.
pub(crate) fn ensure(kept: bool, reason: &'static str) -> Result<(), Reject> {
    if kept {
        Ok(())
    } else {
        Err(Reject::consensus(reason))
    }
}
