//! What is suggested to people, in words.

use super::offers::offered;
use super::{load_env, load_str, messages};
use crate::config::keys;
use crate::config::{Origin, Problem, Severity};

#[test]
fn what_is_suggested_where_keys_must_agree_passes_the_next_check() {
    let attached = "[node]\nkind = 'attached'\n";
    let cases = [
        "[storage]\npruning_target_gb = 120\n",
        "[storage]\npruning_threshold_gb = 50\n",
        "[storage]\npruning_threshold_gb = 0\n",
        "[storage]\npruning_threshold_gb = 0\npruning_target_gb = 0\n",
        "[storage]\npruning_threshold_gb = 0.001\n",
        "[storage]\nmin_free_gb = 0.1\n",
        "[storage]\npruning_keep_blocks = 5\n",
        "[network]\nreconnect_initial_delay_secs = 5000\n",
        "[network]\nreconnect_max_delay_secs = 1\n",
        "[network]\nreconnect_jitter = 0\n",
        "[rpc]\nops_listen = '127.0.0.1:18332'\n",
        "[rpc]\nlisten = '127.0.0.1:65535'\nops_listen = '127.0.0.1:65535'\n",
        "[network]\nlisten = '127.0.0.1:18333'\n[rpc]\nops_listen = '127.0.0.1:18332'\n",
        &format!("{attached}[rpc]\nlisten = '0.0.0.0:8332'\nenabled = false\n"),
        &format!(
            "{attached}rpc_url = 'http://127.0.0.1:8333'\n[rpc]\nops_listen = '127.0.0.1:8333'\n"
        ),
        &format!("{attached}chain = 'test'\n"),
        &format!("{attached}rpcport = 8332\n"),
        &format!("{attached}rpchost = 'node'\n"),
        "[node]\nprune = 550\n",
        "[network]\nenabled = yes\n",
        "[node]\nchain = 'main'\n",
    ];
    for text in cases {
        let loaded = load_str(text);
        let problem = loaded
            .problems
            .first()
            .unwrap_or_else(|| panic!("nothing is wrong with {text}"));
        let suggestion = problem
            .suggestion
            .as_deref()
            .unwrap_or_else(|| panic!("nothing to do: {problem}"));
        let next = load_str(&followed(text, problem, suggestion));
        let same = next
            .problems
            .iter()
            .find(|next| next.message == problem.message);
        assert!(
            same.is_none() && (next.config.is_some() || suggestion.starts_with("name ")),
            "{problem}\n{:?}",
            messages(&next)
        );
    }
}

/// The file after what a suggestion says was done: another value, or another key, in its section or
/// beside it.
fn followed(text: &str, problem: &Problem, suggestion: &str) -> String {
    let key = problem.key.as_deref().unwrap();
    let mut keys = tabulated(text);
    let assignment = suggestion
        .strip_prefix("write ")
        .or_else(|| suggestion.strip_prefix("set "));
    match (
        offered(suggestion).first(),
        assignment.and_then(|rest| rest.split_once(" = ")),
    ) {
        (Some(value), _) => set(&mut keys, key, value),
        (None, Some((name, rest))) => {
            let value = offered(&format!("write {rest}"))
                .first()
                .expect("a value")
                .clone();
            let section = rest
                .split_once(" in [")
                .map(|(_, section)| section.trim_end_matches(']'));
            let section = section
                .or_else(|| key.rsplit_once('.').map(|(section, _)| section))
                .unwrap();
            let path = if name.contains('.') {
                name.to_owned()
            } else {
                format!("{section}.{name}")
            };
            if keys::find(key).is_none() {
                keys.retain(|(known, _)| known != key);
            }
            set(&mut keys, &path, &value);
        }
        _ => {}
    }
    keys.iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn set(keys: &mut Vec<(String, String)>, path: &str, value: &str) {
    keys.retain(|(known, _)| known != path);
    keys.push((path.to_owned(), value.to_owned()));
}

/// Dotted keys and their values, as they are written.
fn tabulated(text: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if let Some((name, value)) = line.split_once(" = ") {
            keys.push((format!("{section}.{name}"), value.to_owned()));
        }
    }
    keys
}

