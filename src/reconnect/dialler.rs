//! One attempt: the calls to the node and to the resolver, none of which holds up another peer's
//! attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tracing::{debug, warn};

use super::attempts::DialOutcome;
use super::reconnection::Reconnection;
use crate::clock;
use crate::node::{Ban, Direction, Node, NodeError, NodeResult, Peer};
use crate::values::PeerAddress;
use crate::watch::{PollPlan, Workers};

/// The way to one node.
pub struct Dialler {
    node: Arc<dyn Node>,
    workers: Arc<Workers>,
    plan: watch::Receiver<PollPlan>,
    /// Dials hold a worker for as long as a connection takes: some are always left to the polls.
    dialling: Semaphore,
    /// That the node takes no such call was reported.
    is_reported: AtomicBool,
}

impl Dialler {
    /// Attempts whose calls are at the node at once.
    const MAX_DIALS: usize = 2;

    /// Will dial through `node` with its `workers`, as patient as `plan` says.
    #[must_use]
    pub fn new(
        node: Arc<dyn Node>,
        workers: Arc<Workers>,
        plan: watch::Receiver<PollPlan>,
    ) -> Self {
        Self {
            node,
            workers,
            plan,
            dialling: Semaphore::new(Self::MAX_DIALS),
            is_reported: AtomicBool::new(false),
        }
    }

    pub(super) fn plan(&self) -> &watch::Receiver<PollPlan> {
        &self.plan
    }

    pub(super) async fn disconnect(&self, address: &PeerAddress) -> NodeResult<()> {
        let _worker = self.workers.borrow().await;
        self.node.disconnect(address).await
    }

    pub(super) async fn bans(&self) -> NodeResult<Vec<Ban>> {
        let _worker = self.workers.borrow().await;
        self.node.bans().await
    }

    /// One attempt at `address`: looks up the name, asks whom the node has banned, and lets it
    /// dial.
    pub(super) async fn attempt(
        &self,
        reconnection: &Reconnection,
        address: &PeerAddress,
    ) -> DialOutcome {
        let targets = match self.targets(reconnection, address).await {
            Ok(targets) => targets,
            Err(why) => return DialOutcome::NotTried(why),
        };
        if let Some(earlier) = reconnection.state().earlier_attempt(address, &targets) {
            return DialOutcome::NotTried(format!("{earlier} is the same peer and under way"));
        }
        // Never closed.
        let _permit = self.dialling.acquire().await.ok();
        let bans = match self.bans().await {
            Ok(bans) => bans,
            // The node has no such list, or does not show it.
            Err(NodeError::Forbidden { .. } | NodeError::Unsupported { .. }) => Vec::new(),
            // It would dial also whom it has banned.
            Err(error) => return DialOutcome::NotTried(error.to_string()),
        };
        let free: Vec<_> = targets
            .iter()
            .filter(|target| !bans.iter().any(|ban| ban.covers(target)))
            .collect();
        if free.is_empty() {
            return DialOutcome::Banned;
        }
        self.dial_in_turn(&free).await
    }

    /// Lets the node dial one after another, until one is in its list. A worker is given back after
    /// each, since each may take as long as a connection does.
    async fn dial_in_turn(&self, targets: &[&PeerAddress]) -> DialOutcome {
        let began = clock::mono();
        let mut refused = None;
        for (index, target) in targets.iter().enumerate() {
            if index > 0 && self.lists(targets).await {
                break;
            }
            match self.dial(target).await {
                Some(not_tried @ DialOutcome::NotTried(_)) => return not_tried,
                Some(outcome) => refused = Some(outcome),
                None => refused = None,
            }
        }
        match (self.own_address(targets).await, refused) {
            (Some(own), _) => DialOutcome::Own(own.clone()),
            (None, Some(refused)) => refused,
            (None, None) => DialOutcome::Tried(clock::mono().since(began)),
        }
    }

