//! The life of an alert: pending, firing, gone (`rules/alerting.go`).

use std::collections::BTreeMap;

use super::{ALERT_NAME, Alerting};
use crate::{Datum, Labels, METRIC_NAME};

/// Whether an alert has been there long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Its element is there, but not yet for the rule's `for`.
    Pending,
    /// It has been there for that long.
    Firing,
}

/// One alert that is pending or firing.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// The element's labels and the rule's, `alertname` included.
    pub labels: Labels,
    /// The rule's annotations, expanded at the last evaluation that had the element.
    pub annotations: Labels,
    /// Pending or firing.
    pub state: AlertState,
    /// The element's value at that evaluation.
    pub value: Datum,
    /// When it became pending, milliseconds.
    pub active_at_ms: i64,
    /// When it began to fire, milliseconds.
    pub fired_at_ms: Option<i64>,
    /// Since when it fires only because of `keep_firing_for`, milliseconds.
    kept_since_ms: Option<i64>,
}

impl ActiveAlert {
    /// An alert whose element has just appeared.
    pub(super) fn new(labels: Labels, annotations: Labels, value: Datum, at_ms: i64) -> Self {
        Self {
            labels,
            annotations,
            state: AlertState::Pending,
            value,
            active_at_ms: at_ms,
            fired_at_ms: None,
            kept_since_ms: None,
        }
    }

    fn advance(&mut self, rule: &Alerting, at_ms: i64) {
        if self.state == AlertState::Pending && at_ms - self.active_at_ms >= rule.for_ms {
            self.state = AlertState::Firing;
            self.fired_at_ms = Some(at_ms);
        }
    }

    /// Whether an alert without its element goes on firing for a while.
    fn is_kept(&mut self, rule: &Alerting, at_ms: i64) -> bool {
        if self.state != AlertState::Firing || rule.keep_firing_for_ms == 0 {
            return false;
        }
        let since = *self.kept_since_ms.get_or_insert(at_ms);
        at_ms - since < rule.keep_firing_for_ms
    }
}

/// Brings the active alerts of a rule up to date with those of an evaluation.
pub(super) fn update(
    active: &mut BTreeMap<Labels, ActiveAlert>,
    mut found: BTreeMap<Labels, ActiveAlert>,
    rule: &Alerting,
    at_ms: i64,
) {
    active.retain(|labels, alert| match found.remove(labels) {
        Some(now) => {
            alert.value = now.value;
            alert.annotations = now.annotations;
            alert.kept_since_ms = None;
            true
        }
        None => alert.is_kept(rule, at_ms),
    });
    active.append(&mut found);
    for alert in active.values_mut() {
        alert.advance(rule, at_ms);
    }
}

/// The series `ALERTS` and `ALERTS_FOR_STATE` of an alert.
pub(super) fn samples(alert: &ActiveAlert) -> [(Labels, Datum); 2] {
    let state = match alert.state {
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
    };
    let alerts = alert.labels.with(METRIC_NAME, "ALERTS").with("alertstate", state);
    let since = alert.labels.with(METRIC_NAME, "ALERTS_FOR_STATE");
    let since_seconds = alert.active_at_ms.div_euclid(1000) as f64;
    [(alerts, Datum::Number(1.0)), (since, Datum::Number(since_seconds))]
}

/// The labels by which an alert is known.
pub(super) fn identity(element: &Labels, rule: &str, own: &[(String, String)]) -> Labels {
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let kept = element.iter().filter(|(name, _)| *name != METRIC_NAME);
    Labels::new(kept.chain(own).chain([(ALERT_NAME, rule)]))
}
