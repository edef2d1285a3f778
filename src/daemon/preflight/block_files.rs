//! The block files of the node: whether they are where they are watched, and what counts as usage.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::problem::{error, warning};
use crate::config::Problem;
use crate::config::schema::MemberConfig;
use crate::node::rpc::{Directories, ReportedBlocks};
use crate::node::{ChainInfo, NodeError};
use crate::values::Chain;

/// What `storage.pruning_threshold_gb` is compared with.
#[derive(Debug, Serialize)]
pub struct CountedUsage {
    /// The directories of the chain that are measured.
    pub directories: Vec<PathBuf>,
    /// What they take, as `du` says it.
    pub usage_bytes: u64,
}

/// bitcoind lets nobody else into the directories of its blocks and its chain state, whoever may
/// read what is around.
pub(super) fn count_usage(
    config: &MemberConfig,
    chain: Option<Chain>,
) -> Option<Result<CountedUsage, Problem>> {
    let data = config.node.data_dir.as_ref()?;
    let directories = Directories {
        data: data.clone(),
        blocks: config.node.blocks_dir.clone(),
    };
    Some(match directories.measure(chain) {
        Ok((directories, usage)) => Ok(CountedUsage {
            directories,
            usage_bytes: usage.total_bytes,
        }),
        Err(reason) => {
            let suggestion =
                Some("run bllvmctl as the node's user, or let its group in".to_owned());
            let message = format!(
                "it cannot be measured, so the usage is what the node counts, which is its blocks \
                 only: {reason}"
            );
            Err(Problem {
                suggestion,
                ..warning("node.data_dir", data.display(), message)
            })
        }
    })
}

/// Chain state on another volume than the blocks, whose volume is the one that is watched.
pub(super) fn on_another_volume(config: &MemberConfig) -> Option<Problem> {
    use std::os::unix::fs::MetadataExt;
    let data = config.node.data_dir.as_ref()?;
    let directories = Directories {
        data: data.clone(),
        blocks: config.node.blocks_dir.clone(),
    };
    let blocks = directories.block_files(config.node.chain);
    let watched = std::fs::metadata(&blocks).ok()?;
    let state = std::fs::metadata(data).ok()?;
    (state.dev() != watched.dev()).then(|| {
        let watched = mount_point(&blocks);
        let state = mount_point(data);
        // Some kinds of volumes are not in the system's list; they are reported as their mount's
        // volume.
        let known = watched != state;
        let volume = |mount: Option<String>| {
            mount
                .filter(|_| known)
                .map_or_else(String::new, |mount| format!(" ({mount})"))
        };
        let message = format!(
            "the volume of the blocks is watched{}; the rest of the node's data is on another \
             one{}, which is not",
            volume(watched),
            volume(state)
        );
        warning("node.data_dir", data.display(), message)
    })
}

/// Where the volume of `path` is mounted, and what it is.
fn mount_point(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
    let inside = disks
        .iter()
        .filter(|disk| path.starts_with(disk.mount_point()));
    let disk = inside.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    Some(format!(
        "{}, {}",
        disk.mount_point().display(),
        disk.file_system().to_string_lossy()
    ))
}

/// The key that names where the blocks are, and what to write there.
fn key_of_blocks(has_blocks_dir: bool) -> (&'static str, &'static str) {
    if has_blocks_dir {
        (
            "node.blocks_dir",
            "write the directory that this node's -blocksdir names, or leave it out",
        )
    } else {
        (
            "node.data_dir",
            "write blocks_dir, the directory that the node's -blocksdir names, or its own data_dir",
        )
    }
}

/// The blocks are not where they are watched.
pub(super) fn elsewhere(config: &MemberConfig, chain: &ChainInfo) -> Option<Problem> {
    let node = &config.node;
    let directories = Directories {
        data: node.data_dir.clone()?,
        blocks: node.blocks_dir.clone(),
    };
    // A missing directory has been reported.
    let named = node.blocks_dir.as_ref().unwrap_or(&directories.data);
    named.is_dir().then_some(())?;
    let reported = ReportedBlocks::from(chain);
    let (key, suggestion) = key_of_blocks(node.blocks_dir.is_some());
    let suggestion = Some(suggestion.to_owned());
    if let Some(counted) = directories.has_no_file_of(reported) {
        let message = format!(
            "there is no block file of the chain {} in it, and the node counts {counted} of them, \
             so that neither their size nor their volume is watched",
            chain.chain
        );
        return Some(Problem {
            suggestion,
            ..error(key, named.display(), message)
        });
    }
    // A node that reindexes counts them one after the other.
    let settled = chain.initial_block_download == Some(false);
    let message = match (
        directories.has_too_little(reported),
        directories.has_twice_as_much(reported),
    ) {
        (Some(NodeError::OtherFiles { found, counted, .. }), _) => format!(
            "there is {found} in it, and the node counts {counted} of them, so that neither their \
             size nor their volume is watched"
        ),
        (None, Some((found, counted))) if settled => {
            format!(
                "its block files take {found}, and the node counts {counted} of them: they are \
                 another node's"
            )
        }
        _ => return None,
    };
    Some(Problem {
        suggestion,
        ..warning(key, named.display(), message)
    })
}
