//! Blocks in files `blkNNNNN.dat`, framed as Bitcoin Core frames them: magic, length, block.
//!
//! A record is whole or it is not there: what a crash left of the last one is found by `scan` and
//! cut.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bitcoin::p2p::Magic;

use super::{StorageError, frame};
use crate::chain::tree::BlockLocation;

/// Magic and length.
const FRAME_BYTES: u32 = 8;

/// The block files of one directory.
#[derive(Debug)]
pub(crate) struct BlockSegments {
    directory: PathBuf,
    magic: Magic,
    /// A segment takes no more once it has so many bytes.
    limit: u32,
    /// Bytes of each file.
    sizes: BTreeMap<u32, u32>,
    /// Written since the last `sync`.
    unsynced: BTreeSet<u32>,
    open: Option<(u32, File)>,
}

/// What follows the last whole record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TornRecord {
    /// The last whole record ends here.
    pub(crate) end: u32,
    /// What is wrong there.
    pub(crate) detail: String,
}

fn name(segment: u32) -> String {
    format!("blk{segment:05}.dat")
}

pub(super) fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("blk")?.strip_suffix(".dat")?;
    digits
        .bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

impl BlockSegments {
    /// The segments in `directory`, which is made if it is not there.
    pub(crate) fn open(directory: PathBuf, magic: Magic, limit: u32) -> Result<Self, StorageError> {
        fs::create_dir_all(&directory).map_err(StorageError::io("make", &directory))?;
        let mut sizes = BTreeMap::new();
        let entries = fs::read_dir(&directory).map_err(StorageError::io("read", &directory))?;
        for entry in entries {
            let entry = entry.map_err(StorageError::io("read", &directory))?;
            let Some(segment) = entry.file_name().to_str().and_then(number) else {
                continue;
            };
            let bytes = entry
                .metadata()
                .map_err(StorageError::io("read", &entry.path()))?
                .len();
            let bytes = u32::try_from(bytes).map_err(|_| {
                let detail = format!("{bytes} bytes are more than a segment can have");
                StorageError::Foreign {
                    path: entry.path(),
                    detail,
                }
            })?;
            sizes.insert(segment, bytes);
        }
        Ok(Self {
            directory,
            magic,
            limit,
            sizes,
            unsynced: BTreeSet::new(),
            open: None,
        })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn path(&self, segment: u32) -> PathBuf {
        self.directory.join(name(segment))
    }

    /// Each segment and its bytes.
    pub(crate) fn sizes(&self) -> impl DoubleEndedIterator<Item = (u32, u32)> {
        self.sizes.iter().map(|(segment, bytes)| (*segment, *bytes))
    }

    pub(crate) fn size(&self, segment: u32) -> Option<u32> {
        self.sizes.get(&segment).copied()
    }

    /// The segment that is written to.
    pub(crate) fn last(&self) -> u32 {
        self.sizes
            .last_key_value()
            .map_or(0, |(segment, _)| *segment)
    }

    /// Bytes of all segments.
    pub(crate) fn total_bytes(&self) -> u64 {
        self.sizes.values().map(|bytes| u64::from(*bytes)).sum()
    }

    /// Appends `block` and says where it is. What fails half-way is taken back.
    pub(crate) fn append(&mut self, block: &[u8]) -> Result<BlockLocation, StorageError> {
        let length = u32::try_from(block.len()).unwrap_or(u32::MAX);
        let mut segment = self.last();
        let mut at = self.size(self.last()).unwrap_or(0);
        if at > 0 && at.saturating_add(FRAME_BYTES).saturating_add(length) > self.limit {
            segment = segment.saturating_add(1);
            at = 0;
        }
        let path = self.path(segment);
        let record = [&self.magic.to_bytes(), &length.to_le_bytes(), block].concat();
        let file = self.writer(segment)?;
        if let Err(source) = file.write_all(&record) {
            // If this fails too, `writer` takes the half of a record back before the next one, or a
            // start does.
            let _ = file.set_len(u64::from(at));
            self.open = None;
            return Err(StorageError::Io {
                action: "write",
                path,
                source,
            });
        }
        self.sizes.insert(
            segment,
            at.saturating_add(FRAME_BYTES).saturating_add(length),
        );
        self.unsynced.insert(segment);
        Ok(BlockLocation {
            segment,
            offset: at.saturating_add(FRAME_BYTES),
            length,
        })
    }

    fn writer(&mut self, segment: u32) -> Result<&mut File, StorageError> {
        let open = match self.open.take() {
            Some((number, file)) if number == segment => (number, file),
            _ => (segment, self.open_at_end(segment)?),
        };
        Ok(&mut self.open.insert(open).1)
    }

    /// What is appended goes to the real end of the file, which must be where we say it is.
    fn open_at_end(&self, segment: u32) -> Result<File, StorageError> {
        let path = self.path(segment);
        let end = u64::from(self.size(segment).unwrap_or(0));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(StorageError::io("open", &path))?;
        let bytes = file
            .metadata()
            .map_err(StorageError::io("open", &path))?
            .len();
        if bytes < end {
            let detail = format!("it has {bytes} bytes, and {end} were written");
            return Err(StorageError::Damaged { path, detail });
        }
        if bytes > end {
            file.set_len(end).map_err(StorageError::io("cut", &path))?;
        }
        Ok(file)
    }

    /// The bytes at `location`, as they are.
    pub(crate) fn read(&self, location: BlockLocation) -> Result<Vec<u8>, StorageError> {
        let path = self.path(location.segment);
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(u64::from(location.offset)))?;
            let mut bytes = Vec::new();
            file.take(u64::from(location.length))
                .read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(StorageError::io("read", &path))?;
        if u32::try_from(bytes.len()) == Ok(location.length) {
            return Ok(bytes);
        }
        Err(StorageError::Damaged {
            path,
            detail: format!("it ends before the block at {} does", location.offset),
        })
    }

