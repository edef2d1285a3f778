//! Reading a request's body: within its bound, within a bound for all of them, and not for ever.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::Rare;
use super::refusal::Refusal;
use super::room::Room;
use crate::clock;

/// Between two parts of a body at most so much time goes by, as between a connection and its first header.
const QUIET: Duration = Duration::from_secs(30);
/// A body up to this is not counted: each connection has a buffer of that size anyway.
const SMALL: u64 = 16 * 1024;

/// Room made at once for a body that is announced; for a longer one it grows with what comes.
const RESERVED: u64 = 64 * 1024;

/// Bytes of bodies that are held at this moment, all connections together.
#[derive(Default)]
pub(super) struct Intake {
    room: Mutex<Room>,
}

/// A body that was read.
pub(super) struct ReadBody<'a> {
    pub(super) bytes: Bytes,
    pub(super) held: Held<'a>,
    /// Whether some of it was not there yet.
    pub(super) waited: bool,
}

/// A part of the bytes that may be held, given back when this is dropped.
pub(super) struct Held<'a> {
    intake: &'a Intake,
    network: u64,
    bytes: u64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.intake.room().give_back(self.network, self.bytes);
        }
    }
}

impl Held<'_> {
    fn grow_to(&mut self, bytes: u64, room: u64) -> Result<(), Refusal> {
        let more = bytes.saturating_sub(SMALL).saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        if !self.intake.room().take(self.network, more, room) {
            return Err(Refusal::Busy("too many large requests at once (rpc.max_body_bytes)".to_owned()));
        }
        self.bytes += more;
        Ok(())
    }
}

impl Intake {
    /// All bodies together take at most so many times the largest one.
    const BODIES: u64 = 16;

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads `body`, which comes from `network`: at most `most` bytes, until `deadline`.
    pub(super) async fn read<B>(
        &self,
        mut body: B,
        network: u64,
        most: u64,
        deadline: Instant,
    ) -> Result<ReadBody<'_>, Refusal>
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display + Send,
    {
        let too_large = || Refusal::BodyTooLarge { most };
        let announced = body.size_hint().lower();
        if announced > most {
            return Err(too_large());
        }
        let (mut held, all) = (Held { intake: self, network, bytes: 0 }, most.saturating_mul(Self::BODIES));
        let mut first = Bytes::new();
        let (mut rest, mut waited) = (BytesMut::new(), false);
        while let Some(part) = next_part(&mut body, deadline, &mut waited).await? {
            let size = u64::try_from(first.len() + rest.len() + part.len()).unwrap_or(u64::MAX);
            if size > most {
                return Err(too_large());
            }
            held.grow_to(size, all)?;
            // Most bodies come in one part, which needs no copy.
            if first.is_empty() && rest.is_empty() {
                first = part;
                continue;
            }
            if rest.is_empty() {
                // What is only announced takes no memory, beyond a little.
                rest.reserve(usize::try_from(announced.min(RESERVED)).unwrap_or_default());
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&part);
        }
        Ok(ReadBody { bytes: if rest.is_empty() { first } else { rest.freeze() }, held, waited })
    }
}

async fn next_part<B>(body: &mut B, deadline: Instant, waited: &mut bool) -> Result<Option<Bytes>, Refusal>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: std::fmt::Display + Send,
{
    if body.is_end_stream() {
        return Ok(None);
    }
    loop {
        let next = poll_fn(|context| Poll::Ready(Pin::new(&mut *body).poll_frame(context)));
        let frame = match next.await {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                *waited = true;
                wait_for_part(body, deadline).await.map_err(|_| too_slow())?
            }
        };
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(Refusal::NotACall(format!("the body cannot be read: {error}"))),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// The next part of a body; `None` at its end.
type Part<B> = Option<Result<Frame<Bytes>, <B as Body>::Error>>;

/// A timer is only for those that let us wait.
#[inline(never)]
fn wait_for_part<B>(body: &mut B, deadline: Instant) -> Rare<'_, Result<Part<B>, Elapsed>>
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    // The next part may come for so long.
    let until = deadline.min(clock::deadline(QUIET));
    Box::pin(timeout_at(until, poll_fn(|context| Pin::new(&mut *body).poll_frame(context))))
}

fn too_slow() -> Refusal {
    let detail = "the body did not come in time (30 s between two parts, rpc.request_timeout_secs for all)";
    Refusal::TimedOut(detail.to_owned())
}
