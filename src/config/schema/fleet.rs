//! `[fleet]`: how several nodes are used as one.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::config::keys::{Key, text, toml};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    text("fleet.policy", r#""primary""#).help(
        "How several nodes are used as one. \"primary\": calls go to the best node; \
         \"spread\": each caller has one of the best group.",
    ),
    toml("fleet.max_lag_blocks", "1")
        .help("A node that is further behind than this, for so long, gets no reads of the tip."),
    toml("fleet.lag_grace_secs", "10"),
    toml("fleet.probe_secs", "1").help(
        "The time between two short questions to each node, and the time after which a node \
         that does not answer is left.",
    ),
    toml("fleet.dead_secs", "2"),
    toml("fleet.busy_secs", "3")
        .help("A node whose answer about its tip is overdue by this gets no reads of the chain."),
    toml("fleet.failback_secs", "60")
        .help("A better node is used again once it has been ready for so long."),
    toml("fleet.min_ready", "1").help("With fewer nodes in rotation the daemon is not ready."),
    text("fleet.broadcast", r#""all""#).help(
        "Where transactions and blocks are sent: \"all\" nodes in rotation, or the \
         \"primary\".",
    ),
    text("fleet.resend", r#""reads""#)
        .help("What may be sent to another node though it may have run: \"reads\", or \"never\"."),
    toml("fleet.floor_secs", "60").help(
        "The longest time for which no answer goes back behind what was shown before; 0: no \
         such floor.",
    ),
    toml("fleet.pass_through", "false").help(
        "Without [[rpc.auth.users]]: forward a client's credentials to whichever node, \
         since all take the same rpcauth.",
    ),
    text("fleet.fork_policy", r#""hold""#).help(
        "Nodes on another side of a fork than the primary: \"hold\" keeps them out, \
         \"most_work\" uses the side with most work.",
    ),
];

/// `[fleet]`
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// Which of the best nodes a call goes to.
    pub policy: RoutingPolicy,
    /// A node that is further behind gets no reads of the tip.
    pub max_lag_blocks: u32,
    /// It must have been behind for so long.
    pub lag_grace: Duration,
    /// An answer to `getbestblockhash` is overdue after this, while the node answers `uptime`.
    pub busy: Duration,
    /// Time between two `uptime` questions.
    pub probe_interval: Duration,
    /// A node that has not answered `uptime` for so long is left.
    pub dead: Duration,
    /// A better node is used again once it has been ready for so long.
    pub failback: Duration,
    /// With fewer nodes in rotation the daemon is not ready; never above the number of nodes.
    pub min_ready: NonZeroU32,
    /// Which nodes a transaction or a block is sent to.
    pub broadcast: BroadcastScope,
    /// Which calls are sent to another node after they may have run.
    pub resend: ResendPolicy,
    /// A mark that no node reaches falls after this; zero: there is no floor.
    pub floor: Duration,
    /// Without users of its own the gateway forwards a client's credentials to whichever node.
    pub pass_through: bool,
    /// What happens to nodes on another side of a fork than the primary.
    pub fork_policy: ForkPolicy,
}

/// Which of the best nodes a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutingPolicy {
    /// The best one, for every caller.
    Primary,
    /// Each caller has one of the best group.
    Spread,
}

/// Which nodes a transaction or a block is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroadcastScope {
    /// All in rotation.
    All,
    /// The primary only.
    Primary,
}

/// Which calls are sent to another node after they may have run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResendPolicy {
    /// Those that change nothing.
    Reads,
    /// None.
    Never,
}

/// What happens to nodes on another side of a fork than the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkPolicy {
    /// They stay out, even if the primary is lost.
    Hold,
    /// The side with the most work is used.
    MostWork,
}
