//! `config check` of a store, and stores that cannot be used.

use super::*;
use crate::support::daemon::run;
use crate::support::redis::redis_or_skip;
use crate::support::surroundings::free_port;
use crate::support::tls::Authority;

/// What `config check` says of a daemon whose store is `redis`.
#[track_caller]
fn check(redis: &Redis, more: &str) -> (Option<i32>, String) {
    let node = node();
    let daemon = Daemon::start(shared(&node, redis, (100.0, 200), more));
    let checked = daemon.cli(&["config", "check"]);
    (checked.code, checked.stdout + &checked.stderr)
}

#[test]
fn a_store_that_can_be_used_is_no_problem() {
    let redis = Redis::start(&redis_or_skip!());
    let (code, said) = check(&redis, "");
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("limits."), "{said}");
}

#[test]
fn a_store_that_cannot_be_reached_is_a_warning() {
    let mut redis = Redis::start(&redis_or_skip!());
    redis.kill();
    let (code, said) = check(&redis, "");
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("limits.url") && said.contains("cannot connect"),
        "{said}"
    );
}

#[test]
fn a_store_that_throws_limits_away_is_an_error() {
    let redis = Redis::start_with(&redis_or_skip!(), &["--maxmemory-policy", "allkeys-lru"]);
    let (code, said) = check(&redis, "");
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("maxmemory-policy is allkeys-lru"), "{said}");
    let redis = Redis::start_with(&redis_or_skip!(), &["--maxmemory-policy", "volatile-lru"]);
    let (code, said) = check(&redis, "");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("maxmemory-policy is volatile-lru"), "{said}");
}

#[test]
fn a_cluster_and_a_sentinel_are_refused_with_a_sentence() {
    let executable = redis_or_skip!();
    let bus = free_port().to_string();
    let options = ["--cluster-enabled", "yes", "--cluster-port", &bus];
    let cluster = Redis::start_with(&executable, &options);
    let (code, said) = check(&cluster, "");
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("this is a node of a cluster, which is not supported"),
        "{said}"
    );
    let node = node();
    let daemon = Daemon::start(shared(&node, &cluster, (0.001, 4), "replicas = 2"));
    daemon.wait_for_log("a node of a cluster");
    assert_eq!(passed(&daemon, "10.0.0.1", 10), 2);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("sentinel.conf");
    std::fs::write(&file, "").expect("a file");
    let sentinel = Redis::start_sentinel(&executable, &file);
    let (code, said) = check(&sentinel, "");
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("this is a Sentinel, which keeps no data"),
        "{said}"
    );
}

#[test]
fn a_password_that_is_wrong_is_an_error_and_a_right_one_is_taken_up_from_its_file() {
    let redis = Redis::start_with(&redis_or_skip!(), &["--requirepass", "hunter2"]);
    let (code, said) = check(&redis, "");
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("limits.url_password_file"), "{said}");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("password");
    let more = format!("url_password_file = \"{}\"", file.display());
    let write = |text: &str| crate::support::daemon::write_private(&file, text);
    write("wrong\n");
    let (code, said) = check(&redis, &more);
    assert_eq!(code, Some(78), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let node = node();
    let daemon = Daemon::start(shared(&node, &redis, (0.001, 4), &more));
    daemon.wait_for_log("refuses the login");
    assert_eq!(call(&daemon, "10.0.0.1").status, 200);
    write("hunter2\n");
    wait_up(&daemon, true);
    assert!(!daemon.log().contains("hunter2"));
    let (code, said) = check(&redis, &more);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_store_is_asked_over_tls_if_its_certificate_is_trusted() {
    let authority = Authority::new("the stores");
    let issued = authority.issue("store", &["127.0.0.1"]);
    let port = free_port();
    let port_text = port.to_string();
    let ca = authority.ca();
    let text = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let certificate = text(&issued.certificate);
    let key = text(&issued.key);
    let ca = text(&ca);
    let options = [
        ["--tls-port", &port_text],
        ["--tls-cert-file", &certificate],
        ["--tls-key-file", &key],
        ["--tls-ca-cert-file", &ca],
        ["--tls-auth-clients", "no"],
    ];
    let redis = Redis::start_with(&redis_or_skip!(), &options.concat());
    let node = node();
    let more = format!("[limits]\nurl = \"rediss://127.0.0.1:{port}/0\"");
    let daemon = Daemon::start(shared(&node, &redis, (100.0, 200), "").with(&more));
    let file = daemon.config_file();
    let check = ["config", "check", file.to_str().expect("UTF-8")];
    let trusted = run(&check, &[("SSL_CERT_FILE", ca.as_str())]);
    assert_eq!(trusted.code, Some(0), "{trusted:?}");
    let said = trusted.stdout + &trusted.stderr;
    assert!(!said.contains("limits.url"), "{said}");
    let unknown = run(&check, &[]);
    let said = unknown.stdout + &unknown.stderr;
    assert!(said.contains("cannot connect to rediss://"), "{said}");
}

#[test]
fn what_is_wrong_in_the_section_is_said_with_what_to_write() {
    let node = node();
    let checked = |limits: &str| {
        let daemon = Daemon::launch(attached_to_fake(&node).with(&format!("[limits]\n{limits}")));
        let checked = daemon.cli(&["config", "check", "--offline"]);
        assert_eq!(checked.code, Some(78), "{limits}: {checked:?}");
        checked.stdout + &checked.stderr
    };
    let said = checked("store = \"etcd\"");
    assert!(
        said.contains("limits.store") && said.contains("redis"),
        "{said}"
    );
    let said = checked("url = \"redis://:hunter2@127.0.0.1\"");
    assert!(said.contains("limits.url_password_file"), "{said}");
    let said = checked("url = \"127.0.0.1:6379\"");
    assert!(said.contains("redis://127.0.0.1:6379"), "{said}");
    let said = checked("namespace = \"a b\"");
    assert!(said.contains("limits.namespace"), "{said}");
    let said = checked("replicas = 0");
    assert!(said.contains("limits.replicas"), "{said}");
    let said = checked("when_away = \"shut\"");
    assert!(
        said.contains("share, open, closed") || said.contains("\"closed\""),
        "{said}"
    );
}
