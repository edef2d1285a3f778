//! Whether the block files that are watched are the node's.
//!
//! A node may have its blocks elsewhere than its other data (`-blocksdir`), and a configuration may
//! name the directory of another node. Then neither size nor volume of what is watched is that of
//! the blocks. Blocking, as `disk`.

use std::fs::{DirEntry, read_dir};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::disk::Directories;
use super::file_names::is_block_file;
use super::magic;
use crate::node::{ChainInfo, NodeError};
use crate::values::{Chain, Size};

/// What a node reports of its blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportedBlocks {
    pub(super) chain: Option<Chain>,
    /// `None`: it does not count them exactly. A node that does has at least one file.
    blocks_bytes: Option<u64>,
}

impl From<&ChainInfo> for ReportedBlocks {
    fn from(chain: &ChainInfo) -> Self {
        Self {
            chain: chain.chain.parse().ok(),
            blocks_bytes: chain.size_on_disk_bytes,
        }
    }
}

/// A difference that is no fault: blocks arrive and are pruned between the two measurements.
const SLACK_BYTES: u64 = 1_000_000_000;

/// Whether `one` is so much more that no block in between explains it.
fn dwarfs(one: u64, other: u64) -> bool {
    one / 2 > other && one - other > SLACK_BYTES
}

/// Compares what the node reported last with what was found of its files.
///
/// A node that has just pruned has far less than it reported a moment ago. So what was found is too
/// little only if the node was asked after that and still counts far more.
#[derive(Default)]
pub(super) struct BlockFileCheck {
    reported: ArcSwap<ReportedBlocks>,
    found: ArcSwapOption<u64>,
    /// Whether what was found last was too little.
    short: AtomicBool,
}

impl BlockFileCheck {
    pub(super) fn reported(&self) -> ReportedBlocks {
        **self.reported.load()
    }

    /// It may be another node, on another chain: what the last one reported and what was found of
    /// that prove nothing of its files.
    pub(super) fn forget(&self) {
        self.reported.store(Arc::default());
        self.found.store(None);
        self.short.store(false, Ordering::Relaxed);
    }

    /// The bytes found so far, for a request that is sent now.
    pub(super) fn found(&self) -> Option<u64> {
        self.found.load().as_deref().copied()
    }

    /// Takes the answer to a request that was sent when `found` bytes had been found.
    pub(super) fn node_reported(&self, reported: ReportedBlocks, found: Option<u64>) {
        let short = found
            .zip(reported.blocks_bytes)
            .is_some_and(|(found, counted)| dwarfs(counted, found));
        self.short.store(short, Ordering::Relaxed);
        self.reported.store(Arc::new(reported));
    }

    /// Measures the files in `directories`; the error says why they are certainly not the node's.
    pub(super) fn measure(&self, directories: &Directories) -> Option<NodeError> {
        let reported = self.reported();
        self.found
            .store(directories.block_bytes(reported).map(Arc::new));
        directories.has_none(reported).or_else(|| {
            let short = self.short.load(Ordering::Relaxed);
            directories.has_too_little(reported).filter(|_| short)
        })
    }
}

impl Directories {
    /// There is no block file here, though the node has some. For a few blocks this is no error,
    /// unless the index of the node is here, which bitcoind keeps wherever its blocks are.
    fn has_none(&self, reported: ReportedBlocks) -> Option<NodeError> {
        let chain = reported.chain?;
        let counted = reported.blocks_bytes?;
        let has_index = || {
            self.candidates(chain)
                .iter()
                .any(|place| place.join("index").is_dir())
        };
        let is_certain =
            self.with_files(chain).ok()?.is_none() && (counted > SLACK_BYTES || has_index());
        is_certain.then(|| self.other_files("no block file".to_owned(), counted))
    }

    /// There is far less here than the node has, or nothing.
    #[must_use]
    pub fn has_too_little(&self, reported: ReportedBlocks) -> Option<NodeError> {
        self.has_none(reported).or_else(|| {
            let found = self.block_bytes(reported)?;
            let counted = reported.blocks_bytes?;
            let files = || format!("block files of {}", Size::from_bytes(found));
            dwarfs(counted, found).then(|| self.other_files(files(), counted))
        })
    }

