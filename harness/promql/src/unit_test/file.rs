//! Test files from YAML.

use std::collections::BTreeMap;

use super::notation::{parse_histogram, parse_values};
use super::timestamp::parse_timestamp_ms;
use super::{AlertTest, ExpectedAlert, ExpressionTest, Outline, TestFile, TestGroup};
use crate::metric::parse_metric;
use crate::rules::{ALERT_NAME, UnknownFields};
use crate::yaml::{self, Fields, NamedText, Node, Problem, collect, yaml_number};
use crate::{Datum, Expression, Labels};

const FILE_FIELDS: &[&str] =
    &["rule_files", "evaluation_interval", "group_eval_order", "tests", "fuzzy_compare"];
const GROUP_FIELDS: &[&str] = &[
    "interval",
    "input_series",
    "name",
    "start_timestamp",
    "alert_rule_test",
    "promql_expr_test",
    "external_labels",
    "external_url",
];

/// The fields of a group that hold tests.
const TEST_FIELDS: &[&str] = &["alert_rule_test", "promql_expr_test"];

/// A test whose latest time is more evaluations away than this would run for hours.
const MOST_EVALUATIONS: i64 = 1_000_000;

/// promtool's default for the evaluation interval.
const DEFAULT_INTERVAL_MS: i64 = 60_000;

pub(super) fn parse(
    text: &str,
    name: &str,
    unknown: UnknownFields,
) -> Result<TestFile, Vec<Problem>> {
    let root = yaml::parse(text).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let problems_of = &mut problems;
    let fields = Fields::of(&root, "a test file", FILE_FIELDS, problems_of);
    let evaluation_interval_ms =
        positive(&fields, "evaluation_interval", problems_of).unwrap_or(DEFAULT_INTERVAL_MS);
    let rule_files = texts(&fields, "rule_files", problems_of);
    let group_eval_order = texts(&fields, "group_eval_order", problems_of);
    for (at, (name, node)) in group_eval_order.iter().enumerate() {
        if group_eval_order[..at].iter().any(|(earlier, _)| earlier == name) {
            problems_of.push(node.problem(format!("the group `{name}` is in the order twice")));
        }
    }
    let fuzzy_compare = fields.read("fuzzy_compare", problems_of, boolean).unwrap_or(false);
    let tests = fields.list("tests", problems_of);
    let tests = tests
        .iter()
        .map(|node| group(node, evaluation_interval_ms, problems_of))
        .collect::<Vec<_>>();
    for test in &tests {
        let evaluations = test.latest_ms() / evaluation_interval_ms;
        if evaluations > MOST_EVALUATIONS {
            let message = format!(
                "{evaluations} evaluations are more than {MOST_EVALUATIONS}; choose a longer \
                 `evaluation_interval` or a shorter `eval_time`"
            );
            problems_of.push(Problem::new(test.place, message));
        }
    }
    let file = TestFile {
        name: name.to_owned(),
        rule_files: rule_files.iter().map(|(text, node)| (text.clone(), node.place)).collect(),
        evaluation_interval_ms,
        group_eval_order: group_eval_order.into_iter().map(|(text, _)| text).collect(),
        fuzzy_compare,
        tests,
    };
    unknown.forgive(&mut problems);
    if problems.is_empty() { Ok(file) } else { Err(problems) }
}

pub(super) fn outline(text: &str) -> Result<Outline, Problem> {
    let root = yaml::parse(text)?;
    let mut outline = Outline::default();
    for (key, node) in root.map("a test file")? {
        match key.name.as_str() {
            "rule_files" => {
                for file in node.list("rule_files")? {
                    outline.rule_files.push((file.text("rule_files")?.to_owned(), file.place));
                }
            }
            "tests" => {
                for group in node.list("tests")? {
                    outline.groups.push(outline_of(group)?);
                }
            }
            _ => {}
        }
    }
    Ok(outline)
}

