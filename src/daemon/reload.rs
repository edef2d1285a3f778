//! Reloads the configuration without dropping a connection, and without waiting for a file that
//! hangs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::members::{MemberChanges, MemberOpener};
use super::tls::ReadCertificate;
use super::{Daemon, load, notify, restart_keys, shared_limits, systemd, tls};
use crate::api::{ConfigProblem, ProblemSeverity, ReloadOutcome, ReloadProblem};
use crate::clock;
use crate::config::schema::LogFormat;
use crate::config::{self, Config, Loaded, Problem, Severity};
use crate::events::{EventDraft, EventKind, EventSeverity};
use crate::fleet::{FleetSettings, Member};
use crate::gateway::GatewayPolicy;
use crate::http::{Reload, Settings};
use crate::limit::shared::SharedSettings;
use crate::state;
use crate::values::Secret;

type Task = JoinHandle<Result<ReadConfig, String>>;

/// The configuration that was read, with its token.
pub(super) struct ReadConfig {
    loaded: Loaded,
    /// The token in `rpc.control_token_file`, if that is set and the configuration is valid.
    token: Option<Result<Secret, String>>,
    /// How limits are shared.
    shared: Result<Option<SharedSettings>, String>,
    /// The nodes that were not there before.
    opened: Vec<Arc<Member>>,
    /// The certificate of the listeners, if the configuration is valid and names one.
    certificate: Result<Option<ReadCertificate>, String>,
}

impl ReadConfig {
    /// Reads what `loaded` names. Waits for the disk.
    fn of(loaded: Loaded, new_members: &MemberOpener) -> Result<Self, String> {
        let file = loaded
            .config
            .as_ref()
            .and_then(|config| config.rpc.control_token_file.as_deref());
        let token = file.map(|file| state::read_token(file).map_err(|error| with_cause(&error)));
        let shared = loaded
            .config
            .as_ref()
            .map_or(Ok(None), shared_limits::settings);
        let certificate = match &loaded.config {
            Some(config) => tls::read(config).map_err(|error| error.to_string()),
            None => Ok(None),
        };
        let opened = match &loaded.config {
            Some(config) => new_members
                .open(config)
                .map_err(|error| with_cause(&error))?,
            None => Vec::new(),
        };
        Ok(Self {
            loaded,
            token,
            shared,
            opened,
            certificate,
        })
    }
}

/// A reload in progress, and who waits for it.
#[derive(Default)]
pub(super) struct ReloadInProgress {
    task: Option<(Instant, Task)>,
    waiting: Vec<Reload>,
    /// A timed-out read that has not ended. It holds a thread, so no second one is started.
    hanging: Option<Task>,
    /// Requested after the read had begun. The file may have changed since, so it is read again.
    again: Option<Vec<Reload>>,
}

impl ReloadInProgress {
    /// After this time the file is taken to hang.
    const READ_TIMEOUT: Duration = Duration::from_secs(10);

    /// Waits for the end of the read; for ever if there is none.
    pub(super) async fn ended(&mut self) -> Result<ReadConfig, String> {
        let Some((deadline, task)) = &mut self.task else {
            return std::future::pending().await;
        };
        match timeout_at(*deadline, task).await {
            Ok(Ok(read)) => read,
            Ok(Err(join)) => Err(join.to_string()),
            Err(_) => {
                self.hanging = self.task.take().map(|(_, task)| task);
                Err(format!(
                    "the file was not read within {} s",
                    Self::READ_TIMEOUT.as_secs()
                ))
            }
        }
    }
}

impl Daemon {
    /// Begins to read the configuration again; `requester` receives the result.
    pub(super) fn begin_reload(&self, reading: &mut ReloadInProgress, requester: Option<Reload>) {
        if reading.task.is_some() {
            reading.again.get_or_insert_default().extend(requester);
            return;
        }
        if reading
            .hanging
            .as_ref()
            .is_some_and(|task| !task.is_finished())
        {
            error!("configuration not reloaded: the file is still being read");
            if let Some(requester) = requester {
                // The requester may be gone.
                let why = ReloadProblem::Sentence("the file is still being read".to_owned());
                let _ = requester.send(self.refuse(vec![why]));
            }
            return;
        }
        systemd::reloading();
        reading.waiting.extend(requester);
        let options = self.options.clone();
        let env = self.env.clone();
        let file = self.file.clone();
        let new_members = self.members.opener();
        let read = move || {
            let loaded = match &file {
                None => load(&options, &env),
                Some(file) => {
                    ensure_not_empty(file)?;
                    config::load(Some(file), &env, &options.flags)
                }
            };
            ReadConfig::of(loaded, &new_members)
        };
        let deadline = clock::deadline(ReloadInProgress::READ_TIMEOUT);
        reading.task = Some((deadline, tokio::task::spawn_blocking(read)));
    }

