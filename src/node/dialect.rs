//! Whose program a node is, and what that program can and cannot do. Pure.
//!
//! The only place that knows a program by its name; `error_meaning` is the only one that knows the
//! words of its errors. Everybody else asks for a fact. A new flavour is a variant of [`Flavour`],
//! its user agent, and its facts; the match arms below say what is missing. Invariant: of a node
//! that has not said who it is, nothing is presumed that could give a wrong number.

use std::time::Duration;

use super::pruning::PruneReach;

/// Whose program the node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::node) enum Flavour {
    /// Bitcoin Core.
    Core,
    /// Bitcoin Knots.
    Knots,
    /// blvm-node.
    Blvm,
    /// bcoin.
    Bcoin,
    /// The one inside the daemon.
    #[cfg_attr(
        not(feature = "embedded"),
        expect(dead_code, reason = "a build without the embedded node meets none")
    )]
    Embedded,
    /// Anything else.
    Other,
}

impl Flavour {
    /// By the user agent in `getnetworkinfo.subversion`. Knots keeps Core's name and adds its own.
    fn of(subversion: &str) -> Self {
        if subversion.contains("/Knots:") {
            Self::Knots
        } else if subversion.starts_with("/Satoshi:") {
            Self::Core
        } else if subversion.starts_with("/BitcoinCommons:") {
            Self::Blvm
        } else if subversion.starts_with("/bcoin:") {
            Self::Bcoin
        } else {
            Self::Other
        }
    }

    fn dialect(self, version: Option<u32>) -> Dialect {
        /// Knots has it from Core's next version.
        const KNOTS_CURRENT_TIP_SINCE: u32 = 290_100;
        match self {
            Self::Core => Dialect::core(version),
            Self::Knots => Dialect {
                name: "knots",
                has_prune_locks: true,
                takes_current_tip: version >= Some(KNOTS_CURRENT_TIP_SINCE),
                ..Dialect::core(version)
            },
            Self::Blvm => Dialect::BLVM,
            Self::Bcoin => Dialect {
                prune_reach: PruneReach::All,
                ..Dialect::OTHER
            },
            Self::Embedded => Dialect::EMBEDDED,
            Self::Other => Dialect::OTHER,
        }
    }
}

/// The threads of a node that answer RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpcWorkers {
    /// Four, so that each one counts.
    Few,
    /// Sixteen.
    Many,
    /// Nobody knows.
    Unknown,
}

/// What a node's height of headers is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderTrust {
    /// It is the best that there is to know: the node waits for what its peers claim, and counts it
    /// once it has validated it.
    Authoritative,
    /// The node has fetched and validated the headers of its peers, once it has any.
    Validated,
    /// The node may have none of the headers that its peers have.
    Unverified,
}

/// What `getindexinfo` of a node is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexList {
    /// Every version has it, and it names each index.
    Always,
    /// A node without the call has no index.
    IfAny,
    /// It names indexes that the node does not have.
    MadeUp,
}

