//! Rule: a target that every value meets judges nothing, and one that no value meets was
//! not meant.
//!
//! `count(responses) >= 0` is green whatever happens, and `ratio(success) > 100%` is red
//! whatever happens. What a value can be is known of the load generator's numbers and of
//! a counter's growth, and of expressions as far as their shape tells. `> 0` of what is
//! never below 0 may be missed and is no such target; nor is `count(x) >= 1`, although a
//! count of nothing is no value: then the objective is inconclusive, and its pass is the
//! proof that something was there.

use super::codes;
use super::model::{ClientExpression, Comparator, ObjectiveKind, Threshold};
use super::promql;
use crate::code::Code;
use crate::units::{Unit, format_quantity, to_base};

/// What the values of something can be, in the base unit; both ends are included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Domain {
    /// What has them, as the subject of a sentence.
    subject: &'static str,
    unit: Unit,
    low: f64,
    high: f64,
    /// Whether they are whole numbers.
    whole: bool,
}

/// What is wrong with targets, in words, and which of them it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointless {
    pub(super) code: Code,
    pub(super) which: usize,
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Domain {
    /// The values of what an objective measures, where it has targets.
    pub(super) fn of(kind: &ObjectiveKind) -> Option<Self> {
        Some(match kind {
            ObjectiveKind::Client(expression) => Self::of_client(expression),
            ObjectiveKind::Counter { unit, .. } => {
                Self::from_zero("the growth of a counter", *unit)
            }
            ObjectiveKind::Promql { expression, unit, scale, .. } => {
                let bounds = promql::bounds(expression);
                let (low, high) = (to_base(bounds.low, *scale), to_base(bounds.high, *scale));
                Self { low, high, ..Self::from_zero("this expression", *unit) }
            }
            ObjectiveKind::Present { .. }
            | ObjectiveKind::Reconcile(_)
            | ObjectiveKind::Alert(_) => return None,
        })
    }

    fn of_client(expression: &ClientExpression) -> Self {
        match expression {
            ClientExpression::Time { .. } | ClientExpression::Span => {
                Self::from_zero("a time", Unit::Seconds)
            }
            ClientExpression::Count { .. } => {
                Self { whole: true, ..Self::from_zero("a count", Unit::Plain) }
            }
            ClientExpression::Bytes { .. } => Self::of_bytes(),
            ClientExpression::SuccessRatio { .. } => {
                Self { high: 1.0, ..Self::from_zero("a share", Unit::Ratio) }
            }
            ClientExpression::ResponseRate { .. } => Self::from_zero("a rate", Unit::PerSecond),
        }
    }

    /// The lengths that something can have.
    pub(super) fn of_bytes() -> Self {
        Self { whole: true, ..Self::from_zero("a number of bytes", Unit::Bytes) }
    }

    fn from_zero(subject: &'static str, unit: Unit) -> Self {
        Self { subject, unit, low: 0.0, high: f64::INFINITY, whole: false }
    }

    fn has(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value) && !(self.whole && value.fract() != 0.0)
    }

    fn always(&self, target: &Threshold) -> bool {
        match target.comparator {
            Comparator::Less => self.high < target.bound,
            Comparator::LessOrEqual => self.high <= target.bound,
            Comparator::Greater => self.low > target.bound,
            Comparator::GreaterOrEqual => self.low >= target.bound,
            Comparator::Equal => self.low >= target.bound && self.high <= target.bound,
            Comparator::NotEqual => !self.has(target.bound),
        }
    }

    fn never(&self, target: &Threshold) -> bool {
        match target.comparator {
            Comparator::Less => self.low >= target.bound,
            Comparator::LessOrEqual => self.low > target.bound,
            Comparator::Greater => self.high <= target.bound,
            Comparator::GreaterOrEqual => self.high < target.bound,
            Comparator::Equal => !self.has(target.bound),
            Comparator::NotEqual => self.low >= target.bound && self.high <= target.bound,
        }
    }

    /// Whether one of the values meets all of these targets.
    fn can_meet(&self, targets: &[Threshold]) -> bool {
        let (low, high) = targets.iter().fold((self.low, self.high), narrowed);
        let (low, high) = if self.whole { (low.ceil(), high.floor()) } else { (low, high) };
        let after = |value: &f64| Some(if self.whole { value + 1.0 } else { value.next_up() });
        let is_excluded = |value: f64| {
            let mut unequal = targets.iter().filter(|one| one.comparator == Comparator::NotEqual);
            unequal.any(|target| !target.comparator.holds(value, target.bound))
        };
        // Each target excludes one value at most, so of one value more one is left.
        let mut values = std::iter::successors(Some(low), after).take(targets.len() + 1);
        values.any(|value| value <= high && !is_excluded(value))
    }

    /// `a count is never below 0`.
    fn in_words(&self, value: f64) -> String {
        let Self { subject, unit, .. } = self;
        let end = |value: f64| format_quantity(value, *unit);
        let is_between = self.whole && value.fract() != 0.0;
        match (self.low.is_finite(), self.high.is_finite()) {
            _ if is_between && (self.low..=self.high).contains(&value) => {
                format!("{subject} is a whole number")
            }
            (true, true) if self.low >= self.high => {
                format!("{subject} is always {}", end(self.low))
            }
            (true, true) => format!("{subject} is {} to {}", end(self.low), end(self.high)),
            (true, false) => format!("{subject} is never below {}", end(self.low)),
            _ => format!("{subject} is never above {}", end(self.high)),
        }
    }
}

