//! The manifests by the schemas of Kubernetes, and what they must and must not have.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{LONG, documents, manifest, python};
use crate::support::child::{self, Output};
use crate::support::daemon::run;
use crate::support::skip::or_skip;
use crate::support::surroundings::program;

/// From the first version whose sidecars are stable to the newest that there is a schema of.
const VERSIONS: [&str; 5] = ["1.33", "1.34", "1.35", "1.36", "1.37"];
const OF_KUBERNETES: [&str; 2] = ["bitcoind.yaml", "two-gateways.yaml"];

/// What the schemas of Kubernetes say of a manifest, unknown fields refused.
fn validated(tool: &Path, version: &str, manifest: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.yaml");
    fs::write(&file, manifest).unwrap();
    let mut command = Command::new(tool);
    command.args(["--strict", "-k", version]).arg(&file);
    child::run(command, b"", LONG)
}

#[test]
fn the_schemas_of_kubernetes_take_every_object_and_know_every_field() {
    let tool = or_skip!(
        program("KUBERNETES_VALIDATE", "kubernetes-validate"),
        "there is no kubernetes-validate: KUBERNETES_VALIDATE is not set, and none is on the PATH"
    );
    for name in OF_KUBERNETES {
        let text = manifest(name);
        for version in VERSIONS {
            let output = validated(&tool, version, &text);
            assert_eq!(output.code, Some(0), "{name} {version}: {output:?}");
            let report = output.stdout.clone() + &output.stderr;
            let objects = report.matches(" passed for resource ").count();
            assert_eq!(
                objects,
                text.matches("\nkind: ").count(),
                "{version}: {output:?}"
            );
            assert!(!report.contains("WARN"), "{version}: {output:?}");
        }
        // So that it is known to look: a field in the wrong place is refused.
        let wrong = text.replace("terminationGracePeriodSeconds", "terminationGraceSeconds");
        assert_ne!(validated(&tool, VERSIONS[0], &wrong).code, Some(0));
    }
}

/// The pods that the objects of a manifest make, each with its name.
fn pods(objects: &[Value]) -> Vec<(&str, &Value)> {
    let mut pods = Vec::new();
    for object in objects {
        let pod = &object["spec"]["template"]["spec"];
        if pod.is_object() {
            pods.push((object["metadata"]["name"].as_str().expect("a name"), pod));
        }
    }
    pods
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = [&pod["initContainers"], &pod["containers"]];
    lists.into_iter().filter_map(Value::as_array).flatten()
}

#[test]
fn no_container_may_do_what_it_does_not_do() {
    let python = or_skip!(
        python(),
        "there is no Python with YAML: KUBERNETES_VALIDATE is not set"
    );
    for name in OF_KUBERNETES {
        let objects = documents(&python, &manifest(name));
        let pods = pods(&objects);
        assert!(!pods.is_empty());
        for (name, pod) in pods {
            let security = &pod["securityContext"];
            assert_eq!(security["runAsNonRoot"], true, "{name}");
            assert!(security["runAsUser"].as_u64() > Some(0), "{name}");
            assert_eq!(
                security["seccompProfile"],
                json!({"type": "RuntimeDefault"}),
                "{name}"
            );
            assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
            for container in containers(pod) {
                let expected = json!({
                    "allowPrivilegeEscalation": false,
                    "readOnlyRootFilesystem": true,
                    "capabilities": {"drop": ["ALL"]},
                });
                assert_eq!(container["securityContext"], expected, "{container}");
                assert!(
                    container["resources"]["limits"]["memory"].is_string(),
                    "{container}"
                );
            }
            // Secrets are files, for nobody else, and no part of the environment.
            assert!(!pod.to_string().contains("secretKeyRef"), "{name}");
            for volume in pod["volumes"].as_array().into_iter().flatten() {
                if volume["secret"].is_object() {
                    assert_eq!(volume["secret"]["defaultMode"], 0o440, "{volume}");
                }
            }
        }
    }
}

#[test]
fn bitcoind_has_ten_minutes_to_write_its_cache_and_no_probe_by_http() {
    let python = or_skip!(
        python(),
        "there is no Python with YAML: KUBERNETES_VALIDATE is not set"
    );
    for name in OF_KUBERNETES {
        let objects = documents(&python, &manifest(name));
        let (_, pod) = *pods(&objects)
            .iter()
            .find(|(name, _)| *name == "bitcoin-node")
            .expect("the pod of the node");
        assert_eq!(pod["terminationGracePeriodSeconds"], 600);
        let bitcoind = &pod["containers"][0];
        assert_eq!(bitcoind["name"], "bitcoind");
        assert!(bitcoind["readinessProbe"].is_null());
        for probe in ["livenessProbe", "startupProbe"] {
            assert!(bitcoind[probe]["exec"].is_object(), "{probe}");
        }
        let sidecar = &pod["initContainers"][0];
        assert_eq!(
            (&sidecar["name"], &sidecar["restartPolicy"]),
            (&json!("bllvmctl"), &json!("Always"))
        );
        // bitcoind would wait for it.
        assert!(sidecar["startupProbe"].is_null());
    }
}

#[test]
fn the_configurations_are_valid() {
    let python = or_skip!(
        python(),
        "there is no Python with YAML: KUBERNETES_VALIDATE is not set"
    );
    for name in OF_KUBERNETES {
        for object in documents(&python, &manifest(name)) {
            let Some(config) = object["data"]["config.toml"].as_str() else {
                continue;
            };
            let folder = tempfile::tempdir().unwrap();
            let password = folder.path().join("password");
            crate::support::daemon::write_private(&password, "secret");
            let file = folder.path().join("config.toml");
            let config = config.replace("/etc/bllvmctl-node/password", password.to_str().unwrap());
            fs::write(&file, config).unwrap();
            let output = run(
                &["config", "check", "--offline", file.to_str().unwrap()],
                &[],
            );
            assert_eq!(output.code, Some(0), "{name}: {output:?}");
        }
    }
}
