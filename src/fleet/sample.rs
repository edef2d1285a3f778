//! Nodes for the tests of the pure files, made as the collectors make them.

use std::sync::LazyLock;
use std::time::Duration;

use super::condition::MemberView;
use super::rotation::{MemberRole, RotationPolicy};
use crate::config::default_fleet;
use crate::health::{Verdict, sample};
use crate::node::{ChainInfo, NodeError, RefusedCredentials};
use crate::route::WalletClaims;
use crate::values::{Mono, Now};
use crate::watch::{PollResult, Snapshot, Topic};

pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// As the defaults of `[fleet]` say.
pub(super) static POLICY: LazyLock<RotationPolicy> =
    LazyLock::new(|| RotationPolicy::from(&default_fleet()));

pub(super) fn at(seconds: u64) -> Mono {
    at_ms(seconds * 1000)
}

pub(super) fn at_ms(milliseconds: u64) -> Mono {
    Mono::from_start(Duration::from_millis(milliseconds))
}

/// A node on regtest, and what is judged of it.
#[derive(Clone, Default)]
pub(super) struct SampleNode {
    pub(super) snapshot: Snapshot,
}

impl SampleNode {
    /// One that has answered everything, with its tip at `height`.
    pub(super) fn ready(height: u32, now: Mono) -> Self {
        let mut node = Self::default();
        node.answer(now);
        node.tell_chain(ChainInfo::bare("regtest", height, height), now);
        node
    }

    pub(super) fn answer(&mut self, now: Mono) {
        let ran_for = now.since(Mono::START) + Duration::from_secs(1000);
        self.snapshot
            .answered(PollResult::Uptime(Some(ran_for)), now);
        self.snapshot.answered(PollResult::BestBlock, now);
    }

    pub(super) fn tell_chain(&mut self, info: ChainInfo, now: Mono) {
        let reorged = false;
        self.snapshot
            .answered(PollResult::Chain { info, reorged }, now);
    }

    pub(super) fn refuse_connections(&mut self, now: Mono) {
        let error = NodeError::Connect {
            address: "127.0.0.1:8332".into(),
            reason: "Connection refused".into(),
        };
        self.snapshot.failed(Topic::Uptime, error, now);
    }

    pub(super) fn refuse_credentials(&mut self, now: Mono) {
        let error = NodeError::Unauthorized {
            address: "127.0.0.1:8332".into(),
            status: 401,
            detail: RefusedCredentials::Sent("user x".into()),
        };
        self.snapshot.failed(Topic::Uptime, error, now);
    }

    pub(super) fn verdict(&self, now: Mono) -> Verdict {
        let wall = jiff::Timestamp::from_second(1_700_000_000).unwrap();
        sample::verdict(&self.snapshot, TIMEOUT, Now { mono: now, wall })
    }

    pub(super) fn view<'a>(&'a self, verdict: &'a Verdict) -> MemberView<'a> {
        MemberView {
            snapshot: &self.snapshot,
            verdict,
            timeout: TIMEOUT,
            resumed: Mono::START,
        }
    }
}

pub(super) fn role(name: &str, priority: u32) -> MemberRole {
    MemberRole {
        name: name.into(),
        priority,
        is_private_broadcast: false,
        wallets: WalletClaims::Any,
        drained: None,
        kept_from: None,
    }
}
