//! What differs from chain to chain: heights from which rules hold, subsidies, limits of work.
//! Pure.

use bitcoin::consensus::Params as Work;
use bitcoin::{Amount, BlockHash, Network, Target};
use bitcoinconsensus::{
    VERIFY_CHECKLOCKTIMEVERIFY, VERIFY_CHECKSEQUENCEVERIFY, VERIFY_DERSIG, VERIFY_NONE,
    VERIFY_NULLDUMMY, VERIFY_P2SH, VERIFY_TAPROOT, VERIFY_WITNESS,
};

/// The one chain that is offered.
pub(crate) const CHAIN: Network = Network::Regtest;

/// The rules of one chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainParams {
    /// Retargeting, as the library has it.
    pub(crate) work: Work,
    /// Blocks of a segment file are at most so many bytes together.
    pub(crate) segment_bytes: u32,
    pub(crate) bip34_height: u32,
    pub(crate) bip65_height: u32,
    pub(crate) bip66_height: u32,
    /// BIP68, 112 and 113.
    pub(crate) csv_height: u32,
    pub(crate) segwit_height: u32,
    halving_interval: u32,
    /// BIP94: the rule of testnet4 against bending time, and its retarget from a period's first
    /// block.
    pub(crate) bip94: bool,
    /// Blocks from before a rule that break it, and the flags their scripts are held to.
    script_exceptions: &'static [(&'static str, u32)],
    /// Blocks whose coinbase repeats one that is still unspent.
    repeated_coinbases: &'static [(u32, &'static str)],
}

/// Bitcoin Core's `nMaxBlockFileSize`.
const CORE_SEGMENT_BYTES: u32 = 128 * 1024 * 1024;
/// As with `-fastprune`: small enough to try pruning on a chain of some hundred blocks.
const SMALL_SEGMENT_BYTES: u32 = 64 * 1024;

/// The scripts of all blocks are held to these, but for the exceptions.
const BASE_SCRIPT_FLAGS: u32 = VERIFY_P2SH | VERIFY_WITNESS | VERIFY_TAPROOT;

const MAIN_SCRIPT_EXCEPTIONS: &[(&str, u32)] = &[
    (
        "00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22",
        VERIFY_NONE,
    ),
    (
        "0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad",
        VERIFY_P2SH | VERIFY_WITNESS,
    ),
];
const TEST_SCRIPT_EXCEPTIONS: &[(&str, u32)] = &[(
    "00000000dd30457c001f4095d208cc1296b0eed002427aa599874af7a432b105",
    VERIFY_NONE,
)];
const MAIN_REPEATED_COINBASES: &[(u32, &str)] = &[
    (
        91_842,
        "00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec",
    ),
    (
        91_880,
        "00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721",
    ),
];

impl ChainParams {
    /// The rules of `network`. A signet's signatures are not known here.
    pub(crate) fn of(network: Network) -> Self {
        let young = |work, segment_bytes| Self {
            work,
            segment_bytes,
            bip34_height: 1,
            bip65_height: 1,
            bip66_height: 1,
            csv_height: 1,
            segwit_height: 1,
            halving_interval: 210_000,
            bip94: false,
            script_exceptions: &[],
            repeated_coinbases: &[],
        };
        match network {
            Network::Bitcoin => Self {
                bip34_height: 227_931,
                bip65_height: 388_381,
                bip66_height: 363_725,
                csv_height: 419_328,
                segwit_height: 481_824,
                script_exceptions: MAIN_SCRIPT_EXCEPTIONS,
                repeated_coinbases: MAIN_REPEATED_COINBASES,
                ..young(Work::MAINNET, CORE_SEGMENT_BYTES)
            },
            Network::Testnet => Self {
                bip34_height: 21_111,
                bip65_height: 581_885,
                bip66_height: 330_776,
                csv_height: 770_112,
                segwit_height: 834_624,
                script_exceptions: TEST_SCRIPT_EXCEPTIONS,
                ..young(Work::TESTNET3, CORE_SEGMENT_BYTES)
            },
            Network::Testnet4 => Self {
                bip94: true,
                ..young(Work::TESTNET4, CORE_SEGMENT_BYTES)
            },
            Network::Signet => young(Work::SIGNET, CORE_SEGMENT_BYTES),
            Network::Regtest => Self {
                segwit_height: 0,
                halving_interval: 150,
                ..young(Work::REGTEST, SMALL_SEGMENT_BYTES)
            },
        }
    }

