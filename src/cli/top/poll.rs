//! Asks the daemon, on a thread of its own: the screen answers keys also while the daemon does not.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use reqwest::{Method, StatusCode};

use super::view::{AccessLevel, DrainOrder};
use crate::api::{
    DrainRequest, LeaseDocument, NodeDrained, NodeHealth, NodeSummary, PeerDocument, QueuedPeer,
    StatusDocument, path_of_node,
};
use crate::cli::client::Client;
use crate::cli::exit::{Exit, Failure};
use crate::cli::screen::{ScreenInput, WorkerEnd};
use crate::cli::{drain, health_answer, status};
use crate::overview::{NodeOverview, Overview, only_node};

/// What the poller is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PollRequest {
    /// Ask for peers, queue and leases of this node too, from now on.
    Select(String),
    /// Ask nothing until it is asked.
    Pause,
    /// Ask now, and go on.
    Resume,
    /// Drain the node, or undrain it.
    Drain(DrainOrder),
}

/// What the daemon answered.
pub(super) enum PollAnswer {
    Overview(Box<Overview>),
    /// It did not answer, or not as it should.
    Failed(Failure),
    /// The node was drained or undrained, in a sentence; or why it was not.
    Changed(DrainOrder, Result<String, DrainFailure>),
}

/// Why a node was not drained or undrained.
pub(super) enum DrainFailure {
    /// The daemon refuses it for this reason, unless it is forced.
    TooFewLeft(String),
    Other(Failure),
}

impl From<Failure> for DrainFailure {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

/// Asks the daemon.
pub(super) struct Poller {
    client: Client,
    pub(super) access: AccessLevel,
    /// The node whose peers, queue and leases are asked for; `None`: the one that reads go to.
    selected: Option<String>,
}

impl Poller {
    /// Asks for the first time. Without access to the control API the public part is asked for: a
    /// token that is refused again and again would count as a failed login each time.
    pub(super) fn start(
        client: Client,
        selected: Option<String>,
    ) -> Result<(Self, Overview), Failure> {
        let mut poller = Self {
            client,
            access: AccessLevel::Control,
            selected,
        };
        let overview = match poller.overview() {
            Err(refusal)
                if refusal.exit == Exit::NotAuthorised && !poller.client.has_explicit_token() =>
            {
                poller.access = AccessLevel::Public;
                poller.overview().map_err(|_| refusal)?
            }
            first => first?,
        };
        Ok((poller, overview))
    }

    /// Asks again at each interval, and when it is asked to, until nobody reads the answers.
    pub(super) fn run(
        mut self,
        every: Duration,
        asked: &Receiver<PollRequest>,
        answers: &Sender<ScreenInput<PollAnswer>>,
    ) {
        let _end = WorkerEnd(answers.clone());
        let mut is_paused = false;
        loop {
            let request = if is_paused {
                asked.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                asked.recv_timeout(every)
            };
            is_paused = matches!(request, Ok(PollRequest::Pause));
            let changed = match request {
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) | Ok(PollRequest::Resume) => None,
                Ok(PollRequest::Pause) => continue,
                Ok(PollRequest::Select(node)) => {
                    self.selected = Some(node);
                    None
                }
                Ok(PollRequest::Drain(order)) => {
                    let done = self.drain(&order);
                    Some(PollAnswer::Changed(order, done))
                }
            };
            let overview = match self.overview() {
                Ok(overview) => PollAnswer::Overview(Box::new(overview)),
                Err(failure) => PollAnswer::Failed(failure),
            };
            for answer in changed.into_iter().chain([overview]) {
                if answers.send(ScreenInput::Result(answer)).is_err() {
                    return;
                }
            }
        }
    }

    fn overview(&self) -> Result<Overview, Failure> {
        let mut document = match self.access {
            AccessLevel::Control => status::fetch_control(&self.client)?.document,
            AccessLevel::Public => {
                let answer = health_answer::ask("/health/detailed", false, &self.client, None)?;
                answer.document::<StatusDocument>()?.document
            }
        };
        let history = document.detailed.history.take().unwrap_or_default();
        let nodes = match &document.detailed.nodes {
            Some(nodes) => nodes.clone(),
            None => vec![only_node(&document.detailed)],
        };
        let hour = |name: &str| {
            let hour = history.nodes.iter().find(|hour| hour.name == name);
            hour.cloned().unwrap_or_default()
        };
        let nodes = nodes.into_iter().map(|health| NodeOverview {
            hour: hour(&health.name),
            health,
            ..NodeOverview::default()
        });
        let mut overview = Overview {
            nodes: nodes.collect(),
            history,
            status: document,
            ..Overview::default()
        };
        if self.access == AccessLevel::Control {
            self.add_control(&mut overview)?;
        }
        Ok(overview)
    }

    /// What only the control API has. Peers, queue and leases are those of one node: an answer takes as long
    /// with many nodes as with one.
    fn add_control(&self, overview: &mut Overview) -> Result<(), Failure> {
        let summaries = self.get::<Vec<NodeSummary>>("/api/v1/nodes")?;
        for summary in summaries {
            let is_it = |node: &&mut NodeOverview| node.health.name == summary.name;
            if let Some(node) = overview.nodes.iter_mut().find(is_it) {
                node.priority = summary.priority;
                node.first_kept_height = summary.first_kept_height;
                node.in_flight = summary.in_flight;
                node.p50_secs = summary.p50_secs;
            }
        }
        let selected = self.selected.as_deref();
        let has_name = |health: &NodeHealth| selected == Some(&health.name);
        let position = overview
            .nodes
            .iter()
            .position(|node| has_name(&node.health));
        let reads = overview.nodes.iter().position(|node| node.health.reads);
        let position = position.or(reads).unwrap_or(0);
        if let Some(node) = overview.nodes.get_mut(position) {
            let path = |resource| path_of_node(Some(&node.health.name), resource);
            let peers = path("peers");
            let queue = path("queue");
            let leases = path("leases");
            node.peers = self.get::<Vec<PeerDocument>>(&peers)?;
            node.queue = self.get::<Vec<QueuedPeer>>(&queue)?;
            if node.health.pruning.leases != Some(0) {
                node.leases = self.get::<Vec<LeaseDocument>>(&leases)?;
            }
        }
        Ok(())
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let answer = self.client.control::<T>(Method::GET, path)?;
        Ok(answer.granted()?.document)
    }

    fn drain(&self, order: &DrainOrder) -> Result<String, DrainFailure> {
        let node = &order.node;
        if !order.is_drain {
            drain::undrain_at(node, &self.client)?;
            return Ok(format!("{node} is undrained"));
        }
        let request = DrainRequest {
            force: order.force,
            ..DrainRequest::default()
        };
        let answer = (self.client).post::<NodeDrained>(&drain::path(node), &request)?;
        if answer.status() == StatusCode::CONFLICT {
            return Err(DrainFailure::TooFewLeft(answer.detail()));
        }
        answer.granted()?;
        Ok(format!("{node} is drained"))
    }
}
