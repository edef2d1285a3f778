//! `bllvmctl config explain`: one key, its values and where they come from, its default and
//! meaning.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::args::{Format, examples};
use crate::cli::daemon_access::load;
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::invocation::Invocation;
use crate::config::{self, ExplainedValue, KeyExplanation};
use crate::daemon;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl config explain nodes.rpc_url", "Explain a key, with the value of each node"),
]))]
pub(super) struct ConfigExplain {
    /// Explain this key, such as `nodes.rpc_url`
    #[arg(value_name = "KEY")]
    key: String,
}

pub(super) fn run(args: &ConfigExplain, invocation: &Invocation<'_>) -> CommandResult {
    let output = invocation.output;
    let loaded = load(invocation.common, invocation.env);
    let explained = config::explain(&args.key, &loaded.entries).map_err(|near| {
        let failure = Failure::text(Exit::No, format!("there is no key {}", args.key));
        failure.hint(near.unwrap_or_else(|| "`bllvmctl config show` lists every key".to_owned()))
    })?;
    let needs_restart = daemon::needs_restart(&explained.key);
    match output.format {
        Format::Json => {
            let document = json!({"key": explained.key, "meaning": explained.meaning,
                "values": explained.values, "default": explained.default,
                "inherits": explained.inherits, "variable": explained.variable,
                "needs_restart": needs_restart});
            output.json(&document)?;
        }
        Format::Tsv => {
            let row = |value: &ExplainedValue| {
                let entry = value.entry.clone().unwrap_or_default();
                vec![entry, value.value.to_string(), value.origin.to_string()]
            };
            let rows: Vec<_> = explained.values.iter().map(row).collect();
            output.rows(&["entry", "value", "origin"], &rows)?;
        }
        Format::Table => output.print(&explanation(&explained, needs_restart))?,
    }
    Ok(Exit::Yes)
}

fn explanation(explained: &KeyExplanation, needs_restart: bool) -> String {
    let mut text = format!("{}\n{}\n\n", explained.key, explained.meaning);
    for value in &explained.values {
        let entry = value.entry.as_ref();
        let entry = entry.map_or_else(String::new, |entry| format!(" of {entry}"));
        let shown = match &value.value {
            Value::Null => "not set".to_owned(),
            value => value.to_string(),
        };
        let line = format!("value{entry}: {shown}, from {}\n", value.origin);
        text.push_str(&line);
    }
    let default = match (&explained.inherits, &explained.default) {
        (Some(key), _) => format!("that of {key}"),
        (None, Some(default)) => default.clone(),
        (None, None) => "none".to_owned(),
    };
    let reload = if needs_restart {
        "needs a restart"
    } else {
        "is applied by a reload"
    };
    text + &format!(
        "default: {default}\nenvironment: {}\na change {reload}\n",
        explained.variable
    )
}