#[test]
fn mistakes_of_people_are_answered_with_what_was_meant() {
    let files = [
        (
            "[storage]\npruning_mode = true\n",
            "write \"normal\" or \"disabled\"",
        ),
        ("[node]\nname == \"main\"\n", "write \"main\""),
        (
            "[node]\nkind = \"attached\"\nrpc_url = 8332\n",
            "write \"http://127.0.0.1:8332\"",
        ),
        (
            "[node]\nchain = \u{201c}regtest\u{201d}\n",
            "write \"regtest\"",
        ),
        ("[storage]\npruning_target_gb = 80,5\n", "write 80.5"),
        (
            "[network]\nenabled = yes\n",
            "write reconnect_enabled = true",
        ),
        (
            "[node]\nrpcport = 8332\n",
            "write rpc_url = \"http://127.0.0.1:8332\"",
        ),
        (
            "[node]\ndata_dir = \"C:\\Users\\x\"\n",
            "write 'C:\\Users\\x'",
        ),
        (
            "[node]\nkind = \"attached\"\nrpc_url = \"http://${HOST}:8332\"\n",
            "set BLLVMCTL_NODE__RPC_URL to the value instead",
        ),
        (
            "state_dir = '$HOME/x'\n",
            "set BLLVMCTL__STATE_DIR to the value instead",
        ),
        ("[node]\nname = '\"x\"'\n", "write \"x\""),
        ("[storage]\npruning_threshold_gb = 1TB\n", "write 1000"),
        ("[rpc]\nmax_body_bytes = \"10MB\"\n", "write 10000000"),
        ("[rpc]\nlisten = 'localhost:5'\n", "write \"127.0.0.1:5\""),
        (
            "[rpc.auth]\nper_method_limits = { getblock = { rate = 1 burst = 2 } }\n",
            "write { getblock = { rate = 1, burst = 2 } }",
        ),
    ];
    for (text, expected) in files {
        let loaded = load_str(text);
        let suggestions: Vec<_> = loaded
            .problems
            .iter()
            .filter_map(|problem| problem.suggestion.as_deref())
            .collect();
        assert_eq!(suggestions, [expected], "{:?}", messages(&loaded));
        assert_eq!(loaded.config, None);
    }
}

#[test]
fn mistakes_in_variables_are_answered_with_what_was_meant() {
    let variables = [
        ("BLLVMCTL_RPC__METRICS_ENABLED", "False", "write false"),
        (
            "BLLVMCTL_NETWORK__PEERS",
            "10.0.0.5:8333,10.0.0.6",
            "write [\"10.0.0.5:8333\", \"10.0.0.6\"]",
        ),
        ("BLLVMCTL_NETWORK__PEERS", "a:1,b", "write [\"a:1\", \"b\"]"),
        ("BLLVMCTL_NETWORK__PEERS", "'[\"a:1\"]'", "write [\"a:1\"]"),
        (
            "BLLVMCTL_NODE__PRUNE",
            "550",
            "did you mean BLLVMCTL_STORAGE__PRUNING_MODE, which is storage.pruning_mode?",
        ),
        ("BLLVMCTL_NODE__CHAIN", "\"regtest\"", "write regtest"),
        ("BLLVMCTL_NODE__NAME", "\"x\"", "write x"),
        (
            "BLLVMCTL_NODE__STATE_DIR",
            "\"/var/lib/bllvmctl\"",
            "write /var/lib/bllvmctl",
        ),
        (
            "BLLVMCTL_NODE__STATE_DIR",
            "\"/var/lib/bllvmctl",
            "write /var/lib/bllvmctl",
        ),
        ("BLLVMCTL_RPC__LISTEN", "'127.0.0.1:1'", "write 127.0.0.1:1"),
        ("BLLVMCTL_RPC__MAX_BATCH", "\"5\"", "write 5"),
        (
            "BLLVMCTL_STORAGE__PRUNING_MODE",
            "true",
            "write normal or disabled",
        ),
        (
            "BLLVMCTL_NODE__DATA_DIR",
            "${HOME}/x",
            "set it to the value itself",
        ),
    ];
    for (name, value, expected) in variables {
        let loaded = load_env("", &[(name, value)]);
        let suggestions: Vec<_> = loaded
            .problems
            .iter()
            .filter_map(|problem| problem.suggestion.as_deref())
            .collect();
        assert_eq!(suggestions, [expected], "{:?}", messages(&loaded));
        assert_eq!(loaded.config, None);
    }
    let quoted = messages(&load_env("", &[("BLLVMCTL_NODE__CHAIN", "\"regtest\"")])).join("\n");
    assert!(
        quoted.contains("has quotes around it that are part of the value"),
        "{quoted}"
    );
}

#[test]
fn comments_of_other_notations_are_answered_with_the_mark_of_toml() {
    for comment in ["; the node", "// the node", "-- the node", "REM the node"] {
        for text in [
            format!("{comment}\n[node]\nname = \"a\"\n"),
            format!("[node]\n{comment}\nname = \"a\"\n"),
        ] {
            let loaded = load_str(&text);
            let messages = messages(&loaded);
            assert_eq!(messages.len(), 1, "{messages:?}");
            assert!(messages[0].contains("# before a comment"), "{messages:?}");
            let mended = text.replace(comment, "# the node");
            assert_eq!(load_str(&mended).problems, []);
        }
    }
    // Behind a value: the value is named, which is right without the comment.
    for comment in ["; the node", "// the node"] {
        let loaded = load_str(&format!("[node]\nname = \"a\" {comment}\n"));
        let messages = messages(&loaded);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(
            messages[0].contains("bllvmctl.toml:2:") && messages[0].contains('#'),
            "{messages:?}"
        );
    }
}

