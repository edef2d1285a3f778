//! The manual pages: one for each command, and one for the configuration.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use roff::{Roff, bold, roman};

use super::args::{Cli, examples_of, without_examples};
use super::manual_config;

/// A term, and what it means.
type Definition = (&'static str, &'static str);

const EXIT_STATUS: [Definition; 7] = [
    ("0", "Yes, or done."),
    (
        "1",
        "No: unhealthy, not ready, a failed check, a target that was not reached, a refusal by a \
         rule.",
    ),
    (
        "2",
        "Usage error: an unknown option or a value that cannot be read.",
    ),
    (
        "69",
        "The daemon cannot be reached, or the server that answers is not bllvmctl.",
    ),
    ("70", "Internal error."),
    (
        "77",
        "Not authorised: no control token, or one that the daemon refuses.",
    ),
    ("78", "The configuration is invalid."),
];
const SERVE_EXIT_STATUS: [Definition; 4] = [
    ("0", "A clean shutdown."),
    ("2", "Usage error."),
    (
        "70",
        "The start failed for any other reason, or a critical task ended.",
    ),
    ("78", "The configuration is invalid."),
];
const NAGIOS_EXIT_STATUS: Definition = (
    "0, 1, 2, 3",
    "With --nagios: OK, WARNING, CRITICAL, UNKNOWN.",
);
const SIGNAL_EXIT_STATUS: Definition = (
    "129, 130, 143",
    "SIGHUP, SIGINT or SIGTERM ended the command while it waited; the job continues in the daemon.",
);
const ENVIRONMENT: [Definition; 5] = [
    ("BLLVMCTL_CONFIG", "The configuration file, like --config."),
    ("BLLVMCTL_URL", "The URL of the daemon, like --url."),
    (
        "BLLVMCTL_TOKEN_FILE",
        "The file with the control token, like --token-file.",
    ),
    (
        "BLLVMCTL_SECTION__KEY",
        "The value of a key of the configuration: BLLVMCTL_RPC__LISTEN is rpc.listen.",
    ),
    (
        "NO_COLOR",
        "No colours if set to anything but the empty string.",
    ),
];
const FILES: [Definition; 5] = [
    (
        "./bllvmctl.toml",
        "The configuration, if neither --config nor BLLVMCTL_CONFIG names one.",
    ),
    (
        "~/.config/bllvmctl/config.toml",
        "The configuration, if the file above does not exist.",
    ),
    (
        "/etc/bllvmctl/config.toml",
        "The configuration, if neither of these exists.",
    ),
    (
        "STATE_DIR/control.cookie",
        "The control token, written at each start of the daemon. STATE_DIR is the key state_dir, \
         by default ~/.local/state/bllvmctl.",
    ),
    (
        "STATE_DIR/state.redb",
        "Leases, prune jobs and the queue of lost peers.",
    ),
];

const EXAMPLE_CONFIG: &str = r#"state_dir = "/var/lib/bllvmctl"

[node]
kind = "attached"
chain = "main"
rpc_url = "http://127.0.0.1:8332"
rpc_cookie_file = "/var/lib/bitcoind/.cookie"
data_dir = "/var/lib/bitcoind"

[storage]
pruning_mode = "normal"
pruning_threshold_gb = 100
pruning_target_gb = 80
"#;

/// The environment variables beside those of keys, and what they mean.
#[must_use]
pub fn environment() -> &'static [(&'static str, &'static str)] {
    &ENVIRONMENT
}

/// Writes the manual pages into `directory`.
pub fn write_manual(directory: &Path) -> io::Result<()> {
    let with_examples = Cli::command();
    let mut command = without_examples(with_examples.clone())
        .disable_help_subcommand(true)
        .after_help(None::<&str>);
    command.build();
    write_pages(&command, &with_examples, "", directory)?;
    fs::write(directory.join("bllvmctl.toml.5"), configuration())
}

/// The subcommands that are for people.
fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
}

/// Writes the page of the `command` at `path`, and those of its subcommands.
fn write_pages(
    command: &Command,
    with_examples: &Command,
    path: &str,
    directory: &Path,
) -> io::Result<()> {
    for inner in shown(command) {
        let path = format!("{path} {}", inner.get_name());
        if let Some(with_examples) = with_examples.find_subcommand(inner.get_name()) {
            write_pages(inner, with_examples, path.trim_start(), directory)?;
        }
    }
    let title = page_title(path);
    let page = Man::new(command.clone());
    let mut text = heading(&title, "1").render().into_bytes();
    page.render_name_section(&mut text)?;
    text.extend(synopsis(command).into_bytes());
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    text.extend(sections(command, &examples_of(with_examples), path).into_bytes());
    fs::write(directory.join(format!("{title}.1")), text)
}

/// The head of a page. Without a date and a version it is the same in every release.
fn heading(title: &str, section: &str) -> Roff {
    let mut page = Roff::new();
    page.control("TH", [title.to_uppercase().as_str(), section]);
    page
}

/// The usage line of the help. The synopsis of `clap_mangen` would list every option.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let mut page = Roff::new();
    page.control("SH", ["SYNOPSIS"]);
    for line in usage.trim_start_matches("Usage: ").lines() {
        page.text([bold(line.trim())]);
        page.control("br", []);
    }
    without_preamble(&page)
}

