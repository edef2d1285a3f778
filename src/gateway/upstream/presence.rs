//! Whether a node is still used: calls that wait there are woken when it is left.
//!
//! A call looks only while it waits, so that an answer that is there costs nothing. Each time that
//! a node is left its presence is replaced, so a call that chose it before cannot miss the moment.

use tokio_util::sync::CancellationToken;

/// A node, from when it is chosen until it is left.
#[derive(Clone, Debug, Default)]
pub(in crate::gateway) struct Presence {
    /// Cancelled once nobody is to wait there.
    node: CancellationToken,
    /// Cancelled once reads of the chain are not to wait there, at the latest with the other.
    chain: CancellationToken,
}

impl Presence {
    /// A node that is there.
    pub(in crate::gateway) fn new() -> Self {
        let node = CancellationToken::new();
        let chain = node.child_token();
        Self { node, chain }
    }

    /// Begins anew: the departure is that of all who wait at the node and may go elsewhere.
    pub(in crate::gateway) fn renew(&mut self) -> Departure {
        Departure(std::mem::replace(self, Self::new()).node)
    }

    /// Begins anew for those who read the chain: the departure is theirs.
    pub(in crate::gateway) fn renew_chain(&mut self) -> Departure {
        let chain = self.node.child_token();
        Departure(std::mem::replace(&mut self.chain, chain))
    }

    /// What wakes a call that is not sent yet.
    pub(in crate::gateway) fn of_unsent(&self) -> &CancellationToken {
        &self.node
    }

    /// What wakes a call that was sent and may be sent again; `reads_chain` if it needs the lock of
    /// the chain.
    pub(in crate::gateway) fn of_sent(&self, reads_chain: bool) -> &CancellationToken {
        if reads_chain { &self.chain } else { &self.node }
    }
}

/// Those who wait at a node and are to leave it.
#[must_use]
pub(in crate::gateway) struct Departure(CancellationToken);

impl Departure {
    /// That of all who wait for `token`.
    pub(in crate::gateway) fn of(token: CancellationToken) -> Self {
        Self(token)
    }

    /// Wakes them. They look then at what is in force.
    pub(in crate::gateway) fn announce(self) {
        self.0.cancel();
    }
}

/// What ends a call at its node before an answer, where there are others. Nothing where it is the
/// only one.
#[derive(Clone, Copy, Default)]
pub(in crate::gateway) struct LeaveRules<'a> {
    /// Ends it before it is sent.
    pub(in crate::gateway) unsent: Option<&'a CancellationToken>,
    /// Ends the wait for its answer.
    pub(in crate::gateway) sent: Option<&'a CancellationToken>,
    /// A work queue of the node that is full ends it, instead of being waited for.
    pub(in crate::gateway) if_queue_full: bool,
}

/// Ready once `token` is cancelled; never without one.
pub(super) async fn cancelled(token: Option<&CancellationToken>) {
    match token {
        Some(token) => token.cancelled().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_chose_a_node_before_it_was_left_is_woken_and_who_chooses_it_again_is_not() {
        let mut current = Presence::new();
        let chosen = current.clone();
        current.renew_chain().announce();
        assert!(chosen.of_sent(true).is_cancelled() && !chosen.of_sent(false).is_cancelled());
        assert!(!current.of_sent(true).is_cancelled());
        current.renew().announce();
        assert!(chosen.of_sent(false).is_cancelled() && chosen.of_unsent().is_cancelled());
        assert!(!current.of_sent(true).is_cancelled() && !current.of_unsent().is_cancelled());
    }

    #[test]
    fn who_reads_the_chain_is_woken_too_when_the_node_is_left() {
        let mut current = Presence::new();
        current.renew_chain().announce();
        let chosen = current.clone();
        current.renew().announce();
        assert!(chosen.of_sent(true).is_cancelled());
    }
}
