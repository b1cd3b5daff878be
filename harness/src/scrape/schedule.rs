//! When scrapes happen: an absolute grid, each instant moved a little.
//!
//! The grid does not accumulate delays, so an hour of scrapes is an hour. The
//! movement keeps a steady scrape from locking in step with a steady load, which
//! would show the same moment of every cycle.

use std::time::Duration;

/// How far an instant may be moved off the grid to either side, as a share of the
/// interval: two neighbours stay at least three fifths of an interval apart.
const LARGEST_MOVE: f64 = 0.2;

/// Shortest interval: a scrape takes about as long, so nothing shorter can be kept.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// The grid of one scraper.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    every: Duration,
    seed: u64,
}

impl Schedule {
    /// A grid of instants `every` apart, moved by numbers drawn from `seed`.
    pub(super) fn new(every: Duration, seed: u64) -> Self {
        Self { every: every.max(SHORTEST_INTERVAL), seed }
    }

    /// The time of instant `index` since the start of the schedule.
    pub(super) fn instant(self, index: u32) -> Duration {
        let moved = f64::from(index) + LARGEST_MOVE * signed_unit(self.seed, index);
        self.every.mul_f64(moved.max(0.0))
    }

    /// The first instant that is still to come at a time since the start: instants
    /// that a slow scrape has missed are left out, not made up for.
    pub(super) fn next_index(self, last: u32, elapsed: Duration) -> u32 {
        let mut next = last.saturating_add(1);
        let passed = elapsed.as_secs_f64() / self.every.as_secs_f64();
        // Close to the answer at once; the loop decides about the movement.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "floats saturate, and a schedule of 2^32 scrapes has ended"
        )]
        let near = (passed - 1.0).max(0.0) as u32;
        next = next.max(near);
        while self.instant(next) < elapsed && next < u32::MAX {
            next += 1;
        }
        next
    }
}

/// A number from -1 to 1 that seed and index alone decide (`SplitMix64`, Steele,
/// Lea and Flood 2014).
fn signed_unit(seed: u64, index: u32) -> f64 {
    let mut state = seed.wrapping_add(u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^= state >> 31;
    // The upper 53 bits fill a float's mantissa exactly.
    (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule { every: Duration::from_millis(250), seed: 42 };

    #[test]
    fn instants_stay_near_their_grid_for_ever() {
        for index in [1, 2, 3, 1000, 14_400] {
            let grid = SCHEDULE.every.as_secs_f64() * f64::from(index);
            let off = (SCHEDULE.instant(index).as_secs_f64() - grid).abs();
            assert!(off <= 0.2 * 0.25 + 1e-9, "instant {index} is {off} s off");
        }
    }

    #[test]
    fn instants_are_moved_and_the_seed_decides_how() {
        let moves = |seed| -> Vec<Duration> {
            (1..6).map(|index| Schedule { seed, ..SCHEDULE }.instant(index)).collect()
        };
        assert_eq!(moves(1), moves(1));
        assert_ne!(moves(1), moves(2));
    }

    #[test]
    fn a_slow_scrape_skips_instants_instead_of_piling_up() {
        assert_eq!(SCHEDULE.next_index(1, Duration::from_millis(260)), 2);
        let next = SCHEDULE.next_index(1, Duration::from_secs(10));
        assert!((40..=41).contains(&next), "{next}");
        assert!(SCHEDULE.instant(next) >= Duration::from_secs(10));
    }
}
