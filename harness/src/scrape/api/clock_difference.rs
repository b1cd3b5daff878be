//! How far another machine's clock is from ours, and how well that is known.
//!
//! Their time is asked for; that it was read in the middle of the round trip is a
//! guess, wrong by half the round trip at most (D. Mills, RFC 5905 §8).

use std::fmt;
use std::time::Duration;

/// Both clocks are read in whole milliseconds.
const READING_ERROR_MS: i64 = 2;

/// Another clock against ours, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDifference {
    /// Theirs minus ours.
    pub ahead_ms: i64,
    /// How much that may be off to either side.
    pub uncertainty_ms: i64,
}

impl ClockDifference {
    /// From one round trip: sent and received by our clock, answered by theirs.
    pub(super) fn measured(sent_ms: i64, received_ms: i64, theirs_ms: i64) -> Self {
        let half_ms = (received_ms - sent_ms).max(0).div_ceil_two();
        Self {
            ahead_ms: theirs_ms - (sent_ms + half_ms),
            uncertainty_ms: half_ms + READING_ERROR_MS,
        }
    }

    /// The better known one of two.
    pub(super) fn or_better(self, other: Self) -> Self {
        if other.uncertainty_ms < self.uncertainty_ms { other } else { self }
    }

    /// One difference for all the time between two measurements: what moved in between
    /// is uncertainty.
    pub(super) fn over_the_time_until(self, later: Self) -> Self {
        let moved_ms = (later.ahead_ms - self.ahead_ms).abs();
        Self {
            ahead_ms: i64::midpoint(self.ahead_ms, later.ahead_ms),
            uncertainty_ms: self.uncertainty_ms.max(later.uncertainty_ms) + moved_ms.div_ceil_two(),
        }
    }

    /// How far the clocks moved against each other for certain.
    pub(super) fn moved_until(self, later: Self) -> Duration {
        let moved_ms = (later.ahead_ms - self.ahead_ms).abs();
        let certain_ms = moved_ms - self.uncertainty_ms - later.uncertainty_ms;
        Duration::from_millis(u64::try_from(certain_ms).unwrap_or(0))
    }

    /// Their time as ours.
    pub(super) fn to_ours(self, theirs_ms: i64) -> i64 {
        theirs_ms - self.ahead_ms
    }

    /// Our time as theirs.
    pub(super) fn to_theirs(self, ours_ms: i64) -> i64 {
        ours_ms + self.ahead_ms
    }
}

impl fmt::Display for ClockDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |ms: i64| ms as f64 / 1000.0;
        let side = if self.ahead_ms < 0 { "behind" } else { "ahead of" };
        let (by, uncertainty) = (seconds(self.ahead_ms.abs()), seconds(self.uncertainty_ms));
        write!(f, "{by:.3} s (± {uncertainty:.3} s) {side} ours")
    }
}

/// Half of something, rounded up.
trait Half {
    fn div_ceil_two(self) -> Self;
}

impl Half for i64 {
    fn div_ceil_two(self) -> Self {
        self / 2 + self % 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn their_time_is_that_of_the_middle_of_the_round_trip() {
        let difference = ClockDifference::measured(1_000, 1_021, 31_010);
        assert_eq!(difference, ClockDifference { ahead_ms: 29_999, uncertainty_ms: 13 });
        assert_eq!(difference.to_ours(31_010), 1_011);
        assert_eq!(difference.to_theirs(1_011), 31_010);
        assert_eq!(difference.to_string(), "29.999 s (± 0.013 s) ahead of ours");
        let behind = ClockDifference { ahead_ms: -1_500, uncertainty_ms: 2 };
        assert_eq!(behind.to_string(), "1.500 s (± 0.002 s) behind ours");
    }

    #[test]
    fn the_shortest_round_trip_knows_best() {
        let slow = ClockDifference::measured(0, 400, 900);
        let fast = ClockDifference::measured(500, 502, 1_001);
        assert_eq!(slow.or_better(fast), fast);
        assert_eq!(fast.or_better(slow), fast);
    }

    #[test]
    fn what_moved_between_two_measurements_is_uncertainty() {
        let first = ClockDifference { ahead_ms: 100, uncertainty_ms: 5 };
        let later = ClockDifference { ahead_ms: 161, uncertainty_ms: 3 };
        let over = first.over_the_time_until(later);
        assert_eq!(over, ClockDifference { ahead_ms: 130, uncertainty_ms: 36 });
        assert_eq!(first.moved_until(later), Duration::from_millis(53));
        assert_eq!(later.moved_until(later), Duration::ZERO);
    }
}
