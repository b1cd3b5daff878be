//! Scripts in Prometheus' own test language: those of this crate, which all
//! pass, and those of Prometheus, as far as this engine goes.
//!
//! An evaluation that needs what the engine refuses by name is "unsupported".
//! Any other that does not pass is listed in `promqltest/upstream.known` with
//! its reason, and the list can only shrink. Of annotations (`expect warn`, `expect info`)
//! the texts are compared without the place in the expression.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of a test: a panic there is the failure report"
)]

#[path = "support/known.rs"]
mod known;
#[path = "promqltest/nhcb.rs"]
mod nhcb;
#[path = "../../tests/support/page.rs"]
mod page;
#[path = "promqltest/script.rs"]
mod script;
mod support;
#[path = "promqltest/page.rs"]
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use regex::Regex;
use script::{Command, Eval, Expected, Load, Says};
use slogate_promql::{
    Annotation, AnnotationLevel, Buckets, Datum, Element, Expression, Labels, MemorySeries,
    Options, ParseError, Series, Value, instant_annotated, range_annotated,
};
use table::Tally;

/// Relative difference up to which promqltest takes two values for equal.
const TOLERANCE: f64 = 1e-6;

/// How many evaluations passed when this number was last raised: what becomes
/// unsupported again must not go unnoticed.
const PASSED_BEFORE: usize = 1883;

/// Where docs/promql.md has the table.
const BEGIN: &str =
    "<!-- scripts: made by harness/promql/tests/promqltest.rs; SLOGATE_BLESS=1 renews it -->\n";
const END: &str = "<!-- end of scripts -->\n";

/// How an evaluation ended.
enum Outcome {
    Passed,
    /// What it needs and this engine does not have.
    Unsupported(String),
    Failed(String),
}

#[test]
fn the_scripts_of_this_crate_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promqltest");
    let mut passed = 0;
    for (file, eval, outcome) in run_folder(&folder) {
        let Outcome::Passed = outcome else {
            let (Outcome::Unsupported(why) | Outcome::Failed(why)) = outcome else { continue };
            panic!("{file}:{} {}\n    {why}", eval.line, eval.expression);
        };
        passed += 1;
    }
    assert!(passed > 20, "{passed} evaluations");
}

#[test]
fn the_scripts_of_prometheus_pass_as_far_as_this_engine_goes() {
    let Some(data) = support::conformance_data() else { return };
    let known = known::known_failures(include_str!("promqltest/upstream.known"));
    let mut surprises = Vec::new();
    let mut tallies = BTreeMap::<String, Tally>::new();
    for (file, eval, outcome) in run_folder(&data.join("prometheus/promqltest")) {
        let id = format!("{file}:{}", eval.line);
        let tally = tallies.entry(file).or_default();
        match (outcome, known.get(&id)) {
            (Outcome::Unsupported(what), _) => *tally.unsupported.entry(what).or_default() += 1,
            (Outcome::Passed, listed) => {
                tally.passed += 1;
                surprises.extend(listed.map(|_| format!("{id} passes: take it off the list")));
            }
            (Outcome::Failed(_), Some(reason)) => {
                tally.known += 1;
                tally.reasons.insert(reason.clone());
            }
            (Outcome::Failed(why), None) => {
                tally.failed += 1;
                surprises.push(format!("{id} {}\n    {why}", eval.expression));
            }
        }
    }
    let passed = tallies.values().map(|tally| tally.passed).sum::<usize>();
    assert!(surprises.is_empty(), "{} surprises\n{}", surprises.len(), surprises.join("\n"));
    assert!(passed >= PASSED_BEFORE, "only {passed} pass, {PASSED_BEFORE} did before");
    assert_page_is_fresh(&table::table(&tallies));
}

/// docs/promql.md shows what came of the scripts.
fn assert_page_is_fresh(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/promql.md");
    let committed = std::fs::read_to_string(&path).unwrap();
    page::assert_fresh(&path, &page::with_between_marks(&committed, BEGIN, END, table));
}

