//! Rule: what is missed while others had the machine's CPU may be their doing.
//!
//! A service that waits for a core is slow, and its queue is long, whatever it is like.
//! So where other processes had much of this machine's CPU and hardly any was left, a
//! miss that waiting alone explains is inconclusive. It turns nothing into a pass.

use crate::code::Code;
use crate::slo::{Ruling, Verdict};
use crate::units::{Unit, format_quantity};

/// The code of this rule.
pub const CODE: Code = Code::new(&["starved-machine", include_str!("../codes/starved-machine.md")]);

/// Below this idle share somebody waited for a core most of the time. Not 0: a core stands
/// idle for moments even where every one has more work than it can do.
pub const IDLE_SHARE: f64 = 0.1;
/// Above this share of others, what they took is more than what a machine does by itself
/// and more than the 10 % that could have been idle: it was missing.
pub const OTHER_SHARE: f64 = 0.2;

/// How the CPU time of this machine was shared, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuShares {
    /// Nobody's.
    pub idle: f64,
    /// In interrupts.
    pub interrupts: f64,
    /// The load generator's.
    pub generator: f64,
    /// The target's; `None` if that is not known.
    pub target: Option<f64>,
    /// Everybody else's.
    pub other: f64,
}

impl CpuShares {
    /// Whether the target was starved. What is not known to be on this machine was not,
    /// and nor was one whose own time would be counted as others'.
    pub fn is_starved(&self) -> bool {
        self.target.is_some() && self.idle < IDLE_SHARE && self.other > OTHER_SHARE
    }
}

/// Why a miss that waiting explains may be others' doing, if they starved the target.
pub fn excuse(shares: &CpuShares) -> Option<String> {
    let percent = |share: f64| format_quantity((share * 100.0).round() / 100.0, Unit::Ratio);
    shares.is_starved().then(|| {
        format!(
            "other processes took {} of this machine's CPU and {} was idle, so this miss may be \
             theirs; run it on a less busy machine",
            percent(shares.other),
            percent(shares.idle),
        )
    })
}

/// Rules again, knowing how the CPU was shared and that waiting explains a miss.
pub fn rule(ruling: Ruling, shares: &CpuShares) -> Ruling {
    match excuse(shares) {
        Some(excuse) if ruling.verdict == Verdict::Fail => {
            Ruling::inconclusive(CODE, format!("{excuse} (measured: {})", ruling.reason))
        }
        _ => ruling,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(idle: f64, other: f64) -> CpuShares {
        let target = Some(1.0 - idle - other);
        CpuShares { idle, interrupts: 0.0, generator: 0.0, target, other }
    }

    #[test]
    fn a_miss_on_a_starved_machine_is_inconclusive() {
        let ruled = rule(Ruling::fail(CODE, "m"), &shares(0.02, 0.61));
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
        assert!(ruled.reason.starts_with("other processes took 61% of this machine's CPU and 2%"));
    }

    #[test]
    fn nothing_becomes_a_pass_and_a_pass_stands() {
        for ruling in [Ruling::pass("m"), Ruling::inconclusive(CODE, "m")] {
            assert_eq!(rule(ruling.clone(), &shares(0.0, 0.9)), ruling);
        }
    }

    #[test]
    fn a_miss_stands_where_there_was_cpu_or_nobody_else_had_it() {
        for shares in [shares(0.1, 0.6), shares(0.0, 0.2), shares(0.9, 0.0)] {
            assert_eq!(rule(Ruling::fail(CODE, "m"), &shares), Ruling::fail(CODE, "m"));
        }
    }

    #[test]
    fn a_target_that_is_not_known_to_be_here_is_not_starved() {
        let unknown = CpuShares { target: None, ..shares(0.0, 0.9) };
        assert_eq!(rule(Ruling::fail(CODE, "m"), &unknown), Ruling::fail(CODE, "m"));
    }
}
