//! Rule: a quantile of a histogram is judged by whole buckets, never by interpolation.
//!
//! A histogram says how many observations were at or below each bound and nothing
//! about where in a bucket they were; on default bounds interpolation is off by
//! 86 % at p99 and by 1439 % at p50. So the quantile is known to lie in one
//! bucket. If the target is that bucket's bound, or outside the bucket, the
//! verdict is exact; if it lies inside, no verdict is possible. The interpolated
//! value is for display.
//!
//! A target at or above the highest finite bound is refused: whatever is slower
//! than that bound counts the same, so no observation could ever miss the target.

use crate::code::Code;
use crate::scenario::{Comparator, Threshold};
use crate::slo::algebra::sample_size::{self, Percentile, percent};
use crate::slo::algebra::threshold::is_upper;
use crate::slo::{Ruling, Verdict};
use crate::units::{Unit, format_quantity};

/// The code of this rule.
pub const CODE: Code = Code::new(&["bucket-edge", include_str!("../codes/bucket-edge.md")]);

/// The buckets of one histogram, bounds in the base unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    /// Upper bounds, ascending, the last one infinite, each with the share of
    /// observations at or below it (0 to 1).
    shares: Vec<(f64, f64)>,
    /// Observations.
    count: u64,
}

/// A bucket that a quantile lies in: above `low`, at or below `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The bound below; `None` for the first bucket.
    pub low: Option<f64>,
    /// Its own bound; infinite for the last bucket.
    pub high: f64,
}

impl Buckets {
    /// Buckets from cumulative values at upper bounds, in any order and of any
    /// scale (rates as well as increases), and the number of observations.
    /// `None` without an infinite bucket or without observations.
    pub fn new(cumulative: &[(f64, f64)], count: u64) -> Option<Self> {
        let mut sorted: Vec<(f64, f64)> = cumulative.to_vec();
        sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (bound, total) = *sorted.last()?;
        if bound != f64::INFINITY || !total.is_finite() || total <= 0.0 || count == 0 {
            return None;
        }
        let mut highest = 0.0_f64;
        let shares = sorted
            .into_iter()
            .map(|(bound, value)| {
                // Extrapolation moves equal counts apart by a hair; they never fall.
                highest = highest.max(value);
                (bound, (highest / total).min(1.0))
            })
            .collect();
        Some(Self { shares, count })
    }

    /// Observations.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The highest finite bound.
    pub fn highest_bound(&self) -> Option<f64> {
        self.shares.iter().rev().map(|(bound, _)| *bound).find(|bound| bound.is_finite())
    }

    /// The bucket that the quantile lies in.
    pub fn bucket_of(&self, quantile: f64) -> Bucket {
        let needed = (quantile * self.count as f64 * (1.0 - 1e-12)).ceil().max(1.0);
        let mut low = None;
        for (bound, share) in &self.shares {
            if self.observations(*share) >= needed {
                return Bucket { low, high: *bound };
            }
            low = Some(*bound);
        }
        Bucket { low, high: f64::INFINITY }
    }

    /// The same with so many more observations above every finite bound.
    fn with_slower(&self, more: u64) -> Self {
        let count = self.count.saturating_add(more);
        let scale = self.count as f64 / count as f64;
        let share = |(bound, share): &(f64, f64)| {
            (*bound, if bound.is_finite() { share * scale } else { *share })
        };
        Self { shares: self.shares.iter().map(share).collect(), count }
    }

    /// Observations that are certainly above `value`.
    fn above(&self, value: f64) -> u64 {
        let share = self.shares.iter().find(|(bound, _)| *bound >= value).map_or(1.0, |(_, s)| *s);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to count"
        )]
        let within = self.observations(share) as u64;
        self.count.saturating_sub(within)
    }

    /// A share as a whole number of observations: counts are whole, and what
    /// extrapolation adds to them is not.
    fn observations(&self, share: f64) -> f64 {
        (share * self.count as f64).round()
    }
}

