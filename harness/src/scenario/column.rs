//! One field of every row of a data set, and which row an iteration has.

use super::datum::Datum;
use super::mix::mixed;

/// The values of one field, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Never empty.
    values: Vec<Datum>,
    order: RowOrder,
}

/// Which row an iteration has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RowOrder {
    /// One after the other, and from the first again.
    #[default]
    Sequential,
    /// Any, as the seed decides.
    Random {
        /// The same seed gives the same rows.
        seed: u64,
    },
}

impl Column {
    /// `None` without values.
    pub(super) fn new(values: Vec<Datum>, order: RowOrder) -> Option<Self> {
        (!values.is_empty()).then_some(Self { values, order })
    }

    /// The values, row by row.
    pub(super) fn values(&self) -> &[Datum] {
        &self.values
    }

    /// The value of an iteration.
    pub(super) fn value(&self, iteration: u64) -> &Datum {
        let number = match self.order {
            RowOrder::Sequential => iteration,
            RowOrder::Random { seed } => mixed(seed ^ mixed(iteration)),
        };
        let row = number % self.values.len() as u64;
        &self.values[usize::try_from(row).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(order: RowOrder, iterations: std::ops::Range<u64>) -> Vec<String> {
        let values = ["a", "b", "c"].map(Datum::text).to_vec();
        let column = Column::new(values, order).unwrap();
        iterations.map(|number| column.value(number).as_str().to_owned()).collect()
    }

    #[test]
    fn rows_come_one_after_the_other_and_again() {
        assert_eq!(rows(RowOrder::Sequential, 0..5), ["a", "b", "c", "a", "b"]);
    }

    #[test]
    fn random_rows_are_those_of_the_seed_and_even() {
        let of = |seed| rows(RowOrder::Random { seed }, 0..3_000);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        // Binomial with mean 1,000 and standard deviation 26.
        let a = of(1).iter().filter(|row| *row == "a").count();
        assert!(a.abs_diff(1_000) < 5 * 26, "{a}");
    }
}
