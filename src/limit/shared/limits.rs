//! The limits that several daemons share, as a call asks them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::facts::StoreFacts;
use super::members::LimitMembers;
use super::purse::PurseTerms;
use super::purses::{
    CallSettlement, Demand, Demands, PurseAnswer, Purses, StoreAnswer, StoreKey, StoreQuestion,
};
use super::script::Asker;
use super::secret::BucketSecret;
use super::settings::{SharedSettings, WhenAway};
use super::signal::QuestionSignal;
use super::store::{LimitStoreError, StoreAccess, StoreConnection};
use crate::clock;
use crate::limit::charge::LimitRefusal;
use crate::metrics::LimitsMetrics;
use crate::values::Mono;

/// What the shared limits say to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedVerdict {
    /// It is paid.
    Paid,
    /// It is over a limit.
    Refused(LimitRefusal),
    /// The store does not say in time: the daemon decides by itself.
    Away,
}

/// How the store is, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreReport {
    /// Where it is.
    pub address: String,
    /// It is used.
    pub is_up: bool,
    /// `shared`, or what happens while it is away.
    pub mode: &'static str,
    /// Since when.
    pub since: Mono,
    /// Why it is away, or what is wrong with it; `None` also before its first answer.
    pub reason: Option<String>,
    /// `redis` or `valkey`, and its version.
    pub version: Option<String>,
    /// Daemons with the same one share.
    pub namespace: String,
    /// What a limit is divided by while the store is away.
    pub replicas: u32,
    /// Daemons that are alive.
    pub members: u32,
    /// Callers of whom something is known here.
    pub purses: usize,
    /// Tokens that are held ahead.
    pub tokens: u64,
}

/// A question on its way to the store.
pub(super) struct PendingQuestion {
    pub(super) question: Box<StoreQuestion>,
    pub(super) signal: Arc<QuestionSignal>,
    pub(super) demands: Demands,
}

/// The limits that several daemons share.
pub struct SharedLimits {
    pub(super) settings: SharedSettings,
    /// This run, in hexadecimal digits.
    pub(super) daemon: String,
    state: Mutex<SharedState>,
    /// What a limit is divided by, beside the state: each call reads it.
    replicas: AtomicU32,
    asks: mpsc::UnboundedSender<PendingQuestion>,
    pub(super) asked: tokio::sync::Mutex<mpsc::UnboundedReceiver<PendingQuestion>>,
    pub(super) metrics: LimitsMetrics,
}

pub(super) struct SharedState {
    pub(super) purses: Purses,
    pub(super) members: LimitMembers,
    pub(super) secret: BucketSecret,
    /// That of the store while it is used.
    pub(super) connection: Option<StoreConnection>,
    pub(super) facts: Option<StoreFacts>,
    pub(super) reason: Option<String>,
    pub(super) since: Mono,
    signals: HashMap<StoreKey, Arc<QuestionSignal>, foldhash::fast::RandomState>,
}

/// What is to be done for a call.
enum CallStep {
    Decided(SharedVerdict),
    /// Its own question is on its way.
    Own(Arc<QuestionSignal>),
    /// Another call's question about one of its buckets is.
    Others(Arc<QuestionSignal>),
}

impl SharedLimits {
    /// Limits that have not been used yet; this daemon hashes with `secret` until the store
    /// says otherwise.
    #[must_use]
    pub fn new(settings: SharedSettings, secret: BucketSecret, metrics: LimitsMetrics) -> Self {
        let (asks, asked) = mpsc::unbounded_channel();
        let secret = settings.secret.unwrap_or(secret);
        let random = BucketSecret::random().fingerprint();
        metrics.mode(settings.when_away.as_str());
        Self {
            state: Mutex::new(SharedState {
                purses: Purses::default(),
                members: LimitMembers::new(settings.replicas),
                secret,
                connection: None,
                facts: None,
                reason: None,
                since: clock::mono(),
                signals: HashMap::default(),
            }),
            replicas: AtomicU32::new(settings.replicas.max(1)),
            settings,
            daemon: random.as_str().to_owned(),
            asks,
            asked: tokio::sync::Mutex::new(asked),
            metrics,
        }
    }

