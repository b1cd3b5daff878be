//! One objective in its long form: what is measured, of which requests and phase,
//! and what it must be.

use std::time::Duration;

use super::beside::beside;
use super::codes;
use super::context::Context;
use super::fields::{self, Fields, closest};
use super::keys;
use super::model::{ClientExpression, Objective, ObjectiveKind, Statistic, Threshold, TimeKind};
use super::objective_kind::{Kind, kind};
use super::source::Span;
use super::targets::{Domain, pointless};
use super::threshold::{self, Expected};
use super::tree::{Node, Value};
use crate::units::Unit;

/// What `is` says of series that must be there.
pub(super) const PRESENT: &str = "present";

/// Where an objective's metrics come from, as far as that matters to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum MetricsFrom {
    /// There are none.
    #[default]
    Nowhere,
    /// They are scraped while load runs.
    Scrapes,
    /// They are fetched when the load is over.
    Api,
}

/// What the rest of the scenario has, for names in objectives.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Phases by name, groups of repeated phases among them, and whether each is measured.
    pub(super) phases: Vec<(String, bool)>,
    /// Requests by name.
    pub(super) requests: Vec<String>,
    /// Where the metrics are.
    pub(super) metrics: MetricsFrom,
}

/// Lowers the map of an objective; without surroundings (a list of objectives by
/// itself) names of phases and requests are not checked.
pub(super) fn lower(
    node: &Node,
    around: Option<&Surroundings>,
    cx: &mut Context,
) -> Option<Objective> {
    let fields = Fields::of(node, &keys::OBJECTIVE, cx)?;
    let id = fields.name("id", cx);
    let description = fields.get("description").map(|node| fields::text(node, cx));
    let during = fields.has("during").then(|| during(&fields, around, cx));
    let kind = kind(&fields, around, cx);
    let thresholds = thresholds(&fields, kind.as_ref(), cx);
    let beside = beside(&fields, around, cx);
    let abort_after = fields.has("abort").then(|| abort_after(&fields, cx));
    if let Some(kind) = &kind {
        check_abort(&kind.kind, &fields, cx);
    }
    refuse_abort_after_the_load(around, &fields, cx);
    if let (Some(kind), Some(thresholds)) = (&kind, &thresholds) {
        check_bucket_bounds(&kind.kind, thresholds, &fields, cx);
        refuse_pointless_targets(&kind.kind, thresholds, &fields, cx);
    }
    if let Some(at) = kind.as_ref().and_then(|kind| kind.uses_phase)
        && during.is_none()
    {
        cx.error(codes::UNKNOWN_WINDOW, at, "`$phase` without `during`")
            .help("add `during: PHASE`, or write `$run` for the whole measured run");
        return None;
    }
    Some(Objective {
        id: id?,
        description: match description {
            Some(description) => Some(description?.to_owned()),
            None => None,
        },
        kind: kind?.kind,
        thresholds: thresholds?,
        beside: beside?,
        during: match during {
            Some(during) => Some(during?),
            None => None,
        },
        abort_after: match abort_after {
            Some(after) => Some(after?),
            None => None,
        },
        place: cx.place(node.span),
    })
}

/// How long it may be missed before the load is ended.
fn abort_after(fields: &Fields, cx: &mut Context) -> Option<Duration> {
    let unfit = ["series", "reconcile"].into_iter().find(|kind| fields.has(kind));
    if let (Some(kind), Some(key)) = (unfit, fields.key("abort")) {
        cx.error(codes::ABORT_IMPOSSIBLE, key.span, format!("`abort` beside `{kind}`")).help(
            "it is known only when the run is over; `client`, `promql` and `counter` can end a run",
        );
        return None;
    }
    Fields::of(fields.get("abort")?, &keys::ABORT, cx)?.duration("after", cx)
}

/// Reports an `abort` on a number of the client's that is not known while load runs, or
/// that the rest of the run could always mend.
fn check_abort(kind: &ObjectiveKind, fields: &Fields, cx: &mut Context) {
    let unfit = match kind {
        ObjectiveKind::Client(ClientExpression::Time { time: TimeKind::ServiceTime, .. }) => {
            "service_time is not known while load runs; latency is"
        }
        ObjectiveKind::Client(ClientExpression::Time { statistic: Statistic::Mean, .. }) => {
            "a mean is not known exactly while load runs; a percentile is"
        }
        ObjectiveKind::Client(ClientExpression::Span) => {
            "a span is known only when its phase is over"
        }
        ObjectiveKind::Client(ClientExpression::ResponseRate { .. }) => {
            "the rest of the run could always mend a rate"
        }
        _ => return,
    };
    if let Some(key) = fields.key("abort") {
        cx.error(codes::ABORT_IMPOSSIBLE, key.span, "`abort` cannot be judged of this").help(unfit);
    }
}

/// Reports an `abort` where the metrics come from an API: it would never end anything.
fn refuse_abort_after_the_load(around: Option<&Surroundings>, fields: &Fields, cx: &mut Context) {
    let is_late = around.is_some_and(|around| around.metrics == MetricsFrom::Api);
    if let (true, Some(key)) = (is_late, fields.key("abort")) {
        cx.error(codes::ABORT_IMPOSSIBLE, key.span, "`abort` beside `metrics: { prometheus: … }`")
            .help(
                "the series are fetched after the load, so nothing could be judged while it runs; \
             scrape the target directly, or remove `abort`",
            );
    }
}

