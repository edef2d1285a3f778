//! Keys of sections that may be there any number of times are keys as others are.

use super::{FILE, config, env, load_env, load_str, messages, rpcauth};
use crate::config::{Flags, Loaded, Origin, load_text, to_toml};

/// Two users, `alice` and `ops-1`; the second has a rate in line 8.
fn users() -> String {
    let auth = rpcauth();
    format!(
        "[[rpc.auth.users]]\nname = 'alice'\nrpcauth = '{auth}'\n\n[[rpc.auth.users]]\n\
         name = 'ops-1'\n\
         rpcauth = '{auth}'\nrate = 5\n"
    )
}

fn origin(loaded: &Loaded, key: &str) -> Option<Origin> {
    let mut entries = loaded.entries.iter();
    let entry = entries.find(|entry| entry.key == key)?;
    Some(entry.origin.clone())
}

fn in_line(line: usize) -> Origin {
    Origin::File {
        path: FILE.into(),
        line,
        column: 1,
    }
}

#[test]
fn each_value_has_its_place_and_what_is_left_out_is_inherited() {
    let loaded = load_str(&format!("{}[rpc.auth]\nrate_limit_burst = 300\n", users()));
    let config = config(&loaded);
    let limits: Vec<_> = config
        .rpc
        .auth
        .users
        .iter()
        .map(|user| {
            (
                user.rate_limit.rate.to_string(),
                user.rate_limit.burst.get(),
            )
        })
        .collect();
    assert_eq!(limits, [("100".to_owned(), 300), ("5".to_owned(), 300)]);
    let header = Origin::File {
        path: FILE.into(),
        line: 1,
        column: 12,
    };
    assert_eq!(origin(&loaded, "rpc.auth.users"), Some(header));
    assert_eq!(origin(&loaded, "rpc.auth.users[1].name"), Some(in_line(6)));
    assert_eq!(origin(&loaded, "rpc.auth.users[1].rate"), Some(in_line(8)));
    assert_eq!(
        origin(&loaded, "rpc.auth.users[0].rate"),
        None,
        "not written"
    );
}

