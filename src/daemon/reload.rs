//! Taking up a changed configuration without dropping a connection.

use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Daemon, load, settings, systemd};
use crate::clock;
use crate::config::Config;
use crate::config::schema::LogFormat;
use crate::http::{Desk, ReloadReply};
use crate::metrics::Recorder;
use crate::node::rpc::{Observer, RpcNode};
use crate::supervise::Supervisor;
use crate::watch::{Board, Plan, Topic, Watch};

/// The loops that ask the node, and the stop of those that run.
pub(super) struct NodeWatch {
    board: Arc<Board>,
    desk: Arc<Desk>,
    recorder: Arc<Recorder>,
    supervisor: Arc<Supervisor>,
    running: CancellationToken,
}

impl NodeWatch {
    pub(super) fn new(
        board: Arc<Board>,
        desk: Arc<Desk>,
        recorder: Arc<Recorder>,
        supervisor: Arc<Supervisor>,
    ) -> Self {
        Self { board, desk, recorder, supervisor, running: CancellationToken::new() }
    }

    /// Begins to ask the node of `config`, and no other any more.
    pub(super) fn start(&mut self, config: &Config, plan: watch::Receiver<Plan>) -> Result<(), String> {
        let (desk, recorder) = (Arc::clone(&self.desk), Arc::clone(&self.recorder));
        let observer: Observer = Arc::new(move |method, took, error| {
            let code = error.map(crate::node::NodeError::code);
            recorder.node_call(&desk.settings().node_name, method, took, code.as_deref());
        });
        let node = RpcNode::new(settings::endpoint(config), &observer).map_err(|error| error.to_string())?;
        self.stop();
        self.board.clear();
        self.running = CancellationToken::new();
        let watch = Arc::new(Watch::new(Arc::new(node), Arc::clone(&self.board), plan));
        for topic in Topic::ALL {
            let watch = Arc::clone(&watch);
            self.supervisor.restarting(&Handle::current(), topic.task(), self.running.clone(), move || {
                let watch = Arc::clone(&watch);
                async move { watch.run(topic).await }
            });
        }
        Ok(())
    }

    pub(super) fn stop(&self) {
        self.running.cancel();
    }
}

impl Daemon {
    /// Reads the configuration again. One that is not valid changes nothing.
    pub(super) async fn reload(&mut self) -> ReloadReply {
        systemd::reloading();
        let (options, env) = (self.options.clone(), self.env.clone());
        let loaded = tokio::task::spawn_blocking(move || load(&options, &env)).await;
        let reply = match loaded {
            Ok(loaded) => self.apply(&loaded),
            Err(error) => self.refuse(vec![Value::from(error.to_string())]),
        };
        systemd::ready();
        reply
    }

    fn apply(&mut self, loaded: &crate::config::Loaded) -> ReloadReply {
        let problems: Vec<Value> =
            loaded.problems.iter().filter_map(|problem| serde_json::to_value(problem).ok()).collect();
        let Some(mut config) = loaded.config.clone() else {
            for problem in &loaded.problems {
                error!(%problem, "configuration not taken up");
            }
            return self.refuse(problems);
        };
        let needs_restart = settings::keep_fixed(&self.config, &mut config);
        for key in &needs_restart {
            warn!(key, "changed, but only a restart takes it up");
        }
        let json = config.logging.format == LogFormat::Json;
        if let Err(error) = self.service.log.change(&config.logging.level, json) {
            return self.refuse(vec![Value::from(error.to_string())]);
        }
        if config.node.name != self.config.node.name {
            self.service.recorder.node_renamed();
        }
        self.service.desk.change_settings(settings::settings(&config, loaded.file.as_deref()));
        self.plan.send_replace(settings::plan(&config));
        if settings::endpoint(&config) != settings::endpoint(&self.config)
            && let Err(error) = self.watch.start(&config, self.plan.subscribe())
        {
            return self.refuse(vec![Value::from(error)]);
        }
        self.config = config;
        self.service.reloads.succeeded(clock::now().wall);
        info!("configuration taken up");
        ReloadReply { applied: true, problems, needs_restart }
    }

    fn refuse(&self, problems: Vec<Value>) -> ReloadReply {
        self.service.reloads.failed();
        ReloadReply { applied: false, problems, needs_restart: Vec::new() }
    }
}
