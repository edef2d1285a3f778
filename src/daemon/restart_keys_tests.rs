use std::path::Path;

use super::*;
use crate::config::{Flags, load_text};
use crate::env::Env;

/// Two nodes, each with `more` of its own.
fn list(more_of_a: &str, more_of_b: &str) -> Config {
    let entry = |name: &str, port: u16, more: &str| {
        format!(
            "[[nodes]]\nname = '{name}'\nrpc_url = 'http://10.0.0.1:{port}'\n\
             rpc_cookie_file = '/{name}/.cookie'\n{more}\n"
        )
    };
    let text = entry("a", 1, more_of_a) + &entry("b", 2, more_of_b);
    let text = format!("{text}[fleet]\npass_through = true\n");
    let file = Path::new("bllvmctl.toml");
    let home = ("HOME".to_owned(), "/home/me".into());
    let env = Env::from_iter([home]);
    let loaded = load_text(file, &text, &env, &Flags::default());
    loaded
        .config
        .unwrap_or_else(|| panic!("{:?}", loaded.problems))
}

#[test]
fn what_only_a_restart_changes_is_kept_for_each_node_of_a_list_by_its_name() {
    let old = list("data_dir = '/a'", "data_dir = '/b'");
    let mut new = list("data_dir = '/a'\npriority = 7", "data_dir = '/elsewhere'");
    assert_eq!(keep_fixed(&old, &mut new), ["nodes.data_dir"]);
    let directory = |config: &Config, name| config.member(name).unwrap().node.data_dir.clone();
    assert_eq!(directory(&new, "b"), directory(&old, "b"));
    let priority = new.member("a").unwrap().priority;
    assert_eq!(priority, 7, "a reload changes that");
    assert_eq!(keep_fixed(&old, &mut new), [""; 0]);
}

#[test]
fn what_is_written_of_a_node_that_is_new_in_a_list_holds_at_once() {
    let old = list("data_dir = '/a'", "data_dir = '/b'");
    let mut new = list("data_dir = '/a'", "data_dir = '/c'");
    new.members_mut().for_each(|member| {
        if member.node.name == "b" {
            member.node.name = "c".to_owned();
        }
    });
    assert_eq!(keep_fixed(&old, &mut new), [""; 0]);
    let directory = new.member("c").unwrap().node.data_dir.clone();
    assert_eq!(directory.as_deref(), Some(Path::new("/c")));
}
