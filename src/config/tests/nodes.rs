//! Several nodes: what each has, and what is wrong with them.

mod refused;

use std::path::Path;
use std::time::Duration;

use super::{FILE, config, load_env, load_str, messages, rpcauth, secret_in};
use crate::config::schema::{
    BroadcastScope, Credentials, ForkPolicy, MemberConfig, PrivateBroadcast, PruningMode,
    ResendPolicy, RoutingPolicy, UtxoStats,
};
use crate::config::{Config, Loaded, Origin, Severity, to_toml};
use crate::values::{Chain, Size};

/// The configuration of the first release that had several nodes, with its secrets in `directory`.
fn released(directory: &Path) -> String {
    for name in ["a.pw", "arch.pw", "token"] {
        let secret = secret_in(directory, 0o600);
        std::fs::copy(secret, directory.join(name)).unwrap();
    }
    include_str!("nodes.toml").replace("@DIR@", &directory.display().to_string())
}

fn member<'a>(config: &'a Config, name: &str) -> &'a MemberConfig {
    config.member(name).unwrap()
}

/// Two nodes and a user; `more` follows in the entry of the second.
fn two(more: &str) -> String {
    format!(
        "[[rpc.auth.users]]\nname = 'alice'\nrpcauth = '{}'\n\
         [[nodes]]\nname = 'a'\nrpc_url = 'http://10.0.0.1:8332'\nrpc_cookie_file = '/a/.cookie'\n\
         [[nodes]]\nname = 'b'\nrpc_url = 'http://10.0.0.2:8332'\nrpc_cookie_file = '/b/.cookie'\n\
         {more}",
        rpcauth()
    )
}

fn report(loaded: &Loaded) -> String {
    messages(loaded).join("\n")
}

/// The only problem, without the file's name.
#[track_caller]
fn only_problem(text: &str) -> String {
    let loaded = load_str(text);
    let messages = messages(&loaded);
    assert_eq!(messages.len(), 1, "{messages:#?}");
    messages[0].replace(&format!("{FILE}:"), "")
}

#[test]
fn the_list_of_the_first_release_that_had_one_is_read_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let loaded = load_str(&released(directory.path()));
    assert_eq!(messages(&loaded), [""; 0]);
    let config = config(&loaded);
    let names: Vec<_> = config.members().map(|member| &*member.node.name).collect();
    assert_eq!(names, ["a", "b-2", "c", "arch", "t"]);
    assert!(config.has_several_nodes() && config.has_node_list());
    let priorities: Vec<_> = config.members().map(|member| member.priority).collect();
    assert_eq!(priorities, [10, 20, 100, 90, 100]);

    let fleet = &config.fleet;
    assert_eq!(
        (
            fleet.policy,
            fleet.broadcast,
            fleet.resend,
            fleet.fork_policy
        ),
        (
            RoutingPolicy::Spread,
            BroadcastScope::Primary,
            ResendPolicy::Never,
            ForkPolicy::MostWork
        )
    );
    assert_eq!((fleet.max_lag_blocks, fleet.min_ready.get()), (2, 2));
    assert_eq!(fleet.probe_interval + fleet.dead, Duration::from_secs(2));
    assert_eq!(
        (fleet.failback, fleet.floor),
        (Duration::ZERO, Duration::ZERO)
    );
    assert!(fleet.pass_through);
}

#[test]
fn an_entry_has_what_it_says_and_else_what_the_sections_say() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&load_str(&released(directory.path())));
    let b = member(&config, "b-2");
    assert_eq!(
        (b.node.chain, b.node.utxo_stats, b.node.poll_interval),
        (Some(Chain::Main), UtxoStats::Never, Duration::from_secs(2))
    );
    assert_eq!(b.storage.pruning_mode, PruningMode::Normal);
    assert_eq!(b.storage.min_free, Size::from_bytes(10_000_000_000));
    assert_eq!((b.network.min_peers, b.network.peers.len()), (4, 1));
    assert_eq!(b.health.ready_max_lag_blocks, 2);
    assert!(b.manage && !b.archive);

    let a = member(&config, "a");
    assert_eq!(a.storage.pruning_mode, PruningMode::Disabled);
    assert_eq!((a.network.min_peers, a.health.ready_max_lag_blocks), (1, 3));
    assert!(!a.manage, "its files are elsewhere");
    let c = member(&config, "c");
    assert_eq!(c.storage.custom.keep_days, Some(30.0));
    assert!(c.manage && !member(&config, "t").manage);
    assert_eq!(c.node.timeout, Duration::from_secs(3));
    let arch = member(&config, "arch");
    assert!(arch.archive && arch.private_broadcast == PrivateBroadcast::Yes);
}

