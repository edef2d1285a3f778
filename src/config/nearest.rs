//! What somebody meant who wrote a key that does not exist.

use super::foreign;
use super::keys::{self, Key};
use super::shown_value::is_secret;

/// What to write instead of the unknown key or section `path`.
#[cfg(test)]
fn for_key(path: &str) -> Option<String> {
    for_key_with(path, None)
}

/// The key nearest to one that does not exist, with the value that was written, if that may be
/// shown.
pub(super) fn for_key_with(path: &str, value: Option<&str>) -> Option<String> {
    if let Some((_, today)) = keys::RENAMED.iter().find(|(old, _)| *old == path) {
        return Some(format!("it is called {today} now"));
    }
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    let here = || {
        closest(
            name,
            keys::ALL
                .iter()
                .filter(|key| key.section() == section)
                .map(Key::name),
        )
    };
    if let Some(name) = same_section(path) {
        return Some(format!("did you mean [{name}]?"));
    }
    if is_secret(path) && here().is_none_or(|key| strsim::damerau_levenshtein(name, key) > 2) {
        return Some(for_secret(section, name));
    }
    // A key of this very name is in another section: it is not another program's option.
    let foreign = foreign::meant(path, value).filter(|(key, _)| key.name() != name);
    if let Some((key, value)) = foreign {
        let place = match key.section() {
            of if of == section => String::new(),
            "" => format!(" {TOP_OF_FILE}"),
            of => format!(" in [{of}]"),
        };
        return Some(match value {
            Some(value) => format!("write {} = {value}{place}", key.name()),
            None => format!("did you mean {}{place}?", key.name()),
        });
    }
    // `burst` in [rpc.auth] is more likely its rate_limit_burst than that of an entry below.
    let is_single = keys::single().any(|key| key.name() == name);
    if let Some(sections) = homes_of(name).filter(|_| is_single || here().is_none()) {
        return Some(format!("it belongs {sections}"));
    }
    near_section(path)
        .map(|name| format!("did you mean [{name}]?"))
        .or_else(|| here().map(|key| format!("did you mean {key}?")))
        .or_else(|| {
            let key = closest(name, keys::single().map(Key::name))?;
            let home = homes_of(key)?;
            let home = home
                .strip_prefix("into ")
                .map_or(home.clone(), |sections| format!("in {sections}"));
            Some(format!("did you mean {key} {home}?"))
        })
}

/// What to set instead of the unknown environment variable `name`.
pub(super) fn for_variable(name: &str) -> Option<String> {
    let path = name
        .strip_prefix("BLLVMCTL_")
        .unwrap_or(name)
        .to_ascii_lowercase()
        .replace("__", ".");
    let (section, last) = path.rsplit_once('.').unwrap_or(("", &path));
    let plain = |text: &str| text.replace(['_', '.'], "");
    let same = || keys::ALL.iter().find(|key| plain(key.path) == plain(&path));
    let whole = || {
        let variables: Vec<_> = keys::ALL.iter().map(Key::variable).collect();
        let distance = |other: &str| strsim::damerau_levenshtein(name, other);
        let near = closest(name, variables.iter().map(String::as_str))
            .filter(|near| distance(near) <= 2)?;
        keys::ALL.iter().find(|key| key.variable() == near)
    };
    let foreign = || foreign::meant(&path, None).map(|(key, _)| key);
    if let Some(variable) = variable_in_entry(&path) {
        return Some(format!("did you mean {variable}?"));
    }
    if let Some(key) = same().or_else(whole) {
        return Some(format!("did you mean {}?", key.variable()));
    }
    if is_secret(last) {
        return Some("put it into a file and name that in BLLVMCTL_NODE__RPC_PASSWORD_FILE".into());
    }
    if let Some(key) = foreign() {
        return Some(format!(
            "did you mean {}, which is {}?",
            key.variable(),
            key.path
        ));
    }
    let found = variables_like(section, last);
    (!found.is_empty()).then(|| format!("did you mean {}?", found.join(" or ")))
}

/// The variables of keys that are called about `last`: in `section`, else in another one, else
/// those whose name it ends with.
fn variables_like(section: &str, last: &str) -> Vec<String> {
    let of_section = || keys::ALL.iter().filter(|key| key.section() == section);
    let near = closest(last, of_section().map(Key::name))
        .and_then(|name| of_section().find(|key| key.name() == name));
    if let Some(key) = near {
        return vec![key.variable()];
    }
    let moved: Vec<_> = keys::single()
        .filter(|key| key.name() == last)
        .map(Key::variable)
        .collect();
    if !moved.is_empty() {
        return moved;
    }
    let ends = |key: &&Key| last.len() > key.name().len() && last.ends_with(key.name());
    keys::single()
        .find(ends)
        .map(Key::variable)
        .into_iter()
        .collect()
}

/// The variable that is meant by one for the unknown key at the end of `path`, which names an entry
/// of a repeated section.
fn variable_in_entry(path: &str) -> Option<String> {
    let mut sections = keys::REPEATED.iter();
    let section = sections.find(|section| section.key_within(path).is_some())?;
    let (entry, name) = section.key_within(path)?.split_once('.')?;
    let within = |key: &'static Key| section.key_within(key.path);
    let name = closest(name, section.keys().filter_map(within))?;
    let key = section.keys().find(|key| within(key) == Some(name))?;
    Some(key.variable_of(entry))
}

/// The closest name, if it is close enough to be what was meant.
pub(super) fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&name, &other.to_ascii_lowercase());
    let near = |other: &&str| distance(other) <= (other.len() / 4).clamp(1, 4);
    let part = |other: &&str| {
        name.len() >= 4 && (other.contains(&name) || name.contains(*other) && other.len() >= 4)
    };
    let names: Vec<_> = names.collect();
    let by_distance = names
        .iter()
        .copied()
        .filter(near)
        .min_by_key(|other| distance(other));
    by_distance.or_else(|| {
        names
            .iter()
            .copied()
            .filter(part)
            .min_by_key(|other| distance(other))
    })
}

