//! What an operator may ask for.

use super::sight::Origin;
use super::{Book, EntryState};
use crate::values::{Mono, Now, PeerAddress, PeerName};

/// Why a peer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is in the configuration.
    Configured,
    /// An operator added it.
    Added,
}

impl Kept {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Added => "added",
        }
    }
}

/// Why a wish is not fulfilled, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such peer.
    NotFound(String),
    /// A rule is against it.
    Conflict(String),
}

/// An operator may add so many.
const MOST_ADDED: usize = 1000;

impl Book {
    /// The address that `name` is on the node's chain.
    pub fn address_of(&self, name: &PeerName) -> Result<PeerAddress, Refusal> {
        let address = self
            .chain
            .map(|chain| name.on(chain))
            .or_else(|| name.complete());
        address.ok_or_else(|| {
            Refusal::Conflict(format!(
                "the node has not told its chain yet, so {name} has no port; write host:port"
            ))
        })
    }

    /// Why a peer is kept, if it is.
    #[must_use]
    pub fn kept(&self, address: &PeerAddress) -> Option<Kept> {
        let added = || self.added.contains(address).then_some(Kept::Added);
        self.configured
            .contains(address)
            .then_some(Kept::Configured)
            .or_else(added)
    }

    /// Nothing is dialled while reconnection is off, whatever anybody asks for.
    fn is_on(&self) -> Result<(), Refusal> {
        let off = || {
            Refusal::Conflict("reconnection is off (network.reconnect_enabled = false)".to_owned())
        };
        if self.terms.enabled {
            Ok(())
        } else {
            Err(off())
        }
    }

    fn may_enter(&self, address: &PeerAddress) -> Result<(), Refusal> {
        self.is_on()?;
        if self.node.own.contains(address) {
            return Err(Refusal::Conflict(format!(
                "{address} is this node's own address"
            )));
        }
        Ok(())
    }

    /// One episode: into the queue, as if it had just been lost. One that is abandoned there begins
    /// anew.
    pub fn queue_add(&mut self, address: &PeerAddress, now: Now, draw: u64) -> Result<(), Refusal> {
        self.may_enter(address)?;
        if self.node.connected.contains(address) {
            return Err(Refusal::Conflict(format!("{address} is connected")));
        }
        match self.queue.get(address).map(|entry| entry.state) {
            Some(EntryState::Abandoned) => self.queue_retry(address, now.mono)?,
            Some(_) => {}
            None => {
                self.let_go.remove(address);
                self.enqueue(address, Origin::Asked, now, draw);
            }
        }
        let quality = self
            .histories
            .get(address)
            .cloned()
            .unwrap_or_default()
            .quality(now);
        self.queue.revalue(address, quality, true);
        match self.queue.get(address) {
            Some(_) => Ok(()),
            None => Err(Refusal::Conflict(
                "the queue is full of peers that somebody asked for".to_owned(),
            )),
        }
    }

    /// Due at once, with all its retries.
    pub fn queue_retry(&mut self, address: &PeerAddress, now: Mono) -> Result<(), Refusal> {
        self.is_on()?;
        let retried = self.queue.retry(address, &self.policy(), now);
        self.dirty.queue.insert(address.clone());
        retried.ok_or_else(|| not_queued(address))
    }

    /// All are due at once, with all their retries. How many there are.
    pub fn queue_retry_all(&mut self, now: Mono) -> Result<usize, Refusal> {
        self.is_on()?;
        let all: Vec<_> = self
            .queue
            .iter()
            .map(|entry| entry.address.clone())
            .collect();
        Ok(all
            .iter()
            .filter(|address| self.queue_retry(address, now).is_ok())
            .count())
    }

    /// Out of the queue. One that is kept is watched again once it has been connected.
    pub fn queue_drop(&mut self, address: &PeerAddress) -> Result<(), Refusal> {
        if !self.leave(address) {
            return Err(not_queued(address));
        }
        if self.is_kept(address) {
            self.let_go.insert(address.clone());
            self.dirty.peers.insert(address.clone());
        }
        self.forget(address);
        Ok(())
    }

    /// No attempts until `paused` is false again; also after a restart.
    pub fn set_paused(&mut self, paused: bool) -> Result<(), Refusal> {
        if !paused {
            self.is_on()?;
        }
        self.dirty.paused |= self.paused != paused;
        self.paused = paused;
        Ok(())
    }

    /// From now on `address` is to be connected. Whether it was not before.
    pub fn keep(&mut self, address: &PeerAddress, now: Now, draw: u64) -> Result<bool, Refusal> {
        self.may_enter(address)?;
        let new = self.kept(address).is_none();
        if new && self.added.len() >= MOST_ADDED {
            return Err(Refusal::Conflict(format!(
                "{MOST_ADDED} peers have been added already"
            )));
        }
        if new {
            self.added.insert(address.clone());
        }
        self.let_go.remove(address);
        self.dirty.peers.insert(address.clone());
        if self.node.connected.contains(address) {
            return Ok(new);
        }
        self.enqueue(address, Origin::Asked, now, draw);
        let quality = self
            .histories
            .entry(address.clone())
            .or_default()
            .quality(now);
        self.queue.revalue(address, quality, true);
        Ok(new)
    }

    /// Not kept, not queued, not connected any more. As what the node lists it, if it is connected:
    /// that connection is to be ended, and its end is no loss.
    pub fn release(&mut self, address: &PeerAddress) -> Result<Option<PeerAddress>, Refusal> {
        if self.configured.contains(address) {
            let why = "is in network.peers: take it out there, then `bllvmctl config reload`";
            return Err(Refusal::Conflict(format!("{address} {why}")));
        }
        let mut targets = self.aliases.get(address).cloned().unwrap_or_default();
        targets.push(address.clone());
        let was_added = self.added.remove(address);
        let goes = |target: &PeerAddress| {
            self.node.listed.contains(target) && !self.is_kept_by_any_name(target)
        };
        let listed = targets.into_iter().find(goes);
        if !self.leave(address) && !was_added && listed.is_none() {
            return Err(Refusal::NotFound(format!(
                "{address} is not kept, not queued and not connected"
            )));
        }
        self.dirty.peers.insert(address.clone());
        match &listed {
            Some(listed) => {
                self.let_go.insert(listed.clone());
                self.let_go.insert(address.clone());
            }
            None => self.forget(address),
        }
        Ok(listed)
    }

    /// Two names may stand for one peer, and one of them be let go.
    fn is_kept_by_any_name(&self, target: &PeerAddress) -> bool {
        let stands_for = |name: &&PeerAddress| {
            self.aliases
                .get(*name)
                .is_some_and(|aliases| aliases.contains(target))
        };
        self.is_kept(target)
            || self
                .configured
                .union(&self.added)
                .any(|name| stands_for(&name))
    }
}

fn not_queued(address: &PeerAddress) -> Refusal {
    Refusal::NotFound(format!("{address} is not in the queue"))
}
