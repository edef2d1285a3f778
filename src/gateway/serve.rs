//! One request, step by step.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::Body as HttpBody;
use tracing::{Span, debug_span};

use super::admission::Wait;
use super::client::{self, Client, Way};
use super::exchange::{Deadlines, Login, Outgoing};
use super::intake::ReadBody;
use super::parse::{Calls, Malformed, parse};
use super::policy::Rules;
use super::principal::Principal;
use super::record::{Called, Origin, Record};
use super::refusal::{Objection, Refusal};
use super::reply::{Refused, Reply};
use super::request::Request;
use super::{Gateway, Rare, traced};
use crate::clock;
use crate::limit::network_of;
use crate::logging::{RequestId, traceparent};
use crate::values::Mono;

/// Longer bodies are read by another thread: this one has probes to answer.
const LONG_BODY: usize = 256 * 1024;
/// Whoever has no right credentials is answered with its id only if that costs us little.
const BODY_OF_A_STRANGER: u64 = 64 * 1024;

impl Gateway {
    /// Answers one request with this body that came `from` a client at `arrived` and is called
    /// `id`; one to which there is an `objection` goes no further. It is borrowed, since to move it
    /// from step to step costs more than some of the steps.
    pub async fn answer<B>(
        self: &Arc<Self>,
        request: &Request<'_>,
        body: &mut B,
        from: &mut Client,
        id: &RequestId,
        arrived: Mono,
        objection: Option<Objection>,
    ) -> Reply
    where
        B: HttpBody<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display + Send,
    {
        let Client {
            addr,
            keys,
            rules,
            way,
        } = from;
        let rules = rules.load();
        let client = client::address(
            addr.address.ip(),
            &request.forwarded_for,
            &rules.policy.trusted_proxies,
        );
        let trace = request.traceparent.and_then(traceparent);
        let span = span(id, trace);
        let key = keys.of(client, |client| self.limiter().address(client));
        let origin = Origin {
            peer: addr.clone(),
            client,
            key,
        };
        let mut record = Record::new(Arc::clone(self), id.clone(), arrived, origin);
        record.trace = trace.map(Into::into);
        let serve = || self.serve(rules, (request, body), id, record, objection, way);
        let served = if span.is_disabled() {
            serve().await
        } else {
            traced(span, serve()).await
        };
        match served {
            Ok(reply) => reply,
            Err(refused) => refused.reply(&self.front),
        }
    }

