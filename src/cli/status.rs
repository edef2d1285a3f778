//! `bllvmctl status`: everything on one screen.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::args::{Format, Status};
use super::client::{Client, unexpected};
use super::exit::{Exit, Failure, Outcome};
use super::output::Output;
use super::{health, wait};
use crate::values::Size;

pub(super) fn run(args: &Status, client: &Client, output: Output) -> Outcome {
    wait::repeat(args.watch.watch, output, || {
        let status = ask(client)?;
        match output.format {
            Format::Json => output.json(&status)?,
            Format::Tsv => output.rows(&["key", "value"], &flatten(&status))?,
            Format::Table => show(&status, output)?,
        }
        Ok(Exit::Yes)
    })
}

/// The status; for who may not use the control API, what everybody may know of it.
fn ask(client: &Client) -> Result<Value, Failure> {
    let refusal = match client.control(Method::GET, "/api/v1/status") {
        Ok(answer) if answer.status == StatusCode::OK => return answer.json(),
        Ok(answer) => return Err(unexpected(&answer)),
        // Who names a token is to know that it is of no use.
        Err(failure) if failure.exit == Exit::NotAuthorised && !client.names_token() => failure,
        Err(failure) => return Err(failure),
    };
    match health::ask_for("/health/detailed", client) {
        Ok(answer) => answer.json(),
        Err(_) => Err(refusal),
    }
}

/// `a.b.0` and its value, for each leaf.
pub(super) fn flatten(value: &Value) -> Vec<Vec<String>> {
    fn walk(path: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
        let inside = |key: &str| {
            if path.is_empty() {
                key.to_owned()
            } else {
                format!("{path}.{key}")
            }
        };
        match value {
            Value::Object(members) => members
                .iter()
                .for_each(|(key, value)| walk(&inside(key), value, rows)),
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, value)| walk(&inside(&index.to_string()), value, rows));
            }
            Value::Null => rows.push(vec![path.to_owned(), String::new()]),
            Value::String(text) => rows.push(vec![path.to_owned(), text.clone()]),
            other => rows.push(vec![path.to_owned(), other.to_string()]),
        }
    }
    let mut rows = Vec::new();
    walk("", value, &mut rows);
    rows
}

/// The document as people read it. What is not known is a dash.
pub(super) fn show(document: &Value, output: Output) -> Result<(), Failure> {
    let fields = Fields(document);
    let lines = [
        ("node", fields.node()),
        ("state", fields.text("/state")),
        ("chain", fields.chain()),
        ("tip", fields.tip()),
        ("peers", fields.peers()),
        ("queue", fields.queue()),
        ("storage", fields.storage()),
        ("pruning", fields.pruning()),
        ("leases", fields.leases()),
        ("forecast", fields.forecast()),
        ("mempool", fields.mempool()),
        ("daemon", fields.daemon()),
    ];
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name:<9} {value}"));
    let checks = items(document, "checks").map(|check| {
        let mark = match field(check, "level") {
            "good" => "[+]",
            "bad" => "[-]",
            _ => "[!]",
        };
        format!("{mark} {}: {}", field(check, "name"), field(check, "text"))
    });
    let tasks = items(document, "tasks")
        .filter(|task| field(task, "state") != "running")
        .map(|task| {
            format!(
                "[!] task {} is {}: {}",
                field(task, "name"),
                field(task, "state"),
                field(task, "last_error")
            )
        });
    let reload = reload_failed(document).then(|| {
        "[!] configuration: the last reload found it not valid; the one in force stays".to_owned()
    });
    let verdict = std::iter::once(verdict(document));
    let lines = verdict
        .chain(lines)
        .chain(checks)
        .chain(tasks)
        .chain(reload);
    let text: String = lines.map(|line| output.marked(&line) + "\n").collect();
    output.print(&text)
}

/// `healthy, 1 warning`: the answer to the question why somebody looks.
fn verdict(document: &Value) -> String {
    let count = |level: &str| {
        items(document, "checks")
            .filter(|check| field(check, "level") == level)
            .count()
    };
    let warnings = count("warning") + usize::from(reload_failed(document));
    let counted = |number: usize, noun: &str, nouns: &str| match number {
        0 => String::new(),
        1 => format!(", 1 {noun}"),
        more => format!(", {more} {nouns}"),
    };
    let bad = counted(count("bad"), "check is bad", "checks are bad");
    format!(
        "{}{bad}{}",
        field(document, "status"),
        counted(warnings, "warning", "warnings")
    )
}

/// The configuration in force is not what the file says.
fn reload_failed(document: &Value) -> bool {
    document.get("config_reload_valid").and_then(Value::as_bool) == Some(false)
}