fn run_folder(folder: &Path) -> Vec<(String, Eval, Outcome)> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scripts = files.filter(|path| path.extension().is_some_and(|kind| kind == "test"));
    let mut outcomes = Vec::new();
    for path in scripts.collect::<BTreeSet<_>>() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut data = Data::default();
        for command in script::parse(&std::fs::read_to_string(&path).unwrap()) {
            match command {
                Command::Clear => data = Data::default(),
                Command::Load(load) => data.add(load),
                Command::Eval(eval) => {
                    let outcome = evaluate(&eval, &data);
                    outcomes.push((name.clone(), eval, outcome));
                }
            }
        }
    }
    outcomes
}

/// What a script has loaded.
#[derive(Default)]
struct Data {
    samples: BTreeMap<(Labels, i64), Datum>,
    unreadable: BTreeSet<String>,
}

impl Data {
    fn add(&mut self, load: Load) {
        for (labels, values) in load.series {
            let mut at_ms = 0;
            for value in values {
                if let Some(value) = value {
                    self.samples.insert((labels.clone(), at_ms), value);
                }
                at_ms += load.step_ms;
            }
        }
        self.unreadable.extend(load.unreadable);
    }

    fn store(&self) -> MemorySeries {
        let mut store = MemorySeries::default();
        for ((labels, t_ms), value) in &self.samples {
            store.append_datum(labels, *t_ms, value);
        }
        store
    }

    /// Whether an expression may select a series that could not be loaded.
    fn misses(&self, expression: &Expression) -> bool {
        expression.selectors().iter().any(|selector| match selector.metric_name() {
            Some(name) => self.unreadable.contains(name),
            None => !self.unreadable.is_empty(),
        })
    }
}

fn evaluate(eval: &Eval, data: &Data) -> Outcome {
    let expression = match Expression::parse(&eval.expression) {
        Ok(expression) => expression,
        Err(ParseError::Syntax { .. }) if eval.fails => return Outcome::Passed,
        Err(ParseError::Unsupported { construct, .. }) => return Outcome::Unsupported(construct),
        // What its parser does not know, the engine cannot tell from a mistake.
        Err(_) => return Outcome::Unsupported(table::unknown_syntax(&eval.expression).to_owned()),
    };
    if data.misses(&expression) || matches!(eval.expected, Expected::Unreadable) {
        return Outcome::Unsupported("series with start times".to_owned());
    }
    let store = data.store();
    let options = Options::default();
    let compared = match eval.range {
        None => instant_annotated(&expression, &store, eval.start_ms, &options).map(|answer| {
            compare_instant(eval, answer.value)?;
            compare_annotations(eval, &answer.annotations)
        }),
        Some((end_ms, step_ms)) => {
            let times = [eval.start_ms, end_ms, step_ms];
            range_annotated(&expression, &store, times, &options).map(|answer| {
                compare_range(eval, step_ms, &answer.value)?;
                compare_annotations(eval, &answer.annotations)
            })
        }
    };
    match compared {
        Err(_) if eval.fails => Outcome::Passed,
        Err(error) => Outcome::Failed(error.to_string()),
        Ok(_) if eval.fails => Outcome::Failed("expected an error".to_owned()),
        Ok(Ok(())) => Outcome::Passed,
        Ok(Err(why)) => Outcome::Failed(why),
    }
}

fn compare_instant(eval: &Eval, value: Value) -> Result<(), String> {
    let wrong = |got: &dyn std::fmt::Debug| Err(format!("got {got:?}"));
    match (value, &eval.expected) {
        (Value::Scalar(got), Expected::Scalar(wanted)) if close(got, *wanted) => Ok(()),
        (Value::Text(got), Expected::Text(wanted)) if got == *wanted => Ok(()),
        (Value::Matrix(got), Expected::Matrix(wanted, start_ms, step_ms)) => {
            compare_series(eval, wanted, [*start_ms, *step_ms], &got)
        }
        (Value::Vector(got), Expected::Series(wanted)) => {
            let wanted = wanted.iter().filter_map(|(labels, values)| {
                let value = values.first().cloned().flatten()?;
                Some(Element { labels: labels.clone(), value })
            });
            let wanted = wanted.collect::<Vec<_>>();
            let same = |(a, b): (&Element, &Element)| {
                a.labels == b.labels && same_datum(&a.value, &b.value, eval.compares_hints)
            };
            let all = if eval.ordered {
                got.iter().zip(&wanted).all(same)
            } else {
                wanted.iter().all(|one| got.iter().any(|other| same((other, one))))
            };
            if got.len() == wanted.len() && all { Ok(()) } else { wrong(&got) }
        }
        (got, _) => wrong(&got),
    }
}

