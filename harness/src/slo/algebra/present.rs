//! Rule: series are present if the closing scrape has at least one sample of them.
//!
//! Presence is a fact about one scrape, so it is certain both ways once that scrape
//! was good: what a good exposition does not hold was not exported. There is no
//! `absent`: a misspelt name is absent too. What the scrape and slogate add themselves,
//! such as `up`, is there whatever the target exports, and shows nothing of it.

use crate::code::Code;
use crate::slo::Ruling;

/// The code of this rule.
pub const CODE: Code = Code::new(&["not-present", include_str!("../codes/not-present.md")]);

/// What was found of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The selector as text.
    pub selector: String,
    /// Series with a sample in the closing scrape.
    pub live: usize,
    /// Series of the closing scrape that the scrape itself or slogate made.
    pub ours: usize,
    /// A series that an earlier scrape of the window had.
    pub lost: Option<String>,
    /// What is wrong with a selector that no scrape ever found anything for.
    pub never: Option<String>,
}

/// Rules what a good closing scrape had.
pub fn rule(seen: &Seen) -> Ruling {
    if seen.live > 0 {
        return Ruling::pass(format!("the closing scrape has {} series of it", seen.live));
    }
    if seen.ours > 0 {
        return Ruling::inconclusive(
            CODE,
            format!(
                "{} is made by the scrape or by slogate, not by the target; ask for a series that \
             the target exports",
                seen.selector
            ),
        );
    }
    match (&seen.lost, &seen.never) {
        (Some(lost), _) => {
            Ruling::fail(CODE, format!("{lost} was there, but not at the closing scrape"))
        }
        (None, Some(never)) => Ruling::fail(CODE, never.clone()),
        (None, None) => {
            Ruling::fail(CODE, format!("{} had no sample in the window", seen.selector))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;

    #[test]
    fn one_sample_is_enough_and_none_is_a_miss() {
        let mut seen = Seen { selector: "x".into(), live: 1, ours: 1, lost: None, never: None };
        assert_eq!(rule(&seen).verdict, Verdict::Pass);
        seen.live = 0;
        assert_eq!(rule(&seen).verdict, Verdict::Inconclusive);
        seen.ours = 0;
        assert_eq!(rule(&seen), Ruling::fail(CODE, "x had no sample in the window"));
        seen.never = Some("no such series: x".into());
        assert_eq!(rule(&seen), Ruling::fail(CODE, "no such series: x"));
    }
}
