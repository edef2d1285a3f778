//! Whether a request may go to the node, and when: its methods, its limits, a place.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use ipnet::IpNet;
use smallvec::SmallVec;
use tokio::time::Instant;

use super::access::{Account, MethodList};
use super::alarm::Alarm;
use super::logins::Login;
use super::parse::{Calls, LONGEST_METHOD};
use super::policy::{Limits, Policy, Rules};
use super::principal::Principal;
use super::record::Record;
use super::refusal::{NODES_USER, Refusal};
use super::reply::Reply;
use super::{Gateway, Rare};
use crate::clock;
use crate::limit::{self, Charge, Key, Layer, MethodCharge, Rate, Shortage};
use crate::node::{Slot, Slots};
use crate::values::Mono;

/// A request that may go to the node now.
pub(super) struct Admission {
    pub(super) permit: Permit,
    /// When it got that.
    pub(super) at: Mono,
    /// What it was charged, if anything limits it.
    pub(super) charge: Option<Charge>,
}

/// What a call holds until the node has begun to answer it.
pub(super) struct Permit {
    _slot: Slot,
    /// Of the part for long polls, where it is one.
    of_long_polls: Option<Slot>,
    /// Of the part for credentials that are not verified, where it needs one, until the node must
    /// have refused them.
    share: Option<Slot>,
    /// The credentials that the node is to check, if there are any.
    pub(super) login: Option<Login>,
}

impl Permit {
    /// Whether its call waits for a block.
    pub(super) fn is_of_long_poll(&self) -> bool {
        self.of_long_polls.is_some()
    }

    /// Whether its call holds one of the places for credentials that are not verified.
    pub(super) fn has_share(&self) -> bool {
        self.share.is_some()
    }

    /// The node has not refused its credentials for so long that it works on the call: another that
    /// is new may be sent. The place at the node stays taken, and should it be refused after all,
    /// it counts as a failure.
    pub(super) fn give_share_back(&mut self) {
        self.share = None;
    }
}

/// Why a call may not be sent from the places that it has got.
enum NotNow {
    /// Its address has failed to log in too often; it may again after so long.
    TooManyFailures(Duration),
    /// The node has refused its credentials while it waited.
    NeedsShare,
}

/// How long a place at the node is waited for.
pub(super) struct Wait<'a> {
    pub(super) since: Mono,
    pub(super) until: Instant,
    pub(super) alarm: &'a mut Alarm,
}

impl Wait<'_> {
    /// One of `slots`, if one comes free in time.
    async fn take(&mut self, slots: &Slots) -> Option<Slot> {
        let mut slot = pin!(slots.take());
        let (alarm, until) = (&mut *self.alarm, self.until);
        poll_fn(|context| match slot.as_mut().poll(context) {
            Poll::Ready(slot) => Poll::Ready(slot),
            Poll::Pending => alarm.poll(until, context).map(|()| None),
        })
        .await
    }
}

impl Gateway {
    /// A place at the node for `calls`, once all limits agree. Nothing is charged before.
    pub(super) async fn admit(
        &self,
        rules: &Rules,
        calls: &Calls<'_>,
        principal: &Principal<'_>,
        record: &mut Record,
        wait: Wait<'_>,
    ) -> Result<Admission, Refusal> {
        let user = principal.user();
        allowed(&rules.policy, calls, user)?;
        let client = record.origin.client;
        let limits = rules
            .policy
            .limits
            .as_ref()
            .filter(|limits| !limits.exempts(client));
        let limits = limits.map(|limits| {
            (
                limits,
                charge(
                    rules,
                    limits,
                    record.origin.key,
                    principal.bucket(),
                    calls,
                    user,
                ),
            )
        });
        let (since, is_long_poll) = (wait.since, calls.are_long_poll());
        let mut asked = Asked {
            gateway: self,
            rules,
            user,
            record,
        };
        let (permit, now) =
            if let Some(permit) = self.permit_at_once(is_long_poll, principal, client, since) {
                (permit, since)
            } else {
                // Whoever is over a limit is told so at once.
                if let Some((limits, charge)) = &limits {
                    asked.check(limits, charge, since)?;
                }
                self.permit(is_long_poll, principal, client, wait).await?
            };
        self.front.waited(now.since(since));
        let charge = match limits {
            Some((limits, charge)) => asked.take(limits, &charge, now)?.then_some(charge),
            None => None,
        };
        Ok(Admission {
            permit,
            at: now,
            charge,
        })
    }

