//! From the files to a consistent chain: what the database says, and what the segments have beyond
//! it.

use std::collections::HashMap;

use bitcoin::consensus::deserialize;
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::{Block, BlockHash};
use tracing::{info, warn};

use super::Chainstate;
use super::block_files::BlockFiles;
use super::candidates::Candidates;
use super::coin_cache::CoinCache;
use super::headers::HeaderIndex;
use crate::chain::params::ChainParams;
use crate::chain::reject::Fault;
use crate::chain::tree::{BlockLocation, Id};
use crate::store::{DataDirectory, Database, StorageError, StoredHeader, TornRecord};

/// Where the chain is kept, and which.
#[derive(Clone, Debug)]
pub(crate) struct ChainstateSettings {
    /// The node's data directory.
    pub(crate) data_directory: DataDirectory,
    pub(crate) params: ChainParams,
    /// Discard the database and rebuild it from the block files.
    pub(crate) reindex: bool,
}

impl ChainstateSettings {
    /// The database, which nobody else opens as long as it is open here.
    pub(crate) fn database(&self) -> Result<Database, StorageError> {
        let path = self.data_directory.database();
        if self.reindex {
            Database::recreate(&path)
        } else {
            Database::open(&path)
        }
    }
}

/// Blocks that were found before their parents, by the parent.
type OrphanBlocks = HashMap<BlockHash, Vec<BlockLocation>>;

impl Chainstate {
    /// The chain in `settings.data_directory`, made if there is none, with the database of
    /// `settings`. Blocks beyond the tip are for `step` to connect.
    pub(crate) fn open(
        settings: &ChainstateSettings,
        database: Database,
    ) -> Result<Self, StorageError> {
        let params = settings.params.clone();
        let mut opening = ChainstateLoader {
            chain: Self {
                files: BlockFiles::open(settings.data_directory.blocks(), &params)?,
                headers: HeaderIndex::new(params),
                candidates: Candidates::new(),
                coins: CoinCache::new(database)?,
            },
            orphans: OrphanBlocks::new(),
            found: 0,
        };
        opening.load()?;
        opening.check_segments()?;
        opening.adopt_unknown(settings.reindex)?;
        opening.write_genesis()?;
        let mut chain = opening.chain;
        chain.find_best_header();
        chain.files.find_first_stored(&chain.headers.tree);
        check_last_blocks(&chain)?;
        chain.flush()?;
        Ok(chain)
    }
}

/// A chain that is being read.
struct ChainstateLoader {
    chain: Chainstate,
    orphans: OrphanBlocks,
    /// Blocks that were found beyond the database.
    found: u64,
}

impl ChainstateLoader {
    fn damaged(&self, detail: impl Into<String>) -> StorageError {
        StorageError::Damaged {
            path: self.chain.coins.database.path().to_owned(),
            detail: detail.into(),
        }
    }

    /// What the database says.
    fn load(&mut self) -> Result<(), StorageError> {
        let mut stored = Vec::new();
        self.chain
            .coins
            .database
            .headers(|header| stored.push(header))?;
        for StoredHeader {
            header,
            validity,
            location,
            transactions,
            sequence,
        } in stored
        {
            let hash = header.block_hash();
            let is_first = header.prev_blockhash == BlockHash::all_zeros();
            if is_first && self.chain.tree().find(&hash).is_none() {
                let network = self.chain.params().network();
                return Err(StorageError::Foreign {
                    path: self.chain.coins.database.path().to_owned(),
                    detail: format!("its first block {hash} is not that of {network}"),
                });
            }
            let Some(id) = self.chain.headers.tree.insert(header) else {
                return Err(self.damaged(format!("the header {hash} has no parent")));
            };
            let entry = self.chain.headers.tree.get_mut(id);
            entry.validity = validity;
            entry.location = location;
            entry.transactions = transactions;
            entry.sequence = sequence;
            self.chain.candidates.skip_sequence(sequence);
            if let Some(location) = location {
                self.chain.files.place(id, location);
            }
            if transactions > 0 {
                let chain = &mut self.chain;
                chain.candidates.complete(&mut chain.headers, id);
            }
        }
        if let Some(best) = self.chain.coins.database.best()? {
            let tip = self.chain.tree().find(&best);
            let tip = tip.ok_or_else(|| self.damaged(format!("the tip {best} has no header")))?;
            self.chain.headers.tree.set_best(tip);
        }
        self.chain.files.is_pruned = self.chain.coins.database.is_pruned()?;
        Ok(())
    }

    /// What is named must be there; what nothing names any more was to be deleted.
    fn check_segments(&mut self) -> Result<(), StorageError> {
        let files = &mut self.chain.files;
        let tree = &self.chain.headers.tree;
        for (segment, _) in files.contents() {
            let end = files.known_end(tree, segment);
            let size = files.segments.size(segment).unwrap_or(0);
            if size < end {
                return Err(StorageError::Damaged {
                    path: files.segments.path(segment),
                    detail: format!("it has {size} bytes, and blocks are known up to {end}"),
                });
            }
        }
        let Some((last, _)) = files.contents().next_back() else {
            return Ok(());
        };
        for segment in files.unknown_segments() {
            if segment < last {
                info!(file = %files.segments.path(segment).display(), "deleting a pruned segment");
                files.segments.delete(segment)?;
            }
        }
        Ok(())
    }

