//! What an operator is to see first: what is wrong, since when, what to do, and the numbers.
//!
//! | file | what it decides |
//! |---|---|
//! | `facts` | which documents of the control API an overview is made of |
//! | `headline`, `troubles`, `advice` | what is wrong, since when, what to do |
//! | `numbers` | the numbers that are seen first |
//! | `node`, `peers`, `storage`, `requests`, `events` | the words of the sections |
//! | `level`, `text` | marks, numbers and times |
//!
//! The status page and `bllvmctl top` show the same, since both are made of this. Refuses to know
//! how it is shown: HTML and terminals are elsewhere. Pure.

mod advice;
mod events;
mod facts;
mod headline;
mod level;
mod node;
mod numbers;
mod peers;
mod requests;
mod storage;
pub(crate) mod text;
mod troubles;

pub(crate) use advice::Advice;
pub(crate) use events::{event_level, event_subject, event_text};
pub(crate) use facts::{NodeOverview, Overview, only_node};
pub(crate) use headline::Headline;
pub(crate) use level::OverviewLevel;
pub(crate) use node::{
    at_the_node, blocks, chain_facts, node_level, program, rotation, rotation_since, rotations,
};
pub(crate) use numbers::{FirstNumber, daemon_facts, first_numbers};
pub(crate) use peers::{
    PeerGroup, countdown, peer_groups, peers_summary, queue_facts, queue_summary,
};
pub(crate) use requests::{gateway_facts, gateway_state};
pub(crate) use storage::{StorageBar, bytes_of, storage_bars, storage_facts};
pub(crate) use troubles::{Trouble, troubles};
