//! `bllvmctl nodes explain`: which node would get a call, and why the others would not.

use clap::Args;
use reqwest::{Method, StatusCode};

use super::args::{Format, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::render::known;
use crate::api::{RouteCandidate, RouteExplainQuery, RouteExplained};

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    (
        "bllvmctl nodes explain getbalance --wallet hot",
        "Show which node has the wallet, and whether it would get the call",
    ),
]))]
pub(super) struct NodesExplain {
    /// Assume a call of this method
    #[arg(value_name = "METHOD")]
    method: String,
    /// Assume a call at the path of this wallet
    #[arg(long, value_name = "WALLET")]
    wallet: Option<String>,
    /// Assume a call of this user of rpc.auth.users
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

pub(super) fn run(args: &NodesExplain, client: &Client, output: Output) -> CommandResult {
    let query = RouteExplainQuery {
        method: args.method.clone(),
        wallet: args.wallet.clone(),
        user: args.user.clone(),
    };
    let path = format!("/api/v1/route?{}", query.to_query());
    let answer = client.control::<RouteExplained>(Method::GET, &path)?;
    if answer.status() == StatusCode::NOT_FOUND {
        return Err(Failure::text(Exit::No, answer.detail()));
    }
    let explained = answer.granted()?;
    let rows = || explained.document.nodes.iter().map(row).collect::<Vec<_>>();
    match output.format {
        Format::Json => output.json(&explained.raw)?,
        Format::Tsv => output.rows(&["name", "candidate", "reason"], &rows())?,
        Format::Table => {
            output.print(&sentence(&explained.document))?;
            output.rows(&["NODE", "MAY GET IT", "WHY NOT FIRST"], &rows())?;
        }
    }
    Ok(match explained.document.node {
        Some(_) => Exit::Yes,
        None => Exit::No,
    })
}

fn sentence(explained: &RouteExplained) -> String {
    let RouteExplained { method, class, .. } = explained;
    match (&explained.node, &explained.reason) {
        (Some(node), _) => format!("{method} (class {class}) goes to {node}\n\n"),
        (None, reason) => format!(
            "{method} (class {class}) goes to no node: {}\n\n",
            known(reason.as_ref())
        ),
    }
}

fn row(node: &RouteCandidate) -> Vec<String> {
    let candidate = if node.candidate { "yes" } else { "no" };
    vec![
        node.name.clone(),
        candidate.to_owned(),
        known(node.reason.as_ref()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_node_or_why_there_is_none() {
        let text = include_str!("../api/golden/route_explained.json");
        let mut explained: RouteExplained = serde_json::from_str(text).unwrap();
        let expected = "getblockcount (class view) goes to a\n\n";
        assert_eq!(sentence(&explained), expected);
        explained.node = None;
        explained.reason = Some("no node answers".to_owned());
        assert!(sentence(&explained).contains("goes to no node: no node answers"));
    }
}
