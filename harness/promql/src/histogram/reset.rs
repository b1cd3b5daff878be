//! Whether the counts of a histogram began anew since the sample before.

use super::merge::reconciled;
use super::{Buckets, Histogram, Layout, ResetHint};

impl Histogram {
    /// Whether there was a counter reset between `before` and this sample: as the
    /// hint says, else if any bucket lost observations or the layout got finer.
    pub(crate) fn is_reset_since(&self, before: &Self) -> bool {
        match self.reset_hint {
            ResetHint::Reset => return true,
            ResetHint::NotReset => return false,
            ResetHint::Unknown | ResetHint::Gauge => {}
        }
        if self.count < before.count || self.is_finer_than(before) {
            return true;
        }
        let Some((now, before)) = reconciled(self, before) else {
            return true;
        };
        // A zero bucket that had to grow for the comparison cannot have been there.
        now.zero_threshold > self.zero_threshold
            || now.zero_count < before.zero_count
            || lost(&before.positive, &now.positive)
            || lost(&before.negative, &now.negative)
    }

    fn is_finer_than(&self, before: &Self) -> bool {
        match (&self.layout, &before.layout) {
            (Layout::Exponential { schema: now }, Layout::Exponential { schema: then }) => {
                now > then || self.zero_threshold < before.zero_threshold
            }
            _ => false,
        }
    }
}

/// Whether a bucket that held something is gone or holds less.
fn lost(before: &Buckets, now: &Buckets) -> bool {
    before.iter().any(|(index, count)| {
        let at = now.binary_search_by_key(index, |bucket| bucket.0).ok();
        at.is_none_or(|at| now[at].1 < *count)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(schema: i32, positive: &[(i32, f64)]) -> Histogram {
        let positive = positive.to_vec();
        Histogram { count: 10.0, positive, ..Histogram::empty(Layout::Exponential { schema }) }
    }

    #[test]
    fn a_bucket_that_lost_observations_is_a_reset() {
        let before = histogram(0, &[(1, 5.0), (2, 5.0)]);
        assert!(histogram(0, &[(1, 4.0), (2, 6.0)]).is_reset_since(&before));
        assert!(histogram(0, &[(2, 10.0)]).is_reset_since(&before));
        assert!(!histogram(0, &[(1, 5.0), (2, 5.0), (3, 1.0)]).is_reset_since(&before));
    }

    #[test]
    fn a_finer_layout_is_a_reset_and_a_coarser_is_none() {
        let fine = histogram(1, &[(1, 1.0), (2, 1.0)]);
        let coarse = histogram(0, &[(1, 2.0)]);
        assert!(fine.is_reset_since(&coarse));
        assert!(!coarse.is_reset_since(&fine));
    }

    #[test]
    fn the_hint_decides_first() {
        let before = histogram(0, &[(1, 5.0)]);
        let lower = histogram(0, &[(1, 4.0)]);
        assert!(!lower.clone().with_hint(ResetHint::NotReset).is_reset_since(&before));
        assert!(before.clone().with_hint(ResetHint::Reset).is_reset_since(&before));
    }
}
