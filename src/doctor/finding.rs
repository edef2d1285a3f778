//! What was found out, and what to do about it. Pure.

use serde::Serialize;

use crate::api::CheckLevel;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, one word.
    pub check: String,
    /// The node that it is about, where there are several.
    pub node: Option<String>,
    /// How it stands.
    pub level: CheckLevel,
    /// A sentence with the number behind it.
    pub text: String,
    /// What to do, unless it is as it should be.
    pub cure: Option<String>,
}

impl Finding {
    /// It is as it should be.
    #[must_use]
    pub fn good(check: &str, text: impl Into<String>) -> Self {
        Self {
            check: check.to_owned(),
            node: None,
            level: CheckLevel::Good,
            text: text.into(),
            cure: None,
        }
    }

    /// It is to be looked at.
    #[must_use]
    pub fn warning(check: &str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            level: CheckLevel::Warning,
            cure: Some(cure.into()),
            ..Self::good(check, text)
        }
    }

    /// It is not as it should be.
    #[must_use]
    pub fn bad(check: &str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            level: CheckLevel::Bad,
            ..Self::warning(check, text, cure)
        }
    }

    /// The same, about `node`.
    #[must_use]
    pub fn of(self, node: Option<&str>) -> Self {
        Self {
            node: node.map(str::to_owned),
            ..self
        }
    }

    /// Whether the answer is no for its sake.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.level == CheckLevel::Bad
    }
}

/// What to do about a health check that is not good.
pub(super) fn cure_of(check: &str) -> &'static str {
    match check {
        "node" => {
            "start the node, or write its address as node.rpc_url; its own log says why it does \
             not answer"
        }
        "credentials" => {
            "let the user of bllvmctl read the node's cookie (-rpccookieperms=group), or write \
             rpc_user and rpc_password_file; `bllvmctl config check` names the nearest cookie"
        }
        "chain" => "write the chain of the node as node.chain, or the rpc_url of the right node",
        "sync" => "wait: `bllvmctl health --ready --wait 12h`",
        "stall" => "look at the node's peers and its log; `bllvmctl peers` shows who is connected",
        "storage" | "disk" => "make room on the volume, or prune: `bllvmctl prune --dry-run`",
        "peers" => {
            "`bllvmctl peers` and `bllvmctl queue` show whom the node lost; `bllvmctl peers add \
             ADDRESS`"
        }
        "pruning" => "`bllvmctl prune status` shows the plan and who holds blocks back",
        "redundancy" => "`bllvmctl nodes` shows why a node is out of rotation",
        "fork" => {
            "compare the tips with `bllvmctl nodes`; see the runbook before anything is restarted"
        }
        _ => "docs/RUNBOOK.md says what to look at",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_that_is_not_good_says_what_to_do() {
        assert_eq!(Finding::good("a", "b").cure, None);
        let bad = Finding::bad("a", "b", "c").of(Some("n"));
        assert!(bad.is_bad() && bad.node.as_deref() == Some("n"));
        assert_eq!(bad.cure.as_deref(), Some("c"));
        assert!(!Finding::warning("a", "b", "c").is_bad());
        for check in ["node", "nothing"] {
            assert!(!cure_of(check).is_empty());
        }
    }
}
