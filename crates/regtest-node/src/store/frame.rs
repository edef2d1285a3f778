//! How a block lies in a block file, framed as Bitcoin Core frames it: magic, length, block.
//!
//! Decides where a record begins, whether it is whole, and whether a file can have been written
//! here.

use bitcoin::Block;
use bitcoin::consensus::deserialize;
use bitcoin::p2p::Magic;

use crate::chain::limits::MAX_WEIGHT;

/// Magic and length.
pub(super) const FRAME_BYTES: usize = 8;
/// The header of a block and the number of its transactions.
const MIN_BLOCK_BYTES: usize = 81;
/// The least that a disk loses at once.
const SECTOR_BYTES: usize = 512;

/// The block of the record that `bytes` begin with; `None` if there are no bytes. Otherwise what is
/// wrong.
pub(super) fn record(magic: Magic, bytes: &[u8]) -> Result<Option<&[u8]>, String> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let Some((frame, rest)) = bytes.split_first_chunk::<FRAME_BYTES>() else {
        return Err(format!("{} bytes are no frame", bytes.len()));
    };
    let [m0, m1, m2, m3, l0, l1, l2, l3] = *frame;
    if [m0, m1, m2, m3] != magic.to_bytes() {
        return Err("no block begins there".to_owned());
    }
    let length = u32::from_le_bytes([l0, l1, l2, l3]);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if !(MIN_BLOCK_BYTES..=MAX_WEIGHT).contains(&length) {
        return Err(format!("a block cannot have {length} bytes"));
    }
    rest.get(..length)
        .map(Some)
        .ok_or_else(|| format!("{} of the block's {length} bytes are there", rest.len()))
}

/// Where the next record may begin in `bytes`, at `from` or behind it.
pub(super) fn next(magic: Magic, bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..).unwrap_or_default();
    Some(
        from + rest
            .windows(4)
            .position(|window| window == magic.to_bytes())?,
    )
}

/// The part of a file by which its beginning is recognised.
pub(super) const PREFIX_BYTES: usize = SECTOR_BYTES;

/// Whether a file that begins with `beginning` may have been written here: its first record, torn
/// or not, or what is there of it when the system fails between the making of a file and the
/// writing, which is nothing, or zeros.
pub(super) fn may_begin_so(magic: Magic, beginning: &[u8]) -> bool {
    let beginning = beginning.get(..PREFIX_BYTES).unwrap_or(beginning);
    let magic = magic.to_bytes();
    beginning.starts_with(&magic)
        || magic.starts_with(beginning)
        || beginning.iter().all(|byte| *byte == 0)
}

/// Whether there is a whole block of this chain anywhere in `bytes`.
pub(super) fn has_block(magic: Magic, bytes: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = next(magic, bytes, from) {
        let record = record(magic, bytes.get(at..).unwrap_or_default());
        let block = record
            .ok()
            .flatten()
            .and_then(|block| deserialize::<Block>(block).ok());
        if block.is_some_and(|block| block.check_merkle_root()) {
            return true;
        }
        from = at.saturating_add(1);
    }
    false
}

#[cfg(test)]
mod tests {
    use bitcoin::Network;
    use bitcoin::consensus::serialize;
    use bitcoin::constants::genesis_block;
    use proptest::prelude::*;

    use super::*;

    /// A record as it is written.
    fn framed(magic: Magic, network: Network) -> Vec<u8> {
        let block = serialize(&genesis_block(network));
        let length = u32::try_from(block.len()).unwrap();
        [&magic.to_bytes(), length.to_le_bytes().as_slice(), &block].concat()
    }

    fn is_ours(bytes: &[u8]) -> bool {
        may_begin_so(Magic::REGTEST, bytes) || has_block(Magic::REGTEST, bytes)
    }

    #[test]
    fn a_first_record_is_ours_however_it_is_torn() {
        let whole = framed(Magic::REGTEST, Network::Regtest);
        assert!((0..=whole.len()).all(|end| is_ours(&whole[..end])));
        assert!(
            [1, 7, 511, 512, 100_000]
                .iter()
                .all(|zeros| is_ours(&vec![0; *zeros])),
            "what was never written"
        );
        let mut lost = [whole.as_slice(), &[9; 9_000]].concat();
        lost[..4_096].fill(0);
        assert!(
            is_ours(&lost),
            "a page that was not written, before one that was"
        );
    }

    #[test]
    fn damage_at_the_beginning_does_not_make_a_file_another_s_while_there_is_a_block_of_ours() {
        let record = framed(Magic::REGTEST, Network::Regtest);
        let mut bytes = record.repeat(2);
        bytes[0] ^= 1;
        assert!(is_ours(&bytes));
        bytes.truncate(record.len() * 2 - 1);
        assert!(!is_ours(&bytes), "the second one is not whole");
    }

    #[test]
    fn blocks_of_another_chain_and_blocks_that_bitcoind_has_masked_are_not_ours() {
        assert!(!is_ours(&framed(Magic::BITCOIN, Network::Bitcoin)));
        let mask = [0x9d, 0x2b, 0xdf, 0x24, 0x1e, 0x24, 0xdc, 0x07];
        let mut bytes = framed(Magic::REGTEST, Network::Regtest).repeat(20);
        for (byte, mask) in bytes.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        // As bitcoind makes its files larger beforehand.
        bytes.resize(1 << 16, 0);
        assert!(!is_ours(&bytes));
    }

    proptest! {
        #[test]
        fn what_somebody_else_wrote_is_not_ours(bytes in prop::collection::vec(1_u8.., 4..2_000)) {
            prop_assume!(!bytes.starts_with(&Magic::REGTEST.to_bytes()));
            prop_assert!(!is_ours(&bytes));
        }
    }
}
