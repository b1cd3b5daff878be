//! When the users of a closed phase come and go: a pure function of a user's number.
//!
//! The number of users is linear over the phase. Of a ramp from 5 to 20, user 5 (from 0)
//! comes when the line is half way from 5 to 6, so that the users add up to the area under
//! it; a ramp down is the mirror image.

use std::time::Duration;

use crate::scenario::Users;

/// When a user is there, from the phase's start on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    pub(super) from: Duration,
    pub(super) until: Duration,
}

/// The stay of user `number` (from 0) in a phase of this length.
pub(super) fn stay(users: Users, number: u32, length: Duration) -> Stay {
    let (low, high) = (users.from.min(users.to), users.from.max(users.to));
    if number < low || low == high {
        return Stay { from: Duration::ZERO, until: length };
    }
    let share = (f64::from(number - low) + 0.5) / f64::from(high - low);
    if users.to > users.from {
        Stay { from: length.mul_f64(share.min(1.0)), until: length }
    } else {
        Stay { from: Duration::ZERO, until: length.mul_f64((1.0 - share).max(0.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(30);

    fn stays(from: u32, to: u32) -> Vec<Stay> {
        (0..from.max(to)).map(|number| stay(Users { from, to }, number, LENGTH)).collect()
    }

    #[test]
    fn users_of_a_constant_number_stay_all_the_time() {
        let all = Stay { from: Duration::ZERO, until: LENGTH };
        assert_eq!(stays(3, 3), [all; 3]);
    }

    #[test]
    fn users_of_a_ramp_come_one_after_the_other() {
        let starts: Vec<u128> = stays(1, 4).iter().map(|stay| stay.from.as_millis()).collect();
        assert_eq!(starts, [0, 5_000, 15_000, 25_000]);
        assert!(stays(1, 4).iter().all(|stay| stay.until == LENGTH));
    }

    #[test]
    fn users_of_a_ramp_down_go_the_last_one_first() {
        let ends: Vec<u128> = stays(4, 1).iter().map(|stay| stay.until.as_millis()).collect();
        assert_eq!(ends, [30_000, 25_000, 15_000, 5_000]);
        assert!(stays(4, 1).iter().all(|stay| stay.from.is_zero()));
    }

    #[test]
    fn stays_add_up_to_the_area_under_the_line() {
        for (from, to) in [(0, 20), (5, 20), (20, 5), (7, 0)] {
            let all = stays(from, to);
            let stayed: f64 =
                all.iter().map(|stay| stay.until.as_secs_f64() - stay.from.as_secs_f64()).sum();
            let area = f64::midpoint(f64::from(from), f64::from(to)) * 30.0;
            assert!((stayed - area).abs() < 1e-6, "{from} -> {to}: {stayed} of {area}");
        }
    }
}
