//! What outlives a request, in the state directory: the lock that keeps a second daemon out, the
//! control cookie, the file of the control socket, and the store of documents that survive a
//! restart.
//!
//! Refuses to know what the token is good for. Invariant: a file is there whole, with its final
//! mode, or not at all.

mod batch;
mod control_socket;
mod cookie_file;
mod directory;
mod free_space;
mod group;
mod layout;
mod node_store;
mod private_directory;
mod regular_file;
mod state_error;
mod store;
mod store_error;
mod store_file;
mod token;

pub use batch::{Batch, Table};
pub use directory::StateDir;
pub use free_space::probe_free_space;
pub use group::is_group;
pub use layout::Keys;
pub use node_store::NodeStore;
pub use state_error::StateError;
pub use store::{ReadableDocuments, Store};
pub use store_error::StoreError;
pub use token::{random_token, read_token};
