//! Every line on a panel is a number that an alert rule or an objective uses, read from
//! its file, and every such number is on a panel.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use slogate::scenario::{
    Document, Objective, ObjectiveKind, Objectives, ReadOptions, Variables, read_document,
    read_text,
};
use slogate_promql::Expression;
use slogate_promql::rules::{Rule, RuleFile};

use super::model::{Panel, dashboard, project, text_of};

/// Where the number of a line stands.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// An objective in `scenarios/export-assertions.yaml`.
    Assertion(&'static str),
    /// An objective that every scenario has, with the same number in each.
    EveryScenario(&'static str),
    /// A rule of `rules/export.yml`: its name and severity.
    Alert(&'static str, &'static str),
    /// One instance or none.
    AnyInstance,
}
use Source::{Alert, AnyInstance, Assertion, EveryScenario};

const LATENCY: &[Source] = &[
    Assertion("latency-p95"),
    Alert("ExportLatencyP95High", "warning"),
    Alert("ExportLatencyP95High", "critical"),
];
const SUCCESS: &[Source] = &[Assertion("success-rate"), Alert("ExportSuccessRateLow", "warning")];
const CONCURRENT: &[Source] = &[Assertion("concurrent"), Alert("ExportConcurrentHigh", "warning")];

/// The panels with lines, and where each line comes from.
const LINES: &[(&str, &[Source])] = &[
    ("P95 latency, last 10 minutes", LATENCY),
    ("Success rate, last 10 minutes", SUCCESS),
    ("Failures, last 10 minutes", &[Alert("ExportFailSpike", "warning")]),
    ("Failures, last 5 minutes", &[Alert("ExportFailSpike", "critical")]),
    ("Bytes, last hour", &[Alert("ExportBytesAnomaly", "warning")]),
    ("Running now", CONCURRENT),
    ("Waiting now", &[Assertion("queue-depth")]),
    ("Instances up", &[AnyInstance]),
    ("P95 latency", LATENCY),
    ("Success rate", SUCCESS),
    ("Concurrency", CONCURRENT),
    ("Queue", &[Assertion("queue-depth")]),
    ("P95 latency by size", LATENCY),
    ("Memory of one export", &[EveryScenario("memory")]),
];

/// Assertions without a line, and why.
const NO_LINE: &[(&str, &str)] = &[
    ("metrics-coverage", "counts families; a panel without data shows the same"),
    ("bytes-exported", "asks for more than nothing"),
];

/// Panels of the first row that no alert compares with anything.
const NO_ALERT: &[&str] = &["Waiting now", "Instances up"];

fn rules() -> Vec<Rule> {
    let file = RuleFile::parse(&text_of("rules/export.yml"), "export.yml").unwrap();
    file.groups.into_iter().flat_map(|group| group.rules).collect()
}

fn severity(rule: &Rule) -> &str {
    let label = rule.labels.iter().find(|(name, _)| name == "severity");
    label.map(|(_, template)| template.source()).unwrap()
}

/// What a rule compares, and with which number.
fn comparison(rule: &Rule) -> (String, f64) {
    let text = rule.expression.to_string();
    let split = text.rsplit_once(" > ").or_else(|| text.rsplit_once(" < "));
    let (left, bound) = split.unwrap_or_else(|| panic!("{text}"));
    (left.to_owned(), bound.parse().unwrap())
}

fn assertions() -> Vec<Objective> {
    let path = project("scenarios/export-assertions.yaml");
    let read = read_document(&path, &Variables::new(), &ReadOptions::default()).unwrap();
    match read.0 {
        Document::Objectives(objectives) => objectives,
        Document::Scenario(_) => panic!("a list of objectives"),
    }
}

fn scenarios() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project("scenarios")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| !path.ends_with("export-assertions.yaml")).collect()
}

/// The bound of an objective in the unit of its expression, as a panel has it.
fn bound(objectives: &[Objective], id: &str) -> f64 {
    let objective = objectives.iter().find(|objective| objective.id == id);
    let objective = objective.unwrap_or_else(|| panic!("no objective {id}"));
    let scale = match objective.kind {
        ObjectiveKind::Promql { scale, .. } | ObjectiveKind::Counter { scale, .. } => scale,
        _ => 1.0,
    };
    objective.thresholds[0].bound / scale
}

fn number(source: Source) -> f64 {
    match source {
        Assertion(id) => bound(&assertions(), id),
        EveryScenario(id) => same_in_every_scenario(id),
        Alert(name, wanted) => {
            let rules = rules();
            let rule = rules.iter().find(|rule| rule.name == name && severity(rule) == wanted);
            comparison(rule.unwrap_or_else(|| panic!("no {wanted} {name}"))).1
        }
        AnyInstance => 1.0,
    }
}

fn same_in_every_scenario(id: &str) -> f64 {
    let bounds: Vec<_> = scenarios().iter().map(|path| bound(&judged(path), id)).collect();
    assert!(bounds.len() > 1 && bounds.windows(2).all(|pair| is_near(pair[0], pair[1])));
    bounds[0]
}

