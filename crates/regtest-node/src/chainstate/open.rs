//! From the files to a consistent chain: what the database says, and what the segments have beyond
//! it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use bitcoin::consensus::{deserialize, serialize};
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::p2p::Magic;
use bitcoin::{Block, BlockHash};
use tracing::{info, warn};

use super::Chainstate;
use super::cache::CoinCache;
use crate::chain::params::Params;
use crate::chain::reject::Fault;
use crate::chain::tree::{Id, Location, Tree};
use crate::store::{Database, Home, Segments, StoreError, StoredHeader, Torn};

/// Where the chain is kept, and which.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The node's data directory.
    pub(crate) home: Home,
    pub(crate) params: Params,
    /// Forget the database and build it anew from the block files.
    pub(crate) reindex: bool,
}

impl Settings {
    /// The database, which nobody else opens as long as it is open here.
    pub(crate) fn database(&self) -> Result<Database, StoreError> {
        let path = self.home.database();
        if self.reindex {
            Database::anew(&path)
        } else {
            Database::open(&path)
        }
    }
}

/// Blocks that were found before their parents, by the parent.
type Orphans = HashMap<BlockHash, Vec<Location>>;

impl Chainstate {
    /// The chain in `settings.home`, made if there is none, with the database of `settings`. Blocks
    /// beyond the tip are for `step` to connect.
    pub(crate) fn open(settings: &Settings, database: Database) -> Result<Self, StoreError> {
        let params = settings.params.clone();
        let magic = Magic::from(params.network());
        let segments = Segments::open(settings.home.blocks(), magic, params.segment_bytes)?;
        let mut chain = Self {
            tree: Tree::new(genesis_block(params.network()).header),
            params,
            segments,
            coins: CoinCache::new(database)?,
            open_way: None,
            told_fork: None,
            candidates: BTreeSet::new(),
            contents: BTreeMap::new(),
            waiting: HashMap::new(),
            dirty: BTreeSet::new(),
            new_undo: Vec::new(),
            new_undo_bytes: 0,
            old_undo: Vec::new(),
            doomed: Vec::new(),
            has_new_headers: false,
            recent: VecDeque::new(),
            next_sequence: 1,
            best_header: Id::GENESIS,
            is_pruned: false,
            first_stored: 0,
        };
        chain.load()?;
        chain.check_segments()?;
        chain.adopt_unknown(settings.reindex)?;
        chain.write_genesis()?;
        chain.rebuild_candidates();
        chain.find_first_stored();
        chain.check_last_blocks()?;
        chain.flush()?;
        Ok(chain)
    }

