//! What is shipped for others to run: the systemd units, the chart and manifests for Kubernetes, the
//! alerting rules, the boards for Grafana, files for balancers and monitors, two gateways with one
//! limit.

mod alerts;
mod balancers;
mod compose;
mod grafana;
mod haproxy;
mod kubernetes;
mod monitors;
mod packages;
mod systemd;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::child;
use crate::support::surroundings::{program, repository};

fn shipped(path: &str) -> String {
    let path = repository().join("contrib").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A Python with a reader of YAML: the one that checks the manifests for Kubernetes.
fn python() -> Option<PathBuf> {
    let validate = program("KUBERNETES_VALIDATE", "kubernetes-validate")?;
    let python = validate.parent()?.join("python");
    python.exists().then_some(python)
}

/// The documents in `yaml`, as Python's YAML reads them.
#[track_caller]
fn documents(python: &Path, yaml: &str) -> Vec<Value> {
    let mut command = Command::new(python);
    let script = "import json, sys, yaml; json.dump([d for d in yaml.safe_load_all(sys.stdin) if d], sys.stdout)";
    command.args(["-c", script]);
    let read = child::run(command, yaml.as_bytes(), Duration::from_mins(1));
    assert_eq!(read.code, Some(0), "{read:?}");
    serde_json::from_str(&read.stdout).expect("JSON")
}
