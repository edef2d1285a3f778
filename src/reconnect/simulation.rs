//! The real task and the real polls beside a node of thousands of peers, in a time that passes at
//! once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;
use crate::clock;
use crate::events::{EventLog, NodeEvents};
use crate::node::{
    ChainInfo, Direction, Identity, Indexes, MempoolInfo, NetworkInfo, Node, NodeError, NodeResult,
    Peer, Traffic, Usage, UtxoSet, Volume,
};
use crate::state::{NodeStore, StateDir};
use crate::values::{Chain, Mono, PeerAddress};
use crate::watch::{AskUtxos, Board, PollPlan, Topic, Watch, Workers};

const POLL: Duration = Duration::from_secs(5);
const AT_ONCE: usize = 4;
/// As long as bitcoind tries to connect.
const DIAL: Duration = Duration::from_secs(5);

/// A node whose peers come and go.
#[derive(Default)]
struct Crowd {
    connected: Mutex<BTreeMap<PeerAddress, Peer>>,
    /// Who answers a dial.
    reachable: Mutex<BTreeMap<PeerAddress, Peer>>,
    dials: Mutex<Vec<(Mono, PeerAddress)>>,
    dialling: AtomicUsize,
    most_at_once: AtomicUsize,
}

#[async_trait]
impl Node for Crowd {
    async fn uptime(&self) -> NodeResult<Option<Duration>> {
        Ok(Some(clock::mono().since_start()))
    }

    async fn chain(&self) -> NodeResult<ChainInfo> {
        Ok(ChainInfo::bare("main", 1, 1))
    }

    async fn network(&self) -> NodeResult<NetworkInfo> {
        let subversion = "/Satoshi:29.0.0/".to_owned();
        let identity = Identity::of(subversion, Some(290_000), String::new());
        Ok(NetworkInfo {
            identity,
            active: Some(true),
            proxied: false,
            own_addresses: Vec::new(),
            protocol_version: None,
            has_warning: None,
            time_offset_secs: None,
            connections: crate::node::ConnectionCounts::default(),
        })
    }

    async fn peers(&self) -> NodeResult<Vec<Peer>> {
        // One that dials us all the time: the network is up.
        let witness = Peer::bare("192.0.2.1:50000", Some(Direction::Inbound));
        Ok(self
            .connected
            .lock()
            .unwrap()
            .values()
            .cloned()
            .chain([witness])
            .collect())
    }

    async fn dial(&self, address: &PeerAddress) -> NodeResult<()> {
        self.dials
            .lock()
            .unwrap()
            .push((clock::mono(), address.clone()));
        let at_once = self.dialling.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::Relaxed);
        let reachable = self.reachable.lock().unwrap().get(address).cloned();
        match reachable {
            Some(peer) => drop(self.connected.lock().unwrap().insert(address.clone(), peer)),
            None => sleep(DIAL).await,
        }
        self.dialling.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    }

    async fn traffic(&self) -> NodeResult<Traffic> {
        Err(NodeError::Unsupported { what: "traffic" })
    }

    async fn mempool(&self) -> NodeResult<MempoolInfo> {
        Err(NodeError::Unsupported { what: "mempool" })
    }

    async fn indexes(&self) -> NodeResult<Indexes> {
        Err(NodeError::Unsupported { what: "indexes" })
    }

    async fn utxos(&self) -> NodeResult<UtxoSet> {
        Err(NodeError::Unsupported { what: "outputs" })
    }

    async fn is_in_best_chain(&self, _: &str) -> NodeResult<bool> {
        Ok(true)
    }

    async fn volume(&self) -> NodeResult<Volume> {
        Err(NodeError::Unsupported { what: "volume" })
    }

    async fn usage(&self) -> NodeResult<Usage> {
        Err(NodeError::Unsupported { what: "usage" })
    }

    fn forget(&self) {}
}

fn terms() -> Terms {
    Terms {
        enabled: true,
        backoff: Backoff::new(Duration::from_secs(5), Duration::from_secs(3600), 0.1),
        max_retries: 10,
        most_at_once: AT_ONCE,
        scope: Scope::Outbound,
        peers: Vec::new(),
        chain: Some(Chain::Main),
    }
}

/// A peer that is the better, the higher its number.
fn peer(number: u32) -> (PeerAddress, Peer) {
    let text = format!(
        "10.{}.{}.{}:8333",
        number >> 16,
        number >> 8 & 0xff,
        number & 0xff
    );
    let ping = Some(Duration::from_millis(u64::from(50_000 - number)));
    (
        text.parse().unwrap(),
        Peer {
            ping,
            ..Peer::bare(&text, Some(Direction::Outbound))
        },
    )
}

/// The node, the polls, the task; they end with it.
struct World {
    crowd: Arc<Crowd>,
    reconnection: Arc<Reconnection>,
    _tasks: JoinSet<()>,
    _directory: tempfile::TempDir,
}

