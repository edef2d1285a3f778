//! Spawning, watching and starting again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::TaskId;
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
    /// Its node is gone.
    Removed,
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
            Self::Removed => "removed",
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

/// Spawns the daemon's tasks and records their states.
#[derive(Default)]
pub struct Supervisor {
    /// In the order in which they were first started.
    tasks: Mutex<Vec<(TaskId, TaskReport)>>,
    fatal: CancellationToken,
}

impl Supervisor {
    /// The pause before a task is started again grows from the first to the second of these.
    const RESTART_DELAYS: (Duration, Duration) =
        (Duration::from_millis(100), Duration::from_secs(60));
    /// A task that ran so long has recovered.
    const RECOVERY_TIME: Duration = Duration::from_secs(60);

    /// Runs `task` on `runtime`. It must not fail: if it does, the daemon ends in order. The handle
    /// ends with the task, however that ends.
    pub fn critical<F>(
        self: &Arc<Self>,
        runtime: &Handle,
        id: impl Into<TaskId>,
        task: F,
    ) -> JoinHandle<()>
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let at = self.enter(id.into());
        let supervisor = Arc::clone(self);
        let running = runtime.spawn(task);
        runtime.spawn(async move {
            let ended = running.await;
            let error = match ended {
                Ok(Ok(())) => {
                    supervisor.note(at, |report| report.state = TaskState::Ended);
                    return;
                }
                Ok(Err(error)) => error,
                Err(join) => join.to_string(),
            };
            let id = supervisor.id(at);
            let node = id.node.as_deref();
            error!(task = id.name, node, %error, "a critical task ended");
            supervisor.note(at, |report| {
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
        id: impl Into<TaskId>,
        stop: CancellationToken,
        make: impl Fn() -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let at = self.enter(id.into());
        self.note(at, |report| report.state = TaskState::Running);
        let supervisor = Arc::clone(self);
        let handle = runtime.clone();
        runtime.spawn(async move {
            let mut pause = Self::RESTART_DELAYS.0;
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
                let id = supervisor.id(at);
                let node = id.node.as_deref();
                error!(task = id.name, node, %error, "a task ended and is started again");
                let recovered = clock::mono().since(started) > Self::RECOVERY_TIME;
                if recovered {
                    pause = Self::RESTART_DELAYS.0;
                }
                supervisor.failed(at, &error, recovered);
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => return,
                }
                supervisor.note(at, |report| report.state = TaskState::Running);
                pause = (pause * 2).min(Self::RESTART_DELAYS.1);
            }
        });
    }

    fn failed(&self, at: usize, error: &str, recovered: bool) {
        self.note(at, |report| {
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

    fn tasks(&self) -> MutexGuard<'_, Vec<(TaskId, TaskReport)>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the task stands among all; one that was started before keeps its report.
    fn enter(&self, id: TaskId) -> usize {
        let mut tasks = self.tasks();
        let known = tasks.iter().position(|(known, _)| *known == id);
        let report = known.and_then(|at| tasks.get_mut(at));
        if let Some((_, report)) = report.filter(|(_, report)| report.state == TaskState::Removed) {
            *report = TaskReport::default();
        }
        known.unwrap_or_else(|| {
            tasks.push((id, TaskReport::default()));
            tasks.len() - 1
        })
    }

    fn id(&self, at: usize) -> TaskId {
        let found = self.tasks().get(at).map(|(id, _)| id.clone());
        // Each was entered, and none is ever taken out.
        found.unwrap_or(TaskId::from(""))
    }

    fn note(&self, at: usize, change: impl FnOnce(&mut TaskReport)) {
        let mut tasks = self.tasks();
        let known = tasks.get_mut(at);
        // What ends after its node was removed is of no interest.
        if let Some((_, report)) = known.filter(|(_, report)| report.state != TaskState::Removed) {
            change(report);
        }
    }

    /// The node called `before` is called `after` from now on, and so are its tasks.
    pub fn rename_node(&self, before: &str, after: &str) {
        for (id, _) in self.tasks().iter_mut() {
            if id.node.as_deref() == Some(before) {
                id.node = Some(after.into());
            }
        }
    }

    /// The node called `node` is gone, and so are its tasks: they are no longer reported, until
    /// one of that name is started again.
    pub fn remove_node(&self, node: &str) {
        for (id, report) in self.tasks().iter_mut() {
            if id.node.as_deref() == Some(node) {
                report.state = TaskState::Removed;
            }
        }
    }

    /// Every task, by name and node.
    #[must_use]
    pub fn report(&self) -> Vec<(TaskId, TaskReport)> {
        let mut tasks = self.tasks().clone();
        tasks.retain(|(_, report)| report.state != TaskState::Removed);
        tasks.sort_by(|one, other| one.0.cmp(&other.0));
        tasks
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
        let report = report_of(&supervisor, &"poll".into());
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
        let report = report_of(&supervisor, &"http".into());
        assert_eq!(report.state, TaskState::Dead);
    }

    #[tokio::test]
    async fn the_tasks_of_two_nodes_have_a_report_each_and_go_with_the_name_of_their_node() {
        let supervisor = Arc::new(Supervisor::default());
        for (node, ends_well) in [("a", true), ("b", false)] {
            let id = TaskId::of_node("prune", node);
            supervisor.critical(&Handle::current(), id, async move {
                if ends_well {
                    Ok(())
                } else {
                    Err(String::new())
                }
            });
        }
        supervisor.fatal().await;
        let dead = report_of(&supervisor, &TaskId::of_node("prune", "b"));
        assert_eq!(dead.state, TaskState::Dead);
        supervisor.rename_node("b", "c");
        assert_eq!(report_of(&supervisor, &TaskId::of_node("prune", "c")), dead);
        let ids: Vec<_> = supervisor
            .report()
            .into_iter()
            .map(|(id, _)| id.to_string())
            .collect();
        assert_eq!(ids, ["prune of node a", "prune of node c"]);
    }

    fn report_of(supervisor: &Supervisor, id: &TaskId) -> TaskReport {
        let mut reports = supervisor.report().into_iter();
        reports.find(|(found, _)| found == id).unwrap().1
    }
}
