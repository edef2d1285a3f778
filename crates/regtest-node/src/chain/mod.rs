//! The rules of a chain: headers, blocks, coins, and the tree of all headers.
//!
//! Decides what is valid. Refuses to know where anything is stored and who sent it. Invariant:
//! every rule is written for any chain's parameters, and a refusal names the rule in Bitcoin Core's
//! words.

pub(super) mod block;
pub(super) mod coins;
pub(super) mod connect;
pub(super) mod decode;
pub(super) mod header;
pub(super) mod limits;
pub(super) mod money;
pub(super) mod params;
pub(super) mod reject;
pub(super) mod script_error;
pub(super) mod script_type;
pub(super) mod scripts;
pub(super) mod signature_encoding;
pub(super) mod sigops;
pub(super) mod summary;
pub(super) mod transaction;
pub(super) mod tree;
