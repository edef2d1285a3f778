//! What stands of a snapshot when the node is another process than before. Pure.

use std::sync::Arc;
use std::time::Duration;

use super::Snapshot;
use crate::node::NodeError;
use crate::values::Mono;
use crate::watch::collector::{Collector, Topic};
use crate::watch::link::Link;
use crate::watch::liveness::{Liveness, Uptime};

impl Snapshot {
    /// Whether the node answered the liveness call when it was last asked, and how long it had run
    /// by when.
    pub(super) fn liveness(&self) -> Liveness {
        Liveness {
            // The last answer stands, however long the next one takes: a node that was frozen is
            // still the same.
            is_up: self.link(Duration::MAX, Mono::START) == Link::Up,
            uptime: self.reported_uptime(),
        }
    }

    fn reported_uptime(&self) -> Option<Uptime> {
        let collector = self.collector(Topic::Uptime);
        let ran_for = self.uptime?;
        let answered = collector.answered?;
        Some(Uptime {
            ran_for,
            asked: collector.asked.unwrap_or(answered),
            answered,
        })
    }

    /// Notices a process that was started since `before` with the very answer that shows it, so
    /// that no probe meets the new process with the old one's chain.
    pub(super) fn notice_another_process(&mut self, before: Liveness) {
        let now = self.liveness();
        let failure = self.collector(Topic::Uptime).failure.as_ref();
        if failure.is_some_and(NodeError::is_starting) {
            // No process begins to start when it has run already.
            self.forget_process();
        } else if now.is_up && !now.is_same_process(before) {
            self.process_replaced();
        } else if now.is_up && !before.is_up {
            self.node_returned();
        }
    }

    /// The node answers again, the same process as before: all is asked at once, also what it did
    /// not have.
    fn node_returned(&mut self) {
        self.epoch += 1;
        for topic in Topic::ALL.into_iter().filter(|topic| !topic.is_local()) {
            let collector = self.collector_mut(topic);
            if collector.unsupported {
                *collector = Collector {
                    open_since: collector.open_since,
                    ..Collector::default()
                };
            }
        }
    }

    /// The node has been started again, as something beside its uptime shows.
    pub fn restart_seen(&mut self, restarts_seen: u64) {
        if self.restarts_seen != restarts_seen {
            self.restarts_seen = restarts_seen;
            self.process_replaced();
        }
    }

    /// The node is another process than before: perhaps another version, perhaps with another chain
    /// and other indexes. Counters go on.
    pub fn process_replaced(&mut self) {
        self.sequence += 1;
        self.epoch += 1;
        self.process += 1;
        self.forget_process();
    }

    /// Nothing that a former process of the node said of itself stands, and all is asked anew. What
    /// the liveness call said is of the process that answers now; the disk is this machine's.
    fn forget_process(&mut self) {
        self.network = None;
        self.chain = None;
        self.peers = None;
        self.traffic = None;
        self.mempool = None;
        self.indexes = None;
        self.utxos = None;
        self.tip = None;
        self.sync_rate = Arc::default();
        self.private_broadcast = None;
        self.alias_figures = None;
        if self.collector(Topic::Uptime).failure.is_some() {
            self.uptime = None;
        }
        for topic in Topic::ALL
            .into_iter()
            .filter(|topic| !topic.is_local() && *topic != Topic::Uptime)
        {
            let collector = self.collector_mut(topic);
            *collector = Collector {
                open_since: collector.open_since,
                ..Collector::default()
            };
        }
    }
}