/// What a node can and cannot do.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of independent facts"
)]
pub struct Dialect {
    /// The value of the label `flavour`.
    pub name: &'static str,
    /// The threads that answer RPC.
    pub rpc_workers: RpcWorkers,
    /// What its height of headers is worth.
    pub header_trust: HeaderTrust,
    /// The node refills its outbound slots by itself.
    pub refills_outbound_slots: bool,
    /// How long to leave between an attempt that failed and the next one at the same address.
    pub dial_spacing: Duration,
    /// What a call to prune can do.
    pub prune_reach: PruneReach,
    /// `pruned: false` means that the node was not started for it. Other programs answer that also
    /// while nothing has been pruned yet.
    pub reports_prune_mode: bool,
    /// It refuses to prune a chain that is shorter than bitcoind's chain parameters say.
    pub has_prune_after_height: bool,
    /// It ends, by a fatal error, where it is to prune with little free space.
    pub needs_space_to_prune: bool,
    /// What `getindexinfo` is worth.
    pub index_list: IndexList,
    /// `waitfornewblock` takes the tip that its caller has, and answers at once if that is no
    /// longer the tip.
    pub takes_current_tip: bool,
    /// How `addnode` makes one attempt whose success lasts.
    pub(in crate::node) dial_command: &'static str,
    /// `version` is that of the program, not that of the protocol.
    pub(in crate::node) reports_version: bool,
    /// `difficulty`, `verificationprogress` and a `pruneheight` of 0 are its own.
    pub(in crate::node) reports_chain_figures: bool,
    /// `size_on_disk` is counted, not estimated.
    pub(in crate::node) has_exact_size_on_disk: bool,
    /// It has `listprunelocks`.
    pub(in crate::node) has_prune_locks: bool,
    /// Only `getchainstates` reports an assumeutxo snapshot.
    pub(in crate::node) needs_chainstates: bool,
}

/// Of a node that has not said who it is.
impl Default for Dialect {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

impl Dialect {
    const UNKNOWN: Self = Self {
        name: "other",
        rpc_workers: RpcWorkers::Unknown,
        header_trust: HeaderTrust::Unverified,
        refills_outbound_slots: true,
        dial_spacing: Duration::ZERO,
        prune_reach: PruneReach::UpTo,
        reports_prune_mode: true,
        has_prune_after_height: false,
        needs_space_to_prune: false,
        index_list: IndexList::IfAny,
        takes_current_tip: false,
        dial_command: "onetry",
        reports_version: true,
        reports_chain_figures: false,
        has_exact_size_on_disk: false,
        has_prune_locks: false,
        needs_chainstates: false,
    };

    const OTHER: Self = Self {
        refills_outbound_slots: false,
        reports_prune_mode: false,
        reports_chain_figures: true,
        ..Self::UNKNOWN
    };

    const EMBEDDED: Self = Self {
        name: "embedded",
        header_trust: HeaderTrust::Authoritative,
        refills_outbound_slots: false,
        reports_chain_figures: true,
        ..Self::UNKNOWN
    };

    /// Says difficulty 1 and progress 1.0 whatever the chain, estimates `size_on_disk` 20 times too
    /// large, has forgotten after a restart what was pruned, and lists each index that it knows of,
    /// with the height of the tip. It forgets a peer that it tries once and keeps one that is
    /// added; an address whose attempt has failed is not tried for 120 s, which the node may notice
    /// a moment after us.
    const BLVM: Self = Self {
        name: "blvm",
        refills_outbound_slots: false,
        dial_spacing: Duration::from_secs(125),
        prune_reach: PruneReach::Below,
        index_list: IndexList::MadeUp,
        dial_command: "add",
        reports_version: false,
        ..Self::UNKNOWN
    };

    /// Core's code, also under another name.
    fn core(version: Option<u32>) -> Self {
        /// The first version with 16 RPC workers in place of 4.
        const SIXTEEN_WORKERS_SINCE: u32 = 290_000;
        /// The first version whose `getblockchaininfo` reports a snapshot.
        const BACKGROUND_VALIDATION_SINCE: u32 = 310_000;
        const CURRENT_TIP_SINCE: u32 = 300_000;
        let has_many_workers = version.is_some_and(|version| version >= SIXTEEN_WORKERS_SINCE);
        Self {
            name: "core",
            rpc_workers: if has_many_workers {
                RpcWorkers::Many
            } else {
                RpcWorkers::Few
            },
            header_trust: HeaderTrust::Validated,
            has_prune_after_height: true,
            needs_space_to_prune: true,
            index_list: IndexList::Always,
            reports_chain_figures: true,
            has_exact_size_on_disk: true,
            takes_current_tip: version >= Some(CURRENT_TIP_SINCE),
            needs_chainstates: version.is_some_and(|version| version < BACKGROUND_VALIDATION_SINCE),
            ..Self::UNKNOWN
        }
    }
}

/// Who the node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whose program.
    pub(in crate::node) flavour: Flavour,
    /// The version as a number, `290400` for 29.4; `None` where the node's is no number.
    pub version: Option<u32>,
    /// The version as the node writes it.
    pub version_text: String,
    /// The user agent.
    pub subversion: String,
}

