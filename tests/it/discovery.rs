//! `config init --from-node`: a configuration for a bitcoind that runs here, with nothing asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::child::{self, Background, Output};
use crate::support::daemon::{bllvmctl, run};
use crate::support::mount::Small;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{free_port, program, wait_until};

const SOON: Duration = Duration::from_mins(1);

/// `config init FILE --from-node=DIRECTORY`, in a home of its own.
fn init(home: &Path, directory: &Path, more: &[&str]) -> Output {
    let mut command = bllvmctl(home);
    command
        .args(["config", "init", "written.toml"])
        .arg(format!("--from-node={}", directory.display()))
        .args(more);
    child::run(command, b"", SOON)
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.code, Some(code), "{output:?}");
}

fn written(home: &Path) -> toml::Table {
    let file = home.join("written.toml");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::read_to_string(file).unwrap().parse().unwrap()
}

#[test]
fn a_node_is_found_with_its_directories_its_port_and_its_cookie() {
    let executable = bitcoind_or_skip!();
    let home = tempfile::tempdir().unwrap();
    let blocks = tempfile::tempdir().unwrap();
    let options = BitcoindOptions::default()
        .prunable()
        .with(format!("-blocksdir={}", blocks.path().display()));
    let node = Bitcoind::start(executable, options);
    let output = init(home.path(), node.datadir(), &[]);
    assert_exit(&output, 0);
    assert!(
        output.stdout.contains("found the node in") && output.stdout.contains("valid, 0 errors"),
        "{output:?}"
    );
    let config = written(home.path());
    let found = &config["node"];
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    assert_eq!(text("chain"), "regtest");
    assert_eq!(
        text("rpc_url"),
        format!("http://127.0.0.1:{}", node.rpc_port())
    );
    assert_eq!(text("data_dir"), node.datadir().to_str().unwrap());
    assert_eq!(text("blocks_dir"), blocks.path().to_str().unwrap());
    assert_eq!(
        text("rpc_cookie_file"),
        node.cookie_file().to_str().unwrap()
    );
    let storage = &config["storage"];
    assert_eq!(storage["pruning_mode"].as_str(), Some("disabled"));
    let comments = fs::read_to_string(home.path().join("written.toml")).unwrap();
    for part in [
        "# The node is in prune mode, and deletes nothing until it is asked",
        " free.\n",
        "# pruning_threshold_gb = ",
    ] {
        assert!(comments.contains(part), "{part} in {comments}");
    }
    assert!(
        output.stdout.contains("deletes nothing until it is asked"),
        "{output:?}"
    );

    // Once more: what is there is never overwritten.
    let again = init(home.path(), node.datadir(), &[]);
    assert_exit(&again, 1);
    assert!(again.stderr.contains("never overwritten"), "{again:?}");
    assert_eq!(
        fs::read_to_string(home.path().join("written.toml")).unwrap(),
        comments
    );
}

#[test]
fn what_its_file_says_counts_also_a_password() {
    let executable = bitcoind_or_skip!();
    let home = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let rpc = free_port();
    let peers = free_port();
    let conf = format!(
        "regtest=1\nserver=1\nlisten=0\nrpcuser=me\nrpcpassword=pa55word\nrpcport=1\n\
         [regtest]\nrpcport={rpc}\nport={peers}\nprune=1\n"
    );
    fs::write(data.path().join("bitcoin.conf"), conf).unwrap();
    let mut command = Command::new(&executable);
    command
        .arg(format!("-datadir={}", data.path().display()))
        .arg("-printtoconsole=0");
    let _node = Background::start(command, &data.path().join("printed.log"));
    wait_until("the node's port", SOON, || {
        std::net::TcpStream::connect(("127.0.0.1", rpc)).is_ok()
    });
    let answered = || init(home.path(), data.path(), &["-o", "json"]);
    wait_until("an answer", SOON, || {
        for name in ["written.toml", "written.node-password"] {
            let _ = fs::remove_file(home.path().join(name));
        }
        answered().code == Some(0)
    });
    let config = written(home.path());
    assert_eq!(config["node"]["rpc_user"].as_str(), Some("me"));
    assert_eq!(
        config["node"]["rpc_url"].as_str(),
        Some(&*format!("http://127.0.0.1:{rpc}"))
    );
    let file = config["node"]["rpc_password_file"].as_str().unwrap();
    assert_eq!(fs::read_to_string(file).unwrap().trim(), "pa55word");
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(home.path().join("written.toml")).unwrap();
    assert!(!text.contains("pa55word"), "{text}");
}

