//! `rpc.agent_listen`: HAProxy's agent-check. Each connection is answered one line.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::agent_answer::{AgentAnswer, requested_name};
use super::answer_cache::AnswerCache;
use crate::clock;
use crate::health::Question;

/// More connections than this are closed at once.
const MAX_CONNECTIONS: usize = 64;
/// A connection is closed after this, whatever it does.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);
/// Who has sent nothing by then asks about the gateway itself.
const NAME_TIMEOUT: Duration = Duration::from_millis(200);
/// Longer than any name.
const MAX_NAME_BYTES: usize = 64;
/// After a failure to accept, which may last, the loop must not spin.
const RETRY_DELAY: Duration = Duration::from_millis(20);

/// A bound listener for agent-checks, about to serve.
pub struct AgentListener(TcpListener);

impl AgentListener {
    /// Will serve `tcp`.
    #[must_use]
    pub fn new(tcp: TcpListener) -> Self {
        Self(tcp)
    }

    /// Answers from `cache` until `stop`.
    pub async fn serve(
        self,
        cache: Arc<AnswerCache>,
        stop: CancellationToken,
    ) -> Result<(), String> {
        let tracker = TaskTracker::new();
        let runtime = Handle::current();
        let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = self.0.accept() => accepted,
                () = stop.cancelled() => break,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    debug!(%error, "cannot accept an agent-check");
                    sleep(RETRY_DELAY).await;
                    continue;
                }
            };
            let Ok(permit) = Arc::clone(&free).try_acquire_owned() else {
                debug!(client_addr = %from, "too many agent-checks are open, one is refused");
                continue;
            };
            let cache = Arc::clone(&cache);
            let answer = async move {
                let _permit = permit;
                // A client that goes away, or takes nothing, is not missed.
                let _ = timeout(CONNECTION_TIMEOUT, answer(stream, &cache)).await;
            };
            tracker.spawn_on(answer, &runtime);
        }
        tracker.close();
        tracker.wait().await;
        Ok(())
    }
}

async fn answer(mut stream: TcpStream, cache: &AnswerCache) -> std::io::Result<()> {
    let mut sent = Vec::with_capacity(MAX_NAME_BYTES);
    let _ = timeout(NAME_TIMEOUT, receive(&mut stream, &mut sent)).await;
    let line = agent_answer(cache, requested_name(&sent).as_deref()).line();
    stream.write_all(line.as_bytes()).await?;
    stream.shutdown().await
}

/// Receives one line, or as much of it as comes.
async fn receive(stream: &mut TcpStream, sent: &mut Vec<u8>) -> std::io::Result<()> {
    while sent.len() < MAX_NAME_BYTES && !sent.contains(&b'\n') {
        if stream.read_buf(sent).await? == 0 {
            return Ok(());
        }
    }
    Ok(())
}

/// The answer about the node called `name`, or about the gateway itself.
fn agent_answer(cache: &AnswerCache, name: Option<&str>) -> AgentAnswer {
    if cache.is_draining() {
        return AgentAnswer::Drain;
    }
    let now = clock::mono();
    let has_several = cache.roster().all().has_several();
    let fleet = has_several.then(|| Arc::clone(&cache.router().read(now)));
    let (answers, answer) = match name {
        None => {
            let nodes = fleet.as_ref().map(|fleet| fleet.table.nodes.as_slice());
            let answer = AgentAnswer::of_gateway(nodes.unwrap_or_default());
            (Some(Arc::clone(&cache.read(now))), answer)
        }
        Some(name) => {
            let facts = fleet.as_ref().and_then(|fleet| fleet.facts(name));
            (cache.read_node(name, now), AgentAnswer::of_node(facts))
        }
    };
    let Some(answers) = answers else {
        return AgentAnswer::Down(format!("there is no node {}", name.unwrap_or_default()));
    };
    let outcome = answers.verdict().answer(Question::Ready, &[]);
    if outcome.ok || answer == AgentAnswer::Drain {
        return answer;
    }
    AgentAnswer::Down(outcome.reasons.join("; "))
}
