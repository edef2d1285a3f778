//! Calls that come while it is not known yet whether a node answers: the daemon has just started, and
//! a balancer or the service manager had calls waiting for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::clock;
use crate::gateway::Gateway;
use crate::gateway::upstream::CachedArc;
use crate::gateway::upstream_set::UpstreamSet;

impl Gateway {
    /// The nodes in force, once one of them answers or all have been asked, or at `until`.
    pub(super) async fn after_first_answer(
        &self,
        in_force: &mut CachedArc<UpstreamSet>,
        until: Instant,
    ) -> Arc<UpstreamSet> {
        loop {
            let set = Arc::clone(in_force.load());
            if !set.awaits_first_answer() || !self.wait_for_news(until).await {
                return set;
            }
        }
    }

    /// Waits until something is published of the nodes; `false` if it is `until` already.
    pub(super) async fn wait_for_news(&self, until: Instant) -> bool {
        // What other calls are shown changes what is known of the nodes, too.
        const LOOK_INTERVAL: Duration = Duration::from_millis(50);
        if clock::deadline(Duration::ZERO) >= until {
            return false;
        }
        let look = clock::deadline(LOOK_INTERVAL).min(until);
        let _ = timeout_at(look, self.published.notified()).await;
        true
    }
}
