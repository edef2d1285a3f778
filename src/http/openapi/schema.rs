//! The schemas of documents, as precise as the documents are. Pure.
//!
//! What the derive of `utoipa` cannot know: a document of the daemon has all its members but those
//! that serde skips, however little a reader asks of it; and a flattened document is one object.

use serde_json::{Map, Value, json};

/// The members that are left out where they have nothing to say: those with
/// `skip_serializing_if`, by document. All others are always there.
const LEFT_OUT: [(&str, &[&str]); 7] = [
    ("CheckResult", &["since"]),
    (
        "DetailedHealth",
        &["state_since", "history", "nodes", "warnings"],
    ),
    ("EventDocument", &["peer", "by", "request"]),
    ("NodeHealth", &["state_since"]),
    ("NodeHour", &["answered_per_sec"]),
    (
        "PlainHealth",
        &[
            "timestamp",
            "chain_initialized",
            "storage_available",
            "reasons",
            "warnings",
        ],
    ),
    (
        "ProblemDetails",
        &["nodes", "plan", "job_id", "job", "problems"],
    ),
];

/// Requests that name a thing in one of several ways, and each way.
const EITHER: [(&str, &[&str]); 2] = [
    ("LeaseRequest", &["from_height", "last"]),
    ("RetryRequest", &["address", "all"]),
];

/// The description with precise schemas.
pub(super) fn normalised(mut document: Value) -> Value {
    let schemas = document.pointer_mut("/components/schemas");
    if let Some(Value::Object(schemas)) = schemas {
        merge_flattened(schemas);
        for (name, schema) in schemas.iter_mut() {
            refine(name, schema);
        }
    }
    refine_numbers(&mut document);
    document
}

/// Makes one object of each document that has another one flattened into it.
fn merge_flattened(schemas: &mut Map<String, Value>) {
    let known = schemas.clone();
    for schema in schemas.values_mut() {
        let Some(Value::Array(parts)) = schema.get("allOf") else {
            continue;
        };
        let mut properties = Map::new();
        let mut description = schema.get("description").cloned();
        for part in parts {
            let name = part["$ref"].as_str().and_then(|at| at.rsplit('/').next());
            let part = name.and_then(|name| known.get(name)).unwrap_or(part);
            if let Some(Value::Object(members)) = part.get("properties") {
                properties.extend(members.clone());
            }
        }
        *schema = json!({"type": "object", "properties": properties});
        if let (Some(text), Some(object)) = (description.take(), schema.as_object_mut()) {
            object.insert("description".to_owned(), text);
        }
    }
}

fn refine(name: &str, schema: &mut Value) {
    remove_defaults(schema, name.ends_with("Request"));
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if name.ends_with("Request") {
        refine_request(name, object);
        return;
    }
    let Some(Value::Object(properties)) = object.get_mut("properties") else {
        return;
    };
    let left_out = left_out(name);
    for (member, schema) in properties.iter_mut() {
        if left_out.contains(&member.as_str()) {
            remove_null(schema);
        }
    }
    let always = properties.keys().map(String::as_str);
    let always: Vec<_> = always.filter(|member| !left_out.contains(member)).collect();
    let always = json!(always);
    object.insert("required".to_owned(), always);
}

/// The members of the document `name` that may be left out. A document with another one flattened
/// into it has those of both.
fn left_out(name: &str) -> &'static [&'static str] {
    let name = match name {
        "StatusDocument" => "DetailedHealth",
        name => name,
    };
    let found = LEFT_OUT.iter().find(|(document, _)| *document == name);
    found.map_or(&[], |(_, members)| members)
}

fn refine_request(name: &str, object: &mut Map<String, Value>) {
    let Some((_, ways)) = EITHER.iter().find(|(request, _)| *request == name) else {
        return;
    };
    let of_way = |way: &&str| {
        let member = |name: &&str| {
            let absent = json!({"enum": [null, false]});
            let schema = if name == way {
                json!({"not": absent})
            } else {
                absent
            };
            ((*name).to_owned(), schema)
        };
        let members: Map<String, Value> = ways.iter().map(member).collect();
        json!({"required": [way], "properties": members})
    };
    let ways: Vec<Value> = ways.iter().map(of_way).collect();
    object.insert("oneOf".to_owned(), json!(ways));
}

