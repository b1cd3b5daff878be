//! When the arrivals of an open phase are due: a pure function of how many come before.
//!
//! The schedule is absolute. Arrival `i` of an even one is due where the integral of the
//! rate reaches `i`, so nothing is accumulated and nothing drifts, however long the
//! phase or however many threads share it. Knows no clock and no waiting.

use std::time::Duration;

/// How much of one arrival may be lost to rounding before it counts as one less:
/// `0.1/s` for `30s` is three arrivals, though the product of the doubles is a
/// little more than 3.
const RELATIVE_SLACK: f64 = 1e-9;

/// The arrivals of one open phase: a rate that is linear over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pacer {
    from_per_second: f64,
    to_per_second: f64,
    duration: Duration,
}

impl Pacer {
    /// Arrivals at `from_per_second` that become `to_per_second` over `duration`.
    pub(super) fn new(from_per_second: f64, to_per_second: f64, duration: Duration) -> Self {
        Self { from_per_second, to_per_second, duration }
    }

    /// The integral of the rate over the phase: how many arrivals it stands for.
    pub(super) fn integral(&self) -> f64 {
        f64::midpoint(self.from_per_second, self.to_per_second) * self.duration.as_secs_f64()
    }

    /// How many even arrivals there are: those due before the phase's end.
    pub(super) fn arrivals(&self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float becomes an integer saturating, and rates are not negative"
        )]
        let arrivals = (self.integral() * (1.0 - RELATIVE_SLACK)).ceil() as u64;
        arrivals
    }

    /// How long after the phase's start even arrival `index` (from 0) is due.
    pub(super) fn due(&self, index: u64) -> Duration {
        self.reaches(index as f64)
    }

    /// How long after the phase's start the integral of the rate reaches `count`, from 0.
    ///
    /// With rate `r(t) = from + (to - from) t / d` the number of arrivals up to `t`
    /// is `a t² + from t`, `a = (to - from) / 2d`. Solved for `t` in the form that
    /// does not cancel when `a` is small: `2 i / (from + √(from² + 4 a i))`.
    pub(super) fn reaches(&self, count: f64) -> Duration {
        if count <= 0.0 {
            return Duration::ZERO;
        }
        let slope = (self.to_per_second - self.from_per_second) / self.duration.as_secs_f64();
        let discriminant = self.from_per_second.powi(2) + 2.0 * slope * count;
        let seconds = 2.0 * count / (self.from_per_second + discriminant.max(0.0).sqrt());
        Duration::try_from_secs_f64(seconds).map_or(self.duration, |due| due.min(self.duration))
    }

    /// How long arrivals go on.
    pub(super) fn duration(&self) -> Duration {
        self.duration
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(pacer: &Pacer, index: u64) -> f64 {
        pacer.due(index).as_secs_f64()
    }

    #[test]
    fn a_constant_rate_puts_arrival_i_at_i_over_the_rate() {
        let pacer = Pacer::new(5.0, 5.0, Duration::from_secs(20));
        assert_eq!(pacer.arrivals(), 100);
        assert_eq!(pacer.due(0), Duration::ZERO);
        assert_eq!(pacer.due(1), Duration::from_millis(200));
        assert_eq!(pacer.due(99), Duration::from_millis(19_800));
    }

    #[test]
    fn rounding_of_doubles_adds_no_arrival() {
        assert_eq!(Pacer::new(0.1, 0.1, Duration::from_secs(30)).arrivals(), 3);
        assert_eq!(Pacer::new(0.5, 0.5, Duration::from_secs(3)).arrivals(), 2);
        assert_eq!(Pacer::new(0.0, 0.0, Duration::from_secs(3)).arrivals(), 0);
    }

    #[test]
    fn a_ramp_is_the_integral_of_its_rate() {
        // 5/s to 20/s over 10 s: N(t) = 5 t + 0.75 t², 125 arrivals in all.
        let pacer = Pacer::new(5.0, 20.0, Duration::from_secs(10));
        assert_eq!(pacer.arrivals(), 125);
        let half = 5.0 * 5.0 + 0.75 * 25.0; // 43.75 arrivals by the fifth second
        assert!(seconds(&pacer, 43) < 5.0 && seconds(&pacer, 44) > 5.0, "N(5 s) is {half}");
    }

    #[test]
    fn a_ramp_from_zero_starts_at_once_and_then_as_the_square_root() {
        // N(t) = t²/2 × 10/10: arrival i at √(2 i).
        let pacer = Pacer::new(0.0, 10.0, Duration::from_secs(10));
        assert_eq!(pacer.due(0), Duration::ZERO);
        assert!((seconds(&pacer, 8) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_ramp_down_to_zero_ends_within_the_phase() {
        let pacer = Pacer::new(10.0, 0.0, Duration::from_secs(10));
        assert_eq!(pacer.arrivals(), 50);
        assert!(pacer.due(49) <= Duration::from_secs(10));
    }

    proptest! {
        #[test]
        fn every_arrival_is_where_the_integral_says(
            from in 0.0_f64..1000.0,
            to in 0.0_f64..1000.0,
            length in 1_u64..100,
            share in 0.0_f64..1.0,
        ) {
            let pacer = Pacer::new(from, to, Duration::from_secs(length));
            prop_assume!(pacer.arrivals() > 0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
            let index = (share * (pacer.arrivals() - 1) as f64) as u64;
            let due = pacer.due(index).as_secs_f64();
            let count = from * due + (to - from) / (2.0 * length as f64) * due * due;
            prop_assert!((count - index as f64).abs() < 1e-3, "N({due}) = {count}, not {index}");
            prop_assert!(pacer.due(index + 1) >= pacer.due(index));
        }
    }
}
