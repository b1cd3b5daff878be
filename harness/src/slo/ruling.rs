//! What a rule answers: a verdict and the sentence that goes with it.

use super::Verdict;

/// A verdict with its reason: a lowercase fragment that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The word.
    pub verdict: Verdict,
    /// Why; never empty.
    pub reason: String,
}

impl Ruling {
    /// It holds.
    pub fn pass(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Pass, reason: reason.into() }
    }

    /// It does not hold.
    pub fn fail(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, reason: reason.into() }
    }

    /// It cannot be told.
    pub fn inconclusive(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Inconclusive, reason: reason.into() }
    }

    /// Both must hold: the worse one stands, of two misses or two doubts both, of two
    /// passes the first.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.verdict > self.verdict {
            return other;
        }
        let adds = other.verdict == self.verdict && !self.tells(&other.reason);
        if adds && self.verdict != Verdict::Pass {
            let reason = format!("{}; {}", self.reason, other.reason);
            return Self { reason, ..self };
        }
        self
    }

    /// Whether a reason is one of those that were put together to this one.
    fn tells(&self, reason: &str) -> bool {
        let enclosed = |text: &str| format!("; {text}; ");
        enclosed(&self.reason).contains(&enclosed(reason))
    }

    /// A doubt that takes a pass away and leaves a miss as it is.
    #[must_use]
    pub fn unless_missed(self, doubt: impl FnOnce() -> String) -> Self {
        match self.verdict {
            Verdict::Pass => Self::inconclusive(doubt()),
            Verdict::Inconclusive | Verdict::Fail => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_of_two_rulings_stands() {
        let missed = Ruling::pass("a").and(Ruling::fail("b"));
        assert_eq!(missed, Ruling::fail("b"));
        assert_eq!(missed.and(Ruling::inconclusive("c")), Ruling::fail("b"));
        assert_eq!(Ruling::pass("a").and(Ruling::pass("b")), Ruling::pass("a"));
    }

    #[test]
    fn of_several_misses_each_is_told_once() {
        let missed = |reasons: [&str; 3]| reasons.into_iter().map(Ruling::fail).reduce(Ruling::and);
        assert_eq!(missed(["a", "b", "c"]), Some(Ruling::fail("a; b; c")));
        assert_eq!(missed(["a", "a", "a"]), Some(Ruling::fail("a")));
        assert_eq!(missed(["a", "b", "a"]), Some(Ruling::fail("a; b")));
        assert_eq!(missed(["ab; bc", "b", "bc"]), Some(Ruling::fail("ab; bc; b")));
    }

    #[test]
    fn of_several_doubts_each_is_told_and_beside_a_miss_none() {
        let doubt = |reason| Ruling::inconclusive(reason);
        assert_eq!(doubt("a").and(doubt("b")), doubt("a; b"));
        assert_eq!(doubt("a").and(doubt("a")), doubt("a"));
        assert_eq!(doubt("a").and(Ruling::fail("m")).and(doubt("b")), Ruling::fail("m"));
    }

    #[test]
    fn a_doubt_takes_a_pass_away_and_leaves_a_miss() {
        assert_eq!(Ruling::pass("a").unless_missed(|| "d".into()), Ruling::inconclusive("d"));
        assert_eq!(Ruling::fail("a").unless_missed(|| "d".into()), Ruling::fail("a"));
    }
}
