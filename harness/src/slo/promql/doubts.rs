//! What stands in the way of a verdict on an expression, whatever its value is.

use slogate_promql::{Asks, Dilution, SelectorInfo};

use super::Prepared;
use super::covered;
use super::own_times::{Measured, OwnTimes};
use super::ranged::{self, Ranged};
use crate::scenario::{Objective, Threshold};
use crate::series::{FamilyKind, InstanceChange};
use crate::slo::algebra::born_series::{self, Born};
use crate::slo::algebra::every_element::Element;
use crate::slo::algebra::gauge_scrapes::{self, Extreme};
use crate::slo::algebra::scrape_gaps::{self, Attempts};
use crate::slo::algebra::since_start::{self, counts_since_start};
use crate::slo::algebra::wide_window::{self, Covered, Diluted};
use crate::slo::algebra::{
    allowed_restart, fast_failures, few_scrapes, gauge_growth, gone_series, long_range,
    recorded_series, unit_of_name, unseen_life,
};
use crate::slo::scraped::{
    attempts, begins_unseen, good_scrapes, instants_seen, kinds_of, restarted,
};
use crate::slo::{Doubt, Evidence, Ruling, Verdict};
use crate::units::Unit;

/// Facts about the series of an expression that its value does not show.
pub(super) struct Doubts {
    /// What replaces any ruling.
    reach: Option<Doubt>,
    /// What replaces any ruling but a miss that more scrapes could not mend.
    few_scrapes: Option<Doubt>,
    extreme: Extreme,
    ranges: Vec<Range>,
    born: Born,
    /// Whether a gauge is read at the closing scrape and nowhere else.
    reads_one_scrape: bool,
    dilution: Dilution,
    /// The range that holds the least load for its length, unless it is meant to.
    widest: Option<Covered>,
    unit: Unit,
    /// Failed requests that the generator's own histogram has as fast as they failed.
    fast_failures: u64,
    own_times: Option<OwnTimes>,
    /// A restart that is allowed, of an instance whose counters are used.
    restarted: Option<InstanceChange>,
    is_histogram: bool,
}

/// What one range found.
struct Range {
    /// Series that the last scrape no longer had.
    gone: Vec<String>,
    /// How it was seen, if it is of a gauge.
    gauge: Option<GaugeSeen>,
}

/// How a gauge was seen in a range.
struct GaugeSeen {
    /// At how many instants its value was taken.
    instants: u64,
    attempts: Attempts,
    /// Whether the range begins before the first scrape.
    begins_unseen: bool,
}

impl Doubts {
    pub(super) fn of(
        prepared: &Prepared<'_>,
        objective: &Objective,
        evidence: &Evidence<'_>,
    ) -> Self {
        let selectors = prepared.expression.selectors();
        let ranges = Ranged::all(&selectors, prepared.window);
        let (mut reach, mut few_scrapes, mut widest) = (None, None, None);
        if !prepared.query.includes_before_run {
            reach = reach_doubt(prepared, &selectors, evidence);
            few_scrapes = ranges.iter().find_map(|one| few_scrapes_doubt(one, evidence));
            widest = covered::widest(prepared, objective.during.as_deref(), &ranges, evidence);
        }
        Self {
            reach,
            few_scrapes,
            extreme: prepared.extreme,
            ranges: ranges.iter().map(|one| Range::of(one, prepared, evidence)).collect(),
            born: ranged::born(&ranges, evidence.series),
            reads_one_scrape: ranges.is_empty()
                && selectors.iter().any(|one| reads_gauge(one, evidence)),
            dilution: prepared.expression.dilution(),
            widest,
            unit: prepared.query.unit,
            fast_failures: fast_failures_of(&selectors, evidence),
            own_times: OwnTimes::of(
                &prepared.expression,
                prepared.query.unit,
                objective.during.as_deref(),
                evidence,
            ),
            restarted: restarted_counters(&selectors, evidence),
            is_histogram: prepared.expression.histogram_quantile().is_some(),
        }
    }

