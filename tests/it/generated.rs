//! What is made of the program and kept in the repository: completions, manual pages, the lists of
//! metrics and of keys, the file that `config init` writes, the table of methods, the description of
//! the control API.
//!
//! Each test fails when the file differs from what would be made now; `BLESS=1 cargo test` rewrites
//! it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use bllvmctl::metrics::{ALIASES, ALL, Family, MetricKind};
use bllvmctl::route::{Class, METHODS, Needs, Resend};
use clap_complete::{Generator, Shell};

use crate::support::surroundings::{env, repository};

/// Holds `folder`, below the repository, to `files`: these contents, and no other files.
#[track_caller]
fn hold_folder(folder: &str, files: &BTreeMap<String, String>) {
    let path = repository().join(folder);
    if env("BLESS").is_some() {
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
    }
    for (name, text) in files {
        hold_file(&path.join(name), text);
    }
    let kept: Vec<_> = names_in(&path);
    assert_eq!(
        kept,
        files.keys().cloned().collect::<Vec<_>>(),
        "BLESS=1 cargo test brings {folder} up to date"
    );
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[track_caller]
pub(crate) fn hold_file(path: &Path, text: &str) {
    if env("BLESS").is_some() {
        fs::write(path, text).expect("a written file");
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    let differing = kept
        .lines()
        .zip(text.lines())
        .position(|(kept, made)| kept != made);
    let line = differing.unwrap_or_else(|| kept.lines().count().min(text.lines().count())) + 1;
    assert!(
        kept == text,
        "{}:{line} differs; BLESS=1 cargo test brings it up to date",
        path.display()
    );
}

fn completions() -> BTreeMap<String, String> {
    let shells = [
        Shell::Bash,
        Shell::Zsh,
        Shell::Fish,
        Shell::Elvish,
        Shell::PowerShell,
    ];
    shells
        .map(|shell| {
            (
                shell.file_name("bllvmctl"),
                bllvmctl::cli::completions(shell),
            )
        })
        .into()
}

fn manual() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().expect("a directory");
    bllvmctl::cli::write_manual(folder.path()).expect("manual pages");
    let page = |name: String| {
        let text = fs::read_to_string(folder.path().join(&name)).expect("a page");
        (name, text)
    };
    names_in(folder.path()).into_iter().map(page).collect()
}

fn metrics() -> String {
    let introduction = "\
# Metrics

`GET /metrics` answers in Prometheus' text format 0.0.4, or in OpenMetrics 1.0 when `Accept` asks for it. It answers
from memory: a scrape asks the node nothing, and is as fast while the node is frozen.

- **What is not known is absent**, never zero: a zero is always a count of nothing. An alert on a value that may be
  missing needs an `absent(…)` beside it, or an alert on `bllvm_node_up`.
- **A value that has grown too old goes too.** When a collector's answers stop, its series are left out after some
  rounds; `bllvm_collector_up` and `bllvm_collector_age_seconds` say which and for how long.
- `bllvm_health_check` is 1 where the check is good, 0.5 where it warns, 0 where a probe fails for it, and absent
  while it is unknown.
- The label `node` is `node.name` of the configuration. Labels are bounded: methods outside the known list count as
  `other`, and no label is a client's address.
- Counters begin at the daemon's start, but for those of the node's own, which begin at the node's.
- Beside these there are the usual `process_*` of the daemon itself: CPU seconds, resident and virtual memory, open and
  most open files, threads, and when it started.

This list is generated from the program; a test holds it to that.

| name | type | labels | meaning |
|---|---|---|---|
";
    let aliases = "
## The families of bitcoin-prometheus-exporter

With `rpc.metrics_aliases = [\"jvstein\"]` these families of jvstein/bitcoin-prometheus-exporter are on the page too, under
its names and in its units, so that boards made for it work unchanged; a reload adds and removes them.

- With one node they have no label, as there. With several, each has the label `node`.
- `bitcoin_ban_created` and `bitcoin_banned_until` have a label for each banned address, and are left out; so are the
  `bitcoin_…_created` times that its client library adds to each counter. Of the families whose number of blocks that
  exporter lets one choose, these are its defaults.
- Those of the hash rate, fees, memory, the latest block, and `bitcoin_txcount`, `bitcoin_num_chaintips` and
  `bitcoin_rpc_active` are asked of the node once a minute, or each `node.poll_interval_secs` if that is longer, and only
  while they are configured, by the collector `alias_figures`; a block is asked for once. A node that lacks one of these
  calls, or forbids it to bllvmctl, has no such family. Nor has the embedded node, which has no warnings, no protocol version
  and no counts of connections and unbroadcast transactions either. The other families are of the usual polls.
- `bitcoin_warnings_total` counts answers, and bllvmctl asks as often as `node.poll_interval_secs` says, that exporter at
  each scrape.
- The two `bitcoin_exporter_…` are about bllvmctl instead: its own calls to all nodes.
- All others have the value that they have on that exporter's own page at that moment (`bitcoin_uptime` to the second).
  `tests/it/metrics_aliases/exporter.rs` runs it beside bllvmctl on the same node, where `JVSTEIN_EXPORTER` names its
  `bitcoind-monitor.py` and `PYTHON_CLIENTS` a Python with its libraries.
- The names do not follow Prometheus' conventions, which `promtool check metrics` remarks on.

| name | type | labels | meaning |
|---|---|---|---|
";
    let rows = |families: &[&Family]| {
        families
            .iter()
            .map(|family| row(family))
            .collect::<String>()
    };
    [introduction, &rows(ALL), aliases, &rows(ALIASES)].concat()
}

/// Every key of the configuration, and every variable of the environment.
fn configuration() -> String {
    let mut text = "\
# Configuration

Every key, with its default and the environment variable that overrides the file; `bllvmctl config explain KEY` has the
same for one key, with its value. `bllvmctl.toml(5)` and [the file](bllvmctl.toml) that `bllvmctl config init` writes
have examples. In the variables of `[[nodes]]` and `[[rpc.auth.users]]`, NAME is the name of the entry. What is marked
*restart* a reload does not change.

This list is generated from the program; a test holds it to that.

| key | default | variable | | meaning |
|---|---|---|---|---|
"
    .to_owned();
    for key in bllvmctl::config::explain_all() {
        let default = match (&key.default, &key.inherits) {
            (Some(default), _) => format!("`{default}`"),
            (None, Some(other)) => format!("that of `{other}`"),
            (None, None) => "none".to_owned(),
        };
        let restart = if bllvmctl::daemon::needs_restart(&key.key) {
            "restart"
        } else {
            ""
        };
        let meaning = key.meaning.replace('|', "\\|");
        writeln!(
            text,
            "| `{}` | {} | `{}` | {restart} | {meaning} |",
            key.key,
            default.replace('|', "\\|"),
            key.variable
        )
        .expect("text");
    }
    text +=
        "\n## Environment\n\nBeside the variables of keys:\n\n| variable | meaning |\n|---|---|\n";
    for (variable, meaning) in bllvmctl::cli::environment() {
        writeln!(text, "| `{variable}` | {meaning} |").expect("text");
    }
    text
}

fn row(family: &Family) -> String {
    let kind = match family.kind {
        MetricKind::Gauge => "gauge",
        MetricKind::Counter => "counter",
        MetricKind::Histogram => "histogram",
    };
    let labels: Vec<_> = family
        .labels
        .iter()
        .map(|label| format!("`{label}`"))
        .collect();
    format!(
        "| `{}` | {kind} | {} | {} |\n",
        family.name,
        labels.join(", "),
        family.help.replace('|', "\\|")
    )
}

/// Every method with its class: a row for each class, and one more for its calls that are sent
/// again in another way than the rest.
fn methods() -> String {
    let mut rows: BTreeMap<(Class, Resend), Vec<String>> = BTreeMap::new();
    let mut needs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for method in METHODS {
        let cases = method.rule.cases();
        let need = cases.first().map_or(Needs::NONE, |(_, case)| case.needs);
        let is_same = cases.iter().all(|(_, case)| case.needs == need);
        for label in need.labels().filter(|_| is_same) {
            needs
                .entry(label)
                .or_default()
                .push(format!("`{}`", method.name));
        }
        for (condition, case) in cases {
            let condition = condition.map_or_else(String::new, |condition| format!(" {condition}"));
            let name = format!("`{}`{condition}", method.name);
            for need in case.needs.labels().filter(|_| !is_same) {
                needs.entry(need).or_default().push(name.clone());
            }
            rows.entry((case.class, case.resend))
                .or_default()
                .push(name);
        }
    }
    let mut text = "| class | goes to | sent again | methods |\n|---|---|---|---|\n".to_owned();
    for ((class, resend), names) in rows.iter().rev() {
        let resend = match resend {
            Resend::Never => "no",
            Resend::WithRemainingTime => "yes, with the time that is left",
            Resend::Allowed => "yes",
        };
        let label = class.label().replace('_', " ");
        let goes_to = goes_to(*class);
        let names = names.join(", ");
        writeln!(text, "| {label} | {goes_to} | {resend} | {names} |").expect("text");
    }
    text += "\nA node that has what a call needs is preferred:\n\n| needs | calls |\n|---|---|\n";
    for (need, names) in needs {
        writeln!(text, "| {need} | {} |", names.join(", ")).expect("text");
    }
    text
}

fn goes_to(class: Class) -> &'static str {
    match class {
        Class::Pure => "any node that answers",
        Class::NodeRead => "the caller's node, or the named one",
        Class::ByHash => "the caller's node, else one that has the block",
        Class::View => "the caller's node",
        Class::LongPoll => "the caller's node, with a share of its slots of their own",
        Class::Broadcast => "all nodes in rotation; the first success is the answer",
        Class::Heavy => {
            "the last by priority of the nodes that are ready; what asks about a scan follows it"
        }
        Class::Mining => "the primary",
        Class::Wallet => "the node that has the wallet",
        Class::WalletFiles | Class::NodeChange => "only a named node",
    }
}

