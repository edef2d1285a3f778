//! How often each question is asked of a node, and when an answer is too old. Pure.

use std::time::Duration;

use super::collector::Topic;
use crate::config::schema::{MemberConfig, NodeKind, PrivateBroadcast, UtxoStats};

/// When the unspent outputs are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskUtxos {
    /// As often as all else: the node counts them as they come and go.
    Counted,
    /// Where an index answers.
    IfIndexed,
    /// Though it may take the node minutes; not of a node with few workers.
    Always,
    /// Never.
    Never,
}

/// How often is asked, and how long an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollPlan {
    /// Between two questions of a kind.
    pub poll_interval: Duration,
    /// One of several nodes: between two questions whether it is there, and whether its chain
    /// answers. `None`: the only one is asked as often as for all else.
    pub probe_interval: Option<Duration>,
    /// After this an answer is late. The question stays open.
    pub timeout: Duration,
    /// Between two measurements of the data directory.
    pub usage_interval: Duration,
    /// When the unspent outputs are asked for.
    pub utxos: AskUtxos,
    /// The node is asked whether it has private broadcast.
    pub asks_private_broadcast: bool,
    /// The families of another exporter are on the page: the node is asked for what only they have.
    pub asks_alias_figures: bool,
}

impl PollPlan {
    /// How the node of `config` is polled; `probe_interval`: how often one of several is probed;
    /// `asks_alias_figures`: the page has families of another exporter.
    #[must_use]
    pub fn new(
        config: &MemberConfig,
        probe_interval: Option<Duration>,
        asks_alias_figures: bool,
    ) -> Self {
        Self {
            poll_interval: config.node.poll_interval,
            probe_interval,
            timeout: config.node.timeout,
            usage_interval: config.storage.pruning_check_interval,
            utxos: match config.node.utxo_stats {
                UtxoStats::Never => AskUtxos::Never,
                _ if config.node.kind == NodeKind::Embedded => AskUtxos::Counted,
                UtxoStats::Auto => AskUtxos::IfIndexed,
                UtxoStats::Always => AskUtxos::Always,
            },
            asks_private_broadcast: probe_interval.is_some()
                && config.private_broadcast == PrivateBroadcast::Auto,
            asks_alias_figures,
        }
    }

    /// Indexes, and statistics that come from them, change slowly; and a list of all branches is
    /// made of all headers.
    const SLOW: Duration = Duration::from_secs(60);
    /// A scan of all unspent outputs keeps the node busy for minutes.
    const SCAN: Duration = Duration::from_secs(3600);

    /// Whether the node is asked about `topic` at all.
    #[must_use]
    pub fn asks(&self, topic: Topic) -> bool {
        match topic {
            Topic::BestBlock => self.probe_interval.is_some(),
            Topic::PrivateBroadcast => self.asks_private_broadcast,
            Topic::AliasFigures => self.asks_alias_figures,
            _ => true,
        }
    }

    /// Between an answer and the next question.
    pub(super) fn interval(&self, topic: Topic) -> Duration {
        match topic {
            Topic::Utxos if self.utxos == AskUtxos::Always => Self::SCAN,
            Topic::Utxos if self.utxos == AskUtxos::Counted => self.poll_interval,
            Topic::Utxos | Topic::Indexes | Topic::PrivateBroadcast | Topic::AliasFigures => {
                Self::SLOW.max(self.poll_interval)
            }
            Topic::Usage => self.usage_interval,
            Topic::Uptime | Topic::BestBlock => self.probe_interval.unwrap_or(self.poll_interval),
            _ => self.poll_interval,
        }
    }

    /// A value older than this is not known any more: three polls were missed, or one and its
    /// timeout.
    #[must_use]
    pub fn stale_after(&self, topic: Topic) -> Duration {
        const SHORTEST: Duration = Duration::from_secs(60);
        (self.interval(topic) * 3 + self.timeout).max(SHORTEST)
    }
}
