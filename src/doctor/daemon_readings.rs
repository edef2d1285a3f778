//! What the daemon has answered. Pure.

use jiff::Timestamp;

use crate::api::{LeaseDocument, PlainHealth, QueuedPeer, StatusDocument};

/// The leases of the node with this name, or why they cannot be read.
pub type LeasesOfNode = (Option<String>, Result<Vec<LeaseDocument>, String>);

/// What the daemon has answered.
#[derive(Clone, Debug, Default)]
pub struct DaemonReadings {
    /// The status.
    pub status: StatusDocument,
    /// The health paths and what they answered: the HTTP status and the document.
    pub probes: Vec<(&'static str, u16, Option<PlainHealth>)>,
    /// The page of metrics; `None`: it is switched off.
    pub metrics: Option<String>,
    /// The leases, by node, or why they cannot be read.
    pub leases: Vec<LeasesOfNode>,
    /// The queue of peers, by node.
    pub queues: Vec<(Option<String>, Vec<QueuedPeer>)>,
    /// When it was asked.
    pub asked_at: Option<Timestamp>,
}

/// The values of the series of `family` on a page of metrics.
pub(super) fn samples<'a>(page: &'a str, family: &'a str) -> impl Iterator<Item = f64> + 'a {
    page.lines().filter_map(move |line| {
        let rest = line.strip_prefix(family)?;
        let is_whole_name = rest.starts_with(['{', ' ']);
        let value = rest.rsplit(' ').next().filter(|_| is_whole_name)?;
        value.parse().ok()
    })
}
