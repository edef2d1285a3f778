//! Rate limits: buckets of tokens, one per caller and layer, asked together and charged together.
//!
//! Decides whether a call passes now, and if not, when it would. Refuses to know what a call is,
//! who sends it and what time it is. Invariant: what is refused is charged nowhere, and memory is
//! bounded whoever calls.

mod accepted;
mod bucket;
mod charge;
mod failures;
mod layers;
pub mod shared;
mod table;

pub use accepted::{CredentialsAtNode, VerifiedCredentials};
pub use bucket::{Bucket, Rate, Shortage};
pub use charge::{BucketKey, Charge, Layer, LimitRefusal, MethodCharge, MethodTag};
pub use failures::{CountedFailure, Failures};
pub use layers::{Limiter, network_of};
pub use table::BucketTable;
