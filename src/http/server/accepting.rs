//! What goes with accepting connections: failures of the system, memory of those that ended.

use std::hint::black_box;
use std::time::Duration;

use tokio::time::sleep;
use tracing::warn;

use super::connections::Connections;
use super::listen_socket::is_of_one_connection;
use crate::clock;
use crate::values::Mono;

/// The memory of connections that have ended, on its way back to the system.
#[derive(Default)]
pub(super) struct MemoryRelease {
    ended: u64,
    rounds_left: u32,
}

impl MemoryRelease {
    /// The allocator gives back what has been free for a second, and looks for that when a block of
    /// memory comes or goes: after a flood, in an idle process, never. So blocks come and go here:
    /// small ones until it has looked through its pages, which it does once in ten thousand blocks
    /// of more than a kilobyte, and a large one, which is not touched and at which it gives back
    /// the pages that were found empty.
    pub(super) fn give_back(&mut self, ended: u64) {
        const RELEASE_ROUNDS: u32 = 6;
        const BLOCKS_PER_ROUND: u32 = 2_500;
        const SMALL_BLOCK_BYTES: usize = 2 << 10;
        const LARGE_BLOCK_BYTES: usize = 4 << 20;
        if std::mem::replace(&mut self.ended, ended) != ended {
            self.rounds_left = RELEASE_ROUNDS;
        }
        if self.rounds_left > 0 {
            self.rounds_left -= 1;
            for _ in 0..BLOCKS_PER_ROUND {
                drop(black_box(Vec::<u8>::with_capacity(SMALL_BLOCK_BYTES)));
            }
            drop(black_box(Vec::<u8>::with_capacity(LARGE_BLOCK_BYTES)));
        }
    }
}

/// Logs that accepting fails, at most once per interval.
#[derive(Default)]
pub(super) struct AcceptWarning {
    last: Option<Mono>,
    times: u64,
}

impl AcceptWarning {
    const LOG_INTERVAL: Duration = Duration::from_secs(10);

    fn log(&mut self, error: &std::io::Error, evicted: usize, now: Mono) {
        self.times += 1;
        if self
            .last
            .is_none_or(|last| now.since(last) >= Self::LOG_INTERVAL)
        {
            warn!(%error, evicted, times = self.times, "cannot accept a connection");
            *self = Self {
                last: Some(now),
                times: 0,
            };
        }
    }
}

/// What to do when accepting fails: the connection may be gone already, or this process or the
/// system is out of descriptors. Then an idle connection gives way, and a pause keeps the loop from
/// spinning.
pub(super) async fn accept_failed(
    error: &std::io::Error,
    connections: &Connections,
    warning: &mut AcceptWarning,
) {
    const RETRY_DELAY: Duration = Duration::from_millis(20);
    if is_of_one_connection(error) {
        return;
    }
    let now = clock::mono();
    warning.log(error, connections.evict(None, now), now);
    sleep(RETRY_DELAY).await;
}