    /// Hands each whole record of `segment` from byte `from` on to `take`, and returns what follows
    /// the last one.
    pub(crate) fn scan<E: From<StorageError>>(
        &self,
        segment: u32,
        from: u32,
        mut take: impl FnMut(BlockLocation, &[u8]) -> Result<(), E>,
    ) -> Result<Option<TornRecord>, E> {
        let path = self.path(segment);
        let bytes = fs::read(&path).map_err(StorageError::io("read", &path))?;
        let mut at = usize::try_from(from).unwrap_or(usize::MAX);
        loop {
            let end = u32::try_from(at).unwrap_or(u32::MAX);
            match frame::record(self.magic, bytes.get(at..).unwrap_or_default()) {
                Ok(None) => return Ok(None),
                Ok(Some(block)) => {
                    let length = u32::try_from(block.len()).unwrap_or(u32::MAX);
                    take(
                        BlockLocation {
                            segment,
                            offset: end.saturating_add(FRAME_BYTES),
                            length,
                        },
                        block,
                    )?;
                    at += frame::FRAME_BYTES + block.len();
                }
                Err(detail) => return Ok(Some(TornRecord { end, detail })),
            }
        }
    }

    /// Where the next record of `segment` may begin, after the damage at byte `from`.
    pub(crate) fn next_record(&self, segment: u32, from: u32) -> Result<Option<u32>, StorageError> {
        let path = self.path(segment);
        let bytes = fs::read(&path).map_err(StorageError::io("read", &path))?;
        let start = usize::try_from(from)
            .unwrap_or(usize::MAX)
            .saturating_add(1);
        Ok(frame::next(self.magic, &bytes, start).and_then(|at| u32::try_from(at).ok()))
    }

    /// Cuts what follows byte `end` of `segment`.
    pub(crate) fn cut(&mut self, segment: u32, end: u32) -> Result<(), StorageError> {
        let path = self.path(segment);
        self.open = None;
        let cut = File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_len(u64::from(end)));
        cut.map_err(StorageError::io("cut", &path))?;
        self.sizes.insert(segment, end);
        self.unsynced.insert(segment);
        Ok(())
    }

    /// Deletes a segment.
    pub(crate) fn delete(&mut self, segment: u32) -> Result<(), StorageError> {
        let path = self.path(segment);
        if self
            .open
            .as_ref()
            .is_some_and(|(number, _)| *number == segment)
        {
            self.open = None;
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StorageError::io("delete", &path)(error));
            }
            _ => {}
        }
        self.sizes.remove(&segment);
        self.unsynced.remove(&segment);
        Ok(())
    }

    /// Writes a little and takes it away again.
    pub(crate) fn try_writing(&self) -> Result<(), StorageError> {
        let path = self.directory.join("write-check");
        let written = fs::write(&path, [0; 4096]);
        // What is left of it is written over the next time.
        let _ = fs::remove_file(&path);
        written.map_err(StorageError::io("write", &path))
    }

    /// Puts on the disk what was written since the last time, and the names of new files.
    pub(crate) fn sync(&mut self) -> Result<(), StorageError> {
        if self.unsynced.is_empty() {
            return Ok(());
        }
        for segment in &self.unsynced {
            let path = self.path(*segment);
            let synced = File::options()
                .append(true)
                .open(&path)
                .and_then(|file| file.sync_data());
            synced.map_err(StorageError::io("sync", &path))?;
        }
        let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(StorageError::io("sync", &self.directory))?;
        self.unsynced.clear();
        Ok(())
    }
}

#[cfg(test)]
#[path = "segments_tests.rs"]
mod tests;