    /// Rules an element again, each threshold by itself.
    pub(super) fn apply(&self, mut element: Element, objective: &Objective) -> Element {
        // The judges of buckets and of shares count exactly, what was born as well.
        let is_counted = element.uncertainty.is_some();
        let unseen = if is_counted { &Born::default() } else { &self.born };
        let value = element.observed.number().filter(|_| !is_counted);
        let measured = Measured { labels: &element.labels, samples: element.samples };
        for (ruling, target) in element.rulings.iter_mut().zip(&objective.thresholds) {
            *ruling = self.rule_width(ruling.clone(), value, target);
            *ruling = self.rule(ruling.clone(), unseen, measured, target);
        }
        let gauges = self.ranges.iter().filter_map(|range| range.gauge.as_ref());
        let seen = gauges.map(|gauge| gauge.instants);
        let seen = seen.chain(self.reads_one_scrape.then_some(1));
        element.samples = element.samples.into_iter().chain(seen).min();
        element
    }

    fn rule_width(&self, ruling: Ruling, value: Option<f64>, target: &Threshold) -> Ruling {
        let (Some(value), Some(covered)) = (value, self.widest) else {
            return ruling;
        };
        let diluted = Diluted { value, unit: self.unit, dilution: self.dilution };
        wide_window::rule(ruling, diluted, covered, target)
    }

    fn rule(
        &self,
        ruling: Ruling,
        unseen: &Born,
        measured: Measured<'_>,
        target: &Threshold,
    ) -> Ruling {
        let certain =
            ruling.verdict == Verdict::Fail && gauge_scrapes::is_certain_miss(self.extreme, target);
        let few = self.few_scrapes.as_ref().filter(|_| !certain);
        if let Some(doubt) = self.reach.as_ref().or(few) {
            return doubt.clone().into();
        }
        let ruling = match &self.restarted {
            // Observations that were lost may have been fast ones.
            Some(restarted) if self.is_histogram => allowed_restart::doubt(restarted).into(),
            Some(restarted) => allowed_restart::rule(ruling, restarted, target),
            None => ruling,
        };
        let mut ruling = born_series::rule(ruling, unseen, target);
        ruling = fast_failures::rule(ruling, self.fast_failures);
        if let Some(own_times) = &self.own_times {
            ruling = own_times.rule(ruling, measured, target);
        }
        for range in &self.ranges {
            ruling = gone_series::rule(ruling, &range.gone, target);
            if let Some(gauge) = &range.gauge {
                ruling = gauge_scrapes::rule(&ruling, gauge.instants, self.extreme, target);
                ruling = scrape_gaps::rule(ruling, &gauge.attempts);
                if gauge.begins_unseen {
                    ruling = unseen_life::rule(ruling);
                }
            }
        }
        if self.reads_one_scrape {
            ruling.reason.push_str(gauge_scrapes::AT_ONE_SCRAPE);
        }
        ruling
    }
}

impl Range {
    fn of(ranged: &Ranged, prepared: &Prepared<'_>, evidence: &Evidence<'_>) -> Self {
        let (series, selector) = (evidence.series, &ranged.info.selector);
        // A subquery looks at fewer instants than there were scrapes, or at some twice.
        let points = ranged.info.subquery_points.and_then(|points| u64::try_from(points).ok());
        let gauge = || GaugeSeen {
            instants: instants_seen(series, selector, ranged.stretch)
                .min(points.unwrap_or(u64::MAX)),
            attempts: attempts(series, ranged.stretch),
            begins_unseen: begins_unseen(series, ranged.stretch),
        };
        Self {
            gone: ranged.ends(series).gone(series, selector),
            gauge: is_gauge(prepared, evidence, &ranged.info).then(gauge),
        }
    }
}

fn few_scrapes_doubt(ranged: &Ranged, evidence: &Evidence<'_>) -> Option<Doubt> {
    let scrapes = good_scrapes(evidence.series, ranged.stretch);
    few_scrapes::doubt(&ranged.info.selector.to_string(), ranged.range_ms, scrapes)
}

