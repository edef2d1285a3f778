//! The templates of the documentation, each against a server that takes what the service takes.

use serde_json::Value;

use super::notifying;
use crate::support::fake_node::FakeNode;
use crate::support::hook::{Hook, HookAnswer, HookRequest};
use crate::support::surroundings::repository;

/// The example of `service` in the documentation, with `url` in place of its own.
#[track_caller]
fn example(service: &str, url: &str) -> String {
    let document = repository().join("docs").join("NOTIFICATIONS.md");
    let document = std::fs::read_to_string(document).expect("the document");
    let heading = format!("## {service}\n");
    let (_, section) = document.split_once(&heading).expect("the section");
    let (_, rest) = section.split_once("```toml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    let lines = example.lines().map(|line| match line.split_once(" = ") {
        Some(("url", _)) => format!("url = \"{url}\""),
        // What is tried here need not last.
        Some(("name", _)) if !example.contains("heartbeat_secs") => {
            format!("{line}\nhold_secs = 0")
        }
        _ => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// What is wrong with a request is the answer, as the services have it.
fn strict(
    check: impl Fn(&HookRequest, &Value) -> Result<(), String> + Send + Sync + 'static,
) -> Hook {
    Hook::answering(move |request| -> HookAnswer {
        let body = match serde_json::from_str::<Value>(&request.body) {
            Ok(body) => check(request, &body).map(|()| "ok".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match body {
            Ok(answer) => (200, "", answer),
            Err(wrong) => (400, "", wrong),
        }
    })
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    let text = value[name].as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| format!("{name} is missing: {value}"))
}

/// Loses the node and has it back, and returns what the service took of it.
#[track_caller]
fn notify(service: &str, path: &str, hook: &Hook) -> Vec<Value> {
    let (node, daemon) = notifying(&example(service, &hook.url(path)));
    let tested = daemon.cli(&["notify", "test", "-o", "json"]);
    assert_eq!(tested.code, Some(0), "{tested:?}");
    let port = node.port();
    drop(node);
    let says =
        |taken: &[HookRequest], text: &str| taken.iter().any(|request| request.body.contains(text));
    hook.wait("the loss", |taken| says(taken, "state is unreachable"));
    let _back = FakeNode::from_fixtures_on(port, "core-31.99/synced-prunable");
    hook.wait("the return", |taken| says(taken, "was unreachable"));
    let failed = "outcome=\"failed\"} 0";
    let page = daemon.get("/metrics");
    assert!(page.text().contains(failed), "{}", page.text());
    assert!(
        !daemon.log().contains("notification not sent"),
        "{}",
        daemon.log()
    );
    hook.taken().iter().map(HookRequest::json).collect()
}

#[test]
fn ntfy_takes_the_documented_template() {
    // https://docs.ntfy.sh/publish/#publish-as-json
    let hook = strict(|request, body| {
        let topic = text(body, "topic")?;
        let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if topic.len() > 64 || !topic.chars().all(is_letter) {
            return Err(format!("invalid topic {topic}"));
        }
        if request.path != "/" {
            return Err("JSON is published to the root".to_owned());
        }
        text(body, "message")?;
        text(body, "title")?;
        if !body["priority"]
            .as_u64()
            .is_some_and(|priority| (1..=5).contains(&priority))
        {
            return Err("invalid priority".to_owned());
        }
        let tags = body["tags"].as_array().ok_or("tags is no list")?;
        if !tags.iter().all(Value::is_string) {
            return Err("a tag is no text".to_owned());
        }
        let known = ["topic", "message", "title", "priority", "tags"];
        let mut names = body.as_object().into_iter().flat_map(serde_json::Map::keys);
        names
            .find(|name| !known.contains(&name.as_str()))
            .map_or(Ok(()), |name| Err(format!("unknown {name}")))
    });
    let sent = notify("ntfy", "/", &hook);
    assert!(
        sent.iter()
            .any(|sent| sent["title"] == "main state: unreachable"),
        "{sent:?}"
    );
}

#[test]
fn a_hook_that_is_compatible_with_slack_takes_the_documented_template() {
    let hook = strict(|request, body| {
        if request.header("content-type") != Some("application/json") {
            return Err("invalid_payload".to_owned());
        }
        text(body, "text").map_err(|_| "no_text".to_owned())?;
        Ok(())
    });
    let sent = notify("Slack", "/services/T0/B0/XXXX", &hook);
    let is_loss = |sent: &&Value| sent["text"].as_str().unwrap().contains("unreachable");
    assert!(sent.iter().any(|sent| is_loss(&sent)), "{sent:?}");
}

#[test]
fn pagerduty_takes_the_documented_template_and_an_incident_is_resolved_by_its_key() {
    // The required members of an alert event, https://developer.pagerduty.com/docs/events-api-v2
    let hook = strict(|request, body| {
        if request.path != "/v2/enqueue" {
            return Err("no such path".to_owned());
        }
        if text(body, "routing_key")?.len() != 32 {
            return Err("invalid routing key".to_owned());
        }
        let action = text(body, "event_action")?;
        if !matches!(action, "trigger" | "acknowledge" | "resolve") {
            return Err(format!("invalid event_action {action}"));
        }
        if text(body, "dedup_key")?.len() > 255 {
            return Err("dedup_key is too long".to_owned());
        }
        let payload = &body["payload"];
        if text(payload, "summary")?.chars().count() > 1024 {
            return Err("summary is too long".to_owned());
        }
        text(payload, "source")?;
        let severity = text(payload, "severity")?;
        if !matches!(severity, "critical" | "error" | "warning" | "info") {
            return Err(format!("invalid severity {severity}"));
        }
        let time = text(payload, "timestamp")?;
        time.parse::<jiff::Timestamp>()
            .map_err(|error| error.to_string())?;
        Ok(())
    });
    let sent = notify("PagerDuty", "/v2/enqueue", &hook);
    let of_state: Vec<(&str, &str)> = sent
        .iter()
        .filter(|sent| sent["dedup_key"] == "bllvmctl/main/state")
        .map(|sent| {
            let action = sent["event_action"].as_str().unwrap();
            (action, sent["payload"]["severity"].as_str().unwrap())
        })
        .collect();
    assert_eq!(of_state.first(), Some(&("trigger", "critical")), "{sent:?}");
    assert_eq!(of_state.last(), Some(&("resolve", "info")), "{sent:?}");
}

#[test]
fn healthchecks_takes_the_documented_heartbeat() {
    const UUID: &str = "/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";
    // https://healthchecks.io/docs/http_api/: POST to the UUID, of the body 100 kB are kept.
    let hook = strict(|request, _| {
        let is_ping = request.method == "POST" && request.path == UUID;
        if is_ping && request.body.len() < 100_000 {
            Ok(())
        } else {
            Err("not found".to_owned())
        }
    });
    let entry = example("healthchecks.io", &hook.url(UUID));
    let entry = entry.replace("heartbeat_secs = 60", "heartbeat_secs = 1");
    let (_node, daemon) = notifying(&entry);
    hook.wait("two signs of life", |taken| taken.len() > 1);
    assert!(
        !daemon.log().contains("notification not sent"),
        "{}",
        daemon.log()
    );
}