    /// Puts what was read in force. What is not valid changes nothing.
    pub(super) fn finish_reload(
        &mut self,
        reading: &mut ReloadInProgress,
        read: Result<ReadConfig, String>,
        stop: &CancellationToken,
    ) {
        let reply = read
            .and_then(|read| self.apply(read, stop))
            .unwrap_or_else(|problem| {
                error!(problem, "configuration not reloaded");
                self.refuse(vec![ReloadProblem::Sentence(problem)])
            });
        reading.task = None;
        for requester in reading.waiting.drain(..) {
            // The requester may be gone.
            let _ = requester.send(reply.clone());
        }
        systemd::ready();
        if let Some(requesters) = reading.again.take() {
            self.begin_reload(reading, None);
            reading.waiting = requesters;
        }
    }

    fn apply(
        &mut self,
        read: ReadConfig,
        stop: &CancellationToken,
    ) -> Result<ReloadOutcome, String> {
        let ReadConfig {
            loaded,
            token,
            shared,
            opened,
            certificate,
        } = read;
        let problems: Vec<ReloadProblem> = loaded.problems.iter().map(document).collect();
        let Some(mut config) = loaded.config.clone() else {
            for problem in &loaded.problems {
                error!(%problem, "configuration not reloaded");
            }
            return Ok(self.refuse(problems));
        };
        self.activated.replace_in(&mut config);
        let needs_restart = restart_keys::keep_fixed(&self.config, &mut config);
        // Whatever may fail comes before the first change.
        let members = self.members.prepare(&self.config, &config, &opened)?;
        let policy = GatewayPolicy::new(config.rpc.clone()).map_err(|error| error.to_string())?;
        let token = token.transpose()?;
        let shared = shared?;
        let certificate = certificate?;
        self.change_token(&config, token)?;
        let json = config.logging.format == LogFormat::Json;
        self.log
            .change(&config.logging.level, json)
            .map_err(|error| error.to_string())?;
        for key in &needs_restart {
            warn!(key, "changed, and needs a restart");
        }
        self.cache
            .change_settings(Settings::new(config.rpc.clone(), loaded.file.as_deref()));
        self.gateway.change_policy(policy, clock::mono());
        self.sharing.apply(shared, stop);
        tls::put_in_force(certificate, &self.listener_tls, &self.lifecycle);
        self.change_nodes(&config, members, stop);
        self.config = config;
        self.loads.succeeded(clock::now().wall);
        self.record_reload(None);
        info!("configuration reloaded");
        Ok(ReloadOutcome {
            applied: true,
            problems,
            needs_restart,
        })
    }

    /// Puts the nodes of `config` in force, and what is sent when something happens to them.
    fn change_nodes(&mut self, config: &Config, members: MemberChanges, stop: &CancellationToken) {
        let here = Handle::current();
        let upstreams = self.members.apply(config, members, &here, stop);
        self.router.change(FleetSettings::new(&config.fleet));
        self.notifier.change(notify::entries(config));
        // What is known of the nodes that stay is there before the others come, and of those soon.
        self.publish_rotation();
        self.gateway.change_nodes(upstreams);
        self.publish_rotation();
        self.route_between_several(&here, stop);
    }

    /// Writes what of the state directory could not be written at the start, or was deleted: the
    /// lock, and the control cookie if it is to be there.
    pub(super) fn write_missing_state(&mut self) {
        if !self.state.is_locked() {
            let locked = self.state.ensure_locked();
            let trouble = locked.as_ref().err().map(|error| with_cause(error));
            self.lifecycle.set_state_error(trouble);
            if locked.is_err() {
                return;
            }
        }
        if self.config.rpc.control_token_file.is_some() || self.state.has_cookie() {
            return;
        }
        // A failure was logged at startup, and is retried soon.
        let written = self
            .state
            .write_cookie(self.config.rpc.control_cookie_group.as_deref());
        self.lifecycle
            .set_state_error(written.as_ref().err().map(|error| with_cause(error)));
        if let Ok(token) = written {
            self.token.change(token);
            info!("the control cookie is written");
        }
    }

