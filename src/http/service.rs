//! One request: where it goes, and the log lines about it.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use bytes::BytesMut;
use hyper::body::Body as _;
use hyper::header::{
    ACCEPT, CONNECTION, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, ORIGIN,
    TRANSFER_ENCODING,
};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Response, StatusCode};
use tracing::{Level, debug, enabled, info};

use super::control::{self, ReloadSender};
use super::desk::Desk;
use super::reloads::Reloads;
use super::reply::{self, Reply};
use super::route::Route;
use super::server::{self, AwaitedBody};
use super::settings::Settings;
use super::token::ControlToken;
use super::{detailed, health, host, metrics_page};
use crate::api::DetailedHealth;
use crate::clock;
use crate::gateway::{Body, FORWARDED_FOR, Gateway, Objection, Request as Asked, TRACEPARENT};
use crate::logging::{Log, RequestId, RequestIds, traceparent};
use crate::metrics::{ProcessFacts, Recorder};
use crate::prune::Pruner;
use crate::reconnect::Reconnection;
use crate::supervise::Supervisor;
use crate::values::{ClientAddr, Mono};
use crate::watch::Topic;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `rpc.listen`: everything, unless there is an operations listener.
    Main,
    /// `rpc.ops_listen`: everything but calls.
    Ops,
}

/// What all requests share.
pub struct Service {
    /// Where everything that is known is read.
    pub desk: Arc<Desk>,
    /// What was counted.
    pub recorder: Arc<Recorder>,
    /// The tasks.
    pub supervisor: Arc<Supervisor>,
    /// The peers that were lost.
    pub reconnection: Arc<Reconnection>,
    /// Pruning.
    pub pruner: Arc<Pruner>,
    /// The control token.
    pub token: ControlToken,
    /// The log, for its counts.
    pub log: Arc<Log>,
    /// How the last load of the configuration went: valid, and when the last valid one was.
    pub reloads: Arc<Reloads>,
    /// Names for requests.
    pub request_ids: RequestIds,
    /// Where requests to reload go.
    pub reload: ReloadSender,
    /// Where calls go.
    pub gateway: Arc<Gateway>,
}

/// An answer that is there already, or one that has to be waited for.
pub(super) enum Answer {
    Ready(Response<Body>),
    /// Of the node, which is called only for as long as its client is there.
    OfNode(Pending),
    /// Boxed, so that what most requests never need is not moved about with them.
    Later(Pending),
}

/// An answer to come.
pub(super) type Pending = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

impl Service {
    /// Answers one request that came from `from` over a listener of `role`, at once if that takes
    /// no waiting.
    pub(super) fn answer(
        self: &Arc<Self>,
        request: Request<AwaitedBody>,
        from: &ClientAddr,
        role: Role,
        now: Mono,
    ) -> Answer {
        let id = self.name(
            request
                .headers()
                .get(&X_REQUEST_ID)
                .map(HeaderValue::as_bytes),
        );
        let route = Route::of(request.uri().path());
        // Whoever passed the request on may have read its chunks in another way: nothing more is
        // read from the connection.
        let in_chunks =
            !request.body().is_end_stream() && request.headers().contains_key(TRANSFER_ENCODING);
        let last = in_chunks || self.desk.is_draining();
        if route.is_quiet() && !in_chunks && !is_traced() {
            let reply = self.read(&request, from.address.ip(), role, &route, now);
            return Answer::Ready(finished(reply, &id, last));
        }
        let (service, from) = (Arc::clone(self), from.clone());
        if self.takes_call(&request, role, &route) {
            let names_itself = self.names_itself(request.headers(), from.address.ip(), role);
            return Answer::OfNode(Box::pin(async move {
                let headers = request.headers();
                let unclear = unclear_target(&request).or_else(|| unclear_length(&request));
                let unclear = unclear
                    .or_else(|| host::contradiction(headers))
                    .map(Objection::Unclear);
                let foreign = || host::is_foreign(headers).then_some(Objection::ForeignOrigin);
                let renamed = || {
                    (headers.contains_key(ORIGIN) && !names_itself)
                        .then_some(Objection::ForeignHost)
                };
                let objection = unclear.or_else(foreign).or_else(renamed);
                let (head, mut body) = request.into_parts();
                let mut client = service.gateway.client(from);
                let asked = Asked::new(
                    head.uri.path_and_query().map_or("/", PathAndQuery::as_str),
                    &head.headers,
                );
                let reply = service
                    .gateway
                    .answer(&asked, &mut body, &mut client, &id, now, objection)
                    .await;
                // The end may have been announced since.
                finished(reply, &id, last || service.desk.is_draining())
            }));
        }
        Answer::Later(Box::pin(async move {
            let reply = service.logged(request, &from, role, &route, &id).await;
            finished(reply, &id, last)
        }))
    }

