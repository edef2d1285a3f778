//! The classes of methods: where a call goes, and whether it is sent again. Pure.

/// Whether a call that may have run already is sent to another node, after its first node was left
/// before a byte of its answer came. The least permissive comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resend {
    /// It is not: its caller has to find out whether it ran.
    Never,
    /// It is, with the time that is left of its own timeout.
    WithRemainingTime,
    /// It is, as it was.
    Allowed,
}

/// What a method does, as far as the choice of its node depends on that. In the order of
/// strictness, the least strict first: the strictest call of a batch decides for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A function of its parameters: `decoderawtransaction`, `validateaddress`, `help`. Goes to any
    /// node that answers. Sent again, unless its parameters hold a private key.
    Pure,
    /// What one node says of itself: `getpeerinfo`, `uptime`. Goes to the caller's node, or to the
    /// named one. Sent again.
    NodeRead,
    /// What a block hash names: `getblock`, `getblockheader`. Goes to the caller's node, else to
    /// one that has it. Sent again.
    ByHash,
    /// The tip, the unspent outputs, the mempool, fees: `getblockcount`, `gettxout`. Goes to the
    /// caller's node. Sent again, unless the method is unknown.
    View,
    /// Answered when a block comes: `waitfornewblock`. Goes to the caller's node, and has its own
    /// share of the slots. Sent again with the time that is left.
    LongPoll,
    /// Handed on to the network: `sendrawtransaction`, `submitblock`. Goes to all nodes in
    /// rotation, and the first success is the answer. Sent again.
    Broadcast,
    /// Reads a large part of the chain state: `scantxoutset`, `gettxoutsetinfo`. Goes to the last
    /// node by priority of those that are ready. Not sent again.
    Heavy,
    /// What a miner asks and sets: `getblocktemplate`, `prioritisetransaction`. Goes to the
    /// primary. Only a template is asked again.
    Mining,
    /// The wallet category of Core but [`Self::WalletFiles`], and any method at `/wallet/NAME`.
    /// Goes to the node that has the wallet. Not sent again.
    Wallet,
    /// Which wallets a node has: `loadwallet`, `listwallets`. Goes only to a named node. Not sent
    /// again.
    WalletFiles,
    /// Changes a node itself: `stop`, `addnode`, `pruneblockchain`. Goes only to a named node. Not
    /// sent again.
    NodeChange,
}

impl Class {
    /// All of them, the least strict first.
    pub const ALL: [Self; 11] = [
        Self::Pure,
        Self::NodeRead,
        Self::ByHash,
        Self::View,
        Self::LongPoll,
        Self::Broadcast,
        Self::Heavy,
        Self::Mining,
        Self::Wallet,
        Self::WalletFiles,
        Self::NodeChange,
    ];

    /// Its name in metrics, in the log and in the control API.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Pure => "pure",
            Self::NodeRead => "node_read",
            Self::ByHash => "by_hash",
            Self::View => "view",
            Self::LongPoll => "long_poll",
            Self::Broadcast => "broadcast",
            Self::Heavy => "heavy",
            Self::Mining => "mining",
            Self::Wallet => "wallet",
            Self::WalletFiles => "wallet_files",
            Self::NodeChange => "node_change",
        }
    }

    /// Whether its calls are sent again, where their method is no exception.
    #[must_use]
    pub const fn resend(self) -> Resend {
        match self {
            Self::Pure | Self::NodeRead | Self::ByHash | Self::View | Self::Broadcast => {
                Resend::Allowed
            }
            Self::LongPoll => Resend::WithRemainingTime,
            Self::Heavy | Self::Mining | Self::Wallet | Self::WalletFiles | Self::NodeChange => {
                Resend::Never
            }
        }
    }

    /// Whether it goes only to a node that the caller names.
    #[must_use]
    pub const fn requires_named_node(self) -> bool {
        matches!(self, Self::WalletFiles | Self::NodeChange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_classes_is_whole_and_goes_from_the_least_strict_to_the_strictest() {
        assert!(Class::ALL.is_sorted_by(|a, b| a < b));
        assert_eq!(Class::ALL.last(), Some(&Class::NodeChange));
        for class in Class::ALL {
            // A new variant does not compile until it is given a place here.
            let index = match class {
                Class::Pure => 0,
                Class::NodeRead => 1,
                Class::ByHash => 2,
                Class::View => 3,
                Class::LongPoll => 4,
                Class::Broadcast => 5,
                Class::Heavy => 6,
                Class::Mining => 7,
                Class::Wallet => 8,
                Class::WalletFiles => 9,
                Class::NodeChange => 10,
            };
            assert_eq!(Class::ALL.get(index), Some(&class));
        }
    }

    #[test]
    fn labels_are_distinct_words_in_snake_case() {
        let mut labels = Class::ALL.map(Class::label);
        for label in labels {
            assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        }
        labels.sort_unstable();
        assert!(labels.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn what_changes_anything_is_not_sent_again() {
        let resent = |class: &Class| class.resend() != Resend::Never;
        let resent: Vec<_> = Class::ALL.into_iter().filter(resent).collect();
        assert_eq!(
            resent,
            [
                Class::Pure,
                Class::NodeRead,
                Class::ByHash,
                Class::View,
                Class::LongPoll,
                Class::Broadcast
            ]
        );
    }

    #[test]
    fn only_changes_of_a_node_and_of_its_wallet_files_require_a_named_node() {
        let named: Vec<_> = Class::ALL
            .into_iter()
            .filter(|class| class.requires_named_node())
            .collect();
        assert_eq!(named, [Class::WalletFiles, Class::NodeChange]);
    }
}
