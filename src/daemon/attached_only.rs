//! The daemon's seam to the embedded node, in a build without one: every node is attached.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::Daemon;
use super::pending_node::PendingNode;
use super::serve_error::ServeError;
use crate::config::schema::MemberConfig;
use crate::env::Env;
use crate::fleet::Member;
use crate::node::rpc::{Destination, RpcNode};

/// There is no node in this process.
#[derive(Clone, Default)]
pub(super) struct EmbeddedHandle(());

impl EmbeddedHandle {
    /// Nobody can ask it.
    pub(super) async fn stop_requested(&self) {
        std::future::pending::<()>().await;
    }

    /// It has nothing to write.
    #[expect(clippy::unused_async, reason = "as where there is an embedded node")]
    pub(super) async fn finished(&self) {}
}

/// The gateway reaches the node as `client` does.
pub(super) fn way_to(_config: &MemberConfig, client: RpcNode) -> (Destination, PendingNode) {
    (
        client.destination(),
        PendingNode::Attached(Box::new(client)),
    )
}

impl Daemon {
    /// Starts the client of the attached node.
    #[expect(clippy::unused_async, reason = "as where there is an embedded node")]
    pub(super) async fn start_node(
        &self,
        member: &Arc<Member>,
        node: PendingNode,
        _embedded: &mut EmbeddedHandle,
        _here: &Handle,
        _stop: &CancellationToken,
    ) -> Result<(), ServeError> {
        let PendingNode::Attached(client) = node;
        member.attach(*client);
        Ok(())
    }

    /// There are none.
    #[expect(clippy::unused_async, reason = "as where there is an embedded node")]
    pub(super) async fn start_dev_fleet(
        &self,
        _embedded: &mut EmbeddedHandle,
        _here: &Handle,
        _stop: &CancellationToken,
    ) -> Result<(), ServeError> {
        Ok(())
    }
}

/// The nodes of `serve --dev --nodes`.
#[derive(Clone, Debug)]
pub enum DevFleet {}

/// `serve --dev`, which needs the embedded node.
pub struct Dev(Infallible);

impl Dev {
    /// Says that this build cannot.
    pub fn prepare(_listen: Option<&str>, _nodes: Option<u8>) -> Result<Self, ServeError> {
        Err(ServeError::NoEmbeddedNode("--dev"))
    }

    /// The configuration that would have been made.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        match self.0 {}
    }

    /// The nodes that would be attached.
    #[must_use]
    pub fn fleet(&self) -> Option<DevFleet> {
        match self.0 {}
    }

    /// What there would be to try.
    #[must_use]
    pub fn welcome(&self, _env: &Env) -> String {
        match self.0 {}
    }
}