/// The first target that judges nothing, alone or beside the others.
pub(super) fn pointless(domain: &Domain, targets: &[Threshold]) -> Option<Pointless> {
    let alone = targets.iter().enumerate().find_map(|(which, target)| {
        let why = domain.in_words(target.bound);
        let (code, claim, help) = if domain.always(target) {
            (
                codes::ALWAYS_MET,
                "holds whatever is measured",
                "write a target that a bad run misses; a number that is only to be shown belongs \
                 into `beside` of an objective",
            )
        } else if domain.never(target) {
            (codes::NEVER_MET, "can never hold", "write a target that a good run meets")
        } else {
            return None;
        };
        let message = format!("`{}` {claim}: {why}", target.text);
        Some(Pointless { code, which, message, help })
    });
    alone.or_else(|| contradiction(domain, targets))
}

/// The first target that cannot be met beside those before it.
fn contradiction(domain: &Domain, targets: &[Threshold]) -> Option<Pointless> {
    let is_met = |many: usize| targets.get(..many).is_none_or(|first| domain.can_meet(first));
    let which = (0..targets.len()).find(|which| !is_met(which + 1))?;
    let (one, before) = (targets.get(which)?, targets.get(..which)?);
    let other = before.iter().find(|other| !domain.can_meet(&[(*other).clone(), one.clone()]));
    let message = match other {
        Some(other) => format!("no value meets both `{}` and `{}`", other.text, one.text),
        None => format!("no value meets `{}` and all targets before it", one.text),
    };
    let help = "write targets that can be met together";
    Some(Pointless { code: codes::NEVER_MET, which, message, help })
}

