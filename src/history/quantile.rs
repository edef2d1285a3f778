//! Quantiles of what a histogram has counted. Pure.

/// The value below which the part `share` of the observations is, by the `bounds` of the buckets
/// and how many observations are in each; the last count is of what is above all bounds. Within a
/// bucket they are taken to be spread evenly, as `histogram_quantile` of Prometheus does; of what
/// is above all bounds the highest bound is known. `None`: nothing was observed.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "counts of ten seconds are small"
)]
pub(super) fn quantile(bounds: &[f64], counts: &[u64], share: f64) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    let highest = *bounds.last()?;
    if total == 0 {
        return None;
    }
    let rank = share.clamp(0.0, 1.0) * total as f64;
    let mut below = 0.0;
    let mut lower = 0.0;
    for (bound, count) in bounds.iter().zip(counts) {
        let count = *count as f64;
        if count > 0.0 && below + count >= rank {
            return Some(lower + (bound - lower) * ((rank - below) / count));
        }
        below += count;
        lower = *bound;
    }
    Some(highest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: [f64; 4] = [0.001, 0.01, 0.1, 1.0];

    #[test]
    fn within_a_bucket_observations_are_spread_evenly() {
        let half = |counts: [u64; 5]| quantile(&BOUNDS, &counts, 0.5);
        assert_eq!(half([0, 0, 0, 0, 0]), None);
        assert_eq!(half([2, 0, 0, 0, 0]), Some(0.0005));
        let middle = half([0, 4, 0, 0, 0]).unwrap();
        assert!((middle - 0.0055).abs() < 1e-12, "{middle}");
        assert_eq!(half([0, 0, 0, 0, 7]), Some(1.0), "above all bounds");
        assert_eq!(quantile(&[], &[3], 0.5), None);
    }

    proptest! {
        #[test]
        fn a_quantile_is_in_the_bucket_that_has_it_and_rises_with_its_share(
            counts in prop::array::uniform5(0_u64..50),
            one in 0.0_f64..1.0,
            other in 0.0_f64..1.0,
        ) {
            prop_assume!(counts.iter().any(|count| *count > 0));
            let of = |share| quantile(&BOUNDS, &counts, share).unwrap();
            let low = one.min(other);
            let high = one.max(other);
            prop_assert!(of(low) <= of(high));
            // Each observation by itself, at the upper bound of its bucket.
            let mut uppers = Vec::new();
            for (bound, count) in BOUNDS.iter().chain([&1.0]).zip(counts) {
                uppers.extend(std::iter::repeat_n(*bound, usize::try_from(count).unwrap()));
            }
            let total = u32::try_from(uppers.len()).unwrap();
            let place = (one * f64::from(total)).ceil().max(1.0);
            let at = uppers.iter().zip(1_u32..).find(|(_, number)| f64::from(*number) >= place);
            let upper = *at.unwrap().0;
            prop_assert!(of(one) <= upper + 1e-12, "{} {upper}", of(one));
            prop_assert!(of(one) >= 0.0);
        }
    }
}
