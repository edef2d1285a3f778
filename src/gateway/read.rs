//! The second step: a request's body is read, within its bound, within the body budget, and not for
//! ever.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::body_budget::{BodyBudget, Reservation};
use super::rare_future::RareFuture;
use super::refusal::CallRefusal;
use crate::clock;

/// The longest pause between two parts of a body; the same as between a connection and its first
/// header.
const PART_TIMEOUT: Duration = Duration::from_secs(30);
/// A body up to this that is there at once is not counted.
const UNCOUNTED_BODY_BYTES: u64 = 16 * 1024;
/// The cost of waiting for more of a body, beside the bytes that have arrived.
const WAITING_BODY_BYTES: u64 = 32 * 1024;

/// The buffer allocated at once for an announced body; for a longer one it grows with the data.
const MAX_INITIAL_BUFFER_BYTES: u64 = 64 * 1024;

/// A body that was read.
pub(super) struct ReadBody<'a> {
    pub(super) bytes: Bytes,
    _held: Reservation<'a>,
    /// Whether some of it was not there yet.
    pub(super) waited: bool,
}

/// Reads `body`, which comes from `network`: at most `most` bytes, until `deadline`.
pub(super) async fn read<B>(
    budget: &BodyBudget,
    mut body: B,
    network: u64,
    most: u64,
    deadline: Instant,
) -> Result<ReadBody<'_>, CallRefusal>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: std::fmt::Display + Send,
{
    let too_large = || CallRefusal::BodyTooLarge { most };
    let announced = body.size_hint().lower();
    if announced > most {
        return Err(too_large());
    }
    let mut held = budget.reserve(network);
    let mut parts = BodyParts::default();
    let mut received = 0;
    let mut waited = false;
    while let Some(part) = next_part(&mut body, deadline, &mut held, &mut waited).await? {
        let size = u64::try_from(part.len())
            .unwrap_or(u64::MAX)
            .saturating_add(received);
        if size > most {
            return Err(too_large());
        }
        if waited {
            reserve(&mut held, size.saturating_add(WAITING_BODY_BYTES))?;
        } else if size > UNCOUNTED_BODY_BYTES {
            reserve(&mut held, size)?;
        }
        parts.push(part, announced);
        received = size;
    }
    Ok(ReadBody {
        bytes: parts.into_bytes(),
        _held: held,
        waited,
    })
}

/// The parts of a body. Most bodies come in one part, which needs no copy.
#[derive(Default)]
struct BodyParts {
    first: Bytes,
    joined: BytesMut,
}

impl BodyParts {
    /// Adds `part` of a body of which `announced` bytes are announced. An announced byte takes no
    /// memory until it arrives, beyond a small buffer.
    fn push(&mut self, part: Bytes, announced: u64) {
        if self.first.is_empty() && self.joined.is_empty() {
            self.first = part;
            return;
        }
        if self.joined.is_empty() {
            let capacity = announced.min(MAX_INITIAL_BUFFER_BYTES);
            self.joined
                .reserve(usize::try_from(capacity).unwrap_or_default());
            self.joined
                .extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.joined.extend_from_slice(&part);
    }

    fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() {
            self.first
        } else {
            self.joined.freeze()
        }
    }
}

async fn next_part<B>(
    body: &mut B,
    deadline: Instant,
    held: &mut Reservation<'_>,
    waited: &mut bool,
) -> Result<Option<Bytes>, CallRefusal>
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
                if !std::mem::replace(waited, true) {
                    reserve(held, held.bytes().saturating_add(WAITING_BODY_BYTES))?;
                }
                wait_for_part(body, deadline)
                    .await
                    .map_err(|_| too_slow())?
            }
        };
        match frame {
            None => return Ok(None),
            Some(Err(error)) => {
                return Err(CallRefusal::NotACall(format!(
                    "the body cannot be read: {error}"
                )));
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// The next part of a body; `None` at its end.
type BodyPart<B> = Option<Result<Frame<Bytes>, <B as Body>::Error>>;

/// A timer is only for those that let us wait.
#[inline(never)]
fn wait_for_part<B>(body: &mut B, deadline: Instant) -> RareFuture<'_, Result<BodyPart<B>, Elapsed>>
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    // The time until which the next part may arrive.
    let until = deadline.min(clock::deadline(PART_TIMEOUT));
    Box::pin(timeout_at(
        until,
        poll_fn(|context| Pin::new(&mut *body).poll_frame(context)),
    ))
}

fn too_slow() -> CallRefusal {
    let detail =
        "the body did not come in time (30 s between two parts, rpc.request_timeout_secs for all)";
    CallRefusal::TimedOut(detail.to_owned())
}

fn reserve(held: &mut Reservation<'_>, bytes: u64) -> Result<(), CallRefusal> {
    if held.grow_to(bytes) {
        Ok(())
    } else {
        let busy = "too many large requests at once (rpc.max_body_bytes)";
        Err(CallRefusal::Busy(busy.to_owned()))
    }
}
