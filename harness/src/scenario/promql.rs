//! What can be wrong with a PromQL expression before anything is measured.

use slogate_promql::{
    Bounds, Expression, LabelUse, ParseError, Selector, ValueType, parse_selector,
};

use super::codes;
use super::finding::Finding;
use super::window_names::{dollar_names, replace_names};
use crate::code::Code;

/// The windows that an expression can name, and the literal of equal length that
/// stands for each while it is checked, so that no position moves.
const WINDOWS: &[(&str, &str)] = &[("$run", "100s"), ("$phase", "10000s")];

/// The most operations of one expression: each may be a level of its tree, and trees
/// are walked by recursion. Rules found in the wild have a few dozen.
const MOST_OPERATIONS: usize = 128;

/// A checked expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// Where the first `$phase` is, in bytes.
    pub(super) phase_at: Option<usize>,
}

/// Checks an expression; every problem that can be told is told.
pub(super) fn check(text: &str) -> Result<Checked, Vec<Finding>> {
    let literal = with_literal_windows(text)?;
    refuse_too_many_operations(&literal)?;
    let expression = Expression::parse(&literal).map_err(|error| vec![located(&literal, error)])?;
    let findings = shape_findings(&expression, &literal);
    if findings.is_empty() { Ok(Checked { phase_at: phase_at(text) }) } else { Err(findings) }
}

fn phase_at(text: &str) -> Option<usize> {
    dollar_names(text).into_iter().find(|(_, name)| *name == "$phase").map(|(at, _)| at)
}

/// Checks the selector of a counter: a metric's name, with matchers or without.
pub(super) fn check_selector(text: &str) -> Result<(), Vec<Finding>> {
    if let Some((window, _)) = dollar_names(text).first().copied() {
        let finding = Finding::new(codes::NOT_A_SELECTOR, window, 1, "a counter has no range");
        return Err(vec![
            finding.help("write the selector alone; its window is the run, or `during`"),
        ]);
    }
    refuse_too_many_operations(text)?;
    parse_selector(text).map(|_| ()).map_err(|error| vec![located(text, error)])
}

/// Everything that a checked text selects: an expression, or a counter's selector.
pub(super) fn selectors(text: &str) -> Vec<Selector> {
    parsed(text).iter().flat_map(Expression::selectors).map(|found| found.selector).collect()
}

/// Every label that an expression groups or matches by.
pub(super) fn label_uses(text: &str) -> Vec<LabelUse> {
    parsed(text).as_ref().map(Expression::label_uses).unwrap_or_default()
}

/// Between which bounds the value of an expression lies by its shape.
pub(super) fn bounds(text: &str) -> Bounds {
    parsed(text).map_or(Bounds::ANY, |expression| expression.bounds())
}

/// The series that the buckets of a `histogram_quantile` at the top come from.
pub(super) fn judged_buckets(text: &str) -> Vec<Selector> {
    let expression = parsed(text);
    let buckets = expression.as_ref().and_then(Expression::histogram_quantile);
    let selectors = buckets.map(|(_, buckets)| buckets.selectors()).unwrap_or_default();
    selectors.into_iter().map(|found| found.selector).collect()
}

fn parsed(text: &str) -> Option<Expression> {
    let literal = with_literal_windows(text).ok()?;
    refuse_too_many_operations(&literal).ok()?;
    Expression::parse(&literal).ok()
}

fn refuse_too_many_operations(text: &str) -> Result<(), Vec<Finding>> {
    let signs = text.matches(['(', '+', '-', '*', '/', '%', '^', '<', '>', '=']).count();
    let words = text.split_whitespace().filter(|word| matches!(*word, "and" | "or" | "unless"));
    let operations = signs + words.count();
    if operations <= MOST_OPERATIONS {
        return Ok(());
    }
    let message =
        format!("about {operations} operations in one expression; at most {MOST_OPERATIONS}");
    Err(vec![
        Finding::new(codes::TOO_LARGE, 0, text.len(), message)
            .help("split it, or record its parts by rules"),
    ])
}

/// What an expression must not be although it is PromQL.
fn shape_findings(expression: &Expression, text: &str) -> Vec<Finding> {
    let found = valued_without_data(expression).chain(not_judgeable(expression));
    let whole =
        |Shape { code, message, help }| Finding::new(code, 0, text.len(), message).help(help);
    found.map(whole).collect()
}

/// What is wrong with the shape of an expression as a whole.
struct Shape {
    code: Code,
    message: String,
    help: &'static str,
}

impl Shape {
    fn new(code: Code, message: impl Into<String>, help: &'static str) -> Self {
        Self { code, message: message.into(), help }
    }
}

