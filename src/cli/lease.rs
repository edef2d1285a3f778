//! `bllvmctl lease`: leases that hold blocks back from pruning.

use jiff::Timestamp;
use reqwest::{Method, StatusCode};

use super::answer::ControlAnswer;
use super::args::{Format, LeaseAdd, LeaseCommand, LeaseRelease, Ttl};
use super::client::Client;
use super::each_node::NodeList;
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::render::whole_seconds;
use super::{render, wait};
use crate::api::{LeaseDocument, LeaseGranted, LeaseReleased, LeaseRequest};

pub(super) fn run(command: &LeaseCommand, client: &Client, output: Output) -> CommandResult {
    match command {
        LeaseCommand::List(args) => wait::repeat(args.watch.watch, output, || list(client, output)),
        LeaseCommand::Add(args) => add(args, client, output),
        LeaseCommand::Release(args) => release(args, client, output),
    }
}

const COLUMNS: [&str; 4] = ["name", "keeps", "expires_at", "created_at"];

fn list(client: &Client, output: Output) -> CommandResult {
    const LEASES: NodeList<LeaseDocument> = NodeList {
        resource: "leases",
        columns: &COLUMNS,
        raw: row,
        table,
    };
    LEASES.show(client, output)
}

fn table(leases: &[LeaseDocument], output: Output) -> Result<(), Failure> {
    if leases.is_empty() {
        return output.print("no leases\n");
    }
    output.rows(&COLUMNS, &leases.iter().map(row).collect::<Vec<_>>())
}

fn time(at: Timestamp) -> String {
    whole_seconds(at).to_string()
}

fn row(lease: &LeaseDocument) -> Vec<String> {
    vec![
        lease.name.clone(),
        keeps(lease),
        lease.expires_at.map_or_else(|| "never".to_owned(), time),
        time(lease.created_at),
    ]
}

fn keeps(lease: &LeaseDocument) -> String {
    match (lease.from_height, lease.last) {
        (Some(height), _) => format!("from height {height}"),
        (None, Some(blocks)) => format!("the last {blocks} blocks"),
        (None, None) => String::new(),
    }
}

fn add(args: &LeaseAdd, client: &Client, output: Output) -> CommandResult {
    let request = LeaseRequest {
        name: args.name.clone(),
        from_height: args.from_height,
        last: args.last,
        ttl_secs: match args.ttl {
            Ttl::For(ttl) => Some(ttl.as_secs()),
            Ttl::Never => None,
        },
    };
    let answer = client.post::<LeaseGranted>(&client.path_of("leases"), &request)?;
    match answer.status() {
        StatusCode::OK | StatusCode::CREATED => {}
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => {
            return Err(refused(Exit::Usage, &answer));
        }
        _ => return Err(answer.unexpected()),
    }
    let granted = answer.document()?;
    render::show(&granted.raw, output, || text(&granted.document, output))?;
    Ok(Exit::Yes)
}

fn refused<T: serde::de::DeserializeOwned>(exit: Exit, answer: &ControlAnswer<T>) -> Failure {
    Failure::text(exit, answer.detail())
}

fn text(granted: &LeaseGranted, output: Output) -> String {
    let lease = &granted.lease;
    let until = match lease.expires_at {
        None => "until it is released".to_owned(),
        Some(at) => format!("until {}", time(at)),
    };
    let verb = if granted.replaced {
        "renewed: it keeps"
    } else {
        "keeps"
    };
    let line = format!("lease {} {verb} {}, {until}\n", lease.name, keeps(lease));
    let past = |height: &u32| lease.from_height.is_some_and(|from| from < *height);
    let gone = granted.first_kept_height.filter(past);
    let going = granted.deleting_up_to.filter(past);
    let warnings = [
        gone.map(|first| format!("[!] blocks below height {first} are already pruned")),
        going.map(|last| format!("[!] the node is deleting blocks up to height {last} now")),
    ];
    let warnings = warnings
        .into_iter()
        .flatten()
        .map(|warning| output.marked(&warning) + "\n");
    std::iter::once(line).chain(warnings).collect()
}

fn release(args: &LeaseRelease, client: &Client, output: Output) -> CommandResult {
    // The daemon accepts no other names, and they could change the path.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if args.name.trim_matches('.').is_empty() || !args.name.bytes().all(plain) {
        return Err(Failure::text(
            Exit::No,
            format!("there is no lease `{}`", args.name),
        ));
    }
    let path = client.path_of(&format!("leases/{}", args.name));
    let answer = client.control::<LeaseReleased>(Method::DELETE, &path)?;
    match answer.status() {
        StatusCode::OK if output.format == Format::Json => output.json(&answer.document()?.raw)?,
        StatusCode::OK => output.print(&format!("lease {} is released\n", args.name))?,
        StatusCode::NOT_FOUND => {
            return Err(
                refused(Exit::No, &answer).hint("`bllvmctl lease list` lists the leases in force")
            );
        }
        _ => return Err(answer.unexpected()),
    }
    Ok(Exit::Yes)
}
