//! Limits that several daemons share: from the configuration to the task that speaks with the
//! store.

use std::sync::{Arc, Weak};

use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::Config;
use crate::fleet::Lifecycle;
use crate::gateway::Gateway;
use crate::health::{Check, CheckName, Level};
use crate::limit::shared::{
    BucketSecret, SharedLimits, SharedSettings, StoreObserver, StoreReport,
};
use crate::metrics::LimitsMetrics;
use crate::state;
use crate::supervise::Supervisor;
use tokio::runtime::Handle;

/// How `config` says that limits are shared, if they are. Reads the file with the secret.
pub(super) fn settings(config: &Config) -> Result<Option<SharedSettings>, String> {
    let limits = &config.limits;
    if limits.store.is_none() {
        return Ok(None);
    }
    let secret = match &limits.secret_file {
        None => None,
        Some(path) => {
            let text = state::read_token(path).map_err(|error| error.to_string())?;
            Some(BucketSecret::of_text(text.expose()))
        }
    };
    Ok(Some(SharedSettings::new(limits, secret)))
}

/// The limits that are shared now, and the task that speaks with their store.
pub(super) struct LimitSharing {
    metrics: LimitsMetrics,
    gateway: Arc<Gateway>,
    lifecycle: Arc<Lifecycle>,
    supervisor: Arc<Supervisor>,
    http: Handle,
    running: Option<(Arc<SharedLimits>, CancellationToken)>,
}

impl LimitSharing {
    pub(super) fn new(
        metrics: LimitsMetrics,
        gateway: Arc<Gateway>,
        lifecycle: Arc<Lifecycle>,
        supervisor: Arc<Supervisor>,
        http: Handle,
    ) -> Self {
        Self {
            metrics,
            gateway,
            lifecycle,
            supervisor,
            http,
            running: None,
        }
    }

    /// Shares limits as `settings` says from now on, until `stop`. What has not changed goes on.
    pub(super) fn apply(&mut self, settings: Option<SharedSettings>, stop: &CancellationToken) {
        let running = self.running.as_ref().map(|(limits, _)| limits.settings());
        if running == settings.as_ref() {
            return;
        }
        if let Some((_, task)) = self.running.take() {
            task.cancel();
        }
        let Some(settings) = settings else {
            self.gateway.share_limits(None);
            self.metrics.remove();
            self.lifecycle.set_limits_check(None);
            return;
        };
        let secret = self.gateway.secret();
        let limits = Arc::new(SharedLimits::new(settings, secret, self.metrics.clone()));
        self.gateway.share_limits(Some(Arc::clone(&limits)));
        let observer = Arc::new(StoreReporter {
            gateway: Arc::clone(&self.gateway),
            lifecycle: Arc::clone(&self.lifecycle),
            limits: Arc::downgrade(&limits),
        });
        observer.store_changed();
        let task = stop.child_token();
        let run = {
            let limits = Arc::clone(&limits);
            move || {
                let observer: Arc<dyn StoreObserver> = observer.clone();
                Arc::clone(&limits).run(observer)
            }
        };
        self.supervisor
            .restarting(&self.http, "limits", task.clone(), run);
        self.running = Some((limits, task));
    }

    /// The daemon goes.
    pub(super) async fn leave(&self) {
        if let Some((limits, _)) = &self.running {
            limits.leave().await;
        }
    }
}

/// Passes on what is found out of the store.
struct StoreReporter {
    gateway: Arc<Gateway>,
    lifecycle: Arc<Lifecycle>,
    limits: Weak<SharedLimits>,
}

impl StoreReporter {
    /// The limits, while they are those in force.
    fn in_force(&self) -> Option<Arc<SharedLimits>> {
        let limits = self.limits.upgrade()?;
        let in_force = self.gateway.shared_limits()?;
        Arc::ptr_eq(&limits, &in_force).then_some(limits)
    }
}

impl StoreObserver for StoreReporter {
    fn secret_changed(&self, secret: BucketSecret) {
        if self.in_force().is_some() {
            self.gateway.change_secret(secret);
        }
    }

    fn store_changed(&self) {
        if let Some(limits) = self.in_force() {
            let check = check(&limits.report(clock::mono()));
            self.lifecycle.set_limits_check(Some(check));
        }
    }
}

/// How shared limits stand. They are never a reason to send a client elsewhere.
fn check(store: &StoreReport) -> Check {
    let StoreReport {
        address, replicas, ..
    } = store;
    let reason = store.reason.as_deref();
    let (level, text) = match (store.is_up, reason) {
        (true, None) => (Level::Good, format!("shared in {address}")),
        (true, Some(reason)) => (Level::Warning, format!("shared in {address}: {reason}")),
        (false, None) => (Level::Unknown, format!("{address} has not answered yet")),
        (false, Some(reason)) => {
            let instead = match store.mode {
                "open" => "each daemon enforces the whole limits".to_owned(),
                "closed" => "nothing passes".to_owned(),
                _ => format!("this daemon enforces 1/{replicas} of each limit"),
            };
            (
                Level::Warning,
                format!("{address} is away, {instead}: {reason}"),
            )
        }
    };
    Check::new(CheckName::Limits, level, text)
}