/// An answer that is there, or is not, whatever was measured.
fn valued_without_data(expression: &Expression) -> impl Iterator<Item = Shape> {
    let shapes = [
        expression.has_top_level_comparison().then(|| {
            Shape::new(
                codes::TOP_LEVEL_COMPARISON,
                "a comparison at the top turns \"missed\" and \"no data\" into the same empty answer",
                "move it to `is:`",
            )
        }),
        expression.falls_back_to_constant().then(|| {
            Shape::new(
                codes::FALLBACK_VALUE,
                "`or vector(…)` has a value even where nothing was measured",
                "remove it: without data the objective is inconclusive, which is the truth",
            )
        }),
        expression.fills_what_is_missing().then(|| {
            Shape::new(
                codes::FALLBACK_VALUE,
                "`fill` has a value even where nothing was measured",
                "remove it: without data the objective is inconclusive, which is the truth",
            )
        }),
        expression.hides_histogram_quantile().then(|| {
            Shape::new(
                codes::HIDDEN_QUANTILE,
                "a histogram_quantile can be judged only at the top and with a number as its \
                 quantile: elsewhere it has a value even where every observation is in the last \
                 bucket",
                "put histogram_quantile at the top and give `unit: ms`, or what the buckets are in",
            )
        }),
    ];
    shapes.into_iter().flatten()
}

/// An answer that is none to compare.
fn not_judgeable(expression: &Expression) -> impl Iterator<Item = Shape> {
    let reads_nothing = expression.selectors().is_empty().then(|| {
        Shape::new(codes::NOT_JUDGEABLE, "this expression reads no series", "name a metric")
    });
    let value_type = match expression.value_type() {
        ValueType::Scalar | ValueType::Vector => None,
        ValueType::Matrix => Some(Shape::new(
            codes::NOT_JUDGEABLE,
            "a range cannot be judged, only one value per series",
            "put a function around it, such as max_over_time(…)",
        )),
        ValueType::Text => {
            Some(Shape::new(codes::NOT_JUDGEABLE, "a text cannot be judged", "name a metric"))
        }
    };
    let quantile = expression.histogram_quantile().map(|(quantile, _)| quantile);
    let quantile = quantile.filter(|quantile| !(0.0..=1.0).contains(quantile)).map(|quantile| {
        let message = format!("quantile {quantile} is out of range");
        Shape::new(codes::OUT_OF_RANGE, message, "a quantile is from 0 to 1: 0.95 for p95")
    });
    [reads_nothing, value_type, quantile].into_iter().flatten()
}

/// Where in an expression an error is, as an offset and a length in bytes; the whole of it where
/// that cannot be told. The parser gives no position; most of its messages name what to look for.
pub fn place_in_expression(text: &str, error: &ParseError) -> (usize, usize) {
    let found = match error {
        ParseError::Syntax { message, .. } => return place_of(message, text),
        ParseError::Unsupported { construct, .. } => quoted_in(construct, '`'),
        ParseError::NotASelector { .. } => None,
    };
    found.and_then(|name| find_word(text, name)).unwrap_or((0, text.len()))
}

fn located(text: &str, error: ParseError) -> Finding {
    let (offset, length) = place_in_expression(text, &error);
    match error {
        ParseError::Syntax { message, .. } => {
            let message = if message == "invalid promql query" {
                "this is not a PromQL expression".to_owned()
            } else {
                message
            };
            Finding::new(codes::INVALID_PROMQL, offset, length, message)
        }
        ParseError::Unsupported { construct, .. } => {
            let message = format!("{construct} is not supported yet");
            Finding::new(codes::NOT_SUPPORTED, offset, length, message)
        }
        ParseError::NotASelector { .. } => Finding::new(
            codes::NOT_A_SELECTOR,
            offset,
            length,
            "a counter is a plain selector, not an expression",
        )
        .help("write for example export_bytes_total{status=\"success\"}; use `promql` for more"),
    }
}

fn place_of(message: &str, text: &str) -> (usize, usize) {
    let unclosed = if message.contains("unclosed left parenthesis") {
        last_unclosed(text, '(', ')')
    } else {
        None
    };
    unclosed
        .or_else(|| quoted_in(message, '\'').and_then(|name| find_word(text, name)))
        .unwrap_or((0, text.len()))
}

fn quoted_in(message: &str, quote: char) -> Option<&str> {
    let (_, rest) = message.split_once(quote)?;
    rest.split_once(quote).map(|(name, _)| name).filter(|name| !name.is_empty())
}

