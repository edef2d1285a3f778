//! What an operator sees of the node through the daemon: the answer to a probe, a page of metrics.

use std::fs;
use std::time::Duration;

use super::daemon::Daemon;
use super::surroundings::eventually;

/// Longer than any change of state takes to be reported on a busy machine, the slowest retry
/// included.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A page of `/metrics`.
pub(crate) struct Page(String);

impl Page {
    #[track_caller]
    pub(crate) fn of(daemon: &Daemon) -> Self {
        let answer = daemon.get("/metrics");
        assert_eq!(answer.status, 200, "{answer:?}");
        Self(answer.text().to_owned())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The value of one series, written as on the page.
    pub(crate) fn series(&self, series: &str) -> Option<f64> {
        self.0
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// The value of the series `bllvm_NAME` of the node, with these labels beside `node`.
    pub(crate) fn node(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = std::iter::once(&("node", "main")).chain(labels);
        let labels: Vec<_> = labels
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        self.series(&format!("bllvm_{name}{{{}}}", labels.join(",")))
    }

    /// Whether there is any series of the family.
    pub(crate) fn has(&self, family: &str) -> bool {
        self.0.lines().any(|line| {
            line.strip_prefix(&format!("# TYPE {family}"))
                .is_some_and(|rest| rest.starts_with(' '))
        })
    }

    /// The state that is reported, the only one.
    #[track_caller]
    pub(crate) fn state(&self) -> &str {
        let states: Vec<_> = self
            .0
            .lines()
            .filter_map(|line| {
                line.strip_prefix("bllvm_node_state{node=\"main\",state=\"")?
                    .split_once("\"} ")
            })
            .collect();
        assert_eq!(states.len(), 6, "{states:?}");
        let mut reported = states
            .into_iter()
            .filter(|(_, value)| *value == "1")
            .map(|(state, _)| state);
        let state = reported.next().expect("a state");
        assert_eq!(reported.next(), None, "a second state");
        state
    }

    /// Whether all series that begin so, and there are some, have this value.
    pub(crate) fn all_are(&self, beginning: &str, value: &str) -> bool {
        let mut values = self
            .0
            .lines()
            .filter(|line| line.starts_with(beginning))
            .peekable();
        values.peek().is_some()
            && values.all(|line| {
                line.rsplit_once(' ')
                    .is_some_and(|(_, found)| found == value)
            })
    }
}

/// The reasons why the node is not ready; none if it is.
#[track_caller]
pub(crate) fn reasons(daemon: &Daemon) -> Vec<String> {
    let answer = daemon.get("/health/ready");
    let body = answer.json();
    if answer.status == 200 {
        assert_eq!(
            (body["status"].as_str(), body.get("reasons")),
            (Some("ready"), None)
        );
        return Vec::new();
    }
    assert_eq!(
        (answer.status, body["status"].as_str()),
        (503, Some("not_ready"))
    );
    let reasons = body["reasons"].as_array().expect("reasons");
    reasons
        .iter()
        .map(|reason| reason.as_str().expect("a sentence").to_owned())
        .collect()
}

/// Waits until the node is not ready, for a reason of the check `check` that holds all `parts`, and
/// returns it.
#[track_caller]
pub(crate) fn wait_not_ready(daemon: &Daemon, check: &str, parts: &[&str]) -> String {
    let wanted = |reason: &&String| {
        reason.starts_with(&format!("{check}: ")) && parts.iter().all(|part| reason.contains(part))
    };
    let seen = eventually(
        &format!("a reason of {check} with {parts:?}"),
        PATIENCE,
        || reasons(daemon),
        |reasons| reasons.iter().any(|reason| wanted(&reason)),
    );
    seen.iter()
        .find(wanted)
        .expect("the reason that was seen")
        .clone()
}

/// Waits until the node is ready.
#[track_caller]
pub(crate) fn wait_ready(daemon: &Daemon) {
    eventually(
        "the node to be ready",
        PATIENCE,
        || reasons(daemon),
        Vec::is_empty,
    );
}

/// Waits until `good` of the page of metrics.
#[track_caller]
pub(crate) fn wait_metrics(daemon: &Daemon, what: &str, good: impl Fn(&Page) -> bool) -> Page {
    let seen = super::surroundings::poll(PATIENCE, || Some(Page::of(daemon)).filter(&good));
    seen.unwrap_or_else(|| {
        panic!(
            "waited for {what}:\n{}\n{}",
            Page::of(daemon).text(),
            daemon.log()
        )
    })
}

/// The most memory that the daemon ever had, bytes.
#[track_caller]
pub(crate) fn peak_memory(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.process_id()))
        .expect("a running daemon");
    let peak = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix(" kB")?
            .parse()
            .ok()
    });
    peak.map(|kilobytes: u64| kilobytes * 1024).expect("VmHWM")
}
