//! Boxed futures for work that few calls need.
//!
//! Such a future is in a box and is called through a vtable. So its code and its state stay out of
//! the processor's caches, which a busy gateway needs for the work of every call.

use std::pin::Pin;

use tracing::{Instrument, Span};

/// Work that few calls need.
pub(super) type RareFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Does `work` within `span`. It is called only if the span is recorded, which is rare.
#[inline(never)]
pub(super) fn traced<'a, T>(
    span: Span,
    work: impl Future<Output = T> + Send + 'a,
) -> RareFuture<'a, T> {
    Box::pin(work.instrument(span))
}
