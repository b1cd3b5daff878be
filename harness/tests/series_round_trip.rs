//! Any store, written as OpenMetrics with its notes and read back, is the same
//! store: a saved run can be judged again.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use slogate::series::{
    FamilyKind, FamilyMetadata, Notes, SeriesStore, read_openmetrics, write_openmetrics,
};
use slogate_promql::{Labels, METRIC_NAME, is_stale};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_store_comes_back_the_same(store in store()) {
        let mut text = Vec::new();
        write_openmetrics(&store, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let notes: Notes = serde_json::from_str(&serde_json::to_string(&store.notes()).unwrap()).unwrap();
        let again = read_openmetrics(&text, &notes)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(samples(&again), samples(&store), "{}", text);
        for (family, kind) in store.families() {
            prop_assert_eq!(again.kind(family), Some(kind), "{}\n{}", family, text);
            prop_assert_eq!(again.metadata(family), store.metadata(family));
        }
        prop_assert_eq!(again.notes(), store.notes());
    }
}

/// Few names, so that families and series meet in every way.
fn name() -> impl Strategy<Value = String> {
    let base = prop_oneof![Just("a"), Just("b"), Just("a_b"), Just("odd.name"), Just("r:x")];
    let suffix = prop_oneof![
        3 => Just(""),
        2 => Just("_total"),
        1 => Just("_bucket"),
        1 => Just("_count"),
        1 => Just("_sum"),
        1 => Just("_info"),
        1 => Just("_created"),
    ];
    (base, suffix).prop_map(|(base, suffix)| format!("{base}{suffix}"))
}

fn kind() -> impl Strategy<Value = FamilyKind> {
    prop_oneof![
        Just(FamilyKind::Counter),
        Just(FamilyKind::Gauge),
        Just(FamilyKind::Histogram),
        Just(FamilyKind::GaugeHistogram),
        Just(FamilyKind::Summary),
        Just(FamilyKind::Info),
        Just(FamilyKind::StateSet),
        Just(FamilyKind::Unknown),
    ]
}

fn store() -> impl Strategy<Value = SeriesStore> {
    let families = btree_map(name(), (kind(), "\\PC{0,5}[\\\\\n\"]{0,3}"), 0..4);
    // Bounds and quantiles are normalised when scraped, and a histogram's counts
    // were never negative.
    let label =
        prop_oneof![Just("x".to_owned()), Just("odd:label".to_owned()), Just("é".to_owned())];
    let labels = btree_map(label, "\\PC{0,4}[\\\\\n\"},=]{0,3}", 0..3);
    let value = prop_oneof![0.0..f64::MAX, Just(0.1), Just(f64::INFINITY), Just(f64::NAN)];
    let point = (1..100_000_i64, proptest::option::weighted(0.8, value));
    let series = vec((name(), labels, vec(point, 1..5)), 0..8);
    (families, series).prop_map(|(families, series)| {
        let mut store = SeriesStore::default();
        for (family, (kind, help)) in families {
            store.describe(&family, FamilyMetadata { kind, help, unit: String::new() });
        }
        for (name, labels, points) in series {
            let labels = Labels::new(labels.into_iter().chain([(METRIC_NAME.to_owned(), name)]));
            let mut at_ms = -50_000;
            for (step_ms, value) in points {
                at_ms += step_ms;
                match value {
                    Some(value) => store.append(&labels, at_ms, value),
                    None => store.end(&labels, at_ms),
                };
            }
        }
        store
    })
}

/// Everything that can be compared: an ordinary NaN has many forms, a stale one one.
fn samples(store: &SeriesStore) -> Vec<(Labels, i64, u64)> {
    let bits = |value: f64| {
        if value.is_nan() && !is_stale(value) { f64::NAN.to_bits() } else { value.to_bits() }
    };
    let mut samples = Vec::new();
    for series in store.iter() {
        for sample in series.samples {
            samples.push((series.labels.clone(), sample.t_ms, bits(sample.value)));
        }
    }
    samples
}
