//! What the target says of its own latency.

use std::collections::BTreeMap;

use super::latency::{HEADROOM, LEAST_SECONDS};
use super::reconcile::likelihood;
use super::seen::Seen;
use super::{Proposal, yaml};
use crate::series::FamilyKind;
use crate::slo::Selection;
use crate::units::{to_base, unit_by_name};

/// Endings of names that say a unit of time, with the unit's name in a scenario.
const TIME_ENDINGS: [(&str, &str); 9] = [
    ("_seconds", "s"),
    ("_milliseconds", "ms"),
    ("_millis", "ms"),
    ("_ms", "ms"),
    ("_microseconds", "us"),
    ("_us", "us"),
    ("_nanoseconds", "ns"),
    ("_ns", "ns"),
    ("_minutes", "m"),
];

/// Bounds that are named on either side of the proposed one.
const NAMED_AROUND: usize = 4;

/// The 95th percentile of a histogram that counted the requests.
pub(super) fn propose(seen: &Seen<'_>) -> Option<Proposal> {
    let mut histograms: Vec<Timed<'_>> = seen
        .counted_answers()
        .filter(|one| one.kind == FamilyKind::Histogram)
        .filter_map(Timed::of)
        .collect();
    histograms.sort_by_key(|timed| (timed.unit.is_none(), likelihood(timed.count)));
    let timed = histograms.into_iter().next()?;
    let buckets = timed.buckets(seen);
    let (Some(unit), Some(bound)) = (timed.unit, timed.target(&buckets)) else {
        return Some(timed.without_target(&buckets));
    };
    let reason = format!(
        "Guess: a bound of its buckets, some way above what the look saw; only a bound can be judged, and \
         the highest one says nothing. The bounds are {}.",
        shown_bounds(&buckets, unit, Some(bound))
    );
    Some(Proposal::in_force(reason, timed.entry(unit, &format!("{bound}{unit}"))))
}

/// A histogram's observations by upper bound, as exposed: how many were at or below it.
type Buckets = Vec<(f64, f64)>;

/// A histogram that counted the answers.
struct Timed<'s> {
    /// Its number of observations.
    count: &'s Selection,
    /// Its name.
    family: &'s str,
    /// The unit of time that its name says.
    unit: Option<&'static str>,
}

impl<'s> Timed<'s> {
    /// Histograms of sizes are none.
    fn of(count: &'s Selection) -> Option<Self> {
        let family = count.metric.strip_suffix("_count")?;
        let unit = TIME_ENDINGS.iter().find(|(ending, _)| family.ends_with(ending));
        let is_time = unit.is_some()
            || ["duration", "latency", "time"].iter().any(|word| family.contains(word));
        is_time.then_some(Self { count, family, unit: unit.map(|(_, unit)| *unit) })
    }

    fn buckets(&self, seen: &Seen<'_>) -> Buckets {
        let name = format!("{}_bucket", self.family);
        let mut by_bound: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for growth in seen.growths.iter().filter(|growth| growth.metric() == name) {
            let label = self.count.label.as_ref();
            let is_meant =
                label.is_none_or(|(label, value)| growth.labels.get(label) == Some(value));
            let bound = growth.labels.get("le").and_then(|le| le.parse::<f64>().ok());
            if let Some(bound) = bound.filter(|_| is_meant) {
                by_bound.entry(bound.to_bits()).or_insert((bound, 0.0)).1 += growth.by;
            }
        }
        let mut buckets: Buckets = by_bound.into_values().collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        buckets
    }

    /// The bound to hold it to: some way above what was seen, and below the highest one.
    fn target(&self, buckets: &Buckets) -> Option<f64> {
        let (_, size) = unit_by_name(self.unit?)?;
        let finite: Vec<f64> =
            buckets.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite()).collect();
        let (_, below_highest) = finite.split_last()?;
        let needed = self.count.by * 0.95;
        let holds = |(_, within): &&(f64, f64)| *within >= needed - 0.5;
        let (seen, _) = *buckets.iter().find(holds)?;
        let wanted = (to_base(seen, size) * HEADROOM).max(LEAST_SECONDS);
        let far_enough = below_highest.iter().find(|bound| to_base(**bound, size) >= wanted);
        let above_seen = || below_highest.last().filter(|bound| **bound > seen);
        far_enough.or_else(above_seen).copied()
    }

    fn entry(&self, unit: &str, target: &str) -> String {
        let bucket =
            Selection { metric: format!("{}_bucket", self.family), ..Selection::clone(self.count) };
        let promql = format!(
            "histogram_quantile(0.95, sum by (le) (increase({}[$run])))",
            bucket.selector()
        );
        let promql = yaml::in_flow(&promql);
        format!("{{ id: p95-server, promql: {promql}, unit: {unit}, is: '< {target}' }}")
    }

    fn without_target(&self, buckets: &Buckets) -> Proposal {
        let reason = match self.unit {
            None => format!(
                "`{}` counted the answers of the look, but its name says no unit of time: write it as \
                 `unit`, and a bound of its buckets in `is` ({}).",
                self.family,
                shown_bounds(buckets, "", None)
            ),
            Some(unit) => format!(
                "`{}` counted the answers of the look, but none of its bounds is above what was seen and \
                 below the highest one, which says nothing ({}). Give it a bound at the latency that \
                 matters.",
                self.family,
                shown_bounds(buckets, unit, None)
            ),
        };
        Proposal::comment(reason, self.entry(self.unit.unwrap_or("s"), "BOUND"))
    }
}

/// The finite bounds; of many, those around the one that is proposed.
fn shown_bounds(buckets: &Buckets, unit: &str, proposed: Option<f64>) -> String {
    let finite: Vec<f64> =
        buckets.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite()).collect();
    let at = proposed.and_then(|proposed| finite.iter().position(|bound| *bound >= proposed));
    let from = at.unwrap_or(0).saturating_sub(NAMED_AROUND);
    let to = finite.len().min(from + 2 * NAMED_AROUND + 1);
    let mut shown: Vec<String> =
        finite[from..to].iter().map(|bound| format!("{bound}{unit}")).collect();
    if from > 0 {
        shown.insert(0, "…".to_owned());
    }
    if to < finite.len() {
        shown.push("…".to_owned());
    }
    if shown.is_empty() { "it has none".to_owned() } else { shown.join(" ") }
}