/// A quantile never shows more than the highest finite bound, so that a threshold
/// there could not be missed.
fn check_bucket_bounds(
    kind: &ObjectiveKind,
    thresholds: &[Threshold],
    fields: &Fields,
    cx: &mut Context,
) {
    let (Some(known), ObjectiveKind::Promql { expression, scale, .. }) = (cx.known, kind) else {
        return;
    };
    let Some(highest) = known.highest_judged_bound(expression) else { return };
    for threshold in thresholds.iter().filter(|threshold| threshold.bound / scale >= highest) {
        let at = fields.get("is").map_or(fields.at, |node| node.span);
        let message = format!(
            "`{}` is at or above the histogram's highest finite bound, {highest}",
            threshold.text
        );
        cx.error(codes::BEYOND_BUCKETS, at, message)
            .help("the quantile could never show a miss; judge below that bound");
    }
}

/// Reports a target that no run could miss, or none could meet.
fn refuse_pointless_targets(
    kind: &ObjectiveKind,
    thresholds: &[Threshold],
    fields: &Fields,
    cx: &mut Context,
) {
    let domain = Domain::of(kind);
    let Some(found) = domain.and_then(|domain| pointless(&domain, thresholds)) else { return };
    let at = match fields.get("is") {
        Some(Node { value: Value::List(items), span, .. }) => {
            items.get(found.which).map_or(*span, |item| item.span)
        }
        Some(node) => node.span,
        None => fields.at,
    };
    cx.error(found.code, at, found.message).help(found.help);
}

fn during(fields: &Fields, around: Option<&Surroundings>, cx: &mut Context) -> Option<String> {
    let name = fields.name("during", cx)?;
    check_phase(&name, fields.get("during")?.span, around, cx).then_some(name)
}

/// Whether a phase is one that objectives can be about; reports it otherwise.
pub(super) fn check_phase(
    name: &str,
    at: Span,
    around: Option<&Surroundings>,
    cx: &mut Context,
) -> bool {
    let Some(around) = around else { return true };
    match around.phases.iter().find(|(known, _)| known == name) {
        Some((_, true)) => return true,
        Some((_, false)) => {
            cx.error(codes::UNMEASURED_PHASE, at, format!("phase `{name}` is not measured"))
                .help("its `measure: false` leaves it out of every verdict");
        }
        None => {
            let names: Vec<_> = around.phases.iter().map(|(known, _)| known.as_str()).collect();
            unknown_name(at, "phase", name, &names, cx);
        }
    }
    false
}

/// Reports a name that the scenario does not have.
pub(super) fn unknown_name(at: Span, what: &str, name: &str, known: &[&str], cx: &mut Context) {
    let problem = cx.error(codes::UNKNOWN_NAME, at, format!("unknown {what} `{name}`"));
    if let Some(meant) = closest(name, known.iter().copied()) {
        problem.label(format!("did you mean `{meant}`?"));
    }
    problem.help(format!("this scenario has: {}", known.join(", ")));
}

/// What the thresholds of a kind are; `None` of one that says by itself what must hold.
fn expected(kind: &ObjectiveKind) -> Option<Expected> {
    Some(match kind {
        ObjectiveKind::Client(ClientExpression::Time { .. } | ClientExpression::Span) => {
            Expected::Time
        }
        ObjectiveKind::Client(ClientExpression::Count { .. }) => Expected::Count,
        ObjectiveKind::Client(ClientExpression::Bytes { .. }) => Expected::Stated(Unit::Bytes),
        ObjectiveKind::Client(ClientExpression::SuccessRatio { .. }) => Expected::Share,
        ObjectiveKind::Client(ClientExpression::ResponseRate { .. }) => Expected::Rate,
        ObjectiveKind::Promql { unit, .. } | ObjectiveKind::Counter { unit, .. } => {
            Expected::Stated(*unit)
        }
        ObjectiveKind::Present { .. } | ObjectiveKind::Reconcile(_) | ObjectiveKind::Alert(_) => {
            return None;
        }
    })
}

fn thresholds(fields: &Fields, kind: Option<&Kind>, cx: &mut Context) -> Option<Vec<Threshold>> {
    // Of these kinds `is` is not a comparison; it was read with the kind.
    if fields.has("series") || fields.has("reconcile") {
        return Some(Vec::new());
    }
    let expected = kind.and_then(|kind| expected(&kind.kind)).unwrap_or(Expected::Anything);
    if fields.lacks("is") {
        cx.error(codes::MISSING_KEY, fields.at, "missing key `is` in this objective")
            .label("this objective has no `is`")
            .help(
                "write what the value must be, for example `is: '< 10s'`; of a list, all must hold",
            );
    }
    let node = fields.get("is")?;
    let items = match &node.value {
        Value::List(items) if items.is_empty() => {
            cx.error(codes::INVALID_COMPARISON, node.span, "`is` is empty: it would always hold")
                .help("write for example `< 10s`");
            return None;
        }
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let lowered: Vec<_> = items.iter().map(|item| one_threshold(item, expected, cx)).collect();
    lowered.into_iter().collect()
}

fn one_threshold(node: &Node, expected: Expected, cx: &mut Context) -> Option<Threshold> {
    let text = fields::scalar_text(node, cx)?;
    if text.trim() == PRESENT {
        cx.error(codes::SERIES_PRESENCE, node.span, "only `series` can be `present`")
            .help("write `series: SELECTOR` with `is: present`, or a comparison such as `> 0`");
        return None;
    }
    threshold::parse(&text, expected).map_err(|finding| finding.report(node, cx)).ok()
}
