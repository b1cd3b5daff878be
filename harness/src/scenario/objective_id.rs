//! Readable ids for objectives in their short form.

use super::model::{ClientExpression, Counted, Outcome, Statistic, TimeKind};

/// A readable id: `p95-latency-csv`.
pub(super) fn readable(expression: &ClientExpression, during: Option<&str>) -> String {
    let (head, filter) = match expression {
        ClientExpression::Time { statistic, time, filter } => {
            (format!("{}-{}", statistic_name(*statistic), time_name(*time)), Some(filter))
        }
        ClientExpression::Count { counted, filter } => {
            (format!("count-{}", counted_name(*counted)), Some(filter))
        }
        ClientExpression::SuccessRatio { filter } => ("ratio-success".to_owned(), Some(filter)),
        ClientExpression::ResponseRate { filter } => ("rate-responses".to_owned(), Some(filter)),
        ClientExpression::Span => ("span".to_owned(), None),
    };
    let request = filter.and_then(|filter| filter.request.as_deref());
    let outcome = filter.and_then(|filter| filter.outcome).map(outcome_name);
    let parts = [Some(head.as_str()), request, outcome, during];
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

fn statistic_name(statistic: Statistic) -> String {
    match statistic {
        Statistic::Quantile(quantile) => {
            let percent = format!("{:.6}", quantile * 100.0);
            format!("p{}", percent.trim_end_matches('0').trim_end_matches('.'))
        }
        Statistic::Mean => "mean".to_owned(),
        Statistic::Max => "max".to_owned(),
    }
}

fn time_name(time: TimeKind) -> &'static str {
    match time {
        TimeKind::Latency => "latency",
        TimeKind::ServiceTime => "service_time",
        TimeKind::Lag => "lag",
    }
}

fn counted_name(counted: Counted) -> &'static str {
    match counted {
        Counted::Intended => "intended",
        Counted::Sent => "sent",
        Counted::Responses => "responses",
        Counted::Dropped => "dropped",
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::client;

    #[test]
    fn ids_read_like_the_expression() {
        let slug = |text, during| readable(&client::parse(text).unwrap().expression, during);
        assert_eq!(slug("p95(latency{request=\"csv\"})", None), "p95-latency-csv");
        assert_eq!(slug("p99.9(lag)", Some("steady")), "p99.9-lag-steady");
        assert_eq!(slug("count(responses{outcome=\"failed\"})", None), "count-responses-failed");
        assert_eq!(slug("span(phase)", Some("batch")), "span-batch");
    }
}
