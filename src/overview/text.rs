//! Numbers and times as an overview has them.

use std::fmt::Display;
use std::time::Duration;

use jiff::Timestamp;

use crate::health::duration;

/// What is not known.
pub(crate) const UNKNOWN: &str = "–";

/// `868,211`
pub(crate) fn grouped(number: impl Display + Copy) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What is known of `value`, as `write` writes it.
pub(crate) fn known<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), write)
}

/// `1 peer`, `2 peers`
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// `42.1/s`
pub(crate) fn rate(per_second: f64) -> String {
    if per_second >= 100.0 {
        format!("{per_second:.0}/s")
    } else if per_second > 0.0 && per_second < 0.1 {
        format!("{per_second:.2}/s")
    } else {
        format!("{per_second:.1}/s")
    }
}

/// `0.4 ms`, `24 ms`, `1.5 s`
pub(crate) fn latency(seconds: f64) -> String {
    let milliseconds = seconds * 1e3;
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 1e3 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{seconds:.1} s")
    }
}

/// So many seconds, in two figures.
pub(crate) fn seconds(seconds: u64) -> String {
    match seconds {
        0..10 => format!("{seconds} s"),
        _ => duration(Duration::from_secs(seconds)),
    }
}

/// So many seconds, which may have a fraction.
pub(crate) fn lasted(seconds: f64) -> String {
    Duration::try_from_secs_f64(seconds).map_or_else(
        |_| UNKNOWN.to_owned(),
        |lasted| self::seconds(lasted.as_secs()),
    )
}

/// How long after `then` it is `now`; not known of what is to come.
pub(crate) fn since(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(then).as_secs()).unwrap_or(0)
}

/// `19:05:02 UTC`, with the date if it is another day.
pub(crate) fn clock(then: Timestamp, now: Timestamp) -> String {
    let is_today = then.strftime("%F").to_string() == now.strftime("%F").to_string();
    let format = if is_today { "%T UTC" } else { "%F %T UTC" };
    then.strftime(format).to_string()
}

/// `19:05:02 UTC, 14 s`
pub(crate) fn clock_and_age(then: Timestamp, now: Timestamp) -> String {
    format!("{}, {}", clock(then, now), seconds(since(then, now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_in_thousands() {
        let text = [0_u64, 999, 1_000, 868_211, 12_345_678].map(grouped);
        assert_eq!(text, ["0", "999", "1,000", "868,211", "12,345,678"]);
    }

    #[test]
    fn a_number_has_about_three_figures() {
        assert_eq!(
            [0.0, 0.04, 0.3, 42.06, 420.4].map(rate),
            ["0.0/s", "0.04/s", "0.3/s", "42.1/s", "420/s"]
        );
        let latencies = [0.000_4, 0.001_23, 0.024_4, 1.46].map(latency);
        assert_eq!(latencies, ["0.4 ms", "1.2 ms", "24 ms", "1.5 s"]);
        assert_eq!(
            [0, 9, 70, 200].map(seconds),
            ["0 s", "9 s", "70 s", "3 min"]
        );
        assert_eq!(lasted(f64::NAN), UNKNOWN);
        assert_eq!(
            counted(1, "peer") + ", " + &counted(1_200, "peer"),
            "1 peer, 1,200 peers"
        );
    }

    #[test]
    fn another_day_has_its_date() {
        let then: Timestamp = "2026-11-30T23:59:50Z".parse().unwrap();
        let at = |text: &str| clock_and_age(then, text.parse().unwrap());
        assert_eq!(at("2026-11-30T23:59:55Z"), "23:59:50 UTC, 5 s");
        assert_eq!(at("2026-12-01T00:00:10Z"), "2026-11-30 23:59:50 UTC, 20 s");
    }
}
