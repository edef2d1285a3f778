//! From a method's rule and the parameters of one call to its classification. Pure.

use super::arguments::{Parameter, argument, is_block_hash, may_hold_private_key, member};
use super::class::{Class, Resend};
use super::needs::Needs;

/// What the gateway has to know of one call to choose its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classification {
    /// Where it goes.
    pub class: Class,
    /// Whether it is sent again after it may have run.
    pub resend: Resend,
    /// What its node should have.
    pub needs: Needs,
    /// It asks about, or ends, a scan that another call of its method has started, and goes to the
    /// node of that call.
    pub follows_scan: bool,
    /// In a batch for which no node is named it does not decide: `bitcoin-cli -getinfo` asks every
    /// node about a wallet that it may not have.
    pub yields_in_batch: bool,
}

impl Classification {
    /// That of a method that is not in the table: a view, and since nobody knows what it does, it
    /// is never sent again.
    pub const UNKNOWN: Self = Self::of(Class::View).never_resent();

    /// What holds for all of `class` but its exceptions.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        Self {
            class,
            resend: class.resend(),
            needs: Needs::NONE,
            follows_scan: false,
            yields_in_batch: false,
        }
    }

    /// The same, but never sent again.
    #[must_use]
    pub const fn never_resent(mut self) -> Self {
        self.resend = Resend::Never;
        self
    }

    /// The same, but sent again.
    #[must_use]
    pub(super) const fn resent(mut self) -> Self {
        self.resend = Resend::Allowed;
        self
    }

    #[must_use]
    pub(super) const fn needing(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    #[must_use]
    pub(super) const fn yielding(mut self) -> Self {
        self.yields_in_batch = true;
        self
    }

    /// That of the same call at `/wallet/NAME`: the node that has the wallet answers it, whatever
    /// it is, unless it needs a node to be named.
    #[must_use]
    pub const fn at_wallet_path(self) -> Self {
        if self.class.requires_named_node() {
            self
        } else {
            Self::of(Class::Wallet)
        }
    }
}

/// How the calls of a method are classified.
#[derive(Clone, Copy, Debug)]
pub enum ClassRule {
    /// Whatever their parameters are.
    Fixed(Classification),
    /// By whether a parameter is a block hash.
    BlockHash {
        /// The parameter.
        parameter: Parameter,
        /// It is one.
        with: Classification,
        /// It is not, or is absent.
        without: Classification,
    },
    /// By whether the caller names the template that it has already (BIP 22): it is answered when
    /// there is another one.
    TemplateId {
        /// The object that has the id.
        parameter: Parameter,
        /// The id's name in it.
        member: &'static str,
        /// It is there, or what stands there is no object.
        with: Classification,
        /// It is not.
        without: Classification,
    },
    /// The classification, and by what a parameter says, whether the call follows a scan.
    ScanAction {
        /// The parameter: `start`, or what is to become of a scan that was started.
        parameter: Parameter,
        /// The classification.
        classification: Classification,
    },
    /// The classification, but never sent again where the parameters may hold a private key.
    Descriptors(Classification),
}

impl ClassRule {
    /// The classification of a call with `params`, as they are written: JSON.
    fn classify(self, params: Option<&str>) -> Classification {
        let value = |parameter| params.and_then(|params| argument(params, parameter));
        match self {
            Self::Fixed(classification) => classification,
            Self::BlockHash {
                parameter,
                with,
                without,
            } => {
                if value(parameter).is_some_and(is_block_hash) {
                    with
                } else {
                    without
                }
            }
            Self::TemplateId {
                parameter,
                member: id,
                with,
                without,
            } => {
                // What is no list of parameters is refused by the node at once, and may cost it a
                // slot of a long poll.
                let is_list = |params: &str| params.starts_with(['[', '{']) || params == "null";
                let waits = match value(parameter) {
                    Some(request) if request.starts_with('{') => member(request, id).is_some(),
                    Some(_) => true,
                    None => !params.is_none_or(is_list),
                };
                if waits { with } else { without }
            }
            Self::ScanAction {
                parameter,
                mut classification,
            } => {
                let starts = |action| action == "\"start\"";
                classification.follows_scan = !value(parameter).is_none_or(starts);
                classification
            }
            Self::Descriptors(classification) => {
                if params.is_some_and(may_hold_private_key) {
                    classification.never_resent()
                } else {
                    classification
                }
            }
        }
    }

    /// All classifications that it may give, each with its condition, if it has one: for documents.
    #[must_use]
    pub fn cases(self) -> Vec<(Option<String>, Classification)> {
        let named = |word: &str, name: &str| Some(format!("{word} `{name}`"));
        match self {
            Self::Fixed(classification) | Self::ScanAction { classification, .. } => {
                vec![(None, classification)]
            }
            Self::BlockHash {
                parameter,
                with,
                without,
            } => vec![
                (named("with a hash as", parameter.name), with),
                (named("without a hash as", parameter.name), without),
            ],
            Self::TemplateId {
                member,
                with,
                without,
                ..
            } => vec![
                (named("with", member), with),
                (named("without", member), without),
            ],
            Self::Descriptors(classification) => vec![
                (Some("without a private key".to_owned()), classification),
                (
                    Some("with a private key".to_owned()),
                    classification.never_resent(),
                ),
            ],
        }
    }
}

/// A method of the table.
#[derive(Clone, Copy, Debug)]
pub struct KnownMethod {
    /// Its name.
    pub name: &'static str,
    /// How its calls are classified.
    pub rule: ClassRule,
}

/// The classification of a call of `method` with `params`, as they are written: JSON, an array, an
/// object or anything else. Looks at them only if the method's rule depends on them; no allocation
/// unless a name has escapes.
#[must_use]
pub fn classify(method: Option<&KnownMethod>, params: Option<&str>) -> Classification {
    method.map_or(Classification::UNKNOWN, |method| {
        method.rule.classify(params)
    })
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