    /// A place that is free and for which nobody waits, unless the call needs a share of those for
    /// unverified credentials too.
    fn permit_at_once(
        &self,
        is_long_poll: bool,
        principal: &Principal<'_>,
        client: IpAddr,
        now: Mono,
    ) -> Option<Permit> {
        if self.needs_share(principal) {
            return None;
        }
        let of_long_polls = if is_long_poll {
            Some(self.long_polls.try_take()?)
        } else {
            None
        };
        let slot = self.slots.try_take()?;
        let login = self.begin(false, principal, client, now).ok()?;
        Some(Permit {
            _slot: slot,
            of_long_polls,
            share: None,
            login,
        })
    }

    /// Waits for a place. A long poll first waits for one that long polls may have, so that no
    /// other call is behind it. Whether the credentials may be shown to the node is looked at when
    /// the place is there: that of an address which sends many wrong ones at once is known by then.
    async fn permit(
        &self,
        is_long_poll: bool,
        principal: &Principal<'_>,
        client: IpAddr,
        mut wait: Wait<'_>,
    ) -> Result<(Permit, Mono), Refusal> {
        let of_long_polls = if is_long_poll {
            Some(self.place_of_long_polls(&mut wait).await?)
        } else {
            None
        };
        loop {
            let share = if self.needs_share(principal) {
                Some(self.share(&mut wait).await?)
            } else {
                None
            };
            let full = || {
                let most = self.slots.size();
                Refusal::Busy(format!(
                    "{most} calls are at the node already, and none has ended in time (rpc.max_in_flight)"
                ))
            };
            let slot = wait.take(&self.slots).await.ok_or_else(full)?;
            let now = clock::mono();
            match self.begin(share.is_some(), principal, client, now) {
                Ok(login) => {
                    return Ok((
                        Permit {
                            _slot: slot,
                            of_long_polls,
                            share,
                            login,
                        },
                        now,
                    ));
                }
                Err(NotNow::TooManyFailures(wait)) => {
                    return Err(self.too_many_failures(client, wait));
                }
                Err(NotNow::NeedsShare) => {}
            }
        }
    }

    /// Waits for one of the places that long polls may have.
    #[inline(never)]
    fn place_of_long_polls<'a>(
        &'a self,
        wait: &'a mut Wait<'_>,
    ) -> Rare<'a, Result<Slot, Refusal>> {
        Box::pin(async move {
            let most = self.long_polls.size();
            if most == 0 {
                return Err(Refusal::Busy(
                    "rpc.max_in_flight = 1 leaves no place for calls that wait for a block"
                        .to_owned(),
                ));
            }
            let full = || {
                let busy = format!(
                    "{most} calls that wait for a block are at the node already (rpc.max_long_polls)"
                );
                Refusal::Busy(busy)
            };
            wait.take(&self.long_polls).await.ok_or_else(full)
        })
    }

    /// Waits for one of the places that calls with unverified credentials may have.
    #[inline(never)]
    fn share<'a>(&'a self, wait: &'a mut Wait<'_>) -> Rare<'a, Result<Slot, Refusal>> {
        Box::pin(async move {
            let full = || {
                let others = "too many calls at the node with credentials that it has not accepted yet, no place came \
                              free in time";
                Refusal::Busy(others.to_owned())
            };
            wait.take(self.logins.unverified()).await.ok_or_else(full)
        })
    }

    /// A call of `principal` is sent `now`; whether it `has_share` of the places for unverified
    /// credentials.
    fn begin(
        &self,
        has_share: bool,
        principal: &Principal<'_>,
        client: IpAddr,
        now: Mono,
    ) -> Result<Option<Login>, NotNow> {
        let Some(credentials) = principal.credentials() else {
            return Ok(None);
        };
        let is_verified = self.is_verified(principal);
        if principal.has_shown_some() && !is_verified && !has_share {
            return Err(NotNow::NeedsShare);
        }
        self.logins
            .begin(credentials, is_verified, client, now)
            .map(Some)
            .map_err(NotNow::TooManyFailures)
    }

    /// While others wait for a place, an answer of the node goes out after they have sent their
    /// calls: the node works on those while its answers are passed on, and it and the clients are
    /// woken once for several calls, which is most of what a short call costs. To be awaited before
    /// `reply` is written.
    pub fn let_those_who_wait_go_first(&self, reply: &Reply) -> impl Future<Output = ()> + use<'_> {
        let waits = reply.of_node && self.slots.are_all_taken();
        async move {
            if waits {
                self.aside.step(clock::mono).await;
            }
        }
    }

    /// Gives back what a request was charged that has been refused after all.
    pub(super) fn refund(&self, charge: Option<&Charge>) {
        if let Some(charge) = charge {
            self.limiter().refund(charge, clock::mono());
        }
    }
}

