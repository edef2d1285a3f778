//! What packages are made of: each file that a package names is there, and what it brings is
//! valid. The packages themselves are made and tried by scripts/.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use toml::{Table, Value};

use super::shipped;
use crate::support::child;
use crate::support::daemon::run;
use crate::support::skip::or_skip;
use crate::support::surroundings::{program, repository};

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn table(path: &str) -> Table {
    read(path).parse().unwrap()
}

fn words(list: &Value) -> BTreeSet<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect()
}

#[test]
fn every_file_of_the_debian_package_is_there() {
    let manifest = table("Cargo.toml");
    let deb = &manifest["package"]["metadata"]["deb"];
    for asset in deb["assets"].as_array().unwrap() {
        let source = asset[0].as_str().unwrap();
        // What a build makes.
        if source.starts_with("target/") {
            continue;
        }
        let found = match source.split_once('*') {
            Some((folder, end)) => fs::read_dir(repository().join(folder))
                .unwrap()
                .any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with(end)),
            None => repository().join(source).is_file(),
        };
        assert!(found, "{source}");
    }
}

#[test]
fn the_configuration_of_the_package_is_valid_and_attached() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, shipped("deb/config.toml")).unwrap();
    let file = file.to_str().unwrap();
    let output = run(&["config", "check", "--offline", file], &[]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let config: Table = shipped("deb/config.toml").parse().unwrap();
    assert_eq!(config["node"]["kind"].as_str(), Some("attached"));
    assert_eq!(config["state_dir"].as_str(), Some("/var/lib/bllvmctl"));
}

/// The condition under which systemd starts the service, as a shell has it, with these files.
fn condition(config: &str, packaged: Option<&str>) -> Option<i32> {
    let unit = shipped("systemd/bllvmctl.service");
    let condition = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecCondition="));
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    fs::write(folder.path().join("config.toml"), config).unwrap();
    if let Some(packaged) = packaged {
        fs::write(folder.path().join("packaged.toml"), packaged).unwrap();
    }
    let condition = condition
        .unwrap()
        .replace("/etc/bllvmctl/config.toml", &format!("{here}/config.toml"))
        .replace(
            "/usr/share/bllvmctl/config.toml",
            &format!("{here}/packaged.toml"),
        );
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &condition]);
    child::run(command, b"", Duration::from_mins(1)).code
}

#[test]
fn the_service_starts_once_somebody_has_changed_its_configuration() {
    let packaged = shipped("deb/config.toml");
    assert_eq!(condition(&packaged, Some(&packaged)), Some(1));
    let changed = packaged.replace("\"main\"", "\"regtest\"");
    assert_eq!(condition(&changed, Some(&packaged)), Some(0));
    // Without the package there is nothing to compare with.
    assert_eq!(condition(&packaged, None), Some(0));
}

#[test]
fn the_licences_that_are_collected_are_those_that_are_allowed() {
    let about = table("about.toml");
    let deny = table("deny.toml");
    let allowed = words(&deny["licenses"]["allow"]);
    assert_eq!(words(&about["accepted"]), allowed);
    assert_eq!(words(&about["targets"]), words(&deny["graph"]["targets"]));
}

#[test]
fn the_container_has_no_root_no_shell_and_a_check_of_its_health() {
    let file = shipped("container/Containerfile");
    let (_, image) = file.split_once("\nFROM scratch\n").expect("an empty image");
    assert!(image.contains("\nUSER 10001:10001\n"), "{image}");
    assert!(image.contains("\nHEALTHCHECK "), "{image}");
    // Lists of words: there is no shell that could take a line apart.
    for instruction in ["ENTRYPOINT ", "CMD ", "    CMD "] {
        let found = image
            .lines()
            .find_map(|line| line.strip_prefix(instruction));
        assert!(
            found.is_some_and(|words| words.starts_with('[')),
            "{instruction}"
        );
    }
    let (build, _) = file.split_once("\nFROM scratch\n").unwrap();
    let version = build.lines().find_map(|line| line.strip_prefix("FROM "));
    let rust = table("Cargo.toml")["workspace"]["package"]["rust-version"].clone();
    let image = format!("docker.io/library/rust:{}-", rust.as_str().unwrap());
    assert!(
        version.is_some_and(|version| version.starts_with(&image)),
        "{version:?}"
    );
    for line in build.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let (sources, _) = line.rsplit_once(' ').unwrap();
        for source in sources.split(' ') {
            assert!(repository().join(source).exists(), "{source}");
        }
    }
}

#[test]
fn shellcheck_has_no_finding_in_any_script() {
    let shellcheck = or_skip!(
        program("SHELLCHECK", "shellcheck"),
        "there is no shellcheck"
    );
    let mut command = Command::new(shellcheck);
    command.args(["--shell=bash", "--severity=style", "--external-sources"]);
    command.current_dir(repository());
    let scripts = fs::read_dir(repository().join("scripts")).unwrap();
    let mut names: Vec<_> = scripts.map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "sh"));
    let output = child::run(
        {
            command.args(&names);
            command
        },
        b"",
        Duration::from_mins(2),
    );
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(0), ""),
        "{output:?}"
    );
}