/// Whether what is said beside the value is what must be.
fn compare_annotations(eval: &Eval, said: &[Annotation]) -> Result<(), String> {
    for (level, must) in
        [(AnnotationLevel::Warning, &eval.warnings), (AnnotationLevel::Info, &eval.infos)]
    {
        let said = said.iter().filter(|one| one.level == level).map(ToString::to_string);
        let said = said.collect::<Vec<_>>();
        let holds = match must {
            Says::Whatever => true,
            Says::Nothing => said.is_empty(),
            Says::Something => !said.is_empty(),
            Says::Text(text) => said.iter().any(|one| one == without_place(text)),
            Says::Pattern(pattern) => {
                // A place is part of the pattern, and ours have none.
                let pattern = Regex::new(pattern.split(r" \(").next().unwrap()).unwrap();
                said.iter().any(|one| pattern.is_match(one))
            }
        };
        if !holds {
            return Err(format!("annotations of {level:?}: {said:?}"));
        }
    }
    Ok(())
}

/// `… (1:6)` without the place.
fn without_place(text: &str) -> &str {
    text.rsplit_once(" (").filter(|(_, place)| place.ends_with(')')).map_or(text, |split| split.0)
}

fn compare_range(eval: &Eval, step_ms: i64, got: &[Series]) -> Result<(), String> {
    match &eval.expected {
        Expected::Series(wanted) => compare_series(eval, wanted, [eval.start_ms, step_ms], got),
        Expected::Scalar(wanted) => {
            let mut all = got.iter().flat_map(|series| &series.samples);
            if all.all(|sample| close(sample.value, *wanted)) {
                Ok(())
            } else {
                Err(format!("got {got:?}"))
            }
        }
        _ => Err("a range query has series".to_owned()),
    }
}

fn compare_series(
    eval: &Eval,
    wanted: &[(Labels, Vec<Option<Datum>>)],
    [start_ms, step_ms]: [i64; 2],
    got: &[Series],
) -> Result<(), String> {
    let mut samples = BTreeMap::new();
    for (labels, values) in wanted {
        let mut at_ms = start_ms;
        for value in values {
            samples.extend(value.clone().map(|value| ((labels.clone(), at_ms), value)));
            at_ms += step_ms;
        }
    }
    for series in got {
        let numbers = series.samples.iter().map(|one| (one.t_ms, Datum::Number(one.value)));
        let histograms = series.histograms.iter();
        let histograms =
            histograms.map(|one| (one.t_ms, Datum::Histogram(Arc::clone(&one.histogram))));
        for (t_ms, value) in numbers.chain(histograms) {
            let key = (series.labels.clone(), t_ms);
            match samples.remove(&key) {
                Some(wanted) if same_datum(&value, &wanted, eval.compares_hints) => {}
                other => return Err(format!("wanted {other:?} at {key:?}, got {got:?}")),
            }
        }
    }
    if samples.is_empty() { Ok(()) } else { Err(format!("missing {samples:?}, got {got:?}")) }
}

/// As promqltest compares: buckets by index, counts nearly, and what is known of
/// counter resets where a script states it.
fn same_datum(got: &Datum, wanted: &Datum, compares_hints: bool) -> bool {
    let (a, b) = match (got, wanted) {
        (Datum::Number(a), Datum::Number(b)) => return close(*a, *b),
        (Datum::Histogram(a), Datum::Histogram(b)) => (a, b),
        _ => return false,
    };
    let same_buckets = |a: &Buckets, b: &Buckets| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && close(a.1, b.1))
    };
    a.layout == b.layout
        && (!compares_hints || a.reset_hint == b.reset_hint)
        && close(a.zero_threshold, b.zero_threshold)
        && close(a.zero_count, b.zero_count)
        && close(a.count, b.count)
        && close(a.sum, b.sum)
        && same_buckets(&a.positive, &b.positive)
        && same_buckets(&a.negative, &b.negative)
}

#[expect(clippy::float_cmp, reason = "infinities are equal to themselves")]
fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}