    /// There is far more here than the node has: the bytes found, and the bytes counted.
    #[must_use]
    pub fn has_too_much(&self, reported: ReportedBlocks) -> Option<(Size, Size)> {
        let found = self.block_bytes(reported)?;
        let counted = reported.blocks_bytes?;
        dwarfs(found, counted).then(|| (Size::from_bytes(found), Size::from_bytes(counted)))
    }

    /// There is no block file of the node's chain here, though the node has some: how much it
    /// counts. Unlike [`Self::has_too_little`] this also recognizes files of other chains. It is
    /// only for warnings.
    #[must_use]
    pub fn has_no_file_of(&self, reported: ReportedBlocks) -> Option<Size> {
        let chain = reported.chain?;
        let counted = reported.blocks_bytes?;
        let has_one =
            |place: &PathBuf| block_files(place).is_ok_and(|mut files| files.next().is_some());
        // One that cannot be read may be that.
        let is_hidden = |place: &PathBuf| {
            read_dir(place).is_err_and(|error| {
                !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
            })
        };
        let places = self.candidates(chain);
        (!places
            .iter()
            .any(|place| has_one(place) || is_hidden(place)))
        .then(|| Size::from_bytes(counted))
    }

    /// There is more than twice what the node counts: the bytes found, and the bytes counted. A
    /// file is longer than its content while the node writes to it.
    #[must_use]
    pub fn has_twice_as_much(&self, reported: ReportedBlocks) -> Option<(Size, Size)> {
        /// Core makes files longer by 16 MiB for blocks and 1 MiB for undo data ahead, at most two
        /// of each at once.
        const PREALLOCATED_BYTES: u64 = 34 * 1024 * 1024;
        let found = self.block_bytes(reported)?;
        let counted = reported.blocks_bytes?;
        let is_much = found > counted.saturating_mul(2).saturating_add(PREALLOCATED_BYTES);
        is_much.then(|| (Size::from_bytes(found), Size::from_bytes(counted)))
    }

    fn root(&self) -> &Path {
        self.blocks.as_ref().unwrap_or(&self.data)
    }

    fn other_files(&self, found: String, counted: u64) -> NodeError {
        NodeError::OtherFiles {
            path: self.root().display().to_string(),
            found,
            counted: Size::from_bytes(counted).to_string(),
        }
    }

    /// The lengths of all block files. What is written into a file is in its length, whatever of it
    /// is allocated.
    fn block_bytes(&self, reported: ReportedBlocks) -> Option<u64> {
        let place = self.with_files(reported.chain?).ok()??;
        let files = block_files(&place)
            .ok()?
            .filter_map(|file| file.metadata().ok());
        Some(files.map(|metadata| metadata.len()).sum())
    }

    /// The directory with block files of `chain`, if there is one. One that cannot be read may be
    /// that.
    fn with_files(&self, chain: Chain) -> io::Result<Option<PathBuf>> {
        for place in self.candidates(chain) {
            match block_files(&place).map(|mut files| files.next().is_some()) {
                Ok(true) => return Ok(Some(place)),
                Ok(false) => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Where they may be: also in the directory of a test chain under another name.
    fn candidates(&self, chain: Chain) -> Vec<PathBuf> {
        let places = [self.block_files(Some(chain)), self.root().join("blocks")];
        places
            .into_iter()
            .filter(|place| magic::foreign(place, chain).is_none())
            .collect()
    }
}

fn block_files(place: &Path) -> io::Result<impl Iterator<Item = DirEntry>> {
    let is_one = |entry: &DirEntry| entry.file_name().to_str().is_some_and(is_block_file);
    Ok(read_dir(place)?
        .flatten()
        .filter(move |entry| is_one(entry)))
}

#[cfg(test)]
#[path = "block_files_tests.rs"]
mod tests;