fn items<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    document
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What is not known.
const UNKNOWN: &str = "-";

struct Fields<'a>(&'a Value);

impl Fields<'_> {
    fn u64(&self, pointer: &str) -> Option<u64> {
        self.0.pointer(pointer)?.as_u64()
    }

    fn text(&self, pointer: &str) -> String {
        self.0
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or(UNKNOWN)
            .to_owned()
    }

    fn number(&self, pointer: &str, noun: &str) -> String {
        self.u64(pointer)
            .map_or_else(|| UNKNOWN.to_owned(), |number| format!("{number} {noun}"))
    }

    fn size(&self, pointer: &str) -> String {
        self.u64(pointer).map_or_else(
            || UNKNOWN.to_owned(),
            |bytes| Size::from_bytes(bytes).to_string(),
        )
    }

    fn age(&self, pointer: &str) -> String {
        self.u64(pointer).map_or_else(|| UNKNOWN.to_owned(), age)
    }

    fn node(&self) -> String {
        let (name, url) = (self.text("/node/name"), self.text("/node/url"));
        let program = match (self.text("/node/flavour"), self.text("/node/subversion")) {
            (flavour, _) if flavour == UNKNOWN => "unknown program".to_owned(),
            (flavour, subversion) => format!("{flavour} {subversion}"),
        };
        match self.u64("/node/uptime_secs") {
            Some(uptime) => format!("{name}, {program} at {url}, up {}", age(uptime)),
            None => format!("{name}, {program} at {url}"),
        }
    }

    /// How old what `collector` found out is, if it is old.
    fn old(&self, collector: &str) -> String {
        let is_old = |part: &&Value| part.get("old").and_then(Value::as_bool) == Some(true);
        let mut old = items(self.0, "collectors")
            .filter(|part| field(part, "name") == collector)
            .filter(is_old);
        let seconds = old.next().and_then(|part| part.get("age_secs")?.as_f64());
        let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.map_or_else(String::new, |old| format!(", {} ago", age(old.as_secs())))
    }

    fn tip(&self) -> String {
        let tip = self.text("/chain/tip_hash");
        if tip == UNKNOWN {
            tip
        } else {
            tip + &self.old("chain")
        }
    }

    fn chain(&self) -> String {
        let Some(height) = self.u64("/chain/height") else {
            return UNKNOWN.to_owned();
        };
        let behind = self
            .u64("/node/blocks_behind")
            .map_or_else(String::new, |behind| format!(", {behind} behind"));
        let eta = self
            .u64("/node/sync_eta_secs")
            .map_or_else(String::new, |eta| format!(", about {}", age(eta)));
        format!(
            "{}, height {height}{behind}{eta}{}",
            self.text("/node/chain"),
            self.old("chain")
        )
    }

    fn peers(&self) -> String {
        let connected = self.number("/network/peers_connected", "connected");
        let old = if connected == UNKNOWN {
            String::new()
        } else {
            self.old("peers")
        };
        match self.u64("/network/peers_max") {
            Some(max) => format!("{connected} of at most {max}{old}"),
            None => format!("{connected}{old}"),
        }
    }

    /// Lost peers: how many in which state, and what keeps them there.
    fn queue(&self) -> String {
        if self
            .0
            .pointer("/reconnection/enabled")
            .and_then(Value::as_bool)
            == Some(false)
        {
            return "off".to_owned();
        }
        let states = ["connecting", "waiting", "paused", "abandoned"]
            .into_iter()
            .filter_map(|state| {
                let number = self
                    .u64(&format!("/reconnection/queue/{state}"))
                    .filter(|number| *number > 0)?;
                Some(format!("{number} {state}"))
            });
        let states: Vec<_> = states.collect();
        let lost = if states.is_empty() {
            "empty".to_owned()
        } else {
            states.join(", ")
        };
        let kept = match (
            self.u64("/reconnection/kept"),
            self.u64("/reconnection/kept_connected"),
        ) {
            (Some(kept), Some(connected)) if kept > 0 => {
                format!(
                    "; {connected} of {kept} kept peers connected{}",
                    self.old("peers")
                )
            }
            (Some(kept), None) if kept > 0 => format!("; {UNKNOWN} of {kept} kept peers connected"),
            _ => String::new(),
        };
        let paused = self
            .0
            .pointer("/reconnection/paused")
            .and_then(Value::as_bool)
            == Some(true);
        let down = match self
            .0
            .pointer("/reconnection/network_down")
            .and_then(Value::as_str)
        {
            Some("switched_off") => "; the node's network is off",
            Some(_) => "; the network is presumed down",
            None => "",
        };
        format!(
            "{lost}{}{kept}{down}",
            if paused { ", the queue is paused" } else { "" }
        )
    }

    fn storage(&self) -> String {
        let aged = |pointer: &str, collector: &str| match (self.size(pointer), self.old(collector))
        {
            (size, old) if size == UNKNOWN || old.is_empty() => size,
            (size, old) => format!("{size} ({})", old.trim_start_matches(", ")),
        };
        let (blocks, usage) = (
            aged("/storage/size_bytes", "chain"),
            aged("/node/usage_bytes", "usage"),
        );
        let (free, size) = (
            self.size("/node/volume_free_bytes"),
            aged("/node/volume_size_bytes", "volume"),
        );
        format!("blocks {blocks}, data directory {usage}, volume {free} free of {size}")
    }

    fn mempool(&self) -> String {
        match self.number("/node/mempool_transactions", "transactions") {
            unknown if unknown == UNKNOWN => unknown,
            known => known + &self.old("mempool"),
        }
    }

    fn pruning(&self) -> String {
        let mode = self.text("/pruning/mode");
        if mode == "disabled" {
            return mode;
        }
        let (from, to) = (
            self.size("/pruning/threshold_bytes"),
            self.size("/pruning/target_bytes"),
        );
        let to = if mode == "aggressive" {
            "what is kept".to_owned()
        } else {
            to
        };
        let usage = self.size("/pruning/usage_bytes");
        let running = self
            .u64("/pruning/job/id")
            .map_or_else(String::new, |job| format!("; job {job} is running"));
        format!("{mode}, above {from} down to {to}; usage {usage}{running}")
    }

    fn leases(&self) -> String {
        self.number("/pruning/leases", "in force")
    }

    fn forecast(&self) -> String {
        super::prune_status::forecast(self.0.pointer("/pruning/forecast"))
    }

    fn daemon(&self) -> String {
        let pid = self
            .u64("/daemon/pid")
            .map_or_else(|| UNKNOWN.to_owned(), |pid| pid.to_string());
        format!(
            "bllvmctl {}, pid {pid}, up {}",
            self.text("/daemon/version"),
            self.age("/daemon/uptime_secs")
        )
    }
}

