//! Feerate diagrams: what chunks pay up to each size, best first. Pure.

use std::cmp::Ordering;

use super::linearize::FeeFrac;

/// Whether the feerate diagram of the chunks `new` is nowhere below that of `old`, and above it
/// somewhere. Both are in falling order.
pub(super) fn improves(new: &[FeeFrac], old: &[FeeFrac]) -> bool {
    let corners = |diagram: &[FeeFrac]| -> Vec<u64> {
        let mut size = 0_u64;
        diagram
            .iter()
            .map(|chunk| {
                size = size.saturating_add(chunk.size);
                size
            })
            .collect()
    };
    let mut is_above = false;
    for size in corners(new).into_iter().chain(corners(old)) {
        match cmp_at(size, new, old) {
            Ordering::Less => return false,
            Ordering::Equal => {}
            Ordering::Greater => is_above = true,
        }
    }
    is_above
}

/// Compares what two diagrams pay up to `size`.
fn cmp_at(size: u64, one: &[FeeFrac], other: &[FeeFrac]) -> Ordering {
    let (one, one_size) = paid_up_to(size, one);
    let (other, other_size) = paid_up_to(size, other);
    (one * u128::from(other_size)).cmp(&(other * u128::from(one_size)))
}

/// The cumulative fee at `size`, as a fraction: where it is within a chunk, a part of its fee.
fn paid_up_to(size: u64, diagram: &[FeeFrac]) -> (u128, u64) {
    let mut fee = 0_u128;
    let mut left = size;
    for chunk in diagram {
        if left < chunk.size {
            let part = u128::from(chunk.fee) * u128::from(left);
            return (fee * u128::from(chunk.size) + part, chunk.size);
        }
        fee += u128::from(chunk.fee);
        left -= chunk.size;
    }
    (fee, 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frac(fee: u64, size: u64) -> FeeFrac {
        FeeFrac { fee, size }
    }

    fn any_diagram() -> impl Strategy<Value = Vec<FeeFrac>> {
        let chunk = (0_u64..5, prop::sample::select(vec![1_u64, 2, 3, 4]));
        prop::collection::vec(chunk.prop_map(|(fee, size)| frac(fee, size)), 0..5).prop_map(
            |mut chunks| {
                chunks.sort_by(|one, other| other.cmp_rate(*one));
                chunks
            },
        )
    }

    /// Twelve times the cumulative fee at each size: sizes divide it.
    fn naive_diagram(chunks: &[FeeFrac], until: u64) -> Vec<u64> {
        let unit = |chunk: &FeeFrac| {
            (0..chunk.size)
                .map(|_| chunk.fee * 12 / chunk.size)
                .collect()
        };
        let units: Vec<u64> = chunks.iter().flat_map::<Vec<u64>, _>(unit).collect();
        (0..=until)
            .map(|size| units.iter().take(usize::try_from(size).unwrap()).sum())
            .collect()
    }

    proptest! {
        #[test]
        fn a_diagram_improves_on_another_as_point_by_point(
            new in any_diagram(),
            old in any_diagram()
        ) {
            let until = new.iter().chain(&old).map(|chunk| chunk.size).sum::<u64>() + 1;
            let one = naive_diagram(&new, until);
            let other = naive_diagram(&old, until);
            let points = || one.iter().zip(&other);
            let wanted = points().all(|(new, old)| new >= old) && points().any(|(new, old)| new > old);
            prop_assert_eq!(improves(&new, &old), wanted);
        }
    }
}
