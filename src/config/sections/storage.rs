//! `[storage]` and `[storage.custom]`

use super::scope::NodeScope;
use crate::config::item::{Item, Value};
use crate::config::place::Place;
use crate::config::reader::Reader;
use crate::config::scalar::{
    Wrong, choice, filled, gigabytes, in_gigabytes, number, seconds, whole,
};
use crate::config::schema::{CustomPruning, DailyWindow, PruningMode, Storage};
use crate::config::{foreign, suggestion};
use crate::values::Size;

/// Bitcoin nodes serve so many blocks below the tip; none is ever pruned.
const MIN_BLOCKS: u32 = 288;

const CUSTOM: [&str; 4] = [
    "storage.custom.keep_blocks",
    "storage.custom.keep_days",
    "storage.custom.keep_from_height",
    "storage.custom.window",
];

pub(super) fn read(reader: &mut Reader<'_>, scope: NodeScope) -> Option<Storage> {
    use PruningMode::{Aggressive, Custom, Disabled, Normal};
    let at = |path| scope.place(path);
    let modes = [Disabled, Normal, Aggressive, Custom].map(|mode| (mode.as_str(), mode));
    let mode = reader.get(at("storage.pruning_mode"), |item| {
        pruning_mode(item, &modes)
    });
    let threshold = reader.get(at("storage.pruning_threshold_gb"), gigabytes);
    let target = reader.get(at("storage.pruning_target_gb"), gigabytes);
    let interval = reader.get(at("storage.pruning_check_interval_secs"), seconds);
    let keep_blocks = reader.get(at("storage.pruning_keep_blocks"), |item| whole(item, 0));
    let min_free = reader.get(at("storage.min_free_gb"), gigabytes);
    let critical = reader.get(at("storage.storage_critical_gb"), gigabytes);
    let keep_blocks =
        keep_blocks.map(|blocks| at_least(reader, at("storage.pruning_keep_blocks"), blocks));
    let custom = custom(reader, scope, mode);
    if scope.is_a_node() {
        if let (Some(threshold), Some(target)) = (threshold, target) {
            target_below_threshold(reader, scope, target, threshold);
        }
        if let (Some(min_free), Some(critical)) = (min_free, critical) {
            min_free_above_critical(reader, scope, min_free, critical);
        }
    }
    Some(Storage {
        pruning_mode: mode?,
        pruning_threshold: threshold?,
        pruning_target: target?,
        pruning_check_interval: interval?,
        pruning_keep_blocks: keep_blocks?,
        min_free: min_free?,
        storage_critical: critical?,
        custom: custom?,
    })
}

/// A mode; `true`, as of a switch, may mean only what starts by itself and deletes no more than it
/// has to.
fn pruning_mode(item: &Item, modes: &[(&str, PruningMode)]) -> Result<PruningMode, Wrong> {
    let switch = match &item.value {
        Value::Boolean(truth) => Some(*truth),
        // As bitcoind's -prune: 0 is off.
        Value::Integer(number) => Some(*number != 0),
        Value::Text(text) => foreign::boolean(text),
        _ => None,
    };
    let either = [PruningMode::Normal.as_str(), PruningMode::Disabled.as_str()];
    choice(item, modes).map_err(|wrong| match switch {
        Some(true) => wrong.suggest(suggestion::one_of(either.into_iter())),
        Some(false) => wrong.suggest(suggestion::one_of(either.into_iter().skip(1))),
        None => wrong,
    })
}

/// Raises a number of blocks to the fewest there may be, and says so.
fn at_least(reader: &mut Reader<'_>, place: Place, blocks: u32) -> u32 {
    if blocks < MIN_BLOCKS {
        let message = format!("is below {MIN_BLOCKS}; {MIN_BLOCKS} blocks are kept");
        let problem = reader.problem(place, message).warning();
        reader.report(problem.suggest(format!("write {MIN_BLOCKS} or more")));
    }
    blocks.max(MIN_BLOCKS)
}

fn min_free_above_critical(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    min_free: Size,
    critical: Size,
) {
    if min_free >= critical || min_free == Size::default() {
        return;
    }
    let places = ["storage.min_free_gb", "storage.storage_critical_gb"];
    let Some(written) = reader.written_one(&places.map(|path| scope.place(path))) else {
        return;
    };
    let message = "min_free_gb is below storage_critical_gb: the storage fails before it is pruned";
    let problem = reader.problem(written, message).warning();
    let enough = in_gigabytes(critical) * 2.0;
    reader.report(problem.suggest(format!("write min_free_gb = {enough}, say")));
}

