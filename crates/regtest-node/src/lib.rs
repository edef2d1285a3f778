//! A small real Bitcoin node for regtest, as a library: chain, coins, mempool, peers and JSON-RPC
//! in one process, with nothing else to install.
//!
//! It validates by Bitcoin Core's rules (scripts by `libbitcoinconsensus`), speaks the P2P protocol
//! with real nodes, keeps blocks in Core's `blkNNNNN.dat` framing and its state in one crash-safe
//! database, and answers the node half of Core's JSON-RPC in Core's shapes and error codes. It has
//! no wallet, and it knows no chain but regtest.
//!
//! # A node in a test
//!
//! ```
//! use regtest_node::{Options, RegtestNode, RpcListener};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let (node, running) = RegtestNode::open(Options::new(dir.path())).await?;
//! let scenario = async {
//!     node.call("generatetodescriptor", json!([101, "raw(51)"])).await?;
//!     assert_eq!(node.call("getblockcount", json!([])).await?, 101);
//!     node.stop();
//!     Ok::<_, regtest_node::RpcError>(())
//! };
//! let (ended, done) = tokio::join!(running.run(RpcListener::none()), scenario);
//! ended?;
//! done?;
//! # Ok(())
//! # }
//! ```
//!
//! # The parts
//!
//! - [`RegtestNode::open`] opens a data directory and starts the node's thread; the [`NodeRunner`]
//!   that comes with it speaks with peers and callers, on the caller's tokio runtime, until
//!   [`RegtestNode::stop`].
//! - [`RegtestNode::call`] calls a method by name. [`RegtestNode::rpc`] answers whole JSON-RPC
//!   requests, and an [`RpcListener`] does so over HTTP: on a port, or within the process. Callers
//!   over HTTP authenticate with the [cookie](RegtestNode::cookie), which is also in `.cookie` in
//!   the data directory, as with bitcoind.
//! - [`RegtestNode::chain`], [`peers`](RegtestNode::peers), [`mempool`](RegtestNode::mempool) and
//!   others are readings without JSON.
//! - An [`EventObserver`] is called on each [`NodeEvent`]: a block was connected, the initial block
//!   download is over, writes to the disk fail or succeed again.
//!
//! # The mempool, and where it differs from Core's
//!
//! The acceptance rules, their order and the reject reasons are those of Bitcoin Core 31 with
//! `-acceptnonstdtxn`: 100 satoshi for 1000 virtual bytes, clusters of at most 64 transactions and
//! 101,000 virtual bytes, replacement that improves the feerate diagram, at most one parent and
//! child for version 3 (BIP431), and transactions that come back when their block leaves the chain.
//! It differs in this:
//!
//! - The forms of scripts, dust and data outputs are not restricted, but versions other than 1 to 3
//!   and more than 400,000 weight units are, as Core does without that option.
//! - Scripts are held to the rules of a block only, not to Core's stricter ones for relay (clean
//!   stack, minimal pushes, low S, and their kin).
//! - No packages: `testmempoolaccept` tests one transaction, and `submitpackage` is not there.
//! - It is 50 MB large. When it is full the transactions that pay least go, with all that build on
//!   them, and the fee to come in does not rise. Nothing is kept over a restart.
//! - `unbroadcast` is never true.
//! - Of a cluster that a reorganisation makes too large what pays least goes, one by one; Core
//!   drops by its order of mining. Core forgets disconnected transactions beyond 20 MB.
//!
//! # Invariants
//!
//! One thread owns the whole state and does all that may wait for the disk. A question is answered
//! from the state between two changes, never from the middle of one. In a directory that holds the
//! files of another node nothing is written.

mod activity;
mod agent;
mod chain;
mod chainstate;
mod clock;
mod cookie;
mod error;
mod event;
mod mempool;
mod mining;
mod network;
mod node;
mod node_state;
mod node_thread;
mod options;
mod readings;
mod rpc;
mod rpc_listener;
#[cfg(test)]
mod rpc_tests;
mod secret;
mod store;
mod time;
mod validation;

pub use agent::Agent;
pub use error::{NotRunning, OpenError, RunError};
pub use event::{EventObserver, NodeEvent};
pub use node::{NodeRunner, RegtestNode, check_directory};
pub use options::Options;
pub use readings::{ChainReading, MempoolReading, PeerReading, TrafficReading};
pub use rpc::{RpcError, RpcHandler, RpcReply};
pub use rpc_listener::{RpcConnector, RpcListener, rpc_channel};
pub use secret::CookieSecret;
pub use store::StorageError;
