//! The configuration for a node that was found.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

use super::running_nodes::{LocalNode, NodeLogin};
use crate::config::quoted;
use crate::values::Size;

/// What of the configuration is not the node's.
#[derive(Clone, Copy, Debug, Default)]
pub struct DaemonPlacement<'a> {
    /// Where the password of the node is, if it has one.
    pub password_file: Option<&'a Path>,
    /// The directory of the state, if it is not the default.
    pub state_dir: Option<&'a Path>,
    /// Where the daemon listens, if not at the default address.
    pub listen: Option<SocketAddr>,
}

/// The configuration of a daemon beside `node`.
#[must_use]
pub fn configuration(node: &LocalNode, around: DaemonPlacement<'_>) -> String {
    let path = |path: &Path| quoted(&path.to_string_lossy());
    let mut text = about(node);
    if let Some(state) = around.state_dir {
        put(&mut text, "state_dir", &path(state));
        text.push('\n');
    }
    text.push_str("[node]\nkind = \"attached\"\n");
    put(&mut text, "chain", &quoted(node.chain.as_str()));
    let url = node.rpc_url.as_str().trim_end_matches('/');
    put(&mut text, "rpc_url", &quoted(url));
    match (&node.login, around.password_file) {
        (NodeLogin::Cookie(cookie), _) => put(&mut text, "rpc_cookie_file", &path(cookie)),
        (NodeLogin::Password { user, .. }, Some(file)) => {
            put(&mut text, "rpc_user", &quoted(user));
            put(&mut text, "rpc_password_file", &path(file));
        }
        (NodeLogin::Password { user, .. }, None) => {
            put(&mut text, "rpc_user", &quoted(user));
            text.push_str(
                "# Write the rpcpassword of the node to a file that only bllvmctl may \
                 read, and name it here.\n",
            );
            text.push_str("# rpc_password_file = \"/etc/bllvmctl/node.password\"\n");
        }
    }
    put(&mut text, "data_dir", &path(&node.data_dir));
    if let Some(blocks) = &node.blocks_dir {
        put(&mut text, "blocks_dir", &path(blocks));
    }
    text.push_str(&storage(node));
    if let Some(listen) = around.listen {
        text.push_str("\n[rpc]\n# The default, 127.0.0.1:18332, is taken.\n");
        put(&mut text, "listen", &quoted(&listen.to_string()));
    }
    text
}

fn put(text: &mut String, key: &str, value: &str) {
    // To write to a string does not fail.
    let _ = writeln!(text, "{key} = {value}");
}

/// The comment at the top: which node it is.
fn about(node: &LocalNode) -> String {
    let mut text = String::from("# Written by `bllvmctl config init --from-node` for ");
    match &node.answer {
        Some(answer) => {
            let agent: String = answer
                .user_agent
                .chars()
                .filter(|c| !c.is_control())
                .collect();
            let _ = write!(text, "{agent} at height {}", answer.height);
        }
        None => text.push_str("a node that did not answer"),
    }
    if let Some(id) = node.process_id {
        let _ = write!(text, ", process {id}");
    }
    text + ".\n# `bllvmctl config init` prints every key with its explanation.\n\n"
}

/// Nothing is deleted unasked: what could be is a comment.
fn storage(node: &LocalNode) -> String {
    let answer = node.answer.as_ref();
    let free = answer.and_then(|answer| answer.volume_free_bytes);
    let free = free.map_or_else(String::new, |bytes| {
        format!(
            "# The volume of the blocks has {} free.\n",
            Size::from_bytes(bytes)
        )
    });
    let comment = pruning_note(node).trim_end().replace('\n', "\n# ");
    format!(
        "\n[storage]\n{free}# {comment}\n{}pruning_mode = \"disabled\"\n",
        suggestion(node)
    )
}

/// What could be pruned, in some lines.
#[must_use]
pub fn pruning_note(node: &LocalNode) -> String {
    let pruned = node.answer.as_ref().and_then(|answer| answer.pruned);
    let mut text = match (pruned, node.prune) {
        (None, _) => {
            "Whether the node is in prune mode is unknown; nothing of it is deleted.\n".into()
        }
        (Some(true), Some(target)) if target > MANUAL_PRUNING => format!(
            "The node prunes itself, to {}.\nbllvmctl deletes nothing of it unless pruning_mode says \
             so.\n",
            Size::from_bytes(target.saturating_mul(1 << 20))
        ),
        (Some(true), _) => "The node is in prune mode, and deletes nothing until it is asked:\nby \
                            `bllvmctl prune`, or by itself once pruning_mode says so.\n"
            .to_owned(),
        (Some(false), _) => {
            "The node is not in prune mode: nothing of it is ever deleted.\nIt could \
                             be pruned with prune=1 in bitcoin.conf and a restart.\n"
                .to_owned()
        }
    };
    if is_nearly_full(node) {
        text.push_str("The volume of its blocks is nearly full: it is time to have it pruned.\n");
    }
    text
}

/// `prune=1`: only when it is asked.
const MANUAL_PRUNING: u64 = 1;
/// Less free than this part of a volume is little.
const LITTLE_FREE: u64 = 10;

fn is_nearly_full(node: &LocalNode) -> bool {
    let volume = node
        .answer
        .as_ref()
        .and_then(|answer| answer.volume_free_bytes.zip(answer.volume_size_bytes));
    volume.is_some_and(|(free, size)| free < size / LITTLE_FREE)
}

