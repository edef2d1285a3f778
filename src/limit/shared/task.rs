//! The loop over the connection to the store: connects, asks, announces, and probes it while it is
//! away.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep_until, timeout};
use tracing::{info, warn};

use super::breaker::Breaker;
use super::call_end::{AwaitedAnswer, CallEnd, Ended};
use super::facts::StoreFault;
use super::limits::{PendingQuestion, SharedLimits};
use super::members::LimitMembers;
use super::purses::StoreAnswer;
use super::script::{Asker, ScriptAnswer};
use super::secret::BucketSecret;
use super::store::{ConnectionDriver, LimitStoreError, StoreConnection};
use crate::clock;
use crate::values::Mono;

/// Gets the changes that the store makes.
pub trait StoreObserver: Send + Sync {
    /// Callers are hashed with this from now on.
    fn secret_changed(&self, secret: BucketSecret);
    /// The store is used from now on, or no longer, or something is wrong with it.
    fn store_changed(&self);
}

/// A connection, and what keeps it going.
struct OpenStore {
    connection: StoreConnection,
    driver: ConnectionDriver,
    /// What is wrong with the store, though it can be used.
    fault: Option<StoreFault>,
}

impl SharedLimits {
    /// Buckets that are posted at once.
    const POSTED_AT_ONCE: usize = 64;
    /// So many times at most before the store is used again: what is left goes with the next
    /// questions.
    const MOST_POSTINGS: usize = 2048;
    /// A probe may take longer than a call would wait.
    const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

    /// Uses the store while it answers, and tries it while it does not, for ever.
    pub async fn run(self: Arc<Self>, observer: Arc<dyn StoreObserver>) {
        let mut asked = self.asked.lock().await;
        let mut breaker = Breaker::new(clock::mono());
        loop {
            let store = self.until_it_is_back(&mut breaker, &*observer).await;
            self.begin_use(&store, &*observer);
            let why = self
                .use_it(store, &mut breaker, &mut asked, &*observer)
                .await;
            self.end_use(&why, &*observer);
            while let Ok(ask) = asked.try_recv() {
                self.settle(&ask, None);
            }
        }
    }

    /// Probes the store until it may be used; what was spent meanwhile is posted then.
    async fn until_it_is_back(
        &self,
        breaker: &mut Breaker,
        observer: &dyn StoreObserver,
    ) -> OpenStore {
        let mut open: Option<OpenStore> = None;
        loop {
            if let Some(due) = breaker.next_probe() {
                let wait = sleep_until(clock::instant(due));
                match &mut open {
                    None => wait.await,
                    Some(store) => tokio::select! {
                        () = wait => {}
                        () = &mut store.driver => open = None,
                    },
                }
            }
            let probe = self.probe(open.take(), breaker, observer);
            let probed = timeout(Self::PROBE_TIMEOUT * 2, probe).await;
            match probed.unwrap_or(Err(LimitStoreError::Late(Self::PROBE_TIMEOUT))) {
                Ok((store, true)) => {
                    breaker.close();
                    return store;
                }
                Ok((store, false)) => open = Some(store),
                Err(error) => {
                    breaker.fail(clock::mono());
                    self.note_reason(&error.to_string(), observer);
                }
            }
        }
    }

    /// Tries the store; whether it may be used now.
    async fn probe(
        &self,
        open: Option<OpenStore>,
        breaker: &mut Breaker,
        observer: &dyn StoreObserver,
    ) -> Result<(OpenStore, bool), LimitStoreError> {
        let mut store = match open {
            Some(store) => store,
            None => self.open().await?,
        };
        let mut connection = store.connection.clone();
        let usable = {
            let mut work = pin!(async {
                self.agree(&mut connection, observer).await?;
                self.announce(&mut connection).await?;
                let usable = breaker.probed(clock::mono());
                if usable {
                    self.post_all(&mut connection).await?;
                }
                Ok::<_, LimitStoreError>(usable)
            });
            tokio::select! {
                done = &mut work => done?,
                () = &mut store.driver => return Err(LimitStoreError::Closed("while it was probed".to_owned())),
            }
        };
        Ok((store, usable))
    }

