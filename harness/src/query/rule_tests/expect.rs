//! What a unit test expects: of each alert the instants at which something changes, and the
//! last one; of each recorded metric what it is in the middle and at the end.

use slogate_promql::unit_test::{AlertTest, ExpectedAlert, ExpressionTest, Observed, Recorded};
use slogate_promql::{Datum, Expression, Labels, Place};

use super::needed::Needed;

/// Changes of one alert that are tested at most, each before and after: one that flaps at every
/// scrape would fill the file.
const MOST_CHANGES: usize = 8;

/// All expectations.
pub(super) struct Expected {
    pub(super) alerts: Vec<AlertTest>,
    pub(super) expressions: Vec<ExpressionTest>,
    /// Alerts that fire at some time.
    pub(super) firing: usize,
    pub(super) notes: Vec<String>,
}

/// Makes expectations of what was seen, in the order of time for each alert and metric.
pub(super) fn of(seen: &[Observed], needed: &Needed<'_>) -> Expected {
    let mut expected =
        Expected { alerts: Vec::new(), expressions: Vec::new(), firing: 0, notes: Vec::new() };
    let Some(last) = seen.last() else { return expected };
    for (at, (alert, _)) in last.firing.iter().enumerate() {
        if needed.alerts.contains(alert.as_str()) {
            let over_time: Vec<&[ExpectedAlert]> =
                seen.iter().map(|one| one.firing[at].1.as_slice()).collect();
            expected.firing += usize::from(over_time.iter().any(|firing| !firing.is_empty()));
            let (instants, is_cut) = instants(&over_time);
            expected.alerts.extend(instants.into_iter().map(|instant| AlertTest {
                alert: alert.clone(),
                eval_time_ms: seen[instant].eval_time_ms,
                expected: over_time[instant].to_vec(),
                place: Place::default(),
            }));
            if is_cut {
                expected.notes.push(format!(
                    "{alert} changes more often than is tested; the first {MOST_CHANGES} changes \
                     and the end are"
                ));
            }
        }
    }
    for (at, metric) in last.recorded.iter().enumerate() {
        if needed.records.contains(metric.name.as_str()) {
            for instant in [&seen[seen.len() / 2], last] {
                let test = expression_test(&instant.recorded[at], instant.eval_time_ms);
                expected.expressions.extend(test);
            }
        }
    }
    expected
}

/// The instants at which an alert is tested, and whether there are more changes: before and
/// after each change of what fires, and the last one.
fn instants(over_time: &[&[ExpectedAlert]]) -> (Vec<usize>, bool) {
    let same = |one: &[ExpectedAlert], other: &[ExpectedAlert]| {
        one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.labels == b.labels)
    };
    let changes: Vec<usize> =
        (1..over_time.len()).filter(|at| !same(over_time[at - 1], over_time[*at])).collect();
    let tested = changes.iter().take(MOST_CHANGES).flat_map(|at| [at - 1, *at]);
    let mut instants: Vec<usize> = tested.chain(over_time.len().checked_sub(1)).collect();
    instants.sort_unstable();
    instants.dedup();
    (instants, changes.len() > MOST_CHANGES)
}

/// What a metric is. NaN equals nothing, so that what is NaN is left out on both sides.
fn expression_test(metric: &Recorded, eval_time_ms: i64) -> Option<ExpressionTest> {
    let is_number = |datum: &Datum| datum.number().is_some_and(|number| !number.is_nan());
    let numbers: Vec<(Labels, Datum)> =
        metric.elements.iter().filter(|(_, datum)| is_number(datum)).cloned().collect();
    let text = if numbers.len() == metric.elements.len() {
        metric.text.clone()
    } else {
        format!("{0} == {0}", metric.text)
    };
    let expression = Expression::parse(&text).ok()?;
    Some(ExpressionTest {
        text,
        expression,
        eval_time_ms,
        expected: numbers,
        place: Place::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn firing(alert: &str, annotation: &str) -> Vec<ExpectedAlert> {
        vec![ExpectedAlert {
            labels: Labels::new([("alertname", alert)]),
            annotations: Labels::new([("summary", annotation)]),
        }]
    }

    #[test]
    fn an_alert_is_tested_around_its_changes_and_at_the_end() {
        let (one, two) = (firing("A", "1"), firing("A", "2"));
        let quiet: &[ExpectedAlert] = &[];
        assert_eq!(
            instants(&[quiet, quiet, &one, &two, quiet, quiet]),
            (vec![1, 2, 3, 4, 5], false)
        );
        assert_eq!(instants(&[quiet, quiet, quiet]), (vec![2], false));
        assert_eq!(instants(&[&one, &two]), (vec![1], false));
        let flapping: Vec<&[ExpectedAlert]> =
            (0..40).map(|at| if at % 2 == 0 { quiet } else { &one }).collect();
        let (tested, is_cut) = instants(&flapping);
        assert!(is_cut && tested.len() == MOST_CHANGES + 2, "{tested:?}");
    }
}
