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

impl FromIterator<f64> for KahanSum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(term));
        sum
    }
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

impl FromIterator<f64> for KahanMean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut mean = Self::default();
        values.into_iter().for_each(|value| mean.add(value));
        mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_beside_large_ones() {
        let sum = [1e100, 1.0, -1e100, 1.0].into_iter().collect::<KahanSum>();
        assert!((sum.value() - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_mean_of_huge_values_does_not_overflow() {
        let mean = [f64::MAX; 4].into_iter().collect::<KahanMean>();
        assert!((mean.value() / f64::MAX - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_infinite_value_makes_the_mean_infinite() {
        let mean = [1.0, f64::INFINITY, 2.0].into_iter().collect::<KahanMean>();
        assert!(mean.value().is_infinite());
    }
}
