//! What operators change through the control API, as events.

use std::sync::{Arc, OnceLock};

use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use crate::api::PATH_PREFIX;
use crate::clock;
use crate::events::{EventDraft, EventKind, EventLog, EventSeverity};

/// A longer request is cut.
const MAX_CHARS: usize = 300;

/// The document of a request, once it was read.
pub(super) type AskedFor = Arc<OnceLock<String>>;

/// A request that may change something, until it is answered.
pub(super) struct ControlChange {
    method: Method,
    path: String,
    by: String,
    asked_for: AskedFor,
}

impl ControlChange {
    /// The request to `path` of whoever is called `by`, and may ask it. Reads change nothing, and
    /// what is only planned or tried does not either.
    pub(super) fn of(method: &Method, path: &str, by: &str) -> Option<Self> {
        let is_read = matches!(*method, Method::GET | Method::HEAD);
        let trials = ["/prune/plan", "/notify/test", "/limits/try"];
        let is_trial = trials.iter().any(|trial| path.ends_with(trial));
        (!is_read && !is_trial).then(|| Self {
            method: method.clone(),
            path: path.to_owned(),
            by: by.to_owned(),
            asked_for: AskedFor::default(),
        })
    }

    /// Where the document of the request is put once it was read.
    pub(super) fn asked_for(&self) -> AskedFor {
        Arc::clone(&self.asked_for)
    }

    /// Records it, if it was answered with success.
    pub(super) fn answered(self, status: StatusCode, events: &EventLog) {
        if !status.is_success() {
            return;
        }
        let (node, what) = what(&self.path);
        let verb = match self.method {
            Method::DELETE => "delete ",
            _ => "",
        };
        let request = self.asked_for.get().map(|text| cut(text));
        events.record(EventDraft {
            node,
            by: Some(self.by),
            request,
            since: Some(clock::now().wall),
            ..EventDraft::new(
                EventKind::Operator,
                EventSeverity::Info,
                format!("an operator: {verb}{what}"),
            )
        });
    }
}

/// The node that the path names, and what of it is changed.
fn what(path: &str) -> (Option<String>, String) {
    let plain = |text: &str| {
        let text = percent_decode_str(text).decode_utf8_lossy();
        let is_shown = |c: char| !c.is_control();
        text.chars().filter(|c| is_shown(*c)).collect::<String>()
    };
    let resource = path.strip_prefix(PATH_PREFIX).unwrap_or(path);
    let of_node = resource.strip_prefix("nodes/");
    match of_node.and_then(|rest| rest.split_once('/')) {
        Some((node, resource)) => (Some(plain(node)), plain(resource).replace('/', " ")),
        None => (None, plain(resource).replace('/', " ")),
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_the_node_and_the_thing() {
        let named = |path: &str| what(path);
        let of_only = (None, "queue pause".to_owned());
        assert_eq!(named("/api/v1/queue/pause"), of_only);
        let of_b = (Some("b".to_owned()), "drain".to_owned());
        assert_eq!(named("/api/v1/nodes/b/drain"), of_b);
        let odd = (Some("a b".to_owned()), "leases x".to_owned());
        assert_eq!(named("/api/v1/nodes/a%20b/leases/x%0a"), odd);
    }

    #[test]
    fn who_reads_or_only_tries_changes_nothing() {
        let is_change = |method, path| ControlChange::of(&method, path, "uid=1000").is_some();
        assert!(!is_change(Method::GET, "/api/v1/queue"));
        assert!(!is_change(Method::POST, "/api/v1/prune/plan"));
        assert!(!is_change(Method::POST, "/api/v1/notify/test"));
        assert!(!is_change(Method::POST, "/api/v1/limits/try"));
        assert!(is_change(Method::POST, "/api/v1/queue/pause"));
        assert!(is_change(Method::DELETE, "/api/v1/leases/lnd"));
    }
}
