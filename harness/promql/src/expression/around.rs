//! The functions that stand around each selector, as somebody reads them in the text.
//!
//! What an expression asks of a series is in `inspect`; this says only how it is written, for
//! checks that are about how it is written.

use super::{Expression, Kind};
use crate::matcher::Selector;

/// A selector and what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Surrounded {
    /// Which series are meant.
    pub selector: Selector,
    /// Its own range in milliseconds, `[5m]`; `None` for an instant.
    pub range_ms: Option<i64>,
    /// The function that takes it as an argument, without anything in between.
    pub taken_by: Option<&'static str>,
    /// All functions around it, the outermost first.
    pub calls: Vec<&'static str>,
}

impl Expression {
    /// Every selector with the functions around it, in the order of the text. The selector that
    /// `info` makes by itself is in no text, and left out.
    pub fn surrounded_selectors(&self) -> Vec<Surrounded> {
        let mut found = Vec::new();
        self.collect_surrounded(&mut Vec::new(), None, &mut found);
        found
    }

    fn collect_surrounded(
        &self,
        calls: &mut Vec<&'static str>,
        taken_by: Option<&'static str>,
        found: &mut Vec<Surrounded>,
    ) {
        let surrounded = |selector: &Selector, range_ms| Surrounded {
            selector: selector.clone(),
            range_ms,
            taken_by,
            calls: calls.clone(),
        };
        match &self.kind {
            Kind::Selector(instant) => found.push(surrounded(&instant.selector, None)),
            Kind::Range(range) => {
                found.push(surrounded(&range.instant.selector, Some(range.range_ms)));
            }
            Kind::Call(call) => {
                let name = call.function.name;
                let values = if call.info_selector().is_some() { 1 } else { call.arguments.len() };
                calls.push(name);
                for argument in call.arguments.iter().take(values) {
                    argument.collect_surrounded(calls, Some(name), found);
                }
                calls.pop();
            }
            _ => {
                for part in self.parts() {
                    part.collect_surrounded(calls, None, found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Option<i64>, Option<&'static str>, Vec<&'static str>)> {
        let selectors = Expression::parse(text).unwrap().surrounded_selectors();
        selectors.into_iter().map(|one| (one.range_ms, one.taken_by, one.calls)).collect()
    }

    #[test]
    fn a_selector_knows_the_function_that_takes_it_and_those_further_out() {
        let text = "histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m]))) + abs(b) + sum(c)";
        assert_eq!(
            read(text),
            [
                (Some(300_000), Some("rate"), vec!["histogram_quantile", "rate"]),
                (None, Some("abs"), vec!["abs"]),
                (None, None, vec![]),
            ]
        );
        assert_eq!(read("max_over_time(rate(a[1m])[1h:])")[0].1, Some("rate"));
        assert_eq!(read("max_over_time(a[1h:1m])"), [(None, None, vec!["max_over_time"])]);
    }
}
