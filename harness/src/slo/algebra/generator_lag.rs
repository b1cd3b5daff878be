//! Rule: a latency that is missed while the generator itself was slow is nobody's fault yet.
//!
//! Latency runs from the intended start, so the generator's own delay is inside
//! it. When the p99 of that delay is more than 10 % of the target, a miss may be
//! the generator's: inconclusive. A pass stands, for it held with the delay on top.

use crate::code::Code;
use crate::histogram::{LatencyHistogram, Ranked};
use crate::scenario::Threshold;
use crate::slo::algebra::threshold::is_lower;
use crate::slo::{Ruling, Verdict};
use crate::units::{Unit, format_quantity};

/// The code of this rule.
pub const CODE: Code = Code::new(&["generator-lag", include_str!("../codes/generator-lag.md")]);

/// The share of a latency target that the generator's lag p99 may take.
pub const LAG_SHARE: f64 = 0.1;
/// The percentile of the lag that is compared.
pub const LAG_QUANTILE: f64 = 0.99;

/// Rules again, knowing the generator's lag over the same requests.
pub fn rule(ruling: Ruling, lag: &LatencyHistogram, target: &Threshold) -> Ruling {
    // Lag makes latencies longer: it cannot be why one was too short.
    if ruling.verdict != Verdict::Fail || is_lower(target) {
        return ruling;
    }
    let shown = match lag.rank(LAG_QUANTILE, 0) {
        Ranked::NoSamples => return ruling,
        Ranked::Seconds(seconds) if seconds <= target.bound * LAG_SHARE => return ruling,
        Ranked::Seconds(seconds) => format_quantity(seconds, Unit::Seconds),
        Ranked::Unbounded => "unbounded".into(),
    };
    Ruling::inconclusive(
        CODE,
        format!(
            "the generator's own lag p99 is {shown}, more than 10% of the target {}, so this miss may \
         be its own; run it on a less busy machine, lower the rate, or share the rate among \
         machines (measured: {})",
            target.text, ruling.reason
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::scenario::Comparator;
    use crate::slo::fixtures::at;

    fn lag_of(millis: u64) -> LatencyHistogram {
        let mut lag = LatencyHistogram::new();
        lag.record(Duration::from_millis(millis));
        lag
    }

    #[test]
    fn a_miss_while_the_generator_lagged_is_inconclusive() {
        let ruled = rule(Ruling::fail(CODE, "m"), &lag_of(200), &at(Comparator::Less, 1.0));
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
        assert!(ruled.reason.starts_with("the generator's own lag p99 is 200 ms, more than 10%"));
    }

    #[test]
    fn a_pass_stands_however_late_the_generator_was() {
        let ruled = rule(Ruling::pass("m"), &lag_of(900), &at(Comparator::Less, 1.0));
        assert_eq!(ruled, Ruling::pass("m"));
    }

    #[test]
    fn a_miss_stands_when_the_generator_kept_up() {
        for lag in [lag_of(99), LatencyHistogram::new()] {
            let ruled = rule(Ruling::fail(CODE, "m"), &lag, &at(Comparator::Less, 1.0));
            assert_eq!(ruled, Ruling::fail(CODE, "m"));
        }
    }
}
