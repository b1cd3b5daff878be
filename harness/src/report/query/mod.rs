//! The answer to a query over a saved run, one file a format.

mod api;
mod canvas;
mod chart;
mod csv;
mod table;

pub use api::{query_error, query_json};
pub use csv::query_csv;
pub use table::{Charset, query_table};

use slogate_promql::{Datum, Series};

/// Everything that a series has, in the order of time: when, and what.
fn points(series: &Series) -> Vec<(i64, Datum)> {
    let numbers = series.samples.iter().map(|one| (one.t_ms, Datum::Number(one.value)));
    let histograms =
        series.histograms.iter().map(|one| (one.t_ms, Datum::Histogram(one.histogram.clone())));
    let mut points: Vec<(i64, Datum)> = numbers.chain(histograms).collect();
    points.sort_by_key(|(at_ms, _)| *at_ms);
    points
}
