//! Rule: metrics that did not move under load are perhaps not those of what was loaded.
//!
//! A target that answers requests counts something. If none of its counters grew
//! while it answered, the exposition may be another process's: an old instance on
//! the port, a neighbour, a file. Gauges of such a process are easily within every
//! bound, so nothing passes on them; `unmoved: allow` says that it is meant.

use crate::code::Code;
use crate::slo::Ruling;

/// The code of this rule.
pub const CODE: Code = Code::new(&["unmoved", include_str!("../codes/unmoved.md")]);

/// Rules again, knowing that `answers` came and no counter moved.
pub fn rule(ruling: Ruling, answers: u64) -> Ruling {
    let measured = ruling.reason.clone();
    ruling.unless_missed(CODE, || {
        format!(
            "none of the target's counters grew while it answered {answers} requests; these are \
             perhaps the metrics of another process. Scrape what is loaded, or say \
             `unmoved: allow` (measured: {measured})"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;

    #[test]
    fn takes_a_pass_away_and_leaves_a_miss() {
        let doubted = rule(Ruling::pass("3 meets <= 5"), 400);
        assert_eq!(doubted.verdict, Verdict::Inconclusive);
        assert!(doubted.reason.contains("answered 400 requests"), "{}", doubted.reason);
        assert_eq!(rule(Ruling::fail(CODE, "m"), 400), Ruling::fail(CODE, "m"));
    }
}
