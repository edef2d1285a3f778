//! What `serve` needs before the first task runs: configuration, log, state directory, control
//! token, store. Each step needs those before it.

use std::path::PathBuf;
use std::sync::Arc;

use tracing::{error, warn};

use super::options::{ServeOptions, load};
use super::serve_error::{ServeError, start};
use super::{limits, preflight};
use crate::config::schema::LogFormat;
use crate::config::{self, Config, Loaded, Severity};
use crate::env::Env;
use crate::logging::Log;
use crate::state::{self, StateDir, StateError, Store};
use crate::values::Secret;

/// What is there before the first task runs.
pub(super) struct Prepared {
    pub(super) options: ServeOptions,
    pub(super) env: Env,
    pub(super) config: Config,
    /// The file the configuration came from, and comes from at each reload.
    pub(super) file: Option<PathBuf>,
    pub(super) log: Arc<Log>,
    /// As many connections as the limit of open files has room for.
    pub(super) max_connections: usize,
    /// Ours until the end; the control cookie is in it.
    pub(super) state: StateDir,
    pub(super) token: Secret,
    /// What survived the last run.
    pub(super) store: Arc<Store>,
}

impl Prepared {
    /// Waits for the disk.
    pub(super) fn new(options: &ServeOptions, env: &Env) -> Result<Self, ServeError> {
        let loaded = load(options, env);
        let config = valid(&loaded, options)?;
        let json = config.logging.format == LogFormat::Json;
        let log = Log::start(&config.logging.level, json, env).map_err(start("the log"))?;
        warn_of_configuration(&loaded, env);
        log_panics();
        let max_connections = limits::connections().map_err(ServeError::Start)?;
        let mut state = StateDir::open(&config.state_dir)?;
        let token = control_token(&config, &mut state)?;
        let store = Arc::new(state.store(&config.first_member().node.name)?);
        Ok(Self {
            options: options.clone(),
            env: env.clone(),
            config,
            file: loaded.file,
            log: Arc::new(log),
            max_connections,
            state,
            token,
            store,
        })
    }
}

fn valid(loaded: &Loaded, options: &ServeOptions) -> Result<Config, ServeError> {
    let Some(config) = loaded.config.clone() else {
        return Err(ServeError::Configuration(loaded.problems.clone()));
    };
    let problem = preflight::unknown_group(&config)
        .or_else(|| preflight::no_reindex(&config, options.reindex))
        .or_else(|| preflight::another_nodes_directory(&config));
    match problem {
        None => Ok(config),
        Some(problem) => Err(ServeError::Configuration(vec![
            problem.located(&loaded.entries),
        ])),
    }
}

fn warn_of_configuration(loaded: &Loaded, env: &Env) {
    for problem in &loaded.problems {
        if problem.severity == Severity::Warning {
            warn!(%problem, "configuration");
        }
    }
    if config::is_missing(loaded.file.as_deref(), env) {
        warn_of_no_configuration(env);
    }
}

fn control_token(config: &Config, state: &mut StateDir) -> Result<Secret, ServeError> {
    if let Some(path) = &config.rpc.control_token_file {
        return Ok(state::read_token(path)?);
    }
    match state.write_cookie(config.rpc.control_cookie_group.as_deref()) {
        // Probes, metrics and pruning are needed most just then.
        Err(error) if error.is_full() => {
            warn_of_no_cookie(&error);
            Ok(state::random_token()?)
        }
        written => Ok(written?),
    }
}

/// A start in the wrong directory must not look like a node that is well.
fn warn_of_no_configuration(env: &Env) {
    let places = config::places(env, &std::env::current_dir().unwrap_or_default());
    let places: Vec<_> = places
        .iter()
        .map(|place| place.display().to_string())
        .collect();
    let looked_at = places.join(", ");
    if cfg!(feature = "embedded") {
        warn!(
            looked_at,
            "no configuration: this is the embedded regtest node, and no node of yours; name a \
             file with --config, or write one with `bllvmctl config init`"
        );
    } else {
        warn!(
            looked_at,
            "no configuration: the node is looked for at the default node.rpc_url; name a file \
             with --config, or write one with `bllvmctl config init`"
        );
    }
}

/// A panic ends its task, which the supervisor logs; this line says where it happened.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        error!(place, "a task panicked: {panic}");
    }));
}

fn warn_of_no_cookie(error: &StateError) {
    let cause = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    warn!(%error, cause, "the volume of the state is full: nobody has the control token until \
                          there is room");
}