#[test]
fn an_entry_without_credentials_has_the_cookie_of_its_directory_and_chain() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&load_str(&released(directory.path())));
    let credentials = |name| member(&config, name).node.credentials.clone();
    let password = |user: &str, file: &str| Credentials::UserPassword {
        user: user.into(),
        password_file: directory.path().join(file),
    };
    assert_eq!(credentials("a"), password("bllvmctl", "a.pw"));
    assert_eq!(credentials("arch"), password("other", "arch.pw"));
    let cookie = Credentials::CookieFile("/home/me/.bitcoin/.cookie".into());
    assert_eq!(credentials("b-2"), cookie);
    let token = Credentials::TokenFile(directory.path().join("token"));
    assert_eq!(credentials("t"), token);

    let of_chain = |chain: &str| {
        let text = format!(
            "[[nodes]]\nname = 'a'\nrpc_url = 'http://a'\ndata_dir = '/d'\nchain = '{chain}'\n"
        );
        super::config(&load_str(&text))
            .first_member()
            .node
            .credentials
            .clone()
    };
    for (chain, path) in [
        ("main", "/d/.cookie"),
        ("", "/d/.cookie"),
        ("signet", "/d/signet/.cookie"),
    ] {
        assert_eq!(
            of_chain(chain),
            Credentials::CookieFile(path.into()),
            "{chain}"
        );
    }
    let text = "[[nodes]]\nname = 'a'\nrpc_url = 'http://a'\n";
    assert!(
        only_problem(text).starts_with("1:1: nodes: has no credentials"),
        "{}",
        only_problem(text)
    );
}

#[test]
fn wallets_are_on_the_nodes_that_name_them_and_on_an_only_node_all() {
    let config = config(&load_str(&two("wallets = ['hot', '']\n")));
    assert_eq!(member(&config, "a").wallets, Some(vec![]));
    assert_eq!(
        member(&config, "b").wallets,
        Some(vec!["hot".to_owned(), String::new()])
    );
    let one = "[[nodes]]\nname = 'a'\nrpc_url = 'http://a'\ndata_dir = '/d'\n";
    let only = |more: &str| {
        super::config(&load_str(&format!("{one}{more}")))
            .first_member()
            .wallets
            .clone()
    };
    assert_eq!(only(""), None);
    assert_eq!(only("wallets = ['hot']"), Some(vec!["hot".to_owned()]));
    let plain = super::config(&load_str("[node]\nkind = 'attached'"));
    assert_eq!(plain.first_member().wallets, None);
}

#[test]
fn a_variable_names_the_node_in_capitals() {
    let text = two("").replace("'b'", "'b-2'");
    let variables = [
        ("BLLVMCTL_NODES__A__RPC_URL", "http://10.0.0.9:1"),
        ("BLLVMCTL_NODES__B_2__STORAGE__PRUNING_TARGET_GB", "7"),
        ("BLLVMCTL_NODES__B_2__WALLETS", "[\"hot\"]"),
        ("BLLVMCTL_FLEET__MIN_READY", "2"),
    ];
    let loaded = load_env(&text, &variables);
    let config = config(&loaded);
    assert_eq!(
        member(&config, "a").node.rpc_url.as_str(),
        "http://10.0.0.9:1/"
    );
    let b = member(&config, "b-2");
    assert_eq!(b.storage.pruning_target, Size::from_bytes(7_000_000_000));
    assert_eq!(
        (&b.wallets, config.fleet.min_ready.get()),
        (&Some(vec!["hot".to_owned()]), 2)
    );
    let shown = to_toml(&loaded.entries, true);
    let line = "rpc_url = \"http://10.0.0.9:1\"  # BLLVMCTL_NODES__A__RPC_URL\n";
    assert!(shown.contains(line), "{shown}");
    let line =
        "storage = { pruning_target_gb = 7 }  # BLLVMCTL_NODES__B_2__STORAGE__PRUNING_TARGET_GB\n";
    assert!(shown.contains(line), "{shown}");

    let stray = load_env(&text, &[("BLLVMCTL_NODES__C__RPC_URL", "http://x")]);
    assert!(
        report(&stray).contains("no entry of [[nodes]] is called C"),
        "{}",
        report(&stray)
    );
    let typo = load_env(
        &text,
        &[("BLLVMCTL_NODES__A__STORAGE__PRUNING_MOD", "normal")],
    );
    let right = "did you mean BLLVMCTL_NODES__A__STORAGE__PRUNING_MODE?";
    assert!(report(&typo).contains(right), "{}", report(&typo));
    let whole = "[{ name = \"v\", rpc_url = \"http://v\", data_dir = \"/v\" }]";
    let config = super::config(&load_env("", &[("BLLVMCTL__NODES", whole)]));
    assert_eq!(config.first_member().node.name, "v");
}

