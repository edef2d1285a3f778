//! Names that the running daemon has, completed by real shells: soon, and without a word of
//! complaint where there is no daemon.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::child::{self, Output};
use crate::support::daemon::Daemon;
use crate::support::ready::ready;
use crate::support::skip::or_skip;
use crate::support::surroundings::{eventually, now, program, repository};

const SOON: Duration = Duration::from_mins(1);
/// What is promised is 300 ms; a test asserts ten times that.
const SLOW: Duration = Duration::from_secs(3);

/// Two leases, two peers, two users and two notifications to complete.
fn daemon() -> (crate::support::fake_node::FakeNode, Daemon) {
    let rpcauth = "00112233445566778899aabbccddeeff$\
                   74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937";
    let (node, daemon) = ready(&format!(
        "[network]\npeers = [\"10.0.0.1:1\", \"seed.example.org:8333\"]\n\
         [[rpc.auth.users]]\nname = \"alice\"\nrpcauth = \"{rpcauth}\"\n\
         [[rpc.auth.users]]\nname = \"bob\"\nrpcauth = \"{rpcauth}\"\n\
         [[notify]]\nname = \"oncall\"\nurl = \"http://127.0.0.1:1\"\n\
         [[notify]]\nname = \"alive\"\nurl = \"http://127.0.0.1:1\"\nheartbeat_secs = 3600\n"
    ));
    for name in ["electrs", "lnd"] {
        let output = daemon.cli(&["lease", "add", name, "--last", "7"]);
        assert_eq!(output.code, Some(0), "{output:?}");
    }
    (node, daemon)
}

/// The program by its name, in a directory for the PATH.
fn named_program(directory: &Path) -> PathBuf {
    let folder = directory.join("bin");
    fs::create_dir_all(&folder).unwrap();
    let link = folder.join("bllvmctl");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_bllvmctl"), &link).unwrap();
    }
    folder
}

fn shell(daemon: &Daemon, program: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("HOME", daemon.directory())
        .env("BLLVMCTL_CONFIG", daemon.config_file())
        .env(
            "PATH",
            format!(
                "{}:/usr/bin:/bin",
                named_program(daemon.directory()).display()
            ),
        )
        .env("TERM", "dumb")
        .current_dir(daemon.directory());
    child::run(command, b"", SOON)
}

/// What bash offers for the last word of `line`.
fn bash(daemon: &Daemon, line: &str) -> Vec<String> {
    let bash = program("", "bash").expect("bash");
    let file = repository().join("completions/bllvmctl.bash");
    let script = format!(
        "source {}; COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'; COMP_LINE={line:?}; COMP_POINT=${{#COMP_LINE}}; \
         read -ra COMP_WORDS <<< \"$COMP_LINE\"; [[ \"$COMP_LINE\" == *' ' ]] && COMP_WORDS+=(''); \
         COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
         _bllvmctl_words bllvmctl \"${{COMP_WORDS[COMP_CWORD]}}\" \"\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        file.display()
    );
    let output = shell(daemon, &bash, &["--norc", "-c", &script]);
    assert_eq!(output.stderr, "", "{output:?}");
    output.stdout.lines().map(str::to_owned).collect()
}

/// That bash offers just these. On a busy machine an answer may be too late for a completion.
#[track_caller]
fn assert_offered(daemon: &Daemon, line: &str, names: &[&str]) {
    eventually(
        line,
        SOON,
        || bash(daemon, line),
        |offered| offered == names,
    );
}

#[test]
fn bash_offers_the_names_of_the_daemon() {
    let (_node, daemon) = daemon();
    for (line, names) in [
        ("lease release ", &["electrs", "lnd"][..]),
        ("lease release l", &["lnd"]),
        ("nodes drain ", &["main"]),
        ("status --node ", &["main"]),
        // Bash takes what stands behind the last colon for the word.
        ("peers remove 10.0.0.1:", &["1"]),
        ("metrics chain_hei", &["chain_height"]),
        ("notify test ", &["alive", "oncall"]),
        ("limits explain --user ", &["alice", "bob"]),
        ("config explain rpc.tls_p", &["rpc.tls_probes"]),
    ] {
        assert_offered(&daemon, &format!("bllvmctl {line}"), names);
    }
    eventually(
        "the peers",
        SOON,
        || bash(&daemon, "bllvmctl peers remove "),
        |peers| {
            let has = |name: &str| peers.iter().any(|peer| peer == name);
            has("10.0.0.1:1") && has("seed.example.org:8333")
        },
    );
    // What was completed before still is.
    assert!(bash(&daemon, "bllvmctl lease ").contains(&"release".to_owned()));
}

