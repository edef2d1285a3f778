//! Dials lost peers through the node, and looks at its peer list for what came of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tracing::{debug, error, info};

use super::book::{Book, Called, Changes, Sight};
use super::dial::{Dialler, look_up};
use super::journal;
use super::reconnection::{Farewell, Reconnection, Written, draw};
use super::tell::tell;
use crate::clock;
use crate::node::{Answer, Ban};
use crate::values::{Mono, PeerAddress};
use crate::watch::{Board, Link, Plan, Snapshot, Topic};

/// A piece of work that ended.
enum Done {
    Called {
        address: PeerAddress,
        number: u64,
        called: Called,
    },
    LookedUp {
        name: PeerAddress,
        addresses: Vec<PeerAddress>,
    },
    Bans(Answer<Vec<Ban>>),
    Farewell,
    Written {
        wish: u64,
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
    epoch: u64,
}

impl Mark {
    fn of(snapshot: &Snapshot, plan: &Plan) -> Self {
        let now = clock::mono();
        let peers = snapshot.collector(Topic::Peers);
        Self {
            answered: peers.answered,
            can_see: snapshot.link(plan.timeout, now) == Link::Up && peers.is_up(plan.timeout, now),
            active: snapshot.network.as_ref().and_then(|network| network.active),
            epoch: snapshot.epoch,
        }
    }
}

/// One run of the task, from its start to its end.
struct Run {
    desk: Arc<Reconnection>,
    dialler: Arc<Dialler>,
    work: JoinSet<Done>,
    mark: Mark,
    looking_up: BTreeSet<PeerAddress>,
    bans_asked: Option<Mono>,
    asking_bans: bool,
    writing: bool,
    next_write: Mono,
    next_growth: Mono,
    /// The last write failed, and that was told.
    write_failed: bool,
}

impl Reconnection {
    /// Dials lost peers through `dialler` for ever.
    pub async fn run(self: Arc<Self>, dialler: Arc<Dialler>) {
        let now = clock::mono();
        self.book().begin_anew(now);
        let mut run = Run {
            desk: self,
            dialler,
            work: JoinSet::new(),
            mark: Mark::default(),
            looking_up: BTreeSet::new(),
            bans_asked: None,
            asking_bans: false,
            writing: false,
            next_write: now,
            next_growth: now.after(Run::GROWTH),
            write_failed: false,
        };
        loop {
            run.turn();
            run.wait().await;
        }
    }
}

impl Run {
    /// Between two writes that nobody waits for.
    const WRITE: Duration = Duration::from_secs(1);
    /// After a write that failed.
    const WRITE_AGAIN: Duration = Duration::from_secs(30);
    /// Times connected and ages are written down so often.
    const GROWTH: Duration = Duration::from_secs(60);
    /// Whether a ban has ended is asked so often, or at the longest delay, while it holds up a
    /// peer.
    const BANS: Duration = Duration::from_secs(30);

    /// Everything that can be done now.
    fn turn(&mut self) {
        let desk = Arc::clone(&self.desk);
        self.look(&desk.board);
        self.look_up_names();
        self.begin();
        self.part();
        self.recheck_bans();
        let events = desk.book().take_events();
        tell(&events);
        self.write();
        desk.publish();
    }

    /// Takes in the snapshot, if it says anything new of peers.
    fn look(&mut self, board: &Board) {
        let snapshot = board.read();
        let mark = Mark::of(&snapshot, &self.dialler.plan().borrow());
        let mut book = self.desk.book();
        book.set_node_up(mark.can_see);
        let new = mark.answered != self.mark.answered || mark.active != self.mark.active;
        let collector = snapshot.collector(Topic::Peers);
        if let (Some(peers), Some(asked), true) =
            (&snapshot.peers, collector.asked, new && mark.can_see)
        {
            let chain = snapshot
                .chain
                .as_ref()
                .and_then(|chain| chain.chain.parse().ok());
            let network = snapshot.network.as_deref();
            let sight = Sight {
                peers,
                asked,
                network,
                chain,
                epoch: snapshot.epoch,
            };
            book.saw(&sight, clock::now(), draw);
        }
        self.mark = mark;
    }

    fn look_up_names(&mut self) {
        let names = self.desk.book().unknown_names();
        for name in names {
            if self.looking_up.insert(name.clone()) {
                self.work.spawn(async move {
                    let addresses = look_up(&name).await.unwrap_or_default();
                    Done::LookedUp { name, addresses }
                });
            }
        }
    }

    fn begin(&mut self) {
        let begun = self.desk.book().begin(clock::mono());
        for (address, number) in begun {
            debug!(%address, "dialling a lost peer");
            let (desk, dialler) = (Arc::clone(&self.desk), Arc::clone(&self.dialler));
            self.work.spawn(async move {
                let called = dialler.attempt(&desk, &address).await;
                Done::Called {
                    address,
                    number,
                    called,
                }
            });
        }
    }

