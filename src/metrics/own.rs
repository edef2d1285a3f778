//! The `process_*` families: what the system counts of the daemon itself.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use prometheus::core::{Collector, Desc};
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::{Counter, MetricFamily};

const CPU_SECONDS: &str = "process_cpu_seconds_total";

/// The client library's collector, but for the CPU time: that one is cut to whole seconds there, so
/// that the rate of a daemon that needs little is zero for minutes and then a spike.
pub(super) struct OwnProcess(ProcessCollector);

impl OwnProcess {
    pub(super) fn new() -> Self {
        Self(ProcessCollector::for_self())
    }
}

impl Collector for OwnProcess {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.0.collect();
        let cpu = families
            .iter_mut()
            .find(|family| family.name() == CPU_SECONDS);
        let sample = cpu.and_then(|family| family.mut_metric().first_mut());
        if let (Some(sample), Some(seconds)) = (sample, cpu_seconds()) {
            let mut counter = Counter::default();
            counter.set_value(seconds);
            sample.set_counter(counter);
        }
        families
    }
}

/// User and system time of all threads.
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

    #[test]
    fn the_cpu_time_is_counted_in_parts_of_a_second_and_only_rises() {
        let counted = |families: &[MetricFamily]| {
            let cpu = families
                .iter()
                .find(|family| family.name() == CPU_SECONDS)
                .unwrap();
            cpu.get_metric().first().unwrap().get_counter().get_value()
        };
        let process = OwnProcess::new();
        let before = process.collect();
        let after = std::iter::repeat_with(|| counted(&process.collect()))
            .take(1_000_000)
            .find(|seconds| *seconds > counted(&before))
            .unwrap();
        assert!(after - counted(&before) < 1.0, "{after}");
        let names = |families: &[MetricFamily]| {
            families
                .iter()
                .map(|f| f.name().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(&before),
            names(&ProcessCollector::for_self().collect()),
            "all the others are there too"
        );
    }
}