impl World {
    fn start(peers: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let store = Arc::new(state.store("main").unwrap());
        let log = Arc::new(EventLog::open(Arc::new(NodeStore::of_daemon(Arc::clone(
            &store,
        )))));
        let store = Arc::new(NodeStore::new(store, "main"));
        let crowd = Arc::new(Crowd::default());
        crowd.connected.lock().unwrap().extend((0..peers).map(peer));
        let board = Arc::new(Board::default());
        let plan = PollPlan {
            poll_interval: POLL,
            probe_interval: None,
            asks_private_broadcast: false,
            asks_alias_figures: false,
            timeout: Duration::from_secs(10),
            usage_interval: Duration::from_secs(60),
            utxos: AskUtxos::Never,
        };
        let (_, plan) = tokio::sync::watch::channel(plan);
        let (node, workers): (Arc<dyn Node>, _) =
            (Arc::<Crowd>::clone(&crowd), Arc::new(Workers::default()));
        let watch = Arc::new(Watch::new(
            Arc::clone(&node),
            Arc::clone(&workers),
            Arc::clone(&board),
            plan.clone(),
        ));
        let reconnection = Arc::new(Reconnection::open(
            terms(),
            board,
            store,
            Arc::new(NodeEvents::new(log, "main")),
        ));
        let mut tasks = JoinSet::new();
        let topics = [
            Topic::Uptime,
            Topic::Network,
            Topic::Indexes,
            Topic::Chain,
            Topic::Peers,
        ];
        for topic in topics {
            let watch = Arc::clone(&watch);
            tasks.spawn(async move { watch.run(topic).await });
        }
        tasks.spawn(Arc::clone(&reconnection).run(Arc::new(Dialler::new(node, workers, plan))));
        Self {
            crowd,
            reconnection,
            _tasks: tasks,
            _directory: directory,
        }
    }

    fn lose_all(&self) {
        self.crowd.connected.lock().unwrap().clear();
    }

    fn dials(&self) -> Vec<(Mono, PeerAddress)> {
        self.crowd.dials.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn twelve_thousand_lost_peers_are_dialled_at_a_bounded_rate_in_bounded_memory_the_good_ones_first()
 {
    const PEERS: u32 = 12_000;
    const GOOD: u32 = 100;
    let world = World::start(PEERS);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(world.reconnection.state().sizes(), (12_000, 0, 0));

    world.lose_all();
    world
        .crowd
        .reachable
        .lock()
        .unwrap()
        .extend((PEERS - GOOD..PEERS).map(peer));
    sleep(POLL * 2).await;
    let (remembered, queued, under_way) = world.reconnection.state().sizes();
    // A few may be back already.
    let full = MAX_QUEUED_PEERS - AT_ONCE..=MAX_QUEUED_PEERS;
    assert!(
        remembered <= MAX_QUEUED_PEERS && full.contains(&queued) && under_way <= AT_ONCE,
        "{remembered} {queued} {under_way}"
    );
    let kept: BTreeSet<String> = world
        .reconnection
        .queue()
        .into_iter()
        .map(|row| row.address)
        .collect();
    assert!(
        (0..PEERS - 10_000).all(|number| !kept.contains(&peer(number).0.to_string())),
        "the worst had to go"
    );

    // Four at a time take a dial or none, and a look at the list.
    let most = POLL * 3 * GOOD / u32::try_from(AT_ONCE).unwrap();
    sleep(most).await;
    let back = world.crowd.connected.lock().unwrap().len();
    assert_eq!(back, 100, "all good ones are back after {most:?}");
    let dials = world.dials();
    let good: BTreeSet<PeerAddress> = (PEERS - GOOD..PEERS).map(|number| peer(number).0).collect();
    let before = dials
        .iter()
        .take_while(|(_, address)| !good.contains(address))
        .count();
    assert!(
        before <= AT_ONCE,
        "{before} dials before the first good one"
    );
    let first = dials
        .iter()
        .take(100 + AT_ONCE * 2)
        .filter(|(_, address)| good.contains(address))
        .count();
    assert!(first >= 95, "{first} good ones among the first dials");

    sleep(Duration::from_secs(1800)).await;
    let dials = world.dials();
    let seconds = dials.last().unwrap().0.since(dials[0].0).as_secs();
    let allowed = (seconds / POLL.as_secs() + 2) * u64::try_from(AT_ONCE).unwrap();
    assert!(
        u64::try_from(dials.len()).unwrap() <= allowed,
        "{} dials in {seconds} s",
        dials.len()
    );
    assert!(
        world.crowd.most_at_once.load(Ordering::Relaxed) <= 2,
        "the polls keep a worker"
    );
    let (remembered, queued, under_way) = world.reconnection.state().sizes();
    assert!(
        remembered <= MAX_QUEUED_PEERS + 100 && queued <= MAX_QUEUED_PEERS && under_way <= AT_ONCE,
        "{remembered} {queued} {under_way}"
    );
    // The list was looked at all the while.
    assert_eq!(world.reconnection.summary().kept, (0, 0));
    assert_eq!(world.reconnection.summary().qualities.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_peer_is_back_within_one_attempt_and_its_delays_are_those_of_the_formula() {
    let world = World::start(1);
    let (address, listed) = peer(0);
    sleep(Duration::from_secs(20)).await;
    world.lose_all();
    let lost = clock::mono();
    sleep(Duration::from_secs(400)).await;
    let mut before = lost;
    for (n, (at, _)) in world.dials().into_iter().enumerate() {
        let base = f64::from(5_u32 << n);
        // The delay, a tenth more or less; before all but the first the dial, and up to two polls.
        let waited = at.since(before).as_secs_f64();
        let (dial, looks) = if n == 0 { (0.0, 5.0) } else { (5.0, 15.0) };
        let range = base * 0.9 + dial..=base * 1.1 + looks;
        assert!(range.contains(&waited), "attempt {n} after {waited} s");
        before = at;
    }
    assert!(world.dials().len() >= 5);
    world
        .crowd
        .reachable
        .lock()
        .unwrap()
        .insert(address, listed);
    let tried = world.dials().len();
    sleep(Duration::from_secs(700)).await;
    assert_eq!(world.dials().len(), tried + 1);
    assert!(world.reconnection.queue().is_empty());
    assert_eq!(world.reconnection.summary().counts.succeeded, 1);
}
