//! Holds every answer of the control API and of the health paths to the OpenAPI description: a path
//! that is described, a status, a media type and a document that the description has, and no member
//! beside those.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The refusals of a path that is not described, and of a method that is not one of its own.
const REFUSALS: [u16; 7] = [400, 401, 403, 404, 405, 409, 429];

/// The description, and what is made of it when it is first needed.
struct Description {
    document: Value,
    /// By the pointer of their schemas.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

fn description() -> &'static Description {
    static DESCRIPTION: OnceLock<Description> = OnceLock::new();
    DESCRIPTION.get_or_init(|| {
        let text = bllvmctl::http::openapi_document();
        let mut document: Value = serde_json::from_str(&text).expect("a description in JSON");
        close(&mut document["components"]["schemas"]);
        Description {
            document,
            validators: Mutex::default(),
        }
    })
}

/// A later version may add members; what this one adds has to be described.
fn close(schemas: &mut Value) {
    for schema in schemas.as_object_mut().expect("schemas").values_mut() {
        let object = schema.as_object_mut().expect("a schema");
        if object.contains_key("properties") {
            object.insert("additionalProperties".to_owned(), json!(false));
        }
    }
}

/// An answer, as far as the description has something to say of it.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) media_type: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

/// Panics unless the description has this answer to `method` of `target`.
#[track_caller]
pub(crate) fn hold(method: &str, target: &str, answer: &Answer<'_>) {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let is_health = path.strip_suffix('/').unwrap_or(path);
    let path = match is_health {
        "/health" | "/health/live" | "/health/ready" | "/health/detailed" => is_health,
        _ if path == "/api" || path.starts_with("/api/") => path,
        _ => return,
    };
    if let Err(fault) = check(method, path, answer) {
        panic!(
            "{method} {target} was answered with {}, which docs/openapi.json has not: {fault}\n{}",
            answer.status,
            String::from_utf8_lossy(answer.body)
        );
    }
}

fn check(method: &str, path: &str, answer: &Answer<'_>) -> Result<(), String> {
    let is_head = method == "HEAD";
    let operation = operation(if is_head { "GET" } else { method }, path);
    let Some(operation) = operation else {
        return refused(method, path, answer);
    };
    let document = &description().document;
    let mut response = format!("{operation}/responses/{}", answer.status);
    let Some(mut response_value) = document.pointer(&response) else {
        return Err(format!("no such status of {operation}"));
    };
    if let Some(shared) = response_value["$ref"].as_str() {
        response = shared.trim_start_matches('#').to_owned();
        response_value = document.pointer(&response).expect("a shared response");
    }
    let essence = answer.media_type.unwrap_or_default().split(';').next();
    let essence = essence.unwrap_or_default().trim();
    if response_value["content"].get(essence).is_none() {
        return Err(format!("no content of type {essence:?} at {response}"));
    }
    if is_head {
        return match answer.body {
            [] => Ok(()),
            _ => Err("the answer to HEAD has a body".to_owned()),
        };
    }
    let schema = format!("{response}/content/{}/schema", essence.replace('/', "~1"));
    fits(&schema, essence, answer.body)
}

/// What is not described is refused, with problem details or, of a health path, a line of text.
fn refused(method: &str, path: &str, answer: &Answer<'_>) -> Result<(), String> {
    if !REFUSALS.contains(&answer.status) {
        return Err(format!("{method} of {path} is not described"));
    }
    let media_type = answer.media_type.unwrap_or_default();
    let is_text = path.starts_with("/health") && media_type.starts_with("text/plain");
    if method == "HEAD" || is_text {
        return Ok(());
    }
    if media_type != "application/problem+json" {
        return Err(format!("a refusal of type {media_type:?}"));
    }
    fits(
        "/components/schemas/ProblemDetails",
        media_type,
        answer.body,
    )
}

/// The pointer to the operation of `method` at `path`.
fn operation(method: &str, path: &str) -> Option<String> {
    let paths = description().document["paths"].as_object()?;
    let is_it = |template: &str| {
        let mut given = path.split('/');
        let mut described = template.split('/');
        loop {
            match (given.next(), described.next()) {
                (None, None) => return true,
                (Some(given), Some(described)) => {
                    if given != described && !described.starts_with('{') {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    };
    // One that is written out comes before one with a segment that stands for any.
    let mut found = paths.iter().filter(|(template, _)| is_it(template));
    let exact = found.clone().find(|(template, _)| *template == path);
    let (template, item) = exact.or_else(|| found.next())?;
    let method = method.to_ascii_lowercase();
    let _: &Value = item.get(&method)?;
    Some(format!("/paths/{}/{method}", template.replace('/', "~1")))
}

fn fits(schema: &str, media_type: &str, body: &[u8]) -> Result<(), String> {
    let document: Value = if media_type.ends_with("json") {
        serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"))?
    } else {
        json!(std::str::from_utf8(body).map_err(|error| format!("no UTF-8: {error}"))?)
    };
    let validator = validator(schema);
    let faults = validator.iter_errors(&document);
    let faults: Vec<_> = faults
        .map(|fault| format!("at {}: {fault}", fault.instance_path()))
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(format!("{}\nby {schema}", faults.join("\n")))
    }
}

fn validator(pointer: &str) -> Arc<Validator> {
    let known = |validators: &HashMap<String, Arc<Validator>>| validators.get(pointer).cloned();
    let validators = || {
        let lock = description().validators.lock();
        lock.unwrap_or_else(std::sync::PoisonError::into_inner)
    };
    if let Some(validator) = known(&validators()) {
        return validator;
    }
    let document = &description().document;
    let schema = document.pointer(pointer).expect("a schema");
    let mut root = Map::new();
    root.insert("allOf".to_owned(), json!([schema]));
    root.insert("components".to_owned(), document["components"].clone());
    let made = jsonschema::options()
        .should_validate_formats(true)
        .build(&Value::Object(root))
        .unwrap_or_else(|error| panic!("the schema at {pointer} is none: {error}"));
    let made = Arc::new(made);
    validators().insert(pointer.to_owned(), Arc::clone(&made));
    made
}
