//! Sums and differences of histograms, whatever their resolution, zero bucket
//! or listed bounds are.
//!
//! The result has the lower resolution, the wider zero bucket, or those bounds
//! that both list. Exponential and listed bounds have no common layout.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Buckets, Histogram, Layout, ResetHint, index_of_coarser};

impl Histogram {
    /// `self + other`, or `None` where there is no common layout.
    pub(crate) fn plus(&self, other: &Self) -> Option<Self> {
        self.combined(other, |a, b| a + b)
    }

    /// `self - other`, or `None` where there is no common layout.
    pub(crate) fn minus(&self, other: &Self) -> Option<Self> {
        self.combined(other, |a, b| a - b)
    }

    fn combined(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> Option<Self> {
        let (left, right) = reconciled(self, other)?;
        Some(Self {
            reset_hint: left.reset_hint.with(right.reset_hint),
            zero_threshold: left.zero_threshold,
            zero_count: combine(left.zero_count, right.zero_count),
            count: combine(left.count, right.count),
            sum: combine(left.sum, right.sum),
            positive: merged(&left.positive, &right.positive, &combine),
            negative: merged(&left.negative, &right.negative, &combine),
            layout: left.layout,
        })
    }

    /// The same observations in buckets of a lower resolution; a higher one
    /// changes nothing.
    pub(super) fn at_schema(&self, target: i32) -> Self {
        let mut coarser = self.clone();
        if let Layout::Exponential { schema } = &mut coarser.layout {
            let steps = u32::try_from(*schema - target).unwrap_or_default();
            *schema = (*schema).min(target);
            coarser.positive = regrouped(&self.positive, |index| index_of_coarser(index, steps));
            coarser.negative = regrouped(&self.negative, |index| index_of_coarser(index, steps));
        }
        coarser
    }

    /// The same observations with only these bounds, all of which it must list.
    pub(super) fn at_bounds(&self, bounds: &Arc<[f64]>) -> Self {
        let Layout::Custom { bounds: own } = &self.layout else {
            return self.clone();
        };
        let target = |index: i32| {
            let upper = usize::try_from(index).ok().and_then(|at| own.get(at));
            let at = upper.map_or(bounds.len(), |upper| bounds.partition_point(|b| b < upper));
            i32::try_from(at).unwrap_or(i32::MAX)
        };
        Self {
            layout: Layout::Custom { bounds: Arc::clone(bounds) },
            positive: regrouped(&self.positive, target),
            ..self.clone()
        }
    }

    /// The same observations with a zero bucket at least this wide. A bucket that
    /// the threshold would cut goes into the zero bucket whole.
    pub(super) fn with_zero_threshold(&self, at_least: f64) -> Self {
        if self.zero_threshold >= at_least {
            return self.clone();
        }
        let sides = || self.positive.iter().chain(&self.negative);
        let mut threshold = at_least;
        // A cut bucket above zero can move the threshold into one below, and back.
        loop {
            let cut = sides().map(|(index, count)| self.layout.bucket(*index, *count));
            let widened = cut
                .filter(|bucket| bucket.lower < threshold && bucket.upper > threshold)
                .fold(threshold, |widest, bucket| widest.max(bucket.upper));
            if widened <= threshold {
                break;
            }
            threshold = widened;
        }
        let inside =
            |(index, count): &(i32, f64)| self.layout.bucket(*index, *count).upper <= threshold;
        let outside = |buckets: &Buckets| {
            buckets.iter().filter(|bucket| !inside(bucket)).copied().collect::<Buckets>()
        };
        let swallowed = sides().filter(|bucket| inside(bucket)).map(|(_, count)| count);
        Self {
            zero_threshold: threshold,
            zero_count: self.zero_count + swallowed.sum::<f64>(),
            positive: outside(&self.positive),
            negative: outside(&self.negative),
            ..self.clone()
        }
    }
}

/// Both histograms in a layout that both can have.
pub(super) fn reconciled(left: &Histogram, right: &Histogram) -> Option<(Histogram, Histogram)> {
    match (&left.layout, &right.layout) {
        (Layout::Exponential { schema: a }, Layout::Exponential { schema: b }) => {
            let (mut left, mut right) = (left.at_schema(*b), right.at_schema(*a));
            // Widening one to the other may cut a bucket and so widen it further.
            while left.zero_threshold.total_cmp(&right.zero_threshold) != Ordering::Equal {
                let widest = left.zero_threshold.max(right.zero_threshold);
                let widened = (left.with_zero_threshold(widest), right.with_zero_threshold(widest));
                if widened == (left.clone(), right.clone()) {
                    break;
                }
                (left, right) = widened;
            }
            Some((left, right))
        }
        (Layout::Custom { bounds: a }, Layout::Custom { bounds: b }) if a == b => {
            Some((left.clone(), right.clone()))
        }
        (Layout::Custom { bounds: a }, Layout::Custom { bounds: b }) => {
            let listed = |bound: &f64| b.iter().any(|other| other.total_cmp(bound).is_eq());
            let common = a.iter().copied().filter(listed).collect::<Arc<[f64]>>();
            Some((left.at_bounds(&common), right.at_bounds(&common)))
        }
        _ => None,
    }
}

/// Buckets under other indexes; those that meet are added.
fn regrouped(buckets: &Buckets, target: impl Fn(i32) -> i32) -> Buckets {
    let mut regrouped = Buckets::with_capacity(buckets.len());
    for (index, count) in buckets {
        let index = target(*index);
        match regrouped.last_mut() {
            Some((last, sum)) if *last == index => *sum += count,
            _ => regrouped.push((index, *count)),
        }
    }
    regrouped.retain(|(_, count)| *count != 0.0);
    regrouped
}

fn merged(left: &Buckets, right: &Buckets, combine: &impl Fn(f64, f64) -> f64) -> Buckets {
    let mut merged = Buckets::with_capacity(left.len().max(right.len()));
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let ordering = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(l), Some(r)) => l.0.cmp(&r.0),
        };
        let l = left.next_if(|_| ordering.is_le());
        let r = right.next_if(|_| ordering.is_ge());
        if let Some((index, _)) = l.or(r) {
            let count = |side: Option<&(i32, f64)>| side.map_or(0.0, |(_, count)| *count);
            merged.push((*index, combine(count(l), count(r))));
        }
    }
    merged.retain(|(_, count)| *count != 0.0);
    merged
}

