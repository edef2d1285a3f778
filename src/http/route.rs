//! What a path asks for. Pure.

use crate::health::Question;

pub(super) enum Route {
    Plain(Question),
    Detailed,
    Metrics,
    Control,
    /// The status page, at the path of calls.
    Page,
    Call,
    Unknown,
}

impl Route {
    pub(super) fn of(path: &str) -> Self {
        // A slash at the end makes no other path of these.
        let plain = path
            .strip_suffix('/')
            .filter(|plain| plain.starts_with("/health") || *plain == "/metrics");
        match plain.unwrap_or(path) {
            "/health" => Self::Plain(Question::Health),
            "/health/live" => Self::Plain(Question::Live),
            "/health/ready" => Self::Plain(Question::Ready),
            "/health/detailed" => Self::Detailed,
            "/metrics" => Self::Metrics,
            "/" => Self::Call,
            _ if path.starts_with("/wallet/") || path.starts_with("/node/") => Self::Call,
            _ if path == "/api" || path.starts_with("/api/") => Self::Control,
            _ => Self::Unknown,
        }
    }

    /// Probes and scrapes come all day: they are worth a line only when somebody debugs.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self, Self::Plain(_) | Self::Detailed | Self::Metrics)
    }
}
