//! `bllvmctl metrics --raw`: the lines of `/metrics`, filtered by name and by node.

use globset::GlobSet;

/// The suffixes of the series of a histogram.
const HISTOGRAM_SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// The lines of the families that `wanted` matches; with a `node`, only the series with its label.
pub(super) fn lines(page: &str, wanted: &GlobSet, node: Option<&str>) -> String {
    let label = node.map(|node| format!("node=\"{}\"", escape(node)));
    let is_shown = |line: &&str| is_wanted(name(line), wanted);
    let lines = page.lines().filter(is_shown);
    let Some(label) = label else {
        return lines.map(|line| line.to_owned() + "\n").collect();
    };
    let lines: Vec<&str> = lines.collect();
    let of_node: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| has_label(line, &label))
        .collect();
    let has_series = |family: &str| of_node.iter().any(|line| family_of(name(line), family));
    let is_shown = |line: &&str| {
        if line.starts_with('#') {
            has_series(name(line))
        } else {
            has_label(line, &label)
        }
    };
    let lines = lines.into_iter().filter(is_shown);
    lines.map(|line| line.to_owned() + "\n").collect()
}

fn is_wanted(name: &str, wanted: &GlobSet) -> bool {
    let mut bases = HISTOGRAM_SUFFIXES
        .iter()
        .filter_map(|part| name.strip_suffix(part));
    wanted.is_match(name) || bases.any(|base| wanted.is_match(base))
}

/// Whether a series with this name is of `family`.
fn family_of(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|part| part.is_empty() || HISTOGRAM_SUFFIXES.contains(&part))
}

/// The name in a line of the page.
fn name(line: &str) -> &str {
    let comment = line
        .strip_prefix("# HELP ")
        .or_else(|| line.strip_prefix("# TYPE "));
    comment
        .unwrap_or(line)
        .split([' ', '{'])
        .next()
        .unwrap_or_default()
}

/// A label value with the escapes of the text format.
fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn has_label(line: &str, label: &str) -> bool {
    if line.starts_with('#') {
        return false;
    }
    let mut labels = line.match_indices(label);
    labels.any(|(at, _)| {
        line.get(..at)
            .is_some_and(|before| before.ends_with(['{', ',']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use globset::{Glob, GlobSetBuilder};

    const PAGE: &str = "\
# HELP bllvm_chain_height Height.
# TYPE bllvm_chain_height gauge
bllvm_chain_height{node=\"a\"} 101
bllvm_chain_height{node=\"b\\\"\"} 102
# HELP bllvm_d_seconds Time.
# TYPE bllvm_d_seconds histogram
bllvm_d_seconds_bucket{other_node=\"a\",le=\"1\"} 50
bllvm_d_seconds_bucket{node=\"a\",le=\"1\"} 50
bllvm_d_seconds_sum{node=\"a\"} 120
# HELP process_threads Threads.
# TYPE process_threads gauge
process_threads 3
";

    fn shown(pattern: &str, node: Option<&str>) -> Vec<String> {
        let mut set = GlobSetBuilder::new();
        set.add(Glob::new(pattern).unwrap());
        let text = lines(PAGE, &set.build().unwrap(), node);
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn lines_come_with_all_parts_of_a_histogram() {
        assert_eq!(shown("bllvm_d_seconds", None).len(), 5);
        assert_eq!(shown("*", None).join("\n") + "\n", PAGE);
    }

    #[test]
    fn a_node_selects_its_series_with_their_help_and_type() {
        let page: Vec<_> = PAGE.lines().collect();
        let of_a = [&page[..3], &page[4..6], &page[7..9]].concat();
        assert_eq!(shown("*", Some("a")), of_a);
        assert_eq!(shown("*", Some("b\"")), [&page[..2], &page[3..4]].concat());
        assert_eq!(shown("*", Some("c")), Vec::<String>::new());
    }
}
