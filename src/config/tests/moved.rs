//! Keys that are read from where they were before, too.

use std::path::Path;

use super::{config, load_env, load_str, messages};
use crate::config::{Origin, to_toml};

#[test]
fn the_state_directory_is_read_from_the_top_and_from_where_it_was() {
    for text in ["state_dir = '/x'", "[node]\nstate_dir = '/x'"] {
        let loaded = load_str(text);
        assert_eq!(config(&loaded).state_dir, Path::new("/x"), "{text}");
        let shown = to_toml(&loaded.entries, false);
        assert!(
            shown.starts_with("state_dir = \"/x\"\nnodes = []\nnotify = []\n\n[node]\n"),
            "{shown}"
        );
        assert_eq!(config(&load_str(&shown)).state_dir, Path::new("/x"));
    }
    for variable in ["BLLVMCTL__STATE_DIR", "BLLVMCTL_NODE__STATE_DIR"] {
        for text in ["", "state_dir = '/y'", "[node]\nstate_dir = '/y'"] {
            let loaded = load_env(text, &[(variable, "/x")]);
            assert_eq!(config(&loaded).state_dir, Path::new("/x"), "{text}");
            let entry = loaded.entries.iter().find(|entry| entry.key == "state_dir");
            let origin = Origin::Environment(variable.into());
            assert_eq!(entry.unwrap().origin, origin);
        }
    }
}

#[test]
fn in_both_places_it_is_one_directory_or_an_error_that_names_both() {
    let both = |one: &str, other: &str| {
        load_str(&format!(
            "state_dir = '{one}'\n[node]\nname = 'a'\nstate_dir = '{other}'\n"
        ))
    };
    assert_eq!(config(&both("/x", "/x")).state_dir, Path::new("/x"));
    let loaded = both("/x", "/y");
    assert_eq!(loaded.config, None);
    assert_eq!(
        messages(&loaded),
        [
            "bllvmctl.toml:4:1: node.state_dir = '/y': is called state_dir now, and that is '/x' \
             in bllvmctl.toml:1; keep one of the two, as state_dir"
        ]
    );
    let variables = [
        ("BLLVMCTL__STATE_DIR", "/x"),
        ("BLLVMCTL_NODE__STATE_DIR", "/y"),
    ];
    assert_eq!(
        messages(&load_env("", &variables)),
        [
            "BLLVMCTL_NODE__STATE_DIR: node.state_dir = /y: is called state_dir now, and that is \
             /x in BLLVMCTL__STATE_DIR; keep one of the two, as state_dir"
        ]
    );
}

#[test]
fn what_is_wrong_with_it_is_reported_once_wherever_it_stands() {
    for text in [
        "state_dir = 5",
        "[node]\nstate_dir = 5",
        "[node]\nstate_dir = x y",
    ] {
        let messages = messages(&load_str(text));
        assert!(
            messages.len() == 1 && messages[0].contains("state_dir"),
            "{messages:?}"
        );
    }
}

#[test]
fn whoever_writes_it_nearly_right_is_answered_with_where_it_stands() {
    let cases = [
        (
            "[rpc]\nstate_dir = '/x'",
            "it belongs at the top of the file, above all sections",
        ),
        (
            "[rpc]\nstatedir = '/x'",
            "did you mean state_dir at the top of the file, above all sections?",
        ),
        ("state_dri = '/x'", "did you mean state_dir?"),
    ];
    for (text, expected) in cases {
        let messages = messages(&load_str(text)).join("\n");
        assert!(messages.contains(expected), "{messages}");
    }
    for name in ["BLLVMCTL_STATE_DIR", "BLLVMCTL_STATEDIR"] {
        let messages = messages(&load_env("", &[(name, "/x")])).join("\n");
        assert!(
            messages.contains("did you mean BLLVMCTL__STATE_DIR?"),
            "{messages}"
        );
    }
}
