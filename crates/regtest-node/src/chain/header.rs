//! The rules for a header on its parent: work, target, time, version. Pure.

use bitcoin::block::Header;
use bitcoin::{CompactTarget, Target};

use super::params::ChainParams;
use super::reject::{Fault, Reject, ensure};
use super::tree::{HeaderTree, Id};

/// A header may be so far ahead of our clock.
const MAX_FUTURE_SECS: u64 = 2 * 60 * 60;
/// BIP94: the first block of a period is at most so much older than the one before it.
const MAX_TIMEWARP_SECS: u32 = 600;

/// Holds `header` to the work that it says it has done, which needs no parent.
pub(crate) fn check_work(params: &ChainParams, header: &Header) -> Result<(), Reject> {
    let target = target(header.bits).filter(|target| *target <= params.easiest());
    ensure(
        target.is_some_and(|target| target.is_met_by(header.block_hash())),
        "high-hash",
    )
}

/// The target that `bits` stand for; `None` if it is zero, negative or above all numbers. The
/// library's reading has no overflow.
fn target(bits: CompactTarget) -> Option<Target> {
    const NEGATIVE: u32 = 0x0080_0000;
    const MANTISSA: u32 = 0x007f_ffff;
    let size = bits.to_consensus() >> 24;
    let mantissa = bits.to_consensus() & MANTISSA;
    let has_overflow =
        size > 34 || (mantissa > 0xff && size > 33) || (mantissa > 0xffff && size > 32);
    let target = Target::from_compact(CompactTarget::from_consensus(
        bits.to_consensus() & !NEGATIVE,
    ));
    let is_negative = bits.to_consensus() & NEGATIVE != 0;
    (target != Target::ZERO && !has_overflow && !is_negative).then_some(target)
}

/// Holds `header`, whose work is done, to the rules that follow from its parent and from
/// `now_secs`, seconds since 1970.
pub(crate) fn check(
    tree: &HeaderTree,
    params: &ChainParams,
    parent: Id,
    header: &Header,
    now_secs: u64,
) -> Result<(), Reject> {
    let above = tree.get(parent);
    if above.validity.has_failed() {
        return Err(Reject::new(Fault::OnRefused, "bad-prevblk"));
    }
    let wanted = next_bits(tree, params, parent, header.time);
    ensure(header.bits == wanted, "bad-diffbits")?;
    ensure(header.time > tree.median_time(parent), "time-too-old")?;
    let height = above.height.saturating_add(1);
    if params.bip94 && u64::from(height) % params.work.difficulty_adjustment_interval() == 0 {
        ensure(
            header.time >= above.header.time.saturating_sub(MAX_TIMEWARP_SECS),
            "time-timewarp-attack",
        )?;
    }
    if u64::from(header.time) > now_secs.saturating_add(MAX_FUTURE_SECS) {
        return Err(Reject::new(Fault::NotYet, "time-too-new"));
    }
    check_version(params, height, header)
}

fn check_version(params: &ChainParams, height: u32, header: &Header) -> Result<(), Reject> {
    let version = header.version.to_consensus();
    for (from, least) in [
        (params.bip34_height, 2),
        (params.bip66_height, 3),
        (params.bip65_height, 4),
    ] {
        if height >= from && version < least {
            return Err(Reject::consensus(format!("bad-version(0x{version:08x})")));
        }
    }
    Ok(())
}

/// How much harder than the easiest the work for `bits` is, computed step by step as Bitcoin Core
/// does, since the last digit depends on the way there, and with the sixteen digits in which it is
/// printed.
pub(crate) fn difficulty(bits: CompactTarget) -> f64 {
    const EASIEST_SIZE: u32 = 29;
    let size = bits.to_consensus() >> 24;
    let mantissa = bits.to_consensus() & 0x00ff_ffff;
    let mut difficulty = f64::from(0xffff) / f64::from(mantissa);
    for _ in size..EASIEST_SIZE {
        difficulty *= 256.0;
    }
    for _ in EASIEST_SIZE..size {
        difficulty /= 256.0;
    }
    format!("{difficulty:.15e}").parse().unwrap_or(difficulty)
}