/// The keys that have the node pruned, as a comment: down to four fifths of what it may use, which
/// is four fifths of what its files and the free room are together.
fn suggestion(node: &LocalNode) -> String {
    const GB: u64 = 1_000_000_000;
    let answer = node.answer.as_ref();
    let room = answer.and_then(|answer| {
        let used = answer.size_on_disk_bytes?;
        Some(used.saturating_add(answer.volume_free_bytes?))
    });
    let fifths = |of: u64| of / 5 * 4;
    let threshold = room.map_or(100, |room| fifths(room) / GB).max(2);
    let target = (threshold * 4 / 5).max(1);
    format!(
        "# pruning_mode = \"normal\"\n# pruning_threshold_gb = {threshold}\n\
         # pruning_target_gb = {target}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::running_nodes::NodeSelfReport;
    use super::*;
    use crate::config;
    use crate::config::schema::PruningMode;
    use crate::env::Env;
    use crate::values::{Chain, Secret};

    fn node(login: NodeLogin) -> LocalNode {
        LocalNode {
            process_id: Some(7),
            chain: Chain::Signet,
            data_dir: PathBuf::from("/data/it's here"),
            blocks_dir: Some(PathBuf::from("/blocks")),
            rpc_url: "http://127.0.0.1:38332".parse().unwrap(),
            prune: Some(1),
            login,
            answer: Some(NodeSelfReport {
                user_agent: "/Satoshi:31.0.0/".to_owned(),
                height: 9,
                pruned: Some(true),
                size_on_disk_bytes: Some(95_000_000_000),
                volume_free_bytes: Some(5_000_000_000),
                volume_size_bytes: Some(100_000_000_000),
            }),
            error: None,
        }
    }

    fn loaded(text: &str) -> config::Config {
        let env: Env = [("HOME".to_owned(), "/home/x".into())]
            .into_iter()
            .collect();
        let flags = config::Flags::default();
        let loaded = config::load_text(Path::new("c.toml"), text, &env, &flags);
        loaded
            .config
            .unwrap_or_else(|| panic!("{:?}\n{text}", loaded.problems))
    }

    #[test]
    fn it_is_a_configuration_with_all_that_was_found() {
        let cookie = PathBuf::from("/data/signet/.cookie");
        let text = configuration(&node(NodeLogin::Cookie(cookie)), DaemonPlacement::default());
        let config = loaded(&text);
        let found = &config.first_member().node;
        assert_eq!(found.chain, Some(Chain::Signet));
        assert_eq!(
            found.data_dir.as_deref(),
            Some(Path::new("/data/it's here"))
        );
        assert_eq!(found.blocks_dir.as_deref(), Some(Path::new("/blocks")));
        for part in ["/Satoshi:31.0.0/ at height 9, process 7", "5.0 GB free"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn what_could_be_pruned_is_said_and_written_so_that_it_can_be_switched_on() {
        let mut found = node(NodeLogin::Cookie(PathBuf::from("/c")));
        let switched_on = |found: &LocalNode| {
            let text = configuration(found, DaemonPlacement::default());
            let text = text.replace("pruning_mode = \"disabled\"\n", "");
            let on = text.replace("# pruning_", "pruning_");
            (text, loaded(&on).first_member().storage.clone())
        };
        let (text, storage) = switched_on(&found);
        assert!(text.contains("deletes nothing until it is asked"), "{text}");
        assert!(text.contains("nearly full"), "{text}");
        assert!(text.contains("pruning_threshold_gb = 80\n"), "{text}");
        assert_eq!(storage.pruning_mode, PruningMode::Normal);

        found.prune = Some(550);
        let (text, _) = switched_on(&found);
        assert!(
            text.contains("The node prunes itself, to 576.7 MB"),
            "{text}"
        );
        let answer = found.answer.as_mut().unwrap();
        answer.pruned = Some(false);
        answer.volume_free_bytes = Some(50_000_000_000);
        answer.size_on_disk_bytes = Some(0);
        let (text, _) = switched_on(&found);
        assert!(text.contains("could be pruned with prune=1"), "{text}");
        assert!(!text.contains("nearly full"), "{text}");
        // A test chain on a small volume.
        found.answer.as_mut().unwrap().volume_free_bytes = Some(1);
        let (text, _) = switched_on(&found);
        assert!(text.contains("pruning_threshold_gb = 2\n"), "{text}");
        found.answer = None;
        let (text, _) = switched_on(&found);
        assert!(
            text.contains("is unknown") && text.contains("_gb = 100\n"),
            "{text}"
        );
    }

    #[test]
    fn a_password_is_never_in_it() {
        let login = NodeLogin::Password {
            user: "me".to_owned(),
            password: Secret::new("hunter2".to_owned()),
        };
        let around = DaemonPlacement {
            password_file: Some(Path::new("/etc/pw")),
            state_dir: Some(Path::new("/var/lib/bllvmctl")),
            listen: Some("127.0.0.1:18380".parse().unwrap()),
        };
        for around in [DaemonPlacement::default(), around] {
            let text = configuration(&node(login.clone()), around);
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains("rpc_user = \"me\""), "{text}");
        }
    }
}
