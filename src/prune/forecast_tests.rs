use super::*;
use crate::prune::growth::MAX_SAMPLES;

const GB: u64 = 1_000_000_000;

fn volume(free_bytes: u64) -> Volume {
    Volume {
        free_bytes,
        size_bytes: 1000 * GB,
        rest_free_bytes: None,
        write_failure: None,
    }
}

/// A volume that is looked at once a minute for so many minutes; `free` by the minute.
fn seen(minutes: u64, free: impl Fn(u64) -> u64) -> SampleHistory {
    let mut history = SampleHistory::default();
    for minute in 0..=minutes {
        history.record(
            volume(free(minute)),
            Mono::from_start(Duration::from_secs(minute * 60)),
        );
    }
    history
}

#[test]
fn steady_growth_tells_when_the_volume_is_full() {
    let history = seen(600, |minute| 500 * GB - minute * GB / 10);
    let forecast = history.forecast(440 * GB).unwrap();
    assert_eq!(forecast.full_in_secs, Some(4_400 * 60));
    assert_eq!(
        (forecast.earliest_secs, forecast.latest_secs),
        (Some(4_400 * 60), Some(4_400 * 60))
    );
    assert_eq!(forecast.bytes_per_day, 144_000_000_000);
}

#[test]
fn a_volume_that_does_not_grow_is_never_full() {
    for free in [|_| 10 * GB, |minute: u64| 10 * GB + minute] {
        let forecast = seen(600, free).forecast(10 * GB).unwrap();
        assert_eq!(
            (forecast.full_in_secs, forecast.earliest_secs),
            (None, None),
            "{forecast:?}"
        );
    }
}

#[test]
fn one_file_that_came_or_went_does_not_decide() {
    let growing = |minute| 500 * GB - minute * GB / 10;
    let plain = seen(600, growing)
        .forecast(400 * GB)
        .unwrap()
        .full_in_secs
        .unwrap();
    for step in [100 * GB, 0] {
        let stepped = seen(600, |minute| {
            growing(minute) + if minute < 550 { 50 * GB } else { step }
        });
        let reported = stepped.forecast(400 * GB).unwrap().full_in_secs.unwrap();
        assert!(
            reported.abs_diff(plain) < plain / 4,
            "{reported} and {plain}"
        );
    }
}

#[test]
fn noise_is_reported_as_uncertainty() {
    let noisy = seen(600, |minute| {
        500 * GB - minute * GB / 100 - (minute * 7919 % 13) * GB / 10
    });
    let forecast = noisy.forecast(40 * GB).unwrap();
    let earliest = forecast.earliest_secs;
    let full = forecast.full_in_secs;
    let latest = forecast.latest_secs;
    assert!(
        earliest < full && latest.is_none_or(|latest| Some(latest) > full),
        "{forecast:?}"
    );
}

#[test]
fn a_disk_that_suddenly_fills_is_seen_within_the_hour_and_a_pause_makes_it_no_better() {
    let mut history = seen(1440, |_| 900 * GB);
    assert_eq!(history.forecast(900 * GB).unwrap().full_in_secs, None);
    for minute in 1..=40_u64 {
        let at = Mono::from_start(Duration::from_secs((1440 + minute) * 60));
        history.record(volume(900 * GB - minute * 2 * GB), at);
    }
    let full = history.forecast(820 * GB).unwrap().full_in_secs.unwrap();
    assert!((380 * 60..500 * 60).contains(&full), "{full}");
}

#[test]
fn from_a_short_look_nothing_is_reported_of_the_far_future() {
    assert_eq!(seen(0, |_| GB).forecast(GB), None);
    assert_eq!(
        seen(9, |minute| 500 * GB - minute * GB).forecast(GB),
        None,
        "nine minutes are no forecast"
    );
    let short = seen(10, |minute| 500 * GB - minute * 1_000_000)
        .forecast(500 * GB)
        .unwrap();
    assert_eq!(short.full_in_secs, None, "a year, from ten minutes");
    let near = seen(10, |minute| 500 * GB - minute * 10 * GB)
        .forecast(400 * GB)
        .unwrap();
    assert_eq!(near.full_in_secs, Some(40 * 60));
}

#[test]
fn a_restart_goes_on_with_what_was_seen_before() {
    let end = Mono::from_start(Duration::from_secs(600 * 60));
    let growing = |minute| 500 * GB - minute * GB / 10;
    let records = seen(600, growing).records(end, 1_000_000);
    let mut restored = SampleHistory::restored(&records, 1_000_060);
    restored.record(volume(growing(601)), Mono::START);
    let full = restored.forecast(440 * GB).unwrap().full_in_secs.unwrap();
    assert!(full.abs_diff(4_400 * 60) < 60, "{full}");
    assert_eq!(
        restored.records(Mono::START, 1_000_060).len(),
        records.len() + 1
    );
    for jumped in [0, i64::MAX] {
        assert_eq!(SampleHistory::restored(&records, jumped).forecast(GB), None);
    }
}

#[test]
fn another_volume_begins_a_new_history_and_the_number_of_samples_is_bounded() {
    let mut history = SampleHistory::default();
    for step in 0..20 * 144 {
        history.record(
            volume(GB),
            Mono::from_start(Duration::from_secs(step * 600)),
        );
    }
    let views = [&history.hour, &history.half_day, &history.week];
    assert!(views.iter().all(|view| view.samples.len() <= MAX_SAMPLES));
    assert!(
        views.iter().all(|view| view.length() > view.span * 9 / 10),
        "and reach as far as they should"
    );
    history.record(
        Volume {
            free_bytes: 1,
            size_bytes: 2,
            rest_free_bytes: None,
            write_failure: None,
        },
        Mono::from_start(HOUR * 1000),
    );
    assert_eq!(history.week.samples.len(), 1);
}
