//! How long a user of a closed phase thinks before its next request.

use std::time::Duration;

use super::random::{mixed, share_of};
use crate::scenario::ThinkTime;

/// The think times of one user: evenly spread between two ends, and seeded.
#[derive(Clone, Debug)]
pub(super) struct Thinking {
    time: ThinkTime,
    state: u64,
}

impl Thinking {
    /// Think times that `seed` decides.
    pub(super) fn new(time: ThinkTime, seed: u64) -> Self {
        Self { time, state: mixed(seed) }
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Duration {
        self.state = mixed(self.state);
        let ThinkTime { shortest, longest } = self.time;
        shortest + longest.saturating_sub(shortest).mul_f64(share_of(self.state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn think_times_are_spread_between_their_ends() {
        let ends = [200, 600].map(Duration::from_millis);
        let mut thinking = Thinking::new(ThinkTime { shortest: ends[0], longest: ends[1] }, 3);
        let times: Vec<Duration> = (0..10_000).map(|_| thinking.next()).collect();
        assert!(times.iter().all(|time| (ends[0]..=ends[1]).contains(time)));
        let mean = times.iter().map(Duration::as_secs_f64).sum::<f64>() / 10_000.0;
        // Evenly spread over 400 ms: the standard deviation is 400 / √12 = 115 ms.
        assert!((mean - 0.4).abs() < 5.0 * 0.115 / 100.0, "mean {mean}");
    }

    #[test]
    fn one_time_is_always_the_same() {
        let second = Duration::from_secs(1);
        let mut thinking = Thinking::new(ThinkTime { shortest: second, longest: second }, 3);
        assert!((0..10).all(|_| thinking.next() == second));
    }
}
