//! The same questions to two sources: what this run's own series say, and what a
//! Prometheus-compatible API says to the same texts at the same times (`--verify-with`).
//!
//! Of an objective in PromQL that is its expression with the windows written out, at the
//! closing scrape. Of a counter it is what its series sum up to at both ends of the window.
//! Nothing is asked here; answers come in as values.

use std::collections::BTreeMap;

use slogate_promql::{Expression, Labels, Options, Value, instant};

use super::promql::ExpressionWindows;
use super::scraped::OWN_SERIES;
use super::{Doubt, Evidence};
use crate::scenario::{Objective, ObjectiveKind, Threshold};
use crate::series::SCRAPE_LABELS;
use crate::units::to_base;

/// The largest relative difference of numbers that two engines have from the same samples:
/// they add up in orders of their own.
pub const SAME_SAMPLES: f64 = 1e-9;

/// What two sources are asked for one objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The objective's id.
    pub objective: String,
    /// The expression, without names of windows.
    pub expression: String,
    /// When it is evaluated, milliseconds since the epoch.
    pub at_ms: i64,
    /// What the run's own series have; never empty.
    ours: Vec<(Labels, f64)>,
    /// Whether it reads nothing but the load generator's own series.
    is_about_us: bool,
    thresholds: Vec<Threshold>,
    scale: f64,
}

/// An objective of which nothing is asked, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The objective's id.
    pub objective: String,
    /// Why.
    pub reason: String,
}

/// The answers of two sources to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The value of the run's own series, if there is one: of several elements that which
    /// differs most.
    pub ours: Option<f64>,
    /// The API's value of the same element, if it has it.
    pub theirs: Option<f64>,
    /// The distance of the two, as a share of the larger one.
    pub relative_difference: Option<f64>,
    /// What it comes to.
    pub agreement: Agreement,
}

/// What two answers come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The same, as far as can be asked.
    Same,
    /// Not the same, and how.
    Differs(String),
    /// The API has nothing at all to say to this.
    NoSuchSeries,
    /// The same of series that only this run has: the load generator's own.
    OnlyHere,
}

/// What to ask of the objectives that are about metrics, and which of those are left out.
pub fn questions(
    objectives: &[Objective],
    evidence: &Evidence<'_>,
) -> (Vec<Question>, Vec<LeftOut>) {
    let (mut asked, mut left_out) = (Vec::new(), Vec::new());
    for objective in objectives {
        match question(objective, evidence) {
            Ok(Some(question)) => asked.push(question),
            Ok(None) => {}
            Err(doubt) => {
                let objective = objective.id.clone();
                left_out.push(LeftOut { objective, reason: doubt.reason });
            }
        }
    }
    (asked, left_out)
}

/// Nothing for an objective that is not about metrics.
fn question(objective: &Objective, evidence: &Evidence<'_>) -> Result<Option<Question>, Doubt> {
    let scale = match &objective.kind {
        ObjectiveKind::Promql { scale, .. } => *scale,
        _ => 1.0,
    };
    let text = match &objective.kind {
        ObjectiveKind::Client(_) => return Ok(None),
        ObjectiveKind::Alert(_) => {
            return Err(left_out("rules are evaluated at many instants, and not asked"));
        }
        ObjectiveKind::Promql { expression, .. } => Text::Whole(expression),
        ObjectiveKind::Counter { selector, .. } => Text::Growth(selector),
        ObjectiveKind::Reconcile(reconcile) => Text::Growth(&reconcile.selector),
        ObjectiveKind::Present { selector } => Text::Presence(selector),
    };
    let windows = ExpressionWindows::of(objective.during.as_deref(), evidence)?;
    let expression = text.written_out(&windows)?;
    let at_ms = windows.window.closed_ms;
    let parsed = Expression::parse(&expression).map_err(|error| left_out(&error.to_string()))?;
    let ours = elements(&parsed, at_ms, evidence)?;
    if ours.is_empty() {
        return Err(left_out("it has no value here"));
    }
    let is_whole = matches!(text, Text::Whole(_));
    Ok(Some(Question {
        objective: objective.id.clone(),
        is_about_us: reads_only_us(&parsed),
        expression,
        at_ms,
        ours,
        thresholds: if is_whole { objective.thresholds.clone() } else { Vec::new() },
        scale,
    }))
}

fn left_out(reason: &str) -> Doubt {
    Doubt::new(super::codes::NO_VALUE, reason)
}

