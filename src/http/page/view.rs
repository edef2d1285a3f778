//! What the templates show: words and numbers as they are to be read, and nothing to be decided.
//!
//! Every text is escaped by the templates, which are checked when the program is built. An empty
//! text is not shown.

use askama::Template;

/// The document.
#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct PageView {
    pub(super) title: String,
    pub(super) icon: String,
    /// What a screen reader reads when it changes.
    pub(super) announcement: String,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
    pub(super) verdict: VerdictView,
    pub(super) has_problems: bool,
    /// But for the first, which is in the verdict.
    pub(super) problems: Vec<ProblemView>,
    pub(super) strip: StripView,
    /// What the strip is of.
    pub(super) strip_title: &'static str,
    pub(super) tiles: Vec<TileView>,
    /// Of several nodes: whose numbers these are.
    pub(super) tiles_of: String,
    pub(super) checks: Vec<CheckView>,
    pub(super) requests: RequestsView,
    pub(super) has_several: bool,
    pub(super) rotation: String,
    pub(super) nodes: Vec<NodePageView>,
    pub(super) events: EventsView,
    pub(super) daemon: DaemonView,
}

/// What is wrong, since when, and what to do.
pub(super) struct VerdictView {
    pub(super) level: &'static str,
    /// The outline of the sign beside it.
    pub(super) sign: &'static str,
    pub(super) word: String,
    pub(super) sentence: String,
    pub(super) since: String,
    pub(super) advice: &'static str,
    pub(super) command: String,
    pub(super) runbook: &'static str,
}

/// One thing that is not as it should be.
pub(super) struct ProblemView {
    pub(super) level: &'static str,
    pub(super) word: &'static str,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) since: String,
    pub(super) advice: &'static str,
    pub(super) command: String,
    pub(super) runbook: &'static str,
}

/// The health of the last hour: an outline for each level.
#[derive(Default)]
pub(super) struct StripView {
    pub(super) width: usize,
    pub(super) label: String,
    pub(super) text: String,
    pub(super) good: String,
    pub(super) warning: String,
    pub(super) bad: String,
}

/// A number that is seen first.
pub(super) struct TileView {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) detail: String,
}

/// A check.
pub(super) struct CheckView {
    pub(super) level: &'static str,
    pub(super) mark: &'static str,
    pub(super) word: &'static str,
    pub(super) name: String,
    pub(super) text: String,
    pub(super) since: String,
}

/// Lines over the last hour.
pub(super) struct ChartView {
    pub(super) id: String,
    pub(super) name: &'static str,
    /// There is a value; else the words that there is none.
    pub(super) is_known: bool,
    /// The same in words.
    pub(super) label: String,
    pub(super) top: String,
    pub(super) bottom: String,
    /// How much time it shows.
    pub(super) span: String,
    pub(super) width: usize,
    pub(super) lines: Vec<LineView>,
}

/// One of them.
pub(super) struct LineView {
    pub(super) name: &'static str,
    pub(super) style: &'static str,
    pub(super) now: String,
    pub(super) path: String,
}

/// A name and a value.
pub(super) struct FactView {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// It needs a row of its own.
    pub(super) is_wide: bool,
}

/// The gateway.
pub(super) struct RequestsView {
    pub(super) state: String,
    pub(super) charts: Vec<ChartView>,
    pub(super) facts: Vec<FactView>,
}

/// A node.
pub(super) struct NodePageView {
    pub(super) name: String,
    pub(super) program: String,
    pub(super) level: &'static str,
    pub(super) mark: &'static str,
    pub(super) rotation: String,
    pub(super) rotation_level: &'static str,
    /// How it is in the rotation, as the beginning of a sentence,
    pub(super) rotation_word: &'static str,
    /// and since when; empty: unknown.
    pub(super) rotation_since: String,
    pub(super) state: String,
    pub(super) reason: String,
    /// Of several: it is unfolded at first.
    pub(super) is_open: bool,
    pub(super) strip: StripView,
    pub(super) facts: Vec<FactView>,
    /// One list of its checks.
    pub(super) check_lists: [Vec<CheckView>; 1],
    pub(super) chain: ChainView,
    pub(super) storage: StorageView,
    pub(super) peers: PeersView,
    pub(super) queue: QueueView,
}

/// Its chain.
pub(super) struct ChainView {
    pub(super) facts: Vec<FactView>,
    pub(super) charts: Vec<ChartView>,
}

/// Its disk.
pub(super) struct StorageView {
    pub(super) bars: Vec<BarView>,
    pub(super) facts: Vec<FactView>,
    pub(super) charts: Vec<ChartView>,
}

/// How full something is, in thousandths.
pub(super) struct BarView {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) detail: String,
    pub(super) label: String,
    pub(super) level: &'static str,
    pub(super) fill: u32,
    pub(super) marks: Vec<u32>,
}

/// Its peers.
pub(super) struct PeersView {
    /// The name of the first column.
    pub(super) who: &'static str,
    pub(super) summary: String,
    pub(super) note: &'static str,
    pub(super) charts: Vec<ChartView>,
    pub(super) groups: Vec<PeerGroupView>,
}

/// Those of one direction.
pub(super) struct PeerGroupView {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) count: usize,
    pub(super) more: String,
    pub(super) rows: Vec<PeerView>,
}

/// One peer.
pub(super) struct PeerView {
    pub(super) who: String,
    pub(super) quality: String,
    /// In hundredths.
    pub(super) quality_fill: u32,
    pub(super) ping: String,
    pub(super) connected: String,
    pub(super) kind: String,
}

/// Its lost peers.
pub(super) struct QueueView {
    pub(super) summary: String,
    pub(super) states: Vec<FactView>,
    pub(super) has_rows: bool,
    pub(super) label: String,
    pub(super) caption: String,
    pub(super) note: String,
    pub(super) rows: Vec<QueueRowView>,
}

/// One lost peer.
pub(super) struct QueueRowView {
    pub(super) who: String,
    pub(super) state: String,
    pub(super) level: &'static str,
    pub(super) next: String,
    pub(super) attempt: String,
    pub(super) quality: String,
    pub(super) lost: String,
    pub(super) error: String,
}

/// What happened.
pub(super) struct EventsView {
    pub(super) summary: String,
    pub(super) has_rows: bool,
    pub(super) rows: Vec<EventView>,
}

/// One event.
pub(super) struct EventView {
    pub(super) level: &'static str,
    pub(super) mark: &'static str,
    pub(super) word: &'static str,
    pub(super) time: String,
    pub(super) ago: String,
    pub(super) what: String,
    pub(super) text: String,
}

/// The daemon.
pub(super) struct DaemonView {
    pub(super) facts: Vec<FactView>,
    pub(super) note: String,
}

impl FactView {
    /// Values of so many letters have a row of their own.
    const WIDE: usize = 36;

    /// `value` under `name`.
    pub(super) fn new(name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            name,
            is_wide: value.len() > Self::WIDE,
            value,
        }
    }
}

/// Names with their values.
pub(super) fn facts_of(facts: Vec<(&'static str, String)>) -> Vec<FactView> {
    let facts = facts.into_iter();
    facts
        .map(|(name, value)| FactView::new(name, value))
        .collect()
}
