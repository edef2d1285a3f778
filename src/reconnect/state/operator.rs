//! What an operator may ask for.

use super::{EnqueueReason, ReconnectState};
use crate::reconnect::entry::EntryState;
use crate::reconnect::kept::{Kept, KeptPeers};
use crate::values::{Mono, Now, PeerAddress};

/// Why a request is refused, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// There is no such peer.
    NotFound(String),
    /// A rule is against it.
    Conflict(String),
}

/// An operator's requests, each of which is done or refused.
pub struct Operator<'a> {
    state: &'a mut ReconnectState,
}

impl<'a> Operator<'a> {
    pub(super) fn new(state: &'a mut ReconnectState) -> Self {
        Self { state }
    }

    /// Nothing is dialled while reconnection is off, whatever anybody asks for.
    fn is_on(&self) -> Result<(), RequestError> {
        let off = || {
            RequestError::Conflict(
                "reconnection is off (network.reconnect_enabled = false)".to_owned(),
            )
        };
        if self.state.terms.enabled {
            Ok(())
        } else {
            Err(off())
        }
    }

    fn may_enter(&self, address: &PeerAddress) -> Result<(), RequestError> {
        self.is_on()?;
        if self.state.own.contains(address) {
            return Err(RequestError::Conflict(format!(
                "{address} is this node's own address"
            )));
        }
        Ok(())
    }

    /// One episode: into the queue, as if it had just been lost. One that is abandoned there is
    /// retried.
    pub fn queue_add(
        &mut self,
        address: &PeerAddress,
        now: Now,
        draw: u64,
    ) -> Result<(), RequestError> {
        self.may_enter(address)?;
        if self.state.list.is_connected(address) {
            return Err(RequestError::Conflict(format!("{address} is connected")));
        }
        match self.state.queue.get(address).map(|entry| entry.state) {
            Some(EntryState::Abandoned) => self.queue_retry(address, now.mono)?,
            Some(_) => {}
            None => {
                self.state.kept.readmit(address);
                self.state
                    .enqueue(address, EnqueueReason::Requested, now, draw);
            }
        }
        let quality = self.state.histories.quality(address, now);
        self.state.queue.set_quality(address, quality, true);
        match self.state.queue.get(address) {
            Some(_) => Ok(()),
            None => Err(RequestError::Conflict(
                "the queue is full of peers that somebody asked for".to_owned(),
            )),
        }
    }

    /// Due at once, with all its retries.
    pub fn queue_retry(&mut self, address: &PeerAddress, now: Mono) -> Result<(), RequestError> {
        self.is_on()?;
        let policy = self.state.policy();
        let retried = self.state.queue.retry(address, &policy, now);
        self.state.unsaved.entry(address);
        retried.ok_or_else(|| not_queued(address))
    }

    /// All are due at once, with all their retries. How many there are.
    pub fn queue_retry_all(&mut self, now: Mono) -> Result<usize, RequestError> {
        self.is_on()?;
        let queued = self.state.queue.iter();
        let all: Vec<_> = queued.map(|entry| entry.address.clone()).collect();
        Ok(all
            .iter()
            .filter(|address| self.queue_retry(address, now).is_ok())
            .count())
    }

    /// Out of the queue. One that is kept is watched again once it has been connected.
    pub fn queue_drop(&mut self, address: &PeerAddress) -> Result<(), RequestError> {
        if !self.state.leave(address) {
            return Err(not_queued(address));
        }
        if self.state.kept.is_kept(address) {
            self.state.kept.dismiss(address.clone());
            self.state.unsaved.peer(address);
        }
        self.state.forget(address);
        Ok(())
    }

    /// No attempts until `paused` is false again; also after a restart.
    pub fn set_paused(&mut self, paused: bool) -> Result<(), RequestError> {
        if !paused {
            self.is_on()?;
        }
        self.state.unsaved.whole |= self.state.paused != paused;
        self.state.paused = paused;
        Ok(())
    }

    /// From now on `address` is to be connected. Whether it was not before.
    pub fn keep(
        &mut self,
        address: &PeerAddress,
        now: Now,
        draw: u64,
    ) -> Result<bool, RequestError> {
        self.may_enter(address)?;
        let is_new = !self.state.kept.is_kept(address);
        if is_new && !self.state.kept.has_room() {
            return Err(RequestError::Conflict(format!(
                "{} peers have been added already",
                KeptPeers::MAX_ADDED_PEERS
            )));
        }
        if is_new {
            self.state.kept.add(address.clone());
        }
        self.state.kept.readmit(address);
        self.state.unsaved.peer(address);
        if self.state.list.is_connected(address) {
            return Ok(is_new);
        }
        self.state
            .enqueue(address, EnqueueReason::Requested, now, draw);
        let quality = self.state.histories.entry(address).quality(now);
        self.state.queue.set_quality(address, quality, true);
        Ok(is_new)
    }

    /// Not kept, not queued, not connected any more. As what the node lists it, if it is connected:
    /// that connection is to be ended, and its end is no loss.
    pub fn release(&mut self, address: &PeerAddress) -> Result<Option<PeerAddress>, RequestError> {
        if self.state.kept.kept(address) == Some(Kept::Configured) {
            let why = "is in network.peers: take it out there, then `bllvmctl config reload`";
            return Err(RequestError::Conflict(format!("{address} {why}")));
        }
        let mut targets = self.state.names.addresses(address).to_vec();
        targets.push(address.clone());
        let was_added = self.state.kept.remove(address);
        let goes = |target: &PeerAddress| {
            self.state.list.is_listed(target) && !self.is_kept_by_any_name(target)
        };
        let listed = targets.into_iter().find(goes);
        if !self.state.leave(address) && !was_added && listed.is_none() {
            return Err(RequestError::NotFound(format!(
                "{address} is not kept, not queued and not connected"
            )));
        }
        self.state.unsaved.peer(address);
        match &listed {
            Some(listed) => {
                self.state.kept.dismiss(listed.clone());
                self.state.kept.dismiss(address.clone());
            }
            None => self.state.forget(address),
        }
        Ok(listed)
    }

    /// Two names may stand for one peer, and one of them be released.
    fn is_kept_by_any_name(&self, target: &PeerAddress) -> bool {
        let kept = &self.state.kept;
        let mut names = self.state.names.names_of(target);
        kept.is_kept(target) || names.any(|name| kept.is_kept(name))
    }
}

fn not_queued(address: &PeerAddress) -> RequestError {
    RequestError::NotFound(format!("{address} is not in the queue"))
}
