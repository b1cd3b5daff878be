//! Classic histograms as native ones with custom buckets, for
//! `load_with_nhcb`: at each time the buckets' differences, the sum and the count.

use std::collections::BTreeMap;

use slogate_promql::{Datum, Histogram, Labels, Layout, METRIC_NAME};

type Series = (Labels, Vec<Option<Datum>>);

/// What one classic histogram has at one time.
#[derive(Default)]
struct Classic {
    /// Cumulative counts and their bounds.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: Option<f64>,
}

pub(crate) fn converted(series: &[Series]) -> Vec<Series> {
    let mut histograms = BTreeMap::<Labels, BTreeMap<usize, Classic>>::new();
    for (labels, values) in series {
        let name = labels.metric_name().unwrap_or_default();
        let base = ["_bucket", "_count", "_sum"].into_iter().find_map(|suffix| {
            let base = name.strip_suffix(suffix)?;
            (suffix != "_bucket" || labels.get("le").is_some()).then_some((base, suffix))
        });
        let Some((base, suffix)) = base else { continue };
        let key = labels.iter().filter(|(name, _)| !["le", METRIC_NAME].contains(name));
        let key = Labels::new(key.chain([(METRIC_NAME, base)]));
        for (at, value) in values.iter().enumerate() {
            let Some(number) = value.as_ref().and_then(Datum::number) else { continue };
            let classic = histograms.entry(key.clone()).or_default().entry(at).or_default();
            match (suffix, labels.get("le")) {
                ("_bucket", Some(bound)) => {
                    classic.buckets.push((bound.parse().expect("a bound"), number));
                }
                ("_count", _) => classic.count = Some(number),
                _ => classic.sum = Some(number),
            }
        }
    }
    histograms.into_iter().map(|(labels, at)| (labels, values(at))).collect()
}

fn values(mut at: BTreeMap<usize, Classic>) -> Vec<Option<Datum>> {
    let length = at.keys().last().map_or(0, |last| last + 1);
    (0..length).map(|time| native(at.remove(&time)?).map(Datum::from)).collect()
}

fn native(mut classic: Classic) -> Option<Histogram> {
    if classic.buckets.is_empty() {
        return None;
    }
    classic.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let highest = classic.buckets.last().map_or(0.0, |bucket| bucket.1);
    let count = classic.count.unwrap_or(highest);
    let bounds = classic.buckets.iter().map(|bucket| bucket.0).filter(|bound| bound.is_finite());
    let bounds = bounds.collect::<Vec<_>>();
    let mut histogram = Histogram::empty(Layout::Custom { bounds: bounds.as_slice().into() });
    let mut before = 0.0;
    let cumulative = classic.buckets[..bounds.len()].iter().map(|bucket| bucket.1).chain([count]);
    for (index, cumulative) in (0..).zip(cumulative) {
        if cumulative > before {
            histogram.positive.push((index, cumulative - before));
        }
        before = cumulative;
    }
    histogram.count = count;
    histogram.sum = classic.sum.unwrap_or(0.0);
    Some(histogram)
}
