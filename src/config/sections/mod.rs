//! The sections, each read into its struct; a section with a key that cannot be read is `None`.

mod auth;
mod health;
mod network;
mod node;
mod rpc;
mod storage;

pub(super) use node::KINDS;

use super::reader::Reader;
use super::schema::Config;

/// Reads all sections.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Config> {
    let node = node::read(reader);
    let state_dir = reader.path("state_dir");
    let network = network::read(reader);
    let storage = storage::read(reader);
    let rpc = rpc::read(reader);
    let health = health::read(reader);
    let logging = health::read_logging(reader);
    Some(Config {
        state_dir: state_dir?,
        node: node?,
        network: network?,
        storage: storage?,
        rpc: rpc?,
        health: health?,
        logging: logging?,
    })
}
