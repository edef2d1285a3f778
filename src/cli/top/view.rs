//! What the screen shows. Pure: the loop gives it answers, keys and the time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::api::PeerDocument;
use crate::cli::screen::ScrollPosition;
use crate::overview::{NodeOverview, Overview, OverviewLevel};

/// A notice is shown for so long.
const NOTICE_TIME: SignedDuration = SignedDuration::from_secs(8);
/// An answer may take so long before the screen says that it is waited for.
const ANSWER_TIME: SignedDuration = SignedDuration::from_secs(2);
/// Clocks that differ by at most so much are the same: the daemon reports whole seconds.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// What the screen shows.
pub(super) struct TopView {
    /// The last facts; its time is that of the daemon, and stands while the screen is paused.
    pub(super) overview: Overview,
    /// How far the daemon's clock is ahead of ours.
    clock_offset: SignedDuration,
    /// Now, by the daemon's clock.
    pub(super) clock: Timestamp,
    /// When the last facts came.
    pub(super) answered_at: Timestamp,
    /// How often the daemon is asked.
    every: SignedDuration,
    pub(super) access: AccessLevel,
    pub(super) away: Option<DaemonAway>,
    pub(super) is_paused: bool,
    /// The node whose parts are shown; `None`: the one that reads go to.
    pub(super) selected: Option<String>,
    pub(super) order: PeerOrder,
    pub(super) scroll: ScrollPosition,
    pub(super) question: Option<DrainQuestion>,
    pub(super) has_help: bool,
    pub(super) notice: Option<TopNotice>,
}

/// Whether the control API is asked, or what needs no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccessLevel {
    Control,
    /// Without addresses, names and changes.
    Public,
}

/// The daemon does not answer, or not as it should.
pub(super) struct DaemonAway {
    pub(super) report: String,
    pub(super) hint: String,
    /// It cannot be reached; else it answers something else.
    pub(super) is_unreachable: bool,
}

/// What is asked before a node is drained or undrained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DrainQuestion {
    pub(super) node: String,
    pub(super) is_drain: bool,
    /// Why the daemon has refused it; it can be forced.
    pub(super) refused: Option<String>,
}

/// To drain a node, or to undrain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DrainOrder {
    pub(super) node: String,
    pub(super) is_drain: bool,
    /// Also if too few nodes are left in rotation.
    pub(super) force: bool,
}

/// What became of something that was asked for.
pub(super) struct TopNotice {
    pub(super) level: OverviewLevel,
    pub(super) text: String,
    pub(super) until: Timestamp,
}

/// The order of peers within a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PeerOrder {
    /// The best first.
    #[default]
    Quality,
    /// The nearest first.
    Ping,
    /// The oldest connection first.
    Connected,
    Address,
}

impl PeerOrder {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Ping => "ping",
            Self::Connected => "connected",
            Self::Address => "address",
        }
    }

    pub(super) fn next(self) -> Self {
        match self {
            Self::Quality => Self::Ping,
            Self::Ping => Self::Connected,
            Self::Connected => Self::Address,
            Self::Address => Self::Quality,
        }
    }

    /// Sorts `peers`; what is unknown is last, and equal ones are by address.
    pub(super) fn sort(self, peers: &mut [&PeerDocument]) {
        let last = f64::INFINITY;
        let key = |peer: &PeerDocument| match self {
            Self::Quality => peer.quality.map_or(last, |quality| -quality),
            Self::Ping => peer.ping_secs.unwrap_or(last),
            Self::Connected => peer.connected_secs.map_or(last, |time| -time),
            Self::Address => 0.0,
        };
        peers.sort_by(|one, other| {
            let by_key = key(one).total_cmp(&key(other));
            by_key.then_with(|| one.address.cmp(&other.address))
        });
    }
}

impl TopView {
    /// The view of the first answer, which came at `now` by our clock.
    pub(super) fn new(
        overview: Overview,
        access: AccessLevel,
        every: Duration,
        now: Timestamp,
    ) -> Self {
        let mut view = Self {
            overview: Overview::default(),
            clock_offset: SignedDuration::ZERO,
            clock: now,
            answered_at: now,
            every: SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX),
            access,
            away: None,
            is_paused: false,
            selected: None,
            order: PeerOrder::default(),
            scroll: ScrollPosition::default(),
            question: None,
            has_help: false,
            notice: None,
        };
        view.answer(overview, now);
        view
    }

    /// The daemon answered at `now`, by our clock.
    pub(super) fn answer(&mut self, overview: Overview, now: Timestamp) {
        if self.is_paused {
            return;
        }
        let theirs = Timestamp::from_second(overview.status.detailed.timestamp).unwrap_or(now);
        let offset = theirs.duration_since(now);
        if offset.abs() <= CLOCK_SLACK {
            self.clock_offset = SignedDuration::ZERO;
        } else if (offset - self.clock_offset).abs() > CLOCK_SLACK {
            self.clock_offset = offset;
        }
        self.overview = overview;
        self.away = None;
        self.tick(now);
        self.answered_at = self.clock;
    }

    /// The daemon does not answer: since it did for the last time.
    pub(super) fn fail(&mut self, away: DaemonAway) {
        self.away = Some(away);
    }

    /// It is `now`, by our clock.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.clock = now.saturating_add(self.clock_offset).unwrap_or(now);
        if !self.is_paused {
            self.overview.now = self.clock;
        }
        if self
            .notice
            .as_ref()
            .is_some_and(|notice| notice.until <= self.clock)
        {
            self.notice = None;
        }
    }

    /// How long the daemon has been waited for, if that is longer than an answer takes.
    pub(super) fn waits_for(&self) -> Option<u64> {
        let waited = self.clock.duration_since(self.answered_at);
        let is_late = waited > self.every.saturating_add(ANSWER_TIME) && !self.is_paused;
        is_late.then(|| u64::try_from(waited.as_secs()).unwrap_or(0))
    }

    /// The daemon has refused to drain `node`: whether it is to be forced is asked, with the
    /// `reason`.
    pub(super) fn ask_to_force(&mut self, node: String, reason: &str) {
        self.question = Some(DrainQuestion {
            node,
            is_drain: true,
            refused: Some(reason.to_owned()),
        });
    }

    /// Shows `text` for a while.
    pub(super) fn notify(&mut self, level: OverviewLevel, text: impl Into<String>) {
        let until = self.clock.saturating_add(NOTICE_TIME);
        self.notice = Some(TopNotice {
            level,
            text: text.into(),
            until: until.unwrap_or(self.clock),
        });
    }

    /// The node whose parts are shown.
    pub(super) fn node(&self) -> Option<&NodeOverview> {
        let has_name = |name: &&String| {
            let mut nodes = self.overview.nodes.iter();
            nodes.find(|node| node.health.name == **name)
        };
        let selected = self.selected.as_ref();
        selected
            .and_then(|name| has_name(&name))
            .or(self.overview.reader())
    }

    /// The name of the node after the one that is shown.
    pub(super) fn next_node(&self) -> Option<String> {
        let shown = self.node()?.health.name.as_str();
        let nodes = &self.overview.nodes;
        let at = nodes.iter().position(|node| node.health.name == shown)?;
        let next = nodes.get(at.saturating_add(1)).or(nodes.first())?;
        Some(next.health.name.clone())
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
