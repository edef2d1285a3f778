//! The families that describe the daemon itself.

use std::sync::Arc;

use super::families as family;
use super::page::{Page, flag, number};
use crate::values::{COMMIT, VERSION};

/// What the daemon knows of itself at the moment of a scrape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessFacts {
    /// The last load of the configuration was valid.
    pub reload_success: bool,
    /// When the last valid configuration was loaded, seconds since 1970.
    pub reload_timestamp_secs: f64,
    /// How often each task was started again, by its name and the node that it is a task of.
    pub task_restarts: Vec<(&'static str, Option<Arc<str>>, u64)>,
    /// Log lines by level.
    pub log_events: Vec<(&'static str, u64)>,
    /// Log lines that were dropped.
    pub log_dropped: u64,
    /// When the certificate of the listeners expires, seconds since 1970.
    pub certificate_expiry_secs: Option<f64>,
}

pub(super) fn daemon(page: &mut Page, facts: &ProcessFacts) {
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    page.add(&family::BUILD_INFO, &[VERSION, COMMIT, &target], 1.0);
    page.add(&family::RELOAD_SUCCESS, &[], flag(facts.reload_success));
    page.add(&family::RELOAD_TIMESTAMP, &[], facts.reload_timestamp_secs);
    for (task, node, restarts) in &facts.task_restarts {
        let restarts = number(*restarts);
        match node {
            Some(node) => page.add(&family::TASK_RESTARTS, &[task, node], restarts),
            None => page.add(&family::TASK_RESTARTS, &[task], restarts),
        }
    }
    for (level, events) in &facts.log_events {
        page.add(&family::LOG_EVENTS, &[level], number(*events));
    }
    page.add(&family::LOG_DROPPED, &[], number(facts.log_dropped));
    page.add(&family::TLS_EXPIRY, &[], facts.certificate_expiry_secs);
}
