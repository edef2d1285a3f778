//! What a call needs to be sent to its node, and holds until the node has begun to answer it.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::Upstream;
use super::verified::{Claim, Login, Standing};
use crate::clock;
use crate::gateway::rare_future::RareFuture;
use crate::gateway::refusal::CallRefusal;
use crate::gateway::reusable_timer::ReusableTimer;
use crate::node::{Slot, Slots};
use crate::values::Mono;

/// What a call is that asks for a permit.
#[derive(Clone, Copy)]
pub(in crate::gateway) struct PermitRequest<'a> {
    /// Whether it waits for a block.
    pub(in crate::gateway) is_long_poll: bool,
    /// The credentials that the node is to check, if there are any.
    pub(in crate::gateway) claim: Option<Claim<'a>>,
    /// Whose call it is.
    pub(in crate::gateway) client: IpAddr,
    /// Another node has accepted the credentials: that this one does not is no failed login.
    pub(in crate::gateway) is_accepted_elsewhere: bool,
}

/// A slot of the concurrency limit, and what else a call needs.
pub(in crate::gateway) struct Permit {
    _slot: Slot,
    /// Of the part for long polls, where it is one.
    long_poll: Option<Slot>,
    /// Of the parts for credentials that are not verified, where it needs them, until the node must
    /// have refused them.
    unverified: Option<Slot>,
    unverified_long_poll: Option<Slot>,
    /// The credentials that the node is to check, if there are any.
    pub(super) login: Option<Login>,
}

impl Permit {
    /// Whether its call waits for a block.
    pub(super) fn is_long_poll(&self) -> bool {
        self.long_poll.is_some()
    }

    /// Whether its call holds one of the slots for credentials that are not verified.
    pub(super) fn is_unverified(&self) -> bool {
        self.unverified.is_some()
    }

    /// The node has not refused its credentials for so long that it works on the call: another
    /// unverified call may be sent. The slot stays taken, and if the call is refused after all, it
    /// counts as a failure.
    pub(super) fn give_unverified_back(&mut self) {
        self.unverified = None;
        self.unverified_long_poll = None;
    }
}

/// Why a call may not be sent although it has a slot.
enum PermitObstacle {
    /// Its address has too many failed logins; it may retry after this time.
    TooManyFailures(Duration),
    /// The node has refused its credentials while it waited.
    NeedsUnverified,
}

/// How long a slot is waited for.
pub(in crate::gateway) enum Wait<'a> {
    /// Until this time, at which the timer wakes.
    Until(Instant, &'a mut ReusableTimer),
    /// As long as the caller polls: it waits at several nodes, and has one timer for all of them.
    Polled,
}

impl Wait<'_> {
    /// One of `slots`, if one comes free in time.
    async fn take(&mut self, slots: &Slots) -> Option<Slot> {
        let Self::Until(until, timer) = self else {
            return slots.take().await;
        };
        let mut slot = pin!(slots.take());
        poll_fn(|context| match slot.as_mut().poll(context) {
            Poll::Ready(slot) => Poll::Ready(slot),
            Poll::Pending => timer.poll(*until, context).map(|()| None),
        })
        .await
    }
}

impl Upstream {
    /// A permit, if a slot is free and no call waits for it; none for calls that need one of the
    /// slots for unverified credentials too.
    pub(in crate::gateway) fn try_permit(
        &self,
        ask: PermitRequest<'_>,
        now: Mono,
    ) -> Option<Permit> {
        if self.needs_unverified(ask.claim) {
            return None;
        }
        let long_poll = if ask.is_long_poll {
            Some(self.concurrency.long_polls.try_take()?)
        } else {
            None
        };
        let slot = self.concurrency.slots.try_take()?;
        let login = self.begin(false, ask, now).ok()?;
        Some(Permit {
            _slot: slot,
            long_poll,
            unverified: None,
            unverified_long_poll: None,
            login,
        })
    }

    /// Whether no slot is free for such a call, as far as it needs one of those for long polls and
    /// of those for unverified credentials too.
    pub(in crate::gateway) fn is_full(&self, ask: PermitRequest<'_>) -> bool {
        let concurrency = &self.concurrency;
        concurrency.slots.are_all_taken()
            || ask.is_long_poll && concurrency.long_polls.are_all_taken()
            || self.needs_unverified(ask.claim) && concurrency.unverified.are_all_taken()
    }

    /// The refusal of a call that has waited too long for a slot.
    #[cold]
    pub(in crate::gateway) fn busy(&self, ask: PermitRequest<'_>) -> CallRefusal {
        let concurrency = &self.concurrency;
        if ask.is_long_poll && concurrency.long_polls.are_all_taken() {
            self.full_of_long_polls()
        } else if self.needs_unverified(ask.claim) && concurrency.unverified.are_all_taken() {
            full_of_unverified()
        } else {
            self.full()
        }
    }