/// What is asked of an objective.
enum Text<'a> {
    /// An expression as it is.
    Whole(&'a str),
    /// How much series grew between the two ends of the window.
    Growth(&'a str),
    /// How many series there are.
    Presence(&'a str),
}

impl Text<'_> {
    fn written_out(&self, windows: &ExpressionWindows) -> Result<String, Doubt> {
        let window = windows.window;
        match self {
            Self::Whole(text) => windows.write_out(text),
            Self::Growth(selector) => {
                let range_ms = window.closed_ms - window.opened_ms;
                Ok(format!("sum({selector}) - (sum({selector} offset {range_ms}ms) or vector(0))"))
            }
            Self::Presence(selector) => Ok(format!("count({selector})")),
        }
    }
}

fn elements(
    expression: &Expression,
    at_ms: i64,
    evidence: &Evidence<'_>,
) -> Result<Vec<(Labels, f64)>, Doubt> {
    match instant(expression, evidence.series, at_ms, &Options::default()) {
        Ok(Value::Scalar(value)) => Ok(vec![(Labels::default(), value)]),
        Ok(Value::Vector(elements)) => {
            let pair = |one: slogate_promql::Element| Some((one.labels, one.value.number()?));
            Ok(elements.into_iter().filter_map(pair).collect())
        }
        Ok(_) => Err(left_out("it gives no numbers")),
        Err(error) => Err(left_out(&error.to_string())),
    }
}

fn reads_only_us(expression: &Expression) -> bool {
    let selectors = expression.selectors();
    let is_own = |name: Option<&str>| name.is_some_and(|name| name.starts_with(OWN_SERIES));
    !selectors.is_empty() && selectors.iter().all(|one| is_own(one.metric_name()))
}

impl Question {
    /// Compares what an API answered. Up to `tolerance`, as a share of the larger value,
    /// values count as the same; more than [`SAME_SAMPLES`] is for an API that has scraped the
    /// target itself, and then both must meet or miss the objective's targets as well.
    pub fn compare(&self, theirs: &[(Labels, Option<f64>)], tolerance: f64) -> Compared {
        if theirs.is_empty() {
            let own = self.is_about_us && tolerance > SAME_SAMPLES;
            let agreement = if own { Agreement::OnlyHere } else { Agreement::NoSuchSeries };
            let ours = self.ours.first().map(|(_, ours)| *ours);
            return Compared { ours, theirs: None, relative_difference: None, agreement };
        }
        let worst =
            self.pairs(theirs).into_iter().max_by(|a, b| a.distance().total_cmp(&b.distance()));
        let Some(pair) = worst else {
            return differing(None, None, "nothing can be compared".to_owned());
        };
        let (Some(ours), Some(value)) = (pair.ours, pair.theirs) else {
            return differing(pair.ours, pair.theirs, pair.lonely());
        };
        let difference = relative_difference(ours, value);
        if difference > tolerance {
            let text = format!("{ours}{} here, {value} there", pair.named());
            return differing(Some(ours), Some(value), text);
        }
        let flipped = (tolerance > SAME_SAMPLES).then(|| self.flipped(theirs)).flatten();
        if let Some(text) = flipped {
            return differing(Some(ours), Some(value), text);
        }
        Compared {
            ours: Some(ours),
            theirs: Some(value),
            relative_difference: Some(difference),
            agreement: Agreement::Same,
        }
    }

    /// Elements of both sides that have the same labels. What a scrape adds is left away
    /// where the others tell the elements apart: whoever scrapes names a target as they like.
    fn pairs(&self, theirs: &[(Labels, Option<f64>)]) -> Vec<Pair> {
        let ours = self.ours.iter().map(|(labels, value)| (labels, Some(*value)));
        let theirs = theirs.iter().map(|(labels, value)| (labels, *value));
        let without = |labels: &Labels| labels.filtered(|name| !SCRAPE_LABELS.contains(&name));
        let short = (by_labels(ours.clone(), without), by_labels(theirs.clone(), without));
        let (ours, theirs) = match short {
            (Some(ours), Some(theirs)) => (ours, theirs),
            _ => (
                by_labels(ours, Clone::clone).unwrap_or_default(),
                by_labels(theirs, Clone::clone).unwrap_or_default(),
            ),
        };
        let labels = ours.keys().chain(theirs.keys().filter(|one| !ours.contains_key(*one)));
        let pair = |labels: &Labels| Pair {
            labels: labels.clone(),
            ours: ours.get(labels).copied().flatten(),
            theirs: theirs.get(labels).copied().flatten(),
        };
        labels.map(pair).collect()
    }

    /// A target that one side meets and the other misses.
    fn flipped(&self, theirs: &[(Labels, Option<f64>)]) -> Option<String> {
        self.thresholds.iter().find_map(|target| {
            let holds =
                |value: f64| target.comparator.holds(to_base(value, self.scale), target.bound);
            let here = self.ours.iter().all(|(_, value)| holds(*value));
            let there = theirs.iter().all(|(_, value)| value.is_some_and(holds));
            let met = |is_met: bool| if is_met { "met" } else { "missed" };
            (here != there).then(|| {
                format!("`{}` is {} here and {} there", target.text, met(here), met(there))
            })
        })
    }
}

fn differing(ours: Option<f64>, theirs: Option<f64>, text: String) -> Compared {
    let relative_difference = ours.zip(theirs).map(|(a, b)| relative_difference(a, b));
    Compared { ours, theirs, relative_difference, agreement: Agreement::Differs(text) }
}

/// Elements by labels; nothing where two would have the same.
fn by_labels<'l>(
    elements: impl Iterator<Item = (&'l Labels, Option<f64>)>,
    key: impl Fn(&Labels) -> Labels,
) -> Option<BTreeMap<Labels, Option<f64>>> {
    let mut by_labels = BTreeMap::new();
    for (labels, value) in elements {
        if by_labels.insert(key(labels), value).is_some() {
            return None;
        }
    }
    Some(by_labels)
}

/// One element as both sides have it.
struct Pair {
    labels: Labels,
    ours: Option<f64>,
    theirs: Option<f64>,
}

impl Pair {
    /// How far apart they are; what only one side has is the farthest.
    fn distance(&self) -> f64 {
        match (self.ours, self.theirs) {
            (Some(ours), Some(theirs)) => relative_difference(ours, theirs),
            _ => f64::INFINITY,
        }
    }

    fn named(&self) -> String {
        if self.labels.is_empty() { String::new() } else { format!(" of {}", self.labels) }
    }

    /// That only one side has it.
    fn lonely(&self) -> String {
        match (self.ours, self.theirs) {
            (Some(ours), _) => format!("{ours}{} here, and no number there", self.named()),
            (None, Some(theirs)) => format!("{theirs}{} there, and no number here", self.named()),
            (None, None) => format!("no number{} on either side", self.named()),
        }
    }
}

/// The distance of two numbers as a share of the larger one; 0 of two that are both no
/// number, or the same infinity.
#[expect(clippy::float_cmp, reason = "exact equality is the quick way out, and infinities")]
fn relative_difference(a: f64, b: f64) -> f64 {
    if a == b || (a.is_nan() && b.is_nan()) {
        return 0.0;
    }
    let difference = (a - b).abs() / a.abs().max(b.abs());
    if difference.is_nan() { f64::INFINITY } else { difference }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values that are exact in binary")]
mod tests {
    use super::*;
    use crate::scenario::Comparator;
    use crate::series::{FamilyKind, SeriesStore};
    use crate::slo::fixtures::{
        add_series, answered, evidence_of, objective, scrapes_every, steady, store_of,
    };
    use crate::units::Unit;

    fn labelled(pairs: &[(&str, &str)], value: f64) -> (Labels, f64) {
        (Labels::new(pairs.iter().copied()), value)
    }

    fn question(ours: Vec<(Labels, f64)>, target: Option<f64>) -> Question {
        let bound = |bound| crate::slo::fixtures::at(Comparator::Less, bound);
        Question {
            objective: "one".into(),
            expression: "x".into(),
            at_ms: 0,
            ours,
            is_about_us: false,
            thresholds: target.map(bound).into_iter().collect(),
            scale: 1.0,
        }
    }

    fn theirs(elements: Vec<(Labels, f64)>) -> Vec<(Labels, Option<f64>)> {
        elements.into_iter().map(|(labels, value)| (labels, Some(value))).collect()
    }

    fn store() -> SeriesStore {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        let count = |at: usize| Some(7.0 + at as f64);
        for code in ["200", "500"] {
            let labels = [("__name__", "answers_total"), ("code", code)];
            add_series(&mut store, FamilyKind::Counter, &labels, count);
        }
        store
    }

    fn asked(kind: ObjectiveKind) -> (Vec<Question>, Vec<LeftOut>) {
        let (load, store) = (steady(vec![answered("csv", [5; 100])]), store());
        questions(&[objective(kind, &[(Comparator::Less, 5.0)])], &evidence_of(&load, &store))
    }

    #[test]
    fn an_expression_is_asked_with_its_windows_at_the_closing_scrape() {
        let kind = ObjectiveKind::Promql {
            expression: "sum by (code) (increase(answers_total[$run]))".into(),
            unit: Unit::Plain,
            scale: 1.0,
            includes_before_run: false,
        };
        let (asked, left_out) = asked(kind);
        assert!(left_out.is_empty(), "{left_out:?}");
        assert_eq!(asked[0].expression, "sum by (code) (increase(answers_total[4001ms]))");
        assert_eq!((asked[0].at_ms, asked[0].ours.len()), (5_000, 2));
    }

    #[test]
    fn of_a_counter_both_ends_are_asked() {
        let kind = ObjectiveKind::Counter {
            selector: "answers_total".into(),
            unit: Unit::Plain,
            scale: 1.0,
        };
        let (asked, _) = asked(kind);
        assert_eq!(
            asked[0].expression,
            "sum(answers_total) - (sum(answers_total offset 4000ms) or vector(0))"
        );
        assert_eq!(asked[0].ours, [labelled(&[], 32.0)]);
    }

    #[test]
    fn what_has_no_value_here_is_left_out_and_said() {
        let kind = ObjectiveKind::Present { selector: "nobody".into() };
        let (asked, left_out) = asked(kind);
        assert!(asked.is_empty());
        assert_eq!(left_out[0].reason, "it has no value here");
    }

    #[test]
    fn values_are_the_same_up_to_the_tolerance() {
        let question = question(vec![labelled(&[], 100.0)], None);
        let compared = |value, tolerance| {
            question.compare(&theirs(vec![labelled(&[], value)]), tolerance).agreement
        };
        assert_eq!(compared(100.000_000_01, SAME_SAMPLES), Agreement::Same);
        assert_eq!(compared(101.0, SAME_SAMPLES), Agreement::Differs("100 here, 101 there".into()));
        assert_eq!(compared(101.0, 0.02), Agreement::Same);
    }

    #[test]
    fn a_target_that_one_side_meets_is_a_difference_whatever_the_tolerance() {
        let question = question(vec![labelled(&[], 100.0)], Some(100.5));
        let compared = question.compare(&theirs(vec![labelled(&[], 101.0)]), 0.05);
        assert!(
            matches!(&compared.agreement, Agreement::Differs(text) if text.contains("is met here and missed there")),
            "{compared:?}"
        );
    }

    #[test]
    fn an_api_without_the_series_does_not_agree() {
        let mut question = question(vec![labelled(&[], 1.0)], None);
        assert_eq!(question.compare(&[], 0.5).agreement, Agreement::NoSuchSeries);
        question.is_about_us = true;
        assert_eq!(question.compare(&[], SAME_SAMPLES).agreement, Agreement::NoSuchSeries);
        assert_eq!(question.compare(&[], 0.5).agreement, Agreement::OnlyHere);
    }

    #[test]
    fn what_a_scrape_adds_does_not_tell_elements_apart() {
        let ours = vec![labelled(&[("instance", "a:1"), ("code", "200")], 4.0)];
        let there =
            |name: &'static str| vec![labelled(&[("instance", name), ("code", "200")], 4.0)];
        let question = question(ours, None);
        assert_eq!(
            question.compare(&theirs(there("b:2")), SAME_SAMPLES).agreement,
            Agreement::Same
        );
        let two = theirs([there("b:2"), there("c:3")].concat());
        assert!(matches!(question.compare(&two, SAME_SAMPLES).agreement, Agreement::Differs(_)));
    }

    #[test]
    fn an_element_too_many_or_too_few_is_a_difference() {
        let ours = vec![labelled(&[("code", "200")], 4.0), labelled(&[("code", "500")], 1.0)];
        let question = question(ours.clone(), None);
        let one = question.compare(&theirs(ours[..1].to_vec()), SAME_SAMPLES);
        assert!(
            matches!(&one.agreement, Agreement::Differs(text) if text.contains("no number there"))
        );
        let three = theirs([ours, vec![labelled(&[("code", "404")], 1.0)]].concat());
        assert!(matches!(question.compare(&three, 0.5).agreement, Agreement::Differs(_)));
        let no_number = vec![(Labels::new([("code", "200")]), None)];
        assert!(matches!(question.compare(&no_number, 0.5).agreement, Agreement::Differs(_)));
    }

    #[test]
    fn numbers_that_are_none_are_the_same_where_both_are() {
        assert_eq!(relative_difference(f64::NAN, f64::NAN), 0.0);
        assert_eq!(relative_difference(f64::INFINITY, f64::INFINITY), 0.0);
        assert_eq!(relative_difference(1.0, f64::NAN), f64::INFINITY);
        assert_eq!(relative_difference(f64::NEG_INFINITY, f64::INFINITY), f64::INFINITY);
        assert_eq!(relative_difference(0.0, 1.0), 1.0);
    }
}