/// The name of a group of tests, and how many it has.
fn outline_of(group: &Node) -> Result<(String, usize), Problem> {
    let (mut name, mut tests) = (String::new(), 0);
    for (key, node) in group.map("a test")? {
        match key.name.as_str() {
            "name" => node.text_or_empty("name")?.clone_into(&mut name),
            field if TEST_FIELDS.contains(&field) => tests += node.list(field)?.len(),
            _ => {}
        }
    }
    Ok((name, tests))
}

fn group(node: &Node, default_interval_ms: i64, problems: &mut Vec<Problem>) -> TestGroup {
    let fields = Fields::of(node, "a test", GROUP_FIELDS, problems);
    let start_ms = fields.read("start_timestamp", problems, |node| {
        let text = node.text("start_timestamp")?;
        parse_timestamp_ms(text).ok_or_else(|| {
            node.problem(format!(
                "`{text}` is not a time; write seconds since 1970, or 2024-01-01T00:00:00Z"
            ))
        })
    });
    let inputs = fields.list("input_series", problems);
    let alerts = fields.list("alert_rule_test", problems);
    let expressions = fields.list("promql_expr_test", problems);
    TestGroup {
        name: fields.text("name", problems).filter(|name| !name.is_empty()),
        interval_ms: positive(&fields, "interval", problems).unwrap_or(default_interval_ms),
        start_ms: start_ms.unwrap_or(0),
        input_series: each_once(inputs.iter().filter_map(|node| input_series(node, problems))),
        alert_tests: alerts.iter().filter_map(|node| alert_test(node, problems)).collect(),
        expression_tests: expressions
            .iter()
            .filter_map(|node| expression_test(node, problems))
            .collect(),
        external_labels: labels(&fields, "external_labels", problems),
        external_url: fields.text("external_url", problems).unwrap_or_default(),
        place: node.place,
    }
}

type InputSeries = (Labels, Vec<Option<Datum>>);

/// Each series once. One that is given again has the values that stand last, as with promtool.
fn each_once(all: impl Iterator<Item = InputSeries>) -> Vec<InputSeries> {
    let mut series: Vec<InputSeries> = Vec::new();
    let mut known: BTreeMap<Labels, usize> = BTreeMap::new();
    for (labels, values) in all {
        if let Some(at) = known.get(&labels) {
            series[*at].1 = values;
        } else {
            known.insert(labels.clone(), series.len());
            series.push((labels, values));
        }
    }
    series
}

fn input_series(node: &Node, problems: &mut Vec<Problem>) -> Option<InputSeries> {
    let fields = Fields::of(node, "an input series", &["series", "values"], problems);
    let labels = fields.read("series", problems, |node| metric(node, "series"));
    if fields.get("series").is_none() {
        problems.push(node.problem("an input series needs `series`"));
    }
    let values = fields.read("values", problems, |node| {
        parse_values(node.text("values")?).map_err(|error| node.problem(error.to_string()))
    });
    Some((labels?, values.unwrap_or_default()))
}

fn alert_test(node: &Node, problems: &mut Vec<Problem>) -> Option<AlertTest> {
    let known = ["eval_time", "alertname", "exp_alerts"];
    let fields = Fields::of(node, "an alert test", &known, problems);
    let alert = fields.text("alertname", problems).filter(|name| !name.is_empty());
    if alert.is_none() {
        problems.push(node.problem("an alert test needs an `alertname`"));
    }
    let alert = alert?;
    let expected = fields.list("exp_alerts", problems);
    let expected = expected.iter().map(|node| expected_alert(node, &alert, problems)).collect();
    let eval_time_ms = fields.duration_ms("eval_time", problems).unwrap_or(0);
    Some(AlertTest { alert, eval_time_ms, expected, place: node.place })
}

