//! From `promql-parser`'s tree to ours: the only file that knows that parser.

use std::time::{Duration, UNIX_EPOCH};

use promql_parser::label::{MatchOp, Matcher as ParsedMatcher};
use promql_parser::parser::{self, Expr, LabelModifier, VectorMatchCardinality};
use regex::Regex;

use super::{
    Aggregate, Aggregation, At, Binary, BinaryOperator, Call, Cardinality, Expression, Fill,
    InstantSelector, Kind, LabelChoice, ParseError, RangeSelector, Subquery, TimeShift, bytes,
    limit, literals,
};
use crate::functions;
use crate::matcher::{MatchOperator, Matcher, Selector, split_metric_name};

/// Parses and lowers an expression.
pub(super) fn parse(text: &str) -> Result<Expression, ParseError> {
    if let Some(message) = limit::refusal(text) {
        // The expression itself would drown the message.
        let expression = text.chars().take(60).chain("…".chars()).collect();
        return Err(ParseError::Syntax { expression, message });
    }
    if let Some(message) = bytes::refusal(text) {
        return Err(ParseError::Syntax { expression: text.to_owned(), message });
    }
    let parsed = parser::parse(&literals::readable(text)).map_err(|message| {
        ParseError::Syntax { expression: text.to_owned(), message: one_line(&message) }
    })?;
    let mut lowering = Lowering { selectors: 0 };
    lowering.expression(parsed).map_err(|refusal| match refusal {
        Refusal::Unsupported(construct) => {
            ParseError::Unsupported { expression: text.to_owned(), construct }
        }
        Refusal::Invalid(message) => ParseError::Syntax { expression: text.to_owned(), message },
    })
}

/// Why a parsed construct cannot become part of our tree.
enum Refusal {
    Unsupported(String),
    Invalid(String),
}

type Lowered<T> = Result<T, Refusal>;

/// State of one lowering: the selectors met so far, for their ids.
struct Lowering {
    selectors: usize,
}

impl Lowering {
    fn expression(&mut self, parsed: Expr) -> Lowered<Expression> {
        let kind = match parsed {
            Expr::NumberLiteral(number) => Kind::Number(number.val),
            Expr::StringLiteral(text) => Kind::Text(text.val),
            Expr::VectorSelector(selector) => Kind::Selector(self.selector(selector)?),
            Expr::MatrixSelector(range) => Kind::Range(RangeSelector {
                instant: self.selector(range.vs)?,
                range_ms: duration_ms(range.range)?,
            }),
            Expr::Subquery(subquery) => Kind::Subquery(Box::new(self.subquery(subquery)?)),
            Expr::Call(call) => Kind::Call(self.call(call)?),
            Expr::Aggregate(aggregate) => Kind::Aggregate(Box::new(self.aggregate(aggregate)?)),
            Expr::Binary(binary) => Kind::Binary(Box::new(self.binary(binary)?)),
            Expr::Unary(unary) => match self.expression(*unary.expr)?.kind {
                Kind::Number(number) => Kind::Number(-number),
                kind => Kind::Negate(Box::new(Expression { kind })),
            },
            // Our tree is a tree: parentheses are spent, and written again where needed.
            Expr::Paren(inner) => return self.expression(*inner.expr),
            Expr::Extension(_) => return Err(Refusal::Unsupported("a parser extension".into())),
        };
        Ok(Expression { kind })
    }

    fn selector(&mut self, parsed: parser::VectorSelector) -> Lowered<InstantSelector> {
        if !parsed.matchers.or_matchers.is_empty() {
            return Err(Refusal::Unsupported("`or` between label matchers".into()));
        }
        let matchers =
            parsed.matchers.matchers.into_iter().map(matcher).collect::<Lowered<Vec<_>>>()?;
        let (name, matchers) = split_metric_name(parsed.name, matchers);
        let id = self.selectors;
        self.selectors += 1;
        Ok(InstantSelector {
            id,
            selector: Selector::new(name, matchers),
            time: time_shift(parsed.at.as_ref(), parsed.offset.as_ref())?,
        })
    }

    fn subquery(&mut self, parsed: parser::SubqueryExpr) -> Lowered<Subquery> {
        Ok(Subquery {
            time: time_shift(parsed.at.as_ref(), parsed.offset.as_ref())?,
            inner: self.expression(*parsed.expr)?,
            range_ms: duration_ms(parsed.range)?,
            step_ms: parsed.step.map(duration_ms).transpose()?,
        })
    }

    fn call(&mut self, parsed: parser::Call) -> Lowered<Call> {
        let function = functions::find(parsed.func.name)
            .ok_or_else(|| Refusal::Unsupported(format!("the function `{}`", parsed.func.name)))?;
        let arguments = parsed
            .args
            .args
            .into_iter()
            .enumerate()
            .map(|(at, argument)| match *argument {
                matchers if at == 1 && function.name == "info" => self.info_matchers(matchers),
                argument => self.expression(argument),
            })
            .collect::<Lowered<Vec<_>>>()?;
        Ok(Call { function, arguments })
    }

