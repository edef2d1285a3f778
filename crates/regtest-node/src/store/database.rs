//! Headers, undo data and unspent outputs in redb.

use std::path::{Path, PathBuf};

use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, OutPoint};
#[cfg(test)]
use redb::ReadableTableMetadata;
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use super::StorageError;
use super::panic::unless_it_panics;
use super::record::{StoredHeader, key, outpoint, read_header, write_header};
use crate::chain::coins::{Coin, CoinChanges, CoinView};
use crate::chain::tree::HeaderEntry;

/// Height and hash: parents come before their children.
const HEADERS: TableDefinition<'_, (u32, [u8; 32]), &[u8]> = TableDefinition::new("headers");
/// By block hash.
const UNDO: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("undo");
/// Transaction id and output number, most significant byte first, so that a transaction's outputs
/// are in order.
const COINS: TableDefinition<'_, [u8; 36], &[u8]> = TableDefinition::new("coins");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// Version of the tables' contents; a larger number is from a later version.
const FORMAT: u32 = 1;
/// The cache of redb.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Sums over all unspent outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CoinStats {
    pub(crate) outputs: u64,
    /// In satoshi.
    pub(crate) amount: u64,
}

/// One step from a consistent state to the next.
pub(crate) struct FlushBatch<'a> {
    /// New or changed.
    pub(crate) headers: Vec<&'a HeaderEntry>,
    pub(crate) coins: &'a CoinChanges,
    pub(crate) new_undo: &'a [(BlockHash, Vec<u8>)],
    pub(crate) old_undo: &'a [BlockHash],
    /// The block whose coins these are.
    pub(crate) best: BlockHash,
    pub(crate) stats: CoinStats,
    /// Blocks were deleted at some time.
    pub(crate) is_pruned: bool,
}

/// The node's database.
#[derive(Debug)]
pub(crate) struct Database {
    /// Not there if it could not be opened again.
    database: Option<redb::Database>,
    path: PathBuf,
}

