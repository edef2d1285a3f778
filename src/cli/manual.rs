//! The manual pages: one for each command, and one for the configuration.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use roff::{Roff, bold, italic, roman};

use super::args::Cli;
use super::examples;
use crate::config;

type Definition = (&'static str, &'static str);

const EXIT_STATUS: [Definition; 7] = [
    ("0", "yes, or done"),
    (
        "1",
        "the answer is no: unhealthy, not ready, a check failed, a target was not reached, a rule refused",
    ),
    ("2", "usage"),
    (
        "69",
        "the daemon cannot be reached, or what answers is no bllvmctl",
    ),
    ("70", "internal error"),
    ("77", "not authorised"),
    ("78", "the configuration is invalid"),
];
const EXIT_STATUS_OF_SERVE: [Definition; 4] = [
    ("0", "a clean stop"),
    ("2", "usage"),
    (
        "70",
        "any other failed start, or a task that the daemon cannot do without has ended",
    ),
    ("78", "the configuration is invalid"),
];
const ENVIRONMENT: [Definition; 5] = [
    ("BLLVMCTL_CONFIG", "the configuration file, as --config"),
    ("BLLVMCTL_URL", "the address of the daemon, as --url"),
    (
        "BLLVMCTL_TOKEN_FILE",
        "the file with the control token, as --token-file",
    ),
    (
        "BLLVMCTL_SECTION__KEY",
        "the value of a key of the configuration, such as BLLVMCTL_RPC__LISTEN",
    ),
    ("NO_COLOR", "no colours, if it is set and not empty"),
];
const FILES: [Definition; 5] = [
    (
        "./bllvmctl.toml",
        "the configuration, if neither --config nor BLLVMCTL_CONFIG names one",
    ),
    (
        "~/.config/bllvmctl/config.toml",
        "likewise, if that is not there",
    ),
    (
        "/etc/bllvmctl/config.toml",
        "likewise, if that is not there either",
    ),
    (
        "<state_dir>/control.cookie",
        "the control token, written at each start of the daemon",
    ),
    (
        "<state_dir>/state.redb",
        "leases, prune jobs and the queue of lost peers",
    ),
];

/// Writes the manual pages into `directory`.
pub fn write_manual(directory: &Path) -> io::Result<()> {
    let mut command = Cli::command()
        .disable_help_subcommand(true)
        .after_help(None::<&str>);
    command.build();
    write_pages(&command, "", directory)?;
    fs::write(directory.join("bllvmctl.toml.5"), configuration())
}

/// Writes the page of `command`, to which `names` lead, and those of all within it.
fn write_pages(command: &Command, names: &str, directory: &Path) -> io::Result<()> {
    for inner in command.get_subcommands() {
        let path = format!("{names} {}", inner.get_name());
        write_pages(inner, path.trim_start(), directory)?;
    }
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    text.extend(sections(command, names).into_bytes());
    fs::write(directory.join(page.get_filename()), text)
}

/// What a page has beyond the description of the command line.
fn sections(command: &Command, names: &str) -> String {
    let mut page = Roff::new();
    let exit_status = if names == "serve" {
        &EXIT_STATUS_OF_SERVE[..]
    } else {
        &EXIT_STATUS
    };
    list(&mut page, "EXIT STATUS", exit_status);
    list(&mut page, "ENVIRONMENT", &ENVIRONMENT);
    list(&mut page, "FILES", &FILES);
    page.control("SH", ["EXAMPLES"]);
    for (line, does) in examples::of(names) {
        page.control("TP", []);
        page.text([bold(*line)]);
        page.text([roman(*does)]);
    }
    let mut others: Vec<String> = command
        .get_subcommands()
        .map(|inner| format!("{names} {}", inner.get_name()))
        .collect();
    if let Some((group, _)) = names.rsplit_once(' ') {
        others.push(group.to_owned());
    }
    let others = others.iter().map(|path| page_name(path));
    let first = (!names.is_empty()).then(|| page_name(""));
    see_also(
        &mut page,
        first
            .into_iter()
            .chain(others)
            .chain(["bllvmctl.toml(5)".to_owned()]),
    );
    without_preamble(&page)
}

/// The page of the command to which `names` lead.
fn page_name(names: &str) -> String {
    let words = ["bllvmctl"].into_iter().chain(names.split_whitespace());
    words.collect::<Vec<_>>().join("-") + "(1)"
}

fn list(page: &mut Roff, heading: &str, entries: &[Definition]) {
    page.control("SH", [heading]);
    for (name, text) in entries {
        page.control("TP", []);
        page.text([bold(*name)]);
        page.text([roman(*text)]);
    }
}

fn see_also(page: &mut Roff, others: impl Iterator<Item = String>) {
    page.control("SH", ["SEE ALSO"]);
    page.text([roman(others.collect::<Vec<_>>().join(", "))]);
}

/// A page's text without the definitions that the page before it has already.
fn without_preamble(page: &Roff) -> String {
    let text = page.render();
    let is_definition = |line: &&str| line.starts_with(".ie ") || line.starts_with(".el ");
    let lines: Vec<_> = text.lines().filter(|line| !is_definition(line)).collect();
    lines.join("\n") + "\n"
}

/// The page of the configuration: the file that `config init` writes, which has every key.
fn configuration() -> String {
    let mut page = Roff::new();
    page.control("TH", ["bllvmctl.toml", "5"]);
    page.control("SH", ["NAME"]);
    page.text([roman("bllvmctl.toml - the configuration of bllvmctl")]);
    page.control("SH", ["DESCRIPTION"]);
    page.text([
        roman("A file in TOML. Defaults are overridden by the file, the file by the environment, and that by flags; "),
        bold("bllvmctl config show --origin"),
        roman(" prints which has won. Unknown keys are errors. "),
        bold("bllvmctl config check"),
        roman(" reports all that is wrong, and "),
        bold("bllvmctl config init"),
        roman(" writes the file that is below. A key in a comment has the default that is shown."),
    ]);
    page.control("SH", ["KEYS"]);
    page.control("nf", []);
    for line in config::template().lines() {
        page.text([if line.starts_with('[') {
            italic(line)
        } else {
            roman(line)
        }]);
    }
    page.control("fi", []);
    list(&mut page, "ENVIRONMENT", &ENVIRONMENT);
    list(&mut page, "FILES", &FILES);
    let others = [
        "bllvmctl(1)",
        "bllvmctl-config-check(1)",
        "bllvmctl-config-init(1)",
        "bllvmctl-config-show(1)",
    ];
    see_also(&mut page, others.into_iter().map(str::to_owned));
    page.render()
}
