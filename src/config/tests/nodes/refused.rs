//! What is wrong with a list of nodes.

use super::*;

#[test]
fn what_is_one_nodes_is_refused_in_the_section_for_all() {
    let keys = "[node]\nkind = 'embedded'\nname = 'x'\nrpc_url = 'http://x'\n\
                rpc_cookie_file = '/c'\n\
                rpc_token_file = '/t'\ndata_dir = '/d'\nblocks_dir = '/b'\n";
    let loaded = load_str(&format!("{keys}{}", two("")));
    let refused: Vec<_> = loaded.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(
        refused,
        (2..=8).map(Some).collect::<Vec<_>>(),
        "{}",
        report(&loaded)
    );
    assert!(loaded.config.is_none());
    assert!(
        report(&loaded).contains("write \"attached\""),
        "{}",
        report(&loaded)
    );
    let variables = [("BLLVMCTL_NODE__RPC_URL", "http://x")];
    let loaded = load_env(&two(""), &variables);
    assert!(
        report(&loaded).starts_with("BLLVMCTL_NODE__RPC_URL: node.rpc_url"),
        "{}",
        report(&loaded)
    );
}

#[test]
fn what_only_one_node_can_have_is_refused_of_a_second() {
    let cases = [
        (
            "name = 'a'",
            "nodes.name = 'a': is the name of two nodes; write \"a-2\", say",
        ),
        (
            "rpc_url = 'http://10.0.0.1:8332/'",
            "nodes.rpc_url = 'http://10.0.0.1:8332/': is also that of a",
        ),
        (
            "rpc_cookie_file = '/a/.cookie'",
            "nodes.rpc_cookie_file = '/a/.cookie': is also that of a",
        ),
    ];
    for (line, expected) in cases {
        let (key, _) = line.split_once(' ').unwrap();
        let text = two("");
        let (first, second) = text.rsplit_once("[[nodes]]").unwrap();
        let second: Vec<_> = second
            .lines()
            .map(|own| if own.starts_with(key) { line } else { own })
            .collect();
        let found = only_problem(&format!("{first}[[nodes]]{}\n", second.join("\n")));
        assert!(found.contains(expected), "{found}");
    }
    let dirs =
        two("data_dir = '/d'\n").replacen("rpc_cookie_file = '/a/.cookie'", "data_dir = '/d'", 1);
    assert!(only_problem(&dirs).contains("nodes.data_dir = '/d': is also that of a"));
    let local = two("")
        .replace("10.0.0.1", "localhost")
        .replace("10.0.0.2", "127.0.0.1");
    assert!(only_problem(&local).contains("is also that of a: one node would be two"));
}

#[test]
fn a_wallet_lives_on_one_node() {
    let twice = two("wallets = ['hot', 'cold', 'hot']\n");
    assert!(only_problem(&twice).contains("\"hot\" is there twice"));
    let both = two("wallets = ['hot']\n").replacen(
        "[[nodes]]\nname = 'b'",
        "wallets = ['hot']\n[[nodes]]\nname = 'b'",
        1,
    );
    assert!(
        only_problem(&both).contains("\"hot\" is also a wallet of a, and each lives on one node")
    );
}

#[test]
fn an_archive_is_never_pruned() {
    let own = two("archive = true\nstorage = { pruning_mode = 'normal' }\nmanage = true\n");
    let found = only_problem(&own);
    assert!(
        found.contains("nodes.storage.pruning_mode = 'normal'"),
        "{found}"
    );
    assert!(found.ends_with("write \"disabled\""), "{found}");
    let mended = own.replace("'normal'", "\"disabled\"");
    assert_eq!(messages(&load_str(&mended)), [""; 0]);

    let inherited = format!(
        "[storage]\npruning_mode = 'normal'\n{}",
        two("archive = true\n")
    );
    let found = only_problem(&inherited);
    assert!(
        found.contains("nodes.archive = true: stands beside pruning_mode = \"normal\""),
        "{found}"
    );
    let line = "storage = { pruning_mode = \"disabled\" }";
    assert!(
        found.contains(&format!("write {line} beside it")),
        "{found}"
    );
    assert_eq!(
        messages(&load_str(&format!("{inherited}{line}\n"))),
        [""; 0]
    );
}

