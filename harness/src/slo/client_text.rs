//! A client expression as scenario files write it.

use std::fmt::Write as _;

use super::algebra::sample_size::percent;
use crate::scenario::{ClientExpression, RequestFilter, Statistic};

/// `p95(latency{request="csv"})`, `count(dropped)`, `ratio(success)`, …
pub fn client_expression_text(expression: &ClientExpression) -> String {
    match expression {
        ClientExpression::Time { statistic, time, filter } => {
            let statistic = statistic_text(*statistic);
            format!("{statistic}({}{})", time.word(), filter_text(filter))
        }
        ClientExpression::Count { counted, filter } => {
            format!("count({}{})", counted.word(), filter_text(filter))
        }
        ClientExpression::Bytes { transferred, filter } => {
            format!("bytes({}{})", transferred.word(), filter_text(filter))
        }
        ClientExpression::SuccessRatio { filter } => {
            format!("ratio(success{})", filter_text(filter))
        }
        ClientExpression::ResponseRate { filter } => {
            format!("rate(responses{})", filter_text(filter))
        }
        ClientExpression::Span => "span(phase)".into(),
    }
}

fn statistic_text(statistic: Statistic) -> String {
    match statistic {
        Statistic::Quantile(quantile) => format!("p{}", percent(quantile)),
        Statistic::Mean => "mean".into(),
        Statistic::Max => "max".into(),
    }
}

fn filter_text(filter: &RequestFilter) -> String {
    let mut labels = String::new();
    if let Some(request) = &filter.request {
        let _ = write!(labels, "request={request:?}");
    }
    if let Some(outcome) = filter.outcome {
        let separator = if labels.is_empty() { "" } else { ", " };
        let _ = write!(labels, "{separator}outcome={:?}", outcome.word());
    }
    if labels.is_empty() { labels } else { format!("{{{labels}}}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Outcome, TimeKind};

    #[test]
    fn is_written_as_in_a_scenario_file() {
        let filter = RequestFilter { request: Some("csv".into()), outcome: Some(Outcome::Ok) };
        let p999 = ClientExpression::Time {
            statistic: Statistic::Quantile(0.999),
            time: TimeKind::Latency,
            filter,
        };
        assert_eq!(client_expression_text(&p999), r#"p99.9(latency{request="csv", outcome="ok"})"#);
        let ratio = ClientExpression::SuccessRatio { filter: RequestFilter::default() };
        assert_eq!(client_expression_text(&ratio), "ratio(success)");
    }
}