/// The target that a header of `time` on `parent` must have.
pub(crate) fn next_bits(
    tree: &HeaderTree,
    params: &ChainParams,
    parent: Id,
    time: u32,
) -> CompactTarget {
    let interval = u32::try_from(params.work.difficulty_adjustment_interval()).unwrap_or(u32::MAX);
    let above = tree.get(parent);
    let easiest = params.easiest().to_compact_lossy();
    if !above.height.saturating_add(1).is_multiple_of(interval) {
        if !params.work.allow_min_difficulty_blocks {
            return above.header.bits;
        }
        let spacing = u32::try_from(params.work.pow_target_spacing).unwrap_or(u32::MAX);
        if time > above.header.time.saturating_add(spacing.saturating_mul(2)) {
            return easiest;
        }
        // The last target that was not the exception for a late block.
        let usual = tree.line(parent).find(|id| {
            let entry = tree.get(*id);
            entry.height.is_multiple_of(interval) || entry.header.bits != easiest
        });
        return usual.map_or(easiest, |id| tree.get(id).header.bits);
    }
    let first = tree
        .ancestor(parent, above.height.saturating_sub(interval - 1))
        .map(|id| tree.get(id));
    let Some(first) = first else {
        return above.header.bits;
    };
    let timespan = i64::from(above.header.time) - i64::from(first.header.time);
    // A negative span counts as the shortest one, as any below a quarter does.
    let timespan = u64::try_from(timespan).unwrap_or(0);
    let last = if params.bip94 {
        first.header.bits
    } else {
        above.header.bits
    };
    CompactTarget::from_next_work_required(last, timespan, &params.work)
}

#[cfg(test)]
mod tests {
    use bitcoin::Network;
    use bitcoin::constants::genesis_block;

    use super::*;
    use crate::chain::tree::tests::header_on;

    /// A chain of `count` headers of main, without work, whose last period took `secs_per_block`.
    fn period(count: u32, secs_per_block: u32) -> (HeaderTree, ChainParams) {
        let genesis = genesis_block(Network::Bitcoin).header;
        let mut tree = HeaderTree::new(genesis);
        for number in 1..count {
            let parent = tree.get(tree.tip());
            let bits = parent.header.bits;
            let header = Header {
                bits,
                ..header_on(parent, genesis.time + number * secs_per_block, number)
            };
            let id = tree.insert(header).unwrap();
            tree.push_best(id);
        }
        (tree, ChainParams::of(Network::Bitcoin))
    }

    #[test]
    fn the_target_changes_once_in_2016_blocks_by_the_time_they_took() {
        let (tree, params) = period(2015, 300);
        assert_eq!(
            next_bits(&tree, &params, tree.tip(), 0).to_consensus(),
            0x1d00_ffff
        );
        // 2015 gaps of 300 s count as 2016 of 600: half the time, a little less than half the
        // target.
        let (tree, params) = period(2016, 300);
        assert_eq!(
            next_bits(&tree, &params, tree.tip(), 0).to_consensus(),
            0x1c7f_ef3f
        );
        let (tree, params) = period(2016, 1);
        assert_eq!(
            next_bits(&tree, &params, tree.tip(), 0).to_consensus(),
            0x1c3f_ffc0,
            "at most four times harder"
        );
        let (tree, params) = period(2016, 1_200);
        assert_eq!(
            next_bits(&tree, &params, tree.tip(), 0).to_consensus(),
            0x1d00_ffff,
            "never easier than easiest"
        );
    }

    #[test]
    fn the_first_retarget_of_main_is_the_one_in_its_history() {
        // Blocks 30240 and 32255, and the target of block 32256: the first change on main.
        let bits = CompactTarget::from_next_work_required(
            CompactTarget::from_consensus(0x1d00_ffff),
            1_262_152_739 - 1_261_130_161,
            &ChainParams::of(Network::Bitcoin).work,
        );
        assert_eq!(bits.to_consensus(), 0x1d00_d86a);
    }

