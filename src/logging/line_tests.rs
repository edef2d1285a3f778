//! Tests of `line`.

use serde_json::Value;

use super::*;

fn line(form: Form, message: &str, record: impl Fn(&mut Fields<'_>)) -> String {
    let now = "2025-01-01T00:00:00.9Z".parse().unwrap();
    let mut line = String::new();
    let head = Head {
        now,
        level: "INFO",
        target: "rpc_request",
    };
    write(
        &mut line,
        &mut Stamp::default(),
        head,
        message,
        form,
        record,
    );
    line
}

#[test]
fn a_request_reads_as_the_contract_shows_it() {
    let text = line(Form::Text, "", |fields| {
        fields.text("request_id", "abc12345");
        fields.text("method", "getblockhash");
        fields.debug("client_addr", &format_args!("127.0.0.1:12345"));
        fields.integer("request_size", 123);
    });
    assert_eq!(
        text,
        "[2025-01-01T00:00:00Z INFO rpc_request] request_id=abc12345 method=getblockhash \
         client_addr=127.0.0.1:12345 request_size=123\n"
    );
}

#[test]
fn a_value_cannot_end_the_line_or_forge_a_field() {
    let evil = "a\nb=\"c\" level=ERROR \u{1b}[31m\u{202e}\u{2028}ä";
    for text in [
        line(Form::Text, "x\ny", |fields| fields.text("method", evil)),
        line(Form::Text, "x\ny", |fields| {
            fields.debug("method", &format_args!("{evil}"));
        }),
    ] {
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(
            !text.contains(['\u{1b}', '\u{202e}', '\u{2028}']) && text.contains("\\u{2028}ä"),
            "{text}"
        );
        assert!(text.contains(r#"method="a\nb=\"c\" level=ERROR"#), "{text}");
    }
}

#[test]
fn json_is_one_object_a_line_with_the_same_names() {
    let evil = "a\n\"b\\\u{1}é";
    let text = line(Form::Json, "hello\nworld", |fields| {
        fields.integer("status", 200);
        fields.plain("duration_ms", &0.25);
        fields.plain("nothing", &f64::NAN);
        fields.text("evil", evil);
        fields.debug("debugged", &format_args!("{evil}"));
        fields.debug("bare", &format_args!("127.0.0.1:1"));
    });
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&value["status"], &value["duration_ms"]),
        (&Value::from(200), &Value::from(0.25))
    );
    assert_eq!(
        (&value["nothing"], &value["bare"]),
        (&Value::Null, &Value::from("127.0.0.1:1"))
    );
    assert_eq!(
        (&value["evil"], &value["debugged"]),
        (&Value::from(evil), &Value::from(evil))
    );
    assert_eq!(value["target"], "rpc_request");
    assert_eq!(value["message"], "hello\nworld");
    assert_eq!(value["timestamp"], "2025-01-01T00:00:00.900Z");
}

#[test]
fn under_the_journal_there_is_no_second_time() {
    assert_eq!(
        line(Form::TextWithoutTime, "hello", |_| {}),
        "[INFO rpc_request] hello\n"
    );
}

#[test]
fn each_second_has_its_own_text() {
    let at = |text: &str| text.parse().unwrap();
    let mut stamp = Stamp::default();
    assert_eq!(
        stamp.of(at("2025-01-01T00:00:00.9Z")),
        "2025-01-01T00:00:00"
    );
    assert_eq!(
        stamp.of(at("2025-01-01T00:00:01.1Z")),
        "2025-01-01T00:00:01"
    );
    assert_eq!(
        stamp.of(at("2025-01-01T00:00:00.9Z")),
        "2025-01-01T00:00:00"
    );
}
