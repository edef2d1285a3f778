//! `POST /` while there is no front: a JSON-RPC error that says so, with the caller's id.

use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::connections::AwaitedBody;
use super::reply::{self, Reply};

/// Longer calls than this are answered without their id.
const LONGEST_BYTES: usize = 64 * 1024;
/// JSON-RPC 2.0: "Method not found", which no method is here.
const METHOD_NOT_FOUND: i32 = -32601;

/// A body may take so long to come, as a header may: whoever stops in the middle must not keep the connection.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Refuses a call.
pub(super) async fn answer(request: Request<Incoming>) -> Reply {
    let awaited = request.extensions().get::<AwaitedBody>().cloned();
    let body = timeout(BODY_TIMEOUT, Limited::new(request.into_body(), LONGEST_BYTES).collect());
    let body = match awaited {
        Some(awaited) => awaited.read(body).await,
        None => body.await,
    };
    let Ok(body) = body else {
        return reply::text(StatusCode::REQUEST_TIMEOUT, "the body did not come in time\n".to_owned());
    };
    let call: Option<Value> = body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
    let id = call.as_ref().and_then(|call| call.get("id")).cloned().unwrap_or(Value::Null);
    let message = "this version of bllvmctl has no JSON-RPC front; call the node itself";
    let error = json!({"result": null, "error": {"code": METHOD_NOT_FOUND, "message": message}, "id": id});
    reply::value(StatusCode::NOT_IMPLEMENTED, &error)
}
