//! Notifications, from the configuration and the nodes.

use std::sync::Arc;

use crate::config::Config;
use crate::config::schema::{
    NotifyConfig, NotifyDestination, NotifyOn, NotifySeverity, NotifyWhen,
};
use crate::env::Env;
use crate::events::{EventKind, EventLog, EventSeverity};
use crate::fleet::Router;
use crate::health::Question;
use crate::metrics::Recorder;
use crate::notify::{
    AlertFilter, CommandEnv, HookUrl, Notifier, NotifierParts, NotifyEntry, NotifyRule,
    NotifyTarget,
};
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
    config.notify.iter().map(entry).collect()
}

fn entry(config: &NotifyConfig) -> NotifyEntry {
    NotifyEntry {
        name: config.name.clone(),
        target: target(&config.target),
        template: config.template.clone(),
        rule: match &config.rule {
            NotifyWhen::Heartbeat(interval) => NotifyRule::Heartbeat(*interval),
            NotifyWhen::Events {
                on,
                min_severity,
                hold,
                repeat,
            } => NotifyRule::Events(AlertFilter {
                kinds: on.iter().copied().map(kind).collect(),
                min_severity: severity(*min_severity),
                hold: *hold,
                repeat: *repeat,
            }),
        },
    }
}

fn target(destination: &NotifyDestination) -> NotifyTarget {
    match destination.clone() {
        NotifyDestination::Url { url, header_file } => NotifyTarget::Webhook {
            url: HookUrl::Plain(url),
            header_file,
        },
        NotifyDestination::UrlFile {
            url_file,
            header_file,
        } => NotifyTarget::Webhook {
            url: HookUrl::File(url_file),
            header_file,
        },
        NotifyDestination::Command { program, arguments } => {
            NotifyTarget::Command { program, arguments }
        }
    }
}

fn kind(on: NotifyOn) -> EventKind {
    match on {
        NotifyOn::State => EventKind::State,
        NotifyOn::Check => EventKind::Check,
        NotifyOn::Prune => EventKind::Prune,
        NotifyOn::Reconnect => EventKind::Reconnect,
        NotifyOn::Fork => EventKind::Fork,
        NotifyOn::Reload => EventKind::Reload,
    }
}

fn severity(severity: NotifySeverity) -> EventSeverity {
    match severity {
        NotifySeverity::Info => EventSeverity::Info,
        NotifySeverity::Warning => EventSeverity::Warning,
        NotifySeverity::Critical => EventSeverity::Critical,
    }
}