    async fn open(&self) -> Result<OpenStore, LimitStoreError> {
        let (connection, driver, facts) = self.access()?.connect().await?;
        let fault = facts.fault();
        self.state().facts = Some(facts);
        Ok(OpenStore {
            connection,
            driver,
            fault,
        })
    }

    /// Agrees with the other daemons on a secret.
    async fn agree(
        &self,
        connection: &mut StoreConnection,
        observer: &dyn StoreObserver,
    ) -> Result<(), LimitStoreError> {
        let (asker, mine) = self.asker_and_secret();
        if self.settings.secret.is_some() {
            return connection.confirm_secret(&asker, mine).await;
        }
        let agreed = connection.agree_on_secret(&asker, mine).await?;
        if agreed != mine {
            let mut state = self.state();
            state.secret = agreed;
            state.purses.clear();
            drop(state);
            observer.secret_changed(agreed);
        }
        Ok(())
    }

    fn asker_and_secret(&self) -> (Asker, BucketSecret) {
        let state = self.state();
        (self.asker(&state), state.secret)
    }

    async fn announce(&self, connection: &mut StoreConnection) -> Result<(), LimitStoreError> {
        let (asker, _) = self.asker_and_secret();
        let living = connection.announce(&asker).await?;
        self.count_members(living);
        Ok(())
    }

