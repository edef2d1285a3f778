//! A real Redis, in a directory of its own, without persistence.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::child::Background;
use super::surroundings::{free_port, program, wait_until};

const START: Duration = Duration::from_secs(20);

/// The server: `REDIS_EXE`, else the one on the PATH.
pub(crate) fn executable() -> Option<PathBuf> {
    program("REDIS_EXE", "redis-server")
}

/// The path of a redis-server, or the end of the test with a loud line.
macro_rules! redis_or_skip {
    () => {
        $crate::support::skip::or_skip!(
            $crate::support::redis::executable(),
            "there is no redis-server: REDIS_EXE is not set, and none is installed"
        )
    };
}
pub(crate) use redis_or_skip;

/// A server that runs until it is dropped.
pub(crate) struct Redis {
    // First, so that it is gone before its directory is.
    process: Background,
    directory: TempDir,
    executable: PathBuf,
    options: Vec<String>,
    port: u16,
}

impl Redis {
    #[track_caller]
    pub(crate) fn start(executable: &Path) -> Self {
        Self::start_with(executable, &[])
    }

    /// Starts it with more `options` of its command line.
    #[track_caller]
    pub(crate) fn start_with(executable: &Path, options: &[&str]) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("bllvmctl-redis-")
            .tempdir()
            .expect("a directory");
        let port = free_port();
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        let process = launch(executable, directory.path(), port, &options);
        let redis = Self {
            process,
            directory,
            executable: executable.to_owned(),
            options,
            port,
        };
        redis.wait_ready();
        redis
    }

    /// Starts a Sentinel, which writes to the configuration `file`.
    #[track_caller]
    pub(crate) fn start_sentinel(executable: &Path, file: &Path) -> Self {
        Self::start_with(executable, &[file.to_str().expect("UTF-8"), "--sentinel"])
    }

    #[track_caller]
    fn wait_ready(&self) {
        wait_until("a Redis that answers", START, || {
            self.try_command(&["PING"])
                .is_some_and(|answer| answer.contains("PONG") || answer.contains("NOAUTH"))
        });
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// The first line of what it answers, and what follows until it pauses.
    #[track_caller]
    pub(crate) fn command(&self, words: &[&str]) -> String {
        self.try_command(words)
            .unwrap_or_else(|| panic!("no answer to {words:?}:\n{}", self.process.log()))
    }

    /// As `command`; `None` without an answer in a second.
    pub(crate) fn try_command(&self, words: &[&str]) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            let part = format!("${}\r\n{word}\r\n", word.len());
            request.push_str(&part);
        }
        // The server closes the connection after the second one, so that the end is seen.
        request += "*1\r\n$4\r\nQUIT\r\n";
        stream.write_all(request.as_bytes()).ok()?;
        let mut reader = BufReader::new(stream);
        let mut answer = String::new();
        reader.read_line(&mut answer).ok()?;
        let _ = reader.read_to_string(&mut answer);
        (!answer.is_empty()).then_some(answer)
    }

    /// How often scripts were called since the last `CONFIG RESETSTAT`.
    #[track_caller]
    pub(crate) fn script_calls(&self) -> u64 {
        let stats = self.command(&["INFO", "commandstats"]);
        let calls = |line: &str| {
            let calls = line.strip_prefix("cmdstat_evalsha:calls=")?;
            calls.split(',').next()?.parse::<u64>().ok()
        };
        stats.lines().find_map(calls).unwrap_or(0)
    }

    /// Kills it at once.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again at the same port, without data.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.process.kill();
        self.process = launch(
            &self.executable,
            self.directory.path(),
            self.port,
            &self.options,
        );
        self.wait_ready();
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
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.signal(Signal::SIGCONT);
    }
}

fn launch(executable: &Path, directory: &Path, port: u16, options: &[String]) -> Background {
    let mut command = Command::new(executable);
    // The file of a Sentinel comes first.
    let (file, options) = match options {
        [file, rest @ ..] if rest.first().is_some_and(|option| option == "--sentinel") => {
            command.arg(file);
            (true, rest)
        }
        _ => (false, options),
    };
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    command.arg("--dir").arg(directory);
    if !file {
        command.args(["--save", "", "--appendonly", "no"]);
    }
    command.args(options).current_dir(directory);
    Background::start(command, &directory.join("printed.log"))
}
