//! Finds and loads a configuration: defaults < file < environment < flags, with the origin of every
//! key.
//!
//! It reports everything that is wrong in one run, and gives a [`Config`] only if nothing is.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

use super::entry::{self, Entry};
use super::env_layer::Flags;
use super::item::Origin;
use super::layer::ConfigLayer;
use super::problem::{Problem, Severity};
use super::reader::Reader;
use super::schema::Config;
use super::{across, env_layer, file, secret_file, sections, suggestion, trial};
use crate::env::Env;

/// No configuration is larger; what is, is some other file.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What loading found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration, if there is no problem of [`Severity::Error`].
    pub config: Option<Config>,
    /// The file that was used.
    pub file: Option<PathBuf>,
    /// Errors and warnings: the file's in the order of the file, then the environment's, then the
    /// flags'.
    pub problems: Vec<Problem>,
    /// Every known key.
    pub entries: Vec<Entry>,
}

/// Nobody has written a configuration: there is no file, and no variable says anything of a node.
#[must_use]
pub fn is_missing(file: Option<&Path>, env: &Env) -> bool {
    let of_nodes = ["BLLVMCTL_NODE__", "BLLVMCTL__NODES"];
    let is_given = |prefix: &str| env.with_prefix(prefix).next().is_some();
    file.is_none() && !of_nodes.into_iter().any(is_given)
}

/// The configuration file to use: `explicit`, `$BLLVMCTL_CONFIG`, or the first that exists of
/// `bllvmctl.toml` in `cwd`, `bllvmctl/config.toml` in `$XDG_CONFIG_HOME` (`~/.config`), and
/// `/etc/bllvmctl/config.toml`.
///
/// The first two are taken even if they do not exist: loading then says so.
#[must_use]
pub fn find_file(explicit: Option<&Path>, env: &Env, cwd: &Path) -> Option<PathBuf> {
    if let Some(named) = explicit
        .map(Path::to_path_buf)
        .or_else(|| env.get("BLLVMCTL_CONFIG").map(PathBuf::from))
    {
        return Some(named);
    }
    // One that is there but leads nowhere or is no file is meant all the same: without it this
    // would be another node.
    places(env, cwd)
        .into_iter()
        .find(|path| path.symlink_metadata().is_ok())
}

/// Where a configuration file is looked for if none is named.
#[must_use]
pub fn places(env: &Env, cwd: &Path) -> Vec<PathBuf> {
    let xdg = env
        .get("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let user = xdg.or_else(|| env.get("HOME").map(|home| Path::new(home).join(".config")));
    let places = [
        Some(cwd.join("bllvmctl.toml")),
        user.map(|directory| directory.join("bllvmctl/config.toml")),
        Some("/etc/bllvmctl/config.toml".into()),
    ];
    places.into_iter().flatten().collect()
}

/// Loads the configuration from `file`, the environment and the flags.
#[must_use]
pub fn load(file: Option<&Path>, env: &Env, flags: &Flags) -> Loaded {
    let layer = match file.map(|path| (path, read_file(path))) {
        None => ConfigLayer::default(),
        Some((path, Ok(text))) => file::read(path, &text),
        Some((_, Err(problem))) => ConfigLayer {
            problems: vec![*problem],
            ..ConfigLayer::default()
        },
    };
    assemble(file, layer, env, flags)
}

/// As [`load`], with the text of the file given.
#[must_use]
pub fn load_text(path: &Path, text: &str, env: &Env, flags: &Flags) -> Loaded {
    assemble(Some(path), file::read(path, text), env, flags)
}

fn assemble(file: Option<&Path>, mut layer: ConfigLayer, env: &Env, flags: &Flags) -> Loaded {
    env_layer::overlay(&mut layer, env);
    layer.overlay(env_layer::flags(flags));
    let read = |layer: ConfigLayer| {
        let mut reader = Reader::new(layer, env);
        if is_missing(file, env) {
            // So that no dashboard takes it for the main node.
            reader.change_default("node.name", "regtest");
        }
        let config = sections::read(&mut reader);
        across::check(&mut reader);
        (config, reader.finish())
    };
    let (config, (mut problems, items)) = read(layer.clone());
    trial::try_suggestions(&mut problems, &layer.items, |place, item| {
        let mut changed = ConfigLayer {
            problems: Vec::new(),
            ..layer.clone()
        };
        changed.replace(place, item);
        read(changed).1.0
    });
    problems.sort_by_cached_key(Problem::rank);
    let entries = entry::all(&items);
    let usable = problems
        .iter()
        .all(|problem| problem.severity != Severity::Error);
    Loaded {
        entries,
        config: config.filter(|_| usable),
        file: file.map(Path::to_path_buf),
        problems,
    }
}

fn read_file(path: &Path) -> Result<String, Box<Problem>> {
    let whole = Problem {
        file: Some(path.into()),
        ..Problem::error(&Origin::Default, "")
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| Box::new(unreadable(path, whole.clone(), &error)))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
        return Err(Box::new(Problem {
            message: "is too large to be a configuration".into(),
            ..whole
        }));
    }
    String::from_utf8(bytes).map_err(|error| Box::new(not_utf8(whole, &error)))
}

