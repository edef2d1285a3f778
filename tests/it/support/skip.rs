//! Tests that need a program this machine may not have say so, in a line that cargo does not hide.

use std::io::Write;

use super::skip_record;

/// Says on the true stderr, past the capture of the test harness, that `test` was skipped.
pub(crate) fn say_skipped(test: &str, why: &str) {
    let line = format!("SKIPPED {test}: {why}\n");
    // One write, so that lines of tests that run side by side do not mix.
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("a line on stderr");
    skip_record::add(test, why).expect("a line in the record");
}

/// The name of the test whose `type_name` of an inner function is given.
pub(crate) fn test_name(inner: &str) -> &str {
    let path = inner.strip_suffix("::inner").unwrap_or(inner);
    path.split_once("::").map_or(path, |(_binary, name)| name)
}

/// The value of an `Option`, or the end of the test with a loud line.
macro_rules! or_skip {
    ($found:expr, $why:expr) => {{
        fn inner() {}
        match $found {
            Some(found) => found,
            None => {
                let name = std::any::type_name_of_val(&inner);
                return $crate::support::skip::say_skipped(
                    $crate::support::skip::test_name(name),
                    $why,
                );
            }
        }
    }};
}

/// The path of a real bitcoind, or the end of the test with a loud line.
macro_rules! bitcoind_or_skip {
    () => {
        $crate::support::skip::or_skip!(
            $crate::support::bitcoind::executable(),
            "BITCOIND_EXE is not set (scripts/install-bitcoind.sh DIR brings one; \
             BITCOIND_EXE=DIR/bin/bitcoind)"
        )
    };
}

/// The path of promtool, or the end of the test with a loud line.
macro_rules! promtool_or_skip {
    () => {
        $crate::support::skip::or_skip!(
            $crate::support::prometheus::promtool(),
            "there is no promtool: PROMTOOL is not set, and none is on the PATH"
        )
    };
}

/// The path of a Prometheus server, or the end of the test with a loud line.
macro_rules! prometheus_or_skip {
    () => {
        $crate::support::skip::or_skip!(
            $crate::support::prometheus::server(),
            "there is no prometheus: PROMETHEUS_EXE is not set, and none is on the PATH"
        )
    };
}

pub(crate) use {bitcoind_or_skip, or_skip, prometheus_or_skip, promtool_or_skip};
