//! The alerting rules, by promtool's judgement and on series made for them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::shipped;
use crate::support::child::{self, Output};
use crate::support::prometheus::check_rules;
use crate::support::skip::promtool_or_skip;
use crate::support::surroundings::repository;

const RULES: &str = "prometheus/bllvmctl.rules.yml";
/// What each alert fires for.
const FIRING: &str = include_str!("alerts.yml");
/// What none fires for.
const QUIET: &str = include_str!("quiet.yml");
const QUIET_MINUTES: u32 = 75;

#[test]
fn promtool_takes_the_alerting_rules() {
    let output = check_rules(
        &promtool_or_skip!(),
        &repository().join("contrib").join(RULES),
    );
    assert_eq!(output.code, Some(0), "{output:?}");
}

/// The names of all rules, in their order.
fn names() -> Vec<String> {
    let rules = shipped(RULES);
    let alerts = rules.split("- alert: ").skip(1);
    alerts
        .filter_map(|alert| Some(alert.lines().next()?.trim().to_owned()))
        .collect()
}

/// `promtool test rules` of a file in which RULES is the file that is shipped.
fn test_rules(promtool: &Path, tests: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tests.yml");
    let rules = repository().join("contrib").join(RULES);
    fs::write(&file, tests.replace("RULES", rules.to_str().unwrap())).unwrap();
    let mut command = Command::new(promtool);
    command.args(["test", "rules"]).arg(&file);
    child::run(command, b"", Duration::from_mins(1))
}

#[test]
fn alerts_fire_for_what_they_say_and_for_nothing_else() {
    let output = test_rules(&promtool_or_skip!(), FIRING);
    assert_eq!(output.code, Some(0), "{output:?}");
}

#[test]
fn every_alert_is_seen_to_fire() {
    for name in names() {
        let fires = format!("alertname: {name}\n        exp_alerts:\n          - exp_labels:");
        assert!(FIRING.contains(&fires), "{name} has no test");
    }
}

#[test]
fn no_alert_fires_in_any_minute_of_a_restart_a_short_freeze_or_a_quiet_hour() {
    let promtool = promtool_or_skip!();
    let mut silent = String::new();
    for name in names() {
        for minute in 0..QUIET_MINUTES {
            let line =
                format!("{{eval_time: {minute}m, alertname: {name}, exp_alerts: []}},\n      ");
            silent.push_str(&line);
        }
    }
    let output = test_rules(
        &promtool,
        &QUIET.replace("SILENT", &format!("[\n      {silent}]")),
    );
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