/// Holds what stands between the marks of `name` in a document to `made`.
#[track_caller]
fn hold_part(path: &Path, name: &str, made: &str) {
    let text = fs::read_to_string(path).expect("a document");
    let begin = format!("<!-- {name} -->\n");
    let end = format!("<!-- /{name} -->\n");
    let (before, rest) = text.split_once(&begin).expect("the mark of its begin");
    let (_, after) = rest.split_once(&end).expect("the mark of its end");
    hold_file(path, &format!("{before}{begin}\n{made}\n{end}{after}"));
}

#[test]
fn the_table_of_methods_is_that_of_this_program() {
    let document = repository().join("docs").join("GATEWAY.md");
    hold_part(&document, "methods", &methods());
}

#[test]
fn the_completions_are_those_of_this_command_line() {
    let made = completions();
    let names: Vec<_> = made.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "_bllvmctl",
            "_bllvmctl.ps1",
            "bllvmctl.bash",
            "bllvmctl.elv",
            "bllvmctl.fish"
        ]
    );
    hold_folder("completions", &made);
}

#[test]
fn the_manual_pages_are_those_of_this_command_line() {
    let made = manual();
    for page in [
        "bllvmctl.1",
        "bllvmctl-serve.1",
        "bllvmctl-health.1",
        "bllvmctl-config-check.1",
    ] {
        assert!(made.contains_key(page), "no {page} among {:?}", made.keys());
    }
    hold_folder("man", &made);
}

