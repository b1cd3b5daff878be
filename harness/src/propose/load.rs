//! How much to send: few enough requests a second that a service feels nothing, and enough
//! in all that what is proposed can pass.

use crate::slo::algebra::sample_size::smallest_sample;

/// The percentile that is proposed.
const QUANTILE: f64 = 0.95;
/// Requests in flight that a service of unknown strength is asked to bear.
const GENTLE_IN_FLIGHT: f64 = 2.0;

/// Loads, quickest first: requests a second as a file says them and as a number, seconds,
/// and the success ratio that so many requests can prove.
const LOADS: [(&str, f64, u32, f64); 5] = [
    ("10/s", 10.0, 30, 0.99),
    ("5/s", 5.0, 60, 0.99),
    ("2/s", 2.0, 150, 0.99),
    ("1/s", 1.0, 300, 0.99),
    // Whatever is slower than two seconds is not asked for longer than five minutes.
    ("12/m", 0.2, 300, 0.95),
];

/// How much to send.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadProposal {
    /// Requests a second, as a file says them.
    pub rate: &'static str,
    /// For how long.
    pub seconds: u32,
    /// Requests in all.
    pub requests: u64,
    /// The share of good answers that so many can prove, from 0 to 1.
    pub success_ratio: f64,
}

impl Eq for LoadProposal {}

impl LoadProposal {
    /// The quickest load that keeps few requests in flight at a service that answers
    /// within so many seconds.
    pub fn for_answers_of(seconds: f64) -> Self {
        let is_gentle = |load: &&(&str, f64, u32, f64)| load.1 * seconds <= GENTLE_IN_FLIGHT;
        let (rate, per_second, seconds, success_ratio) =
            *LOADS.iter().find(is_gentle).unwrap_or(&LOADS[LOADS.len() - 1]);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few hundred requests"
        )]
        let requests = (per_second * f64::from(seconds)).round() as u64;
        Self { rate, seconds, requests, success_ratio }
    }

    /// Requests without a failure that prove the success ratio.
    pub fn needed_for_ratio(&self) -> u64 {
        smallest_sample(self.success_ratio).unwrap_or(u64::MAX)
    }

    /// Requests that the percentile needs.
    pub fn needed_for_percentile(&self) -> u64 {
        smallest_sample(QUANTILE).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_load_can_prove_what_is_proposed() {
        for (.., seconds, _) in LOADS {
            let load = LoadProposal::for_answers_of(f64::from(seconds) / 100.0);
            assert!(load.requests >= load.needed_for_ratio(), "{load:?}");
            assert!(load.requests >= load.needed_for_percentile(), "{load:?}");
        }
        assert_eq!(LoadProposal::for_answers_of(0.001).needed_for_ratio(), 299);
    }

    #[test]
    fn a_slow_service_is_asked_less_often() {
        let rate = |seconds| LoadProposal::for_answers_of(seconds).rate;
        assert_eq!(
            [rate(0.0), rate(0.2), rate(0.3), rate(1.0), rate(2.0)],
            ["10/s", "10/s", "5/s", "2/s", "1/s"]
        );
        assert_eq!([rate(2.1), rate(60.0)], ["12/m", "12/m"]);
    }
}
