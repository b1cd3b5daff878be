//! Sums and means of many histograms.

use super::{Buckets, Histogram};

/// The sum; `None` of nothing, and where two have no common layout.
pub(crate) fn sum<'h>(mut histograms: impl Iterator<Item = &'h Histogram>) -> Option<Histogram> {
    let mut total = Compensated::new(histograms.next()?);
    for histogram in histograms {
        total = total.plus(histogram)?;
    }
    total.value()
}

/// The mean; `None` of nothing, and where two have no common layout. It is kept
/// as a running mean from where the sum would overflow.
pub(crate) fn mean<'h>(mut histograms: impl Iterator<Item = &'h Histogram>) -> Option<Histogram> {
    let mut total = Compensated::new(histograms.next()?);
    let (mut count, mut is_running) = (1.0, false);
    for histogram in histograms {
        count += 1.0;
        if !is_running {
            let next = total.plus(histogram)?;
            if !next.sum.has_overflow() {
                total = next;
                continue;
            }
            is_running = true;
            total = total.scaled(1.0 / (count - 1.0));
        }
        total = total.scaled((count - 1.0) / count).plus(&histogram.divided(count))?;
    }
    let total = total.value()?;
    Some(if is_running { total } else { total.divided(count) })
}

/// A sum with what rounding lost of it, by Neumaier's method for each count.
struct Compensated {
    sum: Histogram,
    lost: Option<Histogram>,
}

impl Compensated {
    fn new(first: &Histogram) -> Self {
        Self { sum: first.clone(), lost: None }
    }

    fn plus(&self, term: &Histogram) -> Option<Self> {
        let sum = self.sum.plus(term)?;
        let lost = self.sum.lost_in(term, &sum)?;
        let lost = match &self.lost {
            Some(before) => before.plus(&lost)?,
            None => lost,
        };
        Some(Self { sum, lost: Some(lost) })
    }

    fn scaled(&self, factor: f64) -> Self {
        Self {
            sum: self.sum.scaled(factor),
            lost: self.lost.as_ref().map(|lost| lost.scaled(factor)),
        }
    }

    fn value(self) -> Option<Histogram> {
        let hint = self.sum.reset_hint;
        match self.lost {
            Some(lost) => Some(self.sum.plus(&lost)?.with_hint(hint)),
            None => Some(self.sum),
        }
    }
}

impl Histogram {
    /// What rounding lost of `self + term` in `sum`, which is their sum.
    fn lost_in(&self, term: &Self, sum: &Self) -> Option<Self> {
        let (left, right) = super::merge::reconciled(self, term)?;
        let buckets = |left: &Buckets, right: &Buckets, sum: &Buckets| {
            let of = |buckets: &Buckets, index: i32| {
                let at = buckets.binary_search_by_key(&index, |bucket| bucket.0);
                at.map_or(0.0, |at| buckets[at].1)
            };
            let mut indexes = left.iter().chain(right).map(|one| one.0).collect::<Vec<_>>();
            indexes.sort_unstable();
            indexes.dedup();
            let lost = indexes
                .into_iter()
                .map(|at| (at, lost_of(of(left, at), of(right, at), of(sum, at))));
            lost.filter(|(_, lost)| *lost != 0.0).collect::<Buckets>()
        };
        Some(Self {
            reset_hint: sum.reset_hint,
            layout: sum.layout.clone(),
            zero_threshold: sum.zero_threshold,
            zero_count: lost_of(left.zero_count, right.zero_count, sum.zero_count),
            count: lost_of(left.count, right.count, sum.count),
            sum: lost_of(left.sum, right.sum, sum.sum),
            positive: buckets(&left.positive, &right.positive, &sum.positive),
            negative: buckets(&left.negative, &right.negative, &sum.negative),
        })
    }

    fn has_overflow(&self) -> bool {
        let counts = self.positive.iter().chain(&self.negative).map(|(_, count)| *count);
        counts.chain([self.zero_count, self.count, self.sum]).any(f64::is_infinite)
    }
}

/// What rounding lost of `a + b`; nothing of a sum that is not finite.
fn lost_of(a: f64, b: f64, sum: f64) -> f64 {
    if !sum.is_finite() {
        0.0
    } else if a.abs() >= b.abs() {
        (a - sum) + b
    } else {
        (b - sum) + a
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact by compensation")]
mod tests {
    use super::*;
    use crate::histogram::Layout;

    fn histogram(sum: f64, count: f64) -> Histogram {
        let positive = vec![(1, count)];
        Histogram { count, sum, positive, ..Histogram::empty(Layout::Exponential { schema: 0 }) }
    }

    #[test]
    fn small_counts_beside_large_ones_are_not_lost() {
        let all = [histogram(1e100, 1e20), histogram(1.0, 1.0), histogram(-1e100, -1e20)];
        let total = sum(all.iter()).unwrap();
        assert_eq!((total.sum, total.count), (1.0, 1.0));
        assert_eq!(total.positive, [(1, 1.0)]);
    }

    #[test]
    fn a_mean_does_not_overflow() {
        let all = [histogram(1e308, 1.0), histogram(1.5e308, 3.0)];
        let mean = mean(all.iter()).unwrap();
        assert!((mean.sum / 1.25e308 - 1.0).abs() < 1e-12, "{}", mean.sum);
        assert_eq!(mean.count, 2.0);
    }
}