    fn damaged(&self, detail: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            path: self.coins.database.path().to_owned(),
            detail: detail.into(),
        }
    }

    /// What the database says.
    fn load(&mut self) -> Result<(), StoreError> {
        let mut stored = Vec::new();
        self.coins.database.headers(|header| stored.push(header))?;
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
            if is_first && self.tree.find(&hash).is_none() {
                let detail = format!(
                    "its first block {hash} is not that of {}",
                    self.params.network()
                );
                return Err(StoreError::Foreign {
                    path: self.coins.database.path().to_owned(),
                    detail,
                });
            }
            let Some(id) = self.tree.insert(header) else {
                return Err(self.damaged(format!("the header {hash} has no parent")));
            };
            let entry = self.tree.get_mut(id);
            (entry.validity, entry.location, entry.transactions) =
                (validity, location, transactions);
            entry.sequence = sequence;
            self.next_sequence = self.next_sequence.max(sequence.saturating_add(1));
            if let Some(location) = location {
                self.contents.entry(location.segment).or_default().push(id);
            }
            if transactions > 0 {
                self.complete(id);
            }
        }
        if let Some(best) = self.coins.database.best()? {
            let tip = self
                .tree
                .find(&best)
                .ok_or_else(|| self.damaged(format!("the tip {best} has no header")))?;
            self.tree.set_best(tip);
        }
        self.is_pruned = self.coins.database.is_pruned()?;
        Ok(())
    }

    /// What is named must be there; what nothing names any more was to be deleted.
    fn check_segments(&mut self) -> Result<(), StoreError> {
        for (segment, ids) in &self.contents {
            let end = known_end(&self.tree, ids);
            let size = self.segments.size(*segment).unwrap_or(0);
            if size < end {
                let detail = format!("it has {size} bytes, and blocks are known up to {end}");
                return Err(StoreError::Damaged {
                    path: self.segments.path(*segment),
                    detail,
                });
            }
        }
        let Some(last) = self.contents.last_key_value().map(|(segment, _)| *segment) else {
            return Ok(());
        };
        let left: Vec<u32> = self
            .segments
            .sizes()
            .map(|(segment, _)| segment)
            .filter(|at| *at < last)
            .collect();
        for segment in left
            .into_iter()
            .filter(|segment| !self.contents.contains_key(segment))
        {
            info!(file = %self.segments.path(segment).display(), "deleting a pruned segment");
            self.segments.delete(segment)?;
        }
        Ok(())
    }

    /// Takes up the blocks that were written after the database was. What is torn among them a
    /// crash has left: between two syncs it may take the end of any segment.
    fn adopt_unknown(&mut self, is_reindex: bool) -> Result<(), StoreError> {
        let mut orphans = Orphans::new();
        let segments: Vec<u32> = self.segments.sizes().map(|(segment, _)| segment).collect();
        // A database that names no block does not vouch for the files: damage in them is not ours
        // to cut.
        let is_ours = is_reindex || !self.contents.is_empty();
        let mut found = 0_u64;
        for segment in segments {
            let mut from = self
                .contents
                .get(&segment)
                .map_or(0, |ids| known_end(&self.tree, ids));
            while let Some(torn) = self.adopt_from(segment, from, &mut orphans, &mut found)? {
                let next = self.segments.next_record(segment, torn.end)?;
                let path = self.segments.path(segment);
                match next {
                    Some(next) if is_ours => {
                        warn!(file = %path.display(), at = torn.end, torn.detail, "going on behind the damage");
                        from = next;
                    }
                    None if is_ours || segment == self.segments.last() => {
                        warn!(file = %path.display(), at = torn.end, torn.detail, "cutting what a crash left");
                        self.segments.cut(segment, torn.end)?;
                        break;
                    }
                    _ => {
                        let detail = format!("at byte {}: {}", torn.end, torn.detail);
                        return Err(StoreError::Damaged { path, detail });
                    }
                }
            }
        }
        if found > 0 {
            info!(blocks = found, "found on the disk beyond the database");
        }
        let lone: usize = orphans.values().map(Vec::len).sum();
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

    /// After pruning the first blocks are gone: the others cannot be connected, and come from peers
    /// again.
    fn delete_unreachable(&mut self) -> Result<(), StoreError> {
        let segments: Vec<u32> = self.segments.sizes().map(|(segment, _)| segment).collect();
        for segment in segments
            .into_iter()
            .filter(|segment| !self.contents.contains_key(segment))
        {
            let file = self.segments.path(segment);
            warn!(file = %file.display(), "deleting blocks whose ancestors are not on the disk");
            self.segments.delete(segment)?;
        }
        Ok(())
    }

    fn adopt_from(
        &mut self,
        segment: u32,
        from: u32,
        orphans: &mut Orphans,
        found: &mut u64,
    ) -> Result<Option<Torn>, StoreError> {
        let mut records = Vec::new();
        let torn = self.segments.scan(segment, from, |location, bytes| {
            records.push((location, bytes.to_vec()));
            Ok::<(), StoreError>(())
        })?;
        for (location, bytes) in records {
            let end = location.offset.saturating_sub(8);
            let Ok(block) = deserialize::<Block>(&bytes) else {
                return Ok(Some(Torn {
                    end,
                    detail: "what is there is no block".to_owned(),
                }));
            };
            match self.adopt(&block, location) {
                Ok(accepted) => *found += u64::from(accepted.is_new),
                Err(reject) if reject.fault == Fault::Mutated => {
                    return Ok(Some(Torn {
                        end,
                        detail: format!("the block there is not whole: {reject}"),
                    }));
                }
                Err(reject) if reject.fault == Fault::Missing => {
                    orphans
                        .entry(block.header.prev_blockhash)
                        .or_default()
                        .push(location);
                }
                Err(reject) => {
                    warn!(block = %block.block_hash(), %reject, "a block on the disk breaks a rule");
                }
            }
            self.adopt_orphans(block.block_hash(), orphans, found)?;
        }
        Ok(torn)
    }

    /// Takes up the blocks that were found before `parent`.
    fn adopt_orphans(
        &mut self,
        parent: BlockHash,
        orphans: &mut Orphans,
        found: &mut u64,
    ) -> Result<(), StoreError> {
        let mut parents = vec![parent];
        while let Some(parent) = parents.pop() {
            if self.tree.find(&parent).is_none() {
                continue;
            }
            for location in orphans.remove(&parent).unwrap_or_default() {
                let bytes = self.segments.read(location)?;
                if let Ok(block) = deserialize::<Block>(&bytes)
                    && let Ok(accepted) = self.adopt(&block, location)
                {
                    *found += u64::from(accepted.is_new);
                    parents.push(block.block_hash());
                }
            }
        }
        Ok(())
    }

    fn write_genesis(&mut self) -> Result<(), StoreError> {
        if self.segments.total_bytes() > 0 || self.is_pruned {
            return Ok(());
        }
        let location = self
            .segments
            .append(&serialize(&genesis_block(self.params.network())))?;
        self.tree.get_mut(Id::GENESIS).location = Some(location);
        self.contents
            .entry(location.segment)
            .or_default()
            .push(Id::GENESIS);
        self.dirty.insert(Id::GENESIS);
        Ok(())
    }

    /// The last blocks are what a crash of the machine may have harmed.
    fn check_last_blocks(&self) -> Result<(), StoreError> {
        const CHECKED: usize = 6;
        for id in self.tree.line(self.tree.tip()).take(CHECKED) {
            self.block(id)?;
        }
        Ok(())
    }
}

fn known_end(tree: &Tree, ids: &[Id]) -> u32 {
    let ends = ids.iter().filter_map(|id| tree.get(*id).location);
    ends.map(|location| location.offset.saturating_add(location.length))
        .max()
        .unwrap_or(0)
}
