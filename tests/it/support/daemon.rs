//! The program under test: `bllvmctl serve` in a directory of its own, and the commands of its
//! operator.

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::child::{self, Background, Output};
use super::config::{DIR, FAKE_COOKIE, listen_address};
use super::http::{self, Connection, Request, Response};
use super::surroundings::{eventually, poll};

/// Longer than any start or command on a busy machine.
const START: Duration = Duration::from_secs(20);
const COMMAND: Duration = Duration::from_mins(1);

/// A daemon that runs until it is dropped.
pub(crate) struct Daemon {
    // First, so that it is gone before its directory is.
    process: Background,
    directory: TempDir,
    /// Where the configuration it was started with has its listener.
    addr: Option<SocketAddr>,
}

impl Daemon {
    /// Starts `serve` with this configuration and waits until the listener answers, whatever it
    /// says.
    #[track_caller]
    pub(crate) fn start(config: impl Into<String>) -> Self {
        let mut daemon = Self::launch(config);
        daemon.wait_listening();
        daemon
    }

    /// As `start`, with more in its environment.
    #[track_caller]
    pub(crate) fn start_in(config: impl Into<String>, environment: &[(&str, &str)]) -> Self {
        let mut daemon = Self::launch_in(config, environment);
        daemon.wait_listening();
        daemon
    }

    /// As `start`, without waiting: for what happens while it starts, and for starts that fail.
    #[track_caller]
    pub(crate) fn launch(config: impl Into<String>) -> Self {
        Self::launch_in(config, &[])
    }

