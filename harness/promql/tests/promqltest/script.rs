//! Scripts in Prometheus' test language, as commands.

use slogate_promql::unit_test::parse_values;
use slogate_promql::{Datum, Labels, parse_duration_ms};

use super::nhcb;

/// One command of a script.
pub(crate) enum Command {
    Clear,
    Load(Load),
    Eval(Eval),
}

/// Series to add.
#[derive(Default)]
pub(crate) struct Load {
    pub(crate) step_ms: i64,
    pub(crate) series: Vec<(Labels, Vec<Option<Datum>>)>,
    /// Metric names of series that this engine cannot hold.
    pub(crate) unreadable: Vec<String>,
}

/// An evaluation with what it must give.
pub(crate) struct Eval {
    pub(crate) line: usize,
    pub(crate) expression: String,
    pub(crate) start_ms: i64,
    /// End and step of a range query.
    pub(crate) range: Option<(i64, i64)>,
    pub(crate) fails: bool,
    pub(crate) ordered: bool,
    pub(crate) warnings: Says,
    pub(crate) infos: Says,
    /// Whether what is known about counter resets is part of what is expected.
    pub(crate) compares_hints: bool,
    pub(crate) expected: Expected,
}

/// What an evaluation must say beside its value, of warnings or of infos.
#[derive(Clone, Default)]
pub(crate) enum Says {
    #[default]
    Whatever,
    Nothing,
    Something,
    /// Exactly this, but for the place at its end.
    Text(String),
    Pattern(String),
}

impl Says {
    fn parse(rest: &str) -> Self {
        let text = |rest: &str| rest.trim().to_owned();
        match (rest.strip_prefix("msg:"), rest.strip_prefix("regex:")) {
            (Some(rest), _) => Self::Text(text(rest)),
            (_, Some(rest)) => Self::Pattern(text(rest)),
            _ => Self::Something,
        }
    }
}

/// What an evaluation must give.
pub(crate) enum Expected {
    Scalar(f64),
    Text(String),
    Series(Vec<(Labels, Vec<Option<Datum>>)>),
    /// Samples of a range vector: series, first time and step.
    Matrix(Vec<(Labels, Vec<Option<Datum>>)>, i64, i64),
    /// Something this engine cannot express, such as start times of counters.
    Unreadable,
}

/// Reads a script. A line that is not understood ends the test: a runner that
/// passes over commands proves nothing.
pub(crate) fn parse(text: &str) -> Vec<Command> {
    let lines = text.lines().map(str::trim).collect::<Vec<_>>();
    let is_blank = |line: &&str| line.is_empty() || line.starts_with('#');
    let mut commands = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let head = lines[at];
        let body = lines[at + 1..].iter().copied().take_while(|line| !is_blank(line));
        let body = body.collect::<Vec<_>>();
        let own_lines = !is_blank(&head) && head != "clear";
        if head == "clear" {
            commands.push(Command::Clear);
        } else if head.starts_with("load") {
            commands.push(Command::Load(load(head, &body)));
        } else if head.starts_with("eval") {
            commands.push(Command::Eval(eval(at + 1, head, &body)));
        } else {
            assert!(is_blank(&head), "line {}: `{head}` is no command", at + 1);
        }
        at += if own_lines { body.len() + 1 } else { 1 };
    }
    commands
}

fn load(head: &str, body: &[&str]) -> Load {
    let (kind, rest) = head.split_once(' ').expect("load has a step");
    let step = rest.split_whitespace().next().expect("load has a step");
    let mut load = Load { step_ms: time_ms(step), ..Load::default() };
    for line in body {
        let (labels, values, _) = series_line(line);
        match values {
            Some(values) => load.series.push((labels, values)),
            None => load.unreadable.extend(labels.metric_name().map(str::to_owned)),
        }
    }
    if kind.ends_with("_with_nhcb") {
        load.series.extend(nhcb::converted(&load.series));
    }
    load
}

fn eval(line: usize, head: &str, body: &[&str]) -> Eval {
    let (kind, rest) = head.split_once(' ').expect("eval has a kind");
    let mut eval = Eval {
        line,
        expression: String::new(),
        start_ms: 0,
        range: None,
        fails: kind == "eval_fail",
        ordered: kind == "eval_ordered",
        compares_hints: false,
        warnings: Says::default(),
        infos: Says::default(),
        expected: Expected::Series(Vec::new()),
    };
    if let Some(rest) = rest.trim_start().strip_prefix("instant") {
        let rest = rest.trim_start().strip_prefix("at").expect("instant at");
        let (time, expression) = word(rest);
        eval.start_ms = time_ms(time);
        expression.clone_into(&mut eval.expression);
    } else {
        let rest = rest.trim_start().strip_prefix("range").expect("instant or range");
        let (start, rest) = after(rest, "from");
        let (end, rest) = after(rest, "to");
        let (step, rest) = after(rest, "step");
        eval.start_ms = time_ms(start);
        eval.range = Some((time_ms(end), time_ms(step)));
        rest.clone_into(&mut eval.expression);
    }
    expectations(&mut eval, body);
    eval
}

