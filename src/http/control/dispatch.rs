//! Which endpoint and which node a path of the control API means.

use std::sync::Arc;

use hyper::StatusCode;

use super::call::ControlRequest;
use super::endpoint::{self, EndpointRow, NODE_STATUS, NodeEndpoint};
use super::{ControlApi, nodes};
use crate::api::PATH_PREFIX;
use crate::fleet::Member;
use crate::http::reply::{self, Reply};

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
        return row.endpoint.answer(api, call).await;
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

async fn of_node(
    api: &ControlApi,
    member: &Arc<Member>,
    (row, argument): (&EndpointRow<NodeEndpoint>, &str),
    call: ControlRequest,
) -> Result<Reply, Box<Reply>> {
    not_ours_to_change(member, row.endpoint, &call)?;
    row.endpoint.answer(api, member, argument, call).await
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
