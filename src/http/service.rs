//! One request: where it goes, and the log lines about it.

use std::pin::Pin;
use std::sync::Arc;

use hyper::body::Body as _;
use hyper::header::{HeaderMap, HeaderValue, TRANSFER_ENCODING};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Response, StatusCode};
use tracing::{Level, enabled};

use super::ambiguity::{objection, unclear_length};
use super::answer_cache::AnswerCache;
use super::audience::Audience;
use super::control::{self, ControlApi};
use super::detailed::DetailedPage;
use super::metrics_page::MetricsPage;
use super::page::StatusPage;
use super::refusals::{certificate_required, not_allowed, not_found, options, unknown_host};
use super::reply::{self, Reply};
use super::request_log::{RequestEntry, Requester};
use super::request_name::{X_REQUEST_ID, finished};
use super::role::Role;
use super::route::Route;
use super::server::LocalUser;
use super::server::connections::RequestBody;
use super::{health, host};
use crate::clock;
use crate::gateway::{Body, Gateway, Objection, RpcRequest};
use crate::logging::{RequestId, RequestIds};
use crate::values::{ClientAddr, ConnectionOrigin, Mono};
use crate::watch::Topic;

/// What all requests share.
pub struct Service {
    pub(super) cache: Arc<AnswerCache>,
    pub(super) gateway: Arc<Gateway>,
    request_ids: RequestIds,
    detailed: Arc<DetailedPage>,
    metrics: MetricsPage,
    control: ControlApi,
    status_page: StatusPage,
}

/// An answer that is there already, or one that has to be waited for.
pub(super) enum ServiceAnswer {
    Ready(Response<Body>),
    /// Of the node, which is called only for as long as its client is there.
    OfNode(Pending),
    /// Boxed, so that what most requests never need is not moved about with them.
    Later(Pending),
}

/// An answer to come.
pub(super) type Pending = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

impl Service {
    /// Calls go to `gateway`, all else is answered from `cache` and by the pages.
    #[must_use]
    pub fn new(
        cache: Arc<AnswerCache>,
        gateway: Arc<Gateway>,
        request_ids: RequestIds,
        detailed: Arc<DetailedPage>,
        metrics: MetricsPage,
        control: ControlApi,
        status_page: StatusPage,
    ) -> Self {
        Self {
            cache,
            gateway,
            request_ids,
            detailed,
            metrics,
            control,
            status_page,
        }
    }

    /// Answers one request that came from `from` over a listener of `role`, at once if that takes
    /// no waiting.
    pub(super) fn answer(
        self: &Arc<Self>,
        request: Request<RequestBody>,
        from: &ClientAddr,
        role: Role,
        now: Mono,
    ) -> ServiceAnswer {
        let id = self.name(
            request
                .headers()
                .get(&X_REQUEST_ID)
                .map(HeaderValue::as_bytes),
        );
        let route = self.route_of(&request, role);
        // Whoever passed the request on may have read its chunks in another way: nothing more is
        // read from the connection.
        let in_chunks =
            !request.body().is_end_stream() && request.headers().contains_key(TRANSFER_ENCODING);
        let last = in_chunks || self.cache.is_draining();
        if route.is_quiet() && !in_chunks && !is_traced() {
            let reply = self.read(&request, from.origin, role, &route, now);
            return ServiceAnswer::Ready(finished(reply, &id, last));
        }
        let service = Arc::clone(self);
        let from = from.clone();
        if self.takes_call(&request, role, &route) {
            let names_itself = self.names_itself(request.headers(), from.origin, role);
            return ServiceAnswer::OfNode(Box::pin(async move {
                let objection = objection(&request, names_itself);
                let reply = service.forward(request, from, &id, now, objection).await;
                // The end may have been announced since.
                finished(reply, &id, last || service.cache.is_draining())
            }));
        }
        ServiceAnswer::Later(Box::pin(async move {
            let reply = service
                .route_logged(request, &from, role, &route, &id)
                .await;
            finished(reply, &id, last)
        }))
    }

    /// Gives a call to the gateway, which answers an `objection` to it.
    async fn forward(
        &self,
        request: Request<RequestBody>,
        from: ClientAddr,
        id: &RequestId,
        now: Mono,
        objection: Option<Objection>,
    ) -> Reply {
        let (head, mut body) = request.into_parts();
        let mut client = self.gateway.client(from);
        let target = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let asked = RpcRequest::new(target, &head.headers);
        self.gateway
            .answer(&asked, &mut body, &mut client, id, now, objection)
            .await
    }

    /// Answers one request that `user` sent over the control socket: all but calls, with no name of
    /// this server and no token asked.
    pub(super) async fn answer_local(
        &self,
        request: Request<RequestBody>,
        user: LocalUser,
    ) -> Response<Body> {
        let id = self.name(
            request
                .headers()
                .get(&X_REQUEST_ID)
                .map(HeaderValue::as_bytes),
        );
        // It has what the operations listener has.
        let route = self.route_of(&request, Role::Ops);
        let entry = RequestEntry::arrived(&request, Requester::Local(user), &route, &id);
        let reply = match (unclear_length(&request), &route) {
            (Some(why), _) => reply::problem(StatusCode::BAD_REQUEST, why),
            (None, Route::Control) => {
                control::answer_permitted(&self.control, request, &user.to_string()).await
            }
            (None, Route::Page) => self.status_page.answer(Audience::Operator).await,
            (None, _) => self.page(&request, &route, clock::mono(), || Audience::Operator),
        };
        entry.answered(&reply);
        finished(reply, &id, self.cache.is_draining())
    }

