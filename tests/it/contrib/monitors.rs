//! What monitors and cron are given: each file is read by the program that it is for, and each of
//! its command lines is run against a daemon whose node is well, and one whose node is gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::shipped;
use crate::support::child::{self, Background, Output};
use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::network::{in_own_network, ip};
use crate::support::ready::{healthy_node, ready_with};
use crate::support::sight::wait_not_ready;
use crate::support::skip::or_skip;
use crate::support::surroundings::{eventually, program};

const LONG: Duration = Duration::from_mins(1);

/// A daemon whose node is well, and one whose node is gone.
fn well_and_gone() -> [Daemon; 2] {
    let often = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n\
                 [storage]\npruning_mode = \"disabled\"\n";
    let [well, gone] = [(); 2].map(|()| {
        let node = healthy_node();
        let daemon = ready_with(attached_to_fake(&node).with(often));
        (node, daemon)
    });
    drop(gone.0);
    wait_not_ready(&gone.1, "node", &["cannot connect"]);
    // Its node is needed for as long as the daemon runs.
    std::mem::forget(well.0);
    [well.1, gone.1]
}

/// `text` with the program under test, for the daemon.
fn for_daemon(text: &str, daemon: &Daemon) -> String {
    let program = env!("CARGO_BIN_EXE_bllvmctl");
    text.replace(
        "/usr/bin/bllvmctl",
        &format!("{program} --config {}", daemon.config_file().display()),
    )
}

fn shell(line: &str) -> Output {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    child::run(command, b"", LONG)
}

/// A folder with `files`.
fn folder(files: &[(&str, String)]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().to_owned();
    (folder, path)
}

/// The value after `key` in a file of Nagios.
fn value(text: &str, key: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
    line.expect("a line with the key").trim().to_owned()
}

#[test]
fn the_command_for_nagios_has_its_exit_codes_and_one_line() {
    let line = value(&shipped("nagios/bllvmctl.cfg"), "command_line");
    for (daemon, code, word) in [0, 2]
        .iter()
        .zip(["OK", "CRITICAL"])
        .zip(well_and_gone())
        .map(|((code, word), daemon)| (daemon, *code, word))
    {
        let port = daemon.addr().port().to_string();
        let line = line
            .replace("$HOSTADDRESS$", "127.0.0.1")
            .replace("18332", &port)
            .replace("/usr/bin/bllvmctl", env!("CARGO_BIN_EXE_bllvmctl"));
        let output = shell(&line);
        assert_eq!(output.code, Some(code), "{output:?}");
        assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
        assert!(output.stdout.contains(word), "{output:?}");
    }
}

#[test]
fn nagios_takes_the_command_and_the_service() {
    let nagios = or_skip!(
        program("NAGIOS", "nagios4").or_else(|| sbin("nagios4")),
        "there is no nagios4"
    );
    let around = include_str!("nagios-around.cfg").to_owned();
    let (_keep, path) = folder(&[
        ("bllvmctl.cfg", shipped("nagios/bllvmctl.cfg")),
        ("around.cfg", around),
    ]);
    let here = path.display();
    let main = format!(
        "cfg_file={here}/bllvmctl.cfg\ncfg_file={here}/around.cfg\nlog_file={here}/log\n\
         check_result_path=/tmp\nobject_cache_file={here}/cache\nillegal_macro_output_chars=`\n"
    );
    fs::write(path.join("nagios.cfg"), main).unwrap();
    let mut command = Command::new(nagios);
    command.arg("-v").arg(path.join("nagios.cfg"));
    let output = child::run(command, b"", LONG);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("Checked 1 services"), "{output:?}");
    assert!(output.stdout.contains("Total Warnings: 0"), "{output:?}");
}

/// A program that only root has on its path.
fn sbin(name: &str) -> Option<PathBuf> {
    Some(Path::new("/usr/sbin").join(name)).filter(|path| path.is_file())
}

#[test]
fn icinga_takes_the_command_and_makes_a_service_of_the_host() {
    let icinga = or_skip!(
        program("ICINGA", "icinga2").or_else(|| sbin("icinga2")),
        "there is no icinga2"
    );
    let (_keep, path) = folder(&[("bllvmctl.conf", shipped("icinga/bllvmctl.conf"))]);
    let main = format!(
        "include <itl>\nobject Host \"node\" {{\n  address = \"127.0.0.1\"\n  check_command = \"dummy\"\n  \
         vars.bllvmctl = true\n}}\ninclude \"{}/bllvmctl.conf\"\n",
        path.display()
    );
    fs::write(path.join("icinga2.conf"), main).unwrap();
    let mut command = Command::new(icinga);
    command
        .args(["daemon", "-C", "-c"])
        .arg(path.join("icinga2.conf"))
        .arg(format!("-DVarsPath={}/vars", path.display()));
    let output = child::run(command, b"", LONG);
    assert_eq!(output.code, Some(0), "{output:?}");
    let said = output.stdout.clone() + &output.stderr;
    assert!(said.contains("Instantiated 1 Service."), "{output:?}");
}

