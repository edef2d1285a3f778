//! Which chain block files are of, by the network's magic number before each block. Blocking, as
//! `disk`.

use std::fs::{File, read, read_dir};
use std::io::Read;
use std::path::Path;

use bitcoin::Network;

use super::file_names::is_block_file;
use crate::values::Chain;

/// The chain that the block files in `directory` are of, where that is known and is not `chain`.
///
/// A signet with a challenge of its own has a magic number of its own, which is nobody else's.
pub(super) fn foreign(directory: &Path, chain: Chain) -> Option<Chain> {
    let magic = first_magic(directory)?;
    Chain::ALL
        .into_iter()
        .find(|known| magic_of(*known) == magic)
        .filter(|found| *found != chain)
}

pub(super) fn magic_of(chain: Chain) -> [u8; 4] {
    let network = match chain {
        Chain::Main => Network::Bitcoin,
        Chain::Test => Network::Testnet,
        Chain::Testnet4 => Network::Testnet4,
        Chain::Signet => Network::Signet,
        Chain::Regtest => Network::Regtest,
    };
    network.magic().to_bytes()
}

/// The first bytes of one of the block files. Core obfuscates them since version 28, with the key
/// in `xor.dat`.
fn first_magic(directory: &Path) -> Option<[u8; 4]> {
    let is_block_data = |name: &str| name.starts_with("blk") && is_block_file(name);
    let names = read_dir(directory).ok()?.flatten();
    let path = names.map(|entry| entry.path()).find(|path| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(is_block_data)
    })?;
    let mut magic = [0; 4];
    File::open(path).ok()?.read_exact(&mut magic).ok()?;
    let key = read(directory.join("xor.dat")).unwrap_or_default();
    magic
        .iter_mut()
        .zip(key)
        .for_each(|(byte, key)| *byte ^= key);
    Some(magic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_files_say_which_chain_they_are_of_also_through_the_obfuscation_key() {
        let directory = tempfile::tempdir().unwrap();
        let write =
            |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).unwrap();
        assert_eq!(
            foreign(directory.path(), Chain::Regtest),
            None,
            "there is none"
        );
        write("blk00003.dat", &[0xf9, 0xbe, 0xb4, 0xd9, 1, 2]);
        assert_eq!(foreign(directory.path(), Chain::Regtest), Some(Chain::Main));
        assert_eq!(foreign(directory.path(), Chain::Main), None);
        let key = [1, 2, 3, 4, 5, 6, 7, 8];
        write("xor.dat", &key);
        write("blk00003.dat", &[0xfa ^ 1, 0xbf ^ 2, 0xb5 ^ 3, 0xda ^ 4, 5]);
        assert_eq!(foreign(directory.path(), Chain::Main), Some(Chain::Regtest));
        write("blk00003.dat", &[9, 9, 9, 9, 9]);
        assert_eq!(
            foreign(directory.path(), Chain::Signet),
            None,
            "a signet of somebody's own"
        );
    }
}
