//! Notifications, from the configuration and the nodes.

use std::sync::Arc;

use crate::config::Config;
use crate::env::Env;
use crate::events::EventLog;
use crate::fleet::Router;
use crate::health::Question;
use crate::metrics::Recorder;
use crate::notify::{CommandEnv, Notifier, NotifierParts, NotifyEntry};
use crate::values::Mono;

/// Sends the events of `events` to whom `config` says.
pub(super) fn notifier(
    config: &Config,
    env: &Env,
    events: &Arc<EventLog>,
    recorder: &Arc<Recorder>,
    router: &Arc<Router>,
) -> Arc<Notifier> {
    let router = Arc::clone(router);
    let variable = |name: &str| env.get(name).map(Into::into);
    Arc::new(Notifier::new(NotifierParts {
        entries: entries(config),
        events: Arc::clone(events),
        recorder: Arc::clone(recorder),
        env: CommandEnv {
            path: variable("PATH"),
            lang: variable("LANG"),
        },
        is_healthy: Box::new(move |now| is_healthy(&router, now)),
    }))
}

/// As `/health` answers.
fn is_healthy(router: &Router, now: Mono) -> bool {
    let members = router.roster().all().clone();
    if let Some(member) = members.only() {
        let assessment = member.health().read(now);
        return assessment.verdict.answer(Question::Health, &[]).ok;
    }
    let fleet = router.read(now);
    let verdict = &fleet.assessment.verdict;
    verdict.answer(Question::Health, &[]).ok
}

/// The entries of `config`.
pub(super) fn entries(config: &Config) -> Vec<NotifyEntry> {
    config.notify.iter().map(NotifyEntry::new).collect()
}
