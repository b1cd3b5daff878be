//! The arrivals that one thread sends of an open phase, in the order in which they are due.
//!
//! Even arrivals are where the integral of the rate reaches 0, 1, 2, …. Poisson arrivals
//! come from users who know nothing of each other: the integral between two of them is
//! exponentially distributed with mean 1 (the time change of a Poisson process with a
//! varying rate; Lewis and Shedler, 1979, §2). Each thread draws the one sequence of the
//! phase and takes its share of it, so that threads need not talk.

use std::time::Duration;

use super::pacer::Pacer;
use super::random::{mixed, share_of};
use crate::scenario::Arrivals;

/// One request that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Its number among those of all threads, from 0.
    pub(super) number: u64,
    /// When it is due, from the phase's start on.
    pub(super) due: Duration,
}

/// The arrivals of one thread.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pacer: Pacer,
    /// The number of the next arrival.
    number: u64,
    /// How many threads share the schedule.
    lanes: u64,
    spacing: Spacing,
}

#[derive(Clone, Debug)]
enum Spacing {
    Even { arrivals: u64 },
    Poisson { state: u64, drawn: u64, reached: f64 },
}

impl Schedule {
    /// The arrivals `lane`, `lane + lanes`, `lane + 2 lanes`, … of a phase.
    pub(super) fn new(pacer: Pacer, arrivals: Arrivals, seed: u64, lane: u64, lanes: u64) -> Self {
        let spacing = match arrivals {
            Arrivals::Even => Spacing::Even { arrivals: pacer.arrivals() },
            Arrivals::Poisson => Spacing::Poisson { state: mixed(seed), drawn: 0, reached: 0.0 },
        };
        Self { pacer, number: lane, lanes, spacing }
    }
}

impl Iterator for Schedule {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let number = self.number;
        let due = match &mut self.spacing {
            Spacing::Even { arrivals } => (number < *arrivals).then(|| self.pacer.due(number))?,
            Spacing::Poisson { state, drawn, reached } => {
                while *drawn <= number {
                    *state = mixed(*state);
                    *reached -= share_of(*state).ln();
                    *drawn += 1;
                }
                (*reached < self.pacer.integral()).then(|| self.pacer.reaches(*reached))?
            }
        };
        self.number += self.lanes;
        Some(Arrival { number, due })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn poisson(from: f64, to: f64, seed: u64) -> Vec<Arrival> {
        Schedule::new(Pacer::new(from, to, MINUTE), Arrivals::Poisson, seed, 0, 1).collect()
    }

    #[test]
    fn even_arrivals_are_those_of_the_pacer() {
        let pacer = Pacer::new(5.0, 20.0, Duration::from_secs(10));
        let all: Vec<_> = Schedule::new(pacer, Arrivals::Even, 1, 0, 1).collect();
        assert_eq!(all.len(), 125);
        assert!(all.iter().all(|one| one.due == pacer.due(one.number)));
    }

    #[test]
    fn threads_take_turns_in_one_sequence() {
        for arrivals in [Arrivals::Even, Arrivals::Poisson] {
            let of = |lane, lanes| {
                Schedule::new(Pacer::new(9.0, 50.0, MINUTE), arrivals, 7, lane, lanes)
            };
            let mut shared: Vec<_> = of(0, 3).chain(of(1, 3)).chain(of(2, 3)).collect();
            shared.sort_by_key(|one| one.number);
            assert_eq!(shared, of(0, 1).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(poisson(10.0, 10.0, 1), poisson(10.0, 10.0, 1));
        assert_ne!(poisson(10.0, 10.0, 1), poisson(10.0, 10.0, 2));
    }

    #[test]
    fn poisson_counts_have_the_mean_and_the_variance_of_the_integral() {
        // 600 arrivals a phase; over 2,000 phases the mean has a standard error of 0.55
        // and the variance, which is 600 as well, one of 600 √(2 / 2000) = 19.
        let counts: Vec<f64> =
            (0..2_000).map(|seed| poisson(5.0, 15.0, seed).len() as f64).collect();
        let mean = counts.iter().sum::<f64>() / 2_000.0;
        let variance = counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 1_999.0;
        assert!((mean - 600.0).abs() < 4.0 * 0.55, "mean {mean}");
        assert!((variance - 600.0).abs() < 4.0 * 19.0, "variance {variance}");
    }

    #[test]
    fn poisson_arrivals_follow_a_ramp() {
        // 5/s to 15/s over a minute: 225 of 600 are due in the first half.
        let early = |seed| {
            let all = poisson(5.0, 15.0, seed);
            all.iter().filter(|one| one.due < MINUTE / 2).count() as f64
        };
        let mean = (0..2_000).map(early).sum::<f64>() / 2_000.0;
        assert!((mean - 225.0).abs() < 4.0 * (225.0_f64 / 2_000.0).sqrt(), "mean {mean}");
    }

    #[test]
    fn gaps_of_a_constant_rate_are_exponential() {
        let dues: Vec<f64> = (0..200).flat_map(|seed| gaps(&poisson(10.0, 10.0, seed))).collect();
        let count = dues.len() as f64;
        // P(gap > 100 ms) at 10/s is 1/e, P(gap > 300 ms) is 1/e³.
        for (longer_than, share) in [(0.1, (-1.0_f64).exp()), (0.3, (-3.0_f64).exp())] {
            let seen = dues.iter().filter(|gap| **gap > longer_than).count() as f64 / count;
            let error = (share * (1.0 - share) / count).sqrt();
            assert!((seen - share).abs() < 5.0 * error, "{seen} of {share}");
        }
    }

    fn gaps(arrivals: &[Arrival]) -> Vec<f64> {
        arrivals
            .windows(2)
            .map(|pair| pair[1].due.as_secs_f64() - pair[0].due.as_secs_f64())
            .collect()
    }
}
