//! One very bad file: everything that is wrong with it is messages in one run.

use super::{load_str, messages};
use crate::config::Severity;

#[test]
fn every_problem_of_a_very_bad_file_is_reported_in_one_run() {
    let loaded = load_str(include_str!("bad_file.toml"));
    let messages = messages(&loaded).join("\n") + "\n";
    let expected = include_str!("bad_file.txt");
    for (messages, expected) in messages.lines().zip(expected.lines()) {
        assert_eq!(messages, expected);
    }
    assert_eq!(messages, expected);
    assert_eq!(loaded.config, None);
    let warnings = loaded
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Warning);
    assert_eq!(warnings.count(), 1);
}

#[test]
fn a_value_that_cannot_be_read_hides_nothing_that_is_wrong_with_others() {
    let public = "[rpc]\nlisten = '0.0.0.0:5'\nops_listen = '127.0.0.1:5'\n";
    let cases = [
        (
            "[storage]\npruning_mode = 'agressive'\npruning_keep_blocks = 100\n",
            vec!["pruning_mode", "pruning_keep_blocks"],
        ),
        (
            "[storage]\nmin_free_gb = -1\n[storage.custom]\nkeep_days = -1\nkeep_blocks = 5\n\
             window = 'x'\n",
            vec![
                "min_free_gb",
                "custom.keep_blocks",
                "custom.keep_days",
                "custom.keep_blocks",
                "custom.window",
            ],
        ),
        (
            "[node]\nkind = 'atached'\ndata_dir = 5\nrpc_cookie_file = 5\n",
            vec!["kind", "data_dir", "rpc_cookie_file"],
        ),
        (
            &format!("{public}max_batch = 0\n"),
            vec!["listen", "ops_listen", "max_batch"],
        ),
        (
            &format!(
                "[health]\nstall_probability = 2\nlive_timeout_secs = 3\n{public}[rpc.auth]\n\
                 users = []\nrate_limit_rate = 0"
            ),
            vec![
                "stall_probability",
                "live_timeout_secs",
                "listen",
                "ops_listen",
                "auth.rate_limit_rate",
            ],
        ),
        (
            "[network]\nmax_peers = 0\npeers = ['a', 'b c', 'a']\n",
            vec!["max_peers", "peers", "peers"],
        ),
    ];
    for (text, mut expected) in cases {
        let loaded = load_str(text);
        let keys = loaded
            .problems
            .iter()
            .filter_map(|problem| problem.key.as_deref()?.split_once('.'));
        let mut found: Vec<_> = keys.map(|(_, key)| key).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{:#?}", messages(&loaded));
    }
}

#[test]
fn a_table_without_commas_is_reported_with_the_table_to_write() {
    let loaded = load_str(include_str!("bad_file.toml"));
    let key = Some("rpc.auth.per_method_limits".to_owned());
    let problem = loaded
        .problems
        .into_iter()
        .find(|problem| problem.key == key)
        .unwrap();
    assert_eq!(
        (problem.line, problem.column, problem.value),
        (Some(38), Some(1), None)
    );
    let table = "[rpc.auth.per_method_limits]\ngetblocktemplate = { rate = 10, burst = 20 }\n\
                 sendrawtransaction = { rate = 5, burst = 10 }";
    assert_eq!(problem.suggestion.as_deref(), Some(table));
    assert_eq!(messages(&load_str(table)), [""; 0]);
}

#[test]
fn one_mistake_of_syntax_does_not_hide_the_rest() {
    let cases = [
        (
            "kind = attached\n[rpc\nlisten = 'x'",
            vec![(1, "kind"), (2, "rpc"), (3, "rpc.listen")],
        ),
        (
            "[network]\npeers = [\"a b\",\nmin_peers = -1\n[rpc.auth]\nrate_limit_rate = 0",
            vec![
                (2, "network.peers"),
                (3, "network.min_peers"),
                (5, "rpc.auth.rate_limit_rate"),
            ],
        ),
        (
            "a b = 1\nc 2\n= 4\n[node]\nname =\nkind = 1 2\n x = 'x' # c\n[rpc]\nlisten = \"\\q\"\n\
             max_batch = 08",
            vec![
                (1, ""),
                (2, ""),
                (3, ""),
                (5, "node.name"),
                (6, "node.kind"),
                (7, "node.x"),
                (9, "rpc.listen"),
                (10, "rpc.max_batch"),
            ],
        ),
        (
            "[rpc]\nmax_batch = 0\n[rpc]\nlisten = 'x'\n[[rpc.auth.users]]\nname = alice\n\
             rpcauth = 'x'",
            vec![
                (2, "rpc.max_batch"),
                (3, "rpc"),
                (4, "rpc.listen"),
                (6, "rpc.auth.users.name"),
                (7, "rpc.auth.users.rpcauth"),
            ],
        ),
        (
            "[node]\nname = 'a\n[[rpc]]\nx = 1",
            vec![(2, "node.name"), (3, "rpc")],
        ),
    ];
    for (text, expected) in cases {
        let loaded = load_str(text);
        let found: Vec<_> = loaded
            .problems
            .iter()
            .map(|p| (p.line.unwrap(), p.key.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(found, expected, "{:#?}", messages(&loaded));
    }
}
