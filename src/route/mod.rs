//! Which node gets a call: what the gateway has to know of it for that.
//!
//! | file | what it decides |
//! |---|---|
//! | `class` | the classes of methods, and whether a call is sent again |
//! | `needs` | what a node should have to answer |
//! | `methods` | the table: every known method and its rule |
//! | `rule` | from a rule and the parameters of one call to its classification |
//! | `arguments` | one parameter of a call, found without parsing the others |
//! | `batch` | several calls of one request |
//! | `facts` | what is published of each node |
//! | `query`, `choice` | what is to be routed; which node gets a call; the order of the candidates |
//! | `affinity` | which node a caller is spread to |
//! | `exclusion` | why a node gets no call |
//! | `floor`, `marks`, `position` | which nodes would show a caller less of the chain than it has seen |
//!
//! Refuses to know what a node is, users and limits. Invariant: a method that is not in the table
//! is never sent again, and a call whose parameters cannot be parsed is classified as the stricter
//! of what it may be.

mod affinity;
mod arguments;
mod batch;
mod choice;
mod class;
mod exclusion;
mod facts;
mod floor;
mod marks;
mod methods;
mod needs;
mod position;
mod query;
mod rule;

pub use arguments::{Parameter, block_hash_argument, first_argument, written_argument};
pub use batch::strictest;
pub use choice::{NoNode, choose, explain, primary};
pub use class::{Class, Resend};
pub use exclusion::Exclusion;
pub use facts::{
    FleetPolicy, MAX_NODES, NodeFacts, NodeSet, PublishedTip, Rotation, RouteTable, WalletClaims,
};
pub use floor::{Floor, FloorCaller, FloorView};
pub use marks::{FloorAnswer, ShownTip};
pub use methods::{METHODS, method_index};
pub use needs::Needs;
pub use position::{BlockTag, ChainPosition};
pub use query::RouteQuery;
pub use rule::{ClassRule, Classification, KnownMethod, classify};
