//! `POST /api/v1/notify/test` `{name}`: sends a test through an entry of `[[notify]]`, or through
//! each, and waits for one attempt: an array with the result of each. 404: there is no such entry.

use hyper::StatusCode;
use utoipa::openapi::Required;

use super::call::ControlRequest;
use crate::api::{NotifyTestRequest, NotifyTestResult};
use crate::http::openapi::operation::OperationDraft;
use crate::http::reply::{self, Reply};
use crate::notify::{Notifier, NotifyTested};

pub(super) async fn test(notifier: &Notifier, call: ControlRequest) -> Result<Reply, Box<Reply>> {
    let request: NotifyTestRequest = call.document().await?;
    let Some(tested) = notifier.test(request.name.as_deref()).await else {
        let detail = "the daemon is shutting down";
        return Ok(reply::problem(StatusCode::SERVICE_UNAVAILABLE, detail));
    };
    if tested.is_empty() {
        let detail = absent(request.name.as_deref(), &notifier.names());
        return Ok(reply::problem(StatusCode::NOT_FOUND, &detail));
    }
    let results: Vec<NotifyTestResult> = tested.into_iter().map(result).collect();
    Ok(reply::value(StatusCode::OK, &results))
}

fn result(tested: NotifyTested) -> NotifyTestResult {
    NotifyTestResult {
        name: tested.name,
        target: tested.target,
        sent: tested.error.is_none(),
        error: tested.error,
    }
}

/// Why there is nothing to test.
fn absent(name: Option<&str>, names: &[String]) -> String {
    match name {
        _ if names.is_empty() => "no notification is configured: add [[notify]]".to_owned(),
        Some(name) => {
            let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            let names = names.join(", ");
            format!("there is no notification {name}; there are: {names}")
        }
        None => "no notification is configured: add [[notify]]".to_owned(),
    }
}

const TESTED: &str =
    r#"[{"name":"pager","target":"https://hooks.example.com","sent":true,"error":null}]"#;

pub(super) fn describe_test() -> OperationDraft {
    OperationDraft::new(
        "daemon",
        "testNotifications",
        "Sends a test through one notification, or through each",
    )
    .about("It waits for one attempt of each.")
    .takes::<NotifyTestRequest>(Required::False)
    .gives_list::<NotifyTestResult>(200, "How each attempt ended", TESTED)
    .refuses(404, "No notification is configured, or none of this name")
    .refuses(503, "The daemon is shutting down")
}
