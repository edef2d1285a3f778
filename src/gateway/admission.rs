//! Whether a request may go to the node, and when: its credentials, its methods, its limits, a place.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::task::Poll;

use hyper::StatusCode;
use ipnet::IpNet;
use smallvec::SmallVec;
use subtle::ConstantTimeEq;
use tokio::time::Instant;

use super::Gateway;
use super::access::{self, Account, MethodList};
use super::alarm::Alarm;
use super::parse::{Calls, LONGEST_METHOD};
use super::policy::{Limits, Policy, Rules};
use super::record::Record;
use super::refusal::{NODES_USER, Refusal};
use super::reply::Reply;
use crate::clock;
use crate::limit::{self, Charge, Key, Layer, MethodCharge, Rate, Shortage};
use crate::node::rpc::Shown;
use crate::node::{Slot, Slots};
use crate::values::Mono;

/// A request that may go to the node now.
pub(super) struct Admission {
    pub(super) place: Place,
    /// When it got that.
    pub(super) at: Mono,
    /// What it was charged, if anything limits it.
    pub(super) charge: Option<Charge>,
    /// The credentials that the node is to check, if there are any.
    pub(super) shown: Option<Key>,
}

/// A place at the node, free again when this is dropped.
pub(super) struct Place {
    _slot: Slot,
    /// Of the part for long polls, where it is one.
    of_long_polls: Option<Slot>,
}

impl Place {
    /// Whether its call waits for a block.
    pub(super) fn is_of_long_poll(&self) -> bool {
        self.of_long_polls.is_some()
    }
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
    /// The user who shows these credentials; `None` where the node checks them.
    pub(super) fn log_in<'a>(
        &self,
        rules: &'a Rules,
        authorization: Option<&[u8]>,
        client: IpAddr,
        now: Mono,
    ) -> Result<Option<&'a Account>, Refusal> {
        let user = rules.users.authenticate(authorization);
        if user.is_some() {
            return Ok(user);
        }
        let mut node_checks = rules.users.all().is_empty();
        if node_checks && let Some(right) = self.has_cookie_within(authorization) {
            if right {
                return Ok(None);
            }
            // What we know to be wrong need not be shown to the node.
            node_checks = false;
        }
        let mut failures = self.failures();
        if let Err(wait) = failures.check(client, now) {
            // Those that are known to be right do not have to wait for others at the same address.
            if node_checks && self.is_verified(authorization) {
                return Ok(None);
            }
            self.front.limited("login");
            return Err(Refusal::Limited { layer: "login", key: network_text(client), wait });
        }
        if node_checks {
            return Ok(None);
        }
        failures.record(client, now);
        self.front.auth_failed("front");
        Err(Refusal::Unauthorized)
    }

    /// Whether `authorization` holds the cookie of a node in this process, which is ours to know; `None` where the node
    /// is another process.
    fn has_cookie_within(&self, authorization: Option<&[u8]>) -> Option<bool> {
        let upstream = self.upstream.load();
        upstream.inlet()?;
        is_own(authorization, &upstream.credentials())
    }

    /// Whether the node, which checks it, is known to accept `authorization`: it did lately, or bllvmctl itself uses it.
    fn is_verified(&self, authorization: Option<&[u8]>) -> bool {
        self.shown(authorization).is_some_and(|shown| self.accepted.knows(shown))
            || is_own(authorization, &self.upstream.load().credentials()) == Some(true)
    }

    /// The node refused `authorization` of a client. Where bllvmctl uses the same credentials, the node has new ones: a
    /// client that has read them already must not have to wait until the next poll finds that out.
    pub(super) async fn reread_if_own(&self, authorization: Option<&[u8]>) {
        let upstream = self.upstream.load_full();
        let own = upstream.credentials();
        if upstream.inlet().is_none() && is_own(authorization, &own) == Some(true) {
            upstream.read_credentials_again(&own).await;
        }
    }

    /// The credentials in `authorization`, where the node checks them.
    fn shown(&self, authorization: Option<&[u8]>) -> Option<Key> {
        let shown = access::shown(authorization?)?;
        Some(self.limiter().user(&shown))
    }

    /// The node answered a call of `client` with `status`, which may say what it thinks of the credentials `shown`.
    pub(super) fn node_judged(&self, shown: Option<Key>, client: IpAddr, status: StatusCode) {
        if status == StatusCode::UNAUTHORIZED {
            self.failures().record(client, clock::mono());
            self.front.auth_failed("node");
        }
        match shown {
            Some(shown) if status == StatusCode::UNAUTHORIZED => self.accepted.forget(shown),
            // Another status may come of something that is looked at before the credentials.
            Some(shown) if status.is_success() => self.accepted.remember(shown),
            _ => {}
        }
    }

    /// A place at the node for `calls`, once all limits agree. Nothing is charged before.
    pub(super) async fn admit(
        &self,
        rules: &Rules,
        authorization: Option<&[u8]>,
        calls: &Calls<'_>,
        user: Option<&Account>,
        record: &mut Record,
        wait: Wait<'_>,
    ) -> Result<Admission, Refusal> {
        allowed(&rules.policy, calls, user)?;
        let client = record.origin.client;
        let limits = rules.policy.limits.as_ref().filter(|limits| !limits.exempts(client));
        let shown = if user.is_none() { self.shown(authorization) } else { None };
        let limits = limits.map(|limits| (limits, charge(rules, limits, record.origin.key, shown, calls, user)));
        let mut asked = Asked { gateway: self, rules, user, record };
        let (since, is_long_poll) = (wait.since, calls.are_long_poll());
        let (place, now) = if let Some(place) = self.try_place(is_long_poll) {
            (place, since)
        } else {
            // Whoever is over a limit is told so at once.
            if let Some((limits, charge)) = &limits {
                asked.check(limits, charge, since)?;
            }
            (self.place(is_long_poll, wait).await?, clock::mono())
        };
        self.front.waited(now.since(since));
        let charge = match limits {
            Some((limits, charge)) => asked.take(limits, &charge, now)?.then_some(charge),
            None => None,
        };
        Ok(Admission { place, at: now, charge, shown })
    }

    /// A place at the node, if one is free and nobody waits for it.
    fn try_place(&self, is_long_poll: bool) -> Option<Place> {
        let of_long_polls = if is_long_poll { Some(self.long_polls.try_take()?) } else { None };
        Some(Place { _slot: self.slots.try_take()?, of_long_polls })
    }

    /// Waits for a place at the node. A long poll first waits for one that long polls may have, so that no other call is
    /// behind it.
    async fn place(&self, is_long_poll: bool, mut wait: Wait<'_>) -> Result<Place, Refusal> {
        let of_long_polls = if is_long_poll {
            let most = self.long_polls.size();
            if most == 0 {
                return Err(Refusal::Busy(
                    "rpc.max_in_flight = 1 leaves no place for calls that wait for a block".to_owned(),
                ));
            }
            let full = || {
                let busy = format!("{most} calls that wait for a block are at the node already (rpc.max_long_polls)");
                Refusal::Busy(busy)
            };
            Some(wait.take(&self.long_polls).await.ok_or_else(full)?)
        } else {
            None
        };
        let full = || {
            let most = self.slots.size();
            Refusal::Busy(format!(
                "{most} calls are at the node already, and none has ended in time (rpc.max_in_flight)"
            ))
        };
        Ok(Place { _slot: wait.take(&self.slots).await.ok_or_else(full)?, of_long_polls })
    }

    /// While others wait for a place, an answer of the node goes out after they have sent their calls: the node works on
    /// those while its answers are passed on, and it and the clients are woken once for several calls, which is most of
    /// what a short call costs. To be awaited before `reply` is written.
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