    #[test]
    fn a_testnet_block_that_is_late_may_be_easy_and_the_next_is_not() {
        let params = ChainParams::of(Network::Testnet);
        let genesis = genesis_block(Network::Testnet).header;
        let hard = CompactTarget::from_consensus(0x1c00_ffff);
        let mut tree = HeaderTree::new(Header {
            bits: hard,
            ..genesis
        });
        let tip = tree.tip();
        let late = genesis.time + 1_201;
        assert_eq!(next_bits(&tree, &params, tip, genesis.time + 1_200), hard);
        assert_eq!(
            next_bits(&tree, &params, tip, late),
            params.easiest().to_compact_lossy()
        );
        let easy = Header {
            bits: params.easiest().to_compact_lossy(),
            ..header_on(tree.get(tip), late, 0)
        };
        let id = tree.insert(easy).unwrap();
        assert_eq!(next_bits(&tree, &params, id, late + 1), hard);
    }

    #[test]
    fn the_difficulty_is_the_number_that_bitcoin_core_tells() {
        let reported = |bits| format!("{:e}", difficulty(CompactTarget::from_consensus(bits)));
        // Regtest's easiest, main's easiest, the first change on main, and one of later years.
        assert_eq!(reported(0x207f_ffff), "4.656542373906925e-10");
        assert_eq!(reported(0x1d00_ffff), "1e0");
        assert_eq!(reported(0x1d00_d86a), "1.182899534312841e0");
        assert_eq!(reported(0x1805_3b5e), "2.101519914555619e11");
    }

    #[test]
    fn bits_that_stand_for_no_target_do_no_work() {
        let reported = |bits| {
            target(CompactTarget::from_consensus(bits))
                .map(|target| target.to_compact_lossy().to_consensus())
        };
        assert_eq!(reported(0x207f_ffff), Some(0x207f_ffff));
        assert_eq!(reported(0x1d00_ffff), Some(0x1d00_ffff));
        // Zero, negative, and beyond 256 bits.
        for bits in [
            0,
            0x2000_0000,
            0x0100_0000,
            0x01fe_dcba,
            0x1d80_ffff,
            0x2300_0001,
            0x2200_0100,
            0x2101_0000,
        ] {
            assert_eq!(reported(bits), None, "{bits:08x}");
        }
        assert_eq!(reported(0x2200_00ff), Some(0x2100_ff00));
    }

    #[test]
    fn each_rule_for_a_header_has_its_reason() {
        let params = ChainParams::of(Network::Regtest);
        let tree = HeaderTree::new(genesis_block(Network::Regtest).header);
        let above = tree.get(tree.tip());
        let now = u64::from(above.header.time) + 10_000;
        let verdict = |change: &dyn Fn(&mut Header)| {
            let mut header = header_on(above, above.header.time + 1, 0);
            change(&mut header);
            while !header.target().is_met_by(header.block_hash()) && header.nonce < 1_000 {
                header.nonce += 1;
            }
            check(&tree, &params, tree.tip(), &header, now)
                .map_err(|reject| reject.reason.into_owned())
        };
        let version = bitcoin::block::Version::from_consensus;
        assert_eq!(verdict(&|_| {}), Ok(()));
        assert_eq!(
            verdict(&|header| header.time -= 1),
            Err("time-too-old".to_owned())
        );
        assert_eq!(
            verdict(&|header| header.time += 20_000),
            Err("time-too-new".to_owned())
        );
        assert_eq!(
            verdict(&|header| header.version = version(3)),
            Err("bad-version(0x00000003)".to_owned())
        );
        assert_eq!(
            verdict(&|header| header.version = version(-1)),
            Err("bad-version(0xffffffff)".to_owned())
        );
        let harder = CompactTarget::from_consensus(0x2000_ffff);
        assert_eq!(
            verdict(&|header| header.bits = harder),
            Err("bad-diffbits".to_owned())
        );
        let mut unmined = header_on(above, above.header.time + 1, 0);
        while unmined.target().is_met_by(unmined.block_hash()) {
            unmined.nonce += 1;
        }
        assert_eq!(
            check_work(&params, &unmined).unwrap_err().reason,
            "high-hash"
        );
    }
}