    /// Posts what was spent without the store.
    async fn post_all(&self, connection: &mut StoreConnection) -> Result<(), LimitStoreError> {
        for _ in 0..Self::MOST_POSTINGS {
            if self.post_some(connection).await? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Posts the tokens of some buckets that were spent without the store; of how many.
    async fn post_some(&self, connection: &mut StoreConnection) -> Result<usize, LimitStoreError> {
        let (carries, asker) = {
            let state = self.state();
            let carries = state.purses.carries(Self::POSTED_AT_ONCE);
            (carries, self.asker(&state))
        };
        if carries.is_empty() {
            return Ok(0);
        }
        // With another secret they are other buckets.
        if connection.post(&asker, &carries).await? {
            self.state().purses.posted(&carries);
            self.metrics.called("posted");
            return Ok(carries.len());
        }
        Ok(0)
    }

    /// Sends the questions, until the store is away; why it is.
    async fn use_it(
        self: &Arc<Self>,
        store: OpenStore,
        breaker: &mut Breaker,
        asked: &mut mpsc::UnboundedReceiver<PendingQuestion>,
        observer: &dyn StoreObserver,
    ) -> LimitStoreError {
        let OpenStore {
            mut connection,
            driver,
            ..
        } = store;
        let mut calls = JoinSet::new();
        calls.spawn(async move {
            driver.await;
            Ended::Connection
        });
        let mut announce = interval(LimitMembers::ANNOUNCE_INTERVAL);
        announce.reset();
        loop {
            let ended = tokio::select! {
                Some(ask) = asked.recv() => {
                    let answered = Arc::clone(self).answer(connection.clone(), ask);
                    calls.spawn(async move { Ended::Call(answered.await) });
                    continue;
                }
                Some(ended) = calls.join_next() => ended,
                _ = announce.tick() => {
                    let kept = Arc::clone(self).keep(connection.clone());
                    calls.spawn(async move { Ended::Call(kept.await) });
                    continue;
                }
            };
            let end = match ended {
                Ok(Ended::Call(Ok(()))) => {
                    breaker.in_time();
                    continue;
                }
                Ok(Ended::Call(Err(end))) => end,
                Ok(Ended::Connection) | Err(_) => {
                    CallEnd::Failed(LimitStoreError::Closed("by the store".to_owned()))
                }
            };
            let failed = self.failure(end, &mut connection, breaker, observer).await;
            if let Some(error) = failed {
                breaker.fail(clock::mono());
                return error;
            }
        }
    }

    /// Why the store is away after a call that has not done what it should, if it is.
    async fn failure(
        &self,
        end: CallEnd,
        connection: &mut StoreConnection,
        breaker: &mut Breaker,
        observer: &dyn StoreObserver,
    ) -> Option<LimitStoreError> {
        match end {
            CallEnd::Late => {
                self.metrics.called("late");
                let is_away = breaker.late(clock::mono());
                is_away.then_some(LimitStoreError::Late(self.settings.timeout))
            }
            CallEnd::AnotherSecret => {
                let agreed = self.agree(connection, observer);
                let agreed = timeout(self.settings.timeout, agreed).await;
                agreed.unwrap_or(Ok(())).err()
            }
            CallEnd::Failed(error) => {
                self.metrics.called("failed");
                Some(error)
            }
        }
    }

    /// Asks the store, and settles the question with its answer.
    async fn answer(
        self: Arc<Self>,
        mut connection: StoreConnection,
        ask: PendingQuestion,
    ) -> Result<(), CallEnd> {
        let (asker, _) = self.asker_and_secret();
        let began = clock::mono();
        let question = ask.question.clone();
        let mut awaited = AwaitedAnswer {
            limits: Arc::clone(&self),
            ask: Some(ask),
        };
        let said = timeout(self.settings.timeout, connection.ask(&asker, &question)).await;
        let answer = match said {
            Err(_) => return Err(CallEnd::Late),
            Ok(Err(error)) => return Err(CallEnd::Failed(error)),
            Ok(Ok(ScriptAnswer::AnotherSecret)) => return Err(CallEnd::AnotherSecret),
            Ok(Ok(ScriptAnswer::Answer(answer))) => answer,
        };
        self.metrics.answered(clock::mono().since(began));
        self.metrics.called(match &answer {
            StoreAnswer::Granted(_) => "granted",
            StoreAnswer::Refused(_) => "refused",
        });
        awaited.end(Some(&answer));
        Ok(())
    }

    /// Announces this daemon, and posts what no question has taken along.
    async fn keep(self: Arc<Self>, mut connection: StoreConnection) -> Result<(), CallEnd> {
        let work = async {
            let (asker, mine) = self.asker_and_secret();
            if self.settings.secret.is_some() {
                connection.confirm_secret(&asker, mine).await?;
            }
            self.announce(&mut connection).await?;
            self.metrics.called("announced");
            self.post_some(&mut connection).await
        };
        match timeout(self.settings.timeout, work).await {
            Err(_) => Err(CallEnd::Late),
            Ok(Err(error)) => Err(CallEnd::Failed(error)),
            Ok(Ok(_)) => Ok(()),
        }
    }

    fn begin_use(&self, store: &OpenStore, observer: &dyn StoreObserver) {
        let reason = store.fault.as_ref().map(ToString::to_string);
        let mut state = self.state();
        state.connection = Some(store.connection.clone());
        state.reason.clone_from(&reason);
        let since = std::mem::replace(&mut state.since, clock::mono());
        let members = state.members.living();
        drop(state);
        self.metrics.up(true);
        self.metrics.mode(self.mode(true));
        let from = self.mode(false);
        let to = self.mode(true);
        let store = self.settings.address.to_string();
        info!(target: "limits", from, to, store, members, lasted_secs = lasted(since));
        if let Some(reason) = reason {
            warn!(target: "limits", store, reason, "the store is not as it should be");
        }
        observer.store_changed();
    }

    fn end_use(&self, why: &LimitStoreError, observer: &dyn StoreObserver) {
        let reason = why.to_string();
        let mut state = self.state();
        state.connection = None;
        state.reason = Some(reason.clone());
        let since = std::mem::replace(&mut state.since, clock::mono());
        let replicas = state.members.replicas();
        drop(state);
        self.metrics.up(false);
        self.metrics.mode(self.mode(false));
        let from = self.mode(true);
        let to = self.mode(false);
        let store = self.settings.address.to_string();
        warn!(target: "limits", from, to, store, replicas, lasted_secs = lasted(since), reason);
        observer.store_changed();
    }

    /// The store is still away, and this is why; said when it is another reason than before.
    fn note_reason(&self, reason: &str, observer: &dyn StoreObserver) {
        let mut state = self.state();
        let is_new = state.reason.as_deref() != Some(reason);
        state.reason = Some(reason.to_owned());
        drop(state);
        self.metrics.up(false);
        if is_new {
            let store = self.settings.address.to_string();
            let mode = self.mode(false);
            warn!(target: "limits", mode, store, reason, "the store cannot be used");
            observer.store_changed();
        }
    }
}

fn lasted(since: Mono) -> u64 {
    clock::mono().since(since).as_secs()
}