/// Whether `authorization` holds the credentials `own`; `None` while those are not known. It takes as long for wrong ones.
fn is_own(authorization: Option<&[u8]>, own: &Shown) -> Option<bool> {
    let own = access::shown(own.header()?.as_bytes())?;
    let shown = authorization.and_then(access::shown);
    Some(shown.is_some_and(|shown| bool::from(shown.ct_eq(&own))))
}

/// Every call of a request must be allowed: one that is not refuses all.
fn allowed(policy: &Policy, calls: &Calls<'_>, user: Option<&Account>) -> Result<(), Refusal> {
    for call in calls.as_slice() {
        // What names no method runs none.
        let Some(method) = call.method.as_deref() else { continue };
        let allows = |list: &MethodList| list.allows(call.known, method);
        let by = if !allows(&policy.methods) {
            "rpc.methods".to_owned()
        } else if let Some(user) = user.filter(|user| !allows(&user.methods)) {
            format!("methods of the user {} in rpc.auth.users", user.name)
        } else {
            continue;
        };
        let shown = method.get(..method.floor_char_boundary(LONGEST_METHOD)).unwrap_or_default();
        return Err(Refusal::Forbidden { method: shown.to_owned(), by });
    }
    Ok(())
}

/// What `calls` cost their caller: the `user`, else whoever has `shown` these credentials, at `address`.
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
        let limit = call.method.as_deref().and_then(|method| rules.method(call.known, method));
        let Some((method, rate)) = limit else { continue };
        match methods.iter_mut().find(|charge| charge.method == method) {
            Some(charge) => charge.calls += 1,
            None => methods.push(MethodCharge { method, rate, calls: 1 }),
        }
    }
    let user = user.map(|user| (user.key, user.rate)).or_else(|| shown.map(|shown| (shown, limits.default)));
    Charge { address: (address, limits.default), user, calls: calls.cost(), methods }
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
                if limits.enforce { Err(refusal) } else { Ok(false) }
            }
        }
    }

    /// Counts what is over a limit, and says it in the words of an answer.
    #[cold]
    fn refused(&mut self, charge: &Charge, refusal: &limit::Refusal) -> Refusal {
        let layer = refusal.layer.as_str();
        self.record.limited = Some(layer);
        self.gateway.front.limited(layer);
        let method = refusal.method.and_then(|method| charge.methods.iter().find(|charge| charge.method == method));
        match refusal.shortage {
            Shortage::Wait(wait) => Refusal::Limited { layer, key: self.key(refusal), wait },
            Shortage::Never => {
                let user = charge.user.map_or(charge.address.1, |(_, rate)| rate);
                let (rate, cost): (Rate, u32) = match (refusal.layer, method) {
                    (Layer::Method, Some(method)) => (method.rate, method.calls),
                    (Layer::User, _) => (user, charge.calls),
                    _ => (charge.address.1, charge.calls),
                };
                Refusal::AboveBurst { layer, key: self.key(refusal), cost, burst: rate.burst().get() }
            }
        }
    }

    /// Whose bucket it was: nothing that its owner does not know.
    fn key(&self, refusal: &limit::Refusal) -> String {
        match refusal.layer {
            Layer::Address => network_text(self.record.origin.client),
            Layer::User => self.user.map_or_else(|| NODES_USER.to_owned(), |user| user.name.to_string()),
            Layer::Method => {
                refusal.method.and_then(|method| self.rules.method_called(method)).unwrap_or_default().to_owned()
            }
        }
    }
}

/// What an address shares its bucket with.
pub(super) fn network_text(address: IpAddr) -> String {
    const SUBSCRIBER: u8 = 64;
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(_) => {
            IpNet::new(address, SUBSCRIBER).map_or_else(|_| address.to_string(), |network| network.trunc().to_string())
        }
    }
}