#[test]
fn a_variable_gives_a_key_to_the_entry_that_it_names() {
    let variables = [
        ("BLLVMCTL_RPC__AUTH__USERS__OPS_1__RATE", "7.5"),
        (
            "BLLVMCTL_RPC__AUTH__USERS__ALICE__METHODS",
            "[\"getblock\"]",
        ),
        ("BLLVMCTL_RPC__AUTH__PER_METHOD_LIMITS__STOP__BURST", "3"),
    ];
    let limits = "[rpc.auth.per_method_limits]\nstop = { rate = 1, burst = 2 }\n";
    let loaded = load_env(&format!("{}{limits}", users()), &variables);
    let auth = config(&loaded).rpc.auth;
    assert_eq!(auth.users[0].methods, ["getblock"]);
    assert!((auth.users[1].rate_limit.rate - 7.5).abs() < f64::EPSILON);
    assert_eq!(auth.per_method_limits["stop"].burst.get(), 3);
    let shown = to_toml(&loaded.entries, true);
    for line in [
        "name = \"ops-1\"  # bllvmctl.toml:6\n",
        "rate = 7.5  # BLLVMCTL_RPC__AUTH__USERS__OPS_1__RATE\n",
        "rpcauth = \"[redacted]\"  # bllvmctl.toml:3\n",
        "burst = 3 }  # bllvmctl.toml:10, BLLVMCTL_RPC__AUTH__PER_METHOD_LIMITS__STOP__BURST\n",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn a_variable_of_the_whole_section_says_which_entries_there_are() {
    let auth = rpcauth();
    let whole = format!("[{{ name = \"bob\", rpcauth = \"{auth}\" }}]");
    let variables = [
        ("BLLVMCTL_RPC__AUTH__USERS", whole.as_str()),
        ("BLLVMCTL_RPC__AUTH__USERS__BOB__BURST", "150"),
    ];
    let users = config(&load_env(&users(), &variables)).rpc.auth.users;
    assert_eq!((users.len(), users[0].rate_limit.burst.get()), (1, 150));
}

#[test]
fn a_variable_that_names_no_entry_or_no_key_is_an_error_with_the_right_one() {
    let cases = [
        (
            "BLLVMCTL_RPC__AUTH__USERS__ALICA__RATE",
            "no entry of [[rpc.auth.users]] is called ALICA; did you mean \
             BLLVMCTL_RPC__AUTH__USERS__ALICE__RATE?",
        ),
        (
            "BLLVMCTL_RPC__AUTH__USERS__ZOE__RATE",
            "no entry of [[rpc.auth.users]] is called ZOE; write the entry into the file first, or \
             all of them into BLLVMCTL_RPC__AUTH__USERS",
        ),
        (
            "BLLVMCTL_RPC__AUTH__USERS__ALICE__RATES",
            "there is no such variable; did you mean BLLVMCTL_RPC__AUTH__USERS__ALICE__RATE?",
        ),
        (
            "BLLVMCTL_RPC__AUTH__USERS__ALICE__RATE",
            "must be a number, not a text",
        ),
    ];
    for (name, expected) in cases {
        let loaded = load_env(&users(), &[(name, "many")]);
        assert_eq!(loaded.config, None, "{name}");
        let messages = messages(&loaded);
        assert!(
            messages.len() == 1 && messages[0].starts_with(name),
            "{messages:?}"
        );
        assert!(messages[0].contains(expected), "{messages:?}");
    }
}

#[test]
fn two_entries_with_one_name_in_variables_are_distinguished_by_the_file_only() {
    let text = users().replace("ops-1", "ALICE");
    let loaded = load_env(&text, &[("BLLVMCTL_RPC__AUTH__USERS__ALICE__RATE", "1")]);
    assert!(
        messages(&loaded)[0].contains("more than one entry of [[rpc.auth.users]] is called ALICE"),
        "{:?}",
        messages(&loaded)
    );
}

#[test]
fn all_that_is_wrong_with_entries_is_reported_each_at_its_place() {
    let text = "[[rpc.auth.users]]\nnames = 'a'\nrate = 0\n[[rpc.auth.users]]\nname = 'b:c'\n\
                rpcauth = 'x'\n\
                burst = 'many'\n[rpc.auth.per_method_limits]\nstop = { rates = 1 }\nhelp = 5\n";
    let places: Vec<_> = load_str(text)
        .problems
        .iter()
        .map(|problem| {
            let key = problem.key.clone().unwrap_or_default();
            (problem.line, key, problem.message.clone())
        })
        .collect();
    let expected = [
        (1, "rpc.auth.users", "has no name"),
        (1, "rpc.auth.users", "has no rpcauth"),
        (2, "rpc.auth.users.names", "there is no such key"),
        (3, "rpc.auth.users.rate", "must be above 0"),
        (5, "rpc.auth.users.name", "must have no colon"),
        (6, "rpc.auth.users.rpcauth", "must be salt$hmac"),
        (7, "rpc.auth.users.burst", "must be a whole number"),
        (9, "rpc.auth.per_method_limits.stop", "has no rate"),
        (9, "rpc.auth.per_method_limits.stop", "has no burst"),
        (
            9,
            "rpc.auth.per_method_limits.stop.rates",
            "there is no such key",
        ),
        (10, "rpc.auth.per_method_limits.help", "must be a table"),
    ];
    assert_eq!(places.len(), expected.len(), "{places:#?}");
    for (found, expected) in places.iter().zip(expected) {
        assert_eq!((found.0, found.1.as_str()), (Some(expected.0), expected.1));
        assert!(found.2.contains(expected.2), "{found:?}");
    }
}

#[test]
fn an_unknown_key_of_an_entry_names_the_nearest_of_its_section() {
    let messages = |line: &str| {
        let loaded = load_str(&format!("{}{line}\n", users()));
        messages(&loaded).join("\n")
    };
    assert!(messages("metods = []").contains("did you mean methods?"));
    assert!(
        messages("frobnicate = 1")
            .contains("known here: name, rpcauth, methods, nodes, rate, burst")
    );
    let elsewhere = problems_of("[rpc.auth]\nrpcauth = 'x'\n");
    assert!(
        elsewhere.contains("a user has a name and an rpcauth"),
        "{elsewhere}"
    );
}

fn problems_of(text: &str) -> String {
    messages(&load_str(text)).join("\n")
}

#[test]
fn a_flag_or_a_plain_variable_is_no_entry() {
    let flags = Flags {
        listen: Some("127.0.0.1:3".into()),
    };
    let loaded = load_text(FILE.as_ref(), &users(), &env(&[]), &flags);
    assert_eq!(config(&loaded).rpc.auth.users.len(), 2);
}
