//! What is handed to the network: a transaction, a package, a block, a header. It goes to all nodes
//! in rotation at once, and the first success is the answer.
//!
//! | file | what it decides |
//! |---|---|
//! | `answer` | whether a node's answer is a success, by method |
//! | `decision` | which answer the client gets, and when |
//! | `receivers` | which nodes it is sent to: with private broadcast only those that have it |
//! | `known_transaction` | the result for a transaction that is in the chain already, though its answer was lost |
//!
//! `dispatch/fan_out` sends it. Refuses to know why nodes are out of rotation. Invariant: a success
//! of any node is never answered as an error, and with private broadcast no other node gets a
//! transaction.

pub(super) mod answer;
pub(super) mod decision;
pub(super) mod known_transaction;
pub(super) mod receivers;
