//! The same queries on the same samples by `slogate-promql`: two engines that agree are
//! two witnesses.

use slogate_promql::{Expression, MemorySeries, Options, Sample, Value, instant, range};

use super::grafana::View;
use super::model::Target;
use super::prometheus_api::{Api, Found, Labels, Points};

/// What the Prometheus of a test has scraped.
pub(crate) struct Copied {
    series: MemorySeries,
    /// The first sample of any series.
    first_ms: i64,
}

impl Copied {
    /// Takes everything about a job from `api`, up to a time. Nothing where a sample lies on
    /// a whole second, where steps and windows end: Prometheus 2 counts a sample on the
    /// early edge of a window, 3 and we do not.
    pub(crate) fn from(api: Api, job: &str, until_ms: i64) -> Option<Self> {
        let found = api.instant(&format!("{{job=\"{job}\"}}[1h]"), until_ms);
        let mut series = MemorySeries::default();
        let mut times = Vec::new();
        for (labels, points) in &found {
            let labels = slogate_promql::Labels::new(labels.clone());
            for (t_ms, value) in points {
                times.push(*t_ms);
                assert!(series.append(&labels, Sample { t_ms: *t_ms, value: *value }));
            }
        }
        let is_between_steps = times.iter().all(|t_ms| t_ms % 1000 != 0);
        is_between_steps.then(|| Self { series, first_ms: times.into_iter().min().unwrap() })
    }

    /// Where our engine disagrees, point by point, with what Prometheus gave for a query.
    pub(crate) fn difference(
        &self,
        target: &Target,
        view: &View,
        theirs: &Found,
    ) -> Option<String> {
        let ours = self.evaluate(target, view);
        // A window that began before the first sample is extrapolated otherwise by 2.
        let window_ms = i64::try_from(view.rate_interval().as_millis()).unwrap();
        let from_ms = if target.instant { 0 } else { self.first_ms + window_ms };
        let (ours, theirs) = (since(&ours, from_ms), since(theirs, from_ms));
        let alike = |(our, their): ((&Labels, &Points), (&Labels, &Points))| {
            our.0 == their.0 && agree(our.1, their.1)
        };
        let same = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(alike);
        let is_proof = same && !theirs.is_empty();
        (!is_proof).then(|| format!("{}:\nours {ours:#?}\ntheirs {theirs:#?}", target.expr))
    }

    fn evaluate(&self, target: &Target, view: &View) -> Found {
        let expression = Expression::parse(&view.expand(&target.expr)).unwrap();
        let (from_ms, to_ms) = view.aligned();
        let options = Options::default();
        if target.instant {
            let value = instant(&expression, &self.series, to_ms, &options).unwrap();
            let Value::Vector(elements) = value else { panic!("{value:?}") };
            let each = elements
                .iter()
                .map(|e| (named(&e.labels), vec![(to_ms, e.value.number().unwrap())]));
            return each.collect();
        }
        let step_ms = i64::try_from(view.step().as_millis()).unwrap();
        let found = range(&expression, &self.series, from_ms, to_ms, step_ms, &options).unwrap();
        let points = |samples: &[Sample]| samples.iter().map(|s| (s.t_ms, s.value)).collect();
        found.iter().map(|series| (named(&series.labels), points(&series.samples))).collect()
    }
}

fn named(labels: &slogate_promql::Labels) -> Labels {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The points from a time on; series without any are left out.
fn since(found: &Found, from_ms: i64) -> Found {
    let kept = found.iter().map(|(labels, points)| {
        let points: Points =
            points.iter().copied().filter(|(at_ms, _)| *at_ms >= from_ms).collect();
        (labels.clone(), points)
    });
    kept.filter(|(_, points)| !points.is_empty()).collect()
}

fn agree(ours: &Points, theirs: &Points) -> bool {
    ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(our, their)| our.0 == their.0 && is_same(our.1, their.1))
}

/// The same number but for the order in which sums were added up.
fn is_same(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}
