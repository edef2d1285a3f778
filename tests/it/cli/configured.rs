//! Configurations that a command cannot do with.

use crate::support::config::attached_to_fake;
use crate::support::daemon::{run, write_private};
use crate::support::ready::healthy_node;

#[test]
fn a_configuration_that_cannot_be_read_asks_no_other_daemon() {
    let home = tempfile::tempdir().unwrap();
    let broken = home.path().join("broken.toml");
    write_private(&broken, "bad [");
    for file in [
        home.path().join("none.toml"),
        broken,
        home.path().to_path_buf(),
    ] {
        let file = file.to_str().unwrap();
        for command in [
            &["status"][..],
            &["health"],
            &["config", "reload"],
            &["lease", "list"],
        ] {
            let output = run(command, &[("BLLVMCTL_CONFIG", file)]);
            assert_eq!(output.code, Some(78), "{command:?} {output:?}");
            assert!(output.stderr.contains(file), "{output:?}");
        }
        let plugin = run(&["health", "--nagios", "--config", file], &[]);
        assert_eq!(
            (plugin.code, plugin.stdout.lines().count()),
            (Some(3), 1),
            "{plugin:?}"
        );
        // Who says where it is needs no file to know it.
        let named = run(
            &["health", "--url", "http://127.0.0.1:1"],
            &[("BLLVMCTL_CONFIG", file)],
        );
        assert_eq!(named.code, Some(69), "{named:?}");
    }
}

#[test]
fn quotes_that_are_part_of_a_variable_are_named() {
    // As `docker run --env-file` hands them over.
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    write_private(&file, "");
    let file = file.to_str().unwrap();
    let quoted = format!("\"{file}\"");
    for command in [&["config", "check"][..], &["status"], &["serve"]] {
        let output = run(command, &[("BLLVMCTL_CONFIG", &quoted)]);
        let reported = output.stdout.clone() + &output.stderr;
        assert_eq!(output.code, Some(78), "{command:?} {output:?}");
        let hint = format!("the quotes are part of its name: name {file} without them");
        assert!(reported.contains(&hint), "{command:?} {output:?}");
    }
    let output = run(&["status"], &[("BLLVMCTL_URL", "'http://127.0.0.1:1'")]);
    assert_eq!(output.code, Some(2), "{output:?}");
    let hint = "hint: the quotes are part of the value; leave them out";
    assert!(output.stderr.contains(hint), "{output:?}");
    // Followed, each of them leads on.
    let checked = run(
        &["config", "check", "--offline"],
        &[("BLLVMCTL_CONFIG", file)],
    );
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let asked = run(&["status"], &[("BLLVMCTL_URL", "http://127.0.0.1:1")]);
    assert_eq!(asked.code, Some(69), "{asked:?}");
}

#[test]
fn a_group_for_the_cookie_that_is_none_is_an_error_before_the_start() {
    let node = healthy_node();
    let config = attached_to_fake(&node).with("[rpc]\ncontrol_cookie_group = \"no-such-group\"");
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    write_private(&file, &config.to_string());
    for command in [&["config", "check"][..], &["serve"]] {
        let output = run(
            &[command, &["--config", file.to_str().unwrap()]].concat(),
            &[],
        );
        let reported = output.stdout.clone() + &output.stderr;
        assert_eq!(output.code, Some(78), "{output:?}");
        assert!(
            reported.contains("rpc.control_cookie_group") && reported.contains("no-such-group"),
            "{output:?}"
        );
    }
}

#[test]
fn the_database_of_an_attached_node_is_not_rebuilt() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    write_private(&file, &attached_to_fake(&healthy_node()).to_string());
    let output = run(
        &["serve", "--reindex", "--config", file.to_str().unwrap()],
        &[],
    );
    assert_eq!(output.code, Some(78), "{output:?}");
    assert!(
        output.stderr.contains("--reindex is for the embedded node"),
        "{output:?}"
    );
}
