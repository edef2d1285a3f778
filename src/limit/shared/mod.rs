//! Limits that several daemons share, in a store.
//!
//! | file | what it decides |
//! |---|---|
//! | `purse`, `purses`, `meter` | what is held ahead, what is asked for, which refusals are remembered |
//! | `breaker` | whether the store is used |
//! | `secret` | what callers are hashed with |
//! | `members` | by how much a limit is divided while the store is away |
//! | `script.lua`, `script` | what the store does, in one step |
//! | `facts` | what the store is, and whether it can be used |
//! | `settings` | how limits are shared |
//! | `store`, `inspect`, `task`, `call_end`, `signal`, `limits` | the connection, the loop over it, and those who wait for it |
//!
//! Invariant: over any time all daemons together admit at most burst + rate x time while the store
//! is used, and nobody waits for it longer than is configured.

mod breaker;
mod call_end;
mod facts;
mod inspect;
mod limits;
mod members;
mod meter;
#[cfg(test)]
mod model_store;
#[cfg(test)]
mod oracle_tests;
mod purse;
mod purses;
mod script;
pub(in crate::limit) mod secret;
mod settings;
mod signal;
mod store;
mod task;

pub use breaker::Breaker;
pub use facts::{StoreFacts, StoreFault};
pub use limits::{SharedLimits, SharedVerdict, StoreReport};
pub use members::LimitMembers;
pub use purse::{PurseQuestion, PurseTerms};
pub use purses::{
    CallSettlement, Demand, Demands, PurseAnswer, Purses, QuestionPart, StoreAnswer, StoreKey,
    StoreQuestion,
};
pub use secret::{BucketSecret, Fingerprint};
pub use settings::{SharedSettings, WhenAway};
pub use store::{LimitStoreError, StoreAccess};
pub use task::StoreObserver;