impl Database {
    /// The database at `path`, made if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(StorageError::io("make", directory))?;
        }
        // All that was written has a checksum. The coins say what is to be believed of every
        // payment, so that all of them are looked at.
        let database = Self {
            database: Some(create(path, true)?),
            path: path.to_owned(),
        };
        database.make_tables()?;
        Ok(database)
    }

    /// Reopens it. After a failed write this is the only way to go on, from what is on the disk.
    pub(crate) fn reopen(&mut self) -> Result<(), StorageError> {
        // It must be closed before.
        self.close();
        self.database = Some(create(&self.path, false)?);
        Ok(())
    }

    fn close(&mut self) {
        let open = self.database.take();
        // What is damaged may not close cleanly; the next open repairs it or says so.
        let _ = unless_it_panics(|| drop(open));
    }

    /// Has `act` done on the database.
    fn with<T>(&self, act: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, StorageError> {
        caught(&self.path, act)?.map_err(|error| self.failure(error))
    }

    fn begin_read(&self) -> Result<redb::ReadTransaction, redb::Error> {
        Ok(self
            .database
            .as_ref()
            .ok_or(redb::Error::PreviousIo)?
            .begin_read()?)
    }

    fn begin_write(&self) -> Result<redb::WriteTransaction, redb::Error> {
        let mut transaction = self
            .database
            .as_ref()
            .ok_or(redb::Error::PreviousIo)?
            .begin_write()?;
        // Both ends of each commit are on the disk: one that is found to be damaged is no crash,
        // and is not rolled back.
        transaction.set_two_phase_commit(true);
        Ok(transaction)
    }

    /// A new database at `path`, in place of what is there, however damaged, unless another process
    /// has it open.
    pub(crate) fn recreate(path: &Path) -> Result<Self, StorageError> {
        let old = create(path, false).map(|database| Self {
            database: Some(database),
            path: path.to_owned(),
        });
        if let Err(error @ StorageError::InUse(_)) = old {
            return Err(error);
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StorageError::io("delete", path)(error));
            }
            _ => {}
        }
        // Until here it was locked, where it could be opened, so that nobody has opened it in
        // between.
        drop(old);
        Self::open(path)
    }

    fn make_tables(&self) -> Result<(), StorageError> {
        let made = self.with(|| {
            let write = self.begin_write()?;
            write.open_table(HEADERS)?;
            write.open_table(UNDO)?;
            write.open_table(COINS)?;
            let mut meta = write.open_table(META)?;
            let format = meta
                .get("format")?
                .and_then(|value| Some(u32::from_le_bytes(value.value().try_into().ok()?)));
            if format.is_none() {
                meta.insert("format", FORMAT.to_le_bytes().as_slice())?;
            }
            drop(meta);
            write.commit()?;
            Ok(format)
        })?;
        match made {
            Some(format) if format != FORMAT => {
                let detail = format!("it has format {format}, this version knows {FORMAT}");
                Err(StorageError::Foreign {
                    path: self.path.clone(),
                    detail,
                })
            }
            _ => Ok(()),
        }
    }

    fn failure(&self, error: redb::Error) -> StorageError {
        StorageError::Database {
            path: self.path.clone(),
            source: Box::new(error),
        }
    }

    fn damaged(&self, detail: impl Into<String>) -> StorageError {
        StorageError::Damaged {
            path: self.path.clone(),
            detail: detail.into(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// All headers, parents before children.
    pub(crate) fn headers(&self, mut take: impl FnMut(StoredHeader)) -> Result<(), StorageError> {
        self.with(|| {
            let table = self.begin_read()?.open_table(HEADERS)?;
            for row in table.iter()? {
                let (_, value) = row?;
                let header = read_header(value.value());
                take(header.ok_or_else(|| redb::Error::Corrupted("a header's record".to_owned()))?);
            }
            Ok(())
        })
    }

    /// The block whose coins are stored; `None` in a new database.
    pub(crate) fn best(&self) -> Result<Option<BlockHash>, StorageError> {
        let value = self.meta("best")?;
        value
            .map(|hash| BlockHash::from_slice(&hash).map_err(|_| self.damaged("the tip's hash")))
            .transpose()
    }

    pub(crate) fn stats(&self) -> Result<CoinStats, StorageError> {
        let Some(value) = self.meta("coins")? else {
            return Ok(CoinStats::default());
        };
        let (outputs, amount) = value
            .split_first_chunk::<8>()
            .ok_or_else(|| self.damaged("the count of coins"))?;
        let amount = amount
            .try_into()
            .map_err(|_| self.damaged("the sum of coins"))?;
        Ok(CoinStats {
            outputs: u64::from_le_bytes(*outputs),
            amount: u64::from_le_bytes(amount),
        })
    }

    pub(crate) fn is_pruned(&self) -> Result<bool, StorageError> {
        Ok(self.meta("pruned")?.is_some())
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.with(|| {
            let table = self.begin_read()?.open_table(META)?;
            Ok(table.get(key)?.map(|value| value.value().to_vec()))
        })
    }

    /// What connecting the block kept.
    pub(crate) fn undo(&self, block: &BlockHash) -> Result<Option<Vec<u8>>, StorageError> {
        self.with(|| {
            let table = self.begin_read()?.open_table(UNDO)?;
            Ok(table
                .get(block.to_byte_array())?
                .map(|value| value.value().to_vec()))
        })
    }

    /// Hands each coin to `take`, in the order of transaction ids and output numbers.
    pub(crate) fn coins(&self, mut take: impl FnMut(OutPoint, Coin)) -> Result<(), StorageError> {
        self.with(|| {
            let table = self.begin_read()?.open_table(COINS)?;
            for row in table.iter()? {
                let (key, value) = row?;
                let coin = Coin::read(&mut value.value());
                take(
                    outpoint(key.value()),
                    coin.map_err(|error| redb::Error::Corrupted(error.to_string()))?,
                );
            }
            Ok(())
        })
    }

    /// Takes the database from one state to the next, at once and on the disk.
    pub(crate) fn flush(&self, flush: &FlushBatch<'_>) -> Result<(), StorageError> {
        self.with(|| {
            let transaction = self.begin_write()?;
            {
                let mut headers = transaction.open_table(HEADERS)?;
                for entry in &flush.headers {
                    headers.insert(
                        (entry.height, entry.hash.to_byte_array()),
                        write_header(entry).as_slice(),
                    )?;
                }
                let mut coins = transaction.open_table(COINS)?;
                let mut bytes = Vec::new();
                for (outpoint, coin) in flush.coins {
                    match coin {
                        Some(coin) => {
                            bytes.clear();
                            coin.write(&mut bytes);
                            coins.insert(key(outpoint), bytes.as_slice())?;
                        }
                        None => drop(coins.remove(key(outpoint))?),
                    }
                }
                let mut undo = transaction.open_table(UNDO)?;
                for (block, bytes) in flush.new_undo {
                    undo.insert(block.to_byte_array(), bytes.as_slice())?;
                }
                for block in flush.old_undo {
                    undo.remove(block.to_byte_array())?;
                }
                let mut meta = transaction.open_table(META)?;
                meta.insert("best", flush.best.to_byte_array().as_slice())?;
                let stats = [
                    flush.stats.outputs.to_le_bytes(),
                    flush.stats.amount.to_le_bytes(),
                ]
                .concat();
                meta.insert("coins", stats.as_slice())?;
                if flush.is_pruned {
                    meta.insert("pruned", [1].as_slice())?;
                }
            }
            Ok(transaction.commit()?)
        })
    }

    /// How many coins there are, as the table counts them.
    #[cfg(test)]
    pub(crate) fn count_coins(&self) -> u64 {
        self.begin_read()
            .unwrap()
            .open_table(COINS)
            .unwrap()
            .len()
            .unwrap()
    }
}

fn create(path: &Path, checks: bool) -> Result<redb::Database, StorageError> {
    let mut builder = redb::Builder::new();
    builder
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(checks);
    caught(path, || builder.create(path))?.map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => StorageError::InUse(path.to_owned()),
        error => StorageError::Database {
            path: path.to_owned(),
            source: Box::new(error.into()),
        },
    })
}

/// On some damage redb panics instead of returning an error. That is damage all the same, once the
/// panic is logged with its place. Nothing of it is used again but to close it.
fn caught<T>(path: &Path, act: impl FnOnce() -> T) -> Result<T, StorageError> {
    let broke_off = |said| StorageError::Damaged {
        path: path.to_owned(),
        detail: format!("its reader broke off: {said}"),
    };
    unless_it_panics(act).map_err(broke_off)
}

impl Drop for Database {
    fn drop(&mut self) {
        self.close();
    }
}

impl CoinView for Database {
    type Error = StorageError;

    fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, StorageError> {
        self.with(|| {
            let table = self.begin_read()?.open_table(COINS)?;
            let Some(value) = table.get(key(outpoint))? else {
                return Ok(None);
            };
            Coin::read(&mut value.value())
                .map(Some)
                .map_err(|error| redb::Error::Corrupted(error.to_string()))
        })
    }
}
