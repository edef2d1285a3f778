//! The alerting rules, by promtool's judgement.

use crate::support::prometheus::check_rules;
use crate::support::skip::promtool_or_skip;
use crate::support::surroundings::repository;

#[test]
fn promtool_takes_the_alerting_rules() {
    let output = check_rules(&promtool_or_skip!(), &repository().join("contrib/prometheus/bllvmctl.rules.yml"));
    assert_eq!(output.code, Some(0), "{output:?}");
}