    /// What a request is called whose client calls it `client_id`, if that is a name.
    pub(super) fn name(&self, client_id: Option<&[u8]>) -> RequestId {
        client_id
            .and_then(RequestId::from_client)
            .unwrap_or_else(|| self.request_ids.next())
    }

    /// The answer to a GET of `target`, if that is a probe that leaves no line in the log.
    pub(super) fn probe(&self, target: &str, now: Mono) -> Option<Reply> {
        let (path, query) = target
            .split_once('?')
            .map_or((target, None), |(path, query)| (path, Some(query)));
        let Route::Plain(question) = Route::of(path) else {
            return None;
        };
        let judged = self.desk.judged(now);
        if !judged.settings.health_checks_enabled || is_traced() {
            return None;
        }
        Some(health::answer(question, query, &judged))
    }

    /// Whether calls are answered.
    pub(super) fn takes_calls(&self) -> bool {
        self.desk.settings().rpc_enabled
    }

    /// A call that the front may look at; it writes its own log line.
    fn takes_call(&self, request: &Request<AwaitedBody>, role: Role, route: &Route) -> bool {
        matches!(route, Route::Call)
            && role == Role::Main
            && *request.method() == Method::POST
            && self.takes_calls()
    }

    /// What has to be done about once a second.
    pub(super) fn tick(&self, now: Mono) {
        let (snapshot, settings) = (self.desk.snapshot(), self.desk.settings());
        let asked = snapshot.has_asked(Topic::Network, settings.plan.timeout, now);
        self.gateway.tick(snapshot.identity(), asked, now);
        self.gateway
            .notice_gone(snapshot.is_gone(settings.plan.timeout, now));
    }

    async fn logged(
        &self,
        request: Request<AwaitedBody>,
        from: &ClientAddr,
        role: Role,
        route: &Route,
        id: &RequestId,
    ) -> Reply {
        let arrived = clock::mono();
        let (request_id, client_addr) = (id.as_str().to_owned(), from.as_str());
        let (method, path) = (
            request.method().to_string(),
            request.uri().path().to_owned(),
        );
        let trace = request
            .headers()
            .get(TRACEPARENT)
            .and_then(|trace| traceparent(trace.as_bytes()))
            .map(str::to_owned);
        let request_size = request.body().size_hint().exact();
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut quiet = route.is_quiet() || (is_read && matches!(route, Route::Control));
        macro_rules! line {
            ($($field:tt)*) => {
                if quiet { debug!(target: "http_request", $($field)*) } else { info!(target: "http_request", $($field)*) }
            };
        }
        line!(
            request_id,
            method,
            path,
            client_addr,
            request_size,
            traceparent = trace
        );
        let reply = self.route(request, from.address, role, route).await;
        // To the microsecond; what is beyond would only show how floating point counts.
        let duration_ms = (clock::mono().since(arrived).as_secs_f64() * 1e6).round() / 1e3;
        let (status, response_size) = (reply.status.as_u16(), reply.body().size_hint().exact());
        // Who tries to read without leave is told of.
        quiet &= !matches!(status, 401 | 403 | 429) || route.is_quiet();
        line!(
            request_id,
            method,
            path,
            status,
            duration_ms,
            response_size,
            client_addr
        );
        reply
    }

