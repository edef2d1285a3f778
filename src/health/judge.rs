//! The checks, one function each, and the state that follows. Every threshold comes from the policy.

use std::time::Duration;

use super::check::{Check, CheckName, Level};
use super::full_in::FullIn;
use super::stall::{self, Gap};
use super::state::State;
use super::sync::{self, Behind};
use super::text::{count, duration, gigabytes};
use super::verdict::Verdict;
use crate::node::{ChainInfo, Direction, Flavour, NodeError, Peer, Volume};
use crate::values::{Chain, Mono, Now, Size};
use crate::watch::{Link, Snapshot, Topic};

/// What counts as healthy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The chain the node must be on; `None`: any.
    pub chain: Option<Chain>,
    /// After this an answer is late.
    pub timeout: Duration,
    /// After so long without any answer the node counts as dead.
    pub live_timeout: Duration,
    /// Blocks behind that still count as synced.
    pub ready_max_lag_blocks: u32,
    /// Below this probability of a gap the node counts as stalled.
    pub stall_probability: f64,
    /// Fewer peers are a warning.
    pub min_peers: u32,
    /// Less free on the volume is a warning; zero: off.
    pub min_free: Size,
    /// Less free on the volume, and the storage is not available.
    pub storage_critical: Size,
    /// A value of this topic older than this is not known any more.
    pub stale_after: Duration,
}

/// How pruning stands, as it knows itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruning {
    /// How it stands; never bad: a probe that fails cures no disk.
    pub level: Level,
    /// The sentence that says why.
    pub text: String,
    /// When the volume will be full, if it goes on as it did.
    pub full_in: Option<FullIn>,
    /// That deleting blocks gave the volume no room, if it did not.
    pub no_room: Option<String>,
}

/// How the daemon itself is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loops {
    /// It is going down.
    pub draining: bool,
    /// When the process last went on after it had been stopped as a whole, by SIGSTOP or with its machine: the
    /// silence of others before that was its own.
    pub resumed: Mono,
    /// The loop that stands still, and since when.
    pub standing_still: Option<(&'static str, Duration)>,
}

struct Judge<'a> {
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    pruning: &'a Pruning,
    now: Mono,
    resumed: Mono,
    link: Link<'a>,
    /// The chain's state, while it is known well enough to speak of it.
    chain: Option<&'a ChainInfo>,
    /// Those that are connected.
    peers: Option<Vec<&'a Peer>>,
    behind: Option<Behind>,
    downloading: bool,
}

/// Judges what is known.
#[must_use]
pub fn judge(snapshot: &Snapshot, policy: &Policy, pruning: &Pruning, loops: Loops, now: Now) -> Verdict {
    let wall_secs = u64::try_from(now.wall.as_second()).unwrap_or(0);
    let now = now.mono;
    let link = match snapshot.link(policy.timeout, now) {
        Link::Silent(_) if now.since(loops.resumed) <= policy.timeout => Link::Up,
        link => link,
    };
    // The node may hold its chain lock for minutes; until it is as good as dead, the last answer stands.
    let chain = snapshot
        .fresh(Topic::Chain, snapshot.chain.as_deref(), policy.live_timeout, now)
        .filter(|_| link == Link::Up && !is_starting(snapshot));
    let peers = snapshot.fresh(Topic::Peers, snapshot.peers.as_deref(), policy.stale_after, now);
    let peers = peers.map(|peers| Peer::connected(peers).collect::<Vec<_>>());
    let flavour = snapshot.identity().map_or(Flavour::Other, |identity| identity.flavour);
    let behind = chain.map(|chain| sync::behind(chain, peers.as_deref().unwrap_or_default(), flavour));
    let downloading = chain.is_some_and(|chain| sync::initial_download(chain, wall_secs));
    let resumed = loops.resumed;
    Judge { snapshot, policy, pruning, now, resumed, link, chain, peers, behind, downloading }.verdict(loops)
}

fn is_starting(snapshot: &Snapshot) -> bool {
    matches!(snapshot.collector(Topic::Chain).failure, Some(NodeError::Starting { .. }))
}

