//! What the messages of nodes mean. Pure.

/// What the message of an error means, where its code says too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::node) enum ErrorMeaning {
    /// The node is starting: calls about the chain are not answered yet.
    ChainNotInitialized,
    /// The node was not started for pruning.
    NotInPruneMode,
    /// The node prunes nothing of so short a chain.
    ChainTooShort,
    /// There is nothing left to prune.
    AlreadyPruned,
    /// `pruneblockchain` takes no height.
    TakesNoHeight,
    /// The node has dialled the address a moment ago by itself.
    DialledLately,
    /// The node has no connection to the peer.
    PeerNotConnected,
}

impl ErrorMeaning {
    /// What `message` means, in whichever node's words.
    pub(in crate::node) fn of(message: &str) -> Option<Self> {
        // bcoin answers how a call is used by its name and its parameters, of which this one has
        // none.
        if message == "pruneblockchain" {
            return Some(Self::TakesNoHeight);
        }
        let phrases = [
            // blvm-node before its first block.
            ("chain is not initialized", Self::ChainNotInitialized),
            ("not in prune mode", Self::NotInPruneMode),
            ("Pruning is not enabled", Self::NotInPruneMode),
            ("too short", Self::ChainTooShort),
            ("already pruned", Self::AlreadyPruned),
            ("dial cooled", Self::DialledLately),
            ("not found in connected nodes", Self::PeerNotConnected),
            ("is not connected", Self::PeerNotConnected),
        ];
        let said = phrases
            .into_iter()
            .find(|(phrase, _)| message.contains(phrase));
        said.map(|(_, meaning)| meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_understood_by_its_words_and_any_other_is_not() {
        for (message, meaning) in [
            (
                "chain is not initialized",
                Some(ErrorMeaning::ChainNotInitialized),
            ),
            (
                "Cannot prune blocks because node is not in prune mode.",
                Some(ErrorMeaning::NotInPruneMode),
            ),
            (
                "Pruning is not enabled. Configure pruning in node configuration.",
                Some(ErrorMeaning::NotInPruneMode),
            ),
            (
                "Blockchain is too short for pruning.",
                Some(ErrorMeaning::ChainTooShort),
            ),
            ("pruneblockchain", Some(ErrorMeaning::TakesNoHeight)),
            ("pruneblockchain height", None),
            ("Block height out of range", None),
        ] {
            assert_eq!(ErrorMeaning::of(message), meaning, "{message}");
        }
    }
}