/// The objectives of a scenario, read with one row of data instead of thousands.
fn judged(path: &Path) -> Vec<Objective> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut parts = text.split("rows: ");
    let start = parts.next().unwrap().to_owned();
    let text = parts.fold(start, |text, part| {
        text + "rows: 1" + part.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    let loaded = read_text(path, &text, &Variables::new(), &ReadOptions::default()).unwrap();
    match loaded.scenario.objectives {
        Objectives::Judged(objectives) => objectives,
        Objectives::LoadOnly => panic!("{} judges nothing", path.display()),
    }
}

/// Equal but for the last bits, which scales such as 0.001 leave.
fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// The numbers, ascending, each once.
fn numbers(sources: &[Source]) -> Vec<f64> {
    let mut numbers: Vec<_> = sources.iter().copied().map(number).collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup_by(|a, b| is_near(*a, *b));
    numbers
}

#[test]
fn lines_are_the_numbers_of_the_rules_and_objectives() {
    let board = dashboard();
    for panel in board.data_panels() {
        let sources = LINES.iter().find(|(title, _)| *title == panel.title);
        let expected = sources.map(|(_, sources)| numbers(sources)).unwrap_or_default();
        let lines = panel.lines();
        let same = lines.len() == expected.len()
            && lines.iter().zip(&expected).all(|(line, number)| is_near(*line, *number));
        assert!(same, "{}: {lines:?}, and the files say {expected:?}", panel.title);
    }
    for (title, _) in LINES {
        board.panel(title);
    }
}

#[test]
fn every_alert_and_every_limit_has_a_line() {
    let used: Vec<Source> = LINES.iter().flat_map(|(_, sources)| sources.iter().copied()).collect();
    for rule in rules() {
        let has = |source: &Source| matches!(source, Alert(name, wanted) if rule.name == *name && severity(&rule) == *wanted);
        assert!(used.iter().any(has), "{} {}", severity(&rule), rule.name);
    }
    for objective in assertions() {
        let has = |source: &Source| matches!(source, Assertion(id) if objective.id == *id);
        let without = NO_LINE.iter().any(|(id, _)| objective.id == *id);
        assert!(used.iter().any(has) != without, "{}", objective.id);
    }
}

#[test]
fn graphs_draw_their_lines_and_only_those() {
    for panel in dashboard().data_panels().filter(|panel| panel.kind == "timeseries") {
        let style = &panel.field_config.defaults.custom["thresholdsStyle"]["mode"];
        let expected = if panel.lines().is_empty() { "off" } else { "dashed" };
        assert_eq!(style, expected, "{}", panel.title);
    }
}

/// The colour of a panel from this value on.
fn color(panel: &Panel, value: f64) -> &str {
    let steps = &panel.field_config.defaults.thresholds.steps;
    let step = steps.iter().rev().find(|step| step.value.is_none_or(|from| from <= value));
    &step.unwrap().color
}

/// Whether a panel says by its colours what a source says by its number.
fn is_coloured(panel: &Panel, source: Source) -> bool {
    let (low, from_the_line) = (color(panel, 0.0), color(panel, number(source)));
    match source {
        // Bad below the line; everything else is bad from it on.
        Alert("ExportSuccessRateLow", _) | Assertion("success-rate") | AnyInstance => {
            (low, from_the_line) == ("red", "green")
        }
        Alert(_, "critical") => low == "green" && from_the_line == "red",
        Alert(..) | Assertion(_) | EveryScenario(_) => low == "green" && from_the_line != "green",
    }
}

#[test]
fn colours_are_those_of_the_severities() {
    let board = dashboard();
    for (title, sources) in LINES {
        for source in *sources {
            assert!(is_coloured(board.panel(title), *source), "{title}: {source:?}");
        }
    }
}

/// An expression as the engine spells it, without the choice of job and instance.
fn bare(expression: &str) -> String {
    let chosen = r#"job=~"$job", instance=~"$instance""#;
    let text = expression.replace(&format!("{{{chosen}}}"), "");
    Expression::parse(&text).unwrap().to_string()
}

#[test]
fn the_first_row_shows_exactly_what_the_rules_compare() {
    let board = dashboard();
    let first = board.below("What the alerts compare");
    let compared: BTreeSet<_> = rules().iter().map(|rule| comparison(rule).0).collect();
    let alerting = first.iter().filter(|panel| !NO_ALERT.contains(&panel.title.as_str()));
    let shown: BTreeSet<_> = alerting.map(|panel| bare(&panel.targets[0].expr)).collect();
    assert_eq!(shown, compared);
}

#[test]
fn only_the_first_row_has_windows_of_a_fixed_length() {
    let board = dashboard();
    let first: Vec<_> =
        board.below("What the alerts compare").iter().map(|panel| panel.id).collect();
    for (panel, target) in board.targets().filter(|(panel, _)| !first.contains(&panel.id)) {
        for (function, range) in ranges(&target.expr) {
            assert_eq!((function, range), ("rate", "$__rate_interval"), "{}", panel.title);
        }
    }
}

/// Each range of an expression with the function around it.
fn ranges(expression: &str) -> Vec<(&str, &str)> {
    let opened = expression.match_indices('[').map(|(at, _)| at);
    let found = opened.map(|at| {
        let range = expression[at + 1..].split(']').next().unwrap_or_default();
        let call = expression[..at].rfind('(').unwrap_or(0);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (expression[..call].rsplit(|c: char| !is_name(c)).next().unwrap_or_default(), range)
    });
    found.collect()
}

#[test]
fn a_range_is_found_with_its_function() {
    let text = r#"sum by (le) (rate(a{b="c"}[$__rate_interval])) / increase(d[1h])"#;
    assert_eq!(ranges(text), [("rate", "$__rate_interval"), ("increase", "1h")]);
}