fn expected_alert(node: &Node, alert: &str, problems: &mut Vec<Problem>) -> ExpectedAlert {
    let known = ["exp_labels", "exp_annotations"];
    let fields = Fields::of(node, "an expected alert", &known, problems);
    for label in fields.texts("exp_labels", &mut Vec::new()) {
        if label.text.is_empty() {
            let name = &label.key.name;
            let message = format!(
                "the label `{name}` is expected with an empty value, which no alert has; leave \
                 `{name}` out"
            );
            problems.push(Problem::new(label.key.place, message));
        }
    }
    ExpectedAlert {
        labels: labels(&fields, "exp_labels", problems).with(ALERT_NAME, alert),
        annotations: Labels::annotations(named(&fields.texts("exp_annotations", problems))),
    }
}

fn expression_test(node: &Node, problems: &mut Vec<Problem>) -> Option<ExpressionTest> {
    let known = ["expr", "eval_time", "exp_samples"];
    let fields = Fields::of(node, "an expression test", &known, problems);
    let expression = fields.read("expr", problems, |node| {
        let text = node.text("expr")?;
        let parsed = Expression::parse(text).map_err(|error| node.problem(error.to_string()))?;
        Ok((text.to_owned(), parsed))
    });
    if fields.get("expr").is_none() {
        problems.push(node.problem("an expression test needs an `expr`"));
    }
    let samples = fields.list("exp_samples", problems);
    let expected = samples.iter().map(|node| expected_sample(node, problems)).collect();
    let eval_time_ms = fields.duration_ms("eval_time", problems).unwrap_or(0);
    let (text, expression) = expression?;
    Some(ExpressionTest { text, expression, eval_time_ms, expected, place: node.place })
}

fn expected_sample(node: &Node, problems: &mut Vec<Problem>) -> (Labels, Datum) {
    let fields = Fields::of(node, "a sample", &["labels", "value", "histogram"], problems);
    let histogram = fields.read("histogram", problems, |node| {
        let text = node.text("histogram")?;
        parse_histogram(text).map_err(|error| node.problem(error.to_string()))
    });
    let labels = fields.read("labels", problems, |node| metric(node, "labels"));
    let value = fields.read("value", problems, |node| {
        let text = node.text("value")?;
        if node.is_quoted {
            let message = format!("`value` is a text here; write `{text}` without quotes");
            return Err(node.problem(message));
        }
        let number = yaml_number(text);
        number.ok_or_else(|| node.problem(format!("`{text}` is not a number")))
    });
    let expected = histogram.map_or(Datum::Number(value.unwrap_or(0.0)), Datum::from);
    (labels.unwrap_or_default(), expected)
}

fn metric(node: &Node, what: &str) -> Result<Labels, Problem> {
    parse_metric(node.text(what)?).map_err(|message| node.problem(message))
}

fn labels(fields: &Fields<'_>, name: &str, problems: &mut Vec<Problem>) -> Labels {
    Labels::new(named(&fields.texts(name, problems)))
}

fn named<'n>(texts: &[NamedText<'n>]) -> impl Iterator<Item = (&'n str, &'n str)> {
    texts.iter().map(|text| (text.key.name.as_str(), text.text))
}

fn texts<'n>(
    fields: &Fields<'n>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(String, &'n Node)> {
    let nodes = fields.list(name, problems);
    let mut texts = Vec::with_capacity(nodes.len());
    for node in nodes {
        texts.extend(collect(node.text(name), problems).map(|text| (text.to_owned(), node)));
    }
    texts
}

fn positive(fields: &Fields<'_>, name: &str, problems: &mut Vec<Problem>) -> Option<i64> {
    let duration = fields.duration_ms(name, problems);
    // promtool takes 0 for "not given".
    duration.filter(|duration| *duration > 0)
}

fn boolean(node: &Node) -> Result<bool, Problem> {
    match node.text("fuzzy_compare")? {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(node.problem(format!("`{other}` is neither true nor false"))),
    }
}
