//! The rules of grafana/dashboard-linter, in our words.
//!
//! The linter is a Go program, and there is no Go in this pipeline. Each rule below has the
//! name of the linter's and says what its code says; where the linter warns we fail.

use std::time::Duration;

use slogate_promql::{Asks, Expression, MatchOperator};

use super::grafana::{Choice, View};
use super::model::{Dashboard, Panel, Target, Variable};

/// A rule, and what it finds wrong.
pub(crate) struct Rule {
    /// Its name in the linter.
    pub(crate) name: &'static str,
    /// What is wrong, each with its place.
    pub(crate) findings: fn(&Dashboard) -> Vec<String>,
}

/// Every rule of the linter that applies.
pub(crate) const RULES: &[Rule] = &[
    Rule { name: "template-datasource-rule", findings: template_datasource },
    Rule { name: "template-job-rule", findings: |board| label_variable(board, "job", "Job") },
    Rule {
        name: "template-instance-rule",
        findings: |board| label_variable(board, "instance", "Instance"),
    },
    Rule { name: "template-label-promql-rule", findings: template_label_promql },
    Rule { name: "template-on-time-change-reload-rule", findings: template_on_time_change },
    Rule { name: "template-unused-rule", findings: template_unused },
    Rule { name: "panel-datasource-rule", findings: panel_datasource },
    Rule { name: "panel-title-description-rule", findings: panel_title_description },
    Rule { name: "panel-units-rule", findings: panel_units },
    Rule { name: "panel-no-targets-rule", findings: panel_no_targets },
    Rule { name: "target-promql-rule", findings: target_promql },
    Rule { name: "target-rate-interval-rule", findings: target_rate_interval },
    Rule { name: "target-job-rule", findings: |board| label_matcher(board, "job") },
    Rule { name: "target-instance-rule", findings: |board| label_matcher(board, "instance") },
    Rule { name: "target-counter-agg-rule", findings: target_counter_agg },
    Rule { name: "target-histogram-rule", findings: target_histogram },
    Rule { name: "uneditable-dashboard-rule", findings: uneditable },
];

/// Every other rule of the linter, and why it says nothing here.
pub(crate) const NOT_APPLICABLE: &[(&str, &str)] = &[
    ("target-logql-rule", "no panel asks Loki"),
    ("target-logql-auto-rule", "no panel asks Loki"),
    ("template-required-variables-rule", "asks for nothing unless it is configured"),
    ("target-required-matchers-rule", "asks for nothing unless it is configured"),
    ("v2-required-fields-rule", "for dashboards in the v2 schema, which Grafana 11 cannot read"),
    ("element-reference-rule", "for dashboards in the v2 schema, which Grafana 11 cannot read"),
];

/// Units that a panel here may have. The linter takes every unit of Grafana
/// (`packages/grafana-data/src/valueFormats/categories.ts`); these are among them.
const UNITS: &[&str] = &["ms", "s", "percentunit", "decbytes", "Bps", "short", "ops", "reqps"];

/// Functions of the data source that make the values of a variable.
const VARIABLE_FUNCTIONS: &[&str] = &["label_names", "label_values", "metrics", "query_result"];

fn template_datasource(board: &Dashboard) -> Vec<String> {
    let mut sources = board.templating.list.iter().filter(|one| one.kind == "datasource");
    let Some(source) = sources.next() else {
        return vec!["no variable for the data source".to_owned()];
    };
    let named = (source.name.as_str(), source.label.as_str(), source.query_text());
    let mut findings = Vec::new();
    if named != ("datasource", "Data source", "prometheus") {
        findings.push(format!("{named:?}"));
    }
    findings.extend(sources.map(|other| format!("a second data source, {}", other.name)));
    findings
}

fn label_variable(board: &Dashboard, name: &str, label: &str) -> Vec<String> {
    let Some(variable) = board.variable(name) else {
        return vec![format!("no variable {name}")];
    };
    let source = variable.datasource.as_ref().map(|source| source.uid.as_str());
    let checks = [
        (source == Some("${datasource}"), "its data source"),
        (variable.kind == "query", "its type"),
        (variable.label == label, "its label"),
        (variable.multi && variable.include_all, "several values, and all"),
        (variable.all_value == ".+", "its value for all"),
    ];
    wrong(name, &checks)
}

/// The checks that do not hold.
fn wrong(place: &str, checks: &[(bool, &str)]) -> Vec<String> {
    let wrong = checks.iter().filter(|(holds, _)| !holds);
    wrong.map(|(_, what)| format!("{place}: {what}")).collect()
}

fn queried(board: &Dashboard) -> impl Iterator<Item = &Variable> {
    board.templating.list.iter().filter(|variable| variable.kind == "query")
}

fn template_label_promql(board: &Dashboard) -> Vec<String> {
    let findings = queried(board).filter_map(|variable| {
        let query = variable.query_text();
        let (function, arguments) = query.strip_suffix(')')?.split_once('(')?;
        let (selector, _) = arguments.rsplit_once(", ")?;
        let is_right = VARIABLE_FUNCTIONS.contains(&function) && parse(selector).is_ok();
        is_right.then_some(variable.name.as_str())
    });
    let right: Vec<_> = findings.collect();
    let bad = queried(board).filter(|variable| !right.contains(&variable.name.as_str()));
    bad.map(|variable| format!("{}: {}", variable.name, variable.query_text())).collect()
}

fn template_on_time_change(board: &Dashboard) -> Vec<String> {
    let late = queried(board).filter(|variable| variable.refresh != 2);
    late.map(|variable| format!("{}: refreshed at {}", variable.name, variable.refresh)).collect()
}