impl Judge<'_> {
    fn verdict(&self, loops: Loops) -> Verdict {
        let storage = self.storage();
        let stall = self.stall();
        let chain_initialized = self.is_initialized();
        let checks = vec![
            daemon(loops),
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
        Verdict {
            state: self.state(loops, chain_initialized, stall.level),
            chain_initialized,
            storage_available: storage.level != Level::Bad,
            behind: self.behind,
            eta: self.eta(),
            checks,
            life: vec![daemon(Loops { draining: false, ..loops }), self.alive()],
        }
    }

    fn state(&self, loops: Loops, initialized: bool, stall: Level) -> State {
        let just_begun = self.now.since(self.snapshot.since) <= self.policy.timeout;
        match self.link {
            _ if loops.draining => State::Draining,
            Link::Unasked if just_begun => State::Starting,
            Link::Unasked | Link::Refused(_) | Link::Down(_) | Link::Silent(_) => State::Unreachable,
            Link::Starting(_) => State::Starting,
            Link::Up if is_starting(self.snapshot) => State::Starting,
            Link::Up if self.is_wrong_chain() => State::Unreachable,
            // It is there, but does not tell its chain: as good as away.
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

    fn is_wrong_chain(&self) -> bool {
        let wanted = self.policy.chain.map(Chain::as_str);
        self.chain.is_some_and(|chain| wanted.is_some_and(|wanted| wanted != chain.chain))
    }

    fn is_initialized(&self) -> bool {
        self.chain.is_some()
            && !self.is_wrong_chain()
            && !self.downloading
            && matches!(self.behind, Some(Behind::Blocks(behind)) if behind <= self.policy.ready_max_lag_blocks)
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
            Link::Silent(open) => (Level::Bad, format!("no answer for {}; {}", duration(*open), self.last_answer())),
        };
        Check::new(CheckName::Node, level, text)
    }

    /// The rule for life: anything the node says, even a refusal, proves that it lives.
    fn alive(&self) -> Check {
        let heard = self.snapshot.last_answer.unwrap_or(self.snapshot.since);
        let silence = self.now.since(heard.max(self.resumed));
        let (level, limit) = (silence >= self.policy.live_timeout, duration(self.policy.live_timeout));
        if level {
            let text = format!("no answer at all for {}, longer than live_timeout_secs ({limit})", duration(silence));
            return Check::new(CheckName::Node, Level::Bad, text);
        }
        Check::new(CheckName::Node, Level::Good, format!("{} of at most {limit}", self.last_answer()))
    }

    fn credentials(&self) -> Check {
        let (level, text) = match &self.link {
            Link::Up | Link::Starting(_) => (Level::Good, "accepted by the node".to_owned()),
            Link::Refused(error) => (Level::Bad, error.to_string()),
            Link::Unasked | Link::Down(_) | Link::Silent(_) => (Level::Unknown, "the node does not answer".to_owned()),
        };
        Check::new(CheckName::Credentials, level, text)
    }

    fn chain_check(&self) -> Check {
        let collector = self.snapshot.collector(Topic::Chain);
        let (level, text) = match &self.link {
            Link::Starting(error) => (Level::Bad, error.to_string()),
            Link::Up => match (self.chain, &collector.failure) {
                (Some(chain), _) if self.is_wrong_chain() => (Level::Bad, self.wrong_chain(chain)),
                (Some(_), Some(error)) => (Level::Warning, format!("{error}; {}", self.chain_age())),
                (Some(_), None) if collector.overdue(self.policy.timeout, self.now).is_some() => {
                    (Level::Warning, format!("the node does not answer getblockchaininfo; {}", self.chain_age()))
                }
                (Some(chain), None) => (Level::Good, format!("{} at height {}", chain.chain, chain.blocks)),
                (None, Some(error)) => (Level::Bad, error.to_string()),
                (None, None) if self.snapshot.chain.is_some() => {
                    (Level::Bad, format!("the node does not answer getblockchaininfo; {}", self.chain_age()))
                }
                (None, None) => (Level::Bad, "not known yet".to_owned()),
            },
            Link::Refused(_) => (Level::Unknown, "not told, the node refuses the credentials".to_owned()),
            Link::Unasked | Link::Down(_) | Link::Silent(_) => (Level::Unknown, "the node does not answer".to_owned()),
        };
        Check::new(CheckName::Chain, level, text)
    }

    fn wrong_chain(&self, chain: &ChainInfo) -> String {
        let wanted = self.policy.chain.map_or("any", Chain::as_str);
        format!("the node is on {}, but node.chain is {wanted}", chain.chain)
    }

    fn chain_age(&self) -> String {
        let age = self.snapshot.collector(Topic::Chain).age(self.now).unwrap_or_default();
        format!("its state is {} old", duration(age))
    }

    fn eta(&self) -> Option<Duration> {
        match self.behind {
            Some(Behind::Blocks(behind)) if behind > 0 => self.snapshot.sync_rate.eta(behind),
            _ => None,
        }
    }

    fn sync(&self) -> Check {
        let height = self.chain.map_or(0, |chain| chain.blocks);
        let (level, text) = match self.behind {
            None => (Level::Unknown, "the chain's state is not known".to_owned()),
            Some(_) if self.is_wrong_chain() => (Level::Unknown, "another chain than the wanted one".to_owned()),
            Some(Behind::NoHeaders) => (Level::Bad, format!("no headers known, height {height}")),
            Some(Behind::Blocks(behind)) => {
                let lag = format!("{} behind", count(behind.into(), "block"));
                let eta = self.eta().map_or_else(String::new, |eta| format!(", about {}", duration(eta)));
                if self.downloading && behind == 0 {
                    (Level::Bad, format!("in initial block download at height {height}, {lag}"))
                } else if self.downloading || behind > self.policy.ready_max_lag_blocks {
                    (Level::Bad, format!("{lag}{eta}"))
                } else {
                    (Level::Good, format!("{lag} at height {height}"))
                }
            }
        };
        Check::new(CheckName::Sync, level, text)
    }

    fn stall(&self) -> Check {
        let (Some(chain), Some(tip)) = (self.chain, &self.snapshot.tip) else {
            return Check::new(CheckName::Stall, Level::Unknown, "the chain's state is not known");
        };
        let gap = self.now.since(tip.first_seen);
        let text = format!("no new block for {}", duration(gap));
        let odds = format!("{text}, probability {:.1e}", stall::probability(gap));
        let cause = self.stall_cause(chain);
        let (level, text) = match (stall::judge(chain.chain.parse().ok(), gap, self.policy.stall_probability), cause) {
            (Gap::Usual, _) => (Level::Good, text),
            (Gap::Stalled, Some(cause)) => (Level::Bad, format!("{odds}, and {cause}")),
            (Gap::Unlikely | Gap::Stalled, _) => (Level::Warning, odds),
        };
        Check::new(CheckName::Stall, level, text)
    }

    /// What shows that the node, not chance, is behind a gap. A node whose peers do not tell what they have in
    /// common with it is given the benefit of the doubt.
    fn stall_cause(&self, chain: &ChainInfo) -> Option<String> {
        if chain.headers > chain.blocks {
            return Some(format!("headers are {} ahead", count((chain.headers - chain.blocks).into(), "block")));
        }
        let peers = self.peers.as_ref()?.iter().copied();
        let outbound: Vec<&Peer> = peers.filter(|peer| peer.direction != Some(Direction::Inbound)).collect();
        let best_common = |peer: &&Peer| peer.synced_blocks.max(peer.synced_headers);
        let told: Vec<u32> = outbound.iter().filter_map(best_common).collect();
        let unknown = !outbound.is_empty() && told.is_empty();
        let shared = told.iter().any(|height| *height >= chain.blocks);
        (!unknown && !shared).then(|| format!("none of {} shares our tip", count(count_of(&outbound), "outbound peer")))
    }

    fn volume(&self) -> Result<Volume, (Level, String)> {
        let collector = self.snapshot.collector(Topic::Volume);
        let volume = self.snapshot.volume.as_ref();
        match (self.snapshot.fresh(Topic::Volume, volume, self.policy.stale_after, self.now), &collector.failure) {
            _ if collector.unsupported => Err((Level::Good, "not watched, node.data_dir is not set".to_owned())),
            (_, Some(error)) => Err((Level::Warning, error.to_string())),
            (Some(volume), None) => Ok(*volume),
            (None, None) => match collector.open_since {
                Some(_) if volume.is_some() => Err((Level::Warning, "the volume does not answer".to_owned())),
                _ => Err((Level::Unknown, "not measured yet".to_owned())),
            },
        }
    }

    fn storage(&self) -> Check {
        let critical = self.policy.storage_critical.bytes();
        let (level, text) = match self.volume() {
            Err(unknown) => unknown,
            Ok(volume) => {
                let free = volume.least_free_bytes();
                let text = format!("{} free", gigabytes(free));
                let text = if free < volume.free_bytes { format!("{text} for chain state") } else { text };
                match volume.write_failure {
                    Some(failure) => (Level::Bad, format!("writes fail ({failure}), {text}")),
                    None if free < critical => {
                        (Level::Bad, format!("{text}, below storage_critical_gb ({})", gigabytes(critical)))
                    }
                    None => (Level::Good, text),
                }
            }
        };
        Check::new(CheckName::Storage, level, text)
    }

    fn disk(&self) -> Check {
        let min_free = self.policy.min_free.bytes();
        let full_in = self.pruning.full_in.as_ref();
        let forecast = full_in.map_or_else(String::new, |full_in| format!(", {}", full_in.text()));
        let (level, text) = match self.volume() {
            Err(unknown) => unknown,
            Ok(Volume { free_bytes: free, .. }) => {
                let (text, limit) = (format!("{} free", gigabytes(free)), gigabytes(min_free));
                if let Some(error) = self.snapshot.blocks_elsewhere() {
                    (Level::Warning, format!("{text}, but not where the blocks are: {error}"))
                } else if free < min_free {
                    (Level::Warning, format!("{text}, below min_free_gb ({limit}){forecast}"))
                } else if free < min_free.saturating_mul(2) {
                    (Level::Warning, format!("{text}, below twice min_free_gb ({limit}){forecast}"))
                } else if full_in.is_some_and(FullIn::is_soon) {
                    (Level::Warning, format!("{text}{forecast}"))
                } else {
                    (Level::Good, format!("{text}, {limit} wanted{forecast}"))
                }
            }
        };
        match &self.pruning.no_room {
            Some(no_room) => Check::new(CheckName::Disk, Level::Warning, format!("{text}; {no_room}")),
            None => Check::new(CheckName::Disk, level, text),
        }
    }

    fn peers_check(&self) -> Check {
        let wanted = self.policy.min_peers;
        let (level, text) = match &self.peers {
            None => (Level::Unknown, "not known".to_owned()),
            Some(peers) => {
                let level = if peers.len() < usize::try_from(wanted).unwrap_or(usize::MAX) {
                    Level::Warning
                } else {
                    Level::Good
                };
                (level, format!("{} connected, at least {wanted} wanted", peers.len()))
            }
        };
        Check::new(CheckName::Peers, level, text)
    }

    fn pruning(&self) -> Check {
        Check::new(CheckName::Pruning, self.pruning.level, self.pruning.text.clone())
    }
}

fn daemon(loops: Loops) -> Check {
    let (level, text) = match loops {
        Loops { standing_still: Some((name, since)), .. } => {
            (Level::Bad, format!("the loop {name} stands still for {}", duration(since)))
        }
        Loops { draining: true, .. } => (Level::Bad, "shutting down".to_owned()),
        Loops { .. } => (Level::Good, "all loops run".to_owned()),
    };
    Check::new(CheckName::Daemon, level, text)
}

fn count_of<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
