//! Invalid input is reported with the value, and with what to write.

use super::*;
use crate::support::daemon::run;
use crate::support::http::Request;
use crate::support::ready::ready;

#[test]
fn a_size_that_is_none_is_exit_2_with_the_value_and_what_to_write() {
    for (size, hint) in [
        ("80", "`80G`"),
        ("80 gigs", "such as 80G"),
        ("-1", "such as 80G"),
        ("1e400", "such as 80G"),
        ("1e400G", "such as 80G"),
        ("80X", "such as 80G"),
        ("", "such as 80G"),
        ("99999999T", "too large"),
    ] {
        let output = run(&["prune", "--to", size], &[]);
        assert_exit(&output, 2);
        assert!(
            output.stderr.contains(size) && output.stderr.contains(hint),
            "{size}: {output:?}"
        );
    }
}

#[test]
fn heights_and_numbers_that_are_none_and_flags_that_exclude_each_other_are_exit_2() {
    for (arguments, expected) in [
        (&["--to-height", "-1"][..], "write the height of a block"),
        (
            &["--to-height", "4294967296"],
            "write the height of a block",
        ),
        (&["--keep-blocks", "1.5"], "write a number of blocks"),
        (&["--to", "1G", "--to-height", "5"], "cannot be used with"),
        (&["--dry-run", "--no-wait"], "cannot be used with"),
        (&["--to", "1G", "status"], "only shows"),
        (&["status", "--yes"], "--yes"),
        (&["nosuch"], "nosuch"),
    ] {
        let output = run(&[&["prune"], arguments].concat(), &[]);
        assert_exit(&output, 2);
        assert!(output.stderr.contains(expected), "{expected}: {output:?}");
    }
}

#[test]
fn a_target_above_the_threshold_is_an_error_of_the_configuration() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("c.toml");
    std::fs::write(
        &file,
        "[storage]\npruning_threshold_gb = 80\npruning_target_gb = 90\n",
    )
    .unwrap();
    let output = run(
        &["config", "check", "--offline", file.to_str().unwrap()],
        &[],
    );
    assert_exit(&output, 78);
    assert!(
        output.stdout.contains("c.toml:3:") && output.stdout.contains("must be below"),
        "{output:?}"
    );
}

#[test]
fn the_control_api_tells_what_is_wrong_with_a_request_and_needs_its_token() {
    let (_node, daemon) = ready(QUICK);
    let token = std::fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let bearer = format!("Bearer {token}");
    let send = |method: &'static str, path: &str, body: &str| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        let request = Request {
            method,
            ..Request::post(path, body.as_bytes())
        };
        daemon.send(request.with(&headers))
    };
    for (method, path, body, status, expected) in [
        (
            "POST",
            "/api/v1/prune/jobs",
            r#"{"to_bytes":1,"to_height":2}"#,
            400,
            "exclude each other",
        ),
        (
            "POST",
            "/api/v1/prune/jobs",
            r#"{"to_size":1}"#,
            400,
            "to_size",
        ),
        (
            "POST",
            "/api/v1/prune/jobs",
            r#"{"to_bytes":-1}"#,
            400,
            "-1",
        ),
        ("POST", "/api/v1/prune/plan", "{", 400, "not valid"),
        ("DELETE", "/api/v1/prune/jobs", "", 405, "GET, POST"),
        ("GET", "/api/v1/prune/jobs/7", "", 404, "no prune job 7"),
        ("GET", "/api/v1/prune/nosuch", "", 404, "nosuch"),
        (
            "POST",
            "/api/v1/leases",
            r#"{"name":"a"}"#,
            400,
            "from_height and last",
        ),
        (
            "POST",
            "/api/v1/leases",
            r#"{"name":"a/b","last":5}"#,
            422,
            "not a name",
        ),
        (
            "DELETE",
            "/api/v1/leases/nosuch",
            "",
            404,
            "no lease nosuch",
        ),
    ] {
        let answer = send(method, path, body);
        assert_eq!(answer.status, status, "{path} {body}: {answer:?}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert!(
            answer.json()["detail"].as_str().unwrap().contains(expected),
            "{expected}: {answer:?}"
        );
    }
    assert_eq!(send("GET", "/api/v1/prune", "").status, 200);
    assert_eq!(
        send("GET", "/api/v1/prune/plan", "").json()["action"],
        "idle"
    );
    for path in ["/api/v1/prune", "/api/v1/leases", "/api/v1/prune/jobs"] {
        assert_eq!(daemon.get(path).status, 401, "{path}");
    }
}
