//! No secret is messages, shown or printed.

use super::{load_env, load_str, rpcauth, to_toml};
use crate::config::Loaded;

/// Everything that loading says, in every form.
fn everything(loaded: &Loaded) -> String {
    let problems: Vec<_> = loaded.problems.iter().map(ToString::to_string).collect();
    let json = serde_json::to_string(&(&loaded.problems, &loaded.entries)).unwrap();
    format!(
        "{problems:?} {json} {loaded:?} {}",
        to_toml(&loaded.entries, true)
    )
}

#[test]
fn a_users_rpcauth_is_never_shown() {
    let auth = rpcauth();
    let hmac = auth.split_once('$').unwrap().1;
    for text in [
        format!("[[rpc.auth.users]]\nname = 'alice'\nrpcauth = '{auth}'"),
        format!("[rpc.auth]\nusers = [{{ name = 'alice', rpcauth = '{auth}' }}]"),
        format!("[[rpc.auth.users]]\nname = 'alice'\nrpcauth = 'alice:{auth}'"),
        format!("[[rpc.auth.users]]\nname = 'alice'\nrpcauth = {auth}"),
        format!("[[rpc.auth.users]]\nname = 'alice'\nrpcauth = '{auth}"),
        format!("[rpc.auth]\nusers = [{{ name = 'alice' rpcauth = '{auth}' }}]"),
        format!("[rpc.auth]\nusers = {{\n name = 'alice'\n rpcauth = '{auth}'\n}}"),
        format!("[rpc.auth]\nusers = '{auth}'"),
        format!("[rpc]\nrpcauth = 'alice:{auth}'"),
    ] {
        let said = everything(&load_str(&text));
        assert!(!said.contains(hmac), "{text}\n{said}");
    }
    assert!(
        load_str(&format!(
            "[[rpc.auth.users]]\nname = 'alice'\nrpcauth = '{auth}'"
        ))
        .config
        .is_some()
    );
}

#[test]
fn a_password_is_never_shown_wherever_it_was_written() {
    for text in [
        "[node]\nrpc_password = 'hunter2'",
        "[node]\nrpc_password = hunter2",
        "[node]\nrpc_password: hunter2",
        "[node]\npassword = \"hunter2",
        "[node]\ntoken = ['hunter2']",
        "[node]\nrpc_url = 'http://me:hunter2@node'",
        "[node]\nrpc_url = http://me:hunter2@node",
        "[node]\nrpc_url = 'http://me:hunter2@no de'",
        "[node]\nrpc_user = 'me:hunter2'\nrpc_password_file = '/x'",
        "[node]\nrpc_user = me:hunter2",
        "[node]\nrpc_password_file = 'hunter2'\nrpc_user = 'me'",
        "[network]\npeers = ['http://me:hunter2@node']",
        "[secrets]\npassword = 'hunter2'",
        "secret = { password = 'hunter2' }",
        "other = [{ password = 'hunter2' }]",
        "node = { rpc_password = 'hunter2' }",
        "node = {\n rpc_password = 'hunter2'\n name = 'x'\n}",
        "[[rpc.auth.users]]\nname = 'a'\npassword = 'hunter2'",
        "[rpc]\ncontrol_token = 'hunter2'",
        "[rpc]\ncontrol_token_file = 'hunter2'",
        "[rpc]\ncontrol_token_file = '\"hunter2\"'",
        "[node]\nrpc_token_file = \u{201c}hunter2\u{201d}",
        "[node]\nrpc_cookie_file = '__cookie__:hunter2\"'\nkind = 'attached'",
    ] {
        let loaded = load_str(text);
        assert!(
            loaded.config.is_none() && !loaded.problems.is_empty(),
            "{text}"
        );
        let said = everything(&loaded);
        assert!(!said.contains("hunter2"), "{text}\n{said}");
    }
    for name in [
        "BLLVMCTL_NODE__RPC_PASSWORD",
        "BLLVMCTL_RPC__AUTH__TOKEN",
        "BLLVMCTL_RPC__AUTH__USERS",
    ] {
        let said = everything(&load_env("", &[(name, "[{ password = 'hunter2' }")]));
        assert!(!said.contains("hunter2"), "{name}\n{said}");
    }
}

#[test]
fn of_a_notification_scheme_and_host_are_shown_wherever_and_however_it_was_written() {
    let entry = |rest: &str| format!("[[notify]]\nname = 'x'\n{rest}");
    let texts = [
        entry("url = 'https://me:hunter2@h/hunter2?hunter2#hunter2'"),
        entry("url = https://h/hunter2"),
        entry("url = 'https://h/hunter2"),
        entry("url: 'https://h/hunter2'"),
        entry("url = ['https://h/hunter2']"),
        entry("url = 'hunter2'"),
        entry("url = 'ftp://h/hunter2'"),
        entry("uri = 'https://h/hunter2'"),
        entry("url_file = 'hunter2'"),
        entry("header_file = 'Authorization: hunter2'"),
        entry("url = 'http://h'\ntemplate = '{\"k\":\"hunter2\"}'"),
        entry("url = 'http://h'\ntemplate = '{\"k\":\"hunter2\",\"a\":{{nod}}}'"),
        entry("url = 'http://h'\ntemplate = 'hunter2'"),
        entry("url = 'http://h'\ntemplate = \"hunter2"),
        "notify = [{ name = 'x', url = 'https://h/hunter2' }]".to_owned(),
        "notify = [{ name = 'x' url = 'https://h/hunter2' }]".to_owned(),
        "notify = 'https://h/hunter2'".to_owned(),
        "[notify]\nurl = 'https://h/hunter2'".to_owned(),
    ];
    for text in &texts {
        let said = everything(&load_str(text));
        assert!(!said.contains("hunter2"), "{text}\n{said}");
    }
    let good = load_str(&texts[0]);
    assert!(good.config.is_some(), "{:?}", good.problems);
    assert!(to_toml(&good.entries, false).contains("url = \"https://h\""));
    for variable in [
        "BLLVMCTL_NOTIFY__X__URL",
        "BLLVMCTL__NOTIFY",
        "BLLVMCTL_NOTIFY__Y__URL",
    ] {
        let loaded = load_env(
            &entry("url = 'http://h'"),
            &[(variable, "https://h/hunter2")],
        );
        let said = everything(&loaded);
        assert!(!said.contains("hunter2"), "{variable}\n{said}");
    }
}