    /// Whether a request with these `headers` calls this server by a name of its own, or need not:
    /// it came over a listener that is for others too, or from a proxy.
    fn names_itself(&self, headers: &HeaderMap, from: IpAddr, role: Role) -> bool {
        let settings = self.desk.settings();
        let is_loopback = if role == Role::Ops {
            settings.ops_listens_on_loopback
        } else {
            settings.listens_on_loopback
        };
        !is_loopback || host::is_own(headers, &settings.allowed_hosts) || settings.trusts(from)
    }

    /// Whether the control API answers over a listener for everything: to this machine alone,
    /// whoever is told to have asked.
    fn is_from_here(headers: &HeaderMap, from: IpAddr, settings: &Settings) -> bool {
        let told = headers.get_all(FORWARDED_FOR).iter();
        from.to_canonical().is_loopback()
            && (!settings.trusts(from) || host::were_all_loopback(told))
    }

    /// Answers what is only read: health and metrics.
    fn read(
        &self,
        request: &Request<AwaitedBody>,
        from: IpAddr,
        role: Role,
        route: &Route,
        now: Mono,
    ) -> Reply {
        if let Some(why) = host::contradiction(request.headers()) {
            return reply::problem(StatusCode::BAD_REQUEST, why);
        }

        let judged = self.desk.judged(now);
        let settings = &judged.settings;
        let operations_are_elsewhere = role == Role::Main && settings.has_ops_listener;
        let query = request.uri().query();
        match route {
            Route::Plain(_) | Route::Detailed if !settings.health_checks_enabled => not_found(),
            Route::Metrics if !settings.metrics_enabled => not_found(),
            Route::Detailed | Route::Metrics if operations_are_elsewhere => not_found(),
            Route::Control | Route::Call | Route::Unknown => not_found(),
            Route::Detailed | Route::Metrics
                if !self.names_itself(request.headers(), from, role) =>
            {
                strange_host()
            }
            _ if !matches!(*request.method(), Method::GET | Method::HEAD) => {
                not_allowed("GET, HEAD")
            }
            Route::Plain(question) => health::answer(*question, query, &judged),
            Route::Detailed => self.detailed(query, now),
            Route::Metrics => self.metrics(request.headers()),
        }
    }

    async fn route(
        &self,
        request: Request<AwaitedBody>,
        from: SocketAddr,
        role: Role,
        route: &Route,
    ) -> Reply {
        let settings = self.desk.settings().clone();
        if let Some(why) = unclear_length(&request).or(host::contradiction(request.headers())) {
            return reply::problem(StatusCode::BAD_REQUEST, why);
        }
        let foreign_origin = host::is_foreign(request.headers());
        match route {
            Route::Control if role == Role::Main && settings.has_ops_listener => not_found(),
            Route::Call if role == Role::Ops || !settings.rpc_enabled => not_found(),
            Route::Control | Route::Call if foreign_origin => foreign(),
            Route::Control | Route::Call
                if !self.names_itself(request.headers(), from.ip(), role) =>
            {
                strange_host()
            }
            Route::Control
                if !settings.has_ops_listener
                    && !Self::is_from_here(request.headers(), from.ip(), &settings) =>
            {
                let detail =
                    "the control API answers loopback addresses only, unless rpc.ops_listen is set";
                reply::problem(StatusCode::FORBIDDEN, detail)
            }
            Route::Control => control::answer(self, request, from.ip().to_canonical()).await,
            // A call that may be one is not answered here.
            Route::Call if *request.method() == Method::OPTIONS => options("OPTIONS, POST"),
            Route::Call => not_allowed("POST"),
            Route::Plain(_) | Route::Detailed | Route::Metrics | Route::Unknown => {
                self.read(&request, from.ip(), role, route, clock::mono())
            }
        }
    }

    fn detailed(&self, query: Option<&str>, now: Mono) -> Reply {
        let query = match health::Query::parse(query.unwrap_or_default()) {
            Ok(query) => query,
            Err(problem) => return reply::text(StatusCode::BAD_REQUEST, format!("{problem}\n")),
        };
        let judged = self.desk.judged(now);
        let snapshot = self.desk.snapshot();
        let settings = self.desk.settings();
        if let Some(refusal) = query.refusal(&settings) {
            return refusal;
        }
        let outcome = detailed::outcome(&judged, &query.exclude);
        let status = health::status(outcome.ok);
        if query.verbose {
            return reply::text(status, health::verbose(&outcome, &query));
        }
        let known = detailed::known(&judged, &snapshot, &settings);
        let parts = detailed::Parts::of(self, &known, &settings, judged.now());
        let detailed = detailed::detailed(&judged, &known, &settings, &outcome, parts);
        let warnings = query.warnings();
        reply::value(
            status,
            &DetailedHealth {
                warnings,
                ..detailed
            },
        )
    }

