//! The rules for a transaction that need no coins, and when it may be in a block. Pure.

use std::collections::HashSet;

use bitcoin::absolute::LOCK_TIME_THRESHOLD;
use bitcoin::{Amount, OutPoint, Sequence, Transaction};

use super::limits::{MAX_WEIGHT, WITNESS_SCALE_FACTOR};
use super::reject::{Reject, ensure};

/// Holds `tx` to the rules that need nothing but itself.
pub(crate) fn check(tx: &Transaction) -> Result<(), Reject> {
    ensure(!tx.input.is_empty(), "bad-txns-vin-empty")?;
    ensure(!tx.output.is_empty(), "bad-txns-vout-empty")?;
    ensure(
        tx.base_size().saturating_mul(WITNESS_SCALE_FACTOR) <= MAX_WEIGHT,
        "bad-txns-oversize",
    )?;
    let mut total = Amount::ZERO;
    for output in &tx.output {
        // A negative value reads as one of more than half of all 64-bit numbers.
        ensure(
            i64::try_from(output.value.to_sat()).is_ok(),
            "bad-txns-vout-negative",
        )?;
        ensure(output.value <= Amount::MAX_MONEY, "bad-txns-vout-toolarge")?;
        total += output.value;
        ensure(total <= Amount::MAX_MONEY, "bad-txns-txouttotal-toolarge")?;
    }
    let mut spent = HashSet::with_capacity(tx.input.len());
    ensure(
        tx.input
            .iter()
            .all(|input| spent.insert(input.previous_output)),
        "bad-txns-inputs-duplicate",
    )?;
    if tx.is_coinbase() {
        let length = tx.input.first().map_or(0, |input| input.script_sig.len());
        ensure((2..=100).contains(&length), "bad-cb-length")
    } else {
        ensure(!spent.contains(&OutPoint::null()), "bad-txns-prevout-null")
    }
}

/// `tx` may be in a block at `height`, with `cutoff` as its time.
pub(crate) fn is_final(tx: &Transaction, height: u32, cutoff: u32) -> bool {
    let lock = tx.lock_time.to_consensus_u32();
    let reached = if lock < LOCK_TIME_THRESHOLD {
        lock < height
    } else {
        lock < cutoff
    };
    lock == 0 || reached || tx.input.iter().all(|input| input.sequence == Sequence::MAX)
}

/// The relative lock times of a transaction's inputs (BIP68), summed up: the last height and time
/// that are too early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SequenceLock {
    /// The block must be higher than this.
    height: Option<i64>,
    /// The median time before it must be later than this.
    time: Option<i64>,
}

impl SequenceLock {
    /// Times are counted in units of 512 seconds.
    const TIME_SHIFT: u32 = 9;

    /// Adds the lock of an input with `sequence`, whose coin is from `height`; `median_time` is
    /// that of the block before the coin's.
    pub(crate) fn add(
        &mut self,
        sequence: Sequence,
        height: u32,
        median_time: impl FnOnce() -> u32,
    ) {
        if !sequence.is_relative_lock_time() {
            return;
        }
        let units = i64::from(sequence.to_consensus_u32() & 0xffff);
        if sequence.is_time_locked() {
            let until = i64::from(median_time()) + (units << Self::TIME_SHIFT) - 1;
            self.time = self.time.max(Some(until));
        } else {
            let until = i64::from(height) + units - 1;
            self.height = self.height.max(Some(until));
        }
    }

    /// The transaction may be in a block at `height`, on blocks of this `median_time`.
    pub(crate) fn is_open(self, height: u32, median_time: u32) -> bool {
        let has_height = self.height.is_none_or(|until| until < i64::from(height));
        has_height && self.time.is_none_or(|until| until < i64::from(median_time))
    }
}

#[cfg(test)]
mod tests {
    use bitcoin::absolute::LockTime;
    use bitcoin::hashes::Hash;
    use bitcoin::transaction::Version;
    use bitcoin::{ScriptBuf, TxIn, TxOut, Txid, Witness};

    use super::*;

    fn spending(vout: u32) -> TxIn {
        let previous_output = OutPoint {
            txid: Txid::from_byte_array([7; 32]),
            vout,
        };
        TxIn {
            previous_output,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }
    }

    fn paying(values: &[u64]) -> Transaction {
        let output = |value: &u64| TxOut {
            value: Amount::from_sat(*value),
            script_pubkey: ScriptBuf::new(),
        };
        Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![spending(0)],
            output: values.iter().map(output).collect(),
        }
    }

    #[test]
    fn each_rule_for_a_transaction_has_its_reason() {
        const MAX: u64 = 2_100_000_000_000_000;
        let verdict = |tx: &Transaction| check(tx).map_err(|reject| reject.reason.into_owned());
        assert_eq!(verdict(&paying(&[MAX])), Ok(()));
        assert_eq!(verdict(&paying(&[])), Err("bad-txns-vout-empty".into()));
        assert_eq!(
            verdict(&paying(&[MAX + 1])),
            Err("bad-txns-vout-toolarge".into())
        );
        assert_eq!(
            verdict(&paying(&[MAX, 1])),
            Err("bad-txns-txouttotal-toolarge".into())
        );
        assert_eq!(
            verdict(&paying(&[u64::MAX])),
            Err("bad-txns-vout-negative".into())
        );
        let mut twice = paying(&[1]);
        twice.input.push(spending(0));
        assert_eq!(verdict(&twice), Err("bad-txns-inputs-duplicate".into()));
        let mut null = paying(&[1]);
        null.input.push(TxIn {
            previous_output: OutPoint::null(),
            ..spending(1)
        });
        assert_eq!(verdict(&null), Err("bad-txns-prevout-null".into()));
        null.input.remove(0);
        assert_eq!(
            verdict(&null),
            Err("bad-cb-length".into()),
            "it is a coinbase now"
        );
        null.input.clear();
        assert_eq!(verdict(&null), Err("bad-txns-vin-empty".into()));
    }

    #[test]
    fn a_lock_time_opens_after_its_height_or_time_or_for_final_inputs() {
        let mut tx = paying(&[1]);
        tx.input[0].sequence = Sequence::ZERO;
        tx.lock_time = LockTime::from_consensus(10);
        assert!(!is_final(&tx, 10, u32::MAX));
        assert!(is_final(&tx, 11, 0));
        tx.lock_time = LockTime::from_consensus(600_000_000);
        assert!(!is_final(&tx, u32::MAX, 600_000_000));
        assert!(is_final(&tx, 0, 600_000_001));
        tx.input[0].sequence = Sequence::MAX;
        assert!(is_final(&tx, 0, 0));
    }

    #[test]
    fn a_relative_lock_counts_from_the_coin() {
        let lock = |sequence: u32, coin: u32| {
            let mut lock = SequenceLock::default();
            lock.add(Sequence::from_consensus(sequence), coin, || 1_000);
            lock
        };
        assert!(!lock(5, 100).is_open(104, 0));
        assert!(lock(5, 100).is_open(105, 0));
        assert!(lock(0, 100).is_open(100, 0));
        assert!(lock(0, 0).is_open(0, 0));
        let two_units = (1 << 22) | 2;
        assert!(!lock(two_units, 100).is_open(0, 1_000 + 1_023));
        assert!(lock(two_units, 100).is_open(0, 1_000 + 1_024));
        assert!(lock((1 << 31) | 5, 100).is_open(0, 0), "disabled");
        // Beyond the last time that a header can have.
        let mut late = SequenceLock::default();
        late.add(Sequence::from_consensus(two_units), 0, || u32::MAX - 1_000);
        assert!(!late.is_open(0, u32::MAX));
    }
}