#[test]
fn several_nodes_need_users_or_one_set_of_credentials() {
    let with = |more: &str| {
        let text = two("");
        let (_, nodes) = text.split_once("[[nodes]]").unwrap();
        format!("{more}\n[[nodes]]{nodes}")
    };
    let found = only_problem(&with(""));
    assert!(
        found.starts_with("2:3: nodes: are several, and without [[rpc.auth.users]]"),
        "{found}"
    );
    for more in ["[fleet]\npass_through = true", "[rpc]\nenabled = false"] {
        assert_eq!(messages(&load_str(&with(more))), [""; 0], "{more}");
    }
    let both = format!("[fleet]\npass_through = true\n{}", two(""));
    let loaded = load_str(&both);
    assert_eq!(
        loaded.problems[0].severity,
        Severity::Warning,
        "{}",
        report(&loaded)
    );
    assert!(
        report(&loaded).contains("has no effect"),
        "{}",
        report(&loaded)
    );
}

#[test]
fn there_are_no_more_nodes_than_a_daemon_can_have_and_no_fewer_than_must_be_ready() {
    let entry = |n: usize| {
        format!("[[nodes]]\nname = 'n{n}'\nrpc_url = 'http://10.0.0.{n}'\ndata_dir = '/{n}'\n")
    };
    let list = |count: usize| {
        let entries: String = (1..=count).map(entry).collect();
        format!("[fleet]\npass_through = true\nmin_ready = 3\n{entries}")
    };
    assert_eq!(config(&load_str(&list(64))).members().count(), 64);
    assert!(only_problem(&list(65)).contains("nodes: has 65 entries, and 64 is the most"));
    let found = only_problem(&list(2));
    assert!(
        found.contains("fleet.min_ready = 3: is above the number of nodes, 2"),
        "{found}"
    );
    assert!(found.ends_with("write 2"), "{found}");
}

#[test]
fn everything_wrong_with_a_list_is_reported_at_once_each_at_its_place() {
    let text = "[[nodes]]\nname = 'A b'\nrpc_url = '10.0.0.1:8332'\nwallet = 'x'\npriority = -1\n\
                [[nodes]]\nrpc_user = 'me'\nstorage = { pruning_mod = 'normal' }\nnetwork = 5\n\
                private_broadcast = 'yes'\nkind = 'embedded'\n";
    let loaded = load_str(text);
    let found: Vec<_> = loaded
        .problems
        .iter()
        .map(|problem| {
            let key = problem.key.clone().unwrap_or_default();
            let suggestion = problem.suggestion.clone().unwrap_or_default();
            format!("{} {key}: {suggestion}", problem.line.unwrap_or_default())
        })
        .collect();
    let expected = [
        "1 nodes: write rpc_user and rpc_password_file",
        "1 nodes: add users,",
        "2 nodes.name: write \"a-b\"",
        "3 nodes.rpc_url: write \"http://10.0.0.1:8332\"",
        "4 nodes.wallet: did you mean wallets?",
        "5 nodes.priority: write 0",
        "6 nodes: write name = \"a\"",
        "6 nodes: write rpc_url = \"http://127.0.0.1:8332\"",
        "7 nodes.rpc_user: name the file",
        "8 nodes.storage.pruning_mod: did you mean storage.pruning_mode?",
        "9 nodes.network: write network = {",
        "10 nodes.private_broadcast: write true",
        "11 nodes.kind: write \"attached\"",
    ];
    assert_eq!(found.len(), expected.len(), "{}", report(&loaded));
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{}", report(&loaded));
    }
}

#[test]
fn a_problem_that_several_nodes_inherit_is_reported_once_and_that_of_one_in_its_entry() {
    let inherited = format!("[storage]\npruning_target_gb = 120\n{}", two(""));
    let found = only_problem(&inherited);
    assert!(
        found.starts_with("2:1: storage.pruning_target_gb = 120"),
        "{found}"
    );
    let own = two("storage = { pruning_threshold_gb = 50 }\nnetwork.reconnect_jitter = 1.5\n");
    let loaded = load_str(&own);
    let keys: Vec<_> = loaded
        .problems
        .iter()
        .filter_map(|problem| problem.key.as_deref())
        .collect();
    assert_eq!(
        keys,
        [
            "nodes.storage.pruning_threshold_gb",
            "nodes.network.reconnect_jitter"
        ],
        "{}",
        report(&loaded)
    );
    // A default that nobody inherits is to be right all the same.
    let unused = format!("[node]\nchain = 'mian'\n{}", two("chain = 'main'\n")).replacen(
        "[[nodes]]\nname = 'b'",
        "chain = 'main'\n[[nodes]]\nname = 'b'",
        1,
    );
    assert!(only_problem(&unused).contains("node.chain = 'mian'"));
}
