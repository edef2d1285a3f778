//! A real systemd as the first process of its own processes, with the units that are shipped; only
//! root may start one.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::child::{self, Background, Output};
use super::surroundings::{poll, program, repository};

const OUTSIDE: &str = include_str!("outside.sh");
const INSIDE: &str = include_str!("inside.sh");
const SYSTEMD: &str = "/lib/systemd/systemd";
const START: Duration = Duration::from_secs(20);
const COMMAND: Duration = Duration::from_mins(1);

/// A systemd that runs until it is dropped. Its network is that of the thread that starts it.
pub(crate) struct Systemd {
    // First, so that it is gone before its directory is.
    process: Background,
    directory: TempDir,
    init: Pid,
}

impl Systemd {
    /// Starts one that has the units of bllvmctl, the program and in /etc/bllvmctl these `files`;
    /// nothing is enabled. `None` where this machine has no systemd, or lets nobody start one.
    #[track_caller]
    pub(crate) fn boot(files: &[(&str, &str)]) -> Option<Self> {
        program("UNSHARE", "unshare").and(program("NSENTER", "nsenter"))?;
        Path::new(SYSTEMD).exists().then_some(())?;
        let directory = tempfile::Builder::new().prefix("systemd-").tempdir().ok()?;
        let etc = directory.path().join("etc");
        fs::create_dir(&etc).ok()?;
        for (name, text) in files {
            fs::write(etc.join(name), text).ok()?;
        }
        let contrib = repository().join("contrib");
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-ec", OUTSIDE])
            .env("INSIDE", INSIDE)
            .env("DIR", directory.path())
            .env("UNITS", contrib.join("systemd"))
            .env("SYSUSERS", contrib.join("deb/sysusers.d/bllvmctl.conf"))
            .env("PROGRAM", env!("CARGO_BIN_EXE_bllvmctl"));
        let mut process = Background::start(command, &directory.path().join("boot.log"));
        let init = poll(START, || {
            let text = fs::read_to_string(directory.path().join("init")).unwrap_or_default();
            let init = text.trim().parse().ok().map(Some);
            init.or_else(|| process.ended().map(|_| None))
        });
        let init = init??;
        let systemd = Self {
            process,
            directory,
            init: Pid::from_raw(init),
        };
        // A unit of the machine's own may fail there.
        poll(START, || {
            let state = systemd.run(&["systemctl", "is-system-running"]).stdout;
            matches!(state.trim(), "running" | "degraded").then_some(())
        })?;
        Some(systemd)
    }

    /// Runs a command line beside its services, to its end.
    #[track_caller]
    pub(crate) fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--target={}", self.init))
            .args(["--mount", "--pid", "--cgroup", "--"])
            .args(words)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DIR", self.directory.path())
            .env("PROGRAM", env!("CARGO_BIN_EXE_bllvmctl"));
        child::run(command, b"", COMMAND)
    }

    /// As `run`; the command has to succeed. What it printed.
    #[track_caller]
    pub(crate) fn succeed(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.code, Some(0), "{output:?}\n{}", self.log());
        output.stdout
    }

    /// A property of the service of bllvmctl.
    #[track_caller]
    pub(crate) fn property(&self, name: &str) -> String {
        let property = format!("--property={name}");
        let shown = self.succeed(&["systemctl", "show", &property, "--value", "bllvmctl"]);
        shown.trim().to_owned()
    }

    /// All that bllvmctl has printed, in all its runs.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("printed.log")).unwrap_or_default()
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        // Its services end with it; then the script takes away its control groups.
        let _ = kill(self.init, Signal::SIGKILL);
        let _ = poll(START, || self.process.ended());
    }
}