/// The sections that `clap_mangen` does not write.
fn sections(command: &Command, examples: &[(String, String)], path: &str) -> String {
    let mut page = Roff::new();
    add_list(&mut page, "EXIT STATUS", &exit_status(path));
    add_list(&mut page, "ENVIRONMENT", &ENVIRONMENT);
    add_list(&mut page, "FILES", &FILES);
    page.control("SH", ["EXAMPLES"]);
    for (line, meaning) in examples {
        page.control("TP", []);
        page.text([bold(line.as_str())]);
        page.text([roman(format!("{meaning}."))]);
    }
    add_see_also(&mut page, &related_pages(command, path));
    without_preamble(&page)
}

fn exit_status(path: &str) -> Vec<Definition> {
    let mut codes = match path {
        "serve" => SERVE_EXIT_STATUS.to_vec(),
        _ => EXIT_STATUS.to_vec(),
    };
    match path {
        "health" => codes.push(NAGIOS_EXIT_STATUS),
        "prune" => codes.push(SIGNAL_EXIT_STATUS),
        _ => {}
    }
    codes
}

/// The pages of the program, of the group, of the subcommands, and of the configuration.
fn related_pages(command: &Command, path: &str) -> Vec<String> {
    let mut titles: Vec<String> = shown(command)
        .map(|inner| page_title(&format!("{path} {}", inner.get_name())))
        .collect();
    if let Some((group, _)) = path.rsplit_once(' ') {
        titles.insert(0, page_title(group));
    }
    if !path.is_empty() {
        titles.insert(0, page_title(""));
    }
    let mut pages: Vec<String> = titles.iter().map(|title| format!("{title}(1)")).collect();
    pages.push("bllvmctl.toml(5)".to_owned());
    pages
}

/// The title of the page of the command at `path`.
fn page_title(path: &str) -> String {
    let words = ["bllvmctl"].into_iter().chain(path.split_whitespace());
    words.collect::<Vec<_>>().join("-")
}

fn add_list(page: &mut Roff, heading: &str, entries: &[Definition]) {
    page.control("SH", [heading]);
    for (name, text) in entries {
        page.control("TP", []);
        page.text([bold(*name)]);
        page.text([roman(*text)]);
    }
}

fn add_see_also(page: &mut Roff, pages: &[String]) {
    page.control("SH", ["SEE ALSO"]);
    page.text([roman(pages.join(", "))]);
}

/// The text of a page without the definitions at its head, which the first part already has.
fn without_preamble(page: &Roff) -> String {
    let text = page.render();
    let is_definition = |line: &&str| line.starts_with(".ie ") || line.starts_with(".el ");
    let lines: Vec<_> = text.lines().filter(|line| !is_definition(line)).collect();
    lines.join("\n") + "\n"
}

/// The page of the configuration.
fn configuration() -> String {
    let mut page = heading("bllvmctl.toml", "5");
    page.control("SH", ["NAME"]);
    page.text([roman("bllvmctl.toml - configuration of bllvmctl")]);
    page.control("SH", ["DESCRIPTION"]);
    describe_configuration(&mut page);
    page.control("SH", ["KEYS"]);
    page.text([roman("Each key is shown with its default.")]);
    manual_config::add_keys(&mut page);
    add_list(&mut page, "ENVIRONMENT", &ENVIRONMENT);
    add_list(&mut page, "FILES", &FILES);
    page.control("SH", ["EXAMPLES"]);
    page.text([roman(
        "A bitcoind on this machine, pruned down to 80 GB whenever it uses more than 100 GB:",
    )]);
    page.control("PP", []);
    page.control("nf", []);
    for line in EXAMPLE_CONFIG.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
    let related = [
        "bllvmctl(1)",
        "bllvmctl-config-check(1)",
        "bllvmctl-config-init(1)",
        "bllvmctl-config-reload(1)",
        "bllvmctl-config-show(1)",
    ];
    add_see_also(&mut page, &related.map(str::to_owned));
    page.render()
}

/// How a configuration is read, and which commands are for it.
fn describe_configuration(page: &mut Roff) {
    page.text([
        roman(
            "The configuration is a TOML file. The environment overrides the file, and options of \
             the command line override both; ",
        ),
        bold("bllvmctl config show --origin"),
        roman(" shows each value and where it comes from, and "),
        bold("bllvmctl config explain"),
        roman(" explains a key. An unknown key is an error. "),
        bold("bllvmctl config check"),
        roman(" reports every problem, and "),
        bold("bllvmctl config init"),
        roman(" writes a file with every key."),
    ]);
    page.control("PP", []);
    page.text([
        bold("bllvmctl config reload"),
        roman(", "),
        bold("systemctl reload bllvmctl"),
        roman(
            " or SIGHUP makes the daemon read the file again. A reload changes every key but those \
             that say that they need a restart, and changes nothing if the file is invalid.",
        ),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, load_text};
    use crate::env::Env;

    #[test]
    fn the_example_of_a_configuration_is_valid() {
        let loaded = load_text(
            Path::new("bllvmctl.toml"),
            EXAMPLE_CONFIG,
            &Env::default(),
            &Flags::default(),
        );
        assert!(loaded.config.is_some(), "{:?}", loaded.problems);
    }

    #[test]
    fn the_page_of_a_command_names_its_group_and_its_subcommands() {
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        let queue = command.find_subcommand("queue").unwrap();
        let retry = queue.find_subcommand("retry").unwrap();
        assert_eq!(
            related_pages(retry, "queue retry"),
            ["bllvmctl(1)", "bllvmctl-queue(1)", "bllvmctl.toml(5)"]
        );
        assert!(related_pages(queue, "queue").contains(&"bllvmctl-queue-retry(1)".to_owned()));
    }
}
