//! The members of the daemon: how they are opened, started, changed at a reload, and stopped.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::serve_error::{ServeError, start};
use crate::config::Config;
use crate::config::schema::{MemberConfig, NodeKind};
use crate::fleet::{self, Member, MemberSettings, Members, Reporter, Roster, Shared};
use crate::gateway::UpstreamUpdate;
use crate::node::rpc::{Endpoint, RpcNode};
use crate::state::{NodeStore, StateError, Store, StoreError};
use crate::tls::ClientTrust;

/// The members, and what runs for each.
pub(super) struct DaemonMembers {
    shared: Shared,
    store: Arc<Store>,
    roster: Arc<Roster>,
    running: Vec<RunningMember>,
}

/// A member whose changes are reported.
struct RunningMember {
    member: Arc<Member>,
    reporter: Arc<Reporter>,
    /// Ends the tasks that are not those of its loops.
    stop: CancellationToken,
}

/// What becomes of the members at a reload: whatever of it can fail is done.
pub(super) struct MemberChanges {
    /// In the order of the new configuration.
    members: Vec<MemberChange>,
}

struct MemberChange {
    member: Arc<Member>,
    config: MemberConfig,
    is_new: bool,
    /// A client of it, if it is new, or is to be found elsewhere.
    client: Option<RpcNode>,
    /// Whom to trust there, if it is the same node and TLS is spoken.
    trust: Option<ClientTrust>,
}

/// The members that a reload opens, by the names of those there are.
#[derive(Clone)]
pub(super) struct MemberOpener {
    shared: Shared,
    store: Arc<Store>,
    known: Vec<String>,
}

impl DaemonMembers {
    /// Opens the members of `config`. Nothing is polled yet. Waits for the disk.
    pub(super) fn open(
        config: &Config,
        store: Arc<Store>,
        shared: Shared,
    ) -> Result<Self, ServeError> {
        let names: Vec<&str> = config.members().map(|member| &*member.node.name).collect();
        let records = fleet::of_nodes(&store, &names).map_err(StateError::from)?;
        let mut members = Vec::new();
        for (member, records) in config.members().zip(records) {
            let settings = MemberSettings::new(config, member);
            let opened = Member::open(settings, Arc::new(records), shared.clone());
            members.push(Arc::new(opened.map_err(StateError::from)?));
        }
        let members = Members::collect(members);
        let members = members.ok_or_else(|| start("the nodes")("there is none"))?;
        Ok(Self {
            shared,
            store,
            roster: Arc::new(Roster::new(members)),
            running: Vec::new(),
        })
    }

    /// The members by name.
    pub(super) fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// Begins to report the changes of all members, until `stop`.
    pub(super) fn start(&mut self, stop: &CancellationToken) {
        for member in self.roster.all().iter() {
            self.running.push(RunningMember::start(member, stop));
        }
    }

    /// Reports what has changed since the last time.
    pub(super) fn report(&self) {
        for running in &self.running {
            running.reporter.report();
        }
    }

    /// Begins no more prune calls.
    pub(super) fn close_pruners(&self) {
        for member in self.roster.all().iter() {
            member.pruner().close();
        }
    }

    /// Ends the loops that ask the nodes, and writes what is not written yet; a disk that hangs
    /// must not keep the process.
    pub(super) async fn stop(&self) {
        const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
        let members = self.roster.all().clone();
        for member in members.iter() {
            member.stop();
        }
        let flush = async {
            for member in members.iter() {
                member.flush().await;
            }
            self.write_events().await;
        };
        if tokio::time::timeout(FLUSH_TIMEOUT, flush).await.is_err() {
            warn!(
                "the disk is too slow: the last of the reconnection queue and of the disk's \
                 history is not saved"
            );
        }
    }

    /// Writes the events that are not on the disk yet.
    async fn write_events(&self) {
        let events = Arc::clone(&self.shared.events);
        let written = tokio::task::spawn_blocking(move || events.write()).await;
        if let Ok(Err(error)) = written {
            warn!(%error, "the last events are not written to the disk");
        }
    }

    /// What opens the members of another configuration that are not there yet.
    pub(super) fn opener(&self) -> MemberOpener {
        MemberOpener {
            shared: self.shared.clone(),
            store: Arc::clone(&self.store),
            known: self.roster.all().names(),
        }
    }