/// Every call of a request must be allowed: one that is not refuses all.
fn allowed(policy: &Policy, calls: &Calls<'_>, user: Option<&Account>) -> Result<(), Refusal> {
    for call in calls.as_slice() {
        // What names no method runs none.
        let Some(method) = call.method.as_deref() else {
            continue;
        };
        let allows = |list: &MethodList| list.allows(call.known, method);
        let by = if !allows(&policy.methods) {
            "rpc.methods".to_owned()
        } else if let Some(user) = user.filter(|user| !allows(&user.methods)) {
            format!("methods of the user {} in rpc.auth.users", user.name)
        } else {
            continue;
        };
        let shown = method
            .get(..method.floor_char_boundary(LONGEST_METHOD))
            .unwrap_or_default();
        return Err(Refusal::Forbidden {
            method: shown.to_owned(),
            by,
        });
    }
    Ok(())
}

/// What `calls` cost their caller: the `user`, else whoever has `shown` these credentials, at
/// `address`.
fn charge(
    rules: &Rules,
    limits: &Limits,
    address: Key,
    shown: Option<Key>,
    calls: &Calls<'_>,
    user: Option<&Account>,
) -> Charge {
    let mut methods = SmallVec::<[MethodCharge; 1]>::new();
    for call in calls.as_slice() {
        let limit = call
            .method
            .as_deref()
            .and_then(|method| rules.method(call.known, method));
        let Some((method, rate)) = limit else {
            continue;
        };
        match methods.iter_mut().find(|charge| charge.method == method) {
            Some(charge) => charge.calls += 1,
            None => methods.push(MethodCharge {
                method,
                rate,
                calls: 1,
            }),
        }
    }
    let user = user
        .map(|user| (user.key, user.rate))
        .or_else(|| shown.map(|shown| (shown, limits.default)));
    Charge {
        address: (address, limits.default),
        user,
        calls: calls.cost(),
        methods,
    }
}

/// A request that asks the limiter.
struct Asked<'a> {
    gateway: &'a Gateway,
    rules: &'a Rules,
    user: Option<&'a Account>,
    record: &'a mut Record,
}

impl Asked<'_> {
    /// Whether it would pass now.
    fn check(&mut self, limits: &Limits, charge: &Charge, now: Mono) -> Result<(), Refusal> {
        match self.gateway.limiter().check(charge, now) {
            Err(refusal) if limits.enforce => Err(self.refused(charge, &refusal)),
            _ => Ok(()),
        }
    }

    /// Takes what it costs, if all layers have it; whether it did.
    fn take(&mut self, limits: &Limits, charge: &Charge, now: Mono) -> Result<bool, Refusal> {
        let mut limiter = self.gateway.limiter();
        match limiter.check(charge, now) {
            Ok(()) => {
                limiter.spend(charge, now);
                Ok(true)
            }
            Err(refusal) => {
                drop(limiter);
                let refusal = self.refused(charge, &refusal);
                if limits.enforce {
                    Err(refusal)
                } else {
                    Ok(false)
                }
            }
        }
    }

    /// Counts what is over a limit, and says it in the words of an answer.
    #[cold]
    fn refused(&mut self, charge: &Charge, refusal: &limit::Refusal) -> Refusal {
        let layer = refusal.layer.as_str();
        self.record.limited = Some(layer);
        self.gateway.front.limited(layer);
        let method = refusal
            .method
            .and_then(|method| charge.methods.iter().find(|charge| charge.method == method));
        match refusal.shortage {
            Shortage::Wait(wait) => Refusal::Limited {
                layer,
                key: self.key(refusal),
                wait,
            },
            Shortage::Never => {
                let user = charge.user.map_or(charge.address.1, |(_, rate)| rate);
                let (rate, cost): (Rate, u32) = match (refusal.layer, method) {
                    (Layer::Method, Some(method)) => (method.rate, method.calls),
                    (Layer::User, _) => (user, charge.calls),
                    _ => (charge.address.1, charge.calls),
                };
                Refusal::AboveBurst {
                    layer,
                    key: self.key(refusal),
                    cost,
                    burst: rate.burst().get(),
                }
            }
        }
    }

    /// Whose bucket it was: nothing that its owner does not know.
    fn key(&self, refusal: &limit::Refusal) -> String {
        match refusal.layer {
            Layer::Address => network_text(self.record.origin.client),
            Layer::User => self
                .user
                .map_or_else(|| NODES_USER.to_owned(), |user| user.name.to_string()),
            Layer::Method => refusal
                .method
                .and_then(|method| self.rules.method_called(method))
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// What an address shares its bucket with.
pub(super) fn network_text(address: IpAddr) -> String {
    const SUBSCRIBER: u8 = 64;
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(_) => IpNet::new(address, SUBSCRIBER).map_or_else(
            |_| address.to_string(),
            |network| network.trunc().to_string(),
        ),
    }
}