#[test]
fn what_is_shown_of_a_list_loads_to_the_same_and_says_where_it_came_from() {
    let directory = tempfile::tempdir().unwrap();
    let loaded = load_str(&released(directory.path()));
    for with_origin in [false, true] {
        let shown = to_toml(&loaded.entries, with_origin);
        assert_eq!(config(&load_str(&shown)), config(&loaded), "{shown}");
    }
    let shown = to_toml(&loaded.entries, true);
    assert!(
        shown.contains("[[nodes]]  # bllvmctl.toml:7\nname = \"a\"  # bllvmctl.toml:8\n"),
        "{shown}"
    );
    let entry = loaded
        .entries
        .iter()
        .find(|entry| entry.key == "nodes[1].storage.pruning_mode");
    let Origin::File { line, .. } = entry.unwrap().origin else {
        panic!("{entry:?}");
    };
    assert_eq!(line, 22);
}

#[test]
fn no_secret_of_a_list_is_shown() {
    let secret = "hunter2";
    let texts = [
        two("rpc_password = 'hunter2'\n"),
        two("rpc_url = 'http://me:hunter2@10.0.0.9'\n"),
        two("rpc_token_file = 'hunter2'\n"),
        two("rpc_password_file = 'hunter2'\nrpc_user = 'me'\n"),
        two("rpc_user = 'me:hunter2'\n"),
        two("storage = { token = 'hunter2' }\n"),
        "nodes = [{ name = 'a', rpc_url = 'http://a', rpc_password = 'hunter2' }]\n".to_owned(),
        "nodes = 'token = hunter2'\n".to_owned(),
    ];
    for text in texts {
        let loaded = load_str(&text);
        let shown =
            to_toml(&loaded.entries, true) + &report(&loaded) + &format!("{:?}", loaded.problems);
        assert!(!shown.contains(secret), "{text}\n{shown}");
        assert!(loaded.config.is_none(), "{text}");
    }
}

#[test]
fn a_user_reaches_the_nodes_that_are_named() {
    let user =
        |globs: &str| two("").replacen("[[nodes]]", &format!("nodes = {globs}\n[[nodes]]"), 1);
    let nodes = |globs: &str| {
        config(&load_str(&user(globs))).rpc.auth.users[0]
            .nodes
            .clone()
    };
    assert_eq!(nodes("[]"), [""; 0]);
    assert_eq!(nodes("['a', '*']"), ["a", "*"]);
    let found = only_problem(&user("['!a']"));
    assert!(found.contains("cannot forbid a"), "{found}");
    let found = only_problem(&user("['zurich']"));
    assert!(
        found.contains("no node is called \"zurich\"; the nodes are a, b"),
        "{found}"
    );
}

#[test]
fn one_node_is_as_before_and_a_fleet_has_no_effect_on_it() {
    let plain = config(&load_str("[node]\nkind = 'attached'\n"));
    assert!(!plain.has_several_nodes() && !plain.has_node_list());
    assert!(plain.first_member().manage && !plain.first_member().archive);
    let loaded =
        load_str("[node]\nkind = 'attached'\n[fleet]\nmin_ready = 2\npolicy = 'primary'\n");
    assert_eq!(config(&loaded).members().count(), 1);
    assert_eq!(loaded.problems.len(), 1, "{}", report(&loaded));
    assert_eq!(loaded.problems[0].severity, Severity::Warning);
    assert!(!config(&load_str("nodes = []\n[node]\nname = 'x'\n")).has_node_list());
}