    /// How limits are shared.
    #[must_use]
    pub fn settings(&self) -> &SharedSettings {
        &self.settings
    }

    /// What callers are hashed with.
    #[must_use]
    pub fn secret(&self) -> BucketSecret {
        self.state().secret
    }

    /// What a limit is divided by while the store is away.
    #[must_use]
    pub fn parts_when_away(&self) -> u32 {
        match self.settings.when_away {
            WhenAway::Open => 1,
            WhenAway::Share | WhenAway::Closed => self.replicas.load(Ordering::Relaxed),
        }
    }

    /// Pays for a call, if the store agrees or something is held; asks the store if that is needed.
    pub async fn take(&self, demands: &Demands, now: Mono) -> SharedVerdict {
        let mut step = self.step(demands, now);
        let until = clock::deadline(self.settings.timeout);
        loop {
            match step {
                CallStep::Decided(verdict) => return verdict,
                CallStep::Own(signal) => {
                    let waiting = OwnQuestion {
                        limits: self,
                        signal,
                        demands,
                    };
                    let answered = timeout_at(until, waiting.signal.answered()).await;
                    return waiting.end(answered.is_ok());
                }
                CallStep::Others(signal) => {
                    if timeout_at(until, signal.answered()).await.is_err() {
                        return SharedVerdict::Away;
                    }
                }
            }
            step = self.step(demands, clock::mono());
        }
    }

    fn step(&self, demands: &Demands, now: Mono) -> CallStep {
        let mut state = self.state();
        if state.connection.is_none() {
            return CallStep::Decided(SharedVerdict::Away);
        }
        let terms = state.terms();
        match state.purses.take(demands, terms, now) {
            PurseAnswer::Paid => CallStep::Decided(SharedVerdict::Paid),
            PurseAnswer::Refused(refusal) => CallStep::Decided(SharedVerdict::Refused(refusal)),
            PurseAnswer::Full => CallStep::Decided(SharedVerdict::Away),
            PurseAnswer::Asked(key) => match state.signals.get(&key) {
                Some(signal) => CallStep::Others(Arc::clone(signal)),
                None => CallStep::Decided(SharedVerdict::Away),
            },
            PurseAnswer::Ask(question) => {
                let signal = Arc::new(QuestionSignal::new());
                for part in &question.parts {
                    state.signals.insert(part.demand.key, Arc::clone(&signal));
                }
                drop(state);
                let ask = PendingQuestion {
                    question,
                    signal: Arc::clone(&signal),
                    demands: demands.clone(),
                };
                if let Err(unsent) = self.asks.send(ask) {
                    self.settle(&unsent.0, None);
                }
                CallStep::Own(signal)
            }
        }
    }

    /// Ends a question with its answer, if there was one in time.
    pub(super) fn settle(&self, ask: &PendingQuestion, answer: Option<&StoreAnswer>) {
        let now = clock::mono();
        let mut state = self.state();
        let terms = state.terms();
        for part in &ask.question.parts {
            state.signals.remove(&part.demand.key);
        }
        let settled = state.purses.settle(&ask.question, answer, terms, now);
        if !ask.signal.settle(settled) && settled == CallSettlement::Paid {
            state.purses.give_back(&ask.demands, now);
        }
    }

    /// Puts back what was taken for a call that was not made.
    pub fn give_back(&self, demands: &[Demand], now: Mono) {
        self.state().purses.give_back(demands, now);
    }

    /// A call was made without the store: its tokens are posted later.
    pub fn owe(&self, demands: &[Demand], now: Mono) {
        self.state().purses.owe(demands, now);
    }

    /// Forgets callers that have not called lately. To be called about once a second.
    pub fn sweep(&self, now: Mono) {
        self.state().purses.sweep(now);
    }

