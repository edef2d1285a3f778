//! Dials lost peers through the node, and looks at its peer list for what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};
use tracing::{debug, error, info};

use super::book::{Called, Changes, Sight};
use super::journal;
use super::reconnection::{Farewell, Reconnection, Written, draw};
use super::tell::tell;
use crate::clock;
use crate::node::{Answer, Ban, Node, NodeError};
use crate::values::{Mono, PeerAddress};
use crate::watch::{Board, Link, Plan, Snapshot, Topic, Workers};

/// The way to one node.
pub struct Dialler {
    node: Arc<dyn Node>,
    workers: Arc<Workers>,
    plan: watch::Receiver<Plan>,
    /// Dials hold a worker for as long as a connection takes: some are always left to the polls.
    dialling: Semaphore,
}

/// A piece of work that ended.
enum Done {
    Called { address: PeerAddress, number: u64, called: Called },
    LookedUp { name: PeerAddress, addresses: Vec<PeerAddress> },
    Bans(Answer<Vec<Ban>>),
    Farewell,
    Written { wish: u64, changes: Changes, outcome: Result<(), String> },
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

impl Dialler {
    /// Attempts whose calls are at the node at once.
    const DIALS: usize = 2;

    /// Will dial through `node` with its `workers`, as patient as `plan` says.
    #[must_use]
    pub fn new(node: Arc<dyn Node>, workers: Arc<Workers>, plan: watch::Receiver<Plan>) -> Self {
        Self { node, workers, plan, dialling: Semaphore::new(Self::DIALS) }
    }

    /// One attempt at `address`: looks up the name, asks whom the node has banned, and lets it dial.
    async fn attempt(&self, desk: &Reconnection, address: &PeerAddress) -> Called {
        let targets = match self.targets(desk, address).await {
            Ok(targets) => targets,
            Err(why) => return Called::NotTried(why),
        };
        if let Some(rival) = desk.book().rival(address, &targets) {
            return Called::NotTried(format!("{rival} is the same peer and under way"));
        }
        // Neither is ever closed.
        let _place = self.dialling.acquire().await.ok();
        let _worker = self.workers.borrow().await;
        let bans = self.node.bans().await.unwrap_or_default();
        let free: Vec<_> = targets.iter().filter(|target| !bans.iter().any(|ban| ban.covers(target))).collect();
        if free.is_empty() {
            return Called::Banned;
        }
        let began = clock::mono();
        for (index, target) in free.iter().enumerate() {
            if index > 0 && self.lists(&free).await {
                break;
            }
            if let Some(called) = self.dial(target).await {
                return called;
            }
        }
        Called::Tried(clock::mono().since(began))
    }

    /// `None`: the node has tried.
    async fn dial(&self, target: &PeerAddress) -> Option<Called> {
        match self.node.dial(target).await {
            Ok(()) => None,
            // blvm-node has dialled it a moment ago by itself.
            Err(NodeError::Rpc { message, .. }) if message.contains("dial cooled") => Some(Called::NotTried(message)),
            Err(NodeError::Rpc { message, .. }) => Some(Called::Failed(message)),
            Err(error) => Some(Called::NotTried(error.to_string())),
        }
    }

    /// Whether one of several addresses of a name is connected already: the next one would be a second connection.
    async fn lists(&self, targets: &[&PeerAddress]) -> bool {
        let peers = self.node.peers().await.unwrap_or_default();
        let listed = peers.iter().filter_map(|peer| peer.address.parse::<PeerAddress>().ok());
        listed.into_iter().any(|listed| targets.contains(&&listed))
    }

