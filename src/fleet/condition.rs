//! What one of several nodes can be used for, from what is known of it. Pure.

use std::time::Duration;

use crate::health::{CheckName, Verdict, duration};
use crate::node::{ChainInfo, NodeError};
use crate::route::Rotation;
use crate::values::Mono;
use crate::watch::{Collector, Link, Snapshot, Topic};

/// Which chain a node is on: signets differ by their challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChainId {
    name: String,
    signet_challenge: Option<String>,
}

impl ChainId {
    /// The chain of a node that says this of it.
    #[must_use]
    pub(super) fn of(chain: &ChainInfo) -> Self {
        Self {
            name: chain.chain.clone(),
            signet_challenge: chain.signet_challenge.clone(),
        }
    }

    /// A node that does not say its challenge is not on another signet for that.
    fn differs_from(&self, other: &Self) -> bool {
        let challenges = (&self.signet_challenge, &other.signet_challenge);
        self.name != other.name || matches!(challenges, (Some(own), Some(others)) if own != others)
    }
}

/// After how long without an answer a node is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeLimits {
    /// Without one to `uptime`: it is dead.
    pub dead: Duration,
    /// Without one to `getbestblockhash` though `uptime` is answered: its chain is locked.
    pub busy: Duration,
}

/// One node, as it is looked at.
#[derive(Clone, Copy)]
pub(super) struct MemberView<'a> {
    /// What is known of it.
    pub snapshot: &'a Snapshot,
    /// What follows for its health.
    pub verdict: &'a Verdict,
    /// After this an answer to any other question is late.
    pub timeout: Duration,
    /// When the process last went on after it had been stopped: the silence before was its own.
    pub resumed: Mono,
}

impl MemberView<'_> {
    /// What the node can be used for in a fleet on `fleet_chain`, and the reason if that is not
    /// everything. `is_known`: it was ready before.
    #[must_use]
    pub(super) fn condition(
        &self,
        limits: ProbeLimits,
        fleet_chain: Option<&ChainId>,
        is_known: bool,
        now: Mono,
    ) -> (Rotation, Option<String>) {
        if self.silence(Topic::Uptime, limits.dead, now).is_some() {
            let limit = duration(limits.dead);
            let text = format!("node: no answer to uptime within fleet.dead_secs ({limit})");
            return (Rotation::Unreachable, Some(text));
        }
        let of = |condition, check| (condition, self.reason(check));
        match self.snapshot.link(self.timeout, now) {
            Link::Unasked => of(Rotation::Unknown, CheckName::Node),
            Link::Down(_) => of(Rotation::Unreachable, CheckName::Node),
            Link::Refused(_) => of(Rotation::CredentialsRefused, CheckName::Credentials),
            Link::Starting(_) => of(Rotation::Starting, CheckName::Chain),
            // A silence that is not overdue by the limit above is that of this process.
            Link::Up | Link::Silent(_) => self.condition_of_chain(fleet_chain, is_known),
        }
    }

    fn condition_of_chain(
        &self,
        fleet_chain: Option<&ChainId>,
        is_known: bool,
    ) -> (Rotation, Option<String>) {
        let of = |condition, check| (condition, self.reason(check));
        let failure = self.snapshot.collector(Topic::Chain).failure.as_ref();
        if failure.is_some_and(NodeError::is_starting) {
            return of(Rotation::Starting, CheckName::Chain);
        }
        let Some(chain) = self.snapshot.chain.as_deref().map(ChainId::of) else {
            return match failure {
                Some(_) => of(Rotation::Unreachable, CheckName::Chain),
                None if is_known => of(Rotation::Starting, CheckName::Chain),
                None => of(Rotation::Unknown, CheckName::Chain),
            };
        };
        if let Some(others) = fleet_chain.filter(|others| chain.differs_from(others)) {
            return (Rotation::WrongChain, Some(wrong_chain(&chain, others)));
        }
        if !self.verdict.chain_initialized {
            let check = if self.is_bad(CheckName::Chain) {
                CheckName::Chain
            } else {
                CheckName::Sync
            };
            return of(Rotation::Syncing, check);
        }
        // It answers what it has, and may not go on.
        if !self.verdict.storage_available {
            return of(Rotation::Syncing, CheckName::Storage);
        }
        (Rotation::Ready, None)
    }

    /// Why the chain does not answer though the node does, if it is so.
    ///
    /// `getbestblockhash` takes the chain lock and nothing else. Where the daemon may hold only one
    /// worker, that may be waiting with another question; then the one about the chain decides.
    #[must_use]
    pub(super) fn busy(&self, limits: ProbeLimits, now: Mono) -> Option<String> {
        let limit = duration(limits.busy);
        if self.silence(Topic::BestBlock, limits.busy, now).is_some() {
            return Some(format!(
                "chain: no answer to getbestblockhash within fleet.busy_secs ({limit}), while \
                 uptime is answered"
            ));
        }
        let asked = self.silence(Topic::Chain, limits.busy, now)?;
        let probed = self.snapshot.collector(Topic::BestBlock).answered;
        probed.is_none_or(|probed| probed < asked).then(|| {
            format!(
                "chain: no answer to getblockchaininfo within fleet.busy_secs ({limit}), while \
                 uptime is answered"
            )
        })
    }

    /// Since when a question about `topic` is open, if that is longer than `limit`, and this
    /// process has run for as long.
    fn silence(&self, topic: Topic, limit: Duration, now: Mono) -> Option<Mono> {
        let collector: &Collector = self.snapshot.collector(topic);
        let since = collector.open_since?.max(self.resumed);
        (now.since(since) > limit).then_some(since)
    }

    fn is_bad(&self, check: CheckName) -> bool {
        let check = self.verdict.check(check);
        check.is_some_and(|check| check.level == crate::health::Level::Bad)
    }

    fn reason(&self, check: CheckName) -> Option<String> {
        self.verdict.check(check).map(crate::health::Check::reason)
    }
}

fn wrong_chain(own: &ChainId, others: &ChainId) -> String {
    if own.name == others.name {
        return format!("chain: the node is on another {} than the others", own.name);
    }
    let own = &own.name;
    let others = &others.name;
    format!("chain: the node is on {own}, the others are on {others}")
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