/// The doubt about the time that an expression is about, if it is not the run.
fn reach_doubt(
    prepared: &Prepared<'_>,
    selectors: &[SelectorInfo],
    evidence: &Evidence<'_>,
) -> Option<Doubt> {
    if prepared.expression.has_subquery_without_step() {
        return Some(Doubt::new(
            few_scrapes::CODE,
            "a subquery without a step takes one of a minute, as Prometheus does; write the step, \
             such as `[$run:1s]`",
        ));
    }
    selectors.iter().find_map(|one| {
        let name = one.selector.to_string();
        if one.fixed_instant {
            return Some(Doubt::new(
                long_range::CODE,
                format!(
                    "`{name}` is fixed by `@`, so it need not be about this run; remove it, or say \
                 `window: includes_before_run`"
                ),
            ));
        }
        let mut names = kinds_of(evidence.series, &one.selector).into_keys();
        if let Some(doubt) = names.find_map(|metric| recorded_series::doubt(&metric, one.asks)) {
            return Some(doubt);
        }
        if one.asks == Asks::Value && counts(one, evidence) {
            return Some(since_start::doubt(&name));
        }
        let wrong_kind = growth_of_gauge(one, evidence);
        if let Some(doubt) = wrong_kind.or_else(|| wrong_unit(one, prepared)) {
            return Some(doubt);
        }
        let reach_ms = one.range_ms.unwrap_or(0).saturating_add(one.offset_ms);
        long_range::doubt(&name, reach_ms, prepared.reachable)
    })
}

/// The doubt about a selector whose growth is asked for, if it finds gauges.
fn growth_of_gauge(selector: &SelectorInfo, evidence: &Evidence<'_>) -> Option<Doubt> {
    if selector.asks != Asks::Growth {
        return None;
    }
    let kinds = kinds_of(evidence.series, &selector.selector);
    kinds.iter().find_map(|(name, kind)| gauge_growth::doubt(name, *kind))
}

/// The doubt about a selector whose metric has another unit than the objective says.
fn wrong_unit(selector: &SelectorInfo, prepared: &Prepared<'_>) -> Option<Doubt> {
    let is_value = matches!(selector.asks, Asks::Value | Asks::Growth | Asks::Movement);
    let metric =
        selector.metric_name().filter(|_| is_value && prepared.query.unit == Unit::Seconds)?;
    unit_of_name::doubt(metric, prepared.query.text, prepared.query.scale)
}

/// Measured requests that failed, if the expression reads the durations of all alike.
pub(in crate::slo) fn fast_failures_of(selectors: &[SelectorInfo], evidence: &Evidence<'_>) -> u64 {
    if !selectors.iter().any(|one| fast_failures::mixes_outcomes(&one.selector)) {
        return 0;
    }
    evidence.load.measured_requests().map(|request| request.failed).sum()
}

fn restarted_counters(
    selectors: &[SelectorInfo],
    evidence: &Evidence<'_>,
) -> Option<InstanceChange> {
    let restarts = evidence.allowed_restarts();
    let counting = selectors.iter().filter(|_| !restarts.is_empty());
    let mut counting = counting.filter(|one| counts(one, evidence));
    counting.find_map(|one| restarted(evidence.series, &one.selector, &restarts).cloned())
}

/// Whether a selector finds series that count since their process started.
fn counts(selector: &SelectorInfo, evidence: &Evidence<'_>) -> bool {
    let kinds = kinds_of(evidence.series, &selector.selector);
    kinds.iter().any(|(name, kind)| counts_since_start(name, *kind))
}

/// Whether a selector takes the value of something that comes and goes.
fn reads_gauge(selector: &SelectorInfo, evidence: &Evidence<'_>) -> bool {
    selector.asks == Asks::Value && !counts(selector, evidence)
}

fn is_gauge(prepared: &Prepared<'_>, evidence: &Evidence<'_>, selector: &SelectorInfo) -> bool {
    let kinds = kinds_of(evidence.series, &selector.selector);
    kinds.values().any(|kind| match kind {
        Some(FamilyKind::Gauge) => true,
        Some(
            FamilyKind::Counter
            | FamilyKind::Histogram
            | FamilyKind::GaugeHistogram
            | FamilyKind::Summary
            | FamilyKind::Info
            | FamilyKind::StateSet,
        ) => false,
        // Nobody said what it is; the function says how it is used.
        Some(FamilyKind::Unknown) | None => prepared.extreme != Extreme::Neither,
    })
}