    /// Tokens that are held ahead of the bucket `key`.
    #[must_use]
    pub fn held(&self, key: StoreKey, now: Mono) -> u32 {
        self.state().purses.held(key, now)
    }

    /// Until when each of these buckets is full again, as the store says within the time that a
    /// call waits.
    pub async fn look(&self, demands: &Demands) -> Option<Vec<Duration>> {
        let (connection, asker) = {
            let state = self.state();
            (state.connection.clone(), self.asker(&state))
        };
        let buckets: Vec<_> = demands.iter().map(|of| (of.key, of.rate)).collect();
        let mut connection = connection?;
        let look = connection.look(&asker, &buckets);
        let missing = tokio::time::timeout(self.settings.timeout, look).await;
        let missing = missing.ok()?.ok()?;
        (missing.len() == buckets.len()).then_some(missing)
    }

    /// How the store is.
    #[must_use]
    pub fn report(&self, now: Mono) -> StoreReport {
        let state = self.state();
        let is_up = state.connection.is_some();
        let (purses, tokens) = state.purses.total(now);
        StoreReport {
            address: self.settings.address.to_string(),
            is_up,
            mode: self.mode(is_up),
            since: state.since,
            reason: state.reason.clone(),
            version: state
                .facts
                .as_ref()
                .filter(|facts| !facts.version.is_empty())
                .map(|facts| format!("{} {}", facts.product, facts.version)),
            namespace: self.settings.namespace.clone(),
            replicas: state.members.replicas(),
            members: state.members.living(),
            purses,
            tokens,
        }
    }

    pub(super) fn mode(&self, is_up: bool) -> &'static str {
        if is_up {
            "shared"
        } else {
            self.settings.when_away.as_str()
        }
    }

    /// The daemon shuts down: the others need not wait until its announcement expires.
    pub async fn leave(&self) {
        let (connection, asker) = {
            let state = self.state();
            (state.connection.clone(), self.asker(&state))
        };
        if let Some(mut connection) = connection {
            // If this fails, the announcement expires by itself.
            let _ = tokio::time::timeout(self.settings.timeout, connection.leave(&asker)).await;
        }
    }

    /// So many daemons are alive.
    pub(super) fn count_members(&self, living: u32) {
        let mut state = self.state();
        state.members.count(living);
        self.replicas
            .store(state.members.replicas(), Ordering::Relaxed);
    }

    pub(super) fn asker(&self, state: &SharedState) -> Asker {
        Asker {
            namespace: self.settings.namespace.clone(),
            daemon: self.daemon.clone(),
            fingerprint: state.secret.fingerprint(),
        }
    }

    pub(super) fn access(&self) -> Result<StoreAccess, LimitStoreError> {
        let file = self.settings.password_file.as_deref();
        StoreAccess::new(&self.settings.address, file)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, SharedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SharedState {
    fn terms(&self) -> PurseTerms {
        PurseTerms {
            replicas: self.members.replicas(),
        }
    }
}

/// A call that waits for its own question; what it has paid comes back if it does not wait for the
/// answer.
struct OwnQuestion<'a> {
    limits: &'a SharedLimits,
    signal: Arc<QuestionSignal>,
    demands: &'a Demands,
}

impl OwnQuestion<'_> {
    fn end(self, is_answered: bool) -> SharedVerdict {
        let settled = self.signal.abandon();
        match settled {
            Some(CallSettlement::Paid) => SharedVerdict::Paid,
            Some(CallSettlement::Refused(refusal)) => SharedVerdict::Refused(refusal),
            Some(CallSettlement::Unanswered) => SharedVerdict::Away,
            None => {
                debug_assert!(!is_answered, "an answer settles");
                SharedVerdict::Away
            }
        }
    }
}

impl Drop for OwnQuestion<'_> {
    fn drop(&mut self) {
        if self.signal.abandon() == Some(CallSettlement::Paid) {
            self.limits.give_back(self.demands, clock::mono());
        }
    }
}
