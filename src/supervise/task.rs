//! Spawning, watching and starting again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::clock;

/// How a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It runs.
    Running,
    /// It ended with an error and will be started again.
    BackingOff,
    /// It ended as it should.
    Ended,
    /// It ended though it must not.
    Dead,
}

impl TaskState {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::BackingOff => "backing_off",
            Self::Ended => "ended",
            Self::Dead => "dead",
        }
    }
}

/// What is known of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskReport {
    /// How it is.
    pub state: TaskState,
    /// How often it was started again.
    pub restarts: u64,
    /// Failures in a row.
    pub error_streak: u32,
    /// Why it last ended.
    pub last_error: Option<String>,
}

impl Default for TaskReport {
    fn default() -> Self {
        Self {
            state: TaskState::Running,
            restarts: 0,
            error_streak: 0,
            last_error: None,
        }
    }
}

/// Spawns the daemon's tasks and keeps the book on them.
#[derive(Default)]
pub struct Supervisor {
    tasks: Mutex<BTreeMap<&'static str, TaskReport>>,
    fatal: CancellationToken,
}

impl Supervisor {
    /// The pause before a task is started again grows from the first to the second of these.
    const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
    /// A task that ran so long has recovered.
    const RECOVERED: Duration = Duration::from_secs(60);

    /// Runs `task` on `runtime`. It must not fail: if it does, the daemon ends in order. The handle
    /// ends with the task, however that ends.
    pub fn critical<F>(
        self: &Arc<Self>,
        runtime: &Handle,
        name: &'static str,
        task: F,
    ) -> JoinHandle<()>
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.note(name, |_| {});
        let (supervisor, running) = (Arc::clone(self), runtime.spawn(task));
        runtime.spawn(async move {
            let ended = running.await;
            let error = match ended {
                Ok(Ok(())) => {
                    supervisor.note(name, |report| report.state = TaskState::Ended);
                    return;
                }
                Ok(Err(error)) => error,
                Err(join) => join.to_string(),
            };
            error!(task = name, %error, "a critical task ended");
            supervisor.note(name, |report| {
                report.state = TaskState::Dead;
                report.last_error = Some(error.clone());
            });
            supervisor.fatal.cancel();
        })
    }

    /// Runs what `make` makes on `runtime`, again and again until `stop`; it ends only by a fault.
    pub fn restarting<F>(
        self: &Arc<Self>,
        runtime: &Handle,
        name: &'static str,
        stop: CancellationToken,
        make: impl Fn() -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        self.note(name, |report| report.state = TaskState::Running);
        let (supervisor, handle) = (Arc::clone(self), runtime.clone());
        runtime.spawn(async move {
            let mut pause = Self::PAUSE.0;
            loop {
                let started = clock::mono();
                let mut running = handle.spawn(make());
                let ended = tokio::select! {
                    ended = &mut running => ended,
                    () = stop.cancelled() => {
                        running.abort();
                        return;
                    }
                };
                let error =
                    ended.map_or_else(|join| join.to_string(), |()| "ended by itself".to_owned());
                error!(task = name, %error, "a task ended and is started again");
                let recovered = clock::mono().since(started) > Self::RECOVERED;
                if recovered {
                    pause = Self::PAUSE.0;
                }
                supervisor.failed(name, &error, recovered);
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => return,
                }
                supervisor.note(name, |report| report.state = TaskState::Running);
                pause = (pause * 2).min(Self::PAUSE.1);
            }
        });
    }

    fn failed(&self, name: &'static str, error: &str, recovered: bool) {
        self.note(name, |report| {
            report.state = TaskState::BackingOff;
            report.restarts += 1;
            report.error_streak = if recovered {
                1
            } else {
                report.error_streak + 1
            };
            report.last_error = Some(error.to_owned());
        });
    }

    fn note(&self, name: &'static str, change: impl FnOnce(&mut TaskReport)) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        change(tasks.entry(name).or_default());
    }

    /// Every task by name.
    #[must_use]
    pub fn report(&self) -> BTreeMap<&'static str, TaskReport> {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until a critical task has ended.
    pub async fn fatal(&self) {
        self.fatal.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_started_again_and_counted() {
        let supervisor = Arc::new(Supervisor::default());
        let (stop, (sender, mut runs)) = (
            CancellationToken::new(),
            tokio::sync::mpsc::unbounded_channel(),
        );
        supervisor.restarting(&Handle::current(), "poll", stop.clone(), move || {
            let sender = sender.clone();
            async move {
                sender.send(()).unwrap();
                panic!("on purpose");
            }
        });
        for _ in 0..3 {
            runs.recv().await.unwrap();
        }
        let report = supervisor.report()["poll"].clone();
        assert!(report.restarts >= 2, "{report:?}");
        assert!(report.last_error.unwrap().contains("panic"));
        stop.cancel();
    }

    #[tokio::test]
    async fn a_critical_task_that_ends_is_fatal() {
        let supervisor = Arc::new(Supervisor::default());
        supervisor.critical(&Handle::current(), "http", async {
            Err("on purpose".to_owned())
        });
        supervisor.fatal().await;
        assert_eq!(supervisor.report()["http"].state, TaskState::Dead);
    }
}
