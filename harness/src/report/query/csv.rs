//! The answer as a table for spreadsheets and scripts: RFC 4180, one row a sample, the time
//! first, one column a label, the value last.

use std::collections::BTreeSet;

use slogate_promql::{Datum, Labels, Value};

use super::points;
use crate::query::{Answer, Instants};

/// One sample.
struct Row {
    at_ms: i64,
    labels: Labels,
    value: String,
}

/// The answer as CSV; no answer is a header alone.
pub fn query_csv(answer: &Answer) -> Result<Vec<u8>, ::csv::Error> {
    let rows = rows(answer);
    let labels: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.labels.iter().map(|(name, _)| name)).collect();
    let mut table =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(["timestamp"].into_iter().chain(labels.iter().copied()).chain(["value"]))?;
    for row in &rows {
        let seconds = format!("{}.{:03}", row.at_ms.div_euclid(1000), row.at_ms.rem_euclid(1000));
        let labels = labels.iter().map(|name| row.labels.get(name).unwrap_or_default());
        let cells = [seconds.as_str()].into_iter().chain(labels).chain([row.value.as_str()]);
        table.write_record(cells)?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

fn rows(answer: &Answer) -> Vec<Row> {
    let at_ms = match answer.instants {
        Instants::One(at_ms) | Instants::Range { end_ms: at_ms, .. } => at_ms,
    };
    let alone = |value: String| vec![Row { at_ms, labels: Labels::default(), value }];
    match &answer.value {
        Value::Scalar(number) => alone(Datum::Number(*number).to_string()),
        Value::Text(text) => alone(text.clone()),
        Value::Vector(elements) => elements
            .iter()
            .map(|one| Row { at_ms, labels: one.labels.clone(), value: one.value.to_string() })
            .collect(),
        Value::Matrix(series) => series
            .iter()
            .flat_map(|one| {
                let labels = one.labels.clone();
                points(one).into_iter().map(move |(at_ms, datum)| Row {
                    at_ms,
                    labels: labels.clone(),
                    value: datum.to_string(),
                })
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use slogate_promql::{Sample, Series};

    use super::*;

    fn drawn(value: Value) -> String {
        let (doubts, annotations) = (Vec::new(), Vec::new());
        let instants = Instants::One(1_500);
        let answer = Answer { instants, window: None, value, doubts, annotations };
        String::from_utf8(query_csv(&answer).unwrap()).unwrap()
    }

    #[test]
    fn each_label_is_a_column_and_each_sample_a_row() {
        let of = |labels: &[(&str, &str)], samples: &[(i64, f64)]| Series {
            labels: Labels::new(labels.iter().copied()),
            samples: samples
                .iter()
                .map(|(t_ms, value)| Sample { t_ms: *t_ms, value: *value })
                .collect(),
            histograms: Vec::new(),
        };
        let matrix = Value::Matrix(vec![
            of(&[("b", "x,\"y\"")], &[(1_000, 1.0), (2_250, f64::NAN)]),
            of(&[("a", "1")], &[(1_000, 0.25)]),
        ]);
        assert_eq!(
            drawn(matrix),
            "timestamp,a,b,value\r\n1.000,,\"x,\"\"y\"\"\",1\r\n2.250,,\"x,\"\"y\"\"\",NaN\r\n\
             1.000,1,,0.25\r\n"
        );
    }

    #[test]
    fn a_scalar_is_one_row_and_nothing_is_none() {
        assert_eq!(drawn(Value::Scalar(3.0)), "timestamp,value\r\n1.500,3\r\n");
        assert_eq!(drawn(Value::Vector(Vec::new())), "timestamp,value\r\n");
    }
}
