//! What the node's files take on this machine. Blocking: called off the runtime's thread.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::node::{NodeError, Usage, Volume};
use crate::values::Chain;

/// Where the node's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directories {
    /// The node's data directory.
    pub data: PathBuf,
    /// Its `-blocksdir`, where that is elsewhere.
    pub blocks: Option<PathBuf>,
}

fn failure(path: &Path, reason: &dyn std::fmt::Display) -> NodeError {
    NodeError::Disk { path: path.display().to_string(), reason: reason.to_string() }
}

impl Directories {
    /// Why what the node's files take cannot be measured, if it cannot.
    #[must_use]
    pub fn unmeasured(&self) -> Option<NodeError> {
        usage(self).err()
    }

    /// Where the block files are: they may lie behind a link to another volume. Until there are any, or while it is
    /// not known of which `chain` they are, the directory that will hold them. The directory that is configured may
    /// also be that of a test chain itself.
    #[must_use]
    pub fn block_files(&self, chain: Option<Chain>) -> PathBuf {
        let root = self.blocks.as_ref().unwrap_or(&self.data);
        let of = |chain: Chain| {
            let inside = root.join(chain.subdirectory()).join("blocks");
            let own = root.ends_with(chain.subdirectory()).then(|| root.join("blocks"));
            std::iter::once(inside).chain(own).find(|path| path.is_dir())
        };
        let only = || {
            let mut found: Vec<PathBuf> = Chain::ALL.into_iter().filter_map(of).collect();
            found.dedup();
            found.pop().filter(|_| found.is_empty())
        };
        chain.map_or_else(only, of).unwrap_or_else(|| root.clone())
    }
}

/// Free and whole size of the volume that takes the blocks of `chain`, and what that of the data directory has free.
pub(in crate::node) fn volume(directories: &Directories, chain: Option<Chain>) -> Result<Volume, NodeError> {
    let sizes = |path: &Path| {
        let stat = nix::sys::statvfs::statvfs(path).map_err(|error| failure(path, &error.desc()))?;
        let unit = stat.fragment_size();
        Ok((stat.blocks_available().saturating_mul(unit), stat.blocks().saturating_mul(unit)))
    };
    let blocks = directories.block_files(chain);
    let device = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let (free_bytes, size_bytes) = sizes(&blocks)?;
    let is_one = device(&blocks) == device(&directories.data);
    let rest_free_bytes = if is_one { None } else { Some(sizes(&directories.data)?.0) };
    Ok(Volume { free_bytes, size_bytes, rest_free_bytes, write_failure: None })
}

/// The allocated bytes of all files. A file that vanishes meanwhile, as a database's do, counts nothing; one that may
/// not be looked at makes the sum unknown, since bitcoind lets nobody else into its blocks and chain state.
pub(in crate::node) fn usage(directories: &Directories) -> Result<Usage, NodeError> {
    let mut usage = Usage::default();
    // Links and a configured directory may lead to the same place in several ways.
    let mut seen = HashSet::new();
    for root in std::iter::once(&directories.data).chain(&directories.blocks) {
        std::fs::read_dir(root).map_err(|error| failure(root, &error))?;
        // Blocks may lie behind a link to another volume. What the file system itself keeps there is not the node's.
        let entries = WalkDir::new(root).follow_links(true).into_iter();
        let mut entries = entries.filter_entry(|entry| entry.file_name() != "lost+found");
        while let Some(entry) = entries.next() {
            let found = entry.and_then(|entry| Ok((entry.metadata()?, entry)));
            let (metadata, entry) = match found {
                Ok(found) => found,
                Err(error) if does_not_count(&error) => continue,
                Err(error) => return Err(failure(error.path().unwrap_or(root), &reason(&error))),
            };
            if metadata.is_dir() && !seen.insert((metadata.dev(), metadata.ino())) {
                entries.skip_current_dir();
                continue;
            }
            // st_blocks counts 512 bytes whatever the file system's own block size (stat(2)).
            let allocated = metadata.blocks().saturating_mul(512);
            usage.total_bytes = usage.total_bytes.saturating_add(allocated);
            match kind(entry.path().strip_prefix(root).unwrap_or(entry.path())) {
                Kind::Blocks => usage.blocks_bytes = usage.blocks_bytes.saturating_add(allocated),
                Kind::Database => usage.database_bytes = usage.database_bytes.saturating_add(allocated),
                Kind::Other => {}
            }
        }
    }
    Ok(usage)
}

/// It vanished, a link leads nowhere, or back to where it is.
fn does_not_count(error: &walkdir::Error) -> bool {
    let gone = error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    gone || error.loop_ancestor().is_some()
}

fn reason(error: &walkdir::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}

enum Kind {
    Blocks,
    Database,
    Other,
}

