//! Deletes whole segments of old blocks, and their undo data.

use super::Chainstate;
use crate::chain::tree::Id;
use crate::store::StoreError;

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pruned {
    pub(crate) segments: u32,
    /// Of block files.
    pub(crate) bytes: u64,
}

impl Chainstate {
    /// Blocks that are always kept, so that peers can be served and a reorganisation undone.
    pub(crate) const KEPT: u32 = 288;

    /// Blocks were deleted at some time.
    pub(crate) fn is_pruned(&self) -> bool {
        self.is_pruned
    }

    /// From this height to the tip all blocks are on the disk.
    pub(crate) fn first_stored(&self) -> u32 {
        self.first_stored
    }

    /// Deletes the segments whose blocks are all at or below `height`, and never one of the last
    /// 288.
    pub(crate) fn prune(&mut self, height: u32) -> Result<Pruned, StoreError> {
        let limit = height.min(self.tree.height().saturating_sub(Self::KEPT));
        let is_old = |ids: &[Id]| ids.iter().all(|id| self.tree.get(*id).height <= limit);
        let current = self.segments.last();
        let old: Vec<u32> = self
            .contents
            .iter()
            .filter(|(segment, ids)| **segment != current && is_old(ids))
            .map(|(segment, _)| *segment)
            .collect();
        if old.is_empty() {
            return Ok(Pruned::default());
        }
        self.open_way = None;
        let mut pruned = Pruned::default();
        for segment in &old {
            pruned.segments += 1;
            pruned.bytes += u64::from(self.segments.size(*segment).unwrap_or(0));
            for id in self.contents.remove(segment).unwrap_or_default() {
                let entry = self.tree.get_mut(id);
                entry.location = None;
                let hash = entry.hash;
                self.dirty.insert(id);
                self.recent.retain(|(recent, _)| *recent != id);
                self.new_undo.retain(|(block, _)| *block != hash);
                self.old_undo.push(hash);
            }
        }
        self.is_pruned = true;
        self.find_first_stored();
        self.doomed.extend(old);
        self.flush()?;
        Ok(pruned)
    }

    pub(super) fn find_first_stored(&mut self) {
        let stored = self
            .tree
            .line(self.tree.tip())
            .take_while(|id| self.tree.get(*id).location.is_some());
        let lowest = stored.last().map(|id| self.tree.get(id).height);
        self.first_stored = lowest.unwrap_or_else(|| self.tree.height().saturating_add(1));
    }
}
