//! Dials lost peers through the node, and reads its peer list for the outcome.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tracing::{debug, error, info};

use super::attempts::DialOutcome;
use super::dialler::{Dialler, look_up};
use super::journal;
use super::log::log;
use super::peer_list::Observation;
use super::reconnection::{DisconnectRequest, Reconnection, Written, draw};
use super::recorded::record;
use super::state::ReconnectState;
use super::stored::Changes;
use crate::clock;
use crate::node::{Ban, NodeResult};
use crate::values::{Chain, Mono, PeerAddress};
use crate::watch::{Board, Link, PollPlan, Snapshot, Topic};

/// A piece of work that ended.
enum Done {
    Dialled {
        address: PeerAddress,
        number: u64,
        outcome: DialOutcome,
    },
    LookedUp {
        name: PeerAddress,
        addresses: Vec<PeerAddress>,
    },
    Bans(NodeResult<Vec<Ban>>),
    Disconnected,
    Written {
        request: u64,
        changes: Changes,
        outcome: Result<(), String>,
    },
}

/// What of a snapshot matters here: anything else wakes nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Mark {
    answered: Option<Mono>,
    can_see: bool,
    active: Option<bool>,
    chain: Option<Chain>,
    epoch: u64,
}

impl Mark {
    fn of(snapshot: &Snapshot, plan: &PollPlan) -> Self {
        let now = clock::mono();
        let peers = snapshot.collector(Topic::Peers);
        Self {
            answered: peers.answered,
            // The chain first, where it is to be had: the ports of the peers hang on it.
            can_see: snapshot.link(plan.timeout, now) == Link::Up
                && peers.is_up(plan.timeout, now)
                && snapshot.has_asked(Topic::Chain, plan.timeout, now),
            active: snapshot.network.as_ref().and_then(|network| network.active),
            chain: snapshot.chain(),
            epoch: snapshot.epoch,
        }
    }
}

/// One run of the task, from its start to its end.
struct ReconnectLoop {
    reconnection: Arc<Reconnection>,
    dialler: Arc<Dialler>,
    work: JoinSet<Done>,
    mark: Mark,
    looking_up: BTreeSet<PeerAddress>,
    bans_asked: Option<Mono>,
    is_asking_bans: bool,
    is_writing: bool,
    next_write: Mono,
    next_growth: Mono,
    /// The last write failed, and that was logged.
    has_write_failed: bool,
}

impl Reconnection {
    /// Dials lost peers through `dialler` for ever.
    pub async fn run(self: Arc<Self>, dialler: Arc<Dialler>) {
        let now = clock::mono();
        self.state().restart(now);
        let mut run = ReconnectLoop {
            reconnection: self,
            dialler,
            work: JoinSet::new(),
            mark: Mark::default(),
            looking_up: BTreeSet::new(),
            bans_asked: None,
            is_asking_bans: false,
            is_writing: false,
            next_write: now,
            next_growth: now.after(ReconnectLoop::GROWTH_INTERVAL),
            has_write_failed: false,
        };
        loop {
            run.step();
            run.wait().await;
        }
    }
}

impl ReconnectLoop {
    /// Between two writes that nobody waits for.
    const WRITE_INTERVAL: Duration = Duration::from_secs(1);
    /// After a write that failed.
    const WRITE_RETRY_DELAY: Duration = Duration::from_secs(30);
    /// Times connected and ages are saved so often.
    const GROWTH_INTERVAL: Duration = Duration::from_secs(60);
    /// Whether a ban has ended is asked so often, or at the longest delay, while it holds up a
    /// peer.
    const MAX_BANS_INTERVAL: Duration = Duration::from_secs(30);

    /// Everything that can be done now.
    fn step(&mut self) {
        let reconnection = Arc::clone(&self.reconnection);
        self.observe(&reconnection.board);
        self.look_up_names();
        self.dial();
        self.disconnect();
        self.recheck_bans();
        let events = reconnection.state().take_events();
        log(&events);
        record(&events, &reconnection.events);
        self.write();
        reconnection.publish();
    }

    /// Takes in the snapshot, if it says anything new of peers.
    fn observe(&mut self, board: &Board) {
        let snapshot = board.read();
        let mark = Mark::of(&snapshot, &self.dialler.plan().borrow());
        let mut state = self.reconnection.state();
        state.set_node_up(mark.can_see);
        let seen = |mark: Mark| (mark.answered, mark.active, mark.can_see, mark.chain);
        let new = seen(mark) != seen(self.mark);
        let collector = snapshot.collector(Topic::Peers);
        if let (Some(peers), Some(asked), true) =
            (&snapshot.peers, collector.asked, new && mark.can_see)
        {
            let network = snapshot.network.as_deref();
            let observation = Observation {
                peers,
                asked,
                network,
                chain: mark.chain,
                epoch: snapshot.epoch,
            };
            state.observe(&observation, clock::now(), draw);
        }
        drop(state);
        self.mark = mark;
    }

    fn look_up_names(&mut self) {
        let names = self.reconnection.state().unresolved_names();
        for name in names {
            if self.looking_up.insert(name.clone()) {
                self.work.spawn(async move {
                    let addresses = look_up(&name).await.unwrap_or_default();
                    Done::LookedUp { name, addresses }
                });
            }
        }
    }

    fn dial(&mut self) {
        let begun = self.reconnection.state().begin(clock::mono());
        for (address, number) in begun {
            debug!(%address, "dialling a lost peer");
            let reconnection = Arc::clone(&self.reconnection);
            let dialler = Arc::clone(&self.dialler);
            self.work.spawn(async move {
                let outcome = dialler.attempt(&reconnection, &address).await;
                Done::Dialled {
                    address,
                    number,
                    outcome,
                }
            });
        }
    }

