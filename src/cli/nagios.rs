//! `bllvmctl health --nagios`: one line with performance data, and a plugin's exit code.
//!
//! With `--live` it tells of life only; the other questions are judged as the whole, since a
//! plugin's ranks are finer than their yes and no. With `--wait` the line is that of the first OK,
//! or of the last look.

use std::time::Duration;

use serde_json::Value;

use super::args::Health;
use super::client::Client;
use super::exit::{Exit, Failure};
use super::health;
use super::output::Output;
use crate::clock;

const OK: (u8, &str) = (0, "OK");
const WARNING: (u8, &str) = (1, "WARNING");
const CRITICAL: (u8, &str) = (2, "CRITICAL");
const UNKNOWN: (u8, &str) = (3, "UNKNOWN");

/// Prints the line; it always comes to an exit code.
pub(super) fn run(args: &Health, client: &Client) -> Exit {
    const LOOK: Duration = Duration::from_millis(200);
    let (began, longest) = (clock::mono(), args.wait.unwrap_or_default());
    loop {
        let line = look(args, client);
        if line.0 == OK || clock::mono().since(began) >= longest {
            return print(line);
        }
        std::thread::sleep(LOOK);
    }
}

fn look(args: &Health, client: &Client) -> ((u8, &'static str), String) {
    let looked = if args.live {
        living(client)
    } else {
        whole(client)
    };
    looked.unwrap_or_else(|failure| match failure.exit {
        Exit::Unreachable => (CRITICAL, failure.error.to_string()),
        _ => (UNKNOWN, format!("{:#}", failure.error)),
    })
}

fn whole(client: &Client) -> Result<((u8, &'static str), String), Failure> {
    Ok(judge(&health::ask_for("/health/detailed", client)?.json()?))
}

fn living(client: &Client) -> Result<((u8, &'static str), String), Failure> {
    let live = health::ask_for("/health/live", client)?.json()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('|', "/");
    let reasons: Vec<String> = live
        .get("reasons")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(text)
        .collect();
    Ok(match live.get("status").map(text) {
        Some(status) if status == "alive" => (OK, status),
        Some(status) => (CRITICAL, format!("{status}, {}", reasons.join("; "))),
        None => (
            UNKNOWN,
            "the daemon does not say whether it is alive".to_owned(),
        ),
    })
}

/// The line for a command that could not even be understood or begun.
pub(super) fn unknown(failure: &Failure) -> Exit {
    print((UNKNOWN, format!("{:#}", failure.error)))
}

fn print(((code, word), text): ((u8, &str), String)) -> Exit {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    // A plugin's exit code stands even if nobody reads its line.
    let _ = Output::print_always(&format!("BLLVM {word} - {line}\n"));
    Exit::Nagios(code)
}

fn judge(detailed: &Value) -> ((u8, &'static str), String) {
    let state = detailed
        .get("state")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let checks: Vec<(&str, &str, &str)> = checks(detailed).collect();
    let storage_bad = checks
        .iter()
        .any(|(name, level, _)| *name == "storage" && *level == "bad");
    let any_marked = checks.iter().any(|(_, level, _)| *level != "good");
    let rank = match state {
        "" => UNKNOWN,
        "stalled" | "unreachable" => CRITICAL,
        _ if storage_bad => CRITICAL,
        "ready" if !any_marked => OK,
        _ => WARNING,
    };
    // Without an answer nothing else can be known, so that the other checks only repeat it.
    let causes = ["daemon", "credentials", "node", "chain"];
    let is_bad = |name: &str| {
        checks
            .iter()
            .any(|(check, level, _)| *check == name && *level == "bad")
    };
    let cause = causes.into_iter().find(|name| is_bad(name));
    let of_note = checks
        .iter()
        .filter(|(name, level, _)| cause.map_or(*level != "good", |cause| *name == cause));
    let reasons: Vec<String> = of_note
        .map(|(name, _, text)| format!("{name}: {text}"))
        .collect();
    let text = if reasons.is_empty() {
        state.to_owned()
    } else {
        format!("{state}, {}", reasons.join("; "))
    };
    // The bar separates the performance data, so the text must have none.
    (
        rank,
        format!("{} | {}", text.replace('|', "/"), performance(detailed)),
    )
}

fn checks(detailed: &Value) -> impl Iterator<Item = (&str, &str, &str)> {
    let checks = detailed
        .get("checks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    checks.filter_map(|check| {
        Some((
            check.get("name")?.as_str()?,
            check.get("level")?.as_str()?,
            check.get("text")?.as_str()?,
        ))
    })
}

/// What `collector` found out is not of the node as it is now.
fn is_old(detailed: &Value, collector: &str) -> bool {
    let collectors = detailed
        .get("collectors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut of_that =
        collectors.filter(|part| part.get("name").and_then(Value::as_str) == Some(collector));
    of_that.any(|part| part.get("old").and_then(Value::as_bool) == Some(true))
}

/// `label=value[unit];warn;crit;min`; what is not known now is `U`, as the plugin guidelines say.
/// `5:` is a threshold below which there is a warning.
fn performance(detailed: &Value) -> String {
    let number = |pointer: &str| detailed.pointer(pointer).and_then(Value::as_u64);
    let threshold = |name: &str| number(&format!("/thresholds/{name}"));
    let above = |name: &str| threshold(name).map_or_else(String::new, |number| number.to_string());
    let below = |name: &str, times: u64| {
        let least = threshold(name).filter(|least| *least > 0);
        least.map_or_else(String::new, |least| {
            format!("{}:", least.saturating_mul(times))
        })
    };
    let none = String::new;
    let values = [
        ("height", "/chain/height", "", "chain", none(), none()),
        (
            "behind",
            "/node/blocks_behind",
            "",
            "chain",
            above("ready_max_lag_blocks"),
            none(),
        ),
        (
            "peers",
            "/network/peers_connected",
            "",
            "peers",
            below("min_peers", 1),
            none(),
        ),
        (
            "blocks",
            "/storage/size_bytes",
            "B",
            "usage",
            none(),
            none(),
        ),
        (
            "free",
            "/node/volume_free_bytes",
            "B",
            "volume",
            below("min_free_bytes", 2),
            below("storage_critical_bytes", 1),
        ),
    ];
    let known =
        |pointer: &str, collector: &str| number(pointer).filter(|_| !is_old(detailed, collector));
    let value = |(label, pointer, unit, collector, warn, crit): (
        &str,
        &str,
        &str,
        &str,
        String,
        String,
    )| match known(pointer, collector) {
        Some(value) => format!("{label}={value}{unit};{warn};{crit};0"),
        None => format!("{label}=U"),
    };
    values.map(value).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn detailed(state: &str, check: (&str, &str)) -> Value {
        json!({"state": state, "chain": {"height": 101}, "node": {"blocks_behind": 0}, "checks": [{"name": check.0, "level": check.1, "text": "a | b"}]})
    }

    #[test]
    fn each_state_has_its_rank() {
        assert_eq!(judge(&detailed("ready", ("peers", "good"))).0, OK);
        assert_eq!(judge(&detailed("ready", ("peers", "warning"))).0, WARNING);
        assert_eq!(judge(&detailed("syncing", ("sync", "bad"))).0, WARNING);
        assert_eq!(judge(&detailed("starting", ("chain", "bad"))).0, WARNING);
        assert_eq!(judge(&detailed("unreachable", ("node", "bad"))).0, CRITICAL);
        assert_eq!(judge(&detailed("stalled", ("stall", "bad"))).0, CRITICAL);
        assert_eq!(judge(&detailed("ready", ("storage", "bad"))).0, CRITICAL);
        assert_eq!(judge(&json!({})).0, UNKNOWN);
    }

    #[test]
    fn what_is_old_is_not_known_any_more() {
        let mut document = detailed("unreachable", ("node", "bad"));
        document["network"] = json!({"peers_connected": 2});
        document["node"]["volume_free_bytes"] = json!(7);
        document["collectors"] =
            json!([{"name": "peers", "old": false}, {"name": "volume", "old": false}]);
        assert!(
            judge(&document)
                .1
                .ends_with("height=101;;;0 behind=0;;;0 peers=2;;;0 blocks=U free=7B;;;0")
        );
        document["collectors"] =
            json!([{"name": "peers", "old": true}, {"name": "volume", "old": false}]);
        assert!(
            judge(&document)
                .1
                .ends_with("height=101;;;0 behind=0;;;0 peers=U blocks=U free=7B;;;0")
        );
    }

    #[test]
    fn one_cause_is_one_clause() {
        let check = |name: &str, text: &str| json!({"name": name, "level": "bad", "text": text});
        let checks = [
            check("node", "cannot connect"),
            check("chain", "not told"),
            check("sync", "not told"),
        ];
        let (rank, line) = judge(&json!({"state": "unreachable", "checks": checks}));
        assert_eq!(rank, CRITICAL);
        assert!(
            line.starts_with("unreachable, node: cannot connect | "),
            "{line}"
        );
    }

    #[test]
    fn values_have_the_thresholds_of_the_checks() {
        let thresholds = json!({
            "ready_max_lag_blocks": 3, "min_peers": 1, "min_free_bytes": 5_000, "storage_critical_bytes": 500,
        });
        let detailed = json!({
            "chain": {"height": 0}, "node": {"blocks_behind": null, "volume_free_bytes": 9_000},
            "network": {"peers_connected": 2}, "thresholds": thresholds,
        });
        let expected = "height=0;;;0 behind=U peers=2;1:;;0 blocks=U free=9000B;10000:;500:;0";
        assert_eq!(performance(&detailed), expected);
    }

    #[test]
    fn the_only_bar_is_before_the_performance_data() {
        let (_, line) = judge(&detailed("ready", ("peers", "warning")));
        assert_eq!(
            line,
            "ready, peers: a / b | height=101;;;0 behind=0;;;0 peers=U blocks=U free=U"
        );
    }
}