/// Two figures are enough to judge an age by.
pub(super) fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_verdict_counts_what_is_not_good() {
        let document = |status: &str, levels: &[&str]| {
            let checks: Vec<_> = levels
                .iter()
                .map(|level| json!({"name": "x", "level": level}))
                .collect();
            verdict(&json!({"status": status, "checks": checks}))
        };
        assert_eq!(document("healthy", &["good"]), "healthy");
        assert_eq!(
            document("healthy", &["good", "warning"]),
            "healthy, 1 warning"
        );
        assert_eq!(
            document("unhealthy", &["bad", "bad", "warning", "warning"]),
            "unhealthy, 2 checks are bad, 2 warnings"
        );
        let after_a_failed_reload =
            json!({"status": "healthy", "checks": [], "config_reload_valid": false});
        assert_eq!(verdict(&after_a_failed_reload), "healthy, 1 warning");
    }

    #[test]
    fn each_old_value_carries_its_age_and_what_is_not_known_has_none() {
        let old = |name: &str, secs: f64| json!({"name": name, "old": true, "age_secs": secs});
        let document = json!({
            "chain": {"height": 7, "tip_hash": "00ab"},
            "storage": {"size_bytes": 1_000},
            "network": {"peers_connected": 2},
            "reconnection": {"enabled": true, "kept": 3, "kept_connected": 1},
            "node": {"chain": "main", "usage_bytes": 2_000, "volume_free_bytes": 3_000, "volume_size_bytes": 4_000},
            "collectors": [
                old("chain", 61.4), old("peers", 58.9), old("mempool", 1.0), old("usage", 130.0),
                {"name": "volume", "old": false, "age_secs": 3.0},
            ],
        });
        let fields = Fields(&document);
        assert_eq!(fields.peers(), "2 connected, 58 s ago");
        assert_eq!(fields.chain(), "main, height 7, 61 s ago");
        assert_eq!(fields.tip(), "00ab, 61 s ago");
        assert_eq!(
            fields.queue(),
            "empty; 1 of 3 kept peers connected, 58 s ago"
        );
        let storage = "blocks 1.0 KB (61 s ago), data directory 2.0 KB (2 min ago), volume 3.0 KB free of 4.0 KB";
        assert_eq!(fields.storage(), storage);
        assert_eq!(fields.mempool(), "-");
    }
}