#[test]
fn an_empty_variable_is_an_empty_list() {
    for key in keys::single().filter(|key| key.default.starts_with(['[', '{'])) {
        let loaded = load_env(
            &format!("{} = [\"x y\"]", key.path),
            &[(&key.variable(), "")],
        );
        assert_eq!(messages(&loaded), [""; 0], "{}", key.path);
        let entry = loaded
            .entries
            .iter()
            .find(|entry| entry.key == key.path)
            .unwrap();
        assert_eq!(entry.origin, Origin::Environment(key.variable()));
        assert!(
            entry.value.as_array().is_some_and(Vec::is_empty)
                || entry
                    .value
                    .as_object()
                    .is_some_and(serde_json::Map::is_empty)
        );
    }
}

#[test]
fn a_variable_with_one_underscore_is_a_warning_that_names_the_right_one() {
    let cases = [
        ("BLLVMCTL_RPC_LISTEN", "BLLVMCTL_RPC__LISTEN"),
        (
            "BLLVMCTL_RPC_AUTH_RATE_LIMIT_RATE",
            "BLLVMCTL_RPC__AUTH__RATE_LIMIT_RATE",
        ),
        ("BLLVMCTL_LISTEN", "BLLVMCTL_RPC__LISTEN"),
        ("BLLVMCTL_LOG_LEVEL", "BLLVMCTL_LOGGING__LEVEL"),
        (
            "BLLVMCTL_NODE_RPC_PASSWORD",
            "BLLVMCTL_NODE__RPC_PASSWORD_FILE",
        ),
        ("BLLVMCTL_X", "BLLVMCTL_RPC__LISTEN"),
    ];
    for (name, right) in cases {
        let loaded = load_env("", &[(name, "hunter2")]);
        let messages = messages(&loaded);
        assert_eq!(
            (messages.len(), loaded.problems[0].severity),
            (1, Severity::Warning),
            "{messages:?}"
        );
        assert!(
            messages[0].starts_with(&format!("{name}: ")) && messages[0].contains(right),
            "{messages:?}"
        );
        assert!(
            !messages[0].contains("hunter2") && loaded.config.is_some(),
            "{messages:?}"
        );
    }
    let set_by_others = [
        ("BLLVMCTL_SERVICE_HOST", "10.0.0.1"),
        ("BLLVMCTL_SERVICE_PORT_HTTP", "18332"),
        ("BLLVMCTL_PORT", "tcp://10.0.0.1:18332"),
        ("BLLVMCTL_PORT_18332_TCP_ADDR", "10.0.0.1"),
        ("BLLVMCTL_URL", "http://x"),
        ("BLLVMCTL_TOKEN_FILE", "/x"),
        ("BLLVMCTL_CONFIG", "/x"),
    ];
    assert_eq!(messages(&load_env("", &set_by_others)), [""; 0]);
}

#[test]
fn another_notation_is_reported_in_one_sentence() {
    for (text, notation) in [
        ("node:\n  kind: attached\n", "YAML"),
        ("{\"node\": {\"kind\": \"attached\"}}", "JSON"),
    ] {
        let loaded = load_str(text);
        let messages = messages(&loaded);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(
            messages[0].contains(&format!("this looks like {notation}; the file is TOML")),
            "{messages:?}"
        );
        assert_eq!(loaded.config, None);
    }
}

#[test]
fn without_any_configuration_the_node_is_called_regtest() {
    use crate::config::{Flags, load};
    let name = |variables: &[(&str, &str)]| {
        let loaded = load(None, &super::env(variables), &Flags::default());
        super::config(&loaded).first_member().node.name.clone()
    };
    assert_eq!(name(&[]), "regtest");
    assert_eq!(name(&[("BLLVMCTL_RPC__LISTEN", "127.0.0.1:1")]), "regtest");
    assert_eq!(name(&[("BLLVMCTL_NODE__KIND", "attached")]), "main");
    assert_eq!(
        super::config(&load_str("")).first_member().node.name,
        "main"
    );
}

#[test]
fn an_exporter_whose_families_cannot_be_had_is_answered_with_those_that_can() {
    let of = |list: &str| messages(&load_str(&format!("[rpc]\nmetrics_aliases = {list}\n")));
    assert_eq!(of("['jvstein']"), [""; 0]);
    assert_eq!(of("[]"), [""; 0]);
    for wrong in ["['bitcoind']", "['jvstien']", "['']"] {
        let said = of(wrong);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains("must be jvstein; write \"jvstein\""),
            "{said:?}"
        );
    }
    assert!(of("'jvstein'")[0].contains("must be a list"));
}