    /// What to dial for `address`. A name is looked up anew each time, here, so that it is known under which address
    /// the node will list it; behind a proxy, and where nothing is found, the node gets the name.
    async fn targets(&self, desk: &Reconnection, address: &PeerAddress) -> Result<Vec<PeerAddress>, String> {
        let may_look_up = desk.book().may_look_up();
        if address.lookup().is_none() || !may_look_up {
            return Ok(vec![address.clone()]);
        }
        let found = look_up(address).await;
        let addresses = found.clone().unwrap_or_default();
        desk.book().looked_up(address, addresses);
        match found {
            Ok(addresses) => Ok(addresses),
            Err(error) => {
                debug!(%address, error, "cannot look up a peer's name; the node gets the name");
                Ok(vec![address.clone()])
            }
        }
    }
}

/// The addresses that a name stands for now: a few of them, since a seed has many.
async fn look_up(name: &PeerAddress) -> Result<Vec<PeerAddress>, String> {
    const LONGEST: Duration = Duration::from_secs(5);
    const MOST: usize = 4;
    let Some((host, port)) = name.lookup() else { return Ok(Vec::new()) };
    let found = timeout(LONGEST, tokio::net::lookup_host((host, port))).await;
    let found = found.map_err(|_| "no answer of the resolver".to_owned())?.map_err(|error| error.to_string())?;
    let mut addresses: Vec<PeerAddress> = Vec::new();
    for address in found.map(PeerAddress::from) {
        if !addresses.contains(&address) && addresses.len() < MOST {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
}

/// One run of the task, from its start to its end.
struct Run {
    desk: Arc<Reconnection>,
    dialler: Arc<Dialler>,
    work: JoinSet<Done>,
    mark: Mark,
    looking_up: BTreeMap<PeerAddress, ()>,
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
            looking_up: BTreeMap::new(),
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
    /// Whether a ban has ended is asked so often, while it holds up a peer.
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
        let mark = Mark::of(&snapshot, &self.dialler.plan.borrow());
        let mut book = self.desk.book();
        book.set_node_up(mark.can_see);
        let new = mark.answered != self.mark.answered || mark.active != self.mark.active;
        let collector = snapshot.collector(Topic::Peers);
        if let (Some(peers), Some(asked), true) = (&snapshot.peers, collector.asked, new && mark.can_see) {
            let chain = snapshot.chain.as_ref().and_then(|chain| chain.chain.parse().ok());
            let network = snapshot.network.as_deref();
            let sight = Sight { peers, asked, network, chain, epoch: snapshot.epoch };
            book.saw(&sight, clock::now(), draw);
        }
        self.mark = mark;
    }

    fn look_up_names(&mut self) {
        let names = self.desk.book().unknown_names();
        for name in names {
            if self.looking_up.insert(name.clone(), ()).is_none() {
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
                Done::Called { address, number, called }
            });
        }
    }

    /// Ends connections that an operator wants ended.
    fn part(&mut self) {
        for Farewell { address, done } in self.desk.take_farewells() {
            let dialler = Arc::clone(&self.dialler);
            self.work.spawn(async move {
                let _worker = dialler.workers.borrow().await;
                let ended = dialler.node.disconnect(&address).await;
                if ended.is_ok() {
                    info!(%address, "peer disconnected by an operator");
                }
                // Whoever wanted it may have gone.
                let _ = done.send(ended.map_err(|error| error.to_string()));
                Done::Farewell
            });
        }
    }

    fn recheck_bans(&mut self) {
        let now = clock::mono();
        let due = self.bans_asked.is_none_or(|asked| now.since(asked) >= Self::BANS);
        if self.asking_bans || !due || !self.mark.can_see || !self.desk.book().has_held() {
            return;
        }
        (self.asking_bans, self.bans_asked) = (true, Some(now));
        let dialler = Arc::clone(&self.dialler);
        self.work.spawn(async move {
            let _worker = dialler.workers.borrow().await;
            Done::Bans(dialler.node.bans().await)
        });
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
            self.desk.written.send_replace(Written { sequence: wish, error: None });
            return;
        }
        self.writing = true;
        let store = Arc::clone(&self.desk.store);
        self.work.spawn_blocking(move || {
            let outcome = journal::write(&store, &changes).map_err(|error| error.to_string());
            Done::Written { wish, changes, outcome }
        });
    }

    async fn wait(&mut self) {
        let desk = Arc::clone(&self.desk);
        let (plan, mark) = (self.dialler.plan.clone(), self.mark);
        let wake = clock::deadline(self.next_wake().since(clock::mono()));
        let done = tokio::select! {
            Some(done) = self.work.join_next(), if !self.work.is_empty() => done,
            () = desk.board.wait_until(|snapshot| Mark::of(snapshot, &plan.borrow()) != mark) => return,
            () = desk.bell.notified() => return,
            () = sleep_until(wake) => return,
        };
        match done {
            Ok(done) => self.done(done),
            // What panicked is told by the hook; the attempt it was is begun anew with the next run.
            Err(join) => std::panic::resume_unwind(join.into_panic()),
        }
    }

    fn next_wake(&self) -> Mono {
        let book = self.desk.book();
        let bans = self.bans_asked.filter(|_| book.has_held()).map(|asked| asked.after(Self::BANS));
        let write = Some(self.next_write).filter(|_| !self.writing && book.has_changes());
        let wakes = [book.next_wake(), bans, write, Some(self.next_growth)];
        wakes.into_iter().flatten().min().unwrap_or(self.next_growth)
    }

    fn done(&mut self, done: Done) {
        let now = clock::now();
        match done {
            Done::Called { address, number, called } => {
                self.desk.book().called(&address, number, called, now, draw());
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
                    self.desk.book().recheck_held(|address| bans.iter().any(|ban| ban.covers(address)));
                }
            }
            Done::Farewell => {}
            Done::Written { wish, changes, outcome } => self.written(wish, changes, outcome),
        }
    }

    fn written(&mut self, wish: u64, changes: Changes, outcome: Result<(), String>) {
        self.writing = false;
        let failed = outcome.is_err();
        self.next_write = clock::mono().after(if failed { Self::WRITE_AGAIN } else { Self::WRITE });
        match &outcome {
            Err(reason) => {
                self.desk.book().give_back(changes);
                if !self.write_failed {
                    error!(reason, "the reconnection queue cannot be written down; it is tried again");
                }
            }
            Ok(()) if self.write_failed => info!("the reconnection queue is written down again"),
            Ok(()) => {}
        }
        self.write_failed = failed;
        self.desk.written.send_replace(Written { sequence: wish, error: outcome.err() });
    }
}
