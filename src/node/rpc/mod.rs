//! The attached node: any program that speaks Bitcoin Core's JSON-RPC.
//!
//! Finds out whose program it is, asks in its dialect, and never again for what it does not have.

mod block_files;
mod chainstates;
mod client;
mod credentials;
mod decode;
mod decode_figures;
mod decode_peers;
mod destination;
pub(super) mod disk;
mod envelope;
mod file_names;
mod magic;
mod port;
#[cfg(test)]
mod recordings;
pub(super) mod usage;

pub use block_files::ReportedBlocks;
pub use client::{CallObserver, USER_TIMEOUT};
pub use destination::{CurrentCredentials, Destination, Inlet};
pub use disk::Directories;

use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use arc_swap::ArcSwapOption;
use serde_json::{Value, json};
use url::Url;

use self::block_files::BlockFileCheck;
use self::chainstates::Chainstates;
use self::client::{Caller, LIVENESS_USER_TIMEOUT};
use self::credentials::Keyring;
use super::{Dialect, Identity, NodeResult};
use crate::config::schema::NodeConfig;
use crate::tls::{ClientTls, ClientTrust, SharedTrust, TlsFileError, plain_client_config};
use crate::values::Credentials;

/// How an attached node is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The node's JSON-RPC.
    pub url: Url,
    /// How to authenticate.
    pub credentials: Credentials,
    /// Whom to trust there, and who bllvmctl is, if the URL is `https`.
    pub tls: ClientTls,
    /// The node's files, where they are on this machine.
    pub directories: Option<Directories>,
}

impl Endpoint {
    /// Where `node` says that it is.
    #[must_use]
    pub fn new(node: &NodeConfig) -> Self {
        let directories = node.data_dir.clone().map(|data| Directories {
            data,
            blocks: node.blocks_dir.clone(),
        });
        Self {
            url: node.rpc_url.clone(),
            credentials: node.credentials.clone(),
            tls: node.tls.clone(),
            directories,
        }
    }
}

/// Why there is no client of a node.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// A file of certificates or keys cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsFileError),
    /// The HTTP client cannot be made.
    #[error("cannot make an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// A node reached over JSON-RPC.
pub struct RpcNode {
    url: Url,
    keyring: Arc<Keyring>,
    /// `None`: it is called in the clear.
    trust: Option<Arc<SharedTrust>>,
    /// On a connection of its own, so that a queue of slow polls cannot make the node look dead.
    liveness: Caller,
    polls: Caller,
    /// Of minutes each, so that no poll waits behind one.
    prunes: Caller,
    directories: Option<Directories>,
    /// What it reported last of its blocks, and what was found of them.
    block_file_check: Arc<BlockFileCheck>,
    chainstates: Chainstates,
    identity: ArcSwapOption<Identity>,
    liveness_call: AtomicU8,
}

/// What distinguishes one chain from another: all signets have one genesis block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainIdentity {
    /// Hash of the first block, hexadecimal.
    pub genesis: String,
    /// What blocks must satisfy, on a signet.
    pub signet_challenge: Option<String>,
}

impl RpcNode {
    /// A node at `endpoint`; nothing is sent yet. With TLS it waits for the disk.
    pub fn new(endpoint: Endpoint, observer: &CallObserver) -> Result<Self, EndpointError> {
        const POLL_CONNECTIONS: usize = 4;
        let keyring = Arc::new(Keyring::new(endpoint.credentials));
        let trust = (endpoint.url.scheme() == "https")
            .then(|| endpoint.tls.read())
            .transpose()?
            .map(|trust| Arc::new(SharedTrust::new(trust)));
        let tls = trust
            .as_ref()
            .map_or_else(plain_client_config, SharedTrust::config);
        let caller = |connections, user_timeout| {
            let url = endpoint.url.clone();
            let keyring = Arc::clone(&keyring);
            let observer = Arc::clone(observer);
            Caller::new(url, &tls, connections, user_timeout, keyring, observer)
        };
        Ok(Self {
            url: endpoint.url.clone(),
            keyring: Arc::clone(&keyring),
            trust,
            liveness: caller(1, LIVENESS_USER_TIMEOUT)?,
            polls: caller(POLL_CONNECTIONS, USER_TIMEOUT)?,
            prunes: caller(1, USER_TIMEOUT)?,
            directories: endpoint.directories,
            block_file_check: Arc::default(),
            chainstates: Chainstates::default(),
            identity: ArcSwapOption::empty(),
            liveness_call: AtomicU8::new(0),
        })
    }

    /// How to speak to it, as far as it has said who it is: the chain is not asked for less because
    /// of who reports it.
    fn dialect(&self) -> Dialect {
        self.identity
            .load()
            .as_ref()
            .map(|identity| identity.dialect())
            .unwrap_or_default()
    }

    /// The same node, for calls of others.
    #[must_use]
    pub fn destination(&self) -> Destination {
        let tls = self.trust.as_ref().map(SharedTrust::config);
        Destination::new(&self.url, tls, Arc::clone(&self.keyring))
    }

    /// From the next call on, authenticates with `credentials`.
    pub fn change_credentials(&self, credentials: Credentials) {
        self.keyring.change(credentials);
    }

    /// From the next connection on, trusts whom `trust` does.
    pub fn change_trust(&self, trust: ClientTrust) {
        if let Some(shared) = &self.trust {
            shared.change(trust);
        }
    }

    /// Which chain the node is on, whatever it calls it.
    pub async fn chain_identity(&self) -> NodeResult<ChainIdentity> {
        let genesis = self.polls.call("getblockhash", &[json!(0)]).await?;
        let chain: Value = self.polls.call("getblockchaininfo", &[]).await?;
        let challenge = chain.get("signet_challenge").and_then(Value::as_str);
        Ok(ChainIdentity {
            genesis,
            signet_challenge: challenge.map(str::to_owned),
        })
    }
}
