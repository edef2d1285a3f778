//! What the answers of the control API are made of, and who may ask for them.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::config::ReloadSender;
use crate::clock;
use crate::events::EventLog;
use crate::fleet::Roster;
use crate::gateway::Gateway;
use crate::http::answer_cache::AnswerCache;
use crate::http::detailed::DetailedPage;
use crate::http::reply::{self, Reply};
use crate::http::token::{ControlToken, TokenAdmission, is_bearer};
use crate::metrics::Recorder;
use crate::notify::Notifier;
use crate::supervise::Supervisor;
use crate::values::Mono;

/// The control API, and what its answers are made of.
pub struct ControlApi {
    pub(super) cache: Arc<AnswerCache>,
    pub(super) detailed: Arc<DetailedPage>,
    pub(super) gateway: Arc<Gateway>,
    pub(super) supervisor: Arc<Supervisor>,
    recorder: Arc<Recorder>,
    token: Arc<ControlToken>,
    pub(super) events: Arc<EventLog>,
    pub(super) notifier: Arc<Notifier>,
    pub(super) reload: ReloadSender,
}

impl ControlApi {
    /// The control API of the node of `cache`; requests need `token`, changes are recorded in
    /// `events`, and to read the configuration again is asked of whoever receives from `reload`.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part that its answers are made of"
    )]
    #[must_use]
    pub fn new(
        cache: Arc<AnswerCache>,
        detailed: Arc<DetailedPage>,
        gateway: Arc<Gateway>,
        supervisor: Arc<Supervisor>,
        recorder: Arc<Recorder>,
        token: Arc<ControlToken>,
        events: Arc<EventLog>,
        notifier: Arc<Notifier>,
        reload: ReloadSender,
    ) -> Self {
        Self {
            cache,
            detailed,
            gateway,
            supervisor,
            recorder,
            token,
            events,
            notifier,
            reload,
        }
    }

    /// Whether a request for something else has shown the token. One without any is not counted as
    /// a failure, and neither is one with credentials of another kind.
    pub(in crate::http) fn is_authorized(
        &self,
        headers: &HeaderMap,
        from: IpAddr,
        now: Mono,
    ) -> bool {
        let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        if !authorization.is_some_and(is_bearer) {
            return false;
        }
        let admission = self.token.admit(authorization, from.to_canonical(), now);
        admission == TokenAdmission::Granted
    }

    /// The refusal of a request from `from` that has not shown the token.
    pub(super) fn authenticate(&self, headers: &HeaderMap, from: IpAddr) -> Result<(), Box<Reply>> {
        let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        match self.token.admit(authorization, from, clock::mono()) {
            TokenAdmission::Granted => Ok(()),
            TokenAdmission::Refused => {
                self.recorder.control_refused();
                let mut refusal = reply::problem(
                    StatusCode::UNAUTHORIZED,
                    "the control token is missing or wrong",
                );
                refusal
                    .lines
                    .push("WWW-Authenticate", b"Bearer realm=\"bllvmctl\"");
                Err(Box::new(refusal))
            }
            TokenAdmission::TooMany(wait) => {
                self.recorder.control_refused();
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let detail = format!(
                    "too many requests with a wrong control token; try again in {seconds} s"
                );
                let mut refusal = reply::problem(StatusCode::TOO_MANY_REQUESTS, &detail);
                refusal
                    .lines
                    .push("Retry-After", seconds.to_string().as_bytes());
                Err(Box::new(refusal))
            }
        }
    }

    pub(super) fn roster(&self) -> &Roster {
        self.cache.roster()
    }
}