    pub(crate) fn network(&self) -> Network {
        self.work.network
    }

    /// The easiest target that a header may have.
    pub(crate) fn easiest(&self) -> Target {
        self.work.max_attainable_target
    }

    /// New coins of the block at `height`.
    pub(crate) fn subsidy(&self, height: u32) -> Amount {
        let halvings = height / self.halving_interval;
        // After 64 halvings the shift is undefined in C++ and the subsidy is zero by decree.
        Amount::from_sat(
            (50 * Amount::ONE_BTC.to_sat())
                .checked_shr(halvings)
                .unwrap_or(0),
        )
    }

    /// What the scripts of the block `hash` at `height` are held to.
    pub(crate) fn script_flags(&self, height: u32, hash: &BlockHash) -> u32 {
        let exception = self
            .script_exceptions
            .iter()
            .find(|(block, _)| is(hash, block));
        let mut flags = exception.map_or(BASE_SCRIPT_FLAGS, |(_, flags)| *flags);
        for (from, flag) in [
            (self.bip66_height, VERIFY_DERSIG),
            (self.bip65_height, VERIFY_CHECKLOCKTIMEVERIFY),
            (self.csv_height, VERIFY_CHECKSEQUENCEVERIFY),
            (self.segwit_height, VERIFY_NULLDUMMY),
        ] {
            if height >= from {
                flags |= flag;
            }
        }
        flags
    }

    /// The block `hash` at `height` may have a coinbase that is there already.
    pub(crate) fn may_repeat_coinbase(&self, height: u32, hash: &BlockHash) -> bool {
        self.repeated_coinbases
            .iter()
            .any(|(at, block)| *at == height && is(hash, block))
    }
}

fn is(hash: &BlockHash, text: &str) -> bool {
    text.parse().is_ok_and(|other: BlockHash| other == *hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subsidy_halves_and_ends() {
        let main = ChainParams::of(Network::Bitcoin);
        assert_eq!(main.subsidy(209_999).to_sat(), 5_000_000_000);
        assert_eq!(main.subsidy(210_000).to_sat(), 2_500_000_000);
        assert_eq!(main.subsidy(33 * 210_000), Amount::ZERO);
        assert_eq!(main.subsidy(u32::MAX), Amount::ZERO);
        let all: u64 = (0..33)
            .map(|era| main.subsidy(era * 210_000).to_sat() * 210_000)
            .sum();
        assert_eq!(all, 2_099_999_997_690_000);
        assert_eq!(
            ChainParams::of(Network::Regtest).subsidy(150).to_sat(),
            2_500_000_000
        );
    }

    #[test]
    fn scripts_are_held_to_more_rules_as_the_chain_grows() {
        let main = ChainParams::of(Network::Bitcoin);
        let plain = BlockHash::from_raw_hash(bitcoin::hashes::Hash::all_zeros());
        assert_eq!(main.script_flags(1, &plain), BASE_SCRIPT_FLAGS);
        assert_eq!(
            main.script_flags(363_725, &plain),
            BASE_SCRIPT_FLAGS | VERIFY_DERSIG
        );
        let exception = MAIN_SCRIPT_EXCEPTIONS[0].0.parse().unwrap();
        assert_eq!(main.script_flags(170_060, &exception), VERIFY_NONE);
    }
}
