//! How much one query may need, its subqueries included: a mistyped unit must not run for hours,
//! nor fill the memory.

use std::cell::Cell;

use super::EvalError;
use crate::expression::Expression;

/// Steps; subqueries in subqueries multiply. Thirty days at one a second are 2.6 million.
const MOST_STEPS: usize = 5_000_000;

/// Values, as Prometheus bounds its samples (`--query.max-samples`); series and steps multiply.
/// Held at once they fill less than 1 GB.
const MOST_VALUES: usize = 20_000_000;

/// Values in all windows of subqueries, which overlap: a window of a month is looked at anew at
/// each step of a range.
const MOST_WINDOWED: usize = 500_000_000;

/// An amount of one of these, counted up to its bound.
pub(super) struct Budget {
    taken: Cell<usize>,
    most: usize,
    /// What there are too many of, up to the expression.
    what: &'static str,
    advice: &'static str,
}

impl Budget {
    pub(super) fn steps() -> Self {
        Self::of(MOST_STEPS, "steps are needed for", "choose a longer step")
    }

    pub(super) fn values() -> Self {
        let advice = "choose a longer step or select fewer series";
        Self::of(MOST_VALUES, "values are needed for", advice)
    }

    pub(super) fn windowed() -> Self {
        let what = "values are in the windows of a subquery of";
        Self::of(MOST_WINDOWED, what, "choose a longer step or a shorter range")
    }

    fn of(most: usize, what: &'static str, advice: &'static str) -> Self {
        Self { taken: Cell::default(), most, what, advice }
    }

    /// Takes some more for an expression; an error where they are too many.
    pub(super) fn take(&self, more: usize, expression: &Expression) -> Result<(), EvalError> {
        let Self { most, what, advice, .. } = self;
        self.taken.set(self.taken.get().saturating_add(more));
        if self.taken.get() <= *most {
            return Ok(());
        }
        let problem = format!("more than {most} {what} `{expression}`; {advice}");
        Err(EvalError::InvalidRange { problem })
    }

    /// How much was taken.
    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.taken.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_values_of_a_whole_query_are_bounded() {
        let expression = Expression::parse("up").unwrap();
        for (budget, most, too_many) in [
            (Budget::steps(), 5_000_000, "than 5000000 steps are needed for `up`"),
            (Budget::values(), 20_000_000, "than 20000000 values are needed for `up`"),
            (Budget::windowed(), 500_000_000, "than 500000000 values are in the windows"),
        ] {
            assert_eq!(budget.take(most - 1, &expression), Ok(()));
            assert_eq!(budget.take(1, &expression), Ok(()));
            let error = budget.take(1, &expression).unwrap_err();
            assert!(error.to_string().contains(too_many), "{error}");
        }
    }
}