    /// The one of `targets` that is the node itself: for a moment it lists both ends of that
    /// connection.
    async fn own_address<'a>(&self, targets: &[&'a PeerAddress]) -> Option<&'a PeerAddress> {
        let here: Vec<_> = targets
            .iter()
            .filter(|target| is_of_this_machine(target))
            .collect();
        if here.is_empty() {
            return None;
        }
        let peers = self.peers().await;
        let is_at =
            |text: &str, target: &PeerAddress| text.parse::<PeerAddress>().as_ref() == Ok(target);
        let both_ends = |target: &PeerAddress| {
            let dialled = |peer: &&Peer| !peer.handshaken && is_at(&peer.address, target);
            peers.iter().filter(dialled).any(|dialled| {
                peers.iter().any(|other| {
                    other.direction == Some(Direction::Inbound)
                        && other
                            .local_address
                            .as_deref()
                            .is_some_and(|local| is_at(local, target))
                        && dialled.local_address.as_ref() == Some(&other.address)
                })
            })
        };
        here.into_iter().find(|target| both_ends(target)).copied()
    }

    async fn peers(&self) -> Vec<Peer> {
        let _worker = self.workers.borrow().await;
        self.node.peers().await.unwrap_or_default()
    }

    /// `None`: the node has tried.
    async fn dial(&self, target: &PeerAddress) -> Option<DialOutcome> {
        let _worker = self.workers.borrow().await;
        match self.node.dial(target).await {
            Ok(()) => None,
            Err(NodeError::DialledLately { message, .. }) => Some(DialOutcome::NotTried(message)),
            Err(NodeError::Rpc { message, .. }) => Some(DialOutcome::Failed(message)),
            Err(error) => {
                let never = matches!(
                    error,
                    NodeError::Forbidden { .. } | NodeError::Unsupported { .. }
                );
                if never && !self.is_reported.swap(true, Ordering::Relaxed) {
                    warn!(%error, "lost peers cannot be dialled again");
                }
                Some(DialOutcome::NotTried(error.to_string()))
            }
        }
    }

    /// Whether one of several addresses of a name is connected already: the next one would be a
    /// second connection.
    async fn lists(&self, targets: &[&PeerAddress]) -> bool {
        let peers = self.peers().await;
        let listed = peers
            .iter()
            .filter_map(|peer| peer.address.parse::<PeerAddress>().ok());
        listed.into_iter().any(|listed| targets.contains(&&listed))
    }

    /// What to dial for `address`. A name is looked up each time, here, so that it is known
    /// under which address the node will list it; behind a proxy, and where nothing is found, the
    /// node gets the name.
    async fn targets(
        &self,
        reconnection: &Reconnection,
        address: &PeerAddress,
    ) -> Result<Vec<PeerAddress>, String> {
        let may_look_up = reconnection.state().may_look_up();
        if address.lookup().is_none() || !may_look_up {
            return Ok(vec![address.clone()]);
        }
        let found = look_up(address).await;
        let addresses = found.clone().unwrap_or_default();
        reconnection.state().resolved(address, addresses);
        match found {
            Ok(addresses) => Ok(addresses),
            Err(error) => {
                debug!(%address, error, "cannot look up a peer's name; the node gets the name");
                Ok(vec![address.clone()])
            }
        }
    }
}

/// Whether it is an address of this machine, by the only sure sign: it can be bound.
fn is_of_this_machine(address: &PeerAddress) -> bool {
    address
        .socket()
        .is_some_and(|socket| std::net::UdpSocket::bind((socket.ip(), 0)).is_ok())
}

/// The addresses that a name stands for now: a few of them, since a seed has many.
pub(super) async fn look_up(name: &PeerAddress) -> Result<Vec<PeerAddress>, String> {
    const LONGEST: Duration = Duration::from_secs(5);
    const MOST: usize = 4;
    let Some((host, port)) = name.lookup() else {
        return Ok(Vec::new());
    };
    let found = timeout(LONGEST, tokio::net::lookup_host((host, port))).await;
    let found = found
        .map_err(|_| "no answer of the resolver".to_owned())?
        .map_err(|error| error.to_string())?;
    let mut addresses: Vec<PeerAddress> = Vec::new();
    for address in found.map(PeerAddress::from) {
        if !addresses.contains(&address) && addresses.len() < MOST {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        Err("it has no address".to_owned())
    } else {
        Ok(addresses)
    }
}