    /// Ends connections that an operator wants ended.
    fn part(&mut self) {
        for Farewell { address, done } in self.desk.take_farewells() {
            let dialler = Arc::clone(&self.dialler);
            self.work.spawn(async move {
                let ended = dialler.disconnect(&address).await;
                if ended.is_ok() {
                    info!(%address, "peer disconnected by an operator");
                }
                // Whoever wanted it may have gone.
                let _ = done.send(ended.map_err(|error| error.to_string()));
                Done::Farewell
            });
        }
    }

    fn bans_interval(book: &Book) -> Duration {
        book.max_delay().min(Self::BANS)
    }

    fn recheck_bans(&mut self) {
        let (now, book) = (clock::mono(), self.desk.book());
        let due = self
            .bans_asked
            .is_none_or(|asked| now.since(asked) >= Self::bans_interval(&book));
        if self.asking_bans || !due || !self.mark.can_see || !book.has_held() {
            return;
        }
        drop(book);
        (self.asking_bans, self.bans_asked) = (true, Some(now));
        let dialler = Arc::clone(&self.dialler);
        self.work
            .spawn(async move { Done::Bans(dialler.bans().await) });
    }

    /// Writes down what has changed: at once if an operator waits for it, else once a second.
    fn write(&mut self) {
        let (now, wish) = (clock::now(), self.desk.wishes());
        let wanted = self.desk.written.borrow().sequence < wish;
        if self.writing || (!wanted && now.mono < self.next_write) {
            return;
        }
        let mut book = self.desk.book();
        if now.mono >= self.next_growth {
            self.next_growth = now.mono.after(Self::GROWTH);
            book.note_growth();
        }
        let changes = book.take_changes(now);
        drop(book);
        if changes.is_empty() {
            self.desk.written.send_replace(Written {
                sequence: wish,
                error: None,
            });
            return;
        }
        self.writing = true;
        let store = Arc::clone(&self.desk.store);
        self.work.spawn_blocking(move || {
            let outcome = journal::write(&store, &changes).map_err(|error| error.to_string());
            Done::Written {
                wish,
                changes,
                outcome,
            }
        });
    }

    async fn wait(&mut self) {
        let desk = Arc::clone(&self.desk);
        let (plan, mark) = (self.dialler.plan().clone(), self.mark);
        let wake = clock::deadline(self.next_wake().since(clock::mono()));
        let done = tokio::select! {
            Some(done) = self.work.join_next(), if !self.work.is_empty() => done,
            () = desk.board.wait_until(|snapshot| Mark::of(snapshot, &plan.borrow()) != mark) => return,
            () = desk.bell.notified() => return,
            () = sleep_until(wake) => return,
        };
        match done {
            Ok(done) => self.done(done),
            // What panicked is told by the hook; the attempt it was is begun anew with the next
            // run.
            Err(join) => std::panic::resume_unwind(join.into_panic()),
        }
    }

    /// When something is due that no event brings. What cannot be done before an event is not: the
    /// loop would spin.
    fn next_wake(&self) -> Mono {
        let book = self.desk.book();
        let may_ask = self.mark.can_see && !self.asking_bans && book.has_held();
        let bans = self
            .bans_asked
            .filter(|_| may_ask)
            .map(|asked| asked.after(Self::bans_interval(&book)));
        let growth = self.next_growth.max(self.next_write);
        let write = if book.has_changes() {
            self.next_write
        } else {
            growth
        };
        let wakes = [
            book.next_wake(),
            bans,
            Some(write).filter(|_| !self.writing),
        ];
        wakes
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(clock::mono().after(Self::GROWTH))
    }

    fn done(&mut self, done: Done) {
        let now = clock::now();
        match done {
            Done::Called {
                address,
                number,
                called,
            } => {
                self.desk
                    .book()
                    .called(&address, number, called, now, draw());
            }
            Done::LookedUp { name, addresses } => {
                self.looking_up.remove(&name);
                self.desk.book().looked_up(&name, addresses);
                // The last list is looked at once more, with what the name stands for.
                self.mark.answered = None;
            }
            Done::Bans(bans) => {
                self.asking_bans = false;
                if let Ok(bans) = bans {
                    self.desk
                        .book()
                        .recheck_held(|address| bans.iter().any(|ban| ban.covers(address)));
                }
            }
            Done::Farewell => {}
            Done::Written {
                wish,
                changes,
                outcome,
            } => self.written(wish, changes, outcome),
        }
    }

    fn written(&mut self, wish: u64, changes: Changes, outcome: Result<(), String>) {
        self.writing = false;
        let failed = outcome.is_err();
        self.next_write = clock::mono().after(if failed {
            Self::WRITE_AGAIN
        } else {
            Self::WRITE
        });
        match &outcome {
            Err(reason) => {
                self.desk.book().give_back(changes);
                if !self.write_failed {
                    error!(
                        reason,
                        "the reconnection queue cannot be written down; it is tried again"
                    );
                }
            }
            Ok(()) if self.write_failed => info!("the reconnection queue is written down again"),
            Ok(()) => {}
        }
        self.write_failed = failed;
        self.desk.written.send_replace(Written {
            sequence: wish,
            error: outcome.err(),
        });
    }
}
