//! The keys that only a restart changes, and what a reload keeps of them. Pure.

use crate::config::Config;
use crate::config::schema::MemberConfig;

/// A key that only a restart changes.
struct RestartKey {
    path: &'static str,
    /// Puts the old value into the new configuration; whether the two differed.
    restore: fn(&Config, &mut Config) -> bool,
    /// Its default depends on the kind of the node.
    depends_on_kind: bool,
}

/// A key of the whole daemon: `$($field).+`, named by its own path.
macro_rules! daemon_key {
    ($first:ident $(.$rest:ident)*) => {
        RestartKey {
            path: concat!(stringify!($first) $(, ".", stringify!($rest))*),
            restore: |old, new| {
                let differs = old.$first $(.$rest)* != new.$first $(.$rest)*;
                new.$first $(.$rest)*.clone_from(&old.$first $(.$rest)*);
                differs
            },
            depends_on_kind: false,
        }
    };
}

/// A key of each node.
macro_rules! node_key {
    ($section:ident . $key:ident, depends_on_kind: $depends_on_kind:literal) => {
        RestartKey {
            path: concat!(stringify!($section), ".", stringify!($key)),
            restore: |old, new| {
                restore_of_nodes(old, new, |before, now| {
                    let differs = before.$section.$key != now.$section.$key;
                    now.$section.$key.clone_from(&before.$section.$key);
                    differs
                })
            },
            depends_on_kind: $depends_on_kind,
        }
    };
}

/// The one list of them, for the reload and for the manual page.
static RESTART_KEYS: [RestartKey; 8] = [
    daemon_key!(state_dir),
    RestartKey {
        path: "node.kind",
        // Nothing of a configuration for another kind is put in force.
        restore: |old, new| old.first_member().node.kind != new.first_member().node.kind,
        depends_on_kind: false,
    },
    node_key!(node.data_dir, depends_on_kind: true),
    node_key!(node.blocks_dir, depends_on_kind: true),
    node_key!(network.listen, depends_on_kind: false),
    daemon_key!(rpc.listen),
    daemon_key!(rpc.ops_listen),
    daemon_key!(rpc.agent_listen),
];

/// The keys that only a restart changes.
pub fn restart_keys() -> impl Iterator<Item = &'static str> {
    RESTART_KEYS.iter().map(|key| key.path)
}

/// Whether only a restart changes `key`, which may be that of an entry of `[[nodes]]`.
#[must_use]
pub fn needs_restart(key: &str) -> bool {
    restart_keys().any(|path| key == path || Some(key) == in_list(path).as_deref())
}

/// The key of each node at `path`, as entries of `[[nodes]]` have it.
fn in_list(path: &str) -> Option<String> {
    Some(format!("nodes.{}", path.strip_prefix("node.")?))
}

/// Applies `restore` to each node of `new` that was in `old`: by its name, or because it is the
/// only node of both. Whether any differed.
fn restore_of_nodes(
    old: &Config,
    new: &mut Config,
    restore: fn(&MemberConfig, &mut MemberConfig) -> bool,
) -> bool {
    let are_single = !old.has_node_list() && !new.has_node_list();
    let mut differs = false;
    for member in new.members_mut() {
        let before = if are_single {
            Some(old.first_member())
        } else {
            old.member(&member.node.name)
        };
        if let Some(before) = before {
            differs |= restore(before, member);
        }
    }
    differs
}

/// Keeps of `old` what only a restart can change, and names the keys that would have changed.
///
/// Another kind of node has other defaults, so nothing of a configuration for another kind fits,
/// and keys whose default depends on the kind are not named.
pub(super) fn keep_fixed(old: &Config, new: &mut Config) -> Vec<String> {
    let is_same_kind = old.first_member().node.kind == new.first_member().node.kind;
    let mut changed = Vec::new();
    for key in &RESTART_KEYS {
        let differs = (key.restore)(old, new);
        if !differs || (!is_same_kind && key.depends_on_kind) {
            continue;
        }
        let of_list = in_list(key.path).filter(|_| key.depends_on_kind && new.has_node_list());
        changed.push(of_list.unwrap_or_else(|| key.path.to_owned()));
    }
    if !is_same_kind {
        new.clone_from(old);
    }
    changed
}

#[cfg(test)]
#[path = "restart_keys_tests.rs"]
mod tests;
