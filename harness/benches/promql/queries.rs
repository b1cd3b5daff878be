//! What is asked: the shapes of which dashboards and objectives are made, each over 1,000
//! series and 240 steps.

use std::sync::LazyLock;

use crate::hour::{DURATIONS, FAILURES, QUEUE, REQUESTS};

/// One query.
pub(crate) struct Query {
    /// What it is in the table.
    pub(crate) name: &'static str,
    pub(crate) expression: String,
}

pub(crate) static QUERIES: LazyLock<Vec<Query>> = LazyLock::new(|| {
    let query = |name, expression| Query { name, expression };
    vec![
        query(
            "histogram_quantile of sum by (le) of rate",
            format!("histogram_quantile(0.95, sum by (le) (rate({DURATIONS}[5m])))"),
        ),
        query("a plain selector", QUEUE.to_owned()),
        query("sum by of rate", format!("sum by (instance) (rate({REQUESTS}[5m]))")),
        query("a quotient, 1,000 pairs", format!("{FAILURES} / {REQUESTS}")),
        query("avg_over_time", format!("avg_over_time({QUEUE}[5m])")),
        query("quantile_over_time", format!("quantile_over_time(0.95, {QUEUE}[5m])")),
        query("topk of rate", format!("topk(5, rate({REQUESTS}[5m]))")),
        query(
            "a subquery of sum by of rate",
            format!("max_over_time(sum by (instance) (rate({REQUESTS}[1m]))[5m:15s])"),
        ),
    ]
});
