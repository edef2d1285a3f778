//! How headers and unspent outputs are written in the database.

use bitcoin::block::Header;
use bitcoin::consensus::{deserialize, serialize};
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, Txid};

use crate::chain::tree::{BlockLocation, HeaderEntry, Validity};

/// A header as it was found.
#[derive(Debug)]
pub(crate) struct StoredHeader {
    pub(crate) header: Header,
    pub(crate) validity: Validity,
    pub(crate) location: Option<BlockLocation>,
    pub(crate) transactions: u32,
    pub(crate) sequence: u64,
}

/// The key of an unspent output.
pub(super) fn key(outpoint: &OutPoint) -> [u8; 36] {
    let mut key = [0; 36];
    let (txid, vout) = key.split_at_mut(32);
    txid.copy_from_slice(outpoint.txid.as_byte_array());
    vout.copy_from_slice(&outpoint.vout.to_be_bytes());
    key
}

/// The output whose key this is.
pub(super) fn outpoint(key: [u8; 36]) -> OutPoint {
    let mut txid = [0; 32];
    let mut vout = [0; 4];
    let (first, second) = key.split_at(32);
    txid.copy_from_slice(first);
    vout.copy_from_slice(second);
    OutPoint {
        txid: Txid::from_byte_array(txid),
        vout: u32::from_be_bytes(vout),
    }
}

/// 80 bytes of header, one of validity, transactions, sequence, then the location where there is
/// one.
pub(super) fn write_header(entry: &HeaderEntry) -> Vec<u8> {
    let validity = match entry.validity {
        Validity::Header => 0_u8,
        Validity::ConnectedBlock => 1,
        Validity::Failed => 2,
        Validity::OnFailed => 3,
    };
    let mut bytes = serialize(&entry.header);
    bytes.push(validity);
    bytes.extend(entry.transactions.to_le_bytes());
    bytes.extend(entry.sequence.to_le_bytes());
    if let Some(location) = entry.location {
        bytes.extend(
            [location.segment, location.offset, location.length]
                .map(u32::to_le_bytes)
                .concat(),
        );
    }
    bytes
}

/// What `write_header` wrote.
pub(super) fn read_header(bytes: &[u8]) -> Option<StoredHeader> {
    let (header, bytes) = bytes.split_at_checked(80)?;
    let (validity, bytes) = bytes.split_first()?;
    let (transactions, bytes) = bytes.split_first_chunk::<4>()?;
    let (sequence, bytes) = bytes.split_first_chunk::<8>()?;
    let location = if bytes.is_empty() {
        None
    } else {
        let (segment, bytes) = bytes.split_first_chunk::<4>()?;
        let (offset, length) = bytes.split_first_chunk::<4>()?;
        let [segment, offset, length] =
            [*segment, *offset, length.try_into().ok()?].map(u32::from_le_bytes);
        Some(BlockLocation {
            segment,
            offset,
            length,
        })
    };
    Some(StoredHeader {
        header: deserialize(header).ok()?,
        validity: match validity {
            0 => Validity::Header,
            1 => Validity::ConnectedBlock,
            2 => Validity::Failed,
            3 => Validity::OnFailed,
            _ => return None,
        },
        location,
        transactions: u32::from_le_bytes(*transactions),
        sequence: u64::from_le_bytes(*sequence),
    })
}
