//! Where the node's files are on this machine, and the volumes that hold them. Blocking: called off
//! the runtime's thread.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::file_names::is_custom_signet;
use super::magic;
use crate::node::{NodeError, Volume};
use crate::values::Chain;

/// Where the node's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directories {
    /// The node's data directory.
    pub data: PathBuf,
    /// Its `-blocksdir`, where that is elsewhere.
    pub blocks: Option<PathBuf>,
}

pub(super) fn failure(path: &Path, reason: &dyn std::fmt::Display) -> NodeError {
    NodeError::Disk {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}

impl Directories {
    /// Where the block files are: they may lie behind a link to another volume. Until there are
    /// any, or while it is not known of which `chain` they are, the directory that will hold them.
    /// The directory that is configured may also be that of a test chain itself.
    #[must_use]
    pub fn block_files(&self, chain: Option<Chain>) -> PathBuf {
        let root = self.blocks.as_ref().unwrap_or(&self.data);
        let of = |chain: Chain| {
            let inside = root.join(chain.subdirectory()).join("blocks");
            let own = root
                .ends_with(chain.subdirectory())
                .then(|| root.join("blocks"));
            let signet = only_custom_signet(root)
                .filter(|_| chain == Chain::Signet)
                .map(|path| path.join("blocks"));
            std::iter::once(inside)
                .chain(own)
                .chain(signet)
                .find(|path| path.is_dir())
        };
        let only = || {
            let mut found: Vec<PathBuf> = Chain::ALL.into_iter().filter_map(of).collect();
            found.dedup();
            found.pop().filter(|_| found.is_empty())
        };
        chain.map_or_else(only, of).unwrap_or_else(|| root.clone())
    }
}

/// Free and whole size of the volume that takes the blocks of `chain`, and what that of the data
/// directory has free.
pub(in crate::node) fn volume(
    directories: &Directories,
    chain: Option<Chain>,
) -> Result<Volume, NodeError> {
    let sizes = |path: &Path| {
        let stat =
            nix::sys::statvfs::statvfs(path).map_err(|error| failure(path, &error.desc()))?;
        let unit = stat.fragment_size();
        Ok((
            stat.blocks_available().saturating_mul(unit),
            stat.blocks().saturating_mul(unit),
        ))
    };
    let blocks = directories.block_files(chain);
    let device = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let (free_bytes, size_bytes) = sizes(&blocks)?;
    let is_one = device(&blocks) == device(&directories.data);
    let rest_free_bytes = if is_one {
        None
    } else {
        Some(sizes(&directories.data)?.0)
    };
    Ok(Volume {
        free_bytes,
        size_bytes,
        rest_free_bytes,
        write_failure: None,
    })
}

/// Writes out the volume that takes the blocks of `chain`: btrfs frees what was deleted with its
/// next commit.
pub(in crate::node) fn settle(
    directories: &Directories,
    chain: Option<Chain>,
) -> Result<(), NodeError> {
    let blocks = directories.block_files(chain);
    let opened = std::fs::File::open(&blocks).map_err(|error| failure(&blocks, &error))?;
    nix::unistd::syncfs(opened).map_err(|error| failure(&blocks, &error.desc()))
}

/// The directories that hold one chain of a node.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChainDirectories {
    /// The chain's own directory.
    pub(super) own: PathBuf,
    /// Where its block files are: in `own` unless the node has a `-blocksdir`.
    pub(super) blocks: PathBuf,
    /// The main chain's directory also holds those of the test chains, which are no part of it.
    pub(super) holds_others: bool,
}

impl Directories {
    /// The directory of `chain`, or of the only chain that is here while the node has not said
    /// which is its own.
    pub(super) fn of_chain(&self, chain: Option<Chain>) -> Result<ChainDirectories, NodeError> {
        let has_blocks =
            |chain: &Chain| self.data.join(chain.subdirectory()).join("blocks").is_dir();
        let present: Vec<Chain> = Chain::ALL.into_iter().filter(has_blocks).collect();
        let chain = match (chain, present.as_slice()) {
            (Some(chain), _) => chain,
            (None, [only]) => *only,
            (None, []) => Chain::Main,
            (None, _) => {
                let path = self.data.display().to_string();
                return Err(NodeError::SeveralChains { path });
            }
        };
        let own = self.own(chain)?;
        let holds_others = chain == Chain::Main || own == self.data;
        // Also where the directory of a test chain has another name.
        let renamed = own.join("blocks");
        let blocks = Some(self.block_files(Some(chain)));
        let blocks = blocks
            .filter(|_| self.blocks.is_some() || !renamed.is_dir())
            .unwrap_or(renamed);
        Ok(ChainDirectories {
            own,
            blocks,
            holds_others,
        })
    }

    /// The chain's own directory: below the configured one, or that one itself.
    fn own(&self, chain: Chain) -> Result<PathBuf, NodeError> {
        let inside = self.data.join(chain.subdirectory());
        let signet = only_custom_signet(&self.data).filter(|_| chain == Chain::Signet);
        if let Some(own) = Some(inside).filter(|path| path.is_dir()).or(signet) {
            return Ok(own);
        }
        match magic::foreign(&self.data.join("blocks"), chain) {
            Some(other) => Err(failure(
                &self.data,
                &format!("it holds chain {other}, and the node is on {chain}"),
            )),
            None => Ok(self.data.clone()),
        }
    }
}

/// The directory of a signet with a challenge of its own, as Knots names it, if there is just one.
fn only_custom_signet(data: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(data).into_iter().flatten().flatten();
    let named = entries.filter(|entry| is_custom_signet(&entry.file_name()));
    let mut found = named.map(|entry| entry.path()).filter(|path| path.is_dir());
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_files_are_found_by_their_chain_and_without_one_if_there_is_only_one() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().to_path_buf();
        let directories = Directories {
            data: data.clone(),
            blocks: None,
        };
        assert_eq!(
            directories.block_files(Some(Chain::Main)),
            data,
            "not there yet"
        );
        std::fs::create_dir_all(data.join("regtest/blocks")).unwrap();
        assert_eq!(directories.block_files(None), data.join("regtest/blocks"));
        std::fs::create_dir_all(data.join("blocks")).unwrap();
        assert_eq!(directories.block_files(None), data, "which of the two?");
        assert_eq!(
            directories.block_files(Some(Chain::Main)),
            data.join("blocks")
        );
        assert_eq!(
            directories.block_files(Some(Chain::Regtest)),
            data.join("regtest/blocks")
        );
    }

    #[test]
    fn block_files_are_found_in_the_directory_of_a_test_chain_itself() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("regtest");
        std::fs::create_dir_all(data.join("blocks")).unwrap();
        let directories = Directories {
            data: data.clone(),
            blocks: None,
        };
        for chain in [None, Some(Chain::Regtest)] {
            assert_eq!(
                directories.block_files(chain),
                data.join("blocks"),
                "{chain:?}"
            );
        }
        assert_eq!(
            directories.block_files(Some(Chain::Signet)),
            data,
            "not there yet"
        );
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error_with_its_path() {
        let directories = Directories {
            data: "/no/such/directory".into(),
            blocks: None,
        };
        assert!(
            volume(&directories, None)
                .unwrap_err()
                .to_string()
                .contains("/no/such/directory")
        );
    }
}
