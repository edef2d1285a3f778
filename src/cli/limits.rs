//! `bllvmctl limits`: the limits of the front, and what they make of one caller.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::args::{Explain, Format, Limits, LimitsCommand, WatchArg};
use super::client::{Client, problem_detail, unexpected};
use super::exit::{Exit, Failure, Outcome};
use super::output::Output;
use super::status::flatten;
use super::wait;

pub(super) fn run(args: &Limits, client: &Client, output: Output) -> Outcome {
    match &args.command {
        None => show(args.watch, client, output),
        Some(LimitsCommand::Show(inner)) => show(
            WatchArg {
                watch: inner.watch.watch.or(args.watch.watch),
            },
            client,
            output,
        ),
        Some(LimitsCommand::Explain(caller)) => explain(caller, client, output),
    }
}

fn show(watch: WatchArg, client: &Client, output: Output) -> Outcome {
    wait::repeat(watch.watch, output, || {
        let answer = client.control(Method::GET, "/api/v1/limits")?;
        if answer.status != StatusCode::OK {
            return Err(unexpected(&answer));
        }
        let limits = answer.json()?;
        match output.format {
            Format::Json => output.json(&limits)?,
            Format::Tsv => output.rows(&["key", "value"], &flatten(&limits))?,
            Format::Table => table(&limits, output)?,
        }
        Ok(Exit::Yes)
    })
}

/// A row for each bucket there can be, below what is true for all.
fn table(limits: &Value, output: Output) -> Result<(), Failure> {
    let number = |key: &str| limits.get(key).and_then(Value::as_u64).unwrap_or_default();
    let mode = match (
        limits.get("enabled").and_then(Value::as_bool),
        text(limits, "mode"),
    ) {
        (Some(true), mode) => mode.to_owned(),
        _ => "off".to_owned(),
    };
    let (in_flight, most) = (number("in_flight"), number("max_in_flight"));
    let (long_polls, most_long_polls) = (number("long_polls"), number("max_long_polls"));
    output.print(&format!(
        "limits    {mode}\nin flight {in_flight} of at most {most}, long polls {long_polls} of at most {most_long_polls}\n\
         methods   {}\n\n",
        list(limits, "methods")
    ))?;
    let mut rows = Vec::new();
    if let (Some(rate), Some(burst)) = (
        limits.get("rate").filter(|rate| !rate.is_null()),
        limits.get("burst"),
    ) {
        rows.push(row("address", "each", rate, burst, ""));
        rows.push(row("user", "each", rate, burst, ""));
    }
    for user in limits
        .get("users_by_name")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        rows.push(row(
            "user",
            text(user, "name"),
            &user["rate"],
            &user["burst"],
            &list(user, "methods"),
        ));
    }
    for (method, limit) in limits
        .get("per_method")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        rows.push(row("method", method, &limit["rate"], &limit["burst"], ""));
    }
    for network in limits
        .get("exempt")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        rows.push(
            ["address", network, "-", "-", "exempt"]
                .map(str::to_owned)
                .to_vec(),
        );
    }
    output.rows(&["LAYER", "OF", "PER SECOND", "BURST", "METHODS"], &rows)
}

fn row(layer: &str, of: &str, rate: &Value, burst: &Value, methods: &str) -> Vec<String> {
    vec![
        layer.to_owned(),
        of.to_owned(),
        shown(rate),
        burst.to_string(),
        methods.to_owned(),
    ]
}

/// A rate as it is written: 100, not 100.0.
fn shown(rate: &Value) -> String {
    rate.as_f64().map_or_else(
        || "-".to_owned(),
        |rate| format!("{}", (rate * 1000.0).round() / 1000.0),
    )
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list(value: &Value, key: &str) -> String {
    let items: Vec<_> = value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if items.is_empty() {
        "*".to_owned()
    } else {
        items.join(" ")
    }
}

/// Whether a call would pass now, and why; the exit code is the answer.
fn explain(caller: &Explain, client: &Client, output: Output) -> Outcome {
    let mut query = Serializer::new(String::new());
    let address = caller.ip.map(|address| address.to_string());
    for (key, value) in [
        ("user", &caller.user),
        ("address", &address),
        ("method", &caller.method),
    ] {
        if let Some(value) = value {
            query.append_pair(key, value);
        }
    }
    let answer = client.control(
        Method::GET,
        &format!("/api/v1/limits/explain?{}", query.finish()),
    )?;
    match answer.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => {
            let detail = problem_detail(&answer).unwrap_or_else(|| "not found".to_owned());
            return Err(Failure::text(Exit::No, detail));
        }
        _ => return Err(unexpected(&answer)),
    }
    let explained = answer.json()?;
    let passes = explained
        .get("passes")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    match output.format {
        Format::Json => output.json(&explained)?,
        Format::Tsv => output.rows(&["key", "value"], &flatten(&explained))?,
        Format::Table => {
            let mark = if passes { "[+]" } else { "[-]" };
            let verdict = if passes {
                "would pass"
            } else {
                "would be refused"
            };
            let line = format!("{mark} {verdict}: {}", text(&explained, "reason"));
            output.print(&(output.marked(&line) + "\n"))?;
            let steps = explained
                .get("layers")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let rows: Vec<_> = steps
                .map(|step| {
                    let tokens = format!("{} of {}", step["tokens"], step["burst"]);
                    vec![
                        text(step, "layer").to_owned(),
                        text(step, "key").to_owned(),
                        tokens,
                        shown(&step["rate"]),
                    ]
                })
                .collect();
            if !rows.is_empty() {
                output.rows(&["LAYER", "OF", "TOKENS", "PER SECOND"], &rows)?;
            }
        }
    }
    Ok(if passes { Exit::Yes } else { Exit::No })
}
