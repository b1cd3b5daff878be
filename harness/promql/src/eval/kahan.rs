//! Sums that do not lose small terms beside large ones.
//!
//! Prometheus sums with Kahan's method in Neumaier's form
//! (`util/kahansum/kahansum.go`); results agree to the last digit only if the
//! same is done here.

/// A compensated sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KahanSum {
    sum: f64,
    compensation: f64,
}

impl KahanSum {
    /// Adds one term.
    pub(crate) fn add(&mut self, term: f64) {
        let total = self.sum + term;
        if total.is_infinite() {
            self.compensation = 0.0;
        } else if self.sum.abs() >= term.abs() {
            self.compensation += (self.sum - total) + term;
        } else {
            self.compensation += (term - total) + self.sum;
        }
        self.sum = total;
    }

    /// The sum so far.
    pub(crate) fn value(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.sum + self.compensation }
    }

    fn scaled(self, factor: f64) -> Self {
        Self { sum: self.sum * factor, compensation: self.compensation * factor }
    }
}

/// The sum of all terms.
pub(crate) fn sum(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    all(terms).value()
}

/// The mean of all values; NaN of none.
pub(crate) fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let (mut count, counted) = (0.0, values.clone());
    let total = finite(counted.inspect(|_| count += 1.0));
    match total {
        Some(total) => total.sum / count + total.compensation / count,
        None => values.fold(KahanMean::default(), taken).value(),
    }
}

fn all(terms: impl Iterator<Item = f64> + Clone) -> KahanSum {
    finite(terms.clone()).unwrap_or_else(|| terms.fold(KahanSum::default(), added))
}

fn added(mut sum: KahanSum, term: f64) -> KahanSum {
    sum.add(term);
    sum
}

fn taken(mut mean: KahanMean, value: f64) -> KahanMean {
    mean.add(value);
    mean
}

/// The same sum without a branch for each term, if it is finite: what rounding takes from a sum is
/// then exactly known, and the same whichever of the two is larger (Knuth's `TwoSum`).
fn finite(terms: impl Iterator<Item = f64>) -> Option<KahanSum> {
    let mut so_far = KahanSum::default();
    for term in terms {
        let total = so_far.sum + term;
        let of_term = total - so_far.sum;
        so_far.compensation += (so_far.sum - (total - of_term)) + (term - of_term);
        so_far.sum = total;
    }
    so_far.sum.is_finite().then_some(so_far)
}

/// A mean that sums first and divides last, until the sum would overflow; from
/// then on it is kept as a running mean.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KahanMean {
    total: KahanSum,
    count: f64,
    running: bool,
}

impl KahanMean {
    /// Takes one more value into the mean.
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.running {
            let mut next = self.total;
            next.add(value);
            if !next.sum.is_infinite() || self.count < 2.0 {
                self.total = next;
                return;
            }
            self.running = true;
            let before = self.count - 1.0;
            self.total = KahanSum {
                sum: self.total.sum / before,
                compensation: self.total.compensation / before,
            };
        }
        self.total = self.total.scaled((self.count - 1.0) / self.count);
        self.total.add(value / self.count);
    }

    /// The mean so far; NaN of nothing.
    pub(crate) fn value(self) -> f64 {
        if self.running {
            self.total.sum + self.total.compensation
        } else {
            self.total.sum / self.count + self.total.compensation / self.count
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_terms_survive_beside_large_ones() {
        let total = sum([1e100, 1.0, -1e100, 1.0].into_iter());
        assert!((total - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_mean_of_huge_values_does_not_overflow() {
        let mean = mean([f64::MAX; 4].into_iter());
        assert!((mean / f64::MAX - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_infinite_value_makes_the_mean_infinite() {
        let mean = mean([1.0, f64::INFINITY, 2.0].into_iter());
        assert!(mean.is_infinite());
    }

    proptest! {
        #[test]
        fn without_a_branch_for_each_term_every_bit_is_the_same(
            terms in vec(any::<f64>(), 0..40)
        ) {
            let one_by_one = terms.iter().copied().fold(KahanSum::default(), added).value();
            prop_assert_eq!(sum(terms.iter().copied()).to_bits(), one_by_one.to_bits());
            let one_by_one = terms.iter().copied().fold(KahanMean::default(), taken).value();
            prop_assert_eq!(mean(terms.iter().copied()).to_bits(), one_by_one.to_bits());
        }
    }
}
