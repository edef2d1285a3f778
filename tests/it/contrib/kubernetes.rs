//! The manifest for Kubernetes: its probe is run as the kubelet would run it, its configuration is
//! checked.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::shipped;
use crate::support::child::{self, Output};
use crate::support::daemon::run;
use crate::support::skip::or_skip;
use crate::support::surroundings::{free_port, program};

const MANIFEST: &str = "kubernetes/bitcoind.yaml";

/// The block of text that begins behind the first line that ends with `mark`, without its
/// indentation.
fn block(manifest: &str, mark: &str) -> String {
    let mut lines = manifest
        .lines()
        .skip_while(|line| !line.trim_end().ends_with(mark))
        .skip(1)
        .peekable();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let indentation = lines.peek().map(|line| depth(line)).expect("a block");
    let inside = lines.take_while(|line| line.trim().is_empty() || depth(line) >= indentation);
    inside
        .map(|line| line.get(indentation..).unwrap_or_default().to_owned() + "\n")
        .collect()
}

/// The exit code of bitcoind's probe if bllvmctl is at `port`.
fn probe(port: u16) -> Option<i32> {
    let script = block(&shipped(MANIFEST), "- |");
    assert!(script.contains("18332"), "{script}");
    let mut command = Command::new("bash");
    command.args(["-c", &script.replace("18332", &port.to_string())]);
    child::run(command, b"", Duration::from_mins(1)).code
}

/// A port at which one request is answered with `answer`; with nothing, the connection stays open
/// and silent.
fn answering(answer: &'static str) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 256];
        let read = connection.read(&mut request).unwrap();
        assert!(request[..read].starts_with(b"GET /health/live HTTP/1.0\r\n"));
        connection.write_all(answer.as_bytes()).unwrap();
        if answer.is_empty() {
            // Until the probe has given up.
            while connection.read(&mut request).is_ok_and(|read| read > 0) {}
        }
    };
    (port, thread::spawn(serve))
}

#[test]
fn bitcoind_is_killed_only_if_bllvmctl_says_that_it_is_dead() {
    or_skip!(program("BASH", "bash"), "there is no bash");
    assert_eq!(probe(free_port()), Some(0), "no bllvmctl there");
    let answers = [
        ("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"alive\"}", 0),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", 1),
        ("HTTP/1.1 404 Not Found\r\n\r\n", 0),
        ("", 0),
    ];
    for (answer, code) in answers {
        let (port, served) = answering(answer);
        assert_eq!(probe(port), Some(code), "{answer}");
        served.join().unwrap();
    }
}

#[test]
fn no_probe_of_bitcoind_asks_the_port_of_bllvmctl_by_http() {
    let manifest = shipped(MANIFEST);
    let containers: Vec<_> = manifest.split("\n        - name: ").collect();
    let [_, bitcoind, bllvmctl, ..] = containers.as_slice() else {
        panic!("{containers:?}")
    };
    assert!(
        bitcoind.starts_with("bitcoind\n") && !bitcoind.contains("httpGet:"),
        "{bitcoind}"
    );
    assert!(
        bllvmctl.starts_with("bllvmctl\n") && bllvmctl.contains("/health/live?scope=daemon"),
        "{bllvmctl}"
    );
    assert!(
        bllvmctl.contains("httpGet: {path: /health/ready"),
        "{bllvmctl}"
    );
    assert!(
        manifest.contains("terminationGracePeriodSeconds: 600\n"),
        "bitcoind writes its cache first"
    );
}

#[test]
fn its_configuration_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, block(&shipped(MANIFEST), "config.toml: |")).unwrap();
    let output = run(
        &["config", "check", "--offline", file.to_str().unwrap()],
        &[],
    );
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("valid, 0 errors"), "{output:?}");
}

/// What the schemas of Kubernetes say of a manifest, unknown fields refused.
fn validated(tool: &Path, manifest: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.yaml");
    fs::write(&file, manifest).unwrap();
    let mut command = Command::new(tool);
    command.args(["--strict", "-k", "1.30"]).arg(&file);
    child::run(command, b"", Duration::from_mins(1))
}

#[test]
fn the_schemas_of_kubernetes_take_every_object_and_know_every_field() {
    let tool = or_skip!(
        program("KUBERNETES_VALIDATE", "kubernetes-validate"),
        "there is no kubernetes-validate: KUBERNETES_VALIDATE is not set, and none is on the PATH"
    );
    let manifest = shipped(MANIFEST);
    let output = validated(&tool, &manifest);
    assert_eq!(output.code, Some(0), "{output:?}");
    let said = output.stdout.clone() + &output.stderr;
    let objects = said.matches(" passed for resource ").count();
    assert_eq!(objects, manifest.matches("\nkind: ").count(), "{output:?}");
    // So that it is known to look: a field in the wrong place is refused.
    let wrong = manifest.replace("terminationGracePeriodSeconds", "terminationGraceSeconds");
    assert_ne!(validated(&tool, &wrong).code, Some(0));
}