/// The problem that the file at `path` cannot be opened or read.
fn unreadable(path: &Path, whole: Problem, error: &std::io::Error) -> Problem {
    let problem = Problem {
        message: format!("cannot be read: {}", secret_file::reason(error)),
        ..whole
    };
    if let Some(name) = path.to_str().and_then(suggestion::within_quotes) {
        return problem.suggest(format!(
            "the quotes are part of its name: name {name} without them"
        ));
    }
    problem.suggest(match error.kind() {
        ErrorKind::PermissionDenied => {
            "run it as a user who may read it, or name another with --config"
        }
        ErrorKind::IsADirectory => "name the file in it",
        _ => "write one with: bllvmctl config init FILE",
    })
}

/// The problem that the file is not UTF-8, at the first byte that is not.
fn not_utf8(whole: Problem, error: &FromUtf8Error) -> Problem {
    let valid = error
        .as_bytes()
        .get(..error.utf8_error().valid_up_to())
        .unwrap_or_default();
    let valid = String::from_utf8_lossy(valid);
    let last = valid.rsplit('\n').next().unwrap_or_default();
    Problem {
        line: Some(valid.matches('\n').count() + 1),
        column: Some(last.chars().count() + 1),
        message: "is not UTF-8".into(),
        ..whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn env(variables: &[(&str, &str)]) -> Env {
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect()
    }

    #[test]
    fn a_named_file_is_used_even_if_it_is_not_there() {
        let nowhere = Path::new("/nonexistent");
        let named = env(&[("BLLVMCTL_CONFIG", "/a.toml")]);
        assert_eq!(
            find_file(Some(Path::new("/b.toml")), &named, nowhere),
            Some("/b.toml".into())
        );
        assert_eq!(find_file(None, &named, nowhere), Some("/a.toml".into()));
        let loaded = load(
            Some(Path::new("/nonexistent/b.toml")),
            &env(&[("HOME", "/home/me")]),
            &Flags::default(),
        );
        assert_eq!(loaded.config, None);
        let message = loaded.problems[0].to_string();
        assert!(
            message.starts_with("/nonexistent/b.toml: cannot be read: there is no such file"),
            "{message}"
        );
    }

    #[test]
    fn the_file_beside_wins_over_the_users_own() {
        let home = tempfile::tempdir().unwrap();
        let own = home.path().join(".config/bllvmctl/config.toml");
        fs::create_dir_all(own.parent().unwrap()).unwrap();
        fs::write(&own, "").unwrap();
        let env = env(&[("HOME", home.path().to_str().unwrap())]);
        assert_eq!(find_file(None, &env, home.path()), Some(own));
        let beside = home.path().join("bllvmctl.toml");
        fs::write(&beside, "").unwrap();
        assert_eq!(find_file(None, &env, home.path()), Some(beside.clone()));
        // One that leads nowhere is meant too, and loading says what is wrong with it.
        fs::remove_file(&beside).unwrap();
        std::os::unix::fs::symlink("/no/such/file", &beside).unwrap();
        assert_eq!(find_file(None, &env, home.path()), Some(beside));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_reported_with_their_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"# \n# \xc3\xa9\xff").unwrap();
        let loaded = load(
            Some(file.path()),
            &env(&[("HOME", "/home/me")]),
            &Flags::default(),
        );
        assert_eq!(
            (loaded.problems[0].line, loaded.problems[0].column),
            (Some(2), Some(4))
        );
    }
}