    /// Ends connections that an operator wants ended.
    fn disconnect(&mut self) {
        for DisconnectRequest { address, done } in self.reconnection.take_disconnects() {
            let dialler = Arc::clone(&self.dialler);
            self.work.spawn(async move {
                let ended = dialler.disconnect(&address).await;
                if ended.is_ok() {
                    info!(%address, "peer disconnected by an operator");
                }
                // Whoever wanted it may have gone.
                let _ = done.send(ended.map_err(|error| error.to_string()));
                Done::Disconnected
            });
        }
    }

    fn bans_interval(state: &ReconnectState) -> Duration {
        state.max_delay().min(Self::MAX_BANS_INTERVAL)
    }

    fn recheck_bans(&mut self) {
        let now = clock::mono();
        let state = self.reconnection.state();
        let due = self
            .bans_asked
            .is_none_or(|asked| now.since(asked) >= Self::bans_interval(&state));
        if self.is_asking_bans || !due || !self.mark.can_see || !state.has_banned() {
            return;
        }
        drop(state);
        self.is_asking_bans = true;
        self.bans_asked = Some(now);
        let dialler = Arc::clone(&self.dialler);
        self.work
            .spawn(async move { Done::Bans(dialler.bans().await) });
    }

    /// Saves what has changed: at once if an operator waits for it, else once a second.
    fn write(&mut self) {
        let now = clock::now();
        let request = self.reconnection.requests();
        let is_wanted = self.reconnection.written.borrow().sequence < request;
        if self.is_writing || (!is_wanted && now.mono < self.next_write) {
            return;
        }
        let mut state = self.reconnection.state();
        if now.mono >= self.next_growth {
            self.next_growth = now.mono.after(Self::GROWTH_INTERVAL);
            state.save_growth();
        }
        let changes = state.take_changes(now);
        drop(state);
        if changes.is_empty() {
            self.reconnection.written.send_replace(Written {
                sequence: request,
                error: None,
            });
            return;
        }
        self.is_writing = true;
        let store = Arc::clone(&self.reconnection.store);
        self.work.spawn_blocking(move || {
            let outcome = journal::write(&store, &changes).map_err(|error| error.to_string());
            Done::Written {
                request,
                changes,
                outcome,
            }
        });
    }

    async fn wait(&mut self) {
        let reconnection = Arc::clone(&self.reconnection);
        let plan = self.dialler.plan().clone();
        let mark = self.mark;
        let wake = clock::deadline(self.next_wake().since(clock::mono()));
        let done = tokio::select! {
            Some(done) = self.work.join_next(), if !self.work.is_empty() => done,
            () = reconnection
                .board
                .wait_until(|snapshot| Mark::of(snapshot, &plan.borrow()) != mark) =>
            {
                return;
            }
            () = reconnection.wake.notified() => return,
            () = sleep_until(wake) => return,
        };
        match done {
            Ok(done) => self.done(done),
            // The hook logs what panicked; the next run begins the attempt once more.
            Err(join) => std::panic::resume_unwind(join.into_panic()),
        }
    }

    /// When something is due that no event brings. What cannot be done before an event is not: the
    /// loop would spin.
    fn next_wake(&self) -> Mono {
        let state = self.reconnection.state();
        let may_ask = self.mark.can_see && !self.is_asking_bans && state.has_banned();
        let bans = self
            .bans_asked
            .filter(|_| may_ask)
            .map(|asked| asked.after(Self::bans_interval(&state)));
        let growth = self.next_growth.max(self.next_write);
        let write = if state.has_changes() {
            self.next_write
        } else {
            growth
        };
        let wakes = [
            state.next_wake(),
            bans,
            Some(write).filter(|_| !self.is_writing),
        ];
        wakes
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(clock::mono().after(Self::GROWTH_INTERVAL))
    }

    fn done(&mut self, done: Done) {
        let now = clock::now();
        match done {
            Done::Dialled {
                address,
                number,
                outcome,
            } => {
                let mut state = self.reconnection.state();
                state.dial_ended(&address, number, outcome, now, draw());
            }
            Done::LookedUp { name, addresses } => {
                self.looking_up.remove(&name);
                self.reconnection.state().resolved(&name, addresses);
                // The last list is looked at once more, with what the name stands for.
                self.mark.answered = None;
            }
            Done::Bans(bans) => {
                self.is_asking_bans = false;
                if let Ok(bans) = bans {
                    self.reconnection
                        .state()
                        .recheck_bans(|address| bans.iter().any(|ban| ban.covers(address)));
                }
            }
            Done::Disconnected => {}
            Done::Written {
                request,
                changes,
                outcome,
            } => self.written(request, changes, outcome),
        }
    }

    fn written(&mut self, request: u64, changes: Changes, outcome: Result<(), String>) {
        self.is_writing = false;
        let failed = outcome.is_err();
        self.next_write = clock::mono().after(if failed {
            Self::WRITE_RETRY_DELAY
        } else {
            Self::WRITE_INTERVAL
        });
        match &outcome {
            Err(reason) => {
                self.reconnection.state().give_back(changes);
                if !self.has_write_failed {
                    error!(
                        reason,
                        "the reconnection queue cannot be written down; it is tried again"
                    );
                }
            }
            Ok(()) if self.has_write_failed => {
                info!("the reconnection queue is saved again");
            }
            Ok(()) => {}
        }
        self.has_write_failed = failed;
        self.reconnection.written.send_replace(Written {
            sequence: request,
            error: outcome.err(),
        });
    }
}