/// Removes what a reader takes for a member that is not there, which a document of the daemon does
/// not say.
fn remove_defaults(schema: &mut Value, is_request: bool) {
    match schema {
        Value::Object(object) => {
            if !is_request {
                object.remove("default");
            }
            if let Some(only) = only_choice(object) {
                *object = only;
            }
            for (keyword, value) in object.iter_mut() {
                match value {
                    // Names of members, which are no keywords.
                    Value::Object(members) if keyword == "properties" => members
                        .values_mut()
                        .for_each(|member| remove_defaults(member, is_request)),
                    value => remove_defaults(value, is_request),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                remove_defaults(item, is_request);
            }
        }
        _ => {}
    }
}

/// What a choice of one thing is.
fn only_choice(object: &Map<String, Value>) -> Option<Map<String, Value>> {
    let choices = object.get("oneOf").or_else(|| object.get("allOf"))?;
    match choices.as_array()?.as_slice() {
        [Value::Object(only)] if !object.contains_key("properties") => {
            let mut only = only.clone();
            if let Some(text) = object.get("description") {
                only.insert("description".to_owned(), text.clone());
            }
            Some(only)
        }
        _ => None,
    }
}

/// A member that is left out is never `null`.
fn remove_null(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("oneOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let Some(only) = only_choice(object) {
            *object = only;
        }
    }
}

/// Numbers end where their format does, which has the name of the registry of formats.
fn refine_numbers(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let format = match object.get("format").and_then(Value::as_str) {
                Some("u-int32") => Some(("uint32", u64::from(u32::MAX))),
                Some("u-int64") => Some(("uint64", u64::MAX)),
                _ => None,
            };
            if let Some((format, largest)) = format {
                object.insert("format".to_owned(), json!(format));
                object.entry("maximum").or_insert(json!(largest));
            }
            object.values_mut().for_each(refine_numbers);
        }
        Value::Array(items) => items.iter_mut().for_each(refine_numbers),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_all_members_but_those_that_are_left_out() {
        let schemas = json!({
            "CheckResult": {
                "type": "object",
                "properties": {
                    "name": {"oneOf": [{"$ref": "#/components/schemas/CheckId"}], "default": ""},
                    "since": {"type": ["string", "null"], "format": "date-time"},
                    "age": {"type": ["integer", "null"], "format": "u-int32", "minimum": 0},
                },
            },
        });
        let made = normalised(json!({"components": {"schemas": schemas}}));
        let expected = json!({
            "type": "object",
            "properties": {
                "name": {"$ref": "#/components/schemas/CheckId"},
                "since": {"type": "string", "format": "date-time"},
                "age": {
                    "type": ["integer", "null"], "format": "uint32", "minimum": 0,
                    "maximum": 4_294_967_295_u64,
                },
            },
            "required": ["name", "age"],
        });
        assert_eq!(made["components"]["schemas"]["CheckResult"], expected);
    }

    #[test]
    fn a_flattened_document_is_one_object() {
        let schemas = json!({
            "DetailedHealth": {"type": "object", "properties": {"a": {}, "history": {}}},
            "StatusDocument": {"allOf": [
                {"$ref": "#/components/schemas/DetailedHealth"},
                {"type": "object", "properties": {"tasks": {}}},
            ], "description": "All."},
        });
        let made = normalised(json!({"components": {"schemas": schemas}}));
        let expected = json!({
            "type": "object",
            "properties": {"a": {}, "history": {}, "tasks": {}},
            "description": "All.",
            "required": ["a", "tasks"],
        });
        assert_eq!(made["components"]["schemas"]["StatusDocument"], expected);
    }
}
