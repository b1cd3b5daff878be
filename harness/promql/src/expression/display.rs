//! The canonical text of an expression, as Prometheus' own printer writes it.
//! Parentheses are written only where the tree needs them.

use std::fmt;

use super::{
    Aggregate, At, Binary, BinaryOperator, Cardinality, Expression, Kind, LabelChoice, TimeShift,
};
use crate::duration::format_duration_ms;
use crate::matcher::is_plain_label_name;
use crate::number::format_number;

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Number(number) => f.write_str(&format_number(*number)),
            Kind::Text(text) => write!(f, "{text:?}"),
            Kind::Selector(instant) => write!(f, "{}{}", instant.selector, instant.time),
            Kind::Range(range) => {
                let length = format_duration_ms(range.range_ms);
                write!(f, "{}[{length}]{}", range.instant.selector, range.instant.time)
            }
            Kind::Subquery(subquery) => {
                let range = format_duration_ms(subquery.range_ms);
                let step = subquery.step_ms.map(format_duration_ms).unwrap_or_default();
                write_operand(f, &subquery.inner, u8::MAX)?;
                write!(f, "[{range}:{step}]{}", subquery.time)
            }
            Kind::Call(call) => {
                write!(f, "{}({})", call.function.name, comma_separated(&call.arguments))
            }
            Kind::Aggregate(aggregate) => aggregate.fmt(f),
            Kind::Binary(binary) => binary.fmt(f),
            Kind::Negate(inner) => {
                f.write_str("-")?;
                write_operand(f, inner, BinaryOperator::Power.strength())
            }
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.spelling())?;
        match &self.grouping {
            LabelChoice::Only(labels) if labels.is_empty() => {}
            LabelChoice::Only(labels) => write!(f, " by ({}) ", label_list(labels))?,
            LabelChoice::AllBut(labels) => write!(f, " without ({}) ", label_list(labels))?,
        }
        match &self.parameter {
            Some(parameter) => write!(f, "({parameter}, {})", self.inner),
            None => write!(f, "({})", self.inner),
        }
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only `^` groups to the right.
        let strength = self.operator.strength();
        let (left, right) = if self.operator == BinaryOperator::Power {
            (strength + 1, strength)
        } else {
            (strength, strength + 1)
        };
        write_operand(f, &self.left, left)?;
        write!(f, " {}", self.operator.spelling())?;
        if self.returns_bool {
            f.write_str(" bool")?;
        }
        self.write_matching(f)?;
        f.write_str(" ")?;
        write_operand(f, &self.right, right)
    }
}

impl Binary {
    fn write_matching(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.cardinality == Cardinality::OneToOne;
        match &self.matching {
            LabelChoice::AllBut(labels) if labels.is_empty() && plain => {}
            LabelChoice::AllBut(labels) => write!(f, " ignoring ({})", label_list(labels))?,
            LabelChoice::Only(labels) => write!(f, " on ({})", label_list(labels))?,
        }
        match &self.cardinality {
            Cardinality::OneToOne => {}
            Cardinality::ManyToOne(labels) => write!(f, " group_left ({})", label_list(labels))?,
            Cardinality::OneToMany(labels) => write!(f, " group_right ({})", label_list(labels))?,
        }
        if let Some(value) = self.fill.left {
            write!(f, " fill_left ({})", format_number(value))?;
        }
        if let Some(value) = self.fill.right {
            write!(f, " fill_right ({})", format_number(value))?;
        }
        Ok(())
    }
}

impl fmt::Display for TimeShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            None => {}
            Some(At::Start) => f.write_str(" @ start()")?,
            Some(At::End) => f.write_str(" @ end()")?,
            Some(At::Milliseconds(at)) => write!(f, " @ {:.3}", at as f64 / 1000.0)?,
        }
        if self.offset_ms != 0 {
            write!(f, " offset {}", format_duration_ms(self.offset_ms))?;
        }
        Ok(())
    }
}

/// Writes an operand, in parentheses if it binds weaker than `needed`.
fn write_operand(f: &mut fmt::Formatter<'_>, operand: &Expression, needed: u8) -> fmt::Result {
    let strength = match &operand.kind {
        Kind::Binary(binary) => binary.operator.strength(),
        // A sign binds weaker than `^`.
        Kind::Number(number) if number.is_sign_negative() => BinaryOperator::Multiply.strength(),
        Kind::Negate(_) => BinaryOperator::Multiply.strength(),
        _ => u8::MAX,
    };
    if strength < needed { write!(f, "({operand})") } else { write!(f, "{operand}") }
}

fn comma_separated(expressions: &[Expression]) -> String {
    expressions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn label_list(labels: &[String]) -> String {
    let quoted = |label: &String| {
        if is_plain_label_name(label) { label.clone() } else { format!("{label:?}") }
    };
    labels.iter().map(quoted).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_it_reads() {
        for text in [
            "sum by (le) (rate(x_bucket{a=\"1\"}[5m] offset 1m))",
            "a + b * c",
            "(a + b) * c",
            "a - (b - c)",
            "a ^ b ^ c",
            "(a ^ b) ^ c",
            "-a ^ 2",
            "-(a + b)",
            "(-2) ^ 2",
            "a * (-1.5)",
            "a > bool 1",
            "a / on (job) group_left (env) b",
            "a + fill_left (0) fill_right (1) b",
            "max_over_time(rate(a[5m])[1h:1m] @ end())",
            "(a + b)[5m:]",
            "topk(3, a)",
            "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")",
            "a @ 10.500",
            "1.5",
            "+Inf",
        ] {
            assert_eq!(Expression::parse(text).unwrap().to_string(), text);
        }
    }
}