impl ResetHint {
    /// What is known about a sum or difference.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Gauge, _) | (_, Self::Gauge) => Self::Gauge,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exponential(schema: i32, positive: &[(i32, f64)]) -> Histogram {
        let positive = positive.to_vec();
        let count = positive.iter().map(|(_, count)| count).sum();
        Histogram { count, positive, ..Histogram::empty(Layout::Exponential { schema }) }
    }

    #[test]
    fn a_sum_has_the_lower_resolution() {
        let sum =
            exponential(1, &[(1, 1.0), (2, 2.0), (3, 4.0)]).plus(&exponential(0, &[(1, 8.0)]));
        assert_eq!(sum, Some(exponential(0, &[(1, 11.0), (2, 4.0)])));
    }

    #[test]
    fn a_bucket_that_the_wider_zero_bucket_cuts_goes_into_it_whole() {
        // Buckets (1, 2] and (2, 4]; the threshold 1.5 cuts the first.
        let wide = Histogram { zero_threshold: 1.5, ..exponential(0, &[]) };
        let sum = wide.plus(&exponential(0, &[(1, 3.0), (2, 5.0)])).unwrap();
        assert_eq!((sum.zero_threshold, sum.zero_count), (2.0, 3.0));
        assert_eq!(sum.positive, [(2, 5.0)]);
    }

    #[test]
    fn listed_bounds_are_reduced_to_the_common_ones() {
        let custom = |bounds: &[f64], positive: &[(i32, f64)]| Histogram {
            positive: positive.to_vec(),
            ..Histogram::empty(Layout::Custom { bounds: bounds.into() })
        };
        let a = custom(&[1.0, 2.0, 3.0], &[(0, 1.0), (1, 2.0), (3, 4.0)]);
        let b = custom(&[2.0, 3.0, 4.0], &[(0, 10.0), (2, 20.0)]);
        assert_eq!(a.plus(&b), Some(custom(&[2.0, 3.0], &[(0, 13.0), (2, 24.0)])));
    }

    #[test]
    fn exponential_and_listed_bounds_have_no_sum() {
        let custom = Histogram::empty(Layout::Custom { bounds: [1.0].into() });
        assert_eq!(custom.plus(&exponential(0, &[])), None);
    }

    #[test]
    fn what_cancels_out_is_gone() {
        let some = exponential(2, &[(1, 1.0), (7, 2.0)]);
        assert_eq!(some.minus(&some).unwrap().positive, []);
    }
}
