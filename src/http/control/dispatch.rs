//! Which handler answers a path and a method of the control API.

use std::sync::Arc;

use hyper::{Method, StatusCode};

use super::call::ControlRequest;
use super::endpoint::{self, DaemonEndpoint, EndpointRow, NODE_STATUS, NodeEndpoint};
use super::{
    ControlApi, config, drain, leases, limits, nodes, notify, peers, prune, queue, route, status,
};
use crate::api::{PATH_PREFIX, RecentLog};
use crate::fleet::Member;
use crate::http::openapi;
use crate::http::reply::{self, Reply};
use crate::logging;

/// Answers a call of `path`.
pub(super) async fn answer(api: &ControlApi, path: &str, call: ControlRequest) -> Reply {
    let answered = match path.strip_prefix(PATH_PREFIX) {
        Some(resource) => of_resource(api, resource, call).await,
        None => Err(Box::new(unknown(path))),
    };
    answered.unwrap_or_else(|refusal| *refusal)
}

/// The path and the method are looked at before the node: a method that a path does not take is no
/// question of any node.
async fn of_resource(
    api: &ControlApi,
    resource: &str,
    call: ControlRequest,
) -> Result<Reply, Box<Reply>> {
    if let Some(row) = endpoint::of_daemon(resource) {
        call.check(row.methods)?;
        return of_daemon(api, row.endpoint, call).await;
    }
    let Some(of_named) = resource.strip_prefix("nodes/") else {
        let found = endpoint::of_node(resource).ok_or_else(|| Box::new(unknown(resource)))?;
        call.check(found.0.methods)?;
        let members = api.roster().all().clone();
        let name_one = || Box::new(reply::name_a_node(members.names()));
        let only = members.only().ok_or_else(name_one)?;
        return of_node(api, only, found, call).await;
    };
    let (name, resource) = match of_named.split_once('/') {
        Some((name, resource)) => (name, Some(resource)),
        None => (of_named, None),
    };
    let found = match resource {
        None => Some((&NODE_STATUS, "")),
        Some(resource) => endpoint::of_node(resource),
    };
    if let Some((row, _)) = found {
        call.check(row.methods)?;
    }
    let member = nodes::named(api.roster(), name)?;
    let unknown = || Box::new(unknown(resource.unwrap_or_default()));
    let found = found.ok_or_else(unknown)?;
    of_node(api, &member, found, call).await
}

fn unknown(resource: &str) -> Reply {
    let detail = format!("the control API has no path {resource}");
    reply::problem(StatusCode::NOT_FOUND, &detail)
}

async fn of_daemon(
    api: &ControlApi,
    endpoint: DaemonEndpoint,
    call: ControlRequest,
) -> Result<Reply, Box<Reply>> {
    match endpoint {
        DaemonEndpoint::ConfigReload => Ok(config::reload(&api.reload).await),
        DaemonEndpoint::Limits => Ok(limits::show(api)),
        DaemonEndpoint::LimitsExplain => Ok(limits::explain(api, call.query()).await),
        DaemonEndpoint::LimitsTry => Ok(limits::try_all(api).await),
        DaemonEndpoint::Log => {
            let lines = logging::recent_lines();
            Ok(reply::value(StatusCode::OK, &RecentLog { lines }))
        }
        DaemonEndpoint::Nodes => Ok(nodes::list(api)),
        DaemonEndpoint::NotifyTest => notify::test(&api.notifier, call).await,
        DaemonEndpoint::OpenApi => Ok(reply::json(StatusCode::OK, openapi::DOCUMENT)),
        DaemonEndpoint::Route => Ok(route::answer(api, call.query())),
        DaemonEndpoint::Status => Ok(status::status(api, None)),
    }
}

async fn of_node(
    api: &ControlApi,
    member: &Arc<Member>,
    (row, argument): (&EndpointRow<NodeEndpoint>, &str),
    call: ControlRequest,
) -> Result<Reply, Box<Reply>> {
    let endpoint = row.endpoint;
    not_ours_to_change(member, endpoint, &call)?;
    match endpoint {
        NodeEndpoint::Drain => match *call.method() {
            Method::GET => Ok(drain::show(member)),
            Method::DELETE => Ok(drain::end(api, member).await),
            _ => drain::begin(api, member, call).await,
        },
        NodeEndpoint::Lease => Ok(leases::release(member, argument).await),
        NodeEndpoint::Leases if call.is_read() => Ok(leases::list(member)),
        NodeEndpoint::Leases => leases::grant(member, call).await,
        NodeEndpoint::Peers => Ok(peers::peers(member).await),
        NodeEndpoint::PeersAdd => peers::add(member, call).await,
        NodeEndpoint::PeersRemove => peers::remove(member, call).await,
        NodeEndpoint::Prune => Ok(prune::status(member)),
        NodeEndpoint::PruneCancel => Ok(prune::cancel(member)),
        NodeEndpoint::PruneJob => Ok(prune::job(member, argument)),
        NodeEndpoint::PruneJobs if call.is_read() => Ok(prune::jobs(member)),
        NodeEndpoint::PruneJobs => prune::begin(member, call).await,
        NodeEndpoint::PrunePlan => prune::plan(member, call).await,
        NodeEndpoint::Queue => Ok(queue::queue(member).await),
        NodeEndpoint::QueueAdd => queue::add(member, call).await,
        NodeEndpoint::QueueDrop => queue::drop(member, call).await,
        NodeEndpoint::QueuePause => queue::set_paused(member, true).await,
        NodeEndpoint::QueueResume => queue::set_paused(member, false).await,
        NodeEndpoint::QueueRetry => queue::retry(member, call).await,
        NodeEndpoint::Status => Ok(status::status(api, Some(&member.settings().name))),
    }
}

/// The refusal of a change of a node that this daemon does not prune and whose peers it does not
/// dial.
fn not_ours_to_change(
    member: &Member,
    endpoint: NodeEndpoint,
    call: &ControlRequest,
) -> Result<(), Box<Reply>> {
    let settings = member.settings();
    let detail = if call.is_read() || !endpoint.is_management() {
        return Ok(());
    } else if endpoint.is_pruning() && settings.role.archive {
        format!(
            "the node {} is an archive, which is never pruned: nodes.archive",
            settings.name
        )
    } else if !settings.manage {
        format!(
            "this daemon does not manage the node {}: set nodes.manage",
            settings.name
        )
    } else {
        return Ok(());
    };
    Err(Box::new(reply::problem(StatusCode::CONFLICT, &detail)))
}
