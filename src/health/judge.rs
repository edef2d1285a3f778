//! The checks, one function each, and the state that follows. Every threshold comes from the
//! policy.

use super::check::{Check, CheckName, Level};
use super::loops::{self, Loops};
use super::policy::{HealthPolicy, Pruning};
use super::state::State;
use super::sync::{self, Behind};
use super::text::duration;
use super::verdict::Verdict;
use crate::node::{ChainInfo, NodeError, Peer};
use crate::values::{Chain, Mono, Now};
use crate::watch::{Link, Snapshot, Topic};

pub(super) struct Judge<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) policy: &'a HealthPolicy,
    pub(super) pruning: &'a Pruning,
    pub(super) now: Mono,
    pub(super) wall_secs: u64,
    wall: jiff::Timestamp,
    resumed: Mono,
    link: Link<'a>,
    /// The chain's state, while it is known well enough to speak of it.
    pub(super) chain: Option<&'a ChainInfo>,
    /// Those that are connected.
    pub(super) peers: Option<Vec<&'a Peer>>,
    pub(super) behind: Option<Behind>,
    pub(super) downloading: bool,
}

/// Judges what is known.
#[must_use]
pub fn judge(
    snapshot: &Snapshot,
    policy: &HealthPolicy,
    pruning: &Pruning,
    loops: Loops,
    now: Now,
) -> Verdict {
    let wall = now.wall;
    let wall_secs = u64::try_from(wall.as_second()).unwrap_or(0);
    let now = now.mono;
    let link = match snapshot.link(policy.timeout, now) {
        Link::Silent(_) if now.since(loops.resumed) <= policy.timeout => Link::Up,
        link => link,
    };
    // The node may hold its chain lock for minutes; until it is as good as dead, the last answer
    // stands.
    let chain = snapshot
        .fresh(
            Topic::Chain,
            snapshot.chain.as_deref(),
            policy.thresholds.live_timeout,
            now,
        )
        .filter(|_| link == Link::Up && !is_starting(snapshot));
    let listed = snapshot.peers.as_deref();
    let peers = snapshot.fresh(Topic::Peers, listed, policy.stale_after, now);
    let peers = peers.map(|peers| Peer::connected(peers).collect::<Vec<_>>());
    let header_trust = snapshot.dialect().header_trust;
    let behind =
        chain.map(|chain| sync::behind(chain, peers.as_deref().unwrap_or_default(), header_trust));
    let downloading = chain.is_some_and(|chain| sync::initial_download(chain, wall_secs));
    let resumed = loops.resumed;
    Judge {
        snapshot,
        policy,
        pruning,
        now,
        wall_secs,
        wall,
        resumed,
        link,
        chain,
        peers,
        behind,
        downloading,
    }
    .verdict(loops)
}

fn is_starting(snapshot: &Snapshot) -> bool {
    snapshot
        .collector(Topic::Chain)
        .failure
        .as_ref()
        .is_some_and(NodeError::is_starting)
}