/// Where a name stands by itself.
pub(super) fn find_word(text: &str, name: &str) -> Option<(usize, usize)> {
    let part_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let stands_alone = |at: &usize| {
        !text[..*at].ends_with(part_of_name) && !text[at + name.len()..].starts_with(part_of_name)
    };
    text.match_indices(name).map(|(at, _)| at).find(stands_alone).map(|at| (at, name.len()))
}

fn last_unclosed(text: &str, open: char, close: char) -> Option<(usize, usize)> {
    let mut stack = Vec::new();
    for (at, character) in text.char_indices() {
        if character == open {
            stack.push(at);
        } else if character == close {
            stack.pop();
        }
    }
    stack.pop().map(|at| (at, open.len_utf8()))
}

/// Replaces `$run` and `$phase`, outside of quotes, by durations of equal length.
fn with_literal_windows(text: &str) -> Result<String, Vec<Finding>> {
    let mut findings = Vec::new();
    let literal = replace_names(text, |at, name| {
        let duration = WINDOWS.iter().find(|(window, _)| *window == name);
        if duration.is_none() {
            findings.push(unknown_window(at, name));
        }
        duration.map(|(_, duration)| (*duration).to_owned())
    });
    if findings.is_empty() { Ok(literal) } else { Err(findings) }
}

fn unknown_window(at: usize, name: &str) -> Finding {
    Finding::new(codes::UNKNOWN_WINDOW, at, name.len(), format!("unknown window `{name}`")).help(
        "`$run` is the measured run and `$phase` the phase of `during`; `${NAME}` is a variable",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(text: &str) -> (String, String) {
        let findings = check(text).unwrap_err();
        let finding = &findings[0];
        let underlined = text[finding.offset..finding.offset + finding.length].to_owned();
        (finding.message.clone(), underlined)
    }

    #[test]
    fn accepts_windows_and_says_whether_the_phase_is_one() {
        assert_eq!(check("max_over_time(x[$run])"), Ok(Checked { phase_at: None }));
        assert_eq!(check("max_over_time(x[$phase])"), Ok(Checked { phase_at: Some(16) }));
    }

    #[test]
    fn a_window_in_a_text_is_text() {
        assert!(check("x{path=\"$nope\"}").is_ok());
        assert_eq!(check("x{path=\"$phase\"}"), Ok(Checked { phase_at: None }));
        assert!(check_selector("x_total{path=\"$run\"}").is_ok());
        assert_eq!(finding("max_over_time(x[$rum])").1, "$rum");
    }

    #[test]
    fn underlines_what_the_parser_names() {
        assert_eq!(finding("sum(rate(x[$run])").1, "(");
        assert_eq!(finding("sum(histogram_quantil(0.9, x))").1, "histogram_quantil");
        assert_eq!(finding("sum(start_timestamp(x))").1, "start_timestamp");
        assert_eq!(finding("x +").0, "this is not a PromQL expression");
    }

    #[test]
    fn refuses_shapes_that_hide_missing_data() {
        assert!(finding("rate(x[$run]) > 5").0.contains("at the top"));
        assert!(finding("sum(x) or vector(0)").0.contains("even where nothing"));
        let share = "(sum(increase(x[$run])) or vector(0)) / sum(increase(y[$run]))";
        assert!(finding(share).0.contains("even where nothing"));
        assert!(finding("sum(x / fill_left (0) y)").0.contains("`fill` has a value"));
        assert!(finding("vector(1)").0.contains("reads no series"));
        assert!(finding("x[$run]").0.contains("range cannot be judged"));
        assert!(
            finding("histogram_quantile(95, sum by (le) (x))").0.contains("95 is out of range")
        );
        assert!(check("x > bool 5").is_ok());
    }

    #[test]
    fn refuses_a_histogram_quantile_whose_buckets_cannot_be_judged() {
        for text in [
            "histogram_quantile(0.95, sum by (le) (increase(x_bucket[$run]))) / 1000",
            "max(histogram_quantile(0.95, sum by (le, a) (increase(x_bucket[$run]))))",
            "histogram_quantile(95 / 100, sum by (le) (increase(x_bucket[$run])))",
        ] {
            assert!(finding(text).0.starts_with("a histogram_quantile can be judged"), "{text}");
        }
    }

    #[test]
    fn a_counter_is_a_plain_selector() {
        assert!(check_selector("x_total{status=\"ok\"}").is_ok());
        for text in ["x_total[5m]", "sum(x_total)", "x_total[$run]", "{}", "x_total{"] {
            assert!(check_selector(text).is_err(), "{text}");
        }
    }
}