fn target_below_threshold(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    target: Size,
    threshold: Size,
) {
    if target < threshold {
        return;
    }
    let target_place = scope.place("storage.pruning_target_gb");
    let threshold_place = scope.place("storage.pruning_threshold_gb");
    let rounded = |gigabytes: f64| {
        if gigabytes >= 10.0 {
            gigabytes.round()
        } else {
            (gigabytes * 100.0).round() / 100.0
        }
    };
    let lower = rounded(in_gigabytes(threshold) * 0.8);
    if lower >= in_gigabytes(threshold) {
        let higher = in_gigabytes(target).max(80.0) * 1.25;
        let problem = reader.problem(
            threshold_place,
            "must be above pruning_target_gb, which cannot be below 0",
        );
        return reader.report(problem.suggest(format!("write {}, say", rounded(higher))));
    }
    let problem = if reader.written_one(&[target_place, threshold_place]) == Some(target_place) {
        let message = format!(
            "must be below pruning_threshold_gb = {}",
            in_gigabytes(threshold)
        );
        reader
            .problem(target_place, message)
            .suggest(format!("write {lower}, say"))
    } else {
        let message = format!("must be above pruning_target_gb = {}", in_gigabytes(target));
        reader
            .problem(threshold_place, message)
            .suggest(format!("write pruning_target_gb = {lower} beside it, say"))
    };
    reader.report(problem);
}

fn custom(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    mode: Option<PruningMode>,
) -> Option<CustomPruning> {
    let places = CUSTOM.map(|path| scope.place(path));
    let [blocks_place, days_place, height_place, window_place] = places;
    let keep_blocks = reader.optional(blocks_place, |item| whole::<u32>(item, 0));
    let keep_days = reader.optional(days_place, days);
    let keep_from_height = reader.optional(height_place, |item| whole(item, 0));
    let window = reader.optional(window_place, window);
    if let Some(mode) = mode.filter(|_| scope.is_a_node()) {
        custom_has_an_effect(reader, scope, mode);
    }
    let keep_blocks =
        keep_blocks.map(|blocks| blocks.map(|blocks| at_least(reader, blocks_place, blocks)));
    Some(CustomPruning {
        keep_blocks: keep_blocks?,
        keep_days: keep_days?,
        keep_from_height: keep_from_height?,
        window: window?,
    })
}

fn custom_has_an_effect(reader: &mut Reader<'_>, scope: NodeScope, mode: PruningMode) {
    let places = CUSTOM.map(|path| scope.place(path));
    let is_custom = mode == PruningMode::Custom;
    if is_custom && places.iter().all(|place| reader.is_empty(*place)) {
        let problem = reader.problem(
            scope.place("storage.pruning_mode"),
            "says custom, but [storage.custom] protects nothing",
        );
        reader.report(
            problem
                .warning()
                .suggest("write keep_days = 30 there, say, or pruning_mode = \"normal\""),
        );
    }
    // What a node inherits may be there for another one.
    let written = |place: &&Place| reader.is_given(**place) && !reader.is_empty(**place);
    let Some(place) = places.iter().find(written).filter(|_| !is_custom) else {
        return;
    };
    let message = format!("has no effect with pruning_mode = \"{}\"", mode.as_str());
    let problem = reader.problem(*place, message).warning();
    reader
        .report(problem.suggest(
            "write pruning_mode = \"custom\" in [storage], or leave [storage.custom] out",
        ));
}

fn days(item: &Item) -> Result<f64, Wrong> {
    let days = number(item)?;
    let fits = days > 0.0 && days <= 36_500.0;
    if fits {
        Ok(days)
    } else {
        Err(Wrong::new("must be above 0 and at most 36500").suggest("write 30, say"))
    }
}

/// `HH:MM-HH:MM`
fn window(item: &Item) -> Result<DailyWindow, Wrong> {
    let wrong = |message: &str| Wrong::new(message).suggest("write \"02:00-05:00\", say");
    let text = filled(item)?;
    let (from, until) = text
        .split_once('-')
        .ok_or_else(|| wrong("must be two times of day, HH:MM-HH:MM"))?;
    let (Some(from), Some(until)) = (minute(from), minute(until)) else {
        return Err(wrong(
            "must be two times of day from 00:00 to 23:59, HH:MM-HH:MM",
        ));
    };
    if from == until {
        Err(wrong("is empty: it begins when it ends"))
    } else {
        Ok(DailyWindow { from, until })
    }
}

/// The minute of the day that `HH:MM` is.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let part = |text: &str, below: u16| {
        let is_plain = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u16>()
            .ok()
            .filter(|number| is_plain && *number < below)
    };
    let hours = part(hours, 24)?;
    let minutes = part(minutes, 60).filter(|_| minutes.len() == 2)?;
    Some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_hours_and_minutes() {
        assert_eq!(minute("00:00"), Some(0));
        assert_eq!(minute("23:59"), Some(1439));
        assert_eq!(minute("2:05"), Some(125));
        for text in ["24:00", "1:60", "1:5", "+1:05", "1", "", ":", "001:00"] {
            assert_eq!(minute(text), None, "{text}");
        }
    }
}
