//! `< 10s`: a comparison and a quantity of the kind that the objective measures.

use super::codes;
use super::finding::Finding;
use super::model::{Comparator, Threshold};
use crate::units::{Quantity, Unit, parse_quantity, unit_by_name};

/// What kind of quantity a threshold must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expected {
    /// A time of the load generator's: with a unit.
    Time,
    /// A number of requests: plain.
    Count,
    /// A number in an answer: plain.
    Number,
    /// A share of requests: a percentage, or 0 to 1.
    Share,
    /// Requests a second: `5/s`.
    Rate,
    /// A length in bytes: plain, or with a unit.
    Length,
    /// Not known, because what is measured is wrong itself.
    Anything,
    /// A value of the target's, in a unit that the objective states or leaves out.
    Stated(Unit),
}

/// The operators, the longer ones first.
const COMPARATORS: &[(&str, Comparator)] = &[
    ("<=", Comparator::LessOrEqual),
    (">=", Comparator::GreaterOrEqual),
    ("==", Comparator::Equal),
    ("!=", Comparator::NotEqual),
    ("<", Comparator::Less),
    (">", Comparator::Greater),
];

/// Reads a comparison.
pub(super) fn parse(text: &str, expected: Expected) -> Result<Threshold, Finding> {
    let start = text.len() - text.trim_start().len();
    let written = text.trim();
    let Some((operator, comparator)) =
        COMPARATORS.iter().find(|(operator, _)| written.starts_with(operator))
    else {
        return Err(no_comparator(written).shifted(start));
    };
    let operand = &written[operator.len()..];
    let at = start + operator.len() + operand.len() - operand.trim_start().len();
    let operand = operand.trim();
    let quantity = parse_quantity(operand).map_err(|error| {
        Finding::new(codes::INVALID_QUANTITY, at, operand.len(), error.to_string())
            .help("a comparison is an operator and a value: `< 10s`, `>= 95%`, `== 0`")
    })?;
    let bound = expected.bound(quantity).map_err(|(message, help)| {
        Finding::new(codes::WRONG_UNIT, at, operand.len(), format!("`{operand}` {message}"))
            .help(help)
    })?;
    Ok(Threshold { comparator: *comparator, bound, text: format!("{operator} {operand}") })
}

/// The unit that `unit:` names, and its size in the base unit.
pub(super) fn unit(name: &str) -> Option<(Unit, f64)> {
    match name {
        "seconds" => Some((Unit::Seconds, 1.0)),
        "bytes" => Some((Unit::Bytes, 1.0)),
        "ratio" => Some((Unit::Ratio, 1.0)),
        "" => None,
        _ => unit_by_name(name),
    }
}

fn no_comparator(written: &str) -> Finding {
    let word = written.split_whitespace().next().unwrap_or_default();
    let finding = Finding::new(
        codes::INVALID_COMPARISON,
        0,
        word.len(),
        "expected `<`, `<=`, `>`, `>=`, `==` or `!=`",
    );
    if let Some(value) = written.strip_prefix('=') {
        return finding.help(format!("write `== {}`", value.trim()));
    }
    if parse_quantity(written).is_ok() {
        return finding.help(format!("write for example `<= {written}`"));
    }
    finding.help("a comparison is an operator and a value: `< 10s`, `>= 95%`, `== 0`")
}