fn expectations(eval: &mut Eval, body: &[&str]) {
    let mut series = Vec::new();
    let mut unreadable = false;
    let mut matrix = None;
    for line in body {
        if let Some(expectation) = line.strip_prefix("expect ") {
            let (kind, rest) = word(expectation);
            match kind {
                "fail" => eval.fails = true,
                "ordered" => eval.ordered = true,
                "string" => {
                    let quoted = rest.trim();
                    let text = quoted[1..quoted.len() - 1].to_owned();
                    eval.expected = Expected::Text(text);
                }
                "range" => {
                    let (_, rest) = after(rest, "vector");
                    let _ = rest;
                    let (start, rest) = after(expectation, "range vector from");
                    let (_, rest) = after(rest, "to");
                    let (step, _) = after(rest, "step");
                    matrix = Some((time_ms(start), time_ms(step)));
                }
                "no_warn" => eval.warnings = Says::Nothing,
                "no_info" => eval.infos = Says::Nothing,
                "warn" => eval.warnings = Says::parse(rest),
                "info" => eval.infos = Says::parse(rest),
                other => panic!("`expect {other}` is not known"),
            }
        } else if line.starts_with("expected_fail") {
            eval.fails = true;
        } else if let Some(number) = number(line) {
            eval.expected = Expected::Scalar(number);
        } else {
            let (labels, values, hints) = series_line(line);
            unreadable |= values.is_none();
            eval.compares_hints |= hints;
            series.push((labels, values.unwrap_or_default()));
        }
    }
    if unreadable {
        eval.expected = Expected::Unreadable;
    } else if let Some((start_ms, step_ms)) = matrix {
        eval.expected = Expected::Matrix(series, start_ms, step_ms);
    } else if !series.is_empty() {
        eval.expected = Expected::Series(series);
    }
}

fn number(text: &str) -> Option<f64> {
    // Go and Rust spell infinities alike, but for capitals, which both ignore.
    text.parse().ok()
}

/// `name{…} values`, `None` for values that this engine cannot hold, and whether
/// every histogram says what is known about counter resets.
fn series_line(line: &str) -> (Labels, Option<Vec<Option<Datum>>>, bool) {
    let mut quote = None;
    let mut depth = 0;
    let mut escaped = false;
    let end = line.find(|c: char| {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"' | '\''), '\\') => escaped = true,
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => depth -= 1,
            _ => {}
        }
        quote.is_none() && depth == 0 && c.is_whitespace()
    });
    let (metric, values) = line.split_at(end.unwrap_or(line.len()));
    let values = values.trim();
    // `name {…} values`, as a few scripts have it.
    if values.starts_with('{') && !values.starts_with("{{") && !metric.contains('{') {
        return series_line(&format!("{metric}{values}"));
    }
    // `name{…}@st`: when a counter started, which this engine does not hold.
    let (metric, values) =
        metric.strip_suffix("@st").map_or((metric, values), |metric| (metric, "{{"));
    let labels = Labels::parse(metric).unwrap_or_else(|error| panic!("{error} in `{line}`"));
    let hints = values.matches("counter_reset_hint").count();
    let all_hints = hints > 0 && hints == values.matches("{{").count();
    (labels, parse_values(values).ok(), all_hints)
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// The word after a keyword, and what follows it.
fn after<'t>(text: &'t str, keyword: &str) -> (&'t str, &'t str) {
    let rest = text.trim_start().strip_prefix(keyword);
    word(rest.unwrap_or_else(|| panic!("expected `{keyword}` in `{text}`")))
}

fn time_ms(text: &str) -> i64 {
    let (sign, unsigned) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let ms = parse_duration_ms(unsigned).unwrap_or_else(|_| {
        let seconds: f64 = unsigned.parse().unwrap_or_else(|_| panic!("`{text}` is no time"));
        #[expect(clippy::cast_possible_truncation, reason = "times of test scripts are small")]
        let ms = (seconds * 1000.0) as i64;
        ms
    });
    sign * ms
}