#[test]
fn of_several_nodes_one_has_to_be_chosen() {
    let executable = bitcoind_or_skip!();
    let nodes = [(); 2].map(|()| Bitcoind::start(executable.clone(), BitcoindOptions::default()));
    let output = run(&["config", "init", "--from-node"], &[]);
    assert_exit(&output, 1);
    for node in &nodes {
        let directory = node.datadir().join("regtest").display().to_string();
        assert!(output.stderr.contains(&directory), "{output:?}");
    }
    assert!(output.stderr.contains("--from-node="), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let chosen = nodes[1].datadir().join("regtest");
    let option = format!("--from-node={}", chosen.display());
    let printed = run(&["config", "init", &option], &[]);
    assert_exit(&printed, 0);
    let config: toml::Table = printed.stdout.parse().unwrap();
    assert_eq!(
        config["node"]["data_dir"].as_str(),
        nodes[1].datadir().to_str()
    );
}

#[test]
fn the_only_node_of_a_machine_is_found_without_being_named() {
    const WHY: &str = "it needs root and unshare, to be alone with one node";
    let executable = bitcoind_or_skip!();
    let unshare = program("", "unshare").filter(|_| nix::unistd::getuid().is_root());
    let unshare = or_skip!(unshare, WHY);
    let home = tempfile::tempdir().unwrap();
    let rpc = free_port();
    let peers = free_port();
    let script = format!(
        "mkdir data && \"$0\" -datadir=data -regtest -listen=0 -port={peers} -rpcport={rpc} \
         -printtoconsole=0 & \
         for i in $(seq 600); do \
           rm -f written.toml; \"$1\" config init written.toml --from-node > report 2>&1 && break; \
           sleep 0.1; \
         done; code=$?; cat report; kill %1; wait; exit $code"
    );
    let mut command = Command::new(unshare);
    command
        .args([
            "--pid",
            "--fork",
            "--mount-proc",
            "/bin/bash",
            "-c",
            &script,
        ])
        .arg(executable)
        .arg(bllvmctl(home.path()).get_program())
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home.path());
    let output = child::run(command, b"", SOON * 2);
    assert_exit(&output, 0);
    assert!(output.stdout.contains("valid, 0 errors"), "{output:?}");
    let config = written(home.path());
    // The relative path is that of the process.
    let data = home.path().canonicalize().unwrap().join("data");
    assert_eq!(config["node"]["data_dir"].as_str(), data.to_str());
}

/// Runs `script` where `/etc` is empty but for users and groups, among them those of the service; `$0`
/// is the program.
fn with_a_service_user(home: &Path, script: &str) -> Option<Output> {
    let unshare = program("", "unshare").filter(|_| nix::unistd::getuid().is_root())?;
    let script = format!(
        "set -e; mount -t tmpfs tmpfs /etc; mkdir /etc/bllvmctl; \
         echo 'root:x:0:0::/root:/bin/sh' > /etc/passwd; echo 'root:x:0:' > /etc/group; \
         echo 'bllvmctl:x:990:991::/:/bin/false' >> /etc/passwd; \
         echo 'bllvmctl:x:991:' >> /etc/group; echo 'bitcoin:x:992:bllvmctl' >> /etc/group; {script}"
    );
    let mut command = Command::new(unshare);
    command
        .args(["--mount", "/bin/bash", "-c", &script])
        .arg(bllvmctl(home).get_program())
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .current_dir(home);
    Some(child::run(command, b"", SOON))
}

#[test]
fn what_root_writes_for_the_service_its_user_can_read() {
    const WHY: &str = "it needs root and unshare, for users of its own";
    let executable = bitcoind_or_skip!();
    let home = tempfile::tempdir().unwrap();
    let node = Bitcoind::start(executable, BitcoindOptions::default());
    let data = node.datadir().display();
    let show = "stat -c '%a %G' /etc/bllvmctl/c.toml";
    let init = format!("cd /etc/bllvmctl; \"$0\" config init c.toml --from-node={data}; {show}");
    let output = or_skip!(with_a_service_user(home.path(), &init), WHY);
    assert_exit(&output, 0);
    assert!(output.stdout.ends_with("\n640 bllvmctl\n"), "{output:?}");
    assert!(
        output.stdout.contains("for root and the group bllvmctl"),
        "{output:?}"
    );
    // The directory of the node is for root alone here.
    let warning = format!("warning: the user bllvmctl may not read {data}");
    assert!(output.stdout.contains(&warning), "{output:?}");
    assert!(output.stdout.contains("rpccookieperms=group"), "{output:?}");

    // In the group of the node it may.
    let regtest = format!("{data}/regtest");
    let let_in = format!(
        "chgrp bitcoin {data} {regtest} {regtest}/.cookie; \
         chmod 750 {data} {regtest}; chmod 640 {regtest}/.cookie; {init}; cat c.toml"
    );
    let output = or_skip!(with_a_service_user(home.path(), &let_in), WHY);
    assert_exit(&output, 0);
    assert!(!output.stdout.contains("may not read"), "{output:?}");
    assert!(
        output.stdout.contains("state_dir = \"/var/lib/bllvmctl\""),
        "{output:?}"
    );
    let template = "\"$0\" config init /etc/bllvmctl/c.toml; ".to_owned() + show;
    let output = or_skip!(with_a_service_user(home.path(), &template), WHY);
    assert!(output.stdout.ends_with("640 bllvmctl\n"), "{output:?}");
}

#[test]
fn half_a_file_is_not_left() {
    const WHY: &str = "it needs root, to mount a volume of its own";
    let home = tempfile::tempdir().unwrap();
    let volume = or_skip!(Small::mount(1), WHY);
    let full = fs::write(volume.path().join("full"), vec![0; 2 << 20]);
    assert!(full.is_err(), "the volume is full");
    let file = volume.path().join("c.toml");
    let mut command = bllvmctl(home.path());
    command.args(["config", "init"]).arg(&file);
    let output = child::run(command, b"", SOON);
    assert_exit(&output, 70);
    assert!(output.stderr.contains("No space left"), "{output:?}");
    assert!(!file.exists());
}

#[test]
fn where_no_node_is_the_reason_is_said() {
    let home = tempfile::tempdir().unwrap();
    let output = init(home.path(), home.path(), &[]);
    assert_exit(&output, 1);
    assert!(output.stderr.contains("no node was found in"), "{output:?}");
    assert!(!home.path().join("written.toml").exists());
}
