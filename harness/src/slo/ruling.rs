//! What a rule answers: a verdict and the sentence that goes with it.

use std::fmt;

use super::Verdict;
use crate::code::Code;

/// A verdict with its reason: a lowercase fragment that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The word.
    pub verdict: Verdict,
    /// Why; never empty.
    pub reason: String,
    /// The rules that took the pass away, each once; none of a pass.
    pub codes: Vec<Code>,
}

/// Why something cannot be told: a reason, and the code of the rule that gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The rule.
    pub code: Code,
    /// Why; a lowercase fragment.
    pub reason: String,
}

impl Doubt {
    /// A doubt with its reason.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl From<Doubt> for Ruling {
    fn from(doubt: Doubt) -> Self {
        Self::inconclusive(doubt.code, doubt.reason)
    }
}

impl Ruling {
    /// It holds.
    pub fn pass(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Pass, reason: reason.into(), codes: Vec::new() }
    }

    /// It does not hold.
    pub fn fail(code: Code, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, reason: reason.into(), codes: vec![code] }
    }

    /// It cannot be told.
    pub fn inconclusive(code: Code, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Inconclusive, reason: reason.into(), codes: vec![code] }
    }

    /// Both must hold: the worse one stands, of two misses or two doubts both, of two
    /// passes the first.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        if other.verdict > self.verdict {
            return other;
        }
        let adds = other.verdict == self.verdict && !self.tells(&other.reason);
        if adds && self.verdict != Verdict::Pass {
            self.reason = format!("{}; {}", self.reason, other.reason);
            let added = other.codes.into_iter().filter(|code| !self.codes.contains(code));
            self.codes.extend(added.collect::<Vec<_>>());
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
    pub fn unless_missed(self, code: Code, doubt: impl FnOnce() -> String) -> Self {
        match self.verdict {
            Verdict::Pass => Self::inconclusive(code, doubt()),
            Verdict::Inconclusive | Verdict::Fail => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSED: Code = Code::new(&["missed", "m"]);
    const DOUBTED: Code = Code::new(&["doubted", "d"]);

    fn fail(reason: &str) -> Ruling {
        Ruling::fail(MISSED, reason)
    }

    fn doubt(reason: &str) -> Ruling {
        Ruling::inconclusive(DOUBTED, reason)
    }

    #[test]
    fn the_worse_of_two_rulings_stands() {
        let missed = Ruling::pass("a").and(fail("b"));
        assert_eq!(missed, fail("b"));
        assert_eq!(missed.and(doubt("c")), fail("b"));
        assert_eq!(Ruling::pass("a").and(Ruling::pass("b")), Ruling::pass("a"));
    }

    #[test]
    fn of_several_misses_each_is_told_once() {
        let missed = |reasons: [&str; 3]| reasons.into_iter().map(fail).reduce(Ruling::and);
        assert_eq!(missed(["a", "b", "c"]), Some(fail("a; b; c")));
        assert_eq!(missed(["a", "a", "a"]), Some(fail("a")));
        assert_eq!(missed(["a", "b", "a"]), Some(fail("a; b")));
        assert_eq!(missed(["ab; bc", "b", "bc"]), Some(fail("ab; bc; b")));
    }

    #[test]
    fn of_several_doubts_each_is_told_and_beside_a_miss_none() {
        assert_eq!(doubt("a").and(doubt("b")), doubt("a; b"));
        assert_eq!(doubt("a").and(doubt("a")), doubt("a"));
        assert_eq!(doubt("a").and(fail("m")).and(doubt("b")), fail("m"));
    }

    #[test]
    fn a_doubt_takes_a_pass_away_and_leaves_a_miss() {
        assert_eq!(Ruling::pass("a").unless_missed(DOUBTED, || "d".into()), doubt("d"));
        assert_eq!(fail("a").unless_missed(DOUBTED, || "d".into()), fail("a"));
    }

    #[test]
    fn the_rules_of_all_that_is_told_are_named_once() {
        let other = Code::new(&["other", "o"]);
        let both = fail("a").and(Ruling::fail(other, "b")).and(fail("c")).and(doubt("d"));
        assert_eq!(both.codes, [MISSED, other]);
        assert_eq!(Ruling::pass("a").and(doubt("d")).codes, [DOUBTED]);
        assert_eq!(Ruling::pass("a").codes, []);
    }
}