impl Identity {
    /// The node that answers this user agent and this version.
    #[must_use]
    pub fn of(subversion: String, version: Option<u32>, version_text: String) -> Self {
        let flavour = Flavour::of(&subversion);
        // A number that means something else is no version.
        let version = version.filter(|_| flavour.dialect(None).reports_version);
        Self {
            flavour,
            version,
            version_text,
            subversion,
        }
    }

    /// What the node can and cannot do.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.flavour.dialect(self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(subversion: &str, version: u32) -> Dialect {
        Identity::of(subversion.to_owned(), Some(version), String::new()).dialect()
    }

    #[test]
    fn a_program_is_known_by_its_user_agent() {
        for (subversion, name) in [
            ("/Satoshi:29.0.0/", "core"),
            ("/Satoshi:29.3.0/Knots:20260210/", "knots"),
            ("/BitcoinCommons:0.1.83/", "blvm"),
            ("/bcoin:v1.0.2/", "other"),
            ("/btcd:0.24.2/", "other"),
            ("", "other"),
        ] {
            assert_eq!(dialect(subversion, 290_000).name, name, "{subversion}");
        }
        assert_eq!(Dialect::EMBEDDED.name, "embedded");
    }

    #[test]
    fn a_version_of_the_protocol_is_no_version_of_the_program() {
        let version = |subversion: &str| {
            Identity::of(subversion.to_owned(), Some(70_016), String::new()).version
        };
        assert_eq!(version("/BitcoinCommons:0.1.83/"), None);
        assert_eq!(version("/Satoshi:0.7.0/"), Some(70_016));
    }

    #[test]
    fn core_has_few_workers_before_29_and_where_its_version_is_unknown() {
        let workers = |version| dialect("/Satoshi:/", version).rpc_workers;
        assert_eq!(workers(289_999), RpcWorkers::Few);
        assert_eq!(workers(290_000), RpcWorkers::Many);
        assert_eq!(Dialect::core(None).rpc_workers, RpcWorkers::Few);
        let knots = dialect("/Satoshi:28.1.0/Knots:20250305/", 280_100);
        assert_eq!(knots.rpc_workers, RpcWorkers::Few);
    }

    #[test]
    fn a_snapshot_is_asked_for_apart_where_getblockchaininfo_does_not_tell() {
        let asks = |version| dialect("/Satoshi:/", version).needs_chainstates;
        assert!(asks(309_999) && !asks(310_000));
        assert!(!Dialect::core(None).needs_chainstates);
        assert!(!dialect("/BitcoinCommons:0.1.83/", 1).needs_chainstates);
    }

    #[test]
    fn a_caller_names_the_tip_that_it_has_where_its_program_takes_that() {
        let takes = |agent, version| dialect(agent, version).takes_current_tip;
        assert!(!takes("/Satoshi:29.0.0/", 299_999) && takes("/Satoshi:30.0.0/", 300_000));
        let knots = "/Satoshi:29.3.0/Knots:20260210/";
        assert!(!takes(knots, 290_000) && takes(knots, 290_100));
        assert!(!Dialect::core(None).takes_current_tip);
    }

    #[test]
    fn nothing_is_presumed_of_a_node_that_has_not_said_who_it_is() {
        let unknown = Dialect::default();
        assert!(!unknown.reports_chain_figures && !unknown.has_exact_size_on_disk);
        assert!(unknown.refills_outbound_slots && unknown.reports_prune_mode);
        assert_eq!(unknown.rpc_workers, RpcWorkers::Unknown);
    }
}