#[test]
fn the_description_of_the_control_api_is_that_of_this_program() {
    let path = repository().join("docs").join("openapi.json");
    hold_file(&path, &bllvmctl::http::openapi_document());
}

#[test]
fn the_list_of_metrics_is_that_of_this_program() {
    hold_file(&repository().join("docs").join("METRICS.md"), &metrics());
}

#[test]
fn the_list_of_keys_is_that_of_this_program() {
    let document = repository().join("docs").join("CONFIGURATION.md");
    hold_file(&document, &configuration());
}

#[test]
fn the_commented_configuration_is_that_of_this_program() {
    let document = repository().join("docs").join("bllvmctl.toml");
    hold_file(&document, bllvmctl::config::template());
}

#[test]
fn what_is_generated_says_nothing_of_the_machine_it_was_made_on() {
    let texts = completions()
        .into_values()
        .chain(manual().into_values())
        .chain([
            metrics(),
            configuration(),
            bllvmctl::http::openapi_document(),
        ]);
    let here = repository().to_string_lossy().into_owned();
    let home = env("HOME")
        .filter(|home| home.len() > 1)
        .unwrap_or_else(|| here.clone());
    for text in texts {
        for word in [here.as_str(), home.as_str(), "/tmp/", "target/debug"] {
            assert!(!text.contains(word), "{word} in:\n{text}");
        }
    }
}
