//! Seeded numbers: the same for the same seed, on every machine and thread.

pub(super) use crate::scenario::mixed;

/// A number above 0 and up to 1, evenly spread, of 53 bits of `bits`.
pub(super) fn share_of(bits: u64) -> f64 {
    const STEPS: f64 = (1_u64 << 53) as f64;
    ((bits >> 11) + 1) as f64 / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_above_zero_and_up_to_one() {
        assert!(share_of(0) > 0.0);
        assert_eq!(share_of(u64::MAX).to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn shares_are_evenly_spread() {
        let mut buckets = [0_u32; 10];
        for number in 0..100_000 {
            let share = share_of(mixed(number));
            let bucket = (0..10).find(|bucket| share <= f64::from(bucket + 1) / 10.0).unwrap();
            buckets[usize::try_from(bucket).unwrap()] += 1;
        }
        // Each is binomial with mean 10,000 and standard deviation 95.
        assert!(buckets.iter().all(|count| count.abs_diff(10_000) < 5 * 95), "{buckets:?}");
    }
}