/// Rules again, knowing how many observations were made before the histogram was first
/// scraped, so that no increase holds them: had all of them been slow, would it still pass?
pub fn rule_unseen(
    ruling: Ruling,
    unseen: u64,
    (buckets, quantile, unit): (&Buckets, f64, Unit),
    target: &Threshold,
) -> Ruling {
    if unseen == 0 || ruling.verdict != Verdict::Pass {
        return ruling;
    }
    if is_upper(target) {
        let slower = buckets.with_slower(unseen);
        if rule(&slower, quantile, unit, target).verdict == Verdict::Pass {
            return ruling;
        }
    }
    Ruling::inconclusive(
        CODE,
        format!(
            "{unseen} observations were made before the histogram was first scraped, and they could \
         turn the verdict; warm up until it exists (measured: {})",
            ruling.reason
        ),
    )
}

/// Rules a quantile of these buckets.
pub fn rule(buckets: &Buckets, quantile: f64, unit: Unit, target: &Threshold) -> Ruling {
    if let Some(highest) = buckets.highest_bound().filter(|highest| target.bound >= *highest) {
        return Ruling::inconclusive(
            CODE,
            format!(
                "the target {} is not below the histogram's highest bound {}, so no observation could \
             miss it; add a higher bound or lower the target",
                target.text,
                format_quantity(highest, unit)
            ),
        );
    }
    let bucket = buckets.bucket_of(quantile);
    let above = buckets.above(target.bound);
    let measured = match meets(bucket, target) {
        None => return Ruling::inconclusive(CODE, straddles(bucket, quantile, unit, target)),
        Some(met) => {
            let text = counted(buckets, above, quantile, unit, target);
            if met { Ruling::pass(text) } else { Ruling::fail(CODE, text) }
        }
    };
    sample_size::rule(&Percentile { quantile, count: buckets.count, above, measured }, target)
}

/// Whether every value of the bucket meets the target; `None` if only some do.
fn meets(bucket: Bucket, target: &Threshold) -> Option<bool> {
    let below = bucket.high <= target.bound;
    let above = bucket.low.is_some_and(|low| low >= target.bound);
    match target.comparator {
        Comparator::Less | Comparator::LessOrEqual if below || above => Some(below),
        Comparator::Greater | Comparator::GreaterOrEqual if below || above => Some(above),
        _ => None,
    }
}

fn counted(buckets: &Buckets, above: u64, quantile: f64, unit: Unit, target: &Threshold) -> String {
    let count = buckets.count;
    let within = count - above;
    format!(
        "{within} of {count} ({}) were within {}, p{} needs {}; the target is {}",
        format_quantity(within as f64 / count as f64, Unit::Ratio),
        format_quantity(target.bound, unit),
        percent(quantile),
        format_quantity(quantile, Unit::Ratio),
        target.text
    )
}

