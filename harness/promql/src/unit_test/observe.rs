//! What rules make of invented series: all that a unit test could say of them. Tests are made
//! out of it, where a run that was recorded is turned into one.

use super::run::GroupRun;
use super::write::series_text;
use super::{ExpectedAlert, TestFile, TestGroup};
use crate::rules::{Group, RuleFailure, RuleFile, RuleKind};
use crate::{Datum, Expression, Labels, METRIC_NAME};

/// What there was after one evaluation of all rules.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Milliseconds after the start.
    pub eval_time_ms: i64,
    /// Of each alerting rule, by its name and in the order of the rules: what fires, sorted.
    pub firing: Vec<(String, Vec<ExpectedAlert>)>,
    /// Of each recording rule, in the order of the rules: what its metric is.
    pub recorded: Vec<Recorded>,
}

/// A recorded metric at an instant.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its name.
    pub name: String,
    /// An expression that is all of it.
    pub text: String,
    /// What that is.
    pub elements: Vec<(Labels, Datum)>,
}

/// Evaluates the rules at each interval of a test group up to a time, as a test would, and
/// says what there is each time. A rule that fails ends it, as it ends a test.
pub fn observe(
    file: &TestFile,
    group: &TestGroup,
    rules: &[RuleFile],
    until_ms: i64,
) -> Result<Vec<Observed>, RuleFailure> {
    let groups: Vec<&Group> = rules.iter().flat_map(|file| &file.groups).collect();
    let names = Names::of(&groups);
    let mut run = GroupRun::new(file, group, &groups);
    let mut observed = Vec::new();
    let mut loaded = 0;
    let mut elapsed_ms = 0;
    while elapsed_ms <= until_ms {
        loaded = run.load(loaded, elapsed_ms);
        if let Some(failure) = run.evaluate(elapsed_ms).into_iter().next() {
            return Err(failure);
        }
        observed.push(names.look(&run, group.start_ms + elapsed_ms, elapsed_ms));
        elapsed_ms = elapsed_ms.saturating_add(file.evaluation_interval_ms);
    }
    Ok(observed)
}

/// What is looked at.
struct Names {
    alerts: Vec<String>,
    records: Vec<Record>,
}

/// A metric that is recorded, and an expression that is all of it.
struct Record {
    name: String,
    text: String,
    expression: Expression,
}

impl Names {
    fn of(groups: &[&Group]) -> Self {
        let mut names = Self { alerts: Vec::new(), records: Vec::new() };
        for rule in groups.iter().flat_map(|group| &group.rules) {
            match rule.kind {
                RuleKind::Alerting(_) if !names.alerts.contains(&rule.name) => {
                    names.alerts.push(rule.name.clone());
                }
                RuleKind::Recording if !names.records.iter().any(|one| one.name == rule.name) => {
                    names.records.extend(Record::of(&rule.name));
                }
                _ => {}
            }
        }
        names
    }

    fn look(&self, run: &GroupRun<'_>, at_ms: i64, elapsed_ms: i64) -> Observed {
        let firing = self.alerts.iter().map(|name| {
            let mut firing = run.firing(name);
            firing.sort();
            (name.clone(), firing)
        });
        let recorded = self.records.iter().map(|record| Recorded {
            name: record.name.clone(),
            text: record.text.clone(),
            elements: run.elements(&record.expression, at_ms),
        });
        Observed {
            eval_time_ms: elapsed_ms,
            firing: firing.collect(),
            recorded: recorded.collect(),
        }
    }
}

impl Record {
    /// Nothing for a name that is none.
    fn of(name: &str) -> Option<Self> {
        let text = series_text(&Labels::new([(METRIC_NAME, name)]));
        let expression = Expression::parse(&text).ok()?;
        Some(Self { name: name.to_owned(), text, expression })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_fires_and_what_is_recorded_at_each_interval() {
        let rules = "
groups:
  - name: g
    rules:
      - { record: doubled, expr: x * 2 }
      - { alert: High, expr: doubled > 10, for: 1m }
";
        let rules = [RuleFile::parse(rules, "rules.yml").unwrap()];
        let tests = "tests: [{ input_series: [{ series: x, values: '0 6 6 stale' }] }]";
        let file = TestFile::parse(tests, "tests.yml").unwrap();
        let seen = observe(&file, &file.tests[0], &rules, 180_000).unwrap();
        let firing = |at: usize| seen[at].firing[0].1.len();
        assert_eq!([firing(0), firing(1), firing(2), firing(3)], [0, 0, 1, 0]);
        let doubled =
            |at: usize| seen[at].recorded[0].elements.first().map(|(_, datum)| datum.number());
        assert_eq!(doubled(2), Some(Some(12.0)));
        assert_eq!(doubled(3), None);
        assert_eq!(seen[3].eval_time_ms, 180_000);
    }
}