    /// What `request` asks for over a listener of `role`.
    fn route_of(&self, request: &Request<RequestBody>, role: Role) -> Route {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let settings = self.cache.settings();
        let is_there = role == Role::Ops || !settings.has_ops_listener();
        match request.uri().path() {
            "/" if is_read && is_there && settings.rpc.status_page => Route::Page,
            path => Route::of(path),
        }
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
        let answers = self.cache.read(now);
        if !answers.settings.rpc.health_checks_enabled || is_traced() {
            return None;
        }
        Some(health::answer(question, query, &self.cache, &answers, now))
    }

    /// Whether calls are answered.
    pub(super) fn takes_calls(&self) -> bool {
        self.cache.settings().rpc.enabled
    }

    /// A call for the gateway, which writes its own access log entry.
    fn takes_call(&self, request: &Request<RequestBody>, role: Role, route: &Route) -> bool {
        matches!(route, Route::Call)
            && role == Role::Main
            && *request.method() == Method::POST
            && self.takes_calls()
    }

    /// What has to be done about once a second.
    pub(super) fn tick(&self, now: Mono) {
        self.gateway.sweep(now);
        self.status_page.sweep(now);
        for member in self.cache.roster().all().iter() {
            let snapshot = member.snapshot();
            let settings = member.settings();
            let name = &*settings.name;
            let timeout = settings.plan.timeout;
            let refuses_user = self.gateway.overview(name).has_unknown_user;
            member.health().note_refused_user(refuses_user);
            let asked = snapshot.has_asked(Topic::Network, timeout, now);
            self.gateway.resize(name, snapshot.identity(), asked);
            self.gateway
                .notice_gone(name, snapshot.is_gone(timeout, now));
        }
    }

    /// Who reads a document: an operator is on this machine, or has the control token.
    fn audience(&self, headers: &HeaderMap, from: ConnectionOrigin, now: Mono) -> Audience {
        let is_from_here = Self::is_from_here(headers, from, &self.cache.settings());
        let address = from.client().ip();
        if is_from_here || self.control.is_authorized(headers, address, now) {
            Audience::Operator
        } else {
            Audience::Anybody
        }
    }

    /// Answers what is only read: health and metrics.
    fn read(
        &self,
        request: &Request<RequestBody>,
        from: ConnectionOrigin,
        role: Role,
        route: &Route,
        now: Mono,
    ) -> Reply {
        if role == Role::ProbesOnly && !matches!(route, Route::Plain(_)) {
            return certificate_required();
        }
        if let Some(why) = host::contradiction(request.headers()) {
            return reply::problem(StatusCode::BAD_REQUEST, why);
        }

        let audience = || self.audience(request.headers(), from, now);
        let settings = self.cache.settings();
        let is_served = match route {
            Route::Detailed => settings.rpc.health_checks_enabled,
            Route::Metrics => settings.rpc.metrics_enabled,
            _ => return self.page(request, route, now, audience),
        };
        if !is_served || (role == Role::Main && settings.has_ops_listener()) {
            return not_found();
        }
        drop(settings);
        if self.names_itself(request.headers(), from, role) {
            self.page(request, route, now, audience)
        } else {
            unknown_host()
        }
    }

    /// Answers what is only read, to whoever may; `audience` is who that is.
    fn page(
        &self,
        request: &Request<RequestBody>,
        route: &Route,
        now: Mono,
        audience: impl FnOnce() -> Audience,
    ) -> Reply {
        let answers = self.cache.read(now);
        let settings = &answers.settings;
        let query = request.uri().query();
        match route {
            Route::Plain(_) | Route::Detailed if !settings.rpc.health_checks_enabled => not_found(),
            Route::Metrics if !settings.rpc.metrics_enabled => not_found(),
            Route::Control | Route::Page | Route::Call | Route::Unknown => not_found(),
            _ if !matches!(*request.method(), Method::GET | Method::HEAD) => {
                not_allowed("GET, HEAD")
            }
            Route::Plain(question) => health::answer(*question, query, &self.cache, &answers, now),
            Route::Detailed => self.detailed.answer(query, audience(), now),
            Route::Metrics => self.metrics.answer(request.headers()),
        }
    }

    /// Routes a request, with a line in the log when it came and one when it is answered.
    async fn route_logged(
        &self,
        request: Request<RequestBody>,
        from: &ClientAddr,
        role: Role,
        route: &Route,
        id: &RequestId,
    ) -> Reply {
        let entry = RequestEntry::arrived(&request, Requester::Remote(from), route, id);
        let reply = self.route(request, from, role, route).await;
        entry.answered(&reply);
        reply
    }

    async fn route(
        &self,
        request: Request<RequestBody>,
        from: &ClientAddr,
        role: Role,
        route: &Route,
    ) -> Reply {
        let origin = from.origin;
        if let Some(refusal) = self.refusal(&request, origin, role, route) {
            return refusal;
        }
        match route {
            Route::Control => {
                let address = from.address.ip().to_canonical();
                control::answer(&self.control, request, address).await
            }
            Route::Page => {
                let audience = self.audience(request.headers(), origin, clock::mono());
                self.status_page.answer(audience).await
            }
            // A call that may be one is not answered here.
            Route::Call if *request.method() == Method::OPTIONS => options("OPTIONS, POST"),
            Route::Call => not_allowed("POST"),
            Route::Plain(_) | Route::Detailed | Route::Metrics | Route::Unknown => {
                self.read(&request, origin, role, route, clock::mono())
            }
        }
    }
}

/// Whether every request leaves a line in the log.
fn is_traced() -> bool {
    enabled!(target: "http_request", Level::DEBUG)
}
