//! `slogate query --out json` is what a real Prometheus 3 answers that has the same series:
//! instants and ranges, every type of result, and errors by their kind.
//!
//! `warnings` are not compared, for ours are also about series that are not there, nor `infos`:
//! `tests/differential` does that.

use serde_json::{Value, json};

use super::saved::{Saved, generations};
use super::support::prometheus::encoded;

/// Expressions with one answer at an instant; `$run` is written out for Prometheus.
const INSTANTS: [&str; 16] = [
    "export_requests_total",
    "sum by (format) (increase(export_requests_total[$run]))",
    "rate(slogate_responses_total[1s])",
    "histogram_quantile(0.95, sum by (le) (rate(slogate_request_duration_seconds_bucket[$run])))",
    "sort_desc(sum by (phase) (slogate_sent_total))",
    "topk(2, sum by (outcome) (slogate_responses_total))",
    "avg_over_time(export_concurrent_running[2s:100ms])",
    "export_bytes_total / 3 * 1e-9",
    "count({__name__=~'export_.+'}) by (__name__)",
    "export_queue_depth[300ms]",
    "label_replace(up, 'host', '$1', 'instance', '([^:]+):.*')",
    "absent(nobody_exports_this)",
    "nobody_exports_this",
    "time() - process_start_time_seconds > bool 0",
    "1 / 3",
    "'a \"text\"'",
];

/// Expressions over the whole run, some of them without a value at some of the points.
const RANGES: [&str; 8] = [
    "slogate_responses_total",
    "sum(rate(slogate_responses_total[500ms])) by (outcome)",
    "export_concurrent_running > 1",
    "quantile_over_time(0.5, slogate_in_flight[400ms])",
    "nobody_exports_this",
    "scalar(export_queue_depth) + 0.1",
    "deriv(export_requests_total{format='csv'}[600ms])",
    "42",
];

/// What neither can evaluate, with what it is called.
const ERRORS: [(&str, &str); 4] = [
    ("sum(", "bad_data"),
    ("rate(slogate_responses_total)", "bad_data"),
    ("export_latency_ms_bucket + on (format) export_latency_ms_bucket", "execution"),
    ("label_replace(up, 'a', '$1', 'instance', '(')", "execution"),
];

#[test]
fn what_is_answered_is_what_a_real_prometheus_3_answers() {
    let Some(third) = generations().into_iter().find(|(_, server)| server.major() >= 3) else {
        return;
    };
    let saved = Saved::make();
    let (opened_ms, closed_ms) = saved.window();
    let prometheus = saved.in_prometheus(&third);
    let run = format!("{}ms", closed_ms - opened_ms + 1);
    for expression in INSTANTS {
        let theirs = prometheus.answer(&format!(
            "query?query={}&time={}",
            encoded(&expression.replace("$run", &run)),
            seconds(closed_ms)
        ));
        assert_same(&asked(&saved, &[expression], 0), &theirs, expression);
    }
    for expression in RANGES {
        let theirs = prometheus.answer(&over(expression, opened_ms, closed_ms));
        let times = [&seconds(opened_ms), &seconds(closed_ms)];
        let flags = ["--range", "--start", times[0], "--end", times[1], "--step", "77ms"];
        assert_same(&asked(&saved, &[&[expression][..], &flags].concat(), 0), &theirs, expression);
    }
}

#[test]
fn what_cannot_be_answered_is_the_same_kind_of_error() {
    let Some(third) = generations().into_iter().find(|(_, server)| server.major() >= 3) else {
        return;
    };
    let saved = Saved::make();
    let (opened_ms, closed_ms) = saved.window();
    let prometheus = saved.in_prometheus(&third);
    for (expression, kind) in ERRORS {
        let path = format!("query?query={}&time={}", encoded(expression), seconds(closed_ms));
        let theirs = prometheus.answer(&path);
        assert_errors(&asked(&saved, &[expression], 2), &theirs, (expression, kind));
    }
    let of_ranges = "export_queue_depth[1s]";
    let theirs = prometheus.answer(&over(of_ranges, opened_ms, closed_ms));
    assert_errors(&asked(&saved, &[of_ranges, "--range"], 2), &theirs, (of_ranges, "bad_data"));
}

/// Seconds to the millisecond.
fn seconds(at_ms: i64) -> String {
    format!("{}.{:03}", at_ms / 1000, at_ms % 1000)
}

fn over(expression: &str, start_ms: i64, end_ms: i64) -> String {
    let (query, start, end) = (encoded(expression), seconds(start_ms), seconds(end_ms));
    format!("query_range?query={query}&start={start}&end={end}&step=0.077")
}

/// The answer that slogate prints.
fn asked(saved: &Saved, arguments: &[&str], exit_code: i32) -> Value {
    let arguments = [&["query", "kept", "--out", "json"], arguments].concat();
    saved.workspace.run(&arguments).expect_code(exit_code).report()
}

#[track_caller]
fn assert_same(ours: &Value, theirs: &Value, expression: &str) {
    assert_eq!(ours["status"], "success", "{expression}: {ours:#}");
    let (ours, theirs) = (sorted(&ours["data"], expression), sorted(&theirs["data"], expression));
    let is_nothing = ours["result"].as_array().is_some_and(Vec::is_empty);
    assert_eq!(is_nothing, expression.starts_with("nobody"), "{expression}: {ours:#}");
    assert!(is_same(&ours, &theirs), "{expression}\nours: {ours}\ntheirs: {theirs}");
}

/// The same but for the last digit of a value: floats that are added in another order differ
/// in it. Labels are the same to the letter.
fn is_same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, ours)| {
                    theirs.get(key).is_some_and(|theirs| match key.as_str() {
                        "metric" => ours == theirs,
                        _ => is_same(ours, theirs),
                    })
                })
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::String(ours), Value::String(theirs)) => {
            ours == theirs || are_near(ours.parse().ok(), theirs.parse().ok())
        }
        _ => ours == theirs,
    }
}

fn are_near(ours: Option<f64>, theirs: Option<f64>) -> bool {
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return false };
    (ours - theirs).abs() <= 1e-12 * ours.abs().max(theirs.abs())
}

#[track_caller]
fn assert_errors(ours: &Value, theirs: &Value, (expression, kind): (&str, &str)) {
    for answer in [ours, theirs] {
        assert_eq!(answer["status"], "error", "{expression}: {answer:#}");
        assert_eq!(answer["errorType"], json!(kind), "{expression}: {answer:#}");
        assert!(answer["error"].as_str().is_some_and(|said| !said.is_empty()), "{answer:#}");
    }
}

/// Elements have an order only where the expression asks for one.
fn sorted(data: &Value, expression: &str) -> Value {
    let mut data = data.clone();
    let is_ordered = expression.starts_with("sort") || expression.starts_with("topk");
    if let Some(elements) = data["result"].as_array_mut().filter(|_| !is_ordered)
        && elements.iter().all(Value::is_object)
    {
        elements.sort_by_key(|element| element["metric"].to_string());
    }
    data
}