fn straddles(bucket: Bucket, quantile: f64, unit: Unit, target: &Threshold) -> String {
    let low = bucket.low.map_or_else(|| "the start".into(), |low| format_quantity(low, unit));
    format!(
        "p{} lies between the bucket bounds {low} and {}, and the target {} inside; add a bucket \
         bound at the target or set the target to a bound",
        percent(quantile),
        format_quantity(bucket.high, unit),
        target.text
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::fixtures::at;

    /// Seconds; 60 of 100 within 1, 95 within 2.5, 99 within 10.
    fn hundred() -> Buckets {
        let cumulative = [(1.0, 60.0), (2.5, 95.0), (10.0, 99.0), (f64::INFINITY, 100.0)];
        Buckets::new(&cumulative, 100).unwrap()
    }

    fn p95(bound: f64) -> Ruling {
        rule(&hundred(), 0.95, Unit::Seconds, &at(Comparator::Less, bound))
    }

    #[test]
    fn a_target_on_a_bound_is_judged_by_the_exact_share() {
        assert_eq!(
            p95(2.5),
            Ruling::pass("95 of 100 (95%) were within 2.5 s, p95 needs 95%; the target is < 2.5")
        );
        assert_eq!(p95(1.0).verdict, Verdict::Fail);
    }

    #[test]
    fn one_observation_less_is_a_miss() {
        let cumulative = [(2.5, 94.0), (10.0, 99.0), (f64::INFINITY, 100.0)];
        let buckets = Buckets::new(&cumulative, 100).unwrap();
        let ruled = rule(&buckets, 0.95, Unit::Seconds, &at(Comparator::Less, 2.5));
        assert_eq!(ruled.verdict, Verdict::Fail);
    }

    #[test]
    fn unseen_observations_take_a_pass_away_only_if_they_could_turn_it() {
        let cumulative = [(2.5, 98.0), (10.0, 99.0), (f64::INFINITY, 100.0)];
        let buckets = Buckets::new(&cumulative, 100).unwrap();
        let target = at(Comparator::Less, 2.5);
        let unseen = |count| {
            let histogram = (&buckets, 0.95, Unit::Seconds);
            rule_unseen(Ruling::pass("m"), count, histogram, &target).verdict
        };
        // 98 of 103 are 95.1 %, 98 of 104 are 94.2 %.
        assert_eq!([0, 3].map(unseen), [Verdict::Pass; 2]);
        assert_eq!(unseen(4), Verdict::Inconclusive);
        let missed =
            rule_unseen(Ruling::fail(CODE, "m"), 9, (&buckets, 0.95, Unit::Seconds), &target);
        assert_eq!(missed, Ruling::fail(CODE, "m"));
    }

    #[test]
    fn a_hair_of_extrapolation_does_not_move_a_whole_count() {
        // +Inf is extrapolated a little further than the bucket, as Prometheus does.
        let cumulative = [(2.5, 95.0), (10.0, 99.0), (f64::INFINITY, 100.02)];
        let buckets = Buckets::new(&cumulative, 100).unwrap();
        let ruled = rule(&buckets, 0.95, Unit::Seconds, &at(Comparator::Less, 2.5));
        assert_eq!(ruled.verdict, Verdict::Pass);
    }

    #[test]
    fn a_target_inside_the_bucket_cannot_be_judged() {
        let ruled = p95(2.0);
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
        assert!(ruled.reason.starts_with("p95 lies between the bucket bounds 1 s and 2.5 s"));
    }

    #[test]
    fn a_target_outside_the_bucket_is_judged_exactly() {
        assert_eq!(p95(5.0).verdict, Verdict::Pass);
        assert_eq!(p95(0.5).verdict, Verdict::Fail);
    }

    #[test]
    fn a_target_that_nothing_could_miss_is_refused() {
        let ruled = p95(10.0);
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
        assert!(ruled.reason.contains("not below the histogram's highest bound 10 s"));
    }

    #[test]
    fn everything_beyond_the_last_bound_is_a_miss() {
        let buckets = Buckets::new(&[(1.0, 0.0), (10.0, 0.0), (f64::INFINITY, 80.0)], 80).unwrap();
        assert_eq!(buckets.bucket_of(0.95), Bucket { low: Some(10.0), high: f64::INFINITY });
        let ruled = rule(&buckets, 0.95, Unit::Seconds, &at(Comparator::Less, 1.0));
        assert_eq!(ruled.verdict, Verdict::Fail);
    }

    #[test]
    fn few_observations_pass_nothing() {
        let buckets = Buckets::new(&[(1.0, 9.0), (10.0, 9.0), (f64::INFINITY, 9.0)], 9).unwrap();
        let ruled = rule(&buckets, 0.95, Unit::Seconds, &at(Comparator::Less, 1.0));
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
        assert!(ruled.reason.starts_with("p95 needs at least 59 samples and has 9"));
    }

    #[test]
    fn without_observations_there_are_no_buckets() {
        assert_eq!(Buckets::new(&[(1.0, 0.0), (f64::INFINITY, 0.0)], 0), None);
        assert_eq!(Buckets::new(&[(1.0, 5.0)], 5), None);
    }
}