    /// Waits for a permit, and returns it with the time at which it was acquired. A long poll first
    /// waits for a slot that long polls may have, so that no other call waits behind it; with
    /// unverified credentials it waits before that for one of those that such calls may have of
    /// them, so that few strangers are ahead of a verified client. Whether the credentials may be
    /// sent to the node is checked once there is a slot: by then an address that sends many wrong
    /// ones at once is known.
    pub(in crate::gateway) async fn permit(
        &self,
        ask: PermitRequest<'_>,
        mut wait: Wait<'_>,
    ) -> Result<(Permit, Mono), CallRefusal> {
        let unverified_long_poll = if ask.is_long_poll && self.needs_unverified(ask.claim) {
            let slots = &self.concurrency.unverified_long_polls;
            Some(Self::slot_of_unverified(slots, &mut wait).await?)
        } else {
            None
        };
        let long_poll = if ask.is_long_poll {
            Some(self.slot_of_long_polls(&mut wait).await?)
        } else {
            None
        };
        loop {
            let unverified = if self.needs_unverified(ask.claim) {
                let slots = &self.concurrency.unverified;
                Some(Self::slot_of_unverified(slots, &mut wait).await?)
            } else {
                None
            };
            let slot = wait
                .take(&self.concurrency.slots)
                .await
                .ok_or_else(|| self.full())?;
            let now = clock::mono();
            match self.begin(unverified.is_some(), ask, now) {
                Ok(login) => {
                    // The node may have accepted them in the meantime.
                    let unverified_long_poll =
                        unverified_long_poll.filter(|_| unverified.is_some());
                    let permit = Permit {
                        _slot: slot,
                        long_poll,
                        unverified,
                        unverified_long_poll,
                        login,
                    };
                    return Ok((permit, now));
                }
                Err(PermitObstacle::TooManyFailures(wait)) => {
                    return Err(self.verified.failed_logins().refuse(ask.client, wait));
                }
                Err(PermitObstacle::NeedsUnverified) => {}
            }
        }
    }

    #[cold]
    fn full(&self) -> CallRefusal {
        let most = self.concurrency.slots.size();
        CallRefusal::Busy(format!(
            "{most} calls are at the node already, and none has ended in time (rpc.max_in_flight)"
        ))
    }

    /// Waits for one of the slots that long polls may have.
    #[inline(never)]
    fn slot_of_long_polls<'a>(
        &'a self,
        wait: &'a mut Wait<'_>,
    ) -> RareFuture<'a, Result<Slot, CallRefusal>> {
        Box::pin(async move {
            let most = self.concurrency.long_polls.size();
            if most == 0 {
                return Err(CallRefusal::Busy(
                    "rpc.max_in_flight = 1 leaves no slot for calls that wait for a block"
                        .to_owned(),
                ));
            }
            wait.take(&self.concurrency.long_polls)
                .await
                .ok_or_else(|| self.full_of_long_polls())
        })
    }

    #[cold]
    fn full_of_long_polls(&self) -> CallRefusal {
        let most = self.concurrency.long_polls.size();
        CallRefusal::Busy(format!(
            "{most} calls that wait for a block are at the node already (rpc.max_long_polls)"
        ))
    }

    /// Waits for one of `slots`, which calls with unverified credentials may have.
    #[inline(never)]
    fn slot_of_unverified<'a>(
        slots: &'a Slots,
        wait: &'a mut Wait<'_>,
    ) -> RareFuture<'a, Result<Slot, CallRefusal>> {
        Box::pin(async move { wait.take(slots).await.ok_or_else(full_of_unverified) })
    }

    /// A call is sent `now`; whether it has one of the slots for unverified credentials.
    fn begin(
        &self,
        has_unverified: bool,
        ask: PermitRequest<'_>,
        now: Mono,
    ) -> Result<Option<Login>, PermitObstacle> {
        let Some(claim) = ask.claim else {
            return Ok(None);
        };
        let is_verified = self.is_verified(claim);
        if claim.authorization.is_some() && !is_verified && !has_unverified {
            return Err(PermitObstacle::NeedsUnverified);
        }
        let standing = match is_verified {
            _ if ask.is_accepted_elsewhere => Standing::AcceptedElsewhere,
            true => Standing::Verified,
            false => Standing::Unverified,
        };
        self.verified
            .begin(claim.key, standing, ask.client, now)
            .map(Some)
            .map_err(PermitObstacle::TooManyFailures)
    }

    /// Whether the node may take long to check the credentials: a call without any is refused at
    /// once.
    fn needs_unverified(&self, claim: Option<Claim<'_>>) -> bool {
        claim.is_some_and(|claim| claim.authorization.is_some() && !self.is_verified(claim))
    }
}

#[cold]
fn full_of_unverified() -> CallRefusal {
    let others = "too many calls at the node with credentials that it has not accepted yet, no \
                  slot became free in time";
    CallRefusal::Busy(others.to_owned())
}