    #[track_caller]
    fn launch_in(config: impl Into<String>, environment: &[(&str, &str)]) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("bllvmctl-")
            .tempdir()
            .expect("a directory");
        write_config(directory.path(), &config.into());
        write_private(&directory.path().join("node.cookie"), FAKE_COOKIE);
        let (process, addr) = serve(directory.path(), environment);
        Self {
            process,
            directory,
            addr,
        }
    }

    /// Waits until the listener answers, whatever it says.
    #[track_caller]
    pub(crate) fn wait_listening(&mut self) {
        let look = || {
            let ended = self.process.ended();
            assert!(
                ended.is_none(),
                "the daemon ended at its start, {ended:?}:\n{}",
                self.process.log()
            );
            self.try_get("/health/live")
        };
        eventually("the daemon to answer", START, look, Result::is_ok).expect("a listening daemon");
    }

    /// The directory it lives in: its HOME, its configuration, its state.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        config_file(self.directory.path())
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    #[track_caller]
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr.expect("rpc.listen in the configuration")
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// All it has printed, to stdout and stderr, in all its runs.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// Waits until it has printed `text`.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        let found = poll(START, || self.log().contains(text).then_some(()));
        assert!(found.is_some(), "no {text:?} in the log:\n{}", self.log());
    }

    /// The answer to one request, on a connection of its own.
    #[track_caller]
    pub(crate) fn send(&self, request: Request<'_>) -> Response {
        let path = request.path;
        http::send(self.addr(), request)
            .unwrap_or_else(|error| panic!("no answer to {path}: {error}\n{}", self.log()))
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Response {
        self.send(Request::get(path))
    }

    #[track_caller]
    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(Request::get(path).with(headers))
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        self.send(Request::post(path, body).with(headers))
    }

    /// The answer of the control API to a GET of `path`.
    #[track_caller]
    pub(crate) fn control_get(&self, path: &str) -> Response {
        let token = fs::read_to_string(self.state_dir().join("control.cookie")).expect("a token");
        let authorization = format!("Bearer {}", token.trim());
        self.get_with(path, &[("Authorization", &authorization)])
    }

    pub(crate) fn try_get(&self, path: &str) -> io::Result<Response> {
        http::send(self.addr(), Request::get(path))
    }

    /// A connection for what no client should send.
    #[track_caller]
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.addr()).expect("a connection to the daemon")
    }

    /// Waits until a GET of `path` has this status, and returns that answer.
    #[track_caller]
    pub(crate) fn wait_for_status(&self, path: &str, status: u16, within: Duration) -> Response {
        let seen = |answer: &io::Result<Response>| {
            answer.as_ref().is_ok_and(|answer| answer.status == status)
        };
        eventually(
            &format!("{status} on {path}"),
            within,
            || self.try_get(path),
            seen,
        )
        .expect("an answer")
    }

    /// Runs the command line `arguments` with this daemon's configuration.
    #[track_caller]
    pub(crate) fn cli(&self, arguments: &[&str]) -> Output {
        // What follows `--` is another program's.
        let end = arguments.iter().position(|argument| *argument == "--");
        let (own, others) = arguments.split_at(end.unwrap_or(arguments.len()));
        let mut command = bllvmctl(self.directory.path());
        command
            .args(own)
            .arg("--config")
            .arg(self.config_file())
            .args(others);
        child::run(command, b"", COMMAND)
    }

    /// As `cli`, for a command line that ends with another program's: `command`.
    #[track_caller]
    pub(crate) fn cli_before(&self, arguments: &[&str], command: &[&str]) -> Output {
        let mut program = bllvmctl(self.directory.path());
        program
            .args(arguments)
            .arg("--config")
            .arg(self.config_file())
            .arg("--")
            .args(command);
        child::run(program, b"", COMMAND)
    }

    pub(crate) fn signal(&mut self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Stops all its threads; its sockets stay open, and nothing is answered.
    #[track_caller]
    pub(crate) fn freeze(&mut self) {
        self.process.freeze();
    }

    /// Lets it go on.
    pub(crate) fn thaw(&mut self) {
        self.process.thaw();
    }

    /// The exit code; panics if it has not ended after `within`, or by a signal.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self, within: Duration) -> i32 {
        let status = self.process.wait(within);
        status
            .code()
            .unwrap_or_else(|| panic!("the daemon died: {status}\n{}", self.log()))
    }

    /// Asks it to end and returns its exit code.
    #[track_caller]
    pub(crate) fn stop(&mut self) -> i32 {
        self.signal(Signal::SIGTERM);
        self.wait_exit(START)
    }

    /// Kills it at once.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again, after a stop if it runs, in the same directory with the configuration that
    /// is there.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.signal(Signal::SIGTERM);
        self.process.wait(START);
        (self.process, self.addr) = serve(self.directory.path(), &[]);
        self.wait_listening();
    }

    /// Replaces its configuration file, also by what is none. It looks at it on SIGHUP.
    #[track_caller]
    pub(crate) fn rewrite_config(&self, config: impl Into<String>) {
        write_config(self.directory.path(), &config.into());
    }
}

/// The program, with an environment in which nothing of this machine's is left.
pub(crate) fn bllvmctl(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bllvmctl"));
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home);
    command
}

/// Runs the command line `arguments` where there is no daemon and no configuration.
#[track_caller]
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = bllvmctl(home.path());
    command.args(arguments).envs(environment.iter().copied());
    child::run(command, b"", COMMAND)
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, text: &str) {
    fs::write(path, text)
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o600)))
        .expect("a file");
}

fn config_file(directory: &Path) -> PathBuf {
    directory.join("config.toml")
}

fn write_config(directory: &Path, config: &str) {
    let text = config.replace(DIR, directory.to_str().expect("a directory in UTF-8"));
    write_private(&config_file(directory), &text);
}

fn serve(directory: &Path, environment: &[(&str, &str)]) -> (Background, Option<SocketAddr>) {
    let config = config_file(directory);
    let addr = fs::read_to_string(&config)
        .ok()
        .and_then(|text| listen_address(&text));
    let mut command = bllvmctl(directory);
    command.arg("serve").arg("--config").arg(config);
    command.envs(environment.iter().copied());
    (
        Background::start(command, &directory.join("printed.log")),
        addr,
    )
}