type Refusal = (&'static str, String);

impl Expected {
    /// The bound in the base unit, if the quantity is of this kind.
    fn bound(self, quantity: Quantity) -> Result<f64, Refusal> {
        let Quantity { value, unit } = quantity;
        let advice = |text: &str| text.to_owned();
        match (self, unit) {
            (Self::Time, Unit::Seconds) if value < 0.0 => {
                Err(("is below 0", advice("no time is shorter than nothing")))
            }
            (Self::Anything, _)
            | (Self::Time, Unit::Seconds)
            | (Self::Count | Self::Number, Unit::Plain)
            | (Self::Rate, Unit::PerSecond)
            | (Self::Length, Unit::Bytes | Unit::Plain) => Ok(value),
            (Self::Time, _) => Err(("is not a time", advice("write a unit of time: 250ms, 10s"))),
            (Self::Count, _) => Err(("has a unit", advice("a count is a plain number: `== 0`"))),
            (Self::Number, _) => Err(("has a unit", advice("a number of JSON has none: `> 5`"))),
            (Self::Rate, _) => Err(("is not a rate", advice("write `5/s`"))),
            (Self::Length, _) => Err(("is not a length", advice("write bytes: 100, 2MB"))),
            (Self::Share, Unit::Ratio | Unit::Plain) if (0.0..=1.0).contains(&value) => Ok(value),
            (Self::Share, _) => {
                Err(("is not a share", advice("a ratio is 0% to 100%, or 0 to 1: `>= 95%`")))
            }
            (Self::Stated(wanted), _) => stated(wanted, quantity),
        }
    }
}

fn stated(wanted: Unit, quantity: Quantity) -> Result<f64, Refusal> {
    match (wanted, quantity.unit) {
        (wanted, found) if wanted == found => Ok(quantity.value),
        (Unit::Ratio, Unit::Plain) => Ok(quantity.value),
        // Nothing is nothing in every unit.
        (_, Unit::Plain) if quantity.value == 0.0 => Ok(0.0),
        (Unit::Plain, found) => {
            let help = format!(
                "say what the expression's unit is, for example `unit: {}`, or write a plain number",
                example_unit(found)
            );
            Err(("has a unit, but the objective has no `unit`", help))
        }
        (wanted, _) => {
            let help = format!("the objective's `unit` wants {}", in_words(wanted));
            Err(("does not fit the objective's `unit`", help))
        }
    }
}

fn example_unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "ms",
        Unit::Bytes => "bytes",
        Unit::Ratio => "ratio",
        Unit::PerSecond => "/s",
        Unit::Plain => "",
    }
}

fn in_words(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "a time, such as 250ms or 10s",
        Unit::Bytes => "a size, such as 100MB or 4KiB",
        Unit::Ratio => "a share, such as 95%",
        Unit::PerSecond => "a rate, such as 5/s",
        Unit::Plain => "a plain number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_comparison_in_the_base_unit() {
        let threshold = parse(" <=  250ms ", Expected::Time).unwrap();
        assert_eq!(threshold.comparator, Comparator::LessOrEqual);
        assert!((threshold.bound - 0.25).abs() < f64::EPSILON);
        assert_eq!(threshold.text, "<= 250ms");
        assert_eq!(parse(">= 95%", Expected::Share), parse(">=95%", Expected::Share));
        assert!(
            (parse("< 10s", Expected::Stated(Unit::Seconds)).unwrap().bound - 10.0).abs() < 1e-9
        );
    }

    #[test]
    fn the_kind_of_value_must_fit_what_is_measured() {
        let message = |text, expected| {
            let finding = parse(text, expected).unwrap_err();
            finding.message + "; " + &finding.help.unwrap_or_default()
        };
        assert!(message("< 5", Expected::Time).contains("write a unit of time"));
        assert!(message("< -1s", Expected::Time).contains("below 0"));
        assert!(message("== 5s", Expected::Count).contains("plain number"));
        assert!(message(">= 95", Expected::Share).contains("0% to 100%"));
        assert!(message("> 5", Expected::Rate).contains("5/s"));
        assert!(message("< 10s", Expected::Stated(Unit::Plain)).contains("unit: ms"));
        assert!(message("< 10", Expected::Stated(Unit::Seconds)).contains("a time"));
        assert!(message("< 10MB", Expected::Stated(Unit::Seconds)).contains("a time"));
        assert!(parse("> 0", Expected::Stated(Unit::Bytes)).is_ok());
    }

    #[test]
    fn a_comparison_needs_an_operator_and_a_number() {
        let finding = parse("10s", Expected::Time).unwrap_err();
        assert_eq!(finding.help.as_deref(), Some("write for example `<= 10s`"));
        assert_eq!(
            parse("= 5", Expected::Count).unwrap_err().help.as_deref(),
            Some("write `== 5`")
        );
        assert_eq!(parse("< fast", Expected::Time).unwrap_err().offset, 2);
        assert_eq!(parse("< 5 parsecs", Expected::Time).unwrap_err().length, 9);
    }
}