/// Where keys stand that are in no section.
const TOP_OF_FILE: &str = "at the top of the file, above all sections";

/// Where there is a key of this name: `into [network] or [rpc]`.
fn homes_of(name: &str) -> Option<String> {
    // An entry of [[nodes]] may have nearly every key of a node: the section is named instead.
    let stands_for_another = |key: &Key| {
        let of_node = key.path.strip_prefix("nodes.");
        of_node.is_some_and(|name| {
            key.inherits.is_some() || keys::find(&format!("node.{name}")).is_some()
        })
    };
    let keys = || {
        let named = keys::ALL.iter().filter(|key| key.name() == name);
        named.filter(|key| !stands_for_another(key))
    };
    if keys().any(|key| key.section().is_empty()) {
        return Some(TOP_OF_FILE.to_owned());
    }
    let header = |key: &Key| match key.repeated() {
        Some(section) => section.entry_header("NAME"),
        None => format!("[{}]", key.section()),
    };
    let homes: Vec<_> = keys().map(header).collect();
    (!homes.is_empty()).then(|| format!("into {}", homes.join(" or ")))
}

/// The section that is `path` but for its punctuation.
fn same_section(path: &str) -> Option<&'static str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-', '.'], "");
    let mut tables = keys::SECTIONS
        .into_iter()
        .chain(keys::REPEATED.iter().map(|section| section.path));
    tables.find(|name| plain(name) == plain(path))
}

/// The section that is written nearly like `path`.
fn near_section(path: &str) -> Option<&'static str> {
    let distance = |name: &str| strsim::damerau_levenshtein(name, path);
    keys::SECTIONS
        .into_iter()
        .filter(|name| distance(name) <= 2)
        .min_by_key(|name| distance(name))
}

fn for_secret(section: &str, name: &str) -> String {
    if section.starts_with("rpc") {
        return "a user has a name and an rpcauth, the second half of bitcoind's rpcauth line"
            .into();
    }
    let file = if name.contains("token") {
        "rpc_token_file"
    } else {
        "rpc_password_file"
    };
    format!("put it into a file that only bllvmctl may read, and name that in node.{file}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slip_of_the_finger_names_the_key() {
        assert_eq!(
            for_key("network.max_peer").as_deref(),
            Some("did you mean max_peers?")
        );
        assert_eq!(
            for_key("storage.prunning_mode").as_deref(),
            Some("did you mean pruning_mode?")
        );
        assert_eq!(
            for_key("netwrok").as_deref(),
            Some("did you mean [network]?")
        );
        assert_eq!(
            for_key("storage.custm").as_deref(),
            Some("did you mean [storage.custom]?")
        );
    }

    #[test]
    fn a_section_under_another_name_is_found() {
        assert_eq!(
            for_key("rpc_auth").as_deref(),
            Some("did you mean [rpc.auth]?")
        );
    }

    #[test]
    fn a_key_of_another_section_is_sent_there() {
        assert_eq!(
            for_key("rpc.min_peers").as_deref(),
            Some("it belongs into [network]")
        );
        assert_eq!(
            for_key("listen").as_deref(),
            Some("it belongs into [network] or [rpc]")
        );
        assert_eq!(
            for_key("rpc.rate_limit_burst").as_deref(),
            Some("it belongs into [rpc.auth]")
        );
        let top = "it belongs at the top of the file, above all sections";
        assert_eq!(for_key("rpc.state_dir").as_deref(), Some(top));
        // The name is also an option of bitcoind, without its punctuation.
        assert_eq!(
            for_key("rpc.data_dir").as_deref(),
            Some("it belongs into [node]")
        );
    }

    #[test]
    fn a_key_of_a_repeated_section_is_sent_there() {
        assert_eq!(
            for_key("node.burst").as_deref(),
            Some("it belongs into [rpc.auth.per_method_limits.NAME] or [[rpc.auth.users]]")
        );
        assert_eq!(
            for_key("node.methods").as_deref(),
            Some("it belongs into [rpc] or [[rpc.auth.users]]")
        );
        assert_eq!(
            for_key("rpc.auth.burst").as_deref(),
            Some("did you mean rate_limit_burst?")
        );
    }

    #[test]
    fn a_secret_is_sent_to_a_file() {
        assert!(
            for_key("node.rpc_password")
                .unwrap()
                .contains("node.rpc_password_file")
        );
        assert!(
            for_key("node.token")
                .unwrap()
                .contains("node.rpc_token_file")
        );
        assert_eq!(
            for_key("node.rpc_password_fil").as_deref(),
            Some("did you mean rpc_password_file?")
        );
    }

    #[test]
    fn a_variable_is_answered_with_the_nearest() {
        assert_eq!(
            for_variable("BLLVMCTL_RPC__LISTN").as_deref(),
            Some("did you mean BLLVMCTL_RPC__LISTEN?")
        );
        let far = for_variable("BLLVMCTL_RPC__RATE_LIMIT_RATE");
        assert_eq!(
            far.as_deref(),
            Some("did you mean BLLVMCTL_RPC__AUTH__RATE_LIMIT_RATE?")
        );
    }

    #[test]
    fn nonsense_is_not_guessed_at() {
        assert_eq!(for_key("rpc.zzzzzzzz"), None);
    }

    proptest! {
        #[test]
        fn no_name_panics(path in "[a-z._éA-Z]{0,30}") {
            let _ = (for_key(&path), for_variable(&path));
        }
    }
}
