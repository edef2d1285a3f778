//! The disk of a node: usage against its thresholds, forecast, pruning. Pure.

use jiff::Timestamp;

use super::chart::{ChartSeries, Scale, chart};
use super::view::{BarView, StorageView, facts_of};
use crate::overview::text::UNKNOWN;
use crate::overview::{
    NodeOverview, OverviewLevel, StorageBar, bytes_of, storage_bars, storage_facts,
};
use crate::values::Size;

pub(super) fn storage(node: &NodeOverview, now: Timestamp, interval_secs: u64) -> StorageView {
    let name = &node.health.name;
    let hour = &node.hour;
    let bytes = |list: &[Option<Size>]| -> Vec<Option<f64>> {
        list.iter().map(|size| size.map(bytes_of)).collect()
    };
    let charts = vec![
        chart(
            format!("usage-of-{name}"),
            "Used",
            &[ChartSeries::new("used", &bytes(&hour.usage_bytes))],
            (Scale::Lowest, interval_secs),
            size_text,
        ),
        chart(
            format!("free-of-{name}"),
            "Free on the volume",
            &[ChartSeries::new("free", &bytes(&hour.free_bytes))],
            (Scale::Lowest, interval_secs),
            size_text,
        ),
    ];
    StorageView {
        bars: storage_bars(node).into_iter().map(bar).collect(),
        facts: facts_of(storage_facts(node, now)),
        charts,
    }
}

fn bar(bar: StorageBar) -> BarView {
    BarView {
        name: bar.name,
        value: bar.value,
        detail: bar.detail,
        label: bar.label,
        level: match bar.level {
            OverviewLevel::Good | OverviewLevel::Unknown => "",
            level => level.as_str(),
        },
        fill: bar.fill,
        marks: bar.marks,
    }
}

fn size_text(bytes: f64) -> String {
    Size::from_gigabytes(bytes / 1e9).map_or_else(|| UNKNOWN.to_owned(), |size| size.to_string())
}
