//! `bllvmctl lease`: who holds blocks back, and for how long.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::args::{Format, LeaseAdd, LeaseCommand, LeaseRelease, Ttl};
use super::client::{Answer, Client, problem_detail, unexpected};
use super::exit::{Exit, Failure, Outcome};
use super::output::Output;
use super::{status, wait};

pub(super) fn run(command: &LeaseCommand, client: &Client, output: Output) -> Outcome {
    match command {
        LeaseCommand::List(args) => wait::repeat(args.watch.watch, output, || list(client, output)),
        LeaseCommand::Add(args) => add(args, client, output),
        LeaseCommand::Release(args) => release(args, client, output),
    }
}

fn list(client: &Client, output: Output) -> Outcome {
    let leases = client.control(Method::GET, "/api/v1/leases")?.granted()?;
    let rows: Vec<_> = leases.as_array().into_iter().flatten().map(row).collect();
    match output.format {
        Format::Json => output.json(&leases)?,
        Format::Table if rows.is_empty() => output.print("no leases\n")?,
        Format::Table | Format::Tsv => {
            output.rows(&["name", "keeps", "expires_at", "created_at"], &rows)?;
        }
    }
    Ok(Exit::Yes)
}

fn text<'a>(lease: &'a Value, name: &str) -> &'a str {
    lease.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Without the parts of a second.
fn time(lease: &Value, name: &str) -> String {
    let time: Option<jiff::Timestamp> = text(lease, name).parse().ok();
    let whole = time.and_then(|time| jiff::Timestamp::from_second(time.as_second()).ok());
    whole.map_or_else(|| "never".to_owned(), |time| time.to_string())
}

fn row(lease: &Value) -> Vec<String> {
    vec![
        text(lease, "name").to_owned(),
        keeps(lease),
        time(lease, "expires_at"),
        time(lease, "created_at"),
    ]
}

fn keeps(lease: &Value) -> String {
    let number = |name: &str| lease.get(name).and_then(Value::as_u64);
    match (number("from_height"), number("last")) {
        (Some(height), _) => format!("from height {height}"),
        (None, Some(blocks)) => format!("the last {blocks} blocks"),
        (None, None) => String::new(),
    }
}

fn add(args: &LeaseAdd, client: &Client, output: Output) -> Outcome {
    let ttl_secs = match args.ttl {
        Ttl::For(ttl) => Some(ttl.as_secs()),
        Ttl::Never => None,
    };
    let mut document = json!({"name": args.name, "ttl_secs": ttl_secs});
    let keeps_what = [("from_height", args.from_height), ("last", args.last)];
    for (name, value) in keeps_what
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    {
        if let Some(members) = document.as_object_mut() {
            members.insert(name.to_owned(), value.into());
        }
    }
    let answer = client.ask("/api/v1/leases", &document)?;
    match answer.status {
        StatusCode::OK | StatusCode::CREATED => {}
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => {
            return Err(refused(Exit::Usage, &answer));
        }
        _ => return Err(unexpected(&answer)),
    }
    let lease = answer.json()?;
    match output.format {
        Format::Json => output.json(&lease)?,
        Format::Tsv => output.rows(&["key", "value"], &status::flatten(&lease))?,
        Format::Table => output.print(&told(&lease, output))?,
    }
    Ok(Exit::Yes)
}

fn refused(exit: Exit, answer: &Answer) -> Failure {
    Failure::text(exit, problem_detail(answer).unwrap_or_default())
}

fn told(lease: &Value, output: Output) -> String {
    let until = match text(lease, "expires_at") {
        "" => "until it is released".to_owned(),
        _ => format!("until {}", time(lease, "expires_at")),
    };
    let verb = if lease.get("replaced") == Some(&Value::Bool(true)) {
        "renewed: it keeps"
    } else {
        "keeps"
    };
    let line = format!(
        "lease {} {verb} {}, {until}\n",
        text(lease, "name"),
        keeps(lease)
    );
    let number = |name: &str| lease.get(name).and_then(Value::as_u64);
    let past = |height: &u64| number("from_height").is_some_and(|from| from < *height);
    let gone = number("first_kept_height").filter(past);
    let going = number("deleting_up_to").filter(past);
    let warnings = [
        gone.map(|first| format!("[!] blocks below height {first} are gone already")),
        going.map(|last| format!("[!] the node is deleting blocks up to height {last} right now")),
    ];
    let warnings = warnings
        .into_iter()
        .flatten()
        .map(|warning| output.marked(&warning) + "\n");
    std::iter::once(line).chain(warnings).collect()
}

fn release(args: &LeaseRelease, client: &Client, output: Output) -> Outcome {
    // A name that could not be part of a path is no lease's.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if args.name.trim_matches('.').is_empty() || !args.name.bytes().all(plain) {
        return Err(Failure::text(
            Exit::No,
            format!("there is no lease `{}`", args.name),
        ));
    }
    let answer = client.control(Method::DELETE, &format!("/api/v1/leases/{}", args.name))?;
    match answer.status {
        StatusCode::OK if output.format == Format::Json => output.json(&answer.json()?)?,
        StatusCode::OK => output.print(&format!("lease {} is released\n", args.name))?,
        StatusCode::NOT_FOUND => {
            return Err(
                refused(Exit::No, &answer).hint("`bllvmctl lease list` shows those in force")
            );
        }
        _ => return Err(unexpected(&answer)),
    }
    Ok(Exit::Yes)
}