impl Judge<'_> {
    fn verdict(&self, loops: Loops) -> Verdict {
        let storage = self.storage();
        let stall = self.stall();
        let chain_initialized = self.is_initialized();
        let mut checks = vec![
            loops::check(loops),
            self.node(),
            self.credentials(),
            self.chain_check(),
            self.sync(),
            stall.clone(),
            storage.clone(),
            self.disk(),
            self.peers_check(),
            self.pruning(),
        ];
        checks.extend(loops::certificate_check(loops, self.wall));
        Verdict {
            state: self.state(loops, chain_initialized, stall.level),
            chain_initialized,
            storage_available: storage.level != Level::Bad,
            behind: self.behind,
            eta: self.eta(),
            checks,
            life: vec![
                loops::check(Loops {
                    draining: false,
                    ..loops
                }),
                self.alive(),
            ],
        }
    }

    fn state(&self, loops: Loops, initialized: bool, stall: Level) -> State {
        let just_begun = self.now.since(self.snapshot.since) <= self.policy.timeout;
        match self.link {
            _ if loops.draining => State::Draining,
            Link::Unasked if just_begun => State::Starting,
            Link::Unasked | Link::Refused(_) | Link::Down(_) | Link::Silent(_) => {
                State::Unreachable
            }
            Link::Starting(_) => State::Starting,
            Link::Up if is_starting(self.snapshot) => State::Starting,
            Link::Up if self.is_wrong_chain() => State::Unreachable,
            // It is there, but does not report its chain: as good as away.
            Link::Up if self.snapshot.chain.is_none() && self.chain_failed() => State::Unreachable,
            Link::Up if self.snapshot.chain.is_none() => State::Starting,
            Link::Up if !initialized => State::Syncing,
            Link::Up if stall == Level::Bad => State::Stalled,
            Link::Up => State::Ready,
        }
    }

    fn chain_failed(&self) -> bool {
        self.snapshot.collector(Topic::Chain).failure.is_some()
    }

    pub(super) fn is_wrong_chain(&self) -> bool {
        let wanted = self.policy.chain.map(Chain::as_str);
        self.chain
            .is_some_and(|chain| wanted.is_some_and(|wanted| wanted != chain.chain))
    }

    fn is_initialized(&self) -> bool {
        let most = self.policy.thresholds.ready_max_lag_blocks;
        let is_near = matches!(self.behind, Some(Behind::Blocks(behind)) if behind <= most);
        self.chain.is_some() && !self.is_wrong_chain() && !self.downloading && is_near
    }

    fn last_answer(&self) -> String {
        match self.snapshot.last_answer {
            Some(answer) => format!("last answer {} ago", duration(self.now.since(answer))),
            None => "no answer since the daemon's start".to_owned(),
        }
    }

    fn node(&self) -> Check {
        let (level, text) = match &self.link {
            Link::Up | Link::Starting(_) | Link::Refused(_) => {
                (Level::Good, format!("answers, {}", self.last_answer()))
            }
            Link::Unasked => (Level::Bad, "no answer yet".to_owned()),
            Link::Down(error) => (Level::Bad, format!("{error}; {}", self.last_answer())),
            Link::Silent(open) => (
                Level::Bad,
                format!("no answer for {}; {}", duration(*open), self.last_answer()),
            ),
        };
        Check::new(CheckName::Node, level, text)
    }

    /// The rule for life: anything the node says, even a refusal, proves that it lives.
    fn alive(&self) -> Check {
        let heard = self.snapshot.last_answer.unwrap_or(self.snapshot.since);
        let silence = self.now.since(heard.max(self.resumed));
        let level = silence >= self.policy.thresholds.live_timeout;
        let limit = duration(self.policy.thresholds.live_timeout);
        if level {
            let text = format!(
                "no answer at all for {}, longer than live_timeout_secs ({limit})",
                duration(silence)
            );
            return Check::new(CheckName::Node, Level::Bad, text);
        }
        Check::new(
            CheckName::Node,
            Level::Good,
            format!("{} of at most {limit}", self.last_answer()),
        )
    }

    fn credentials(&self) -> Check {
        let (level, text) = match &self.link {
            Link::Up | Link::Starting(_) => (Level::Good, "accepted by the node".to_owned()),
            Link::Refused(error) => (Level::Bad, error.to_string()),
            Link::Unasked | Link::Down(_) | Link::Silent(_) => {
                (Level::Unknown, "the node does not answer".to_owned())
            }
        };
        Check::new(CheckName::Credentials, level, text)
    }

    fn chain_check(&self) -> Check {
        let collector = self.snapshot.collector(Topic::Chain);
        let (level, text) = match &self.link {
            Link::Starting(error) => (Level::Bad, error.to_string()),
            Link::Up => match (self.chain, &collector.failure) {
                (Some(chain), _) if self.is_wrong_chain() => (Level::Bad, self.wrong_chain(chain)),
                (Some(_), Some(error)) => {
                    (Level::Warning, format!("{error}; {}", self.chain_age()))
                }
                (Some(_), None) if collector.overdue(self.policy.timeout, self.now).is_some() => (
                    Level::Warning,
                    format!(
                        "the node does not answer getblockchaininfo; {}",
                        self.chain_age()
                    ),
                ),
                (Some(chain), None) => (
                    Level::Good,
                    format!("{} at height {}", chain.chain, chain.blocks),
                ),
                (None, Some(error)) => (Level::Bad, error.to_string()),
                (None, None) if self.snapshot.chain.is_some() => (
                    Level::Bad,
                    format!(
                        "the node does not answer getblockchaininfo; {}",
                        self.chain_age()
                    ),
                ),
                (None, None) => (Level::Bad, "not known yet".to_owned()),
            },
            Link::Refused(_) => (
                Level::Unknown,
                "unknown: the node refuses the credentials".to_owned(),
            ),
            Link::Unasked | Link::Down(_) | Link::Silent(_) => {
                (Level::Unknown, "the node does not answer".to_owned())
            }
        };
        Check::new(CheckName::Chain, level, text)
    }

    fn wrong_chain(&self, chain: &ChainInfo) -> String {
        let wanted = self.policy.chain.map_or("any", Chain::as_str);
        format!("the node is on {}, but node.chain is {wanted}", chain.chain)
    }

    /// The last question about `topic` has failed, or is open past its timeout: what is known is of
    /// before.
    pub(super) fn is_old(&self, topic: Topic) -> bool {
        let collector = self.snapshot.collector(topic);
        collector.failure.is_some() || self.is_overdue(topic)
    }

    /// A question about `topic` is open past its timeout, and not because this process itself was
    /// stopped.
    pub(super) fn is_overdue(&self, topic: Topic) -> bool {
        let overdue = self
            .snapshot
            .collector(topic)
            .overdue(self.policy.timeout, self.now);
        overdue.is_some() && self.now.since(self.resumed) > self.policy.timeout
    }

    pub(super) fn age(&self, topic: Topic) -> String {
        duration(
            self.snapshot
                .collector(topic)
                .age(self.now)
                .unwrap_or_default(),
        )
    }

    pub(super) fn chain_age(&self) -> String {
        format!("its state is {} old", self.age(Topic::Chain))
    }

    fn peers_check(&self) -> Check {
        let wanted = self.policy.min_peers;
        let Some(peers) = &self.peers else {
            return Check::new(CheckName::Peers, Level::Unknown, "not known");
        };
        let known = format!("{} connected {} ago", peers.len(), self.age(Topic::Peers));
        let (level, text) = match &self.snapshot.collector(Topic::Peers).failure {
            _ if self.link != Link::Up => {
                (Level::Unknown, format!("the node does not answer; {known}"))
            }
            Some(error) => (Level::Warning, format!("{error}; {known}")),
            None if self.is_overdue(Topic::Peers) => (
                Level::Warning,
                format!("the node does not answer getpeerinfo; {known}"),
            ),
            None => {
                let few = peers.len() < usize::try_from(wanted).unwrap_or(usize::MAX);
                let level = if few { Level::Warning } else { Level::Good };
                (
                    level,
                    format!("{} connected, at least {wanted} wanted", peers.len()),
                )
            }
        };
        Check::new(CheckName::Peers, level, text)
    }

    fn pruning(&self) -> Check {
        let is_pruned = self.chain.is_some_and(|chain| chain.pruned == Some(true));
        if self.policy.archive && is_pruned {
            let text = "an archive (nodes.archive) that is in prune mode";
            return Check::new(CheckName::Pruning, Level::Warning, text);
        }
        Check::new(
            CheckName::Pruning,
            self.pruning.level,
            self.pruning.text.clone(),
        )
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
