//! The alerting rules, by promtool's judgement and on series made for them.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::shipped;
use crate::support::child;
use crate::support::prometheus::check_rules;
use crate::support::skip::promtool_or_skip;
use crate::support::surroundings::repository;

const RULES: &str = "prometheus/bllvmctl.rules.yml";

#[test]
fn promtool_takes_the_alerting_rules() {
    let output = check_rules(
        &promtool_or_skip!(),
        &repository().join("contrib").join(RULES),
    );
    assert_eq!(output.code, Some(0), "{output:?}");
}

#[test]
fn alerts_fire_for_what_they_say_and_for_nothing_else() {
    let promtool = promtool_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let tests = folder.path().join("alerts.yml");
    let rules = repository().join("contrib").join(RULES);
    fs::write(
        &tests,
        include_str!("alerts.yml").replace("RULES", rules.to_str().unwrap()),
    )
    .unwrap();
    let mut command = Command::new(promtool);
    command.args(["test", "rules"]).arg(&tests);
    let output = child::run(command, b"", Duration::from_mins(1));
    assert_eq!(output.code, Some(0), "{output:?}");
}

#[test]
fn every_summary_says_on_which_daemon() {
    for alert in shipped(RULES)
        .split("- alert: ")
        .skip(1)
        .filter(|alert| !alert.starts_with("BllvmctlNoTarget"))
    {
        let summary = alert
            .lines()
            .find(|line| line.trim().starts_with("summary: "))
            .expect("a summary");
        assert!(summary.contains("{{ $labels.instance }}"), "{summary}");
        assert!(
            !alert.contains("on(node)"),
            "every node may be called main: {alert}"
        );
    }
}
