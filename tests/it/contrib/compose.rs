//! Two gateways behind HAProxy with one Redis, as far as that can be checked without containers.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::{documents, python, shipped};
use crate::support::child;
use crate::support::daemon::{run, write_private};
use crate::support::skip::or_skip;
use crate::support::surroundings::{program, repository};

const FOLDER: &str = "compose";

/// The compose file.
fn compose(python: &Path) -> Value {
    let mut documents = documents(python, &shipped(&format!("{FOLDER}/compose.yaml")));
    documents.pop().expect("a document")
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

#[test]
fn what_the_compose_file_names_is_there_and_the_services_find_one_another() {
    let python = or_skip!(
        python(),
        "there is no Python with YAML: KUBERNETES_VALIDATE is not set"
    );
    let compose = compose(&python);
    let services = compose["services"].as_object().expect("services");
    let folder = repository().join("contrib").join(FOLDER);
    for (name, service) in services {
        for volume in strings(&service["volumes"]) {
            let file = volume.split(':').next().expect("a file");
            assert!(folder.join(file).is_file(), "{name}: {file}");
        }
        for other in strings(&service["depends_on"]) {
            assert!(services.contains_key(other), "{name}: {other}");
        }
        for secret in strings(&service["secrets"]) {
            assert!(
                compose["secrets"][secret]["file"].is_string(),
                "{name}: {secret}"
            );
        }
    }
    let proxy = shipped(&format!("{FOLDER}/haproxy.cfg"));
    for gateway in ["gateway-a", "gateway-b"] {
        assert!(services.contains_key(gateway) && proxy.contains(&format!(" {gateway}:18332")));
    }
    let redis: Vec<_> = strings(&services["redis"]["command"]).collect();
    assert!(
        redis
            .windows(2)
            .any(|pair| pair == ["--maxmemory-policy", "noeviction"])
    );
    let config = shipped(&format!("{FOLDER}/bllvmctl.toml"));
    assert!(config.contains("redis://redis:6379/0"));
}

/// What Docker Compose says of the folder with this compose file.
fn composed(program: &Path, compose: &str) -> child::Output {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path();
    for name in ["bllvmctl.toml", "haproxy.cfg"] {
        fs::write(folder.join(name), shipped(&format!("{FOLDER}/{name}"))).expect("a file");
    }
    write_private(&folder.join("node.pw"), "secret\n");
    fs::write(folder.join("compose.yaml"), compose).expect("a file");
    let mut command = Command::new(program);
    command
        .args(["--file", "compose.yaml", "config", "--quiet"])
        .current_dir(folder);
    child::run(command, b"", Duration::from_mins(1))
}

#[test]
fn docker_compose_takes_the_compose_file_and_knows_every_key() {
    let program = or_skip!(
        program("DOCKER_COMPOSE_EXE", "docker-compose"),
        "there is no docker-compose: DOCKER_COMPOSE_EXE is not set, and none is on the PATH"
    );
    let compose = shipped(&format!("{FOLDER}/compose.yaml"));
    let taken = composed(&program, &compose);
    assert_eq!(
        (taken.code, taken.stderr.as_str()),
        (Some(0), ""),
        "{taken:?}"
    );
    let refused = composed(&program, &compose.replace("extra_hosts:", "more_hosts:"));
    assert!(
        refused.code != Some(0) && refused.stderr.contains("more_hosts"),
        "{refused:?}"
    );
}

#[test]
fn the_configuration_of_the_gateways_is_valid() {
    let directory = tempfile::tempdir().expect("a directory");
    let password = directory.path().join("node-password");
    write_private(&password, "secret\n");
    let config = shipped(&format!("{FOLDER}/bllvmctl.toml")).replace(
        "/run/secrets/node-password",
        password.to_str().expect("UTF-8"),
    );
    let file = directory.path().join("config.toml");
    fs::write(&file, config).expect("a file");
    let file = file.to_str().expect("UTF-8");
    let checked = run(&["config", "check", "--offline", file], &[]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn haproxy_takes_its_configuration() {
    let haproxy = or_skip!(
        program("HAPROXY_EXE", "haproxy"),
        "there is no haproxy: HAPROXY_EXE is not set, and none is on the PATH"
    );
    let mut command = Command::new(haproxy);
    let file = repository()
        .join("contrib")
        .join(FOLDER)
        .join("haproxy.cfg");
    command.arg("-c").arg("-f").arg(file);
    let checked = child::run(command, b"", Duration::from_mins(1));
    assert_eq!(checked.code, Some(0), "{checked:?}");
}