    /// The second argument of `info` is written as a selector, but is not one: a name
    /// stays among its matchers.
    fn info_matchers(&mut self, parsed: Expr) -> Lowered<Expression> {
        match parsed {
            Expr::VectorSelector(parser::VectorSelector {
                name: None,
                matchers,
                offset: None,
                at: None,
            }) if matchers.or_matchers.is_empty() => {
                let matchers =
                    matchers.matchers.into_iter().map(matcher).collect::<Lowered<Vec<_>>>()?;
                let id = self.selectors;
                self.selectors += 1;
                let selector = Selector::new(None, matchers);
                let time = TimeShift::default();
                Ok(Expression { kind: Kind::Selector(InstantSelector { id, selector, time }) })
            }
            _ => Err(Refusal::Invalid(
                "the second argument of `info` is label matchers only, such as \
                 {version=~\".+\"}"
                    .into(),
            )),
        }
    }

    fn aggregate(&mut self, parsed: parser::AggregateExpr) -> Lowered<Aggregate> {
        let spelling = parsed.op.to_string();
        let operation = Aggregation::from_spelling(&spelling)
            .ok_or_else(|| Refusal::Unsupported(format!("the aggregation `{spelling}`")))?;
        Ok(Aggregate {
            operation,
            grouping: parsed.modifier.map_or(LabelChoice::Only(Vec::new()), label_choice),
            parameter: parsed.param.map(|parameter| self.expression(*parameter)).transpose()?,
            inner: self.expression(*parsed.expr)?,
        })
    }

    fn binary(&mut self, parsed: parser::BinaryExpr) -> Lowered<Binary> {
        let spelling = parsed.op.to_string();
        let operator = BinaryOperator::from_spelling(&spelling)
            .ok_or_else(|| Refusal::Unsupported(format!("the operator `{spelling}`")))?;
        let modifier = parsed.modifier.unwrap_or_default();
        Ok(Binary {
            operator,
            returns_bool: modifier.return_bool,
            matching: modifier.matching.map_or(LabelChoice::AllBut(Vec::new()), label_choice),
            cardinality: cardinality(modifier.card),
            fill: Fill { left: modifier.fill_values.lhs, right: modifier.fill_values.rhs },
            left: self.expression(*parsed.lhs)?,
            right: self.expression(*parsed.rhs)?,
        })
    }
}

fn matcher(parsed: ParsedMatcher) -> Lowered<Matcher> {
    let (operator, pattern) = match &parsed.op {
        MatchOp::Equal => (MatchOperator::Equal, None),
        MatchOp::NotEqual => (MatchOperator::NotEqual, None),
        MatchOp::Re(pattern) => (MatchOperator::Matches, Some(pattern)),
        MatchOp::NotRe(pattern) => (MatchOperator::NotMatches, Some(pattern)),
    };
    // The parser anchors, but its `.` does not match a newline as Prometheus 3's does.
    let pattern = pattern
        .map(|anchored| Regex::new(&format!("(?s){}", anchored.as_str())))
        .transpose()
        .map_err(|error| Refusal::Invalid(one_line(&error.to_string())))?;
    Ok(Matcher::parsed(parsed.name, operator, parsed.value, pattern))
}

fn label_choice(parsed: LabelModifier) -> LabelChoice {
    match parsed {
        LabelModifier::Include(labels) => LabelChoice::Only(labels.labels),
        LabelModifier::Exclude(labels) => LabelChoice::AllBut(labels.labels),
    }
}

fn cardinality(parsed: VectorMatchCardinality) -> Cardinality {
    match parsed {
        VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => {
            Cardinality::OneToOne
        }
        VectorMatchCardinality::ManyToOne(labels) => Cardinality::ManyToOne(labels.labels),
        VectorMatchCardinality::OneToMany(labels) => Cardinality::OneToMany(labels.labels),
    }
}

fn time_shift(
    at: Option<&parser::AtModifier>,
    offset: Option<&parser::Offset>,
) -> Lowered<TimeShift> {
    let at = match at {
        None => None,
        Some(parser::AtModifier::Start) => Some(At::Start),
        Some(parser::AtModifier::End) => Some(At::End),
        Some(parser::AtModifier::At(time)) => {
            Some(At::Milliseconds(match time.duration_since(UNIX_EPOCH) {
                Ok(after) => duration_ms(after)?,
                Err(before) => -duration_ms(before.duration())?,
            }))
        }
    };
    let offset_ms = match offset {
        None => 0,
        Some(parser::Offset::Pos(duration)) => duration_ms(*duration)?,
        Some(parser::Offset::Neg(duration)) => -duration_ms(*duration)?,
    };
    Ok(TimeShift { at, offset_ms })
}

fn duration_ms(duration: Duration) -> Lowered<i64> {
    i64::try_from(duration.as_millis())
        .map_err(|_| Refusal::Invalid("a duration is too long".into()))
}

/// The parser's messages may span lines; ours are one fragment.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_not_supported() {
        let error = parse("start_timestamp(up)").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the function `start_timestamp` is not supported yet, in the expression \
             `start_timestamp(up)`"
        );
    }

    #[test]
    fn a_syntax_error_is_one_line_with_the_expression() {
        let error = parse("sum(up").unwrap_err();
        assert!(matches!(&error, ParseError::Syntax { message, .. } if !message.contains('\n')));
        assert!(error.to_string().contains("`sum(up`"), "{error}");
    }

    #[test]
    fn every_selector_has_an_id_of_its_own() {
        let expression = parse("up + rate(up[5m])").unwrap();
        let Kind::Binary(binary) = expression.kind else { panic!("not binary") };
        assert!(matches!(&binary.left.kind, Kind::Selector(left) if left.id == 0));
        assert!(matches!(&binary.right.kind, Kind::Call(call)
            if matches!(&call.arguments[0].kind, Kind::Range(right) if right.instant.id == 1)));
    }
}