fn kind(path: &Path) -> Kind {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if is_block_file(name) {
        return Kind::Blocks;
    }
    let databases = ["chainstate", "indexes", "index"];
    let inside = path.components().filter_map(|part| part.as_os_str().to_str()).any(|part| databases.contains(&part));
    if inside { Kind::Database } else { Kind::Other }
}

/// `blk00000.dat`, or the undo data beside it.
pub(super) fn is_block_file(name: &str) -> bool {
    let numbered = |prefix: &str| {
        name.strip_prefix(prefix)
            .and_then(|rest| rest.strip_suffix(".dat"))
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
    };
    numbered("blk") || numbered("rev")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_files_and_databases_are_told_apart_and_holes_cost_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().to_path_buf();
        std::fs::create_dir_all(data.join("blocks/index")).unwrap();
        std::fs::create_dir_all(data.join("chainstate")).unwrap();
        std::fs::write(data.join("blocks/blk00000.dat"), vec![1; 100_000]).unwrap();
        std::fs::write(data.join("chainstate/1.ldb"), vec![1; 50_000]).unwrap();
        std::fs::write(data.join("blocks/blkx.dat"), vec![1; 9_000]).unwrap();
        let hole = std::fs::File::create(data.join("blocks/rev00000.dat")).unwrap();
        hole.set_len(1 << 30).unwrap();

        let usage = usage(&Directories { data, blocks: None }).unwrap();
        assert!((100_000..120_000).contains(&usage.blocks_bytes), "{usage:?}");
        assert!((50_000..80_000).contains(&usage.database_bytes), "{usage:?}");
        assert!(usage.total_bytes < 1 << 20, "{usage:?}");
    }

    #[test]
    fn what_cannot_be_looked_at_makes_the_sum_unknown() {
        let dir = tempfile::tempdir().unwrap();
        // Whoever runs this may read everything, but no name is so long.
        std::os::unix::fs::symlink("x".repeat(300), dir.path().join("blocks")).unwrap();
        let directories = Directories { data: dir.path().to_path_buf(), blocks: None };
        assert!(directories.unmeasured().unwrap().to_string().contains("/blocks"));
    }

    #[test]
    fn a_link_that_leads_nowhere_or_back_counts_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("blk00000.dat"), vec![1; 50_000]).unwrap();
        std::os::unix::fs::symlink("/no/such/file", dir.path().join("nowhere")).unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("back")).unwrap();
        let directories = Directories { data: dir.path().to_path_buf(), blocks: None };
        assert!((50_000..70_000).contains(&usage(&directories).unwrap().blocks_bytes));
        assert_eq!(directories.unmeasured(), None);
    }

    #[test]
    fn what_several_ways_lead_to_is_counted_once() {
        let dir = tempfile::tempdir().unwrap();
        let (data, big) = (dir.path().join("data"), dir.path().join("big"));
        std::fs::create_dir_all(&data).unwrap();
        std::fs::create_dir_all(big.join("blocks")).unwrap();
        std::fs::write(big.join("blocks/blk00000.dat"), vec![1; 50_000]).unwrap();
        std::os::unix::fs::symlink(big.join("blocks"), data.join("blocks")).unwrap();
        for blocks in [Some(big), Some(dir.path().to_path_buf()), Some(data.clone()), None] {
            let usage = usage(&Directories { data: data.clone(), blocks: blocks.clone() }).unwrap();
            assert!((50_000..70_000).contains(&usage.blocks_bytes), "{blocks:?}: {usage:?}");
        }
    }

    #[test]
    fn block_files_are_found_by_their_chain_and_without_one_if_there_is_only_one() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().to_path_buf();
        let directories = Directories { data: data.clone(), blocks: None };
        assert_eq!(directories.block_files(Some(Chain::Main)), data, "not there yet");
        std::fs::create_dir_all(data.join("regtest/blocks")).unwrap();
        assert_eq!(directories.block_files(None), data.join("regtest/blocks"));
        std::fs::create_dir_all(data.join("blocks")).unwrap();
        assert_eq!(directories.block_files(None), data, "which of the two?");
        assert_eq!(directories.block_files(Some(Chain::Main)), data.join("blocks"));
        assert_eq!(directories.block_files(Some(Chain::Regtest)), data.join("regtest/blocks"));
    }

    #[test]
    fn block_files_are_found_in_the_directory_of_a_test_chain_itself() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("regtest");
        std::fs::create_dir_all(data.join("blocks")).unwrap();
        let directories = Directories { data: data.clone(), blocks: None };
        for chain in [None, Some(Chain::Regtest)] {
            assert_eq!(directories.block_files(chain), data.join("blocks"), "{chain:?}");
        }
        assert_eq!(directories.block_files(Some(Chain::Signet)), data, "not there yet");
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error_with_its_path() {
        let directories = Directories { data: "/no/such/directory".into(), blocks: None };
        assert!(usage(&directories).unwrap_err().to_string().contains("/no/such/directory"));
        assert!(volume(&directories, None).unwrap_err().to_string().contains("/no/such/directory"));
    }
}
