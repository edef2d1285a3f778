//! What holds for every text.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::{Flags, Loaded, env, load_env, load_str, load_text, template, to_toml};
use crate::config::keys;
use crate::config::{Entry, Origin};

/// What somebody may type by mistake.
const MARKS: [&str; 17] = [
    "", "\"", "'", "[", "]", "{", "}", "=", "\n", "#", ".", ",", "-", "9", "x", "\u{e9}", "\u{1b}",
];

/// Good values of some keys, one value of each other key being its default.
const GOOD: [(&str, &str); 26] = [
    ("node.kind", "\"attached\""),
    ("node.name", "'a \"quoted\" ~ # name \u{e9}'"),
    ("node.data_dir", "'/data \\ dir'"),
    ("node.rpc_url", "'http://[::1]:80'"),
    ("node.poll_interval_secs", "0.25"),
    ("network.peers", "['10.0.0.5:8333', '[::1]:5']"),
    ("network.max_peers", "0x10"),
    ("network.reconnect_jitter", "0.5e-1"),
    ("storage.pruning_threshold_gb", "81.125"),
    ("storage.pruning_mode", "'custom'"),
    ("storage.custom.keep_days", "1.5"),
    ("storage.custom.keep_blocks", "1_000"),
    ("storage.custom.window", "'23:00-1:30'"),
    ("rpc.listen", "'[::1]:0'"),
    ("rpc.methods", "['get*', '!getblock']"),
    ("rpc.metrics_aliases", "['jvstein']"),
    ("rpc.max_in_flight", "5"),
    ("rpc.max_long_polls", "3"),
    ("rpc.allowed_hosts", "['Node.Example', 'b']"),
    ("rpc.max_connections_per_address", "64"),
    ("rpc.trusted_proxies", "['10.0.0.1', '::/0']"),
    (
        "rpc.auth.per_method_limits",
        "{ getblock = { rate = 0.5, burst = 3 }, 'a.b' = { burst = 1, rate = 2 } }",
    ),
    ("rpc.auth.rate_limit_exempt", "['127.0.0.0/8']"),
    ("rpc.auth.rate_limit_rate", "1e3"),
    ("health.stall_probability", "1e-30"),
    ("logging.level", "'info,bllvmctl::prune=debug'"),
];

/// All positions are in the text, and a configuration is there exactly if nothing is an error.
fn is_sound(loaded: &Loaded, text: &str) {
    let lines: Vec<_> = text.split('\n').collect();
    for problem in &loaded.problems {
        if let (Some(line), Some(column)) = (problem.line, problem.column) {
            assert!((1..=lines.len()).contains(&line), "{problem}");
            assert!(
                (1..=lines[line - 1].chars().count() + 1).contains(&column),
                "{problem}"
            );
        }
        assert!(
            !problem.message.is_empty() && !problem.to_string().contains('\u{1b}'),
            "{problem}"
        );
    }
    for entry in &loaded.entries {
        if let Origin::File { line, column, .. } = entry.origin {
            assert!(
                line >= 1 && line <= lines.len() && column >= 1,
                "{}",
                entry.key
            );
        }
    }
    let whole = loaded
        .entries
        .iter()
        .filter(|entry| !entry.is_within_another());
    assert_eq!(whole.count(), keys::single().count());
    let errors = loaded
        .problems
        .iter()
        .any(|problem| problem.severity == super::Severity::Error);
    assert_eq!(
        loaded.config.is_none(),
        errors,
        "{:?}",
        super::messages(loaded)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_shown_loads_to_the_same_configuration(
        given in subsequence(GOOD.to_vec(), 0..GOOD.len()), with_origin: bool,
    ) {
        let text = given.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join("\n");
        let loaded = load_str(&text);
        let config = super::config(&loaded);
        let shown = to_toml(&loaded.entries, with_origin);
        let again = load_str(&shown);
        prop_assert_eq!(super::config(&again), config, "{}", shown);
        let value = |entry: &Entry| (entry.key.clone(), entry.value.clone());
        let values = |loaded: &Loaded| loaded.entries.iter().map(value).collect::<Vec<_>>();
        prop_assert_eq!(values(&again), values(&loaded));
    }

    #[test]
    fn a_mangled_template_never_panics(
        edits in prop::collection::vec((any::<Index>(), select(MARKS.to_vec()), 0_usize..4), 1..12),
    ) {
        let mut text: Vec<char> = template().replace("# example: ", "").replace("\n# ", "\n").chars().collect();
        for (at, insert, remove) in edits {
            let at = at.index(text.len());
            let end = (at + remove).min(text.len());
            text.splice(at..end, insert.chars());
        }
        let text: String = text.into_iter().collect();
        is_sound(&load_str(&text), &text);
    }

    #[test]
    fn no_text_panics(text in "(\\[{1,2}(node|rpc\\.auth|rpc|rpc\\.auth\\.users|x)?\\]{0,2}\n\
                               |[a-c.\"' ]{0,4}=? ?[\\[\\]{}\"'0-9a-c,=#\\\\.\r é-]{0,6}\n\
                               ?|(listen|peers|users|methods) = [\\[{\"]{0,3}){0,12}") {
        is_sound(&load_str(&text), &text);
    }

    #[test]
    fn no_variable_and_no_flag_panics(
        n in any::<Index>(),
        value in "[\\[\\]{}\"'0-9a-c,=# é.:/@~!-]{0,12}",
        flag in ".{0,10}",
    ) {
        let name = keys::ALL[n.index(keys::ALL.len())].variable();
        let loaded = load_env("", &[(&name, &value)]);
        is_sound(&loaded, "");
        let flags = Flags { listen: Some(flag) };
        is_sound(&load_text(Path::new("x"), "", &env(&[(&name, &value)]), &flags), "");
    }
}
