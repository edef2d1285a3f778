//! One run of a command: the message is on its standard input and in its environment, which has
//! nothing else in it; no shell. Its process group is killed when it is late, and what it left
//! behind when it is not.

use std::ffi::OsString;
use std::process::Stdio;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use super::message::Message;
use super::send_error::SendError;

/// What a command finds in its environment, beside the message.
#[derive(Clone, Debug, Default)]
pub struct CommandEnv {
    /// `PATH`
    pub path: Option<OsString>,
    /// `LANG`
    pub lang: Option<OsString>,
}

/// Where programs are if nobody says so.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Runs the program with its arguments to its end.
pub(super) async fn run(
    (program, arguments): (&str, &[String]),
    message: &Message,
    body: String,
    env: &CommandEnv,
) -> Result<(), SendError> {
    let failed = |reason: String| SendError::Command {
        program: program.to_owned(),
        reason,
    };
    let mut child = command(program, arguments, message, env)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let _group = ProcessGroup::of(&child);
    let input = child.stdin.take();
    let write = async {
        if let Some(mut input) = input {
            // A program that reads nothing of it is none the worse for that.
            let _ = input.write_all(body.as_bytes()).await;
        }
    };
    let (status, ()) = tokio::join!(child.wait(), write);
    let status = status.map_err(|error| failed(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(status.to_string()))
    }
}

fn command(program: &str, arguments: &[String], message: &Message, env: &CommandEnv) -> Command {
    let mut command = Command::new(program);
    let path = env.path.clone();
    command
        .args(arguments)
        .env_clear()
        .env("PATH", path.unwrap_or_else(|| DEFAULT_PATH.into()))
        .envs(message.variables())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(lang) = &env.lang {
        command.env("LANG", lang);
    }
    command
}

/// The process group of a command, killed when this is dropped.
struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.map(Pid::from_raw))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // There may be nobody left in it.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn message() -> Message {
        Message::test("x", jiff::Timestamp::UNIX_EPOCH)
    }

    async fn run_shell(script: &str) -> Result<(), SendError> {
        let env = CommandEnv {
            path: None,
            lang: Some("C".into()),
        };
        let arguments = ["-c", script].map(str::to_owned);
        run(
            ("/bin/sh", &arguments),
            &message(),
            "{\"a\":1}\n".to_owned(),
            &env,
        )
        .await
    }

    #[tokio::test]
    async fn a_command_gets_the_message_and_an_environment_with_nothing_else_in_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("seen");
        let script = format!("{{ cat; env; }} > {}", file.display());
        run_shell(&script).await.unwrap();
        let seen = std::fs::read_to_string(file).unwrap();
        assert!(seen.starts_with("{\"a\":1}\n"), "{seen}");
        let mut names: Vec<&str> = seen
            .lines()
            .skip(1)
            .filter_map(|line| Some(line.split_once('=')?.0))
            .filter(|name| !name.starts_with("BLLVM_"))
            .collect();
        names.sort_unstable();
        // The shell adds some of its own.
        names.retain(|name| !matches!(*name, "PWD" | "OLDPWD" | "SHLVL" | "_"));
        assert_eq!(names, ["LANG", "PATH"], "{seen}");
        assert!(
            seen.contains("BLLVM_EVENT=test\n") && seen.contains("LANG=C\n"),
            "{seen}"
        );
    }

    #[tokio::test]
    async fn a_command_that_fails_or_is_not_there_is_an_error_that_names_it() {
        let error = run_shell("exit 3").await.unwrap_err().to_string();
        assert_eq!(error, "cannot run /bin/sh: exit status: 3");
        let arguments = ["hunter2".to_owned()];
        let message = message();
        let env = CommandEnv::default();
        let absent = run(
            ("/no/such/program", &arguments),
            &message,
            String::new(),
            &env,
        );
        let error = absent.await.unwrap_err().to_string();
        assert!(
            error.starts_with("cannot run /no/such/program: "),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[tokio::test]
    async fn all_of_its_group_are_killed_when_it_is_late() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pids");
        let script = format!("sleep 1000 & echo $$ $! > {}; wait", file.display());
        let mut running = Box::pin(run_shell(&script));
        let pids = loop {
            let slept = timeout(Duration::from_millis(10), &mut running).await;
            assert!(slept.is_err(), "it has ended");
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if text.ends_with('\n') {
                break text;
            }
        };
        drop(running);
        for pid in pids.split_whitespace() {
            let stat = format!("/proc/{pid}/stat");
            let is_gone = || {
                let stat = std::fs::read_to_string(&stat).unwrap_or_default();
                let state = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned());
                state.is_none_or(|state| state.starts_with(['Z', 'X']))
            };
            while !is_gone() {
                tokio::task::yield_now().await;
            }
        }
    }
}
