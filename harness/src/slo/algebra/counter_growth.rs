//! Rule: a counter's growth is its last value minus its first, and nothing is extrapolated.
//!
//! `increase()` extends what it saw to the edges of its range, so that 3 failures
//! become 3.02 and none of them exact. Totals that must agree to the last one are
//! counted instead. A series that appears after the opening scrape was born at 0;
//! a value that falls was reset to 0 and counts from there.

use crate::code::Code;
use crate::slo::Doubt;
use slogate_promql::Sample;

/// The code of this rule.
pub const CODE: Code = Code::new(&["untyped-fall", include_str!("../codes/untyped-fall.md")]);

/// One counter over a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted<'a> {
    /// Its samples from the opening to the closing scrape, without stale markers.
    pub samples: &'a [Sample],
    /// Whether the opening scrape had it.
    pub at_opening: bool,
}

/// How much the counter grew.
pub fn growth(counted: Counted<'_>) -> f64 {
    let mut previous = match counted.samples.first() {
        Some(first) if counted.at_opening => first.value,
        _ => 0.0,
    };
    let mut total = 0.0;
    for sample in counted.samples {
        let fell = sample.value < previous;
        total += if fell { sample.value } else { sample.value - previous };
        previous = sample.value;
    }
    total
}

/// The doubt about a series that fell and that nobody declared to be a counter: it
/// may be a gauge, whose rises are no growth.
pub fn fall_doubt(series: &str, samples: &[Sample]) -> Option<Doubt> {
    let fall = samples.windows(2).find(|pair| pair[1].value < pair[0].value)?;
    Some(Doubt::new(
        CODE,
        format!(
            "{series} fell from {} to {} and has no declared type, so it is a counter that was reset \
         or a gauge; export it with `# TYPE … counter`",
            fall[0].value, fall[1].value
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
    fn grows_by(values: &[f64], at_opening: bool, expected: f64) -> bool {
        let samples: Vec<Sample> =
            values.iter().zip(0..).map(|(value, t_ms)| Sample { t_ms, value: *value }).collect();
        growth(Counted { samples: &samples, at_opening }) == expected
    }

    #[test]
    fn is_the_last_value_minus_the_first() {
        assert!(grows_by(&[100.0, 101.0, 104.0], true, 4.0));
    }

    #[test]
    fn a_counter_that_is_born_late_counts_from_zero() {
        assert!(grows_by(&[100.0, 104.0], false, 104.0));
    }

    #[test]
    fn a_reset_counts_from_zero() {
        assert!(grows_by(&[100.0, 104.0, 3.0, 5.0], true, 9.0));
    }
}