    /// Who is calling, or why the call is refused whatever its body says.
    fn identify<'a>(
        &self,
        rules: &'a Rules,
        request: &Request<'a>,
        record: &Record,
        objection: Option<Objection>,
    ) -> Result<Principal<'a>, Refusal> {
        match objection {
            None => self.log_in(
                rules,
                request.authorization,
                record.origin.client,
                record.arrived,
            ),
            Some(Objection::ForeignOrigin) => Err(Refusal::ForeignOrigin),
            Some(Objection::ForeignHost) => Err(Refusal::ForeignHost),
            Some(Objection::Unclear(why)) => Err(Refusal::NotACall(why.to_owned())),
        }
    }

    async fn serve<B>(
        self: &Arc<Self>,
        rules: &Rules,
        (request, body): (&Request<'_>, &mut B),
        id: &RequestId,
        mut record: Box<Record>,
        objection: Option<Objection>,
        way: &mut Way,
    ) -> Result<Reply, Refused>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display + Send,
    {
        let policy = &rules.policy;
        let request_until = clock::instant(record.arrived.after(policy.request_timeout));
        // Its body is whatever one takes for it.
        if let Some(Objection::Unclear(why)) = objection {
            let refusal = Refusal::NotACall(why.to_owned());
            return Err(Refused::new(refusal, None, record));
        }
        let principal = self.identify(rules, request, &record, objection);
        let size = body.size_hint();
        record.request_size = size.exact();
        if let Err(refusal) = &principal
            && size.upper().is_none_or(|size| size > BODY_OF_A_STRANGER)
        {
            return Err(Refused::new(refusal.clone(), None, record));
        }
        let network = network_of(record.origin.client);
        let read = self
            .intake
            .read(body, network, policy.max_body_bytes, request_until)
            .await;
        let ReadBody {
            bytes: body,
            held: _held,
            waited,
        } = match read {
            Ok(read) => read,
            Err(refusal) => return Err(Refused::new(refusal, None, record)),
        };
        record.request_size = Some(u64::try_from(body.len()).unwrap_or(u64::MAX));
        let calls = match read_calls(&body, policy.max_batch).await {
            Ok(calls) => calls,
            Err(malformed) => {
                return Err(match principal {
                    Ok(_) => Refused::malformed(malformed, record),
                    Err(refusal) => Refused::new(refusal, None, record),
                });
            }
        };
        record.called = Called::of(&calls);
        let refused = |refusal, record| Refused::new(refusal, Some(&calls), record);
        let principal = match principal {
            Ok(principal) => principal,
            Err(refusal) => return Err(refused(refusal, record)),
        };
        if !self.answers.may_begin(network) {
            let many = "too many answers that this address has not taken yet".to_owned();
            return Err(refused(Refusal::Busy(many), record));
        }
        // Its turn is waited for from when all of it was there: how long its body took is its
        // client's affair.
        let now = if waited || body.len() > LONG_BODY {
            clock::mono()
        } else {
            record.arrived
        };
        let wait = Wait {
            since: now,
            until: clock::instant(now.after(policy.queue_timeout)),
            alarm: &mut way.alarm,
        };
        let until = Deadlines {
            queue: wait.until,
            request: request_until,
        };
        record.user = principal.user().map(|user| Arc::clone(&user.name));
        let admission = match self
            .admit(rules, &calls, &principal, &mut record, wait)
            .await
        {
            Ok(admission) => admission,
            Err(refusal) => return Err(refused(refusal, record)),
        };
        let outgoing = Outgoing {
            path: request.path,
            login: if principal.user().is_some() {
                Login::Own
            } else {
                Login::Clients(request.authorization)
            },
            content_type: request.content_type,
            request_id: id,
            body: &body,
        };
        match self
            .call_node(&outgoing, (admission.permit, admission.at), until, way)
            .await
        {
            Ok((head, mut answer)) => {
                if head.status == StatusCode::UNAUTHORIZED && principal.user().is_none() {
                    Box::pin(self.reread_if_own(request.authorization)).await;
                }
                answer.read_ahead().await;
                Ok(self.pass_on(head, answer, record, until.request))
            }
            Err(refusal) => {
                // What has not run costs nothing.
                if matches!(refusal, Refusal::Busy(_) | Refusal::NodeDown(_)) {
                    self.refund(admission.charge.as_ref());
                }
                Err(refused(refusal, record))
            }
        }
    }
}

/// For whoever looks closely. The one line that everybody gets says by itself whose it is, which
/// costs less.
#[inline(never)]
fn span(id: &RequestId, trace: Option<&str>) -> Span {
    debug_span!("rpc_request", request_id = id.as_str(), traceparent = trace)
}

/// The calls in `body`; a long one is read elsewhere.
async fn read_calls(body: &Bytes, most: usize) -> Result<Calls<'_>, Malformed> {
    if body.len() <= LONG_BODY {
        parse(body, most)
    } else {
        parse_elsewhere(body.clone(), most).await
    }
}

#[inline(never)]
fn parse_elsewhere(body: Bytes, most: usize) -> Rare<'static, Result<Calls<'static>, Malformed>> {
    Box::pin(async move {
        let parsed =
            tokio::task::spawn_blocking(move || parse(&body, most).map(Calls::into_owned)).await;
        parsed.unwrap_or_else(|error| Err(Malformed::NotJson(error.to_string())))
    })
}
