//! The checks of the volume.

use super::*;
use crate::health::FullIn;

#[test]
fn a_volume_that_does_not_answer_is_not_judged_by_what_it_had() {
    let mut snapshot = answering(chain("main", 5, 5), vec![peer(5)], 30);
    snapshot.asked(Topic::Volume, at(35).mono);
    for (seconds, level) in [(45, Level::Good), (46, Level::Warning)] {
        let verdict = judge(&snapshot, &policy(), Loops::default(), at(seconds));
        assert_eq!(
            verdict.check(CheckName::Storage).unwrap().level,
            level,
            "{seconds}"
        );
    }
    let stopped = Loops {
        resumed: at(60).mono,
        ..Loops::default()
    };
    let verdict = judge(&snapshot, &policy(), stopped, at(61));
    assert_eq!(
        verdict.check(CheckName::Storage).unwrap().level,
        Level::Good,
        "it was us who did not listen"
    );
}

#[test]
fn a_full_volume_is_not_available_and_a_narrow_one_warns() {
    for (free_bytes, rest_free_bytes, storage, disk) in [
        (499_999_999, None, Level::Bad, Level::Warning),
        (500_000_000, None, Level::Good, Level::Warning),
        (5_000_000_000, None, Level::Good, Level::Warning),
        (9_999_999_999, None, Level::Good, Level::Warning),
        (10_000_000_000, None, Level::Good, Level::Good),
        // Chain state on another volume than the blocks.
        (10_000_000_000, Some(499_999_999), Level::Bad, Level::Good),
        (
            499_999_999,
            Some(10_000_000_000),
            Level::Bad,
            Level::Warning,
        ),
    ] {
        let mut snapshot = answering(chain("main", 5, 5), vec![peer(5)], 30);
        snapshot.answered(
            PollResult::Volume(Volume {
                free_bytes,
                size_bytes: 10_000_000_000,
                rest_free_bytes,
                write_failure: None,
            }),
            at(30).mono,
        );
        let verdict = judge(&snapshot, &policy(), Loops::default(), at(31));
        assert_eq!(
            verdict.check(CheckName::Storage).unwrap().level,
            storage,
            "{free_bytes}"
        );
        assert_eq!(
            verdict.check(CheckName::Disk).unwrap().level,
            disk,
            "{free_bytes}"
        );
        assert_eq!(verdict.storage_available, storage == Level::Good);
    }
}

#[test]
fn a_disk_that_takes_no_writes_is_not_available_however_much_is_free() {
    let mut snapshot = answering(chain("regtest", 5, 5), vec![peer(5)], 30);
    let failure = Some(std::io::ErrorKind::ReadOnlyFilesystem);
    let volume = Volume {
        free_bytes: 90_000_000_000,
        size_bytes: 100_000_000_000,
        rest_free_bytes: None,
        write_failure: failure,
    };
    snapshot.answered(PollResult::Volume(volume), at(30).mono);
    let verdict = judge(&snapshot, &policy(), Loops::default(), at(31));
    assert!(!verdict.storage_available && !verdict.answer(Question::Ready, &[]).ok);
    assert!(verdict.answer(Question::Live, &[]).ok);
    let storage = verdict.check(CheckName::Storage).unwrap();
    assert_eq!(
        storage.text,
        "writes fail (read-only filesystem or storage medium), 90.0 GB free"
    );
}

#[test]
fn a_volume_that_will_be_full_within_three_days_warns() {
    let snapshot = answering(chain("main", 5, 5), vec![peer(5)], 30);
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    for (about, level) in [
        (hours(10), Level::Warning),
        (hours(71), Level::Warning),
        (hours(72), Level::Good),
    ] {
        let full_in = FullIn {
            about,
            earliest: Some(about / 2),
            latest: Some(about * 2),
        };
        let pruning = Pruning {
            level: Level::Good,
            text: "disabled".into(),
            full_in: Some(full_in),
            no_room: None,
            unwritten: None,
        };
        let verdict =
            crate::health::judge(&snapshot, &policy(), &pruning, Loops::default(), at(31));
        let disk = verdict.check(CheckName::Disk).unwrap();
        assert_eq!(disk.level, level, "{disk:?}");
        assert!(disk.text.contains("full in about"), "{disk:?}");
        assert!(verdict.answer(Question::Ready, &[]).ok, "a warning only");
    }
}
