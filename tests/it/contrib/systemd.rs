//! The units, by systemd's own judgement and by what it must and must not say.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::shipped;
use crate::support::child;
use crate::support::skip::or_skip;
use crate::support::surroundings::{program, repository};

const UNIT: &str = "systemd/bllvmctl.service";
const SOCKETS: [&str; 2] = ["bllvmctl.socket", "bllvmctl-ops.socket"];

/// The values of `key`, in the order in which they stand.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn systemd_has_no_finding() {
    let analyze = or_skip!(
        program("SYSTEMD_ANALYZE", "systemd-analyze"),
        "there is no systemd-analyze"
    );
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("bllvmctl.service");
    fs::write(
        &unit,
        shipped(UNIT).replace("/usr/bin/bllvmctl", env!("CARGO_BIN_EXE_bllvmctl")),
    )
    .unwrap();
    let mut command = Command::new(analyze);
    // The manual is not installed here.
    command.args(["verify", "--man=no"]).arg(&unit);
    for name in SOCKETS {
        let socket = folder.path().join(name);
        fs::write(&socket, shipped(&format!("systemd/sockets/{name}"))).unwrap();
        command.arg(socket);
    }
    let output = child::run(command, b"", Duration::from_mins(1));
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
        (Some(0), "", "")
    );
}

#[test]
fn an_invalid_configuration_is_not_started_again() {
    let unit = shipped(UNIT);
    // RestartPreventExitStatus= does not apply to it.
    assert_eq!(values(&unit, "ExecStartPre"), [""; 0]);
    assert_eq!(values(&unit, "RestartPreventExitStatus"), ["78"]);
    assert_eq!(values(&unit, "Restart"), ["on-failure"]);
}

#[test]
fn the_sockets_have_the_names_that_the_daemon_knows_and_belong_to_its_service() {
    let [rpc, ops] = SOCKETS.map(|name| shipped(&format!("systemd/sockets/{name}")));
    assert_eq!(values(&rpc, "FileDescriptorName"), ["rpc"]);
    assert_eq!(values(&ops, "FileDescriptorName"), ["ops"]);
    // A socket belongs to the service of its own name, unless it names one.
    assert_eq!(values(&ops, "Service"), ["bllvmctl.service"]);
    assert_eq!(values(&rpc, "ListenStream"), ["127.0.0.1:18332"]);
    // The empty one removes the address of the unit.
    let drop_in = shipped("keepalived/listen.conf");
    assert_eq!(values(&drop_in, "ListenStream"), ["", "0.0.0.0:18332"]);
}

#[test]
fn a_reload_works_with_every_version_of_systemd() {
    let unit = shipped(UNIT);
    assert_eq!(values(&unit, "Type"), ["notify"]);
    assert_eq!(values(&unit, "ExecReload"), ["/bin/kill -HUP $MAINPID"]);
    let quick_start = fs::read_to_string(repository().join("docs/QUICKSTART.md")).unwrap();
    let drop_in = quick_start
        .split("```")
        .find(|block| block.contains("notify-reload"))
        .expect("the drop-in");
    assert_eq!(values(drop_in, "Type"), ["notify-reload"]);
    assert_eq!(
        values(drop_in, "ExecReload"),
        [""],
        "the signal is systemd's own then"
    );
}

#[test]
fn the_daemon_may_do_nothing_that_it_does_not_do() {
    let unit = shipped(UNIT);
    assert_eq!(values(&unit, "UMask"), ["0077"]);
    let filter = values(&unit, "SystemCallFilter");
    assert_eq!(
        filter,
        ["@system-service", "~@privileged @resources", "@chown"]
    );
    let yes = [
        "NoNewPrivileges",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectClock",
        "ProtectHostname",
    ];
    let kernel = [
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "ProtectControlGroups",
    ];
    let restrict = [
        "RestrictNamespaces",
        "RestrictRealtime",
        "RestrictSUIDSGID",
        "LockPersonality",
    ];
    for key in yes
        .iter()
        .chain(&kernel)
        .chain(&restrict)
        .chain(&["MemoryDenyWriteExecute", "RemoveIPC"])
    {
        assert_eq!(values(&unit, key), ["yes"], "{key}");
    }
    assert_eq!(values(&unit, "CapabilityBoundingSet"), [""]);
}