#[test]
fn the_agent_of_zabbix_has_the_state_the_words_and_the_metrics() {
    let agent = or_skip!(
        program("ZABBIX_AGENTD", "zabbix_agentd").or_else(|| sbin("zabbix_agentd")),
        "there is no zabbix_agentd"
    );
    let [well, gone] = well_and_gone();
    let ask = |daemon: &Daemon, key: &str| {
        let parameters = for_daemon(&shipped("zabbix/bllvmctl.conf"), daemon);
        let (_keep, path) = folder(&[("bllvmctl.conf", parameters)]);
        let main = format!(
            "Server=127.0.0.1\nInclude={}/bllvmctl.conf\n",
            path.display()
        );
        fs::write(path.join("agent.conf"), main).unwrap();
        let mut command = Command::new(&agent);
        command
            .arg("-c")
            .arg(path.join("agent.conf"))
            .args(["-t", key]);
        let output = child::run(command, b"", LONG);
        // `key        [t|value]`
        let value = output.stdout.split_once("[t|").map(|(_, rest)| rest);
        let value = value.and_then(|rest| rest.rsplit_once(']'));
        value.map_or_else(|| panic!("{output:?}"), |(value, _)| value.to_owned())
    };
    assert_eq!(ask(&well, "bllvmctl.state"), "0");
    assert_eq!(ask(&gone, "bllvmctl.state"), "2");
    assert!(ask(&gone, "bllvmctl.health").contains("CRITICAL"));
    let height: u64 = ask(&well, "bllvmctl.metric[chain_height]").parse().unwrap();
    assert!(height > 0);
    // No number: Zabbix calls the item not supported until there is one.
    let unknown = ask(&well, "bllvmctl.metric[storage_full_in_seconds]");
    assert!(unknown.contains("no metric matches"), "{unknown}");
}

#[test]
fn cron_is_silent_if_all_is_well_and_mails_what_is_wrong() {
    let crontab = shipped("cron/bllvmctl");
    let lines: Vec<_> = crontab
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let [prune, health] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    // Five fields of time, and the user.
    let command = |line: &str| {
        let mut rest = line;
        for _ in 0..6 {
            rest = rest
                .split_once(' ')
                .map_or("", |(_, rest)| rest.trim_start());
        }
        rest.to_owned()
    };
    assert_eq!(prune.split_whitespace().nth(5), Some("bllvmctl"));
    let [well, gone] = well_and_gone();
    let quiet = shell(&for_daemon(&command(health), &well));
    assert_eq!(
        (quiet.stdout.as_str(), quiet.stderr.as_str()),
        ("", ""),
        "{quiet:?}"
    );
    let loud = shell(&for_daemon(&command(health), &gone));
    assert!(loud.stdout.contains("[-] node"), "{loud:?}");
    // The blocks of the fake node are below 80 GB already.
    let quiet = shell(&for_daemon(&command(prune), &well));
    assert_eq!(
        (quiet.code, quiet.stdout.as_str()),
        (Some(0), ""),
        "{quiet:?}"
    );
    let loud = shell(&for_daemon(&command(prune), &gone));
    assert_eq!(
        (loud.code, loud.stderr.is_empty()),
        (Some(1), false),
        "{loud:?}"
    );
}

#[test]
fn keepalived_has_the_address_where_bllvmctl_is_ready_and_nowhere_else() {
    let keepalived = or_skip!(
        program("KEEPALIVED", "keepalived").or_else(|| sbin("keepalived")),
        "there is no keepalived"
    );
    let done = in_own_network(|| {
        ip("link add eth0 type veth peer name eth1")?;
        ip("link set eth0 up")?;
        ip("link set eth1 up")?;
        ip("addr add 10.0.0.1/24 dev eth0")?;
        let node = healthy_node();
        let often = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";
        let daemon = ready_with(attached_to_fake(&node).with(often));
        // Neither the user nor a path that only root may write to need be here.
        let text = for_daemon(&shipped("keepalived/keepalived.conf"), &daemon)
            .replace("script_user bllvmctl", "script_user root")
            .replace("enable_script_security", "");
        let (_keep, path) = folder(&[("keepalived.conf", text)]);
        let mut command = Command::new(&keepalived);
        command.args(["--dont-fork", "--log-console", "--vrrp", "--use-file"]);
        command.arg(path.join("keepalived.conf"));
        for (option, name) in [("--pid", "pid"), ("--vrrp_pid", "vrrp")] {
            command.arg(option).arg(path.join(name));
        }
        let mut process = Background::start(command, &path.join("log"));
        let has_address = || {
            let mut command = Command::new("ip");
            command.args(["addr", "show", "eth0"]);
            let shown = child::run(command, b"", LONG).stdout;
            (shown.contains("10.0.0.100/24"), process.log())
        };
        eventually("the address", LONG, has_address, |seen| seen.0);
        drop(node);
        eventually("no address", LONG, has_address, |seen| !seen.0);
        process.signal(Signal::SIGTERM);
        process.wait(LONG);
        Some(())
    });
    or_skip!(
        done.flatten(),
        "no network of its own can be made here: that takes root and ip"
    );
}