/// The least and the largest value that also meet a target; `!=` narrows nothing.
fn narrowed((low, high): (f64, f64), target: &Threshold) -> (f64, f64) {
    let bound = target.bound;
    match target.comparator {
        Comparator::Less => (low, high.min(bound.next_down())),
        Comparator::LessOrEqual => (low, high.min(bound)),
        Comparator::Greater => (low.max(bound.next_up()), high),
        Comparator::GreaterOrEqual => (low.max(bound), high),
        Comparator::Equal => (low.max(bound), high.min(bound)),
        Comparator::NotEqual => (low, high),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::threshold::{Expected, parse};

    const COUNT: Domain = Domain {
        subject: "a count",
        unit: Unit::Plain,
        low: 0.0,
        high: f64::INFINITY,
        whole: true,
    };
    const SHARE: Domain =
        Domain { subject: "a share", unit: Unit::Ratio, low: 0.0, high: 1.0, whole: false };

    fn found(domain: &Domain, targets: &[&str]) -> Option<String> {
        let targets: Vec<Threshold> =
            targets.iter().map(|text| parse(text, Expected::Anything).unwrap()).collect();
        pointless(domain, &targets).map(|found| found.message)
    }

    #[test]
    fn what_every_value_meets_is_found() {
        for text in [">= 0", "> -1", "!= -1", "!= 0.5"] {
            let message = found(&COUNT, &[text]).unwrap();
            assert!(message.starts_with(&format!("`{text}` holds whatever")), "{message}");
        }
        for text in [">= 0%", "<= 100%", "< 101%"] {
            assert!(found(&SHARE, &[text]).unwrap().contains("a share is 0% to 100%"), "{text}");
        }
    }

    #[test]
    fn what_no_value_meets_is_found() {
        for text in ["< 0", "<= -1", "== -1", "== 0.5"] {
            let message = found(&COUNT, &[text]).unwrap();
            assert!(message.starts_with(&format!("`{text}` can never hold")), "{message}");
        }
        assert!(found(&SHARE, &["> 100%"]).is_some() && found(&SHARE, &[">= 101%"]).is_some());
    }

    #[test]
    fn what_a_run_can_meet_and_miss_is_not() {
        for text in ["> 0", ">= 1", "== 0", "!= 0", "<= 0", "< 1", "< 0.5"] {
            assert_eq!(found(&COUNT, &[text]), None, "{text}");
        }
        for text in ["> 0%", "== 100%", "< 100%", "<= 0%", ">= 100%"] {
            assert_eq!(found(&SHARE, &[text]), None, "{text}");
        }
        let unknown = Domain { low: f64::NEG_INFINITY, whole: false, ..COUNT };
        assert_eq!(found(&unknown, &[">= 0"]), None);
    }

    #[test]
    fn targets_that_exclude_each_other_are_found() {
        for targets in [["> 5", "< 3"], ["< 3", "> 3"], ["== 2", "> 2"], ["== 2", "== 3"]] {
            let message = found(&COUNT, &targets).unwrap();
            assert!(message.starts_with("no value meets both"), "{message}");
        }
        for targets in [["> 2", "< 4"], [">= 3", "<= 3"], ["== 3", "<= 3"], ["!= 3", "< 4"]] {
            assert_eq!(found(&COUNT, &targets), None, "{targets:?}");
        }
        assert_eq!(found(&SHARE, &["> 2%", "< 3%"]), None);
    }

    #[test]
    fn targets_that_leave_no_whole_number_or_only_what_must_not_be_are_found() {
        for targets in [["> 1", "< 2"], ["== 2", "!= 2"], ["!= 0", "< 1"]] {
            let message = found(&COUNT, &targets).unwrap();
            assert!(message.starts_with("no value meets both"), "{message}");
        }
        assert!(found(&SHARE, &["!= 100%", ">= 100%"]).is_some());
        let message = found(&COUNT, &["> 1", "!= 2", "< 3"]).unwrap();
        assert_eq!(message, "no value meets `< 3` and all targets before it");
        assert_eq!(found(&COUNT, &["> 1", "!= 2", "< 4"]), None);
    }

    #[test]
    fn the_end_that_decides_is_the_one_that_is_told() {
        let message = found(&COUNT, &["> -0.5"]).unwrap();
        assert!(message.ends_with("a count is never below 0"), "{message}");
        let message = found(&COUNT, &["== 0.5"]).unwrap();
        assert!(message.ends_with("a count is a whole number"), "{message}");
    }

    #[test]
    fn that_a_scrape_succeeded_or_not_judges_nothing() {
        let domain = Domain::of(&ObjectiveKind::Promql {
            expression: "min_over_time(up[$run])".into(),
            unit: Unit::Plain,
            scale: 1.0,
            includes_before_run: false,
        });
        assert!(found(&domain.unwrap(), &[">= 0"]).is_some());
        assert_eq!(found(&domain.unwrap(), &[">= 1"]), None);
    }

    #[test]
    fn arithmetic_that_leaves_one_value_judges_nothing() {
        let of = |expression: &str| {
            Domain::of(&ObjectiveKind::Promql {
                expression: expression.into(),
                unit: Unit::Plain,
                scale: 1.0,
                includes_before_run: false,
            })
            .unwrap()
        };
        for (expression, target, why) in [
            ("sum(depth) * 0", "== 0", "this expression is always 0"),
            ("sum(depth) - sum(depth)", "<= 0", "this expression is always 0"),
            ("clamp(sum(depth), 3, 3)", "== 3", "this expression is always 3"),
            ("count(depth) >= bool 0", ">= 1", "this expression is always 1"),
            ("sgn(sum(depth))", "<= 1", "this expression is -1 to 1"),
            ("sum(depth) % 2", "<= 2", "this expression is -2 to 2"),
        ] {
            let message = found(&of(expression), &[target]).unwrap();
            assert_eq!(message, format!("`{target}` holds whatever is measured: {why}"));
        }
        let message = found(&of("sum(depth) ^ 0"), &["!= 1"]).unwrap();
        assert!(message.starts_with("`!= 1` can never hold"), "{message}");
        assert_eq!(found(&of("sum(depth) - sum(depth_limit)"), &["<= 0"]), None);
    }

    #[test]
    fn an_expression_is_bounded_in_the_unit_of_its_value() {
        let kind = ObjectiveKind::Promql {
            expression: "max(clamp_max(depth_ms, 5000) > bool 1) * 5000".into(),
            unit: Unit::Seconds,
            scale: 1e-3,
            includes_before_run: false,
        };
        let domain = Domain::of(&kind).unwrap();
        assert_eq!((domain.low, domain.high), (0.0, 5.0));
        let reason = found(&domain, &["<= 5s"]).unwrap();
        assert!(reason.ends_with("this expression is 0 s to 5 s"), "{reason}");
    }
}
