//! Readable ids for objectives in their short form.

use super::model::{ClientExpression, Outcome, Statistic};

/// A readable id: `p95-latency-csv`.
pub(super) fn readable(expression: &ClientExpression, during: Option<&str>) -> String {
    let (head, filter) = match expression {
        ClientExpression::Time { statistic, time, filter } => {
            (format!("{}-{}", statistic_name(*statistic), time.word()), Some(filter))
        }
        ClientExpression::Count { counted, filter } => {
            (format!("count-{}", counted.word()), Some(filter))
        }
        ClientExpression::Bytes { transferred, filter } => {
            (format!("bytes-{}", transferred.word()), Some(filter))
        }
        ClientExpression::SuccessRatio { filter } => ("ratio-success".to_owned(), Some(filter)),
        ClientExpression::ResponseRate { filter } => ("rate-responses".to_owned(), Some(filter)),
        ClientExpression::Span => ("span".to_owned(), None),
    };
    let request = filter.and_then(|filter| filter.request.as_deref());
    let outcome = filter.and_then(|filter| filter.outcome).map(Outcome::word);
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

/// A readable id for a selector that must be present: `present-export_fail_total`.
pub(super) fn of_present(selector: &str, during: Option<&str>) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let words = selector.split(|c: char| !is_part(c)).filter(|word| !word.is_empty());
    std::iter::once("present").chain(words).chain(during).collect::<Vec<_>>().join("-")
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
        assert_eq!(slug("bytes(received)", None), "bytes-received");
        assert_eq!(of_present("x_total{format=\"csv\"}", None), "present-x_total-format-csv");
    }
}