    /// Takes up the blocks that were written after the database was. What is torn among them a
    /// crash has left: between two syncs it may take the end of any segment.
    fn adopt_unknown(&mut self, is_reindex: bool) -> Result<(), StorageError> {
        // A database that names no block does not vouch for the files: damage in them is not ours
        // to cut.
        let is_ours = is_reindex || self.chain.files.contents().next().is_some();
        let segments: Vec<u32> = self
            .chain
            .files
            .segments
            .sizes()
            .map(|(at, _)| at)
            .collect();
        for segment in segments {
            self.adopt_segment(segment, is_ours)?;
        }
        if self.found > 0 {
            info!(blocks = self.found, "found on the disk beyond the database");
        }
        let lone: usize = self.orphans.values().map(Vec::len).sum();
        if lone > 0 {
            warn!(
                blocks = lone,
                "left out: their ancestors are not on the disk, and both come from peers again"
            );
        }
        if is_reindex {
            self.delete_unreachable()
        } else {
            Ok(())
        }
    }

    /// Takes up the blocks of a segment that the database does not name. What is torn is cut if it
    /// is ours, or the end of all.
    fn adopt_segment(&mut self, segment: u32, is_ours: bool) -> Result<(), StorageError> {
        let tree = &self.chain.headers.tree;
        let mut from = self.chain.files.known_end(tree, segment);
        while let Some(torn) = self.adopt_from(segment, from)? {
            let segments = &mut self.chain.files.segments;
            let next = segments.next_record(segment, torn.end)?;
            let path = segments.path(segment);
            match next {
                Some(next) if is_ours => {
                    warn!(file = %path.display(), at = torn.end, torn.detail,
                        "going on behind the damage");
                    from = next;
                }
                None if is_ours || segment == segments.last() => {
                    warn!(file = %path.display(), at = torn.end, torn.detail,
                        "cutting what a crash left");
                    segments.cut(segment, torn.end)?;
                    break;
                }
                _ => {
                    let detail = format!("at byte {}: {}", torn.end, torn.detail);
                    return Err(StorageError::Damaged { path, detail });
                }
            }
        }
        Ok(())
    }

    /// After pruning the first blocks are gone: the others cannot be connected, and come from peers
    /// again.
    fn delete_unreachable(&mut self) -> Result<(), StorageError> {
        let files = &mut self.chain.files;
        for segment in files.unknown_segments() {
            let file = files.segments.path(segment);
            warn!(file = %file.display(), "deleting blocks whose ancestors are not on the disk");
            files.segments.delete(segment)?;
        }
        Ok(())
    }

    /// Takes up the blocks of a segment from a byte on, up to what is torn.
    fn adopt_from(&mut self, segment: u32, from: u32) -> Result<Option<TornRecord>, StorageError> {
        let mut records = Vec::new();
        let torn = self
            .chain
            .files
            .segments
            .scan(segment, from, |location, bytes| {
                records.push((location, bytes.to_vec()));
                Ok::<(), StorageError>(())
            })?;
        for (location, bytes) in records {
            let end = location.offset.saturating_sub(8);
            let Ok(block) = deserialize::<Block>(&bytes) else {
                return Ok(Some(TornRecord {
                    end,
                    detail: "what is there is no block".to_owned(),
                }));
            };
            match self.chain.adopt(&block, location) {
                Ok(accepted) => self.found += u64::from(accepted.is_new),
                Err(reject) if reject.fault == Fault::Mutated => {
                    return Ok(Some(TornRecord {
                        end,
                        detail: format!("the block there is not whole: {reject}"),
                    }));
                }
                Err(reject) if reject.fault == Fault::Missing => {
                    let parent = block.header.prev_blockhash;
                    self.orphans.entry(parent).or_default().push(location);
                }
                Err(reject) => {
                    warn!(block = %block.block_hash(), %reject, "a block on the disk breaks a rule");
                }
            }
            self.adopt_orphans(block.block_hash())?;
        }
        Ok(torn)
    }

    /// Takes up the blocks that were found before `parent`.
    fn adopt_orphans(&mut self, parent: BlockHash) -> Result<(), StorageError> {
        let mut parents = vec![parent];
        while let Some(parent) = parents.pop() {
            if self.chain.tree().find(&parent).is_none() {
                continue;
            }
            for location in self.orphans.remove(&parent).unwrap_or_default() {
                let bytes = self.chain.files.segments.read(location)?;
                if let Ok(block) = deserialize::<Block>(&bytes)
                    && let Ok(accepted) = self.chain.adopt(&block, location)
                {
                    self.found += u64::from(accepted.is_new);
                    parents.push(block.block_hash());
                }
            }
        }
        Ok(())
    }

    fn write_genesis(&mut self) -> Result<(), StorageError> {
        let chain = &mut self.chain;
        if chain.files.segments.total_bytes() > 0 || chain.files.is_pruned {
            return Ok(());
        }
        let genesis = genesis_block(chain.params().network());
        let location = chain.files.append(&genesis)?;
        chain.headers.change(Id::GENESIS).location = Some(location);
        chain.files.place(Id::GENESIS, location);
        Ok(())
    }
}

/// The last blocks are what a crash of the machine may have harmed.
fn check_last_blocks(chain: &Chainstate) -> Result<(), StorageError> {
    const CHECKED: usize = 6;
    let tree = chain.tree();
    for id in tree.line(tree.tip()).take(CHECKED) {
        chain.block(id)?;
    }
    Ok(())
}
