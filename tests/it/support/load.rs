//! Clients that call without a pause over connections that are kept alive, and what became of their
//! calls.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::http::{Connection, Request};
use super::surroundings::{now, wait_until};

/// The longest wait for one answer: longer than any promise.
const ANSWER: Duration = Duration::from_secs(30);
/// The longest wait until the load is under way.
const START: Duration = Duration::from_secs(20);

/// What became of the calls of all clients.
#[derive(Debug, Default)]
pub(crate) struct LoadReport {
    pub(crate) answered: u64,
    /// The first few calls that failed, and how.
    pub(crate) failures: Vec<String>,
    /// How long each answer took, the shortest first.
    pub(crate) latencies: Vec<Duration>,
    /// How many answers each node gave.
    pub(crate) nodes: BTreeMap<String, u64>,
}

impl LoadReport {
    /// The longest wait for an answer.
    pub(crate) fn slowest(&self) -> Duration {
        self.latencies.last().copied().unwrap_or_default()
    }

    /// What was measured, in a line for `--nocapture`.
    pub(crate) fn summary(&self) -> String {
        let at = |percent: usize| {
            let place = self.latencies.len() * percent / 100;
            self.latencies.get(place).copied().unwrap_or_default()
        };
        format!(
            "{} answered, {} failed, median {:?}, p99 {:?}, slowest {:?}, by node {:?}",
            self.answered,
            self.failures.len(),
            at(50),
            at(99),
            self.slowest(),
            self.nodes
        )
    }

    fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.failures.extend(other.failures);
        self.latencies.extend(other.latencies);
        for (node, answers) in other.nodes {
            *self.nodes.entry(node).or_default() += answers;
        }
    }
}

/// Clients that call until they are told to stop.
pub(crate) struct Load {
    stopping: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    clients: Vec<JoinHandle<LoadReport>>,
}

impl Load {
    /// Starts `clients` clients that send `bodies` in turn, and waits until they are answered.
    #[track_caller]
    pub(crate) fn start(
        addr: SocketAddr,
        authorization: &str,
        clients: usize,
        bodies: &[&str],
    ) -> Self {
        let load = Self::begin(addr, authorization, clients, bodies);
        load.wait_for(100);
        load
    }

    /// As `start`, without waiting: for nodes that do not answer yet.
    pub(crate) fn begin(
        addr: SocketAddr,
        authorization: &str,
        clients: usize,
        bodies: &[&str],
    ) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let bodies: Arc<[String]> = bodies.iter().map(ToString::to_string).collect();
        let clients = (0..clients)
            .map(|_| {
                let client = Client {
                    addr,
                    authorization: authorization.to_owned(),
                    bodies: Arc::clone(&bodies),
                    stopping: Arc::clone(&stopping),
                    answered: Arc::clone(&answered),
                };
                thread::spawn(move || client.run())
            })
            .collect();
        Self {
            stopping,
            answered,
            clients,
        }
    }

    /// Waits until `count` more calls are answered.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: u64) {
        let goal = self.answered.load(Ordering::Relaxed) + count;
        wait_until("answers", START, || {
            self.answered.load(Ordering::Relaxed) >= goal
        });
    }

    /// Ends all clients; what became of their calls.
    #[track_caller]
    pub(crate) fn stop(self) -> LoadReport {
        self.stopping.store(true, Ordering::Relaxed);
        let mut report = LoadReport::default();
        for client in self.clients {
            report.add(client.join().expect("a client"));
        }
        report.latencies.sort_unstable();
        report
    }
}

struct Client {
    addr: SocketAddr,
    authorization: String,
    bodies: Arc<[String]>,
    stopping: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

impl Client {
    fn run(self) -> LoadReport {
        let mut report = LoadReport::default();
        let mut connection = None;
        let headers = [("Authorization", self.authorization.as_str())];
        for body in self.bodies.iter().cycle() {
            if self.stopping.load(Ordering::Relaxed) {
                break;
            }
            let asked = now();
            let sent = match connection.take() {
                Some(open) => Ok(open),
                None => Connection::open_for(self.addr, ANSWER),
            };
            let answered = sent.and_then(|mut open| {
                let answer = open.send(Request::post("/", body.as_bytes()).with(&headers))?;
                connection = Some(open);
                Ok(answer)
            });
            let failure = match answered {
                Ok(answer) if answer.status == 200 => {
                    let node = answer.header("x-bllvmctl-node").unwrap_or_default();
                    *report.nodes.entry(node.to_owned()).or_default() += 1;
                    report.answered += 1;
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    report.latencies.push(now() - asked);
                    continue;
                }
                Ok(answer) => format!("{} to {body}: {}", answer.status, answer.text()),
                Err(error) => format!("no answer to {body} after {:?}: {error}", now() - asked),
            };
            if report.failures.len() < 10 {
                report.failures.push(failure);
            }
            // Clients pause after a failure, as those of operators do.
            thread::sleep(Duration::from_millis(10));
        }
        report
    }
}
