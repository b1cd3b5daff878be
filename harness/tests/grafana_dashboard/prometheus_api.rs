//! Questions to a real Prometheus, as Grafana's data source asks them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use serde_json::Value;

use super::grafana::View;
use super::model::Target;
use super::support::daemon::get;

/// Labels of a series.
pub(crate) type Labels = BTreeMap<String, String>;
/// Times in milliseconds, and values.
pub(crate) type Points = Vec<(i64, f64)>;
/// What a query gives.
pub(crate) type Found = BTreeMap<Labels, Points>;

/// Where a Prometheus listens.
#[derive(Clone, Copy)]
pub(crate) struct Api(pub(crate) SocketAddr);

impl Api {
    /// The `data` of an answer; panics with what was said if it is an error.
    pub(crate) fn ask(self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let query: Vec<_> =
            parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let answer = get(self.0, &format!("/api/v1/{path}?{}", query.join("&")));
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        let json: Value = serde_json::from_str(body).unwrap_or_default();
        assert_eq!(json["status"], "success", "{parameters:?}: {answer}");
        json["data"].clone()
    }

    /// What a query of a panel gives.
    pub(crate) fn target(self, target: &Target, view: &View) -> Found {
        let expression = view.expand(&target.expr);
        if target.instant {
            self.instant(&expression, view.aligned().1)
        } else {
            self.range(&expression, view)
        }
    }

    pub(crate) fn instant(self, expression: &str, at_ms: i64) -> Found {
        found(&self.ask("query", &[("query", expression), ("time", &seconds(at_ms))]))
    }

    /// A query at every step of a view.
    pub(crate) fn range(self, expression: &str, view: &View) -> Found {
        let (from_ms, to_ms) = view.aligned();
        let step = view.step().as_secs().to_string();
        let parameters = [
            ("query", expression),
            ("start", &seconds(from_ms)),
            ("end", &seconds(to_ms)),
            ("step", &step),
        ];
        found(&self.ask("query_range", &parameters))
    }

    /// The values of a label, as `label_values(SELECTOR, LABEL)` lists them.
    pub(crate) fn label_values(self, selector: &str, label: &str) -> Vec<String> {
        let values = self.ask(&format!("label/{label}/values"), &[("match[]", selector)]);
        serde_json::from_value(values).unwrap()
    }
}

fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn found(data: &Value) -> Found {
    let each = data["result"].as_array().unwrap().iter().map(|series| {
        let labels: Labels = serde_json::from_value(series["metric"].clone()).unwrap();
        let one = series.get("value").map(point);
        let several = series["values"].as_array().into_iter().flatten().map(point);
        (labels, one.into_iter().chain(several).collect())
    });
    each.collect()
}

fn point(pair: &Value) -> (i64, f64) {
    let at_ms = (pair[0].as_f64().unwrap() * 1000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "a time of this century")]
    (at_ms as i64, pair[1].as_str().unwrap().parse().unwrap())
}
