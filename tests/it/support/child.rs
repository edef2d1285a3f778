//! Processes the harness starts: signalled and killed by the id that was started, never left
//! behind.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::surroundings::{poll, wait_until};

/// A process that runs beside the test, with what it prints in a file.
pub(crate) struct Background {
    child: Child,
    log: PathBuf,
}

impl Background {
    /// Starts `command`, its stdin closed, stdout and stderr appended to the file `log`.
    pub(crate) fn start(command: Command, log: &Path) -> Self {
        Self::start_with(command, Stdio::null(), log)
    }

    /// As `start`, with `input` as its stdin.
    pub(crate) fn start_with(mut command: Command, input: Stdio, log: &Path) -> Self {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log file");
        let errors = output.try_clone().expect("the log file twice");
        command.stdin(input).stdout(output).stderr(errors);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All it has printed, over restarts with the same file.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of a child")
    }

    /// Sends `signal`; nothing happens to a process that has ended.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.ended().is_none() {
            let id = Pid::from_raw(self.child.id().try_into().expect("a process id"));
            kill(id, signal)
                .unwrap_or_else(|error| panic!("cannot send {signal} to {id}: {error}"));
        }
    }

    /// Stops all its threads, and returns when the last one has stopped.
    #[track_caller]
    pub(crate) fn freeze(&mut self) {
        self.signal(Signal::SIGSTOP);
        let tasks = format!("/proc/{}/task", self.id());
        wait_until("a process to stop", Duration::from_secs(10), || {
            let tasks = fs::read_dir(&tasks).expect("the threads of a process");
            tasks.flatten().all(|task| is_stopped(&task.path()))
        });
    }

    /// Lets it go on.
    pub(crate) fn thaw(&mut self) {
        self.signal(Signal::SIGCONT);
    }

    /// How it ended: waits at most `within`.
    #[track_caller]
    pub(crate) fn wait(&mut self, within: Duration) -> ExitStatus {
        let id = self.id();
        poll(within, || self.ended())
            .unwrap_or_else(|| panic!("process {id} did not end in {within:?}\n{}", self.log()))
    }

    /// Ends it with SIGKILL and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.wait(Duration::from_secs(20));
    }
}

/// The state is the first letter after the name, which is in parentheses. A thread that has gone is
/// stopped too.
fn is_stopped(task: &Path) -> bool {
    let Ok(stat) = fs::read_to_string(task.join("stat")) else {
        return true;
    };
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('T'))
}

impl Drop for Background {
    fn drop(&mut self) {
        // Nothing here may panic: the test may be panicking already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Its stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not JSON ({error}): {self:?}"))
    }
}

/// Runs `command` with `stdin` to its end; panics if that takes longer than `within`.
#[track_caller]
pub(crate) fn run(mut command: Command, stdin: &[u8], within: Duration) -> Output {
    // Files, not pipes: a full pipe would stop the command, and somebody would have to read beside
    // the waiting.
    let mut files = [(); 3].map(|()| tempfile::tempfile().expect("a temporary file"));
    files[0].write_all(stdin).expect("stdin in a file");
    files[0].rewind().expect("the start of stdin");
    let [input, output, errors] = files
        .each_ref()
        .map(|file| file.try_clone().expect("a file twice"));
    let mut child = command
        .stdin(input)
        .stdout(output)
        .stderr(errors)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let status = poll(within, || child.try_wait().expect("the state of a child"));
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let [_, stdout, stderr] = files.map(read_all);
    let status =
        status.unwrap_or_else(|| panic!("no end of {command:?} in {within:?}\n{stdout}\n{stderr}"));
    Output {
        code: status.code(),
        signal: status.signal(),
        stdout,
        stderr,
    }
}

fn read_all(mut file: File) -> String {
    let mut bytes = Vec::new();
    file.rewind().expect("the start of a file");
    file.read_to_end(&mut bytes).expect("a file's content");
    String::from_utf8_lossy(&bytes).into_owned()
}
