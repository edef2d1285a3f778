//! The `process_*` families: what the system counts of the daemon itself, under the names that the
//! client libraries of Prometheus give them.
//!
//! They are read with `procfs` from `/proc/self`. `sysinfo` would look at the whole machine for the
//! CPU time, read the files of every thread to count them, and cut the start time to seconds.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use procfs::process::{LimitValue, Process, Stat};
use prometheus::proto::MetricFamily;

use super::families::{Family, MetricKind};
use super::page::{Page, number};

static CPU_SECONDS: Family = Family {
    kind: MetricKind::Counter,
    ..gauge(
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
    )
};
static MAX_FDS: Family = gauge(
    "process_max_fds",
    "Maximum number of open file descriptors.",
);
static OPEN_FDS: Family = gauge("process_open_fds", "Number of open file descriptors.");
static RESIDENT_MEMORY: Family = gauge(
    "process_resident_memory_bytes",
    "Resident memory size in bytes.",
);
static START_TIME: Family = gauge(
    "process_start_time_seconds",
    "Start time of the process since unix epoch in seconds.",
);
static THREADS: Family = gauge("process_threads", "Number of OS threads in the process.");
static VIRTUAL_MEMORY: Family = gauge(
    "process_virtual_memory_bytes",
    "Virtual memory size in bytes.",
);

const fn gauge(name: &'static str, help: &'static str) -> Family {
    Family {
        name,
        kind: MetricKind::Gauge,
        labels: &[],
        help,
    }
}

/// What of it never changes.
pub(super) struct OwnProcess {
    started_secs: Option<f64>,
}

impl OwnProcess {
    pub(super) fn new() -> Self {
        let stat = Process::myself().and_then(|process| process.stat()).ok();
        Self {
            started_secs: stat.and_then(|stat| started_secs(&stat)),
        }
    }

    /// What is known of it now, in the order of the names.
    pub(super) fn families(&self) -> Vec<MetricFamily> {
        let mut page = Page::default();
        let process = Process::myself().ok();
        let process = process.as_ref();
        let stat = process.and_then(|process| process.stat().ok());
        let stat = stat.as_ref();
        page.add(&CPU_SECONDS, &[], cpu_seconds());
        page.add(&MAX_FDS, &[], process.and_then(max_fds));
        let open = process.and_then(|process| process.fd_count().ok());
        let open = open.and_then(|open| u64::try_from(open).ok());
        page.add(&OPEN_FDS, &[], open.map(number));
        let resident = stat.map(|stat| stat.rss.saturating_mul(procfs::page_size()));
        page.add(&RESIDENT_MEMORY, &[], resident.map(number));
        page.add(&START_TIME, &[], self.started_secs);
        let threads = stat.and_then(|stat| u64::try_from(stat.num_threads).ok());
        page.add(&THREADS, &[], threads.map(number));
        page.add(&VIRTUAL_MEMORY, &[], stat.map(|stat| number(stat.vsize)));
        page.into_families()
    }
}

/// Seconds since 1970.
fn started_secs(stat: &Stat) -> Option<f64> {
    let boot = procfs::boot_time_secs().ok()?;
    Some(number(boot) + number(stat.starttime) / number(procfs::ticks_per_second()))
}

fn max_fds(process: &Process) -> Option<f64> {
    match process.limits().ok()?.max_open_files.soft_limit {
        LimitValue::Value(most) => Some(number(most)),
        LimitValue::Unlimited => None,
    }
}

/// User and system time of all threads. `/proc` has it in hundredths of a second only.
fn cpu_seconds() -> Option<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let time = |time: TimeVal| {
        u64::try_from(time.num_microseconds())
            .ok()
            .map(Duration::from_micros)
    };
    Some((time(usage.user_time())? + time(usage.system_time())?).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(families: &[MetricFamily], name: &str) -> f64 {
        let family = families.iter().find(|family| family.name() == name);
        let sample = family.unwrap().get_metric().first().unwrap();
        if name == CPU_SECONDS.name {
            sample.get_counter().get_value()
        } else {
            sample.get_gauge().get_value()
        }
    }

    #[test]
    fn the_cpu_time_is_counted_in_parts_of_a_second_and_only_rises() {
        let process = OwnProcess::new();
        let counted = || value(&process.families(), CPU_SECONDS.name);
        let before = counted();
        let after = std::iter::repeat_with(counted)
            .take(1_000_000)
            .find(|seconds| *seconds > before)
            .unwrap();
        assert!(after - before < 1.0, "{after}");
    }

    #[test]
    fn every_family_of_the_client_libraries_is_there_with_what_the_system_says() {
        let families = OwnProcess::new().families();
        let names: Vec<_> = families.iter().map(MetricFamily::name).collect();
        let expected = [
            "process_cpu_seconds_total",
            "process_max_fds",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
            "process_threads",
            "process_virtual_memory_bytes",
        ];
        assert_eq!(names, expected);
        let reported = |name| value(&families, name);
        let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE);
        assert!((reported("process_max_fds") - number(limit.unwrap().0)).abs() < 1.0);
        assert!(reported("process_open_fds") >= 3.0, "the standard streams");
        assert!(
            reported("process_threads") >= 2.0,
            "this test and who runs it"
        );
        let resident = reported("process_resident_memory_bytes");
        assert!(resident > 1e6 && resident < reported("process_virtual_memory_bytes"));
        let file = tempfile::tempfile().unwrap().metadata().unwrap();
        let now = file.modified().unwrap();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
        let age = now.as_secs_f64() - reported("process_start_time_seconds");
        assert!((-2.0..3600.0).contains(&age), "{age}");
    }
}
