//! What follows from a node's deleting whole files of blocks. Pure.

use super::reading::Reading;

/// bitcoind begins a new file when a block does not fit into this one any more.
pub(super) const BLOCK_FILE_BYTES: u64 = 128 << 20;

/// The node has kept blocks above `gone` and up to `called` that no single file can hold: it
/// deletes whole files, so that the blocks of one file may stay.
pub(super) fn keeps_more_than_a_file(before: &Reading, gone: Option<u32>, called: u32) -> bool {
    /// Blocks that were downloaded together lie in any order, so that one file has blocks of so
    /// many heights more.
    const DOWNLOAD_WINDOW_BLOCKS: u32 = 1024;
    /// The files of a test chain with `-fastprune` are far smaller, and mined in order.
    const SMALL_FILE_BYTES: u64 = 1 << 20;
    let file_bytes = before.block_file_bytes.unwrap_or(BLOCK_FILE_BYTES);
    let first = gone.map_or(before.first_kept, |gone| {
        gone.saturating_add(1).max(before.first_kept)
    });
    let blocks = called.saturating_add(1).saturating_sub(first);
    let stock = before.stock();
    let below = first
        .checked_sub(1)
        .map_or(Some(0), |below| stock.up_to(below));
    let Some(bytes) = stock
        .up_to(called)
        .zip(below)
        .map(|(all, below)| all.saturating_sub(below))
    else {
        return false;
    };
    // Undo data lies beside the blocks, and sizes are estimates.
    bytes > file_bytes.saturating_mul(2)
        && (file_bytes <= SMALL_FILE_BYTES || blocks > DOWNLOAD_WINDOW_BLOCKS)
}
