//! The three words every judgement ends in, and how they combine.
//!
//! There is no fourth word and no bare boolean: whatever cannot be shown to
//! hold is not a pass, and whatever cannot be shown to be missed is not a fail.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a judgement ends in; ordered from best to worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds, and there is enough evidence for it.
    Pass,
    /// There is not enough evidence for either word.
    Inconclusive,
    /// It does not hold.
    Fail,
}

impl Verdict {
    /// Both must hold: failure beats doubt, doubt beats a pass.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }

    /// All must hold; of nothing at all nothing is known, so that is inconclusive.
    pub fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().reduce(Self::and).unwrap_or(Self::Inconclusive)
    }

    /// The word itself, in lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, Fail, Inconclusive, Pass};

    #[test]
    fn failure_beats_doubt_and_doubt_beats_a_pass() {
        assert_eq!(Verdict::all([Pass, Inconclusive, Fail]), Fail);
        assert_eq!(Verdict::all([Pass, Inconclusive]), Inconclusive);
        assert_eq!(Verdict::all([Pass, Pass]), Pass);
    }

    #[test]
    fn nothing_to_judge_is_never_a_pass() {
        assert_eq!(Verdict::all([]), Inconclusive);
    }
}
