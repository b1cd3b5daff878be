//! Rule: a gauge is not judged over a life that nobody watched.
//!
//! Over the whole life of a process counters can be judged from one look, because they
//! began at 0 and count everything. What a gauge was before the first scrape nobody
//! saw: a miss that was seen is one, and a pass is none.

use crate::code::Code;
use crate::slo::{Ruling, Verdict};

/// The code of this rule.
pub const CODE: Code = Code::new(&["unseen-life", include_str!("../codes/unseen-life.md")]);

/// Rules again a gauge over a stretch that begins before the first scrape.
pub fn rule(ruling: Ruling) -> Ruling {
    if ruling.verdict != Verdict::Pass {
        return ruling;
    }
    Ruling::inconclusive(
        CODE,
        format!(
            "what the gauge was before the first scrape nobody saw; leave --since-start out to judge \
         it while it is watched (measured: {})",
            ruling.reason
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_taken_away_and_a_miss_stays() {
        assert_eq!(rule(Ruling::pass("m")).verdict, Verdict::Inconclusive);
        assert_eq!(rule(Ruling::fail(CODE, "m")), Ruling::fail(CODE, "m"));
    }
}
