//! `alerts:` — rule files that are evaluated over the run, and what their alerts must do.
//!
//! Each alert that must do something becomes an objective like any other, so that there
//! is one list of what is judged. How alerts are judged is not known here.

mod expectations;
mod model;
mod rule_files;

pub use model::{AlertExpectation, AlertObjective, AlertRuleFile, AlertRules, may_have};

use std::time::Duration;

use super::codes;
use super::context::Context;
use super::fields::Fields;
use super::keys;
use super::metrics::SHORTEST_SCRAPE_INTERVAL;
use super::model::{Metrics, Objective};
use super::objective::{MetricsFrom, Surroundings};
use super::tree::Node;
use expectations::Expectations;

/// Time between evaluations where it is not known how often the target is scraped.
const USUAL_INTERVAL: Duration = Duration::from_secs(1);

/// What `alerts:` says.
pub(super) struct Alerts {
    /// What is evaluated.
    pub(super) rules: AlertRules,
    /// What is judged; never empty.
    pub(super) objectives: Vec<Objective>,
}

/// Lowers `alerts:`; `taken` are the ids of the other objectives.
pub(super) fn lower(
    node: &Node,
    around: &Surroundings,
    metrics: Option<&Metrics>,
    taken: &[String],
    cx: &mut Context,
) -> Option<Alerts> {
    let fields = Fields::of(node, &keys::ALERTS, cx)?;
    if around.metrics == MetricsFrom::Nowhere {
        let message = "`alerts` needs the target's metrics, but `metrics` is none";
        cx.error(codes::NEEDS_METRICS, fields.at, message)
            .help("add `metrics: { path: /metrics, every: 1s }`");
    }
    let every = every(&fields, metrics, cx);
    let files = fields.get("rules").and_then(|node| rule_files::load(node, cx));
    let mut expectations = Expectations::new(files.as_deref(), around);
    expectations.must_not_fire(&fields, cx);
    expectations.must_fire(&fields, cx);
    if fields.lacks("must_not_fire") && fields.lacks("must_fire") {
        cx.error(codes::NO_OBJECTIVE, fields.at, "this `alerts` block judges nothing")
            .help("add `must_not_fire: true`, or `must_fire: [ALERT]`");
    }
    expectations.refuse_contradictions(cx);
    let objectives = expectations.objectives(taken, cx);
    Some(Alerts { rules: AlertRules { every: every?, files: files? }, objectives })
}

/// Time between evaluations: without `every`, that of the scrapes, so that each sample is
/// seen by an evaluation, also in a run of a few seconds.
fn every(fields: &Fields, metrics: Option<&Metrics>, cx: &mut Context) -> Option<Duration> {
    let Some(node) = fields.get("every") else {
        return Some(match metrics {
            Some(Metrics::Scrape(source)) => source.every,
            Some(Metrics::Prometheus(_) | Metrics::None) | None => USUAL_INTERVAL,
        });
    };
    let every = fields.duration("every", cx)?;
    if every < SHORTEST_SCRAPE_INTERVAL {
        cx.error(codes::OUT_OF_RANGE, node.span, "`every` is too short; at least 10ms")
            .help("nothing new can be seen more often than the target is scraped");
        return None;
    }
    Some(every)
}