    fn metrics(&self, headers: &HeaderMap) -> Reply {
        self.gateway.measure();
        let restarts = self
            .supervisor
            .report()
            .into_iter()
            .map(|(id, report)| (id.name, id.node, report.restarts));
        let process = ProcessFacts {
            reload_success: self.reloads.last_was_valid(),
            reload_timestamp_secs: self.reloads.last_valid_secs(),
            task_restarts: restarts.collect(),
            log_events: self.log.events(),
            log_dropped: self.log.dropped(),
        };
        let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
        let lost = self.reconnection.summary();
        metrics_page::answer(
            &self.desk,
            &self.recorder,
            &lost,
            &self.pruner,
            &process,
            accept,
        )
    }
}

thread_local! {
    /// Where the names of requests are written, so that not each of them is an allocation of its
    /// own.
    static NAMES: RefCell<BytesMut> = RefCell::new(BytesMut::new());
}

fn header_value(id: &RequestId) -> Result<HeaderValue, InvalidHeaderValue> {
    const SEVERAL: usize = 4096;
    let id = id.as_str().as_bytes();
    let name = NAMES.with_borrow_mut(|names| {
        if names.capacity() < id.len() {
            *names = BytesMut::with_capacity(SEVERAL);
        }
        names.extend_from_slice(id);
        names.split().freeze()
    });
    HeaderValue::from_maybe_shared(name)
}

/// `reply` with the request's name, and the end of the connection if it is the last.
fn finished(reply: Reply, id: &RequestId, last: bool) -> Response<Body> {
    let mut reply = server::response(reply);
    if let Ok(value) = header_value(id) {
        reply.headers_mut().insert(X_REQUEST_ID.clone(), value);
    }
    if last {
        reply
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    reply
}

fn not_allowed(allow: &'static str) -> Reply {
    let mut reply = reply::text(StatusCode::METHOD_NOT_ALLOWED, format!("use {allow}\n"));
    reply.lines.push("Allow", allow.as_bytes());
    reply
}

fn options(allow: &'static str) -> Reply {
    let mut reply = reply::text(StatusCode::NO_CONTENT, String::new());
    reply.lines.push("Allow", allow.as_bytes());
    reply
}

fn not_found() -> Reply {
    reply::text(StatusCode::NOT_FOUND, "not found\n".to_owned())
}

fn strange_host() -> Reply {
    let detail = "the Host is a name that this loopback listener does not answer to; name it in rpc.allowed_hosts";
    reply::problem(StatusCode::FORBIDDEN, detail)
}

fn foreign() -> Reply {
    reply::problem(
        StatusCode::FORBIDDEN,
        "requests from a foreign Origin are refused",
    )
}

/// Whether every request leaves a line in the log.
fn is_traced() -> bool {
    enabled!(target: "http_request", Level::DEBUG)
}

/// Why it is not clear where a call goes: a node takes a whole URL for a path, which it does not
/// know.
fn unclear_target(request: &Request<AwaitedBody>) -> Option<&'static str> {
    let is_whole_url = request.uri().authority().is_some();
    is_whole_url.then_some("the request's target is a whole URL; send its path alone")
}

/// Why it is not clear where the body ends: another server may see its end elsewhere.
fn unclear_length(request: &Request<AwaitedBody>) -> Option<&'static str> {
    if request.body().is_end_stream() {
        return None;
    }
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => None,
        (Some(_), None) if request.body().has_another_length() => {
            Some("Content-Length and Transfer-Encoding contradict each other; send one of them")
        }
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => None,
        _ => Some("the only Transfer-Encoding that is understood is chunked"),
    }
}
