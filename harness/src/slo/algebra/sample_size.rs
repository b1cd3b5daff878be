//! Rule: a percentile passes only on a sample large enough to have shown a miss.
//!
//! If the true p95 lay above the target, each request would stay below it with
//! less than 95 % probability, and n in a row with less than 0.95ⁿ. From the
//! smallest n with 0.95ⁿ ≤ 5 % on, a sample without a slow request is evidence;
//! below it no sample can pass. From that n on the measured percentile decides.
//! Below it a miss counts only if it is beyond chance by the same 5 %: so many
//! slow requests, from a service that meets the target, in one run of twenty.

use crate::code::Code;
use crate::scenario::Threshold;
use crate::slo::Ruling;
use crate::slo::algebra::threshold::{is_lower, is_upper};
use crate::slo::binomial::{ERROR_PROBABILITY, at_least};

/// The code of this rule.
pub const CODE: Code = Code::new(&["sample-size", include_str!("../codes/sample-size.md")]);

/// A percentile against one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Percentile {
    /// As a quantile, above 0 and below 1.
    pub quantile: f64,
    /// Samples.
    pub count: u64,
    /// Samples above the target.
    pub above: u64,
    /// The ruling by the measured percentile alone.
    pub measured: Ruling,
}

/// The smallest sample that can pass: the least n with quantileⁿ ≤ 5 %.
/// `None` for the quantiles 0 and 1, which are not estimated but looked up.
pub fn smallest_sample(quantile: f64) -> Option<u64> {
    if quantile <= 0.0 || quantile >= 1.0 {
        return None;
    }
    let exact = (ERROR_PROBABILITY.ln() / quantile.ln()).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive quotient; saturates for quantiles next to 1"
    )]
    let count = exact as u64;
    Some(count.max(1))
}

/// Rules a percentile.
pub fn rule(percentile: &Percentile, threshold: &Threshold) -> Ruling {
    let Some(needed) = smallest_sample(percentile.quantile) else {
        return percentile.measured.clone();
    };
    if percentile.count >= needed || is_miss_beyond_chance(percentile, threshold) {
        return percentile.measured.clone();
    }
    Ruling::inconclusive(
        CODE,
        format!(
            "p{} needs at least {needed} samples and has {}; lengthen the phase or raise its rate \
         (measured: {})",
            percent(percentile.quantile),
            percentile.count,
            percentile.measured.reason,
        ),
    )
}

/// Whether a service that meets the target would show this in less than one run of twenty.
fn is_miss_beyond_chance(percentile: &Percentile, threshold: &Threshold) -> bool {
    let allowed_above = 1.0 - percentile.quantile;
    if is_upper(threshold) {
        at_least(percentile.above, percentile.count, allowed_above) <= ERROR_PROBABILITY
    } else if is_lower(threshold) {
        let below = percentile.count - percentile.above;
        at_least(below, percentile.count, percentile.quantile) <= ERROR_PROBABILITY
    } else {
        false
    }
}

/// A quantile as the number after the `p`: 0.999 is `99.9`.
pub fn percent(quantile: f64) -> String {
    let text = format!("{:.4}", quantile * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Comparator;
    use crate::slo::Verdict;
    use crate::slo::fixtures::at;

    fn p95(count: u64, above: u64) -> Ruling {
        let measured = if above * 20 > count { Ruling::fail(CODE, "m") } else { Ruling::pass("m") };
        rule(&Percentile { quantile: 0.95, count, above, measured }, &at(Comparator::Less, 1.0))
    }

    #[test]
    fn the_smallest_samples_are_those_of_the_textbook() {
        let needed = [0.5, 0.9, 0.95, 0.99, 0.999].map(|q| smallest_sample(q).unwrap());
        assert_eq!(needed, [5, 29, 59, 299, 2_995]);
        assert_eq!(smallest_sample(1.0), None);
    }

    #[test]
    fn one_sample_less_than_needed_is_no_pass() {
        assert_eq!(p95(59, 0).verdict, Verdict::Pass);
        assert_eq!(p95(58, 0).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn says_how_many_samples_are_needed() {
        assert_eq!(
            p95(12, 0).reason,
            "p95 needs at least 59 samples and has 12; lengthen the phase or raise its rate \
             (measured: m)"
        );
    }

    #[test]
    fn one_slow_request_of_ten_proves_nothing_about_p95() {
        assert_eq!(p95(10, 1).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn ten_slow_requests_of_ten_are_a_miss_at_any_size() {
        assert_eq!(p95(10, 10).verdict, Verdict::Fail);
        assert_eq!(p95(1, 1).verdict, Verdict::Fail);
    }

    #[test]
    fn on_a_sample_that_could_have_passed_the_measured_percentile_decides() {
        assert_eq!(p95(100, 6).verdict, Verdict::Fail);
        assert_eq!(p95(100, 5).verdict, Verdict::Pass);
    }

    #[test]
    fn percentiles_are_named_as_people_write_them() {
        assert_eq!([0.5, 0.95, 0.999, 0.9999].map(percent), ["50", "95", "99.9", "99.99"]);
    }
}
