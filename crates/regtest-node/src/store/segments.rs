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
        let (mut segment, mut at) = (self.last(), self.size(self.last()).unwrap_or(0));
        if at > 0 && at.saturating_add(FRAME_BYTES).saturating_add(length) > self.limit {
            (segment, at) = (segment.saturating_add(1), 0);
        }
        let (path, record) = (
            self.path(segment),
            [&self.magic.to_bytes(), &length.to_le_bytes(), block].concat(),
        );
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
        let (path, end) = (
            self.path(segment),
            u64::from(self.size(segment).unwrap_or(0)),
        );
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segments(directory: &Path) -> BlockSegments {
        BlockSegments::open(directory.join("blocks"), Magic::REGTEST, 1_000).unwrap()
    }

    fn found(
        segments: &BlockSegments,
        segment: u32,
        from: u32,
    ) -> (Vec<Vec<u8>>, Option<TornRecord>) {
        let mut blocks = Vec::new();
        let take = |location: BlockLocation, block: &[u8]| {
            assert_eq!(segments.read(location).unwrap(), block);
            blocks.push(block.to_vec());
            Ok::<(), StorageError>(())
        };
        let torn = segments.scan(segment, from, take).unwrap();
        (blocks, torn)
    }

    proptest! {
        #[test]
        fn a_file_cut_anywhere_has_all_blocks_that_are_whole_and_takes_new_ones(
            lengths in prop::collection::vec(81_usize..300, 1..4),
            cut in any::<prop::sample::Index>()
        ) {
            let directory = tempfile::tempdir().unwrap();
            let mut store = segments(directory.path());
            let blocks: Vec<Vec<u8>> = (1_u8..).zip(&lengths).map(|(byte, length)| vec![byte; *length]).collect();
            let places: Vec<_> = blocks.iter().map(|block| store.append(block).unwrap()).collect();
            prop_assert!(places.iter().all(|place| place.segment == 0));
            let size = store.size(0).unwrap();
            let at = u32::try_from(cut.index(usize::try_from(size).unwrap() + 1)).unwrap();
            File::options().write(true).open(store.path(0)).unwrap().set_len(u64::from(at)).unwrap();

            let mut store = segments(directory.path());
            let whole = places.iter().take_while(|place| place.offset + place.length <= at).count();
            let (read, torn) = found(&store, 0, 0);
            prop_assert_eq!(&read[..], &blocks[..whole]);
            let end = places[..whole].last().map_or(0, |place| place.offset + place.length);
            prop_assert_eq!(torn.as_ref().map(|torn| torn.end), (end != at).then_some(end));
            if let Some(torn) = torn {
                store.cut(0, torn.end).unwrap();
            }
            let place = store.append(&[9; 100]).unwrap();
            prop_assert_eq!(place.offset, end + 8);
            prop_assert_eq!(found(&store, 0, 0).0.len(), whole + 1);
            prop_assert_eq!(store.total_bytes(), fs::metadata(store.path(0)).unwrap().len());
        }
    }

    #[test]
    fn a_full_segment_is_followed_by_the_next_and_a_large_block_has_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = segments(directory.path());
        let places: Vec<u32> = [900, 84, 2_000, 100]
            .iter()
            .map(|length| store.append(&vec![1; *length]).unwrap().segment)
            .collect();
        assert_eq!(places, [0, 0, 1, 2]);
        store.delete(0).unwrap();
        store.sync().unwrap();
        assert_eq!(store.sizes().collect::<Vec<_>>(), [(1, 2_008), (2, 108)]);
        assert_eq!(
            segments(directory.path()).sizes().collect::<Vec<_>>(),
            [(1, 2_008), (2, 108)]
        );
    }

    #[test]
    fn the_half_of_a_record_that_could_not_be_taken_back_is_cut_before_the_next_one() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = segments(directory.path());
        let first = store.append(&[1; 100]).unwrap();
        let half = |segment: u32| {
            let mut file = File::options()
                .create(true)
                .append(true)
                .open(store.path(segment))
                .unwrap();
            file.write_all(&[7; 50]).unwrap();
        };
        half(0);
        half(1);
        store.open = None;
        let places = [
            store.append(&[2; 100]).unwrap(),
            store.append(&[3; 800]).unwrap(),
        ];
        assert_eq!(
            places.map(|place| (place.segment, place.offset)),
            [(0, 116), (1, 8)]
        );
        assert_eq!(store.read(first).unwrap(), [1; 100]);
        assert_eq!(
            found(&store, 0, 0),
            (vec![vec![1; 100], vec![2; 100]], None)
        );
        assert_eq!(found(&store, 1, 0), (vec![vec![3; 800]], None));

        // What is shorter than it was has lost blocks.
        File::options()
            .write(true)
            .open(store.path(1))
            .unwrap()
            .set_len(100)
            .unwrap();
        store.open = None;
        let error = store.append(&[4; 90]).unwrap_err().to_string();
        assert!(
            error.contains("blk00001.dat is damaged: it has 100 bytes, and 808 were written"),
            "{error}"
        );
    }

    #[test]
    fn damage_in_the_middle_is_reported_and_what_follows_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = segments(directory.path());
        for byte in 1..=3 {
            store.append(&[byte; 100]).unwrap();
        }
        let mut bytes = fs::read(store.path(0)).unwrap();
        bytes[108] ^= 1;
        fs::write(store.path(0), bytes).unwrap();
        let (before, torn) = found(&store, 0, 0);
        assert_eq!((before.len(), torn.map(|torn| torn.end)), (1, Some(108)));
        let next = store.next_record(0, 108).unwrap().unwrap();
        assert_eq!(found(&store, 0, next), (vec![vec![3; 100]], None));
        let beyond = BlockLocation {
            segment: 0,
            offset: 300,
            length: 100,
        };
        assert!(
            store
                .read(beyond)
                .unwrap_err()
                .to_string()
                .contains("blk00000.dat is damaged")
        );
    }
}
