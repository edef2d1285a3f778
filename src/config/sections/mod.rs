//! The sections, each read into its struct; a section with a key that cannot be read is `None`.

mod auth;
mod credentials;
mod fleet;
mod health;
mod limits;
mod network;
mod node;
mod nodes;
mod notify;
mod rpc;
mod scope;
mod storage;
mod tls;

pub(super) use auth::node_glob;
#[cfg(test)]
pub(crate) use fleet::default_fleet;
#[cfg(test)]
pub(crate) use health::default_health;
pub(super) use node::KINDS;
#[cfg(test)]
pub(crate) use rpc::default_rpc;
pub(super) use scope::NodeScope;

use super::reader::Reader;
use super::schema::Config;

/// Reads all sections.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Config> {
    let members = nodes::read(reader);
    let state_dir = reader.path("state_dir");
    let fleet = fleet::read(reader);
    let rpc = rpc::read(reader);
    let limits = limits::read(reader);
    let notify = notify::read(reader);
    let logging = health::read_logging(reader);
    Some(members?.into_config(state_dir?, fleet?, rpc?, limits?, notify?, logging?))
}
