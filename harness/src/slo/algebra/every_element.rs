//! Rule: of a vector every element must hold, and the worst one is shown.
//!
//! An element that is NaN or infinite is not a number to compare: it takes a
//! pass away, and hides no miss of another element.

use crate::code::Code;
use crate::slo::{Observed, Ruling, Uncertainty, Verdict, all_of};
use crate::units::Unit;

/// The code of this rule.
pub const CODE: Code = Code::new(&["not-a-number", include_str!("../codes/not-a-number.md")]);

/// One element of a vector, ruled by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its labels as text; empty for a scalar.
    pub labels: String,
    /// Its value in the base unit.
    pub observed: Observed,
    /// Room left to the target, negative for a miss.
    pub margin: Option<f64>,
    /// Samples behind it, where it rests on samples.
    pub samples: Option<u64>,
    /// How far it may be off, where that is known.
    pub uncertainty: Option<Uncertainty>,
    /// Its own rulings, one for each threshold in order.
    pub rulings: Vec<Ruling>,
}

impl Element {
    /// The ruling over all thresholds.
    pub fn ruling(&self) -> Ruling {
        all_of(self.rulings.iter().cloned())
    }
}

/// The ruling about a value that cannot be compared, if it is one.
pub fn rule_not_finite(value: f64, unit: Unit) -> Option<Ruling> {
    if value.is_finite() {
        return None;
    }
    let shown = Observed::of(value).show(unit);
    Some(Ruling::inconclusive(
        CODE,
        format!(
            "the expression gave {shown}, which is not a number to compare; was there anything to \
         divide by or to rank?"
        ),
    ))
}

/// The worst element: by verdict, then by margin. `None` of no elements.
pub fn worst(elements: Vec<Element>) -> Option<Element> {
    elements.into_iter().reduce(|one, other| if is_worse(&other, &one) { other } else { one })
}

fn is_worse(one: &Element, other: &Element) -> bool {
    let rank = |verdict: Verdict| verdict as u8;
    let margin = |element: &Element| element.margin.unwrap_or(f64::INFINITY);
    rank(one.ruling().verdict)
        .cmp(&rank(other.ruling().verdict))
        .then(margin(other).total_cmp(&margin(one)))
        .is_gt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(labels: &str, ruling: Ruling, margin: f64) -> Element {
        Element {
            labels: labels.into(),
            observed: Observed::Number(0.0),
            margin: Some(margin),
            samples: None,
            uncertainty: None,
            rulings: vec![ruling],
        }
    }

    #[test]
    fn one_missing_element_is_a_miss_of_the_whole() {
        let worst = worst(vec![
            element("a", Ruling::pass("p"), 5.0),
            element("b", Ruling::fail(CODE, "f"), -1.0),
            element("c", Ruling::fail(CODE, "f"), -2.0),
            element("d", Ruling::inconclusive(CODE, "i"), 0.0),
        ]);
        assert_eq!(worst.unwrap().labels, "c");
    }

    #[test]
    fn of_passing_elements_the_nearest_to_its_target_is_shown() {
        let near = element("near", Ruling::pass("p"), 1.0);
        let worst = worst(vec![element("far", Ruling::pass("p"), 5.0), near]);
        assert_eq!(worst.unwrap().labels, "near");
    }

    #[test]
    fn nan_and_infinities_are_no_numbers_to_compare() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let ruling = rule_not_finite(value, Unit::Plain).unwrap();
            assert_eq!(ruling.verdict, Verdict::Inconclusive);
        }
        assert_eq!(rule_not_finite(1.0, Unit::Plain), None);
    }
}