fn template_unused(board: &Dashboard) -> Vec<String> {
    let uses = |name: &str| {
        board.targets().any(|(_, target)| target.expr.contains(&format!("\"${name}\"")))
    };
    let unused = queried(board).filter(|variable| !uses(&variable.name));
    unused.map(|variable| variable.name.clone()).collect()
}

fn panel_datasource(board: &Dashboard) -> Vec<String> {
    let is_templated = |panel: &Panel| {
        let mut sources = panel.targets.iter().map(|target| &target.datasource);
        let is_variable = |uid: &str| uid == "${datasource}";
        panel.datasource.as_ref().is_some_and(|source| is_variable(&source.uid))
            && sources.all(|source| source.as_ref().is_none_or(|one| is_variable(&one.uid)))
    };
    panels_but(board, is_templated)
}

/// The titles of the panels that are not as they should be.
fn panels_but(board: &Dashboard, is_right: impl Fn(&Panel) -> bool) -> Vec<String> {
    let wrong = board.data_panels().filter(|panel| !is_right(panel));
    wrong.map(|panel| format!("panel {}, {}", panel.id, panel.title)).collect()
}

fn panel_title_description(board: &Dashboard) -> Vec<String> {
    panels_but(board, |panel| !panel.title.is_empty() && !panel.description.is_empty())
}

fn panel_units(board: &Dashboard) -> Vec<String> {
    panels_but(board, |panel| UNITS.contains(&panel.field_config.defaults.unit.as_str()))
}

fn panel_no_targets(board: &Dashboard) -> Vec<String> {
    panels_but(board, |panel| !panel.targets.is_empty())
}

/// An expression with Grafana's variables in it. Matchers keep the names of theirs, so that
/// rules can see them.
fn parse(expression: &str) -> Result<Expression, String> {
    let view = View {
        from_ms: 0,
        to_ms: 3_600_000,
        points: 800,
        scrape_interval: Duration::from_secs(15),
        job: Choice::All("$job".to_owned()),
        instance: Choice::All("$instance".to_owned()),
    };
    Expression::parse(&view.expand(expression)).map_err(|error| error.to_string())
}

/// What is wrong with any target, by a question about it and its expression.
fn targets_but(
    board: &Dashboard,
    finding: impl Fn(&Target, &Expression) -> Option<String>,
) -> Vec<String> {
    let asked = board.targets().filter_map(|(panel, target)| {
        let expression = parse(&target.expr).ok()?;
        let finding = finding(target, &expression)?;
        Some(format!("{} {}: {finding}", panel.title, target.ref_id))
    });
    asked.collect()
}

fn target_promql(board: &Dashboard) -> Vec<String> {
    let broken = board.targets().filter_map(|(panel, target)| {
        let error = parse(&target.expr).err()?;
        Some(format!("{} {}: {error}", panel.title, target.ref_id))
    });
    broken.collect()
}

/// Each range of an expression with the function around it.
pub(crate) fn ranges(expression: &str) -> Vec<(&str, &str)> {
    let opened = expression.match_indices('[').map(|(at, _)| at);
    let found = opened.map(|at| {
        let range = expression[at + 1..].split(']').next().unwrap_or_default();
        let call = expression[..at].rfind('(').unwrap_or(0);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (expression[..call].rsplit(|c: char| !is_name(c)).next().unwrap_or_default(), range)
    });
    found.collect()
}

fn target_rate_interval(board: &Dashboard) -> Vec<String> {
    targets_but(board, |target, _| {
        let is_fixed = |(function, range): &(&str, &str)| {
            matches!(*function, "rate" | "irate") && *range != "$__rate_interval"
        };
        ranges(&target.expr).into_iter().find(is_fixed).map(|(_, range)| format!("[{range}]"))
    })
}

fn label_matcher(board: &Dashboard, label: &str) -> Vec<String> {
    targets_but(board, |_, expression| {
        let variable = format!("${label}");
        let selectors = expression.selectors();
        let found = selectors.iter().find(|selected| {
            !selected.selector.matchers().iter().any(|matcher| {
                let regular = matcher.operator() == MatchOperator::Matches;
                matcher.name() == label && regular && matcher.value() == variable
            })
        });
        found.map(|selected| selected.selector.to_string())
    })
}

fn target_counter_agg(board: &Dashboard) -> Vec<String> {
    targets_but(board, |_, expression| {
        let is_bare = |name: &str, asks: Asks| name.ends_with("_total") && asks != Asks::Growth;
        let selectors = expression.selectors();
        let found = selectors.iter().find(|one| is_bare(one.metric_name().unwrap_or(""), one.asks));
        found.map(|selected| selected.selector.to_string())
    })
}

fn target_histogram(board: &Dashboard) -> Vec<String> {
    targets_but(board, |_, expression| {
        let has_buckets = expression
            .selectors()
            .iter()
            .any(|selected| selected.metric_name().is_some_and(|name| name.ends_with("_bucket")));
        let is_quantile = expression.histogram_quantile().is_some();
        (has_buckets && !is_quantile).then(|| expression.to_string())
    })
}

fn uneditable(board: &Dashboard) -> Vec<String> {
    wrong(&board.title, &[(!board.editable, "it can be edited, and the file would not know")])
}

#[test]
fn a_range_is_found_with_its_function() {
    let text = r#"sum by (le) (rate(a{b="c"}[$__rate_interval])) / increase(d[1h])"#;
    assert_eq!(ranges(text), [("rate", "$__rate_interval"), ("increase", "1h")]);
}
