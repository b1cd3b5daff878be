//! One clock for a whole run: wall time, anchored once, moved on by the monotonic
//! clock.
//!
//! When the system's clock jumps in the middle of a run, samples must not change
//! their order and windows must not change their length. So the wall clock is
//! read once; a jump later on is not seen at all.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Wall time that only moves forward, at the pace of the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    /// Wall time at `origin`, since the Unix epoch.
    origin_wall: Duration,
}

impl Clock {
    /// Reads the wall clock, now and never again.
    pub fn start() -> Self {
        // A wall clock before 1970 is no better than none.
        let origin_wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { origin: Instant::now(), origin_wall }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        self.at_ms(Instant::now())
    }

    /// An instant as milliseconds since the Unix epoch, rounded down.
    pub fn at_ms(&self, instant: Instant) -> i64 {
        let wall = match instant.checked_duration_since(self.origin) {
            Some(after) => self.origin_wall.saturating_add(after),
            None => self.origin_wall.saturating_sub(self.origin.duration_since(instant)),
        };
        i64::try_from(wall.as_millis()).unwrap_or(i64::MAX)
    }
}

/// RFC 3339 in UTC of milliseconds since the epoch.
pub fn rfc3339(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms)
        .map_or_else(|_| format!("{at_ms} ms"), |timestamp| timestamp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_on_with_the_monotonic_clock() {
        let clock = Clock::start();
        let later = clock.origin + Duration::from_millis(1500);
        assert_eq!(clock.at_ms(later) - clock.at_ms(clock.origin), 1500);
        let earlier = clock.origin.checked_sub(Duration::from_millis(2)).unwrap();
        assert_eq!(clock.at_ms(clock.origin) - clock.at_ms(earlier), 2);
    }
}
