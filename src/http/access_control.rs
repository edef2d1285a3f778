//! Who is answered at all: by the listener, the host that the request names, its origin, and its address.

use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};

use super::ambiguity::unclear_length;
use super::host;
use super::refusals::{certificate_required, foreign_origin, not_found, unknown_host};
use super::reply::{self, Reply};
use super::role::Role;
use super::route::Route;
use super::server::connections::RequestBody;
use super::service::Service;
use super::settings::Settings;
use crate::gateway::FORWARDED_FOR;
use crate::values::ConnectionOrigin;

impl Service {
    /// The refusal of a request that may not be answered here, or not to whoever sent it.
    pub(super) fn refusal(
        &self,
        request: &Request<RequestBody>,
        origin: ConnectionOrigin,
        role: Role,
        route: &Route,
    ) -> Option<Reply> {
        if role == Role::ProbesOnly && !matches!(route, Route::Plain(_)) {
            return Some(certificate_required());
        }
        let settings = self.cache.settings();
        if let Some(why) = unclear_length(request).or(host::contradiction(request.headers())) {
            return Some(reply::problem(StatusCode::BAD_REQUEST, why));
        }
        let is_elsewhere = settings.has_ops_listener() || origin == ConnectionOrigin::Unix;
        let is_foreign = host::is_foreign(request.headers());
        match route {
            Route::Control if role == Role::Main && is_elsewhere => Some(reply::problem(
                StatusCode::NOT_FOUND,
                "the control API is not here",
            )),
            Route::Call if role == Role::Ops || !settings.rpc.enabled => Some(not_found()),
            Route::Control | Route::Page | Route::Call if is_foreign => Some(foreign_origin()),
            Route::Control | Route::Page | Route::Call
                if !self.names_itself(request.headers(), origin, role) =>
            {
                Some(unknown_host())
            }
            Route::Control
                if !settings.has_ops_listener()
                    && !Self::is_from_here(request.headers(), origin, &settings) =>
            {
                let detail =
                    "the control API answers loopback addresses only, unless rpc.ops_listen is set";
                Some(reply::problem(StatusCode::FORBIDDEN, detail))
            }
            _ => None,
        }
    }

    /// Whether a request with these `headers` calls this server by a name of its own, or need not:
    /// it came over a listener that is for others too, or from a proxy.
    pub(super) fn names_itself(
        &self,
        headers: &HeaderMap,
        from: ConnectionOrigin,
        role: Role,
    ) -> bool {
        let settings = self.cache.settings();
        let is_loopback = if role == Role::Ops {
            settings.ops_listens_on_loopback()
        } else {
            settings.rpc.listen.is_loopback()
        };
        !is_loopback || host::is_own(headers, &settings.rpc.allowed_hosts) || settings.trusts(from)
    }

    /// Whether the control API answers over a listener for everything: only to this machine, which
    /// the forwarding headers must confirm.
    pub(super) fn is_from_here(
        headers: &HeaderMap,
        from: ConnectionOrigin,
        settings: &Settings,
    ) -> bool {
        let reported = headers.get_all(FORWARDED_FOR).iter();
        from.is_loopback() && (!settings.trusts(from) || host::were_all_loopback(reported))
    }
}
