//! The commands in the documents. Each block of `sh` and `console` is run beside a real node, or
//! the line before it says why not: `<!-- not run: … -->`. Commands within a line are held to the
//! manual pages.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{documents, prose};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::child::{self, Output};
use crate::support::config::attached_to;
use crate::support::daemon::Daemon;
use crate::support::sight::wait_ready;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{free_port, repository};

const LONG: Duration = Duration::from_mins(2);

/// A block of commands in a document.
struct Block {
    /// Where it is: the document and the number of its first line.
    place: String,
    language: String,
    lines: Vec<String>,
    /// The line before it.
    before: String,
}

impl Block {
    /// Why it is not run here.
    fn reason(&self) -> Option<&str> {
        let mark = self.before.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
        match mark {
            "test" => Some("`.ci/run` runs it"),
            _ => mark.strip_prefix("not run: "),
        }
    }

    /// Its commands, each with what is printed below it.
    fn commands(&self) -> Vec<(String, Vec<String>)> {
        if self.language == "sh" {
            return vec![(self.lines.join("\n"), Vec::new())];
        }
        let mut commands: Vec<(String, Vec<String>)> = Vec::new();
        for line in &self.lines {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
                (None, Some((_, output))) => output.push(line.clone()),
                (None, None) => panic!("{}: output before a command", self.place),
            }
        }
        commands
    }
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let mut lines = text.lines().enumerate();
        let mut before = "";
        while let Some((number, line)) = lines.next() {
            if let Some(language) = line.strip_prefix("```") {
                let inside = lines.by_ref().map(|(_, line)| line.to_owned());
                let inside = inside.take_while(|line| line != "```").collect();
                blocks.push(Block {
                    place: format!("{}:{}", document.display(), number + 1),
                    language: language.to_owned(),
                    lines: inside,
                    before: before.to_owned(),
                });
            }
            if !line.is_empty() {
                before = line;
            }
        }
    }
    blocks.retain(|block| matches!(block.language.as_str(), "sh" | "console"));
    blocks
}

/// A daemon beside a node, and the programs that the documents call.
struct Room {
    daemon: Daemon,
    node: Bitcoind,
    programs: PathBuf,
}

impl Room {
    fn new(executable: PathBuf) -> Self {
        let client = executable.with_file_name("bitcoin-cli");
        let node = Bitcoind::start(executable, BitcoindOptions::default().prunable());
        node.mine(1);
        let config = attached_to(&node).with(&format!(
            "[node]\npoll_interval_secs = 0.2\n[network]\nmin_peers = 0\n\
             peers = [\"127.0.0.1:{}\"]\n[storage]\npruning_mode = \"disabled\"",
            free_port()
        ));
        let daemon = Daemon::start(config);
        wait_ready(&daemon);
        let programs = daemon.directory().join("programs");
        fs::create_dir(&programs).unwrap();
        let room = Self {
            daemon,
            node,
            programs,
        };
        room.add_program(
            "bllvmctl",
            &format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_bllvmctl")),
        );
        let data = room.node.datadir().display();
        room.add_program(
            "bitcoin-cli",
            &format!("exec {} -regtest -datadir={data} \"$@\"", client.display()),
        );
        room
    }

    fn add_program(&self, name: &str, script: &str) {
        let path = self.programs.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs one command as a person would type it; the port is that of this daemon.
    fn run(&self, command: &str) -> Output {
        let port = self.daemon.addr().port().to_string();
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", &command.replace("18332", &port)])
            .env_clear()
            .env("HOME", self.daemon.directory())
            .env("PATH", format!("{}:/usr/bin:/bin", self.programs.display()))
            .env("BLLVMCTL_CONFIG", self.daemon.config_file())
            .current_dir(self.daemon.directory());
        child::run(shell, b"", LONG)
    }
}

/// The words of a table's head; none if the line is no head.
fn head(line: &str) -> Option<Vec<&str>> {
    let is_head = line.contains("  ") && line.chars().all(|c| c == ' ' || c.is_ascii_uppercase());
    is_head.then(|| line.split_whitespace().collect())
}

#[test]
fn every_command_of_the_documents_runs() {
    let mut room = Room::new(bitcoind_or_skip!());
    for block in blocks().iter().filter(|block| block.reason().is_none()) {
        let commands = block.commands();
        let place = &block.place;
        for (index, (command, documented)) in commands.iter().enumerate() {
            if command == "bllvmctl serve &" {
                room.daemon.restart();
                wait_ready(&room.daemon);
                continue;
            }
            if command == "echo $?" {
                continue;
            }
            let next = commands.get(index + 1);
            let code = next.filter(|(next, _)| next == "echo $?");
            let code = code.map_or(0, |(_, output)| output[0].trim().parse().unwrap());
            let output = room.run(command);
            assert_eq!(output.code, Some(code), "{place}: {command}: {output:?}");
            let Some(wanted) = documented.first().and_then(|line| head(line)) else {
                continue;
            };
            let printed = output.stdout.lines().next().unwrap_or_default();
            assert_eq!(
                printed.split_whitespace().collect::<Vec<_>>(),
                wanted,
                "{place}: {command}"
            );
        }
    }
}

#[test]
fn every_block_of_commands_is_run_or_says_why_not() {
    let blocks = blocks();
    assert!(blocks.iter().any(|block| block.reason().is_none()));
    for block in &blocks {
        let is_marked = block.before.starts_with("<!-- ");
        assert!(
            !is_marked || block.reason().is_some_and(|reason| reason.len() > 5),
            "{}: {}",
            block.place,
            block.before
        );
    }
    // A prompt in a block of another language would not be found.
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for (fence, lines) in fences(&text) {
            let has_prompt = lines.iter().any(|line| line.starts_with("$ "));
            assert!(
                !has_prompt || fence == "console",
                "{}: {lines:?}",
                document.display()
            );
        }
    }
}

/// The blocks of a text, with their languages.
fn fences(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            found.push((
                language,
                lines.by_ref().take_while(|line| *line != "```").collect(),
            ));
        }
    }
    found
}

/// The manual page of the command with these words, the longest there is.
fn page(words: &[&str]) -> Option<String> {
    let known = |length: &usize| {
        let name = [&["bllvmctl"][..], words.get(..*length)?]
            .concat()
            .join("-");
        fs::read_to_string(repository().join(format!("man/{name}.1"))).ok()
    };
    let longest = (1..=words.len().min(2))
        .rev()
        .find_map(|length| known(&length));
    longest.map(|page| page.replace("\\-", "-"))
}

/// The commands `bllvmctl …` within the lines of a document.
fn inline_commands(document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap();
    let lines = prose(&text).join(" ");
    let spans = lines.split('`').skip(1).step_by(2);
    let commands = spans.filter(|span| span.starts_with("bllvmctl "));
    commands.map(str::to_owned).collect()
}

#[test]
fn every_command_within_a_line_has_a_manual_page_with_its_options() {
    for document in documents() {
        for command in inline_commands(&document) {
            let own = command.split(" -- ").next().unwrap_or_default();
            let words: Vec<_> = own.split_whitespace().skip(1).collect();
            let place = format!("{}: `{command}`", document.display());
            if words
                .iter()
                .all(|word| word.starts_with("--version") || *word == "…")
            {
                continue;
            }
            let page = page(&words).unwrap_or_else(|| panic!("{place}: no manual page"));
            for option in words.iter().filter(|word| word.starts_with("--")) {
                let option = option.trim_end_matches([',', ';', '.']);
                let option = option.split('=').next().unwrap_or_default();
                assert!(page.contains(option), "{place}: no option {option}");
            }
        }
    }
}
