//! What a trial of the limits comes to. Pure.

use super::finding::Finding;
use crate::api::{LimitLayer, LimitTried, LimitsMode, LimitsTried};

const CHECK: &str = "limits";
/// A daemon that shares limits with others may leave so much of one unused.
const MIN_USED: f64 = 0.9;

/// What `tried` comes to: one finding for each limit that is not as it should be; one of all of them if
/// there is none.
#[must_use]
pub fn limits_findings(tried: &LimitsTried) -> Vec<Finding> {
    let Some(mode) = &tried.mode else {
        return vec![Finding::warning(
            CHECK,
            "nothing is limited",
            "write rpc.auth.rate_limit_enabled = true",
        )];
    };
    let mut findings: Vec<Finding> = tried.limits.iter().filter_map(fault).collect();
    if findings.is_empty() {
        let each: Vec<String> = tried.limits.iter().map(sentence).collect();
        let text = format!(
            "tried on callers that nobody else is: {}{}",
            each.join("; "),
            not_tried(tried.left_out)
        );
        findings.push(Finding::good(CHECK, text));
    }
    if *mode == LimitsMode::Observe {
        findings.push(Finding::warning(
            CHECK,
            "calls above a limit are only counted, not refused",
            "write rpc.auth.rate_limit_mode = \"enforce\"",
        ));
    }
    findings
}

fn not_tried(left_out: usize) -> String {
    match left_out {
        0 => String::new(),
        _ => format!("; {left_out} more were not tried"),
    }
}

/// Whose limit it is.
fn subject(tried: &LimitTried) -> String {
    match (&tried.layer, &tried.name) {
        (LimitLayer::User, Some(name)) => format!("user {name}"),
        (_, Some(name)) => name.clone(),
        (_, None) => "each address".to_owned(),
    }
}

fn sentence(tried: &LimitTried) -> String {
    let subject = subject(tried);
    let passed = tried.passed;
    let by_another = tried.refused_by.as_ref().filter(|by| **by != tried.layer);
    let by_another = by_another.map_or_else(String::new, |layer| {
        format!(" by the limit of its {}", layer.as_str())
    });
    let wait_ms = tried.retry_after_ms.unwrap_or_default();
    format!("{subject}: {passed} calls passed, the next had to wait {wait_ms} ms{by_another}")
}

/// What is wrong with the limit.
fn fault(tried: &LimitTried) -> Option<Finding> {
    let subject = subject(tried);
    let bad = |text: String| {
        let cure = "report it with `bllvmctl doctor --bundle FILE`: limits are not met";
        Some(Finding::bad(CHECK, format!("{subject}: {text}"), cure))
    };
    if let Some(why) = &tried.undecided {
        let cure = "look at the store: `bllvmctl limits` shows why it is away";
        let text = format!("{subject}: {why}");
        return Some(Finding::warning(CHECK, text, cure));
    }
    let passed = f64::from(tried.passed);
    let expected = f64::from(tried.expected);
    let most = expected + (tried.rate * tried.took_secs).ceil();
    if tried.refused_by.is_none() || passed > most {
        return bad(format!("{passed} calls passed at once, of {expected}"));
    }
    if passed < expected * MIN_USED {
        return bad(format!("only {passed} calls passed, of {expected}"));
    }
    if !tried.passes_then {
        return bad("after the time that it had to wait a call is refused again".to_owned());
    }
    if !tried.others_pass {
        return bad("while one caller is refused, others are too".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::CheckLevel;

    fn tried() -> LimitsTried {
        serde_json::from_str(include_str!("../api/golden/limits_tried.json")).unwrap()
    }

    fn levels(tried: &LimitsTried) -> Vec<CheckLevel> {
        let findings = limits_findings(tried).into_iter();
        findings.map(|finding| finding.level).collect()
    }

    #[test]
    fn limits_that_are_met_are_one_finding() {
        let mut tried = tried();
        let found = limits_findings(&tried);
        let text = "tried on callers that nobody else is: each address: 200 calls passed, the next had \
                    to wait 10 ms; getblocktemplate: 20 calls passed, the next had to wait 100 ms";
        assert_eq!(found, [Finding::good(CHECK, text)]);
        tried.limits[1].refused_by = Some(LimitLayer::Address);
        tried.left_out = 3;
        let text = &limits_findings(&tried)[0].text;
        assert!(
            text.ends_with("100 ms by the limit of its address; 3 more were not tried"),
            "{text}"
        );
    }

    #[test]
    fn each_way_to_miss_a_limit_is_found() {
        let faults: [fn(&mut LimitTried); 6] = [
            |of| of.refused_by = None,
            |of| of.passed += 1,
            |of| of.passed = of.expected / 2,
            |of| of.passes_then = false,
            |of| of.others_pass = false,
            |of| (of.took_secs, of.passed) = (0.1, of.expected + 11),
        ];
        for damage in faults {
            let mut tried = tried();
            damage(&mut tried.limits[0]);
            assert_eq!(levels(&tried), [CheckLevel::Bad], "{tried:?}");
        }
        let mut slow = tried();
        slow.limits[0].took_secs = 0.1;
        slow.limits[0].passed = 210;
        assert_eq!(levels(&slow), [CheckLevel::Good]);
        slow.limits[0].undecided = Some("the store is slow".to_owned());
        assert_eq!(levels(&slow), [CheckLevel::Warning]);
    }

    #[test]
    fn limits_that_refuse_nothing_are_a_warning() {
        assert_eq!(levels(&LimitsTried::default()), [CheckLevel::Warning]);
        let mut observed = tried();
        observed.mode = Some(LimitsMode::Observe);
        assert_eq!(levels(&observed), [CheckLevel::Good, CheckLevel::Warning]);
    }
}