    /// What becomes of the members with the configuration `new` after `old`; `opened` are those
    /// that are new. Changes nothing.
    pub(super) fn prepare(
        &self,
        old: &Config,
        new: &Config,
        opened: &[Arc<Member>],
    ) -> Result<MemberChanges, String> {
        let members = self.roster.all();
        // The only node may get another name.
        let only = members
            .only()
            .filter(|_| !new.has_several_nodes() && !old.has_several_nodes());
        let mut changes = Vec::new();
        for config in new.members() {
            let name = &config.node.name;
            let known = only.or_else(|| members.get(name));
            let is_opened = |member: &&Arc<Member>| member.settings().name == *name;
            let member = known
                .or_else(|| opened.iter().find(is_opened))
                .ok_or_else(|| format!("the records of the node {name} were not read"))?;
            let before = known.and_then(|known| old.member(&known.settings().name));
            let is_elsewhere =
                before.is_none_or(|before| before.node.rpc_url != config.node.rpc_url);
            let client = (is_elsewhere && config.node.kind == NodeKind::Attached)
                .then(|| member.client(Endpoint::new(&config.node)))
                .transpose()?;
            let is_same_over_tls = client.is_none() && config.node.rpc_url.scheme() == "https";
            let trust = is_same_over_tls
                .then(|| config.node.tls.read())
                .transpose()
                .map_err(|error| error.to_string())?;
            changes.push(MemberChange {
                member: Arc::clone(member),
                config: config.clone(),
                is_new: known.is_none(),
                client,
                trust,
            });
        }
        Ok(MemberChanges { members: changes })
    }

    /// Puts `changes` in force, and says how the gateway reaches each node. Members that are gone
    /// get no more calls once the gateway and the router know; their loops end at once.
    pub(super) fn apply(
        &mut self,
        config: &Config,
        changes: MemberChanges,
        here: &Handle,
        stop: &CancellationToken,
    ) -> Vec<UpstreamUpdate> {
        let mut upstreams = Vec::new();
        let mut members = Vec::new();
        for change in changes.members {
            let MemberChange {
                member,
                config: of_member,
                is_new,
                client,
                trust,
            } = change;
            if is_new {
                info!(node = of_member.node.name, "a node is added");
                self.running.push(RunningMember::start(&member, stop));
            }
            member.change_settings(MemberSettings::new(config, &of_member));
            upstreams.push(UpstreamUpdate {
                name: of_member.node.name.into(),
                destination: client.as_ref().map(RpcNode::destination),
                is_archive: of_member.archive,
            });
            match client {
                Some(client) => member.attach(client),
                // The same node: its open questions stay open, and no second of a kind is sent.
                None => member.change_credentials(&of_member.node.credentials),
            }
            if let Some(trust) = trust {
                member.change_trust(trust);
            }
            members.push(member);
        }
        if let Some(members) = Members::collect(members) {
            self.roster.replace(members);
        }
        self.retire_removed(here);
        upstreams
    }

    /// Stops what runs for members that are no longer in the roster. Their records stay.
    fn retire_removed(&mut self, here: &Handle) {
        let members = self.roster.all().clone();
        let is_kept = |running: &RunningMember| {
            members
                .iter()
                .any(|member| Arc::ptr_eq(member, &running.member))
        };
        let (kept, removed) = std::mem::take(&mut self.running)
            .into_iter()
            .partition::<Vec<_>, _>(is_kept);
        self.running = kept;
        for RunningMember { member, stop, .. } in removed {
            let name = member.settings().name.clone();
            info!(
                node = name,
                "a node is removed; its leases and its queue stay in the store"
            );
            member.pruner().close();
            member.stop();
            stop.cancel();
            let task = member.task("flush");
            let flushed = async move {
                member.flush().await;
                Ok(())
            };
            let _ended = self.shared.supervisor.critical(here, task, flushed);
            self.shared.supervisor.remove_node(&name);
            self.shared.recorder.remove_node(&name);
        }
    }
}

impl RunningMember {
    fn start(member: &Arc<Member>, stop: &CancellationToken) -> Self {
        let stop = stop.child_token();
        member.spawn_tip_record(&stop);
        Self {
            member: Arc::clone(member),
            reporter: Reporter::spawn(member, &stop),
            stop,
        }
    }
}

impl MemberOpener {
    /// Opens the members of `config` that are not there yet. Waits for the disk.
    pub(super) fn open(&self, config: &Config) -> Result<Vec<Arc<Member>>, StoreError> {
        let is_renamed = self.known.len() == 1 && !config.has_several_nodes();
        let mut opened = Vec::new();
        for member in config.members() {
            let name = &member.node.name;
            if is_renamed || self.known.contains(name) {
                continue;
            }
            let records = Arc::new(NodeStore::new(Arc::clone(&self.store), name.clone()));
            let settings = MemberSettings::new(config, member);
            opened.push(Arc::new(Member::open(
                settings,
                records,
                self.shared.clone(),
            )?));
        }
        Ok(opened)
    }
}
