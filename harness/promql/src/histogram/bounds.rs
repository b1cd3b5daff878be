//! Bounds of buckets from their index, and indexes at a lower resolution.

use super::{Bucket, Layout};

impl Layout {
    /// A bucket above zero with its bounds.
    pub(super) fn bucket(&self, index: i32, count: f64) -> Bucket {
        let (lower, upper) = match self {
            Self::Exponential { schema } => (
                exponential_bound(index.saturating_sub(1), *schema),
                exponential_bound(index, *schema),
            ),
            Self::Custom { bounds } => custom_bounds(index, bounds),
        };
        Bucket { lower, upper, count }
    }
}

/// The upper bound of a bucket: 2^(index · 2^-schema).
fn exponential_bound(index: i32, schema: i32) -> f64 {
    let (exponent, fraction) = if schema <= 0 {
        (i64::from(index) << -schema, 0.0)
    } else {
        let per_doubling = 1_i32 << schema;
        let rest = f64::from(index.rem_euclid(per_doubling)) / f64::from(per_doubling);
        (i64::from(index.div_euclid(per_doubling)), rest)
    };
    // The last bucket before the one of infinite observations ends at the largest number.
    if exponent == 1024 && fraction == 0.0 {
        return f64::MAX;
    }
    // Powers of two are exact; the fraction is at most one digit off.
    (exponent as f64).exp2() * fraction.exp2()
}

/// The bounds of a bucket among listed ones; the outermost are unbounded.
fn custom_bounds(index: i32, bounds: &[f64]) -> (f64, f64) {
    let at = usize::try_from(index).unwrap_or_default();
    let lower = at
        .checked_sub(1)
        .map_or(f64::NEG_INFINITY, |before| bounds.get(before).copied().unwrap_or(f64::INFINITY));
    (lower, bounds.get(at).copied().unwrap_or(f64::INFINITY))
}

/// The index of the bucket that takes a bucket in at a resolution lower by `steps`.
pub(crate) fn index_of_coarser(index: i32, steps: u32) -> i32 {
    (index.saturating_sub(1) >> steps.min(31)) + 1
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "powers of two are exact")]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_powers_of_two() {
        assert_eq!(exponential_bound(0, 0), 1.0);
        assert_eq!(exponential_bound(3, 0), 8.0);
        assert_eq!(exponential_bound(-2, 0), 0.25);
        assert_eq!(exponential_bound(1, -1), 4.0);
        assert_eq!(exponential_bound(4, 2), 2.0);
        assert!((exponential_bound(1, 1) - std::f64::consts::SQRT_2).abs() < 1e-15);
    }

    #[test]
    fn far_buckets_end_at_the_largest_number_or_beyond() {
        assert_eq!(exponential_bound(1024, 0), f64::MAX);
        assert_eq!(exponential_bound(1025, 0), f64::INFINITY);
        assert_eq!(exponential_bound(i32::MAX, -4), f64::INFINITY);
        assert_eq!(exponential_bound(i32::MIN, -4), 0.0);
    }

    #[test]
    fn two_buckets_make_one_at_half_the_resolution() {
        let coarser = [-1, 0, 1, 2, 3, 4].map(|index| index_of_coarser(index, 1));
        assert_eq!(coarser, [0, 0, 1, 1, 2, 2]);
    }
}
