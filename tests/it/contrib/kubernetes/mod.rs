//! The chart and the manifests for Kubernetes. Helm's own library renders them, the schemas of
//! Kubernetes judge them, and a stand-in for the kubelet runs the containers and the probes that they
//! name.

mod gateways;
mod kubelet;
mod node_pod;
mod pod;
mod rendered;
mod schemas;
mod volumes;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::{documents, python, shipped};
use crate::support::child::{self, Output};
use crate::support::surroundings::repository;

const CHART: &str = "contrib/kubernetes/chart";
/// What is rendered from the chart and committed.
const MANIFESTS: [&str; 3] = ["bitcoind.yaml", "two-gateways.yaml", "monitoring.yaml"];
const LONG: Duration = Duration::from_mins(1);

/// The Python that has Helm's library.
fn helm() -> Option<std::path::PathBuf> {
    let python = python()?;
    let mut command = Command::new(&python);
    command.args(["-c", "import helm_python"]);
    (child::run(command, b"", LONG).code == Some(0)).then_some(python)
}

/// The end of the test with a loud line where Helm's library is not there.
macro_rules! helm_or_skip {
    () => {
        crate::support::skip::or_skip!(
            super::helm(),
            "there is no helm-python-sdk beside kubernetes-validate (KUBERNETES_VALIDATE)"
        )
    };
}
use helm_or_skip;

/// What the chart is rendered to: into `folder`, or with `values` to standard output.
fn render(helm: &Path, folder: &Path, values: Option<&Value>) -> Output {
    let mut command = Command::new(helm);
    command
        .arg(repository().join("tests/it/contrib/kubernetes/render.py"))
        .arg(repository().join(CHART))
        .arg(folder)
        .args(values.map(Value::to_string));
    child::run(command, b"", LONG)
}

/// The objects that the chart makes of `values`.
#[track_caller]
fn objects(helm: &Path, values: &Value) -> Vec<Value> {
    let output = render(helm, Path::new("/"), Some(values));
    assert_eq!(output.code, Some(0), "{output:?}");
    documents(helm, &output.stdout)
}

/// The object of this kind and name.
#[track_caller]
fn object<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let is_it = |object: &&Value| object["kind"] == kind && object["metadata"]["name"] == name;
    let found = objects.iter().find(is_it);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn manifest(name: &str) -> String {
    shipped(&format!("kubernetes/{name}"))
}