    /// The control token in the operator's file as it is now, or a new cookie if it is to be
    /// another one.
    fn change_token(&mut self, config: &Config, in_file: Option<Secret>) -> Result<(), String> {
        let old = &self.config.rpc;
        let new = &config.rpc;
        let had_file = old.control_token_file.is_some();
        let token = match in_file {
            Some(token) => token,
            None if had_file
                || old.control_cookie_group != new.control_cookie_group
                || !self.state.has_cookie() =>
            {
                let written = self.state.write_cookie(new.control_cookie_group.as_deref());
                written.map_err(|error| with_cause(&error))?
            }
            None => return Ok(()),
        };
        if new.control_token_file.is_some() {
            self.state.remove_cookie();
        }
        self.lifecycle.set_state_error(None);
        self.token.change(token);
        Ok(())
    }

    fn refuse(&self, problems: Vec<ReloadProblem>) -> ReloadOutcome {
        self.loads.failed();
        self.record_reload(Some(&problems));
        ReloadOutcome {
            applied: false,
            problems,
            needs_restart: Vec::new(),
        }
    }
}

/// The words of a reload's event.
const VALID: &str = "valid";
const NOT_VALID: &str = "not_valid";

impl Daemon {
    /// Records how a reload went; `problems`: why the configuration was refused.
    fn record_reload(&self, problems: Option<&[ReloadProblem]>) {
        let now = clock::now().wall;
        let draft = match problems {
            None => EventDraft::new(
                EventKind::Reload,
                EventSeverity::Info,
                "the configuration was reloaded and is in force",
            ),
            Some(problems) => {
                EventDraft::new(EventKind::Reload, EventSeverity::Warning, why(problems))
            }
        };
        let before = self.events.last_about(&draft);
        let from = before.as_ref().and_then(|before| before.draft.to.clone());
        let to = if problems.is_none() { VALID } else { NOT_VALID };
        let since = before.map(|before| before.draft.since.unwrap_or(before.time));
        let lasted = since.map(|since| now.duration_since(since).as_secs());
        self.events.record(EventDraft {
            since: Some(now),
            lasted_secs: lasted.and_then(|lasted| u64::try_from(lasted).ok()),
            ..draft.change(from.as_deref().unwrap_or(VALID), to)
        });
    }
}

/// Why a configuration was refused: the first error, and how many more there are.
fn why(problems: &[ReloadProblem]) -> String {
    let errors: Vec<String> = problems.iter().filter_map(error_sentence).collect();
    let first = errors.first().map_or("", String::as_str);
    match errors.len() {
        0 | 1 => format!("the configuration was not reloaded: {first}"),
        number => {
            let more = number - 1;
            format!("the configuration was not reloaded: {first}, and {more} more")
        }
    }
}

/// What is wrong, without the value, which may be long.
fn error_sentence(problem: &ReloadProblem) -> Option<String> {
    match problem {
        ReloadProblem::Sentence(sentence) => Some(sentence.clone()),
        ReloadProblem::Config(problem) if problem.severity == ProblemSeverity::Warning => None,
        ReloadProblem::Config(problem) => {
            let line = problem.line.map(|line| format!("line {line}: "));
            let key = problem.key.as_ref().map(|key| format!("{key} "));
            let line = line.unwrap_or_default();
            let key = key.unwrap_or_default();
            Some(format!("{line}{key}{}", problem.message))
        }
    }
}

/// A problem of the configuration as the control API has it.
fn document(problem: &Problem) -> ReloadProblem {
    let problem = problem.clone();
    ReloadProblem::Config(Box::new(ConfigProblem {
        severity: match problem.severity {
            Severity::Error => ProblemSeverity::Error,
            Severity::Warning => ProblemSeverity::Warning,
        },
        file: problem.file,
        line: problem.line,
        column: problem.column,
        given_by: problem.given_by,
        key: problem.key,
        value: problem.value,
        message: problem.message,
        suggestion: problem.suggestion,
    }))
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// A file that is gone, empty or a pipe is a mistake, not a request for all defaults.
fn ensure_not_empty(file: &Path) -> Result<(), String> {
    let metadata = std::fs::metadata(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    if metadata.is_file() && metadata.len() > 0 {
        return Ok(());
    }
    Err(format!(
        "{} is empty, or not a file any more",
        file.display()
    ))
}