#[test]
fn zsh_and_fish_offer_them_too() {
    let (_node, daemon) = daemon();
    let fish = or_skip!(program("", "fish"), "there is no fish on this machine");
    let file = repository().join("completions/bllvmctl.fish");
    let script = format!(
        "source {}; complete -C 'bllvmctl lease release '",
        file.display()
    );
    let has = |offered: &Output, name: &str| {
        let mut lines = offered.stdout.lines();
        lines.any(|line| line.trim() == name)
    };
    let offered = eventually(
        "the names in fish",
        SOON,
        || shell(&daemon, &fish, &["--no-config", "-c", &script]),
        |offered| has(offered, "electrs") && has(offered, "lnd"),
    );
    assert_eq!(offered.stderr, "", "{offered:?}");

    let zsh = or_skip!(program("", "zsh"), "there is no zsh on this machine");
    // Without a terminal the words are set by hand, and what would be offered is printed.
    let script = format!(
        "fpath=({} $fpath); _call_program() {{ shift; eval \"$@\" }}; \
         compadd() {{ shift; print -l -- $@ }}; compdef() {{ }}; \
         source {}/_bllvmctl; words=(bllvmctl lease release ''); CURRENT=4; _bllvmctl",
        repository().join("completions").display(),
        repository().join("completions").display()
    );
    let offered = eventually(
        "the names in zsh",
        SOON,
        || shell(&daemon, &zsh, &["-f", "-c", &script]),
        |offered| offered.stdout == "electrs\nlnd\n",
    );
    assert_eq!(offered.stderr, "", "{offered:?}");
}

/// Runs `complete` for these words; what it printed, and how long it took.
fn complete(daemon: &Daemon, words: &[&str], config: &Path) -> (Output, Duration) {
    let asked = now();
    let mut command = crate::support::daemon::bllvmctl(daemon.directory());
    command
        .args(["complete", "--"])
        .args(words)
        .env("BLLVMCTL_CONFIG", config);
    let output = child::run(command, b"", SOON);
    (output, asked.elapsed())
}

/// That nothing is printed, soon.
#[track_caller]
fn assert_silent(daemon: &Daemon, words: &[&str], config: &Path) {
    let (output, took) = complete(daemon, words, config);
    assert_eq!(
        (output.code, &*output.stdout, &*output.stderr),
        (Some(0), "", ""),
        "{words:?}"
    );
    assert!(took < SLOW, "{words:?} took {took:?}");
}

#[test]
fn names_come_soon_and_nothing_is_said_where_there_are_none() {
    let (_node, mut daemon) = daemon();
    let config = daemon.config_file();
    let (_, took) = eventually(
        "the names",
        SOON,
        || complete(&daemon, &["lease", "release", ""], &config),
        |(output, _)| output.stdout == "electrs\nlnd\n",
    );
    assert!(took < SLOW, "{took:?}");
    for words in [&["status", ""][..], &["nosuch", ""], &[], &["--url"]] {
        assert_silent(&daemon, words, &config);
    }
    daemon.rewrite_config("this is no TOML");
    let elsewhere = ["--url", "nonsense", "lease", "release", ""];
    assert_silent(&daemon, &elsewhere, &config);
    assert_eq!(daemon.stop(), 0);
    assert_silent(&daemon, &["lease", "release", ""], &config);
}

#[test]
fn nobody_waits_for_what_does_not_answer() {
    let (_node, mut daemon) = daemon();
    let config = daemon.config_file();
    daemon.freeze();
    for words in [
        &["lease", "release", ""][..],
        &["peers", "remove", ""],
        &["queue", "retry", ""],
        &["nodes", "drain", ""],
        &["notify", "test", ""],
        &["metrics", ""],
        &["limits", "explain", "--user", ""],
    ] {
        assert_silent(&daemon, words, &config);
        let url = daemon.url();
        let over_tcp = [&["--url", &url], words].concat();
        assert_silent(&daemon, &over_tcp, &config);
    }
    daemon.thaw();
    // A file whose other end nobody opens.
    let fifo = daemon.directory().join("fifo.toml");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_silent(&daemon, &["lease", "release", ""], &fifo);
}
